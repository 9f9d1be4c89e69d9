import Core
import Curation
import Documents

/// What one version of a corpus has that another has not.
public struct CorpusDifference: Sendable {
  /// An input that only one has, or that both have with other content.
  public struct Input: Sendable, Equatable {
    /// Its name.
    public var name: String
    /// How many documents it has in each; nil where it is not there.
    public var before: Int?, after: Int?
  }

  /// A document that only one has.
  public struct Sample: Sendable, Equatable {
    /// Where it is from.
    public var provenance: Provenance
    /// Its beginning.
    public var excerpt: String
  }

  /// The inputs that differ.
  public var inputs: [Input] = []
  /// The settings that differ: key, before, after.
  public var settings: [(key: String, before: String, after: String)] = []
  /// Documents that are in both, only in the first, only in the second.
  public var shared = 0, removed = 0, added = 0
  /// The first documents that only one has.
  public var removedSamples: [Sample] = [], addedSamples: [Sample] = []

  private static let samples = 5

  /// Compares the documents of two versions by their texts; a text that comes twice counts twice.
  ///
  /// Throws: `MartletError` for damaged files, or where memory or disk do not suffice.
  public init(_ before: Corpus.Version, _ after: Corpus.Version, maximumMemory: Int) throws {
    func byName(_ version: Corpus.Version) -> [String: CorpusManifest.Input] {
      Dictionary(version.manifest.inputs.map { ($0.name, $0) }) { first, _ in first }
    }
    let (oldInputs, newInputs) = (byName(before), byName(after))
    var known: Set<String> = []
    for name in (before.manifest.inputs + after.manifest.inputs).map(\.name) where known.insert(name).inserted {
      let (old, new) = (oldInputs[name], newInputs[name])
      if old?.part != new?.part { inputs.append(Input(name: name, before: old?.documents, after: new?.documents)) }
    }
    let keys = before.manifest.settings.keys + after.manifest.settings.keys
    known = []
    for key in keys where known.insert(key).inserted {
      let (old, new) = (before.manifest.settings[key] ?? .null, after.manifest.settings[key] ?? .null)
      if old != new { settings.append((key, old.text(), new.text())) }
    }
    let work = joinPath(after.corpus.folder, ".difference")
    try FileSystem.remove(work)
    try FileSystem.createFolder(work)
    defer { try? FileSystem.remove(work) }
    func sorted(_ version: Corpus.Version) throws -> SortedRecords {
      let sorter = ExternalSorter(folder: work, maximumMemory: maximumMemory / 2)
      let readers = PartReaders(version.parts)
      try version.forEachKept { ordinal, part, index in
        let document = try version.document(part, index, readers[part])
        try sorter.append(key: document.groupHash(nil), value: UInt64(ordinal))
      }
      return try sorter.sorted()
    }
    func sample(_ version: Corpus.Version, _ ordinal: UInt64) throws -> Sample {
      let (part, index) = version.place(of: Int(ordinal))
      let document = try PartReader(version.parts[part]).document(index)
      return Sample(provenance: document.provenance, excerpt: Terminal.fit(document.text, columns: 160))
    }
    let (old, new) = (try sorted(before), try sorted(after))
    var (left, right) = (try old.next(), try new.next())
    while left != nil || right != nil {
      if let found = left, found.key < right?.key ?? .max || right == nil {
        removed += 1
        if removedSamples.count < Self.samples { removedSamples.append(try sample(before, found.value)) }
        left = try old.next()
      } else if let found = right, found.key < left?.key ?? .max || left == nil {
        added += 1
        if addedSamples.count < Self.samples { addedSamples.append(try sample(after, found.value)) }
        right = try new.next()
      } else {
        shared += 1
        (left, right) = (try old.next(), try new.next())
      }
    }
  }
}
