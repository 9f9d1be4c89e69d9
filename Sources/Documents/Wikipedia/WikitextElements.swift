/// HTML in wikitext.
extension WikitextRenderer {
  /// Reads a tag at a less-than sign and answers where to go on.
  func element(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int) -> Int {
    var i = start + 1
    let isClosing = i < end && bytes[i] == UInt8(ascii: "/")
    if isClosing { i += 1 }
    let nameStart = i
    while i < end, WikitextBytes.isLetter(bytes[i]) || (i > nameStart && WikitextBytes.isDigit(bytes[i])),
      i - nameStart < 20
    { i += 1 }
    let nameEnd = i
    while i < end, bytes[i] != UInt8(ascii: ">"), bytes[i] != UInt8(ascii: "<") { i += 1 }
    let next = nameEnd < end ? bytes[nameEnd] : 0x20
    let isName = nameEnd > nameStart && (next == UInt8(ascii: ">") || next == UInt8(ascii: "/") || next <= 0x20)
    guard isName, i < end, bytes[i] == UInt8(ascii: ">") else {
      line.append(UInt8(ascii: "<"))
      return start + 1
    }
    let nameBytes = bytes[nameStart..<nameEnd].map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 }
    let name = String(decoding: nameBytes, as: UTF8.self)
    let after = i + 1
    if hiddenDepth > 0 {
      if nameBytes == hiddenTag, bytes[i - 1] != UInt8(ascii: "/") { hide(isClosing: isClosing) }
      return after
    }
    if name == "br" {
      line.append(Mark.lineBreak)
      return after
    }
    let isParagraph = WikitextInline.paragraphs.contains(name)
    guard isParagraph || WikitextInline.others.contains(name) else {
      line.append(UInt8(ascii: "<"))
      return start + 1
    }
    if !isClosing, bytes[i - 1] != UInt8(ascii: "/"),
      (name == "table" && settings.tables == .dropped) || isHidden(bytes, nameEnd, i)
    {
      if name == "table" {
        finishElement()
        counts.tables += 1
      }
      hiddenTag = nameBytes
      hiddenStart = line.count
      hiddenDepth = 1
      return after
    }
    switch name {
    case "li":
      if !isClosing, frames.isEmpty { startItem() } else { line.append(Mark.lineBreak) }
    case "td", "th": if !isClosing { line.append(contentsOf: " | ".utf8) }
    case "sup", "sub": raise(isClosing: isClosing, lowered: name == "sub")
    default: if isParagraph { finishElement() }
    }
    return after
  }

  /// Ends the line at an element that is a paragraph of its own.
  private func finishElement() {
    if frames.isEmpty { finishParagraph() } else { line.append(Mark.lineBreak) }
  }

  private func hide(isClosing: Bool) {
    hiddenDepth += isClosing ? -1 : 1
    guard hiddenDepth == 0 else { return }
    if hiddenStart <= line.count { line.removeSubrange(hiddenStart...) }
    line.append(Mark.vanished)
    frames.removeAll { $0.start > line.count }
  }

  /// Whether a tag's attributes hide what is in it.
  private func isHidden(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int) -> Bool {
    var i = start
    while i + 7 < end {
      if bytes[i] | 0x20 == UInt8(ascii: "d"), WikitextBytes.has("display", at: i, in: bytes) {
        i += 7
        while i < end, bytes[i] == UInt8(ascii: ":") || bytes[i] == 0x20 { i += 1 }
        return WikitextBytes.has("none", at: i, in: bytes)
      }
      i += 1
    }
    return false
  }

  /// Numbers that are raised or lowered become characters that are.
  private func raise(isClosing: Bool, lowered: Bool) {
    guard isClosing else {
      raisedStart = line.count
      return
    }
    defer { raisedStart = -1 }
    guard raisedStart >= 0, raisedStart < line.count, line.count - raisedStart <= 40 else { return }
    let text = String(decoding: line[raisedStart...].filter { $0 != Mark.vanished }, as: UTF8.self)
    guard let raised = WikitextNumbers.raised(text, lowered: lowered) else { return }
    line.removeSubrange(raisedStart...)
    line.append(contentsOf: raised.utf8)
  }
}
