import Documents
import Synchronization

/// How much of an evaluation item is in the data.
public struct ItemOverlap: Sendable, Equatable {
  /// The evaluation set.
  public var set: String
  /// The item in the set.
  public var name: String
  /// The share of its n-grams that some document has, from 0 to 1.
  public var share: Double
  /// How many documents have any of them.
  public var documents: Int

  /// A line of the report.
  public init(set: String, name: String, share: Double, documents: Int) {
    self.set = set
    self.name = name
    self.share = share
    self.documents = documents
  }
}

/// Leaves out documents, or parts of them, that are in evaluation sets, and notes which items they hit.
///
/// The notes don't depend on the order that documents come in, nor on threads.
public final class Decontamination: DocumentStep {
  /// What happens to a document with an overlap.
  public enum Action: Sendable, Equatable {
    /// It is left out.
    case drop
    /// The overlap is cut out, with so many bytes on either side of it, up to the next white space. The document is left
    /// out if it has more than `maximumCuts` of them or fewer than `minimumRest` bytes stay.
    case cut(margin: Int, maximumCuts: Int, minimumRest: Int)

    /// Cuts as for GPT-3: 200 characters on either side, ten times at most.
    public static let cutAsGPT3 = Action.cut(margin: 200, maximumCuts: 10, minimumRest: 200)
  }

  /// The name of the step.
  public static let name = "decontaminate"

  /// The evaluation sets.
  public let index: EvaluationIndex
  /// What happens to a document with an overlap.
  public let action: Action

  private struct Notes {
    /// A bit for each n-gram that was found.
    var grams: [UInt64]
    var documents: [Int]
  }
  private let notes: Mutex<Notes>

  /// A step for these evaluation sets.
  public init(_ index: EvaluationIndex, action: Action = .drop) {
    self.index = index
    self.action = action
    notes = Mutex(
      Notes(
        grams: [UInt64](repeating: 0, count: index.count / 64 + 1),
        documents: [Int](repeating: 0, count: index.items.count)))
  }

  /// Leaves out or cuts a document that shares text with an evaluation set.
  public func apply(_ document: inout Document, _ counters: inout Counters) -> Verdict {
    guard let found = index.contamination(of: document.text) else { return .keep }
    note(found)
    counters["documents with text of an evaluation set", default: 0] += 1
    counters["overlaps with evaluation sets", default: 0] += found.ranges.count
    let set = index.items[found.items[0]].set
    guard case .cut(let margin, let maximumCuts, let minimumRest) = action else {
      return .drop(reason: "text of the evaluation set \(set)")
    }
    var text = document.text
    let ranges = text.withUTF8 { Self.widened(found.ranges, by: max(0, margin), in: $0) }
    let rest = text.utf8.count - ranges.reduce(0) { $0 + $1.count }
    if ranges.count > maximumCuts || rest < minimumRest {
      return .drop(reason: "too much text of the evaluation set \(set)")
    }
    document.text = ParagraphHasher.removing(ranges, from: text)
    counters["bytes cut", default: 0] += ranges.reduce(0) { $0 + $1.count }
    return .keep
  }

  /// Notes what was found in a document, where `apply` is not used.
  public func note(_ found: Contamination) {
    notes.withLock { notes in
      for gram in found.grams { notes.grams[gram / 64] |= 1 << UInt64(gram % 64) }
      for item in found.items { notes.documents[item] += 1 }
    }
  }

  /// The items that occur in the documents so far, those with the largest share first, then by their order.
  public func overlaps() -> [ItemOverlap] {
    let (grams, documents) = notes.withLock { ($0.grams, $0.documents) }
    var found = [Int](repeating: 0, count: index.items.count)
    for gram in 0..<index.count where grams[gram / 64] >> UInt64(gram % 64) & 1 == 1 {
      index.forEachItem(ofGram: gram) { found[$0] += 1 }
    }
    let hit = index.items.indices.filter { documents[$0] > 0 }
    return hit.map { item in
      ItemOverlap(
        set: index.items[item].set, name: index.items[item].name,
        share: Double(found[item]) / Double(index.gramsOfItem[item]), documents: documents[item])
    }.enumerated().sorted { a, b in
      a.element.share != b.element.share ? a.element.share > b.element.share : a.offset < b.offset
    }.map(\.element)
  }

  /// Ranges made larger on both sides, to the next white space outside or at most by as much again, never inside a
  /// character; those that meet are joined.
  package static func widened(
    _ ranges: [Range<Int>], by margin: Int, in text: UnsafeBufferPointer<UInt8>
  ) -> [Range<Int>] {
    func isSpace(_ position: Int) -> Bool { text[position] <= 0x20 }
    func isInside(_ position: Int) -> Bool { position < text.count && text[position] & 0xC0 == 0x80 }
    var wide: [Range<Int>] = []
    for range in ranges {
      var start = max(0, range.lowerBound - margin)
      let lowest = max(0, start - margin)
      while start > lowest, start < range.lowerBound, !isSpace(start - 1) { start -= 1 }
      while start > 0, isInside(start) { start -= 1 }
      var end = min(text.count, range.upperBound + margin)
      let highest = min(text.count, end + margin)
      while end < highest, end > range.upperBound, !isSpace(end) { end += 1 }
      while isInside(end) { end += 1 }
      if let last = wide.last, start <= last.upperBound {
        wide[wide.count - 1] = last.lowerBound..<max(last.upperBound, end)
      } else {
        wide.append(start..<end)
      }
    }
    return wide
  }
}
