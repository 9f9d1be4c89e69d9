import Documents
import TestSupport
import Testing

@Suite struct HTTPResponseTests {
  /// A page, compressed by another program.
  static let brotli: [UInt8] = [
    0x1B, 0xA0, 0x01, 0x08, 0x8C, 0x54, 0xB5, 0x3F, 0x4F, 0x59, 0x2E, 0x26, 0x68, 0xDD, 0xD8, 0xAF, 0x41, 0xCA, 0xD2,
    0xD8, 0xE8, 0xE4, 0x40, 0x0F, 0xC8, 0x7F, 0x41, 0x2B, 0xCC, 0x2C, 0x69, 0x09, 0x6B, 0x3A, 0x39, 0xA0, 0xF3, 0xE1,
    0x0B, 0xB2, 0x8A, 0x0A, 0xE4, 0x9A, 0xFB, 0x68, 0xAC, 0x40, 0x13, 0xA5, 0x2E, 0xBB, 0x0B, 0xA7, 0x74, 0x89, 0xB2,
    0x1C, 0x72, 0x15, 0xE5, 0xC6, 0xC2, 0x27, 0x86, 0xB6, 0xBF, 0x03, 0xBD, 0x3E, 0x86, 0xA3, 0x3F, 0xDA, 0x02,
  ]

  static let text = Array("<html><body><p>Hello, this is the page.</p></body></html>".utf8)

  private func content(_ body: [UInt8], _ fields: [String], limit: Int = 1 << 20) -> HTTPResponse.Content? {
    HTTPResponse(http(body, fields)[...])?.content(limit: limit)
  }

  private func chunked(_ bytes: [UInt8], size: Int = 20, end: String = "0\r\n\r\n") -> [UInt8] {
    var body: [UInt8] = []
    var start = 0
    while start < bytes.count {
      let piece = bytes[start..<min(bytes.count, start + size)]
      body += Array("\(String(piece.count, radix: 16))\r\n".utf8) + piece + [13, 10]
      start += size
    }
    return body + Array(end.utf8)
  }

