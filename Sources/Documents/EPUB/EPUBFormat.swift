import Core

/// Books in EPUB files: each chapter is a document, in reading order.
///
/// A book is read as a whole. What is encrypted against copying, damaged or larger than the limits is a skip.
public struct EPUBFormat: DocumentFormat {
  /// What a document is.
  public enum Division: String, Sendable, CaseIterable {
    /// A file of the book's text: mostly a chapter.
    case chapter
    /// The whole book; a blank line is between its files.
    case book
  }

  /// What a document is.
  public var division: Division
  /// How text is made of chapters: by default all of their text.
  public var extractor: HTMLExtractor
  /// Larger files are left out, in bytes.
  public var largestBook: Int
  /// How much is unpacked of one book at most, in bytes.
  public var largestText: Int

  /// Books whose text is taken whole.
  public init(
    division: Division = .chapter, extractor: HTMLExtractor = HTMLExtractor(scope: .everything),
    largestBook: Int = 256 << 20, largestText: Int = 256 << 20
  ) {
    self.division = division
    self.extractor = extractor
    self.largestBook = max(0, largestBook)
    self.largestText = max(0, largestText)
  }

  /// A reader that gives the book as one record.
  public func reader(_ input: any ByteInput, named name: String) -> any RecordReader {
    SingleReader(input, name: name, kind: "book", longest: largestBook)
  }

  /// Makes documents of the chapters of a book.
  public func extract(_ record: Record) throws -> Extraction {
    guard var zip = MemoryZip(record.bytes, largestFile: extractor.maximumBytes, largestTotal: largestText) else {
      return skipped("no zip archive", record)
    }
    switch Self.package(&zip) {
    case .failure(let reason): return skipped(reason.text, record)
    case .success(let (package, encrypted)): return try chapters(package, encrypted, &zip, record)
    }
  }

  private struct Reason: Error {
    var text: String
    init(_ text: String) { self.text = text }
  }

  /// What the book says of itself, and which files are encrypted.
  private static func package(_ zip: inout MemoryZip) -> Result<(EPUBPackage, encrypted: Set<String>), Reason> {
    var found: [String: Result<[UInt8], MemoryZip.Failure>] = [:]
    let isWhole = zip.read({ $0 == "META-INF/container.xml" || $0 == "META-INF/encryption.xml" || $0.hasSuffix(".opf") }
    ) {
      if found[$0] == nil { found[$0] = $1 }
    }
    if case .failure(.bomb)? = found.values.first(where: { $0 == .failure(.bomb) }) {
      return .failure(Reason("zip bomb"))
    }
    let damaged = Reason(isWhole ? "book without a package document" : "damaged zip archive")
    guard case .success(let container)? = found["META-INF/container.xml"],
      let path = EPUBPackage.path(inContainer: container)
    else { return .failure(damaged) }
    if found[path] == nil { _ = zip.read({ $0 == path }) { found[$0] = $1 } }
    switch found[path] {
    case .success(let bytes)?:
      guard let package = EPUBPackage(bytes, path: path) else { return .failure(Reason("broken package document")) }
      var encrypted: Set<String> = []
      if let entry = found["META-INF/encryption.xml"] {
        // What cannot be read here may be about any file.
        guard case .success(let list) = entry, let files = EPUBPackage.encryptedFiles(list) else {
          return .failure(Reason("encrypted book"))
        }
        encrypted = files
      }
      return .success((package, encrypted))
    case .failure(.encrypted)?: return .failure(Reason("encrypted book"))
    default: return .failure(damaged)
    }
  }

  private func chapters(
    _ package: EPUBPackage, _ encrypted: Set<String>, _ zip: inout MemoryZip, _ record: Record
  ) throws -> Extraction {
    let wanted = Set(package.chapters.filter(\.isPage).compactMap(\.path)).subtracting(encrypted)
    var pages: [String: Result<HTMLPage, MemoryZip.Failure>] = [:]
    // Pages become text at once, so that the whole book is never there as markup.
    let isWhole = try zip.read({ wanted.contains($0) && pages[$0] == nil }) { name, content in
      switch content {
      case .success(let bytes):
        pages[name] = .success(try extractor.extract(bytes: bytes, contentType: "application/xhtml+xml"))
      case .failure(let failure): pages[name] = .failure(failure)
      }
    }
    let isBomb = pages.values.contains {
      if case .failure(.bomb) = $0 { true } else { false }
    }
    var result = Extraction()
    var seen: Set<String> = []
    for chapter in package.chapters {
      var provenance = record.provenance
      provenance.place = chapter.address
      let reason: String
      if let path = chapter.path, !seen.insert(path).inserted { continue }
      if !chapter.isPage {
        reason = "chapter that is no page"
      } else if let path = chapter.path {
        if encrypted.contains(path) {
          reason = "encrypted chapter"
        } else {
          switch pages[path] {
          case .success(let page)? where page.text.isEmpty: reason = "chapter without text"
          case .success(let page)?:
            provenance.place = path
            result.documents.append(document(page, package, provenance))
            continue
          case .failure(.encrypted)?: reason = "encrypted chapter"
          case .failure(.damaged)?: reason = "damaged chapter"
          case .failure(.tooLarge)?: reason = "chapter too large"
          case .failure(.bomb)?: reason = "zip bomb"
          case nil: reason = isWhole ? "missing chapter" : isBomb ? "zip bomb" : "damaged zip archive"
          }
        }
      } else {
        reason = "chapter outside the book"
      }
      result.skips.append(Skip(reason: reason, provenance))
    }
    if result.documents.isEmpty, result.skips.isEmpty { return skipped("book without chapters", record) }
    if division == .book, var whole = result.documents.first {
      whole.text = result.documents.map(\.text).joined(separator: "\n")
      whole.provenance.place = "whole book"
      whole.attributes["chapter"] = nil
      result.documents = [whole]
    }
    return result
  }

  private func document(_ page: HTMLPage, _ package: EPUBPackage, _ provenance: Provenance) -> Document {
    var provenance = provenance
    provenance.licence = package.licence ?? page.licence
    provenance.date = package.date ?? provenance.date
    if let source = package.source, source.hasPrefix("http://") || source.hasPrefix("https://") {
      provenance.url = source
    }
    var attributes: [String: JSONValue] = [:]
    if let title = package.title { attributes["title"] = .string(title) }
    if !package.authors.isEmpty { attributes["author"] = .string(package.authors.joined(separator: "; ")) }
    if let language = package.language ?? page.language { attributes["language"] = .string(language) }
    if let title = page.title, title != package.title { attributes["chapter"] = .string(title) }
    return Document(text: page.text, provenance: provenance, attributes: attributes)
  }

  private func skipped(_ reason: String, _ record: Record) -> Extraction {
    Extraction(skips: [Skip(reason: reason, record.provenance)])
  }
}
