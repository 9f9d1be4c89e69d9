/// A page as a list of nodes in the order of the page: what is in a node follows it up to its end.
struct HTMLTree: Sendable {
  /// An element, or a piece of text.
  struct Node: Sendable {
    /// The element; `text` for text.
    var tag: HTMLTag
    /// Whether a text is in a link.
    var isLinked = false
    /// Attributes that are kept.
    var attributeCount: UInt16 = 0
    /// The node that this one is in.
    var parent: Int32
    /// The node behind all that is in this one.
    var end: Int32
    /// A text's place in the source; an element's first attribute.
    var start: UInt32
    /// Bytes of a text; what tells the name of an unknown element.
    var length: UInt32
  }

  /// An attribute whose value is at a place of the source.
  struct Attribute: Sendable {
    var name: HTMLAttributeName
    var start: UInt32
    var length: UInt32
  }

  /// The page in UTF-8.
  var source: [UInt8]
  /// The nodes, the first of which is the page.
  var nodes: [Node]
  /// The attributes of all nodes.
  var attributes: [Attribute]
  /// Whether the page was too large for the limits, so that its end is missing.
  var isCut = false

  /// The place of an attribute's value in the source, nil if the node has none.
  @inline(__always)
  func value(_ name: HTMLAttributeName, of node: Int) -> Range<Int>? {
    let record = nodes[node]
    guard record.tag != .text else { return nil }
    for index in Int(record.start)..<Int(record.start) + Int(record.attributeCount)
    where attributes[index].name == name {
      let attribute = attributes[index]
      return Int(attribute.start)..<Int(attribute.start) + Int(attribute.length)
    }
    return nil
  }

  /// An attribute's value with its character references decoded.
  func string(_ name: HTMLAttributeName, of node: Int) -> String? {
    value(name, of: node).map { decoded($0, inAttribute: true) }
  }

  /// A part of the source with its character references decoded.
  func decoded(_ range: Range<Int>, inAttribute: Bool = false) -> String {
    var bytes: [UInt8] = []
    source.withUnsafeBufferPointer { source in
      var position = range.lowerBound
      while position < range.upperBound {
        if source[position] == 0x26,
          let (scalar, length) = HTMLEntities.shared.decode(
            source, position, range.upperBound, inAttribute: inAttribute)
        {
          bytes.append(scalar: scalar)
          position += length
        } else {
          bytes.append(source[position])
          position += 1
        }
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// All text in a node, with white space as single spaces.
  func text(of node: Int, limit: Int = 1000) -> String {
    var words: [Substring] = []
    var length = 0
    var index = node
    while index < Int(nodes[node].end) && length < limit {
      let record = nodes[index]
      if record.tag == .text {
        let text = decoded(Int(record.start)..<Int(record.start) + min(Int(record.length), limit))
        length += text.utf8.count
        words += text.split(whereSeparator: \.isWhitespace)
      } else if record.tag == .script || record.tag == .style {
        index = Int(record.end)
        continue
      }
      index += 1
    }
    return words.joined(separator: " ")
  }
}

extension [UInt8] {
  /// Appends a character in UTF-8.
  mutating func append(scalar: UInt32) {
    switch scalar {
    case 0..<0x80: append(UInt8(scalar))
    case 0x80..<0x800:
      append(UInt8(0xC0 | scalar >> 6))
      append(UInt8(0x80 | scalar & 63))
    case 0x800..<0x1_0000:
      append(UInt8(0xE0 | scalar >> 12))
      append(UInt8(0x80 | scalar >> 6 & 63))
      append(UInt8(0x80 | scalar & 63))
    default:
      append(UInt8(0xF0 | scalar >> 18 & 7))
      append(UInt8(0x80 | scalar >> 12 & 63))
      append(UInt8(0x80 | scalar >> 6 & 63))
      append(UInt8(0x80 | scalar & 63))
    }
  }
}
