import Documents

/// A WARC record as a test wants it to be.
func warc(
  _ type: String = "response", _ url: String? = "http://example.org/", _ block: [UInt8], length: String? = nil,
  fields: [String] = ["Content-Type: application/http; msgtype=response"], end: String = "\r\n\r\n"
) -> [UInt8] {
  var header = "WARC/1.0\r\nWARC-Type: \(type)\r\n"
  if let url { header += "WARC-Target-URI: \(url)\r\n" }
  for field in fields { header += field + "\r\n" }
  header += "WARC-Date: 2024-01-02T03:04:05Z\r\nWARC-Record-ID: <urn:uuid:1>\r\n"
  header += "Content-Length: \(length ?? String(block.count))\r\n\r\n"
  return Array(header.utf8) + block + Array(end.utf8)
}

/// A page with a text that is long enough to be content.
func page(_ word: String) -> [UInt8] {
  let sentence =
    "The \(word) is what this page tells about, in a sentence that is as long as sentences are, with commas. "
  return Array(
    "<html><head><title>About \(word)</title></head><body><article><p>\(String(repeating: sentence, count: 4))</p></article></body></html>"
      .utf8)
}

/// An answer of a server.
func http(_ body: [UInt8], status: String = "200 OK", _ fields: [String] = ["Content-Type: text/html"]) -> [UInt8] {
  Array("HTTP/1.1 \(status)\r\n\(fields.map { $0 + "\r\n" }.joined())\r\n".utf8) + body
}

/// The record of a page about a word.
func pageRecord(_ word: String) -> [UInt8] { warc("response", "http://example.org/\(word)", http(page(word))) }

/// The last parts of the addresses of documents.
func words(_ result: ReadResult) -> [String] {
  result.documents.map { String($0.provenance.url?.split(separator: "/").last ?? "") }
}
