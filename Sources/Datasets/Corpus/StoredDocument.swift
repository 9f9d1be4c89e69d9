import Core
import Documents

// How the parts of a corpus hold documents: lines of JSON that other programs read too.
extension Document {
  /// Appends the document as a line of JSON.
  func appendLine(to line: inout [UInt8]) {
    line += #"{"text":"#.utf8
    JSONValue.quote(text, to: &line)
    line += #","source":{"input":"#.utf8
    JSONValue.quote(provenance.input, to: &line)
    line += #","place":"#.utf8
    JSONValue.quote(provenance.place, to: &line)
    for (key, value) in [("url", provenance.url), ("licence", provenance.licence), ("date", provenance.date)] {
      guard let value else { continue }
      line += ",\"\(key)\":".utf8
      JSONValue.quote(value, to: &line)
    }
    line.append(UInt8(ascii: "}"))
    for key in attributes.keys.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
      guard let value = attributes[key], !Self.reservedKeys.contains(key) else { continue }
      line.append(UInt8(ascii: ","))
      JSONValue.quote(key, to: &line)
      line.append(UInt8(ascii: ":"))
      value.write(to: &line)
    }
    if continues { line += #","continues":true"#.utf8 }
    line += "}\n".utf8
  }

  private static let reservedKeys: Set<String> = ["text", "source", "continues"]

  /// Reads a line that `appendLine` wrote; `name` is the file's, for errors.
  ///
  /// Throws: `MartletError` with code `malformedFile`.
  init(line: UnsafeRawBufferPointer, of name: String) throws {
    var text = ""
    var provenance = Provenance(input: "", place: "")
    var attributes: [String: JSONValue] = [:]
    var continues = false
    var reader = JSONReader(line, name: name)
    try reader.object { reader, key in
      switch key {
      case "text": text = try reader.string()
      case "continues": continues = try reader.value().boolValue ?? false
      case "source":
        try reader.object { reader, key in
          let value = try reader.string()
          switch key {
          case "input": provenance.input = value
          case "place": provenance.place = value
          case "url": provenance.url = value
          case "licence": provenance.licence = value
          case "date": provenance.date = value
          default: break
          }
        }
      default: attributes[key] = try reader.value()
      }
    }
    self.init(text: text, provenance: provenance, attributes: attributes, continues: continues)
  }

  /// The hash of the text, or of the value of an attribute if the document has it: what a split goes by.
  func groupHash(_ attribute: String?) -> UInt64 {
    var key = text
    if let attribute {
      switch attribute {
      case "input": key = provenance.input
      case "url": key = provenance.url ?? text
      case "domain": key = provenance.url.map(Self.domain) ?? text
      default: if let value = attributes[attribute] { key = value.stringValue ?? value.text() }
      }
    }
    return key.withUTF8 { SHA256.hash(UnsafeRawBufferPointer($0)).bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) } }
  }

  /// The host of a web address.
  private static func domain(_ url: String) -> String {
    let rest = url.utf8.firstIndex(of: UInt8(ascii: "/")).map { url[$0...].drop { $0 == "/" } } ?? url[...]
    return String(rest.prefix { $0 != "/" && $0 != ":" && $0 != "?" && $0 != "#" }).lowercased()
  }
}
