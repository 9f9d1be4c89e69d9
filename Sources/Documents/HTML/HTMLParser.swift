import Foundation

/// Makes a tree of a page as browsers do, in linear time and without recursion.
///
/// It is a tokenizer of HTML with the implied end tags of the standard and its scopes of end tags. What the standard does
/// besides changes no text: misnested formatting is not repeated, and content that is misplaced in a table stays there.
/// Source: https://html.spec.whatwg.org/multipage/parsing.html
struct HTMLParser {
  /// Elements inside elements, of which browsers make 512 too.
  static let maximumDepth = 512
  /// Nodes of a page, which bounds the memory of pages that are nothing but tags.
  static let maximumNodes = 1_000_000
  /// Attributes of an element that are kept.
  static let maximumAttributes = 32

  let bytes: UnsafeBufferPointer<UInt8>
  let tagNames = NameTable.tags
  let attributeNames = NameTable.attributes
  /// Whether `/>` ends an element, as in XHTML.
  let isXML: Bool
  var nodes: [HTMLTree.Node] = []
  var attributes: [HTMLTree.Attribute] = []
  /// The open elements, from the page inwards.
  var open: [Int32] = []
  /// How many of each element are open, so that an end tag of nothing costs nothing.
  var openCount = [Int32](repeating: 0, count: 256)
  /// Whether text is in a link.
  var isLinked = false
  var hasHead = false
  var hasBody = false
  /// Endings that do not come any more, and are not searched again: of comments and of raw text by its element.
  var isCommentEndless = false
  var isSectionEndless = false
  var isEndless = [Bool](repeating: false, count: 256)

  /// The tree of a page in valid UTF-8.
  ///
  /// Complexity: linear in the page.
  static func tree(_ source: [UInt8], isXML: Bool) -> HTMLTree {
    source.withUnsafeBufferPointer { bytes in
      var parser = HTMLParser(bytes: bytes, isXML: isXML)
      parser.nodes.reserveCapacity(min(maximumNodes, bytes.count / 32 + 16))
      let isCut = parser.run()
      return HTMLTree(source: source, nodes: parser.nodes, attributes: parser.attributes, isCut: isCut)
    }
  }

  private init(bytes: UnsafeBufferPointer<UInt8>, isXML: Bool) {
    self.bytes = bytes
    self.isXML = isXML
  }

  /// Reads to the end; returns whether the limits ended it before.
  private mutating func run() -> Bool {
    nodes.append(HTMLTree.Node(tag: .document, parent: -1, end: 0, start: 0, length: 0))
    open.append(0)
    openCount[Int(HTMLTag.document.rawValue)] = 1
    var position = 0
    while position < bytes.count && nodes.count < Self.maximumNodes {
      let markup = find(0x3C, from: position) ?? bytes.count
      if markup > position { addText(position, markup) }
      position = markup
      guard position + 1 < bytes.count else {
        if position < bytes.count { addText(position, bytes.count) }
        position = bytes.count
        break
      }
      let next = bytes[position + 1]
      if (next | 0x20) &- 0x61 < 26 {
        position = startTag(position)
      } else if next == 0x2F {
        position = endTag(position)
      } else if next == 0x21 || next == 0x3F {
        position = declaration(position)
      } else {
        addText(position, position + 1)
        position += 1
      }
    }
    while !open.isEmpty { pop() }
    return position < bytes.count
  }

  /// The place of a byte from a position on.
  @inline(__always)
  func find(_ byte: Int32, from position: Int) -> Int? {
    guard position < bytes.count, let base = bytes.baseAddress else { return nil }
    guard let found = memchr(base + position, byte, bytes.count - position) else { return nil }
    return UnsafeRawPointer(found) - UnsafeRawPointer(base)
  }

  // MARK: The tree

  mutating func pop() {
    let index = Int(open.removeLast())
    nodes[index].end = Int32(nodes.count)
    let tag = nodes[index].tag
    openCount[Int(tag.rawValue)] -= 1
    if tag == .a { isLinked = false }
  }

