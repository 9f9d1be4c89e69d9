/// How far people agree beyond what chance would give: 1 is always, 0 as chance, below 0 less than chance.
///
/// All measures are nil where they are undefined: no two judgements of one item, or one and the same label throughout.
public enum Agreement {
  /// Cohen's kappa of two people over the items that both judged.
  ///
  /// Source: Cohen, "A coefficient of agreement for nominal scales", 1960.
  ///
  /// Complexity: O(items).
  public static func cohenKappa<Category: Hashable>(_ pairs: [(Category, Category)]) -> Double? {
    guard !pairs.isEmpty else { return nil }
    var first: [Category: Int] = [:]
    var second: [Category: Int] = [:]
    var same = 0
    for (one, other) in pairs {
      first[one, default: 0] += 1
      second[other, default: 0] += 1
      if one == other { same += 1 }
    }
    let count = Double(pairs.count)
    let expected = first.reduce(0.0) { $0 + Double($1.value) * Double(second[$1.key] ?? 0) } / (count * count)
    guard expected < 1 else { return nil }
    return (Double(same) / count - expected) / (1 - expected)
  }

  /// Fleiss' kappa of items that were all judged the same number of times, by whomever.
  ///
  /// - Parameter items: the judgements of each item; all lists have the same length, 2 or more.
  ///
  /// Source: Fleiss, "Measuring nominal scale agreement among many raters", 1971.
  ///
  /// Complexity: O(judgements).
  public static func fleissKappa<Category: Hashable>(_ items: [[Category]]) -> Double? {
    guard let raters = items.first?.count, raters > 1, items.allSatisfy({ $0.count == raters }) else { return nil }
    var totals: [Category: Int] = [:]
    var agreement = 0.0
    for item in items {
      var counts: [Category: Int] = [:]
      for category in item { counts[category, default: 0] += 1 }
      for (category, count) in counts {
        totals[category, default: 0] += count
        agreement += Double(count * (count - 1))
      }
    }
    let count = Double(items.count)
    let observed = agreement / (count * Double(raters * (raters - 1)))
    let expected = totals.reduce(0.0) { sum, entry in
      let share = Double(entry.value) / (count * Double(raters))
      return sum + share * share
    }
    guard totals.count > 1 else { return nil }
    return (observed - expected) / (1 - expected)
  }

  /// Krippendorff's alpha for nominal values; items may have any number of judgements.
  ///
  /// - Parameter items: the judgements of each item; those with fewer than two count for nothing.
  ///
  /// Source: Krippendorff, "Computing Krippendorff's alpha-reliability", 2011.
  ///
  /// Complexity: O(judgements).
  public static func krippendorffAlpha<Category: Hashable>(_ items: [[Category]]) -> Double? {
    var coincidences = Coincidences<Category>()
    for item in items {
      var counts: [Category: Int] = [:]
      for category in item { counts[category, default: 0] += 1 }
      coincidences.add(counts, weight: 1)
    }
    return coincidences.alpha
  }

  /// Counts of pairs of judgements of the same unit.
  struct Coincidences<Category: Hashable> {
    private var totals: [Category: Double] = [:]
    private var disagreement = 0.0
    private var count = 0.0

    /// Adds `weight` units on which people said these things so many times.
    mutating func add(_ counts: [Category: Int], weight: Int) {
      let raters = counts.values.reduce(0, +)
      guard raters > 1, weight > 0 else { return }
      for (category, number) in counts {
        totals[category, default: 0] += Double(number) * Double(weight)
        disagreement += Double(number) * Double(raters - number) / Double(raters - 1) * Double(weight)
      }
      count += Double(raters) * Double(weight)
    }

    /// 1 less observed by expected disagreement.
    var alpha: Double? {
      guard totals.count > 1 else { return nil }
      let squares = totals.values.reduce(0.0) { $0 + $1 * $1 }
      let expected = (count * count - squares) / (count - 1)
      return 1 - disagreement / expected
    }
  }
}
