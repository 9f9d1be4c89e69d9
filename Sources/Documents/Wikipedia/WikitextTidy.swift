/// The last pass over a line: marks become what they stand for, spaces become single, and nothing is left of brackets and
/// commas around what vanished.
enum WikitextTidy {
  /// Appends a line with marks to a text. Answers whether there is a letter, a digit or anything beyond ASCII in it.
  @discardableResult
  static func append(_ content: ArraySlice<UInt8>, to text: inout [UInt8]) -> Bool {
    let start = text.count
    var hasContent = false
    // Whether something vanished since the last byte that was no space and no separator.
    var vanished = false
    content.withUnsafeBufferPointer { bytes in
      var i = 0
      let end = bytes.count
      while i < end {
        if !vanished {
          i = copyPlain(bytes, i, to: &text, &hasContent)
          if i == end { break }
        }
        let byte = bytes[i]
        switch byte {
        case Mark.vanished: vanished = true
        case 0x20, 0x09:
          if text.count > start, let last = text.last, last != 0x20, last != 0x0A { text.append(0x20) }
        case Mark.lineBreak, 0x0A:
          dropSpaces(&text, start)
          if text.count > start, text.last != 0x0A || byte == Mark.lineBreak && i > 0 && bytes[i - 1] == Mark.lineBreak
          {
            text.append(0x0A)
          }
        case Mark.space: text.append(Mark.space)
        case Mark.verbatim, Mark.verbatimEnd: break
        case UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: ":"):
          if vanished {
            dropSpaces(&text, start)
            if let last = lastSign(text, start), last.isSeparator || last.opens { break }
            if text.count == start { break }
          }
          text.append(byte)
        case UInt8(ascii: "."), UInt8(ascii: "!"), UInt8(ascii: "?"):
          if vanished, i + 1 >= end || !isWord(bytes[i + 1]) {
            dropSpaces(&text, start)
            if text.count == start { break }
          }
          text.append(byte)
        case UInt8(ascii: ")"), UInt8(ascii: "]"):
          if vanished, closeEmpty(&text, start) { break }
          text.append(byte)
        case 0xE2 where i + 2 < end && bytes[i + 1] == 0x80 && (bytes[i + 2] == 0x93 || bytes[i + 2] == 0x94):
          // A dash takes the place of separators before it.
          if vanished, let sign = lastSign(text, start), sign.isSeparator {
            dropSpaces(&text, start)
            text.removeLast(sign.length)
            text.append(0x20)
          }
          text.append(contentsOf: bytes[i..<i + 3])
          i += 2
        case 0xE3 where i + 2 < end && bytes[i + 1] == 0x80 && (bytes[i + 2] == 0x81 || bytes[i + 2] == 0x82):
          // The ideographic comma and full stop.
          if vanished {
            dropSpaces(&text, start)
            if bytes[i + 2] == 0x81, let last = lastSign(text, start), last.isSeparator || last.opens {
              i += 2
              break
            }
          }
          text.append(contentsOf: bytes[i..<i + 3])
          i += 2
        case 0xEF where i + 2 < end && bytes[i + 1] == 0xBC && bytes[i + 2] >= 0x80:
          let sign = bytes[i + 2]
          let isSeparator = sign == 0x8C || sign == 0x9B || sign == 0x9A
          if vanished {
            if sign == 0x89, closeEmpty(&text, start) {
              i += 2
              break
            }
            if isSeparator {
              dropSpaces(&text, start)
              if let last = lastSign(text, start), last.isSeparator || last.opens {
                i += 2
                break
              }
            }
          }
          text.append(contentsOf: bytes[i..<i + 3])
          i += 2
          // Brackets and separators are no content.
          if !isSeparator, sign != 0x88, sign != 0x89 {
            vanished = false
            hasContent = true
          }
        case UInt8(ascii: "("), UInt8(ascii: "["): text.append(byte)
        default:
          if vanished, text.count > start, text.last == 0x20, let sign = lastSign(text, start), sign.opens,
            text.count - start > 1
          {
            dropSpaces(&text, start)
          }
          text.append(byte)
          vanished = false
          if byte >= 0x80 || isWord(byte) { hasContent = true }
        }
        i += 1
      }
    }
    while text.count > start, let last = text.last, last == 0x20 || last == 0x0A { text.removeLast() }
    for index in start..<text.count where text[index] == Mark.space { text[index] = 0x20 }
    return hasContent
  }

  /// The bytes that are more than themselves even where nothing vanished.
  private static let isPlain: [Bool] = (0..<256).map { $0 > 0x20 }

  /// Copies bytes up to a mark, a line end or a second space, and answers where it stopped.
  private static func copyPlain(
    _ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, to text: inout [UInt8], _ hasContent: inout Bool
  ) -> Int {
    isPlain.withUnsafeBufferPointer { isPlain in
      var i = start
      while i < bytes.count {
        if isPlain[Int(bytes[i])] {
          i += 1
        } else if bytes[i] == 0x20, i > start, i + 1 < bytes.count, isPlain[Int(bytes[i + 1])] {
          i += 2
        } else {
          break
        }
      }
      if i > start {
        text.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[start..<i]))
        var j = start
        while !hasContent, j < i {
          hasContent = bytes[j] >= 0x80 || isWord(bytes[j])
          j += 1
        }
      }
      return i
    }
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    WikitextBytes.isLetter(byte) || WikitextBytes.isDigit(byte)
  }

  private static func dropSpaces(_ text: inout [UInt8], _ start: Int) {
    while text.count > start, text.last == 0x20 { text.removeLast() }
  }

  /// The last sign, if it is a separator or an opening bracket.
  private static func lastSign(_ text: [UInt8], _ start: Int) -> (isSeparator: Bool, opens: Bool, length: Int)? {
    var count = text.count
    while count > start, text[count - 1] == 0x20 { count -= 1 }
    guard count > start else { return nil }
    switch text[count - 1] {
    case UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: ":"): return (true, false, 1)
    case UInt8(ascii: "("), UInt8(ascii: "["): return (false, true, 1)
    default: break
    }
    guard count - start >= 3 else { return nil }
    switch (text[count - 3], text[count - 2], text[count - 1]) {
    case (0xE3, 0x80, 0x81), (0xEF, 0xBC, 0x8C), (0xEF, 0xBC, 0x9B), (0xEF, 0xBC, 0x9A): return (true, false, 3)
    case (0xEF, 0xBC, 0x88): return (false, true, 3)
    default: return nil
    }
  }

  /// Drops separators before a closing bracket, and the opening bracket if nothing else is left; answers whether it was.
  private static func closeEmpty(_ text: inout [UInt8], _ start: Int) -> Bool {
    dropSpaces(&text, start)
    while let sign = lastSign(text, start) {
      text.removeLast(sign.length)
      if sign.opens {
        dropSpaces(&text, start)
        return true
      }
      dropSpaces(&text, start)
    }
    return false
  }
}
