/// What stands before the block of a record in a WARC or ARC file.
struct WebArchiveHeader {
  /// What becomes of a record.
  enum Interest: Equatable {
    /// Documents may be made of it.
    case documents
    /// It only describes others.
    case none
    /// It has none of its content, for a reason.
    case skip(String)
  }

  /// The size of the header in bytes.
  let size: Int
  /// The fields by lower-case name; of repeated ones the first.
  private(set) var fields: [String: String] = [:]
  /// The size of the block in bytes, nil if it is missing or no number.
  private(set) var length: Int?

  /// The longest address that is kept.
  private static let longestAddress = 8192

  /// The header of a WARC record, with the blank line at its end; nil if its first line is none of WARC.
  init?(warc bytes: [UInt8]) {
    size = bytes.count
    var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: true)[...]
    guard let version = lines.popFirst(), version.count > 5, UInt8(ascii: "0")...UInt8(ascii: "9") ~= version[5] else {
      return nil
    }
    HeaderField.forEach(lines) { field in
      if fields[field.name] == nil { fields[field.name] = field.value }
      if field.name == "content-length" {
        // Two lengths that differ are none.
        let number = HeaderField.number(field.value)
        length = fields[field.name] == field.value ? number : nil
      }
    }
  }

  /// The line before a record of ARC: address, IP address, date, type and, last, the length.
  init?(arc bytes: [UInt8]) {
    size = bytes.count
    let parts = String(decoding: bytes.dropLast(), as: UTF8.self).split(
      separator: " ", omittingEmptySubsequences: false)
    guard parts.count >= 5, let last = parts.last else { return nil }
    length = HeaderField.number(trimmingSpace(last))
    // Addresses with spaces are not encoded, so count from the end.
    let count = parts.count >= 10 && HeaderField.number(String(parts[parts.count - 2])) != nil ? 10 : 5
    let address = parts[...(parts.count - count)].joined(separator: " ")
    fields["warc-target-uri"] = address
    fields["warc-type"] = address.hasPrefix("filedesc:") ? "warcinfo" : "response"
    let date = Array(parts[parts.count - count + 2].utf8)
    if date.count == 14, date.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }) {
      func digits(_ range: Range<Int>) -> String { String(decoding: date[range], as: UTF8.self) }
      fields["warc-date"] =
        "\(digits(0..<4))-\(digits(4..<6))-\(digits(6..<8))T\(digits(8..<10)):\(digits(10..<12)):\(digits(12..<14))Z"
    }
  }

  /// What becomes of the record.
  var interest: Interest {
    switch fields["warc-type"]?.lowercased() {
    case "response", "resource", "conversion":
      // Programs that write archives put their own logs there, and answers about names of hosts.
      let address = fields["warc-target-uri"] ?? ""
      return address.contains("metadata:") && url?.hasPrefix("metadata:") == true || address.hasPrefix("dns:")
        ? .none : .documents
    case "warcinfo", "request", "metadata": return .none
    case "revisit": return .skip("page stored elsewhere (revisit record)")
    case "continuation": return .skip("continuation of a record")
    default: return .skip("record of unknown type")
    }
  }

  /// The address of the page, without the brackets that some programs write; nil if there is none that can be kept.
  var url: String? {
    var address = trimmingSpace(fields["warc-target-uri"] ?? "")
    if address.hasPrefix("<"), address.hasSuffix(">") { address = trimmingSpace(address.dropFirst().dropLast()) }
    let scheme = address.utf8.prefix { $0 != UInt8(ascii: ":") }
    guard !scheme.isEmpty, scheme.count < 32, scheme.count + 1 < address.utf8.count,
      scheme.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "/") }),
      address.utf8.count <= Self.longestAddress, !address.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F })
    else { return nil }
    return address.utf8.contains(0x20)
      ? address.split(separator: " ", omittingEmptySubsequences: false).joined(separator: "%20") : address
  }

  /// When the page was fetched.
  var date: String? { fields["warc-date"] }
}

/// A line `Name: value` of a header.
struct HeaderField {
  /// The name in lower case.
  var name: String
  /// The value without white space around it.
  var value: String

  /// More fields are not looked at.
  private static let most = 1000

  /// Calls `body` with each field of lines without their line feeds; lines that begin with white space go on the one before.
  static func forEach(_ lines: some Collection<ArraySlice<UInt8>>, _ body: (HeaderField) -> Void) {
    var open: (name: ArraySlice<UInt8>, value: [UInt8])?
    func close() {
      if let (name, value) = open {
        body(
          HeaderField(
            name: String(decoding: name, as: UTF8.self).lowercased(),
            value: trimmingSpace(String(decoding: value, as: UTF8.self))))
      }
      open = nil
    }
    for line in lines.prefix(most) {
      if let first = line.first, first == 0x20 || first == 0x09 {
        if open != nil { open?.value += line }
      } else if let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex {
        close()
        open = (line[..<colon], Array(line[(colon + 1)...]))
      }
    }
    close()
  }

  /// A number in decimal digits and nothing else.
  static func number(_ text: String) -> Int? {
    text.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 } ? Int(text) : nil
  }
}
