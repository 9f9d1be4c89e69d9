import CXML2
import Core

/// Pairs in a translation memory (TMX): the text of two languages in each `tu` element.
public struct TranslationMemory: DocumentFormat, Equatable {
  /// The languages and rules; `en` stands for `en-US` and `EN_gb` too.
  public var text: ParallelText

  /// A format of translation memories.
  public init(_ text: ParallelText) { self.text = text }

  private static let end = Array("</tu>".utf8)
  private static let start = Array("<tu".utf8)

  /// A reader of the `tu` elements.
  ///
  /// Throws: `MartletError` if the input cannot be read, or with code `unsupported` if it is not UTF-8.
  public func reader(_ input: any ByteInput, named name: String) throws -> any RecordReader {
    let (beginning, whole) = try PrefixedInput.peek(input, count: 1 << 10)
    let head = String(decoding: beginning.prefix(200), as: UTF8.self).lowercased()
    let declaration = head.contains("encoding=") && head.hasPrefix("<?xml") ? head.prefix { $0 != ">" } : "utf-8"
    if beginning.starts(with: [0xFF, 0xFE]) || beginning.starts(with: [0xFE, 0xFF])
      || !declaration.contains("utf-8") && !declaration.contains("us-ascii")
    {
      throw MartletError(
        .unsupported, "the translation memory is not UTF-8", at: name,
        remedy: "Convert it, for example with `iconv -f utf-16 -t utf-8`, and correct its first line.")
    }
    return UnitReader(pieces: PieceReader(whole, delimiter: Self.end, limit: text.rules.longest), name: name)
  }

  private struct UnitReader: RecordReader {
    var pieces: PieceReader
    let name: String

    mutating func next() throws -> RecordEvent? {
      while let piece = try pieces.next() {
        let provenance = Provenance(input: name, place: "element from line \(piece.line)")
        if piece.isTooLong { return .skip(Skip(.tooLong, provenance, sample: piece.bytes)) }
        // Behind the last element is the end of the file, before the first its head.
        if let start = TranslationMemory.unitStart(in: piece.bytes) {
          return .record(Record(bytes: piece.bytes[start...] + TranslationMemory.end, provenance: provenance))
        }
      }
      return nil
    }
  }

  private static func unitStart(in bytes: [UInt8]) -> Int? {
    bytes.withUnsafeBufferPointer { bytes in
      var place = 0
      while let found = bytes.firstPlace(of: start[0], from: place) {
        if bytes[found...].starts(with: start), found + 3 < bytes.count,
          isWhiteSpace(bytes[found + 3]) || bytes[found + 3] == UInt8(ascii: ">")
        {
          return found
        }
        place = found + 1
      }
      return nil
    }
  }

  /// The pair of an element.
  public func extract(_ record: Record) -> Extraction {
    let bytes: [UInt8]
    let wasRepaired = String(validating: record.bytes, as: UTF8.self) == nil
    bytes = wasRepaired ? Array(String(decoding: record.bytes, as: UTF8.self).utf8) : record.bytes
    let options = XML_PARSE_NONET.rawValue | XML_PARSE_NOERROR.rawValue | XML_PARSE_NOWARNING.rawValue
    let document = bytes.withUnsafeBytes { bytes in
      xmlReadMemory(
        bytes.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(clamping: bytes.count), nil, "UTF-8",
        Int32(options))
    }
    guard let document else {
      return Extraction(skips: [Skip(.notXML, record.provenance, sample: record.bytes)])
    }
    defer { xmlFreeDoc(document) }
    var sides: [String?] = [nil, nil]
    var variant = xmlDocGetRootElement(document)?.pointee.children
    while let node = variant {
      variant = node.pointee.next
      guard Self.name(of: node) == "tuv", let language = Self.language(of: node) else { continue }
      for (side, wanted) in [text.source, text.target].enumerated()
      where sides[side] == nil && Self.matches(language, wanted) {
        var segment = node.pointee.children
        while let child = segment, Self.name(of: child) != "seg" { segment = child.pointee.next }
        if let segment {
          var result: [UInt8] = []
          Self.collect(segment, into: &result)
          sides[side] = String(decoding: result, as: UTF8.self)
        }
      }
    }
    guard let source = sides[0], let target = sides[1] else {
      return Extraction(skips: [Skip(.noText, record.provenance, sample: record.bytes)])
    }
    return text.extraction(source, target, wasRepaired: wasRepaired, record.provenance)
  }

  private static func name(of node: xmlNodePtr) -> String {
    node.pointee.type == XML_ELEMENT_NODE ? String(cString: node.pointee.name) : ""
  }

  private static func language(of node: xmlNodePtr) -> String? {
    var attribute = node.pointee.properties
    while let next = attribute {
      // `xml:lang`, and `lang` in version 1.1.
      if String(cString: next.pointee.name) == "lang", let content = next.pointee.children?.pointee.content {
        return String(cString: content)
      }
      attribute = next.pointee.next
    }
    return nil
  }

  private static func matches(_ language: String, _ wanted: String) -> Bool {
    let language = language.lowercased().replacing("_", with: "-")
    let wanted = wanted.lowercased().replacing("_", with: "-")
    return language == wanted || language.hasPrefix(wanted + "-")
  }

  /// The text of a segment without the codes of formatting; the parser limits the depth.
  private static func collect(_ node: xmlNodePtr, into text: inout [UInt8]) {
    var child = node.pointee.children
    while let next = child {
      if next.pointee.type == XML_TEXT_NODE || next.pointee.type == XML_CDATA_SECTION_NODE {
        if let content = next.pointee.content { text += String(cString: content).utf8 }
      } else if !["bpt", "ept", "ph", "it", "ut"].contains(name(of: next)) {
        collect(next, into: &text)
      }
      child = next.pointee.next
    }
  }
}
