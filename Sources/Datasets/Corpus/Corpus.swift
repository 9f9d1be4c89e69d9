import Core
import Curation
import Documents

/// A folder of curated documents in versions.
///
///     parts/<hash>/          the documents of an input, see `CorpusPart`
///     versions/<id>.json     a version, see `CorpusManifest`
///     versions/<id>.drop     its duplicates: for each the ordinal, that of the document kept, the similarity, 8 bytes each
///     versions/<id>.cut      the paragraphs that are cut: for each the ordinal and the number of the paragraph, likewise
///     current                the name of the newest version
///     downloads/             files from the web
public struct Corpus: Sendable {
  /// The folder.
  public let folder: String

  /// A corpus in a folder, which need not exist yet.
  public init(folder: String) { self.folder = folder }

  func part(_ key: String) -> String { joinPath(folder, "parts/\(key)") }
  private var current: String { joinPath(folder, "current") }
  func manifestPath(_ id: String) -> String { joinPath(folder, "versions/\(id).json") }
  func cutsPath(_ id: String) -> String { joinPath(folder, "versions/\(id).cut") }
  func duplicatesPath(_ id: String) -> String { joinPath(folder, "versions/\(id).drop") }

  /// The names of all versions.
  public func versions() throws -> [String] {
    let folder = joinPath(folder, "versions")
    guard FileSystem.kind(of: folder) == .folder else { return [] }
    return try FileSystem.list(folder).filter { $0.hasSuffix(".json") && !$0.hasPrefix(".") }.map {
      String($0.dropLast(5))
    }
  }

  /// A version by the beginning of its name, or the newest.
  ///
  /// Throws: `MartletError` with code `notFound` if there is none or more than one, `malformedFile`, or `corrupted`.
  public func version(_ name: String? = nil) throws -> Version {
    let wanted: String
    if let name {
      let found = try versions().filter { $0.hasPrefix(name) }
      guard found.count == 1, let id = found.first else {
        throw MartletError(
          .notFound,
          found.isEmpty ? "there is no version '\(name)'" : "more than one version begins with '\(name)'", at: folder,
          remedy: "The versions are: \(try versions().sorted().joined(separator: ", ")).")
      }
      wanted = id
    } else {
      guard FileSystem.kind(of: current) != nil else {
        throw MartletError(
          .notFound, "there are no curated documents", at: folder, remedy: "Run `martlet data` first.")
      }
      wanted = String(try FileSystem.readText(current, limit: 256).prefix { $0 != "\n" })
    }
    return try Version(self, try CorpusManifest(file: manifestPath(wanted)), wanted)
  }

  func setCurrent(_ id: String) throws { try AtomicFile.write(id + "\n", to: current) }

  /// A document that is left out for another.
  struct Removed: Sendable, Equatable {
    var ordinal: UInt64
    var kept: UInt64
    var similarity: Double
  }

  /// A version with its documents.
  public struct Version: Sendable {
    /// The corpus that it belongs to.
    public let corpus: Corpus
    /// What the version is made of.
    public let manifest: CorpusManifest
    /// Its name.
    public let id: String
    let parts: [CorpusPart]
    /// The ordinal of the first document of each part, and behind them the number of all.
    let starts: [Int]
    private let removed: MappedFile?
    private let cuts: MappedFile?
    private let paragraphs: ParagraphHasher?

    init(_ corpus: Corpus, _ manifest: CorpusManifest, _ id: String) throws {
      self.corpus = corpus
      self.manifest = manifest
      self.id = id
      parts = try manifest.inputs.map { input in
        guard let part = try CorpusPart(folder: corpus.part(input.part)), part.summary.documents == input.documents,
          part.sha256 == input.documentsSHA256
        else {
          throw MartletError(
            .corrupted, "the documents of '\(input.name)' are missing or not those of version \(id)",
            at: corpus.part(input.part), remedy: "Run `martlet data` again; they are made anew.")
        }
        return part
      }
      starts = parts.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1.summary.documents) }
      removed = manifest.duplicates == 0 ? nil : try MappedFile(corpus.duplicatesPath(id))
      guard (removed?.count ?? 0) == 24 * manifest.duplicates else {
        throw MartletError(
          .corrupted, "the list of duplicates is not as long as it was written", at: corpus.duplicatesPath(id),
          remedy: "Remove it and run `martlet data` again.")
      }
      cuts = manifest.cuts == 0 ? nil : try MappedFile(corpus.cutsPath(id))
      guard (cuts?.count ?? 0) == 16 * manifest.cuts else {
        throw MartletError(
          .corrupted, "the list of paragraphs is not as long as it was written", at: corpus.cutsPath(id),
          remedy: "Remove it and run `martlet data` again.")
      }
      paragraphs = cuts == nil ? nil : try ParagraphHasher()
    }

    /// Documents before duplicates are left out.
    public var documents: Int { starts.last ?? 0 }

    /// The document at a place of a part, without the paragraphs that are cut.
    func document(_ part: Int, _ index: Int, _ reader: PartReader) throws -> Document {
      var document = try reader.document(index)
      guard let cuts, let paragraphs else { return document }
      let ordinal = UInt64(starts[part] + index)
      func entry(_ place: Int, _ word: Int) throws -> UInt64 {
        try cuts.integer(at: 16 * place + 8 * word)
      }
      // The first entry of the document, by halving.
      var (low, high) = (0, manifest.cuts)
      while low < high {
        let middle = (low + high) / 2
        if try entry(middle, 0) < ordinal { low = middle + 1 } else { high = middle }
      }
      var numbers: [Int] = []
      while low < manifest.cuts, try entry(low, 0) == ordinal {
        numbers.append(Int(truncatingIfNeeded: try entry(low, 1)))
        low += 1
      }
      if !numbers.isEmpty {
        document.text = ParagraphHasher.removing(
          paragraphs.ranges(of: numbers, in: document.text), from: document.text)
      }
      return document
    }

    /// The duplicate at a place of the list.
    func removed(_ index: Int) throws -> Removed {
      guard let removed else { throw MartletError(.invalidArgument, "there are no duplicates") }
      func word(_ offset: Int) throws -> UInt64 {
        try removed.integer(at: 24 * index + offset)
      }
      return Removed(ordinal: try word(0), kept: try word(8), similarity: Double(bitPattern: try word(16)))
    }

    /// Calls `body` with the ordinal of each document that is not left out, in order, with its part and place there.
    func forEachKept(_ body: (_ ordinal: Int, _ part: Int, _ index: Int) throws -> Void) throws {
      var next = 0
      var ordinal = 0
      var isRemoved = false
      let readers = PartReaders(parts)
      for part in parts.indices {
        for index in 0..<parts[part].summary.documents {
          // A long text is left out as a whole, with what goes on with it.
          if try !(index > 0 && readers[part].continuesPrevious(index)) { isRemoved = false }
          if next < manifest.duplicates, try removed(next).ordinal == UInt64(ordinal) {
            isRemoved = true
            next += 1
          }
          if !isRemoved { try body(ordinal, part, index) }
          ordinal += 1
        }
      }
    }

    /// The part that holds a document, and its place there.
    func place(of ordinal: Int) -> (part: Int, index: Int) {
      var low = 0
      var high = parts.count
      while high - low > 1 {
        let middle = (low + high) / 2
        if starts[middle] <= ordinal { low = middle } else { high = middle }
      }
      return (low, ordinal - starts[low])
    }
  }
}
