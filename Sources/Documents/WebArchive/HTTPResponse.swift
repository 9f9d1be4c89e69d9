/// What a server answered, as archives keep it: the status line, the header and the body as it came.
package struct HTTPResponse: Equatable {
  /// The status: 200 for a page as asked for.
  package var status: Int
  /// The fields of the header by lower-case name; of repeated ones the first.
  package var fields: [String: String] = [:]
  /// The body, with its codings.
  package var body: ArraySlice<UInt8>

  /// Headers beyond this size are none.
  private static let largestHeader = 1 << 18

  /// The response that begins at the first byte; nil if it has no status line or no end of the header.
  package init?(_ bytes: ArraySlice<UInt8>) {
    var rest = bytes
    var status = 0
    var lines: [ArraySlice<UInt8>] = []
    // What a server says beforehand (100, 103) has a header of its own.
    for _ in 0..<8 {
      guard let header = Self.takeHeader(&rest), let first = header.first, let number = Self.status(first) else {
        return nil
      }
      status = number
      lines = header
      if status >= 200 || !rest.starts(with: "HTTP/".utf8) { break }
    }
    self.status = status
    body = rest
    HeaderField.forEach(lines.dropFirst()) { field in
      if fields[field.name] == nil { fields[field.name] = field.value }
    }
  }

  /// Takes lines up to the blank one.
  private static func takeHeader(_ rest: inout ArraySlice<UInt8>) -> [ArraySlice<UInt8>]? {
    var lines: [ArraySlice<UInt8>] = []
    var start = rest.startIndex
    let end = min(rest.endIndex, start + largestHeader)
    while let feed = rest[start..<end].firstIndex(of: 0x0A) {
      var line = rest[start..<feed]
      if line.last == 0x0D { line.removeLast() }
      start = feed + 1
      if line.isEmpty {
        rest = rest[start...]
        return lines
      }
      lines.append(line)
    }
    return nil
  }

  /// The number in `HTTP/1.1 200 OK`.
  private static func status(_ line: ArraySlice<UInt8>) -> Int? {
    let parts = line.prefix(64).split(separator: 0x20)
    guard parts.count > 1, parts[0].starts(with: "HTTP".utf8), parts[1].count == 3,
      parts[1].allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 })
    else { return nil }
    return parts[1].reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
  }

  /// How the content of a body came out.
  package enum Content: Equatable {
    /// The content; `isCut` if its end is missing.
    case bytes([UInt8], isCut: Bool)
    /// The coding is not known, or the coded bytes are damaged, for a reason that is the same for all such.
    case unreadable(String)
  }

  /// The body without its codings.
  ///
  /// Archives often keep the fields of codings that they have already undone, so a body that is not coded as the header
  /// says is taken as it is. The length in the header says nothing for the same reason.
  ///
  /// - Parameter limit: what is beyond so many bytes is left out.
  package func content(limit: Int) -> Content {
    var bytes = Array(body)
    var isCut = false
    if fields["transfer-encoding"]?.lowercased().contains("chunked") == true, let decoded = ChunkedBody.decode(body) {
      bytes = decoded.bytes
      isCut = !decoded.isComplete
    }
    for coding in Self.codings(fields["content-encoding"] ?? "").reversed() {
      if bytes.isEmpty { break }
      do {
        guard let decoded = try Self.decode(bytes, coding, limit: limit) else {
          return .unreadable("unknown content coding")
        }
        bytes = decoded.bytes
        if decoded.end == .damaged { return .unreadable("damaged content coding") }
        if decoded.end != .complete { isCut = true }
      } catch { return .unreadable("no memory for decoding") }
    }
    if bytes.count > limit {
      bytes.removeLast(bytes.count - limit)
      isCut = true
    }
    return .bytes(bytes, isCut: isCut)
  }

  private static func codings(_ value: String) -> [String] {
    // More than a few make no sense and cost time.
    value.lowercased().split(separator: ",").prefix(3).map { trimmingSpace($0) }
  }

  /// Decodes a body, or leaves one as it is that is not coded; nil if the coding is not known.
  private static func decode(_ bytes: [UInt8], _ coding: String, limit: Int) throws -> (
    bytes: [UInt8], end: DecodingEnd
  )? {
    switch coding {
    case "gzip", "x-gzip":
      guard Compression(front: bytes) == .gzip else { return (bytes, .complete) }
      return try decodeAll(bytes, InflateDecoder(.gzip), limit: limit)
    case "zstd":
      guard Compression(front: bytes) == .zstd else { return (bytes, .complete) }
      return try decodeAll(bytes, ZstdDecoder(), limit: limit)
    case "deflate":
      // By the standard with the header of zlib, by some servers without.
      let isWrapped = bytes.count > 1 && bytes[0] & 0x0F == 8 && (Int(bytes[0]) << 8 | Int(bytes[1])) % 31 == 0
      let decoded = try decodeAll(bytes, InflateDecoder(isWrapped ? .zlib : .none), limit: limit)
      return decoded.end == .damaged && looksLikeText(bytes) ? (bytes, .complete) : decoded
    case "br":
      // Brotli has no mark to know it by.
      let decoded = try decodeAll(bytes, BrotliDecoder(), limit: limit)
      return decoded.end != .complete && decoded.end != .limit && looksLikeText(bytes) ? (bytes, .complete) : decoded
    case "", "identity", "none", "utf-8", "utf8", "binary", "8bit": return (bytes, .complete)
    default: return nil
    }
  }

  /// Whether bytes begin like markup or text, not like something compressed.
  private static func looksLikeText(_ bytes: [UInt8]) -> Bool {
    let front = bytes.prefix(256)
    return !front.contains { $0 < 0x09 || $0 > 0x0D && $0 < 0x20 && $0 != 0x1B }
      && front.reduce(0) { $0 + ($1 > 0x20 && $1 < 0x7F ? 1 : 0) } * 2 > front.count
  }
}

