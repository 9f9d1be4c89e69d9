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

  private mutating func pop() {
    let index = Int(open.removeLast())
    nodes[index].end = Int32(nodes.count)
    let tag = nodes[index].tag
    openCount[Int(tag.rawValue)] -= 1
    if tag == .a { isLinked = false }
  }

  @inline(__always)
  private var current: HTMLTag { nodes[Int(open[open.count - 1])].tag }

  private func isOpen(_ tag: HTMLTag) -> Bool { openCount[Int(tag.rawValue)] > 0 }

  private mutating func push(_ tag: HTMLTag, attributes first: Int, hash: UInt32, isEmpty: Bool) {
    let index = Int32(nodes.count)
    nodes.append(
      HTMLTree.Node(
        tag: tag, attributeCount: UInt16(attributes.count - first), parent: open[open.count - 1], end: index + 1,
        start: UInt32(first), length: hash))
    guard !isEmpty && open.count < Self.maximumDepth else { return }
    open.append(index)
    openCount[Int(tag.rawValue)] += 1
  }

  private mutating func addText(_ begin: Int, _ end: Int) {
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
  private mutating func close(_ isWanted: (HTMLTag) -> Bool, within isBound: (HTMLTag) -> Bool) -> Bool {
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
  private mutating func closeImplied(by tag: HTMLTag) {
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
  private mutating func endFormatting(_ tag: HTMLTag) {
    if tag == .a { isLinked = false }
    close({ $0 == tag }, within: { $0.isBlock || $0.isScope })
  }

  // MARK: Tags

  private mutating func endTag(_ position: Int) -> Int {
    let begin = position + 2
    guard begin < bytes.count else { return bytes.count }
    guard (bytes[begin] | 0x20) &- 0x61 < 26 else { return (find(0x3E, from: begin) ?? bytes.count - 1) + 1 }
    var end = begin
    while end < bytes.count, bytes[end] > 0x20, bytes[end] != 0x3E, bytes[end] != 0x2F { end += 1 }
    let (low, high) = NameTable.key(bytes, begin, end)
    let behind = (find(0x3E, from: end) ?? bytes.count - 1) + 1
    let tag = end - begin > 16 ? HTMLTag.other : tagNames.find(low, high).flatMap(HTMLTag.init(rawValue:)) ?? .other
    switch tag {
    case .br: push(.br, attributes: attributes.count, hash: 0, isEmpty: true)
    case .html, .body: break
    case .head: if current == .head { pop() }
    case .p where !isOpen(.p): push(.p, attributes: attributes.count, hash: 0, isEmpty: true)
    case .other where isOpen(.other):
      let hash = Self.hash(low, high)
      var depth = open.count - 1
      while depth > 0 {
        let node = nodes[Int(open[depth])]
        if node.tag == .other && node.length == hash {
          while open.count > depth { pop() }
          break
        }
        if node.tag.isBlock { break }
        depth -= 1
      }
    case _ where !isOpen(tag): break
    case .h1, .h2, .h3, .h4, .h5, .h6: close(\.isHeading, within: \.isScope)
    case .table, .tbody, .thead, .tfoot, .tr, .td, .th, .caption:
      close({ $0 == tag }, within: { tag == .table ? $0 == .body : $0 == .table })
    case _ where tag.isBlock || tag.isScope: close({ $0 == tag }, within: \.isScope)
    default: endFormatting(tag)
    }
    return behind
  }

  /// What is kept of an unknown name.
  private static func hash(_ low: UInt64, _ high: UInt64) -> UInt32 {
    UInt32(truncatingIfNeeded: ((low ^ high &* 31) &* 0x9E37_79B9_7F4A_7C15) >> 32)
  }

  private mutating func startTag(_ position: Int) -> Int {
    let begin = position + 1
    var end = begin
    while end < bytes.count, bytes[end] > 0x20, bytes[end] != 0x3E, bytes[end] != 0x2F { end += 1 }
    let (low, high) = NameTable.key(bytes, begin, end)
    let tag = end - begin > 16 ? HTMLTag.other : tagNames.find(low, high).flatMap(HTMLTag.init(rawValue:)) ?? .other
    let first = attributes.count
    let (behind, isClosed) = readAttributes(end, first)
    switch tag {
    case .html, .head, .body:
      if tag == .html || (tag == .body ? hasBody : hasHead || hasBody) {
        // The first of them counts, and attributes of the page are kept with the page.
        if tag == .html && nodes[0].attributeCount == 0 {
          nodes[0].start = UInt32(first)
          nodes[0].attributeCount = UInt16(attributes.count - first)
        } else {
          attributes.removeSubrange(first...)
        }
        return behind
      }
      if tag == .head { hasHead = true } else { hasBody = true }
      if current == .head { pop() }
      push(tag, attributes: first, hash: 0, isEmpty: false)
      return behind
    default: break
    }
    closeImplied(by: tag)
    let isInSVG = isOpen(.svg) || isOpen(.math)
    let isEmpty = tag.isVoid || isClosed && (isXML || isInSVG || tag == .svg)
    push(tag, attributes: first, hash: tag == .other ? Self.hash(low, high) : 0, isEmpty: isEmpty)
    if isEmpty { return behind }
    if tag == .a { isLinked = attributes[first...].contains { $0.name == .href } }
    return tag.isRawText && !isInSVG ? rawText(tag, behind) : behind
  }

  /// Reads attributes up to the end of the tag; returns the place behind it, and whether the tag ended in `/>`.
  private mutating func readAttributes(_ from: Int, _ first: Int) -> (behind: Int, isClosed: Bool) {
    var position = from
    let count = bytes.count
    while position < count {
      let byte = bytes[position]
      if byte == 0x3E { return (position + 1, position > from && bytes[position - 1] == 0x2F) }
      if byte <= 0x20 || byte == 0x2F {
        position += 1
        continue
      }
      let nameBegin = position
      position += 1
      while position < count, bytes[position] > 0x20, bytes[position] != 0x3E, bytes[position] != 0x2F,
        bytes[position] != 0x3D
      { position += 1 }
      let nameEnd = position
      while position < count && bytes[position] <= 0x20 { position += 1 }
      var valueBegin = position
      var valueEnd = position
      if position < count && bytes[position] == 0x3D {
        position += 1
        while position < count && bytes[position] <= 0x20 { position += 1 }
        guard position < count else { break }
        let quote = bytes[position]
        if quote == 0x22 || quote == 0x27 {
          valueBegin = position + 1
          valueEnd = find(Int32(quote), from: valueBegin) ?? count
          position = min(count, valueEnd + 1)
        } else {
          valueBegin = position
          while position < count, bytes[position] > 0x20, bytes[position] != 0x3E { position += 1 }
          valueEnd = position
        }
      }
      guard nameEnd - nameBegin <= 16, attributes.count - first < Self.maximumAttributes else { continue }
      let (low, high) = NameTable.key(bytes, nameBegin, nameEnd)
      guard let raw = attributeNames.find(low, high), let name = HTMLAttributeName(rawValue: raw) else { continue }
      if attributes[first...].contains(where: { $0.name == name }) { continue }
      attributes.append(
        HTMLTree.Attribute(name: name, start: UInt32(valueBegin), length: UInt32(valueEnd - valueBegin)))
    }
    return (count, false)
  }

  /// Reads the text of an element that knows no markup, and its end tag.
  private mutating func rawText(_ tag: HTMLTag, _ begin: Int) -> Int {
    let name = Array("\(tag)".utf8)
    var position = begin
    while !isEndless[Int(tag.rawValue)] {
      guard let candidate = find(0x3C, from: position) else { break }
      position = candidate + 1
      guard candidate + 2 + name.count < bytes.count, bytes[candidate + 1] == 0x2F else { continue }
      var matched = 0
      while matched < name.count && bytes[candidate + 2 + matched] | 0x20 == name[matched] { matched += 1 }
      guard matched == name.count else { continue }
      let next = bytes[candidate + 2 + matched]
      guard next <= 0x20 || next == 0x3E || next == 0x2F else { continue }
      // Scripts are read by nobody but those who look for structured data.
      if candidate > begin { addText(begin, candidate) }
      pop()
      return (find(0x3E, from: candidate) ?? bytes.count - 1) + 1
    }
    // Without an end it would be the rest of the page, which is more likely to be a page.
    isEndless[Int(tag.rawValue)] = true
    pop()
    return begin
  }

  /// Skips a comment, a document type or an instruction.
  private mutating func declaration(_ position: Int) -> Int {
    func at(_ offset: Int) -> UInt8 { position + offset < bytes.count ? bytes[position + offset] : 0 }
    if at(1) == 0x21 && at(2) == 0x2D && at(3) == 0x2D && !isCommentEndless {
      if at(4) == 0x3E { return position + 5 }
      var search = position + 4
      while let end = find(0x3E, from: search) {
        if bytes[end - 1] == 0x2D && bytes[end - 2] == 0x2D && end - 2 >= position + 4 { return end + 1 }
        if bytes[end - 1] == 0x21 && bytes[end - 2] == 0x2D && bytes[end - 3] == 0x2D && end - 3 >= position + 4 {
          return end + 1
        }
        search = end + 1
      }
      isCommentEndless = true
    }
    if at(2) == 0x5B && isXML && !isSectionEndless && bytes[position...].starts(with: "<![CDATA[".utf8) {
      var search = position + 9
      while let end = find(0x3E, from: search) {
        if bytes[end - 1] == 0x5D && bytes[end - 2] == 0x5D && end - 2 >= position + 9 {
          if end - 2 > position + 9 { addText(position + 9, end - 2) }
          return end + 1
        }
        search = end + 1
      }
      isSectionEndless = true
    }
    return (find(0x3E, from: position) ?? bytes.count - 1) + 1
  }
}
