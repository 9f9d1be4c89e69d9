// Tags, comments and what else begins with `<`: each function reads from a place on and gives the place behind.
extension HTMLParser {
  mutating func endTag(_ position: Int) -> Int {
    let begin = position + 2
    guard begin < bytes.count else { return bytes.count }
    guard (bytes[begin] | 0x20) &- 0x61 < 26 else { return (find(0x3E, from: begin) ?? bytes.count - 1) + 1 }
    let (tag, hash, end) = name(at: begin)
    let behind = (find(0x3E, from: end) ?? bytes.count - 1) + 1
    switch tag {
    case .br: push(.br, attributes: attributes.count, hash: 0, isEmpty: true)
    case .html, .body: break
    case .head: if current == .head { pop() }
    case .p where !isOpen(.p): push(.p, attributes: attributes.count, hash: 0, isEmpty: true)
    case .other where isOpen(.other):
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

  /// The element whose name begins at a place, what is kept of the name if it is not known, and where it ends.
  @inline(__always)
  private func name(at begin: Int) -> (tag: HTMLTag, hash: UInt32, end: Int) {
    var end = begin
    while end < bytes.count, bytes[end] > 0x20, bytes[end] != 0x3E, bytes[end] != 0x2F { end += 1 }
    let (low, high) = NameTable.key(bytes, begin, end)
    if end - begin <= 16, let tag = tagNames.find(low, high).flatMap(HTMLTag.init(rawValue:)) {
      return (tag, 0, end)
    }
    return (.other, UInt32(truncatingIfNeeded: ((low ^ high &* 31) &* 0x9E37_79B9_7F4A_7C15) >> 32), end)
  }

  mutating func startTag(_ position: Int) -> Int {
    let begin = position + 1
    let (tag, hash, end) = name(at: begin)
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
    push(tag, attributes: first, hash: hash, isEmpty: isEmpty)
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
  mutating func declaration(_ position: Int) -> Int {
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