/// Bodies in pieces that each have their size before them.
package enum ChunkedBody {
  /// The content of the pieces; nil if the first line is no size, so that the body is not in pieces.
  ///
  /// A body that breaks off, or goes on with something else than a piece, gives what came before.
  package static func decode(_ body: ArraySlice<UInt8>) -> (bytes: [UInt8], isComplete: Bool)? {
    var rest = body
    var bytes: [UInt8] = []
    var isFirst = true
    while true {
      guard let size = takeSize(&rest) else { return isFirst ? nil : (bytes, false) }
      if size == 0 { return (bytes, true) }
      if isFirst { bytes.reserveCapacity(min(body.count, max(size, body.count / 2))) }
      isFirst = false
      bytes += rest.prefix(size)
      if rest.count < size { return (bytes, false) }
      rest = rest.dropFirst(size)
      if rest.first == 0x0D { rest = rest.dropFirst() }
      if rest.first == 0x0A { rest = rest.dropFirst() }
    }
  }

  /// Takes a line with a hexadecimal number, perhaps something behind a semicolon.
  private static func takeSize(_ rest: inout ArraySlice<UInt8>) -> Int? {
    let line = rest.prefix(1024).prefix { $0 != 0x0A }
    guard line.endIndex < rest.endIndex, rest[line.endIndex] == 0x0A else { return nil }
    var size = 0
    var digits = 0
    var index = line.startIndex
    while index < line.endIndex, let digit = hexadecimalDigit(line[index]) {
      let (shifted, overflow) = size.multipliedReportingOverflow(by: 16)
      if overflow || shifted > Int.max - digit { return nil }
      size = shifted + digit
      digits += 1
      index += 1
    }
    while index < line.endIndex, line[index] == 0x20 || line[index] == 0x09 || line[index] == 0x0D { index += 1 }
    guard digits > 0, index == line.endIndex || line[index] == UInt8(ascii: ";") else { return nil }
    rest = rest[(line.endIndex + 1)...]
    return size
  }

  private static func hexadecimalDigit(_ byte: UInt8) -> Int? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(byte) - 48
    case UInt8(ascii: "a")...UInt8(ascii: "f"): Int(byte) - 87
    case UInt8(ascii: "A")...UInt8(ascii: "F"): Int(byte) - 55
    default: nil
    }
  }
}
