import Core

/// Pages in files, one page a file.
public struct HTMLFormat: DocumentFormat {
  /// How text is made of a page.
  public var extractor: HTMLExtractor
  /// The shortest text in bytes that is a document.
  public var minimumBytes: Int

  /// The format of pages.
  public init(extractor: HTMLExtractor = HTMLExtractor(), minimumBytes: Int = 1) {
    self.extractor = extractor
    self.minimumBytes = minimumBytes
  }

  /// A reader of the page.
  public func reader(_ input: any ByteInput, named name: String) -> any RecordReader {
    SingleReader(input, name: name, kind: "page", longest: extractor.maximumBytes)
  }

  /// Makes the document of a page.
  public func extract(_ record: Record) throws -> Extraction {
    let page = try extractor.extract(
      bytes: record.bytes, contentType: record.headers["content-type"], url: record.provenance.url)
    guard page.text.utf8.count >= max(1, minimumBytes) else {
      return Extraction(skips: [
        Skip(reason: "no text in the page", record.provenance, sample: (page.title ?? "").utf8)
      ])
    }
    return Extraction(documents: [page.document(record.provenance)])
  }
}

extension HTMLPage {
  /// The document of the page, from a place.
  public func document(_ provenance: Provenance) -> Document {
    var provenance = provenance
    provenance.licence = provenance.licence ?? licence
    provenance.date = date ?? provenance.date
    var attributes: [String: JSONValue] = [:]
    if let title { attributes["title"] = .string(title) }
    if let author { attributes["author"] = .string(author) }
    if let language { attributes["language"] = .string(language) }
    if charset != "utf-8" { attributes["charset"] = .string(charset) }
    return Document(text: text, provenance: provenance, attributes: attributes)
  }
}
