/// Tables that reading needs for every byte.
enum WikitextInline {
  static let tableTag = Array("table".utf8)

  /// The bytes that may be markup.
  static let isSpecial: [Bool] = (0..<256).map { byte in
    "[]'<&|_".utf8.contains(UInt8(byte)) || byte == Int(Mark.verbatim) || byte == 0xC2
  }

  static let breaks: Set<String> = ["br"]
  static let paragraphs: Set<String> = [
    "p", "div", "center", "blockquote", "ul", "ol", "dl", "dd", "dt", "tr", "table", "hr", "h1", "h2", "h3", "h4", "h5",
    "h6",
    "caption", "tbody", "thead", "section", "article", "aside", "figure",
  ]
  static let others: Set<String> = [
    "span", "sub", "sup", "small", "big", "b", "i", "u", "s", "em", "strong", "code", "tt", "var", "cite", "del", "ins",
    "strike", "font",
    "abbr", "kbd", "samp", "q", "ruby", "rb", "rt", "rp", "rtc", "bdi", "bdo", "dfn", "mark", "time", "data", "wbr",
    "li", "td", "th",
    "nowiki", "ref", "references", "gallery", "noinclude", "includeonly", "onlyinclude", "pre", "math", "source",
    "syntaxhighlight",
    "poem", "section", "a", "img", "nobr", "translate", "tvar", "languages", "templatestyles", "indicator", "tfoot",
    "colgroup", "col",
  ]
  static let magicWords: Set<String> = [
    "NOTOC", "FORCETOC", "TOC", "NOEDITSECTION", "NEWSECTIONLINK", "NONEWSECTIONLINK", "NOGALLERY", "HIDDENCAT",
    "NOCONTENTCONVERT",
    "NOCC", "NOTITLECONVERT", "NOTC", "START", "END", "INDEX", "NOINDEX", "STATICREDIRECT", "DISAMBIG", "NOGLOBAL",
    "EXPECTUNUSEDCATEGORY",
    "EXPECTUNUSEDTEMPLATE", "ARCHIVEDTALK", "NOTALK", "EXPECTED_UNCONNECTED_PAGE",
  ]
  static let schemes = [
    "http://", "https://", "ftp://", "//", "mailto:", "irc://", "ircs://", "news:", "gopher://", "git://", "svn://",
    "urn:",
  ]
}

extension WikitextRenderer {
  /// Reads a piece of a line and appends its text to the line that is being written.
  func inline(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int) {
    WikitextInline.isSpecial.withUnsafeBufferPointer { inline(bytes, start, end, isSpecial: $0) }
  }

  private func inline(
    _ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int, isSpecial: UnsafeBufferPointer<Bool>
  ) {
    var i = start
    var demoted: Int??
    var squares = 0
    while i < end {
      let run = i
      while i < end, !isSpecial[Int(bytes[i])] { i += 1 }
      if i > run { line.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[run..<i])) }
      guard i < end else { return }
      switch bytes[i] {
      case UInt8(ascii: "["): i = openBracket(bytes, i, end, &squares)
      case UInt8(ascii: "]"): i = closeBracket(bytes, i, end, &squares)
      case UInt8(ascii: "'"):
        var next = i + 1
        while next < end, bytes[next] == UInt8(ascii: "'") { next += 1 }
        if next - i > 1 {
          if demoted == nil { demoted = .some(WikitextQuotes.demoted(bytes, start, end)) }
          let kept = next - i > 5 ? next - i - 5 : next - i == 4 || (demoted ?? nil) == i ? 1 : 0
          for _ in 0..<kept { line.append(UInt8(ascii: "'")) }
        } else {
          line.append(UInt8(ascii: "'"))
        }
        i = next
      case UInt8(ascii: "<"): i = element(bytes, i, end)
      case UInt8(ascii: "&"):
        if let (scalar, next) = WikitextEntities.decode(bytes, i, end) {
          append(scalar)
          i = next
        } else {
          line.append(UInt8(ascii: "&"))
          i += 1
        }
      case UInt8(ascii: "|"):
        if let frame = frames.last, frame.kind == .file {
          line.removeSubrange(frame.start...)
        } else {
          line.append(UInt8(ascii: "|"))
        }
        i += 1
      case UInt8(ascii: "_"): i = magicWord(bytes, i, end)
      case 0xC2:
        // A space that does not break is a space; a soft hyphen is nothing.
        let next = i + 1 < end ? bytes[i + 1] : 0
        if next == 0xA0 {
          line.append(0x20)
          i += 2
        } else if next == 0xAD {
          i += 2
        } else {
          line.append(0xC2)
          i += 1
        }
      default: i = verbatim(bytes, i + 1, end)
      }
    }
  }

  private func append(_ scalar: Unicode.Scalar) {
    switch scalar.value {
    case 0xA0, 0x2002, 0x2003, 0x2009, 0x200A: line.append(0x20)
    case 0xAD: break
    default: line.append(contentsOf: String(scalar).utf8)
    }
  }

  /// Copies text that is no markup but for characters by name.
  private func verbatim(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int) -> Int {
    var i = start
    while i < end, bytes[i] != Mark.verbatimEnd {
      if bytes[i] == UInt8(ascii: "&"), let (scalar, next) = WikitextEntities.decode(bytes, i, end) {
        append(scalar)
        i = next
      } else {
        line.append(bytes[i])
        i += 1
      }
    }
    return min(i + 1, end)
  }

  private func magicWord(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int) -> Int {
    line.append(UInt8(ascii: "_"))
    guard start + 1 < end, bytes[start + 1] == UInt8(ascii: "_") else { return start + 1 }
    var i = start + 2
    while i < end, bytes[i] >= 0x41 && bytes[i] <= 0x5A || bytes[i] == 0x5F, i - start < 32 {
      if bytes[i] == 0x5F, i + 1 < end, bytes[i + 1] == 0x5F { break }
      i += 1
    }
    guard i + 1 < end, bytes[i] == 0x5F, bytes[i + 1] == 0x5F,
      WikitextInline.magicWords.contains(String(decoding: bytes[(start + 2)..<i], as: UTF8.self))
    else { return start + 1 }
    line.removeLast()
    line.append(Mark.vanished)
    return i + 2
  }
}

/// Runs of apostrophes: italics and bold.
enum WikitextQuotes {
  /// The place of a run of three that is an apostrophe and two, so that italics and bold of the line come out even.
  ///
  /// Source: MediaWiki's `doQuotes`: first after a word of one letter, then after a longer one, then after a space.
  static func demoted(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int) -> Int? {
    var italics = 0
    var bolds = 0
    var afterLetter: Int?
    var afterWord: Int?
    var afterSpace: Int?
    var i = start
    while i < end {
      guard bytes[i] == UInt8(ascii: "'") else {
        i += 1
        continue
      }
      let first = i
      while i < end, bytes[i] == UInt8(ascii: "'") { i += 1 }
      switch i - first {
      case 1: continue
      case 2: italics += 1
      case 3, 4:
        bolds += 1
        if i - first == 4 { continue }
        let before = first > start ? bytes[first - 1] : 0x20
        let second = first > start + 1 ? bytes[first - 2] : 0x20
        if before == 0x20 {
          afterSpace = afterSpace ?? first
        } else if second == 0x20 {
          afterLetter = afterLetter ?? first
        } else {
          afterWord = afterWord ?? first
        }
      default:
        italics += 1
        bolds += 1
      }
    }
    guard italics % 2 == 1, bolds % 2 == 1 else { return nil }
    return afterLetter ?? afterWord ?? afterSpace
  }
}