  @inline(__always)
  var current: HTMLTag { nodes[Int(open[open.count - 1])].tag }

  func isOpen(_ tag: HTMLTag) -> Bool { openCount[Int(tag.rawValue)] > 0 }

  mutating func push(_ tag: HTMLTag, attributes first: Int, hash: UInt32, isEmpty: Bool) {
    let index = Int32(nodes.count)
    nodes.append(
      HTMLTree.Node(
        tag: tag, attributeCount: UInt16(attributes.count - first), parent: open[open.count - 1], end: index + 1,
        start: UInt32(first), length: hash))
    guard !isEmpty && open.count < Self.maximumDepth else { return }
    open.append(index)
    openCount[Int(tag.rawValue)] += 1
  }

  mutating func addText(_ begin: Int, _ end: Int) {
    let isSpace = bytes[begin] <= 0x20 && !bytes[begin..<end].contains { $0 > 0x20 }
    if isSpace {
      switch current {
      case .head, .table, .tbody, .thead, .tfoot, .tr, .ul, .ol, .dl: return
      default: break
      }
    } else if current == .head {
      pop()
    }
    // A lone `<` splits a text; it stays one piece.
    if let last = nodes.last, last.tag == .text, last.parent == open[open.count - 1],
      Int(last.start) + Int(last.length) == begin
    {
      nodes[nodes.count - 1].length += UInt32(end - begin)
      return
    }
    nodes.append(
      HTMLTree.Node(
        tag: .text, isLinked: isLinked, parent: open[open.count - 1], end: Int32(nodes.count + 1), start: UInt32(begin),
        length: UInt32(end - begin)))
  }

  /// Closes the innermost open element of some kinds and all in it, unless one that bounds it comes first.
  @discardableResult
  mutating func close(_ isWanted: (HTMLTag) -> Bool, within isBound: (HTMLTag) -> Bool) -> Bool {
    var depth = open.count - 1
    while depth > 0 {
      let tag = nodes[Int(open[depth])].tag
      if isWanted(tag) {
        while open.count > depth { pop() }
        return true
      }
      if isBound(tag) { return false }
      depth -= 1
    }
    return false
  }

  /// Closes what the start of an element ends.
  mutating func closeImplied(by tag: HTMLTag) {
    if current == .head && !tag.isOfHead { pop() }
    switch tag {
    case .li:
      if isOpen(.li) { close({ $0 == .li }, within: { $0.isScope || $0 == .ul || $0 == .ol || $0 == .menu }) }
    case .dd, .dt:
      if isOpen(.dd) || isOpen(.dt) { close({ $0 == .dd || $0 == .dt }, within: { $0.isScope || $0 == .dl }) }
    case .option, .optgroup:
      if current == .option { pop() }
      if tag == .optgroup && current == .optgroup { pop() }
    case .tr:
      if isOpen(.tr) { close({ $0 == .tr }, within: { $0 == .table }) }
    case .td, .th:
      if isOpen(.td) || isOpen(.th) { close({ $0 == .td || $0 == .th }, within: { $0 == .table || $0 == .tr }) }
    case .tbody, .thead, .tfoot:
      if isOpen(.table) {
        close({ $0 == .tbody || $0 == .thead || $0 == .tfoot || $0 == .caption }, within: { $0 == .table })
      }
    case .a:
      if isOpen(.a) { endFormatting(.a) }
    case .h1, .h2, .h3, .h4, .h5, .h6:
      if current.isHeading { pop() }
    case .button:
      if isOpen(.button) { close({ $0 == .button }, within: \.isScope) }
    default: break
    }
    if tag.closesParagraph && isOpen(.p) { close({ $0 == .p }, within: { $0.isScope || $0 == .button }) }
  }

  /// Ends an element of formatting, which ends within blocks too but leaves them open.
  mutating func endFormatting(_ tag: HTMLTag) {
    if tag == .a { isLinked = false }
    close({ $0 == tag }, within: { $0.isBlock || $0.isScope })
  }
}