  @Test func `status, header and body are told apart`() throws {
    let response = try #require(
      HTTPResponse(
        Array("HTTP/1.1 200 OK\r\nContent-Type:  text/html \r\nX: a\r\n b\r\nX: second\r\n\r\nbody".utf8)[...]))
    #expect(response.status == 200)
    #expect(response.fields == ["content-type": "text/html", "x": "a b"])
    #expect(Array(response.body) == Array("body".utf8))
    #expect(HTTPResponse(Array("HTTP/2 404\nA: b\n\n".utf8)[...])?.status == 404)
    #expect(HTTPResponse(Array("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\n\r\nx".utf8)[...])?.status == 201)
    for broken in [
      "", "HTTP/1.1 200 OK\r\n", "<html>", "HTTP/1.1 OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 -20 OK\r\n\r\n",
    ] {
      #expect(HTTPResponse(Array(broken.utf8)[...]) == nil, "\(broken)")
    }
  }

  @Test func `codings are undone`() {
    let whole = HTTPResponse.Content.bytes(Self.text, isCut: false)
    #expect(content(Self.text, []) == whole)
    #expect(content(deflated(Self.text), ["Content-Encoding: gzip"]) == whole)
    #expect(content(deflated(Self.text), ["Content-Encoding: x-GZip"]) == whole)
    #expect(
      content(deflated(Self.text) + deflated(Self.text), ["Content-Encoding: gzip"])
        == .bytes(Self.text + Self.text, isCut: false))
    #expect(content(deflated(Self.text) + [0, 0, 7], ["Content-Encoding: gzip"]) == whole)
    #expect(content(deflated(Self.text, wrapping: 15), ["Content-Encoding: deflate"]) == whole)
    #expect(content(deflated(Self.text, wrapping: -15), ["Content-Encoding: deflate"]) == whole)
    #expect(content(deflated(deflated(Self.text, wrapping: 15)), ["Content-Encoding: deflate, gzip"]) == whole)
    #expect(content(chunked(Self.text), ["Transfer-Encoding: chunked"]) == whole)
    #expect(content(chunked(deflated(Self.text)), ["Transfer-Encoding: chunked", "Content-Encoding: gzip"]) == whole)
    #expect(content(chunked(Self.text, end: "0\r\nTrailer: x\r\n\r\n"), ["Transfer-Encoding: Chunked"]) == whole)
    let extended = Array("39 ;name=value\r\n".utf8) + Self.text + Array("\r\n0\r\n\r\n".utf8)
    #expect(content(extended, ["Transfer-Encoding: chunked"]) == whole)
    guard case .bytes(let page, isCut: false)? = content(Self.brotli, ["Content-Encoding: br"]) else {
      Issue.record("no brotli")
      return
    }
    #expect(String(decoding: page, as: UTF8.self).hasPrefix("<html><body><p>Brotli makes pages small"))
  }

  @Test func `a body that is not coded as the header says is taken as it is`() {
    let whole = HTTPResponse.Content.bytes(Self.text, isCut: false)
    for coding in ["gzip", "deflate", "br", "zstd", "identity", "UTF-8", ""] {
      #expect(content(Self.text, ["Content-Encoding: \(coding)"]) == whole, "\(coding)")
    }
    #expect(content(Self.text, ["Transfer-Encoding: chunked"]) == whole)
    for length in ["0", "3", "100000", "-1", "x"] {
      #expect(content(Self.text, ["Content-Length: \(length)"]) == whole)
    }
  }

  @Test func `of a body that breaks off the beginning stays, a damaged one is unreadable`() {
    let long = sampleText(100_000)
    let body = deflated(long)
    guard case .bytes(let half, isCut: true)? = content(Array(body[..<(body.count / 2)]), ["Content-Encoding: gzip"])
    else {
      Issue.record("the beginning is lost")
      return
    }
    #expect(half.count > 20_000)
    #expect(long.starts(with: half))
    var damaged = body
    damaged[body.count - 6] ^= 1
    #expect(content(damaged, ["Content-Encoding: gzip"]) == .unreadable("damaged content coding"))
    #expect(content(Self.text, ["Content-Encoding: rot13"]) == .unreadable("unknown content coding"))
    let pieces = chunked(long, size: 1000)
    #expect(
      content(Array(pieces[..<5000]), ["Transfer-Encoding: chunked"]) == .bytes(Array(long[..<4967]), isCut: true))
    let lying = Array("10\r\n".utf8) + Self.text
    #expect(content(lying, ["Transfer-Encoding: chunked"]) == .bytes(Array(Self.text[..<16]), isCut: true))
    let huge = Array("FFFFFFFFFFFFFFFF\r\n".utf8) + Self.text
    #expect(content(huge, ["Transfer-Encoding: chunked"]) == .bytes(huge, isCut: false))
    let large = Array("7FFFFFFFFFFFFFFF\r\n".utf8) + Self.text
    #expect(content(large, ["Transfer-Encoding: chunked"]) == .bytes(Self.text, isCut: true))
  }

  @Test func `a bomb is cut at the limit`() {
    let bomb = deflated([UInt8](repeating: 65, count: 20_000_000))
    #expect(
      content(bomb, ["Content-Encoding: gzip"], limit: 5000) == .bytes([UInt8](repeating: 65, count: 5000), isCut: true)
    )
    #expect(content(Self.text, [], limit: 5) == .bytes(Array(Self.text[..<5]), isCut: true))
  }

  private func reasons(_ block: [UInt8], fields: [String] = ["Content-Type: application/http"]) throws -> [String] {
    try read(WebArchiveFormat(), warc("response", "http://example.org/x", block, fields: fields)).reasons
  }

  @Test func `only answers with a page or text become documents`() throws {
    try #expect(reasons(http(page("x"))) == [])
    try #expect(reasons(http(page("x"), ["Content-Type: application/xhtml+xml; charset=utf-8"])) == [])
    try #expect(reasons(http(page("x"), [])) == [])
    try #expect(reasons(http(page("x"), ["Content-Type: unknown/unknown"])) == [])
    try #expect(reasons(http(Array("a text".utf8), ["Content-Type: text/plain"])) == [])
    try #expect(reasons(http(Array("a text".utf8), [])) == ["content that is not text"])
    try #expect(reasons(http(page("x"), ["Content-Type: image/png"])) == ["content that is not text"])
    try #expect(
      reasons(http(page("x")), fields: ["WARC-Identified-Payload-Type: application/pdf"]) == [
        "content that is not text"
      ])
    for status in ["404 Not Found", "301 Moved", "500 x", "204 None", "206 Partial"] {
      try #expect(reasons(http(page("x"), status: status)) == ["HTTP status \(status.prefix(3))"])
    }
    try #expect(reasons(Array("no answer".utf8)) == ["broken HTTP header"])
    try #expect(reasons([]) == ["broken HTTP header"])
    try #expect(reasons(http(page("x")), fields: ["Content-Type: text/x"]) == ["response that is not HTTP"])
    try #expect(reasons(http(Array("<html><body></body></html>".utf8))) == ["no text in the page"])
  }

  @Test func `texts of WET files are taken whole, in the charset that is named`() throws {
    let wet = warc(
      "conversion", "http://example.org/", Array("Zeile eins\nÜber zwei\n".utf8), fields: ["Content-Type: text/plain"])
    try #expect(read(WebArchiveFormat(), wet).texts == ["Zeile eins\nÜber zwei\n"])
    let latin = http(
      Array("na".utf8) + [0xEF] + Array("ve text in plain Latin".utf8), ["Content-Type: text/plain; charset=iso-8859-1"]
    )
    try #expect(
      read(WebArchiveFormat(), warc("response", "http://example.org/", latin)).texts == ["naïve text in plain Latin"])
    let cut = warc(
      "conversion", "http://example.org/", Array("text".utf8),
      fields: ["WARC-Truncated: length", "Content-Type: text/plain"])
    try #expect(read(WebArchiveFormat(), cut).documents.first?.attributes["truncated"] == .bool(true))
  }

  @Test func `broken answers never stop the parser`() throws {
    let page = page("fuzz")
    let seeds = [
      http(page), http(deflated(page), ["Content-Encoding: gzip"]), http(chunked(page), ["Transfer-Encoding: chunked"]),
      http(Self.brotli, ["Content-Encoding: br"]), http(deflated(page, wrapping: -15), ["Content-Encoding: deflate"]),
      http(chunked(deflated(page)), ["Transfer-Encoding: chunked", "Content-Encoding: gzip, gzip"]),
    ]
    let run = try fuzz(
      "HTTP responses", seeds: seeds,
      words: ["\r\n\r\n", "FFFFFFFFFFFFFFF\r\n", "0\r\n", "Content-Encoding: br\r\n", "HTTP/1.1 100 x\r\n\r\n"]
    ) { bytes in
      if let response = HTTPResponse(bytes[...]), case .bytes(let content, _) = response.content(limit: 4096) {
        #expect(content.count <= 4096)
      }
    }
    #expect(run.inputs > 100)
    #expect(run.longest < 2)
  }
}
