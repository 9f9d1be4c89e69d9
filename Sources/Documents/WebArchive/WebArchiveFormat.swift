import Core

/// Web archives: WARC (what crawlers fetch), WET (the text of it) and the older ARC, compressed in any way.
///
/// Pages become their main content, plain texts and the conversions of WET are taken whole. Requests, descriptions and
/// logs are passed over; everything else that gives no document is a skip.
public struct WebArchiveFormat: DocumentFormat {
  /// How text is made of pages.
  public var extractor: HTMLExtractor
  /// What becomes of broken, blank and long texts.
  public var rules: TextRules
  /// Records with larger blocks are left out.
  public var largestBlock: Int

  /// The format of web archives.
  public init(
    extractor: HTMLExtractor = HTMLExtractor(), rules: TextRules = TextRules(), largestBlock: Int = 64 << 20
  ) {
    self.extractor = extractor
    self.rules = rules
    self.largestBlock = max(0, largestBlock)
  }

  /// A reader of the records that documents may be made of.
  public func reader(_ input: any ByteInput, named name: String) throws -> any RecordReader {
    WebArchiveReader(input, name: name, largestBlock: largestBlock)
  }

  /// Makes the document of a page or text.
  public func extract(_ record: Record) throws -> Extraction {
    if record.headers["warc-type"]?.lowercased() != "response" {
      return try extract(record, record.bytes, contentType: record.headers["content-type"])
    }
    if let type = record.headers["content-type"].map(MediaType.name), type != "application/http", !type.isEmpty {
      return Self.skipped("response that is not HTTP", record, record.bytes)
    }
    guard let response = HTTPResponse(record.bytes[...]) else {
      return Self.skipped("broken HTTP header", record, record.bytes)
    }
    guard 200..<300 ~= response.status, ![204, 205, 206].contains(response.status) else {
      return Self.skipped("HTTP status \(response.status)", record, record.bytes)
    }
    let type = response.fields["content-type"]
    // An image need not be decoded to be left out.
    if let type, !MediaType.isText(type) { return Self.skipped("content that is not text", record, type.utf8) }
    switch response.content(limit: max(extractor.maximumBytes, 1)) {
    case .unreadable(let reason): return Self.skipped(reason, record, record.bytes)
    case .bytes(let bytes, let isCut): return try extract(record, bytes, contentType: type, isCut: isCut)
    }
  }

  private func extract(_ record: Record, _ bytes: [UInt8], contentType: String?, isCut: Bool = false) throws
    -> Extraction
  {
    var result: Extraction
    switch MediaType.kind(record.headers["warc-identified-payload-type"], contentType, bytes) {
    case .page:
      let page = try extractor.extract(bytes: bytes, contentType: contentType, url: record.provenance.url)
      if page.text.isEmpty { return Self.skipped("no text in the page", record, (page.title ?? "").utf8) }
      result = Extraction(documents: [page.document(record.provenance)])
    case .text:
      let decoded = try decodeText(bytes, contentType: contentType)
      result = rules.extraction(of: decoded.bytes, record.provenance)
    case .other: return Self.skipped("content that is not text", record, (contentType ?? "").utf8)
    }
    let isTruncated = isCut || record.headers["warc-truncated"] != nil
    for index in result.documents.indices {
      if let id = record.headers["warc-record-id"] {
        result.documents[index].attributes["warc_record_id"] = .string(trimmingBrackets(id))
      }
      if isTruncated { result.documents[index].attributes["truncated"] = .bool(true) }
    }
    return result
  }

  private static func skipped(_ reason: String, _ record: Record, _ sample: some Collection<UInt8>) -> Extraction {
    Extraction(skips: [Skip(reason: reason, record.provenance, sample: sample)])
  }

  private func trimmingBrackets(_ id: String) -> String {
    id.hasPrefix("<") && id.hasSuffix(">") ? String(id.dropFirst().dropLast()) : id
  }
}

/// What the type of the content says.
enum MediaType {
  enum Kind { case page, text, other }

  /// The type without its parameters, in lower case.
  static func name(_ value: String) -> String {
    trimmingSpace(value.prefix { $0 != ";" && $0 != "," }).lowercased()
  }

  /// Whether documents may be made of content with this value of the field.
  static func isText(_ value: String) -> Bool { kind(named: name(value)) != .other }

  private static func kind(named name: String) -> Kind? {
    switch name {
    case "text/html", "application/xhtml+xml", "application/vnd.wap.xhtml+xml", "html", "text/xhtml": .page
    case "text/plain", "text/markdown": .text
    case "", "unknown/unknown", "no-type", "text", "content/unknown": nil
    default: .other
    }
  }

  /// What content is: what the crawler recognised counts more than what the server said; without both the content decides.
  static func kind(_ identified: String?, _ declared: String?, _ bytes: [UInt8]) -> Kind {
    if let kind = identified.flatMap({ kind(named: name($0)) }) { return kind }
    if let kind = declared.flatMap({ kind(named: name($0)) }) { return kind }
    let front = String(decoding: bytes.prefix(1024).drop { $0 <= 0x20 || $0 >= 0x80 }.prefix(16), as: UTF8.self)
      .lowercased()
    return ["<!doctype html", "<html", "<head", "<body", "<title"].contains { front.hasPrefix($0) } ? .page : .other
  }
}
