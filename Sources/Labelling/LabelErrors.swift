/// Finds labels that are likely wrong, from predictions of a model that has not seen them in training.
///
/// Source: Northcutt, Jiang, Chuang, "Confident learning: estimating uncertainty in dataset labels", 2021.
public enum LabelErrors {
  /// A label that is likely wrong.
  public struct Suspect: Sendable, Equatable {
    /// The place of the item in what was given.
    public var index: Int
    /// The class that it likely is.
    public var likely: Int
    /// The probability that the model gives to the label it has: the lower the likelier wrong.
    public var selfConfidence: Double
  }

  /// The items whose label is likely wrong, the likeliest first.
  ///
  /// An item counts as of class `j` where its probability of `j` is at least the mean of that probability over the items
  /// labelled `j`. Where several classes qualify, the likeliest of all classes counts. Suspects are those that count as
  /// another class than their label, and for which the model itself would choose another.
  ///
  /// - Parameters:
  ///   - labels: the class of each item.
  ///   - probabilities: for each item, the probability of every class, all lists of the same length.
  ///
  /// Complexity: O(items * classes).
  public static func find(labels: [Int], probabilities: [[Double]]) -> [Suspect] {
    guard let classes = probabilities.first?.count, labels.count == probabilities.count else { return [] }
    var sums = [Double](repeating: 0, count: classes)
    var counts = [Int](repeating: 0, count: classes)
    for (label, scores) in zip(labels, probabilities) {
      sums[label] += scores[label]
      counts[label] += 1
    }
    // A class that no item has needs certainty.
    let thresholds = zip(sums, counts).map { sum, count in count == 0 ? Double.infinity : sum / Double(count) }
    var suspects: [Suspect] = []
    for (index, (label, scores)) in zip(labels, probabilities).enumerated() {
      // A little below counts, too, because sums of floating-point numbers are not exact.
      let confident = (0..<classes).filter { scores[$0] >= thresholds[$0] - 1e-6 }
      guard let first = confident.first else { continue }
      let best = (0..<classes).reduce(0) { scores[$1] > scores[$0] ? $1 : $0 }
      let likely = confident.count > 1 ? best : first
      if likely != label, best != label {
        suspects.append(Suspect(index: index, likely: likely, selfConfidence: scores[label]))
      }
    }
    return suspects.sorted { ($0.selfConfidence, $0.index) < ($1.selfConfidence, $1.index) }
  }
}
