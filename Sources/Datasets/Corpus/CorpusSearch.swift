import Core
import Curation
import Documents

extension Corpus.Version {
  /// A document that has a text, or nearly.
  public struct Finding: Sendable, Equatable {
    /// The document's place in the version.
    public var ordinal: Int
    /// Where it is from.
    public var provenance: Provenance
    /// How much of the text it has: 1 for all of it, word by word.
    public var containment: Double
    /// The text around the place.
    public var excerpt: String
    /// Whether the version leaves the document out as a duplicate.
    public var isLeftOut: Bool
  }

  /// The documents that contain a text, or nearly, in their order. Those left out as duplicates are found too.
  ///
  /// - Parameter similarity: which part of the text's word sequences a document must have, or nil for all of the text.
  ///
  /// Throws: `MartletError` with code `invalidArgument` for an empty text, or `corrupted`.
  public func find(_ text: String, similarity: Double?, threads: Int) throws -> [Finding] {
    var settings = SearchSettings()
    settings.containment = similarity
    let search = DocumentSearch(try TextQuery(text, settings))
    // Blocks of a size, so that all threads have work to the end.
    var blocks: [(part: Int, range: Range<Int>)] = []
    for (part, summary) in parts.map(\.summary).enumerated() {
      for start in stride(from: 0, to: summary.documents, by: 4096) {
        blocks.append((part, start..<min(summary.documents, start + 4096)))
      }
    }
    let (parts, starts) = (parts, starts)
    let list = blocks
    let found = try search.search(blocks: list.count, threads: threads) { block, hand in
      let (part, range) = list[block]
      let reader = try PartReader(parts[part])
      for index in range {
        var text = try reader.document(index).text
        text.withUTF8 { hand(UInt64(starts[part] + index), $0) }
      }
    }
    let wanted = Set(found.map { Int($0.ordinal) })
    var kept: Set<Int> = []
    if !wanted.isEmpty { try forEachKept { ordinal, _, _ in if wanted.contains(ordinal) { kept.insert(ordinal) } } }
    let readers = PartReaders(parts)
    return try found.map { found in
      let ordinal = Int(found.ordinal)
      let (part, index) = place(of: ordinal)
      let document = try readers[part].document(index)
      return Finding(
        ordinal: ordinal, provenance: document.provenance, containment: found.match.containment,
        excerpt: found.excerpt, isLeftOut: !kept.contains(ordinal))
    }
  }
}
