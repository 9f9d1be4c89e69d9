/// A link that is being read.
struct WikitextFrame {
  enum Kind {
    /// A page: what stands between the brackets is text.
    case page
    /// A picture: the last parameter is a caption.
    case file
    /// A category or another wiki: nothing is text.
    case hidden
    /// `[http://... text]`.
    case address
  }

  var kind: Kind
  /// Where its text begins in the line.
  var start: Int
}

/// Tables that reading needs for every byte.
enum WikitextInline {
  static let tableTag = Array("table".utf8)

  /// The bytes that may be markup.
  static let isSpecial: [Bool] = (0..<256).map { byte in
    "[]'<&|_".utf8.contains(UInt8(byte)) || byte == Int(Mark.verbatim) || byte == 0xC2
  }

  static let breaks: Set<String> = ["br"]
  static let paragraphs: Set<String> = [
    "p", "div", "center", "blockquote", "ul", "ol", "dl", "dd", "dt", "tr", "table", "hr", "h1", "h2", "h3", "h4", "h5", "h6",
    "caption", "tbody", "thead", "section", "article", "aside", "figure",
  ]
  static let others: Set<String> = [
    "span", "sub", "sup", "small", "big", "b", "i", "u", "s", "em", "strong", "code", "tt", "var", "cite", "del", "ins", "strike", "font",
    "abbr", "kbd", "samp", "q", "ruby", "rb", "rt", "rp", "rtc", "bdi", "bdo", "dfn", "mark", "time", "data", "wbr", "li", "td", "th",
    "nowiki", "ref", "references", "gallery", "noinclude", "includeonly", "onlyinclude", "pre", "math", "source", "syntaxhighlight",
    "poem", "section", "a", "img", "nobr", "translate", "tvar", "languages", "templatestyles", "indicator", "tfoot", "colgroup", "col",
  ]
  static let magicWords: Set<String> = [
    "NOTOC", "FORCETOC", "TOC", "NOEDITSECTION", "NEWSECTIONLINK", "NONEWSECTIONLINK", "NOGALLERY", "HIDDENCAT", "NOCONTENTCONVERT",
    "NOCC", "NOTITLECONVERT", "NOTC", "START", "END", "INDEX", "NOINDEX", "STATICREDIRECT", "DISAMBIG", "NOGLOBAL", "EXPECTUNUSEDCATEGORY",
    "EXPECTUNUSEDTEMPLATE", "ARCHIVEDTALK", "NOTALK", "EXPECTED_UNCONNECTED_PAGE",
  ]
  static let schemes = ["http://", "https://", "ftp://", "//", "mailto:", "irc://", "ircs://", "news:", "gopher://", "git://", "svn://", "urn:"]
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

  private func openBracket(
    _ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int, _ squares: inout Int
  ) -> Int {
    guard start + 1 < end, bytes[start + 1] == UInt8(ascii: "[") else {
      if let textStart = address(bytes, start + 1, end) {
        frames.append(WikitextFrame(kind: .address, start: line.count))
        return textStart
      }
      squares += 1
      line.append(UInt8(ascii: "["))
      return start + 1
    }
    // Three brackets: the first is text, or around an address.
    if start + 2 < end, bytes[start + 2] == UInt8(ascii: "[") {
      squares += 1
      line.append(UInt8(ascii: "["))
      return start + 1
    }
    let first = start + 2
    var i = first
    while i < end, i - first < 1000 {
      let byte = bytes[i]
      if byte == UInt8(ascii: "|") || byte == UInt8(ascii: "]") || byte == UInt8(ascii: "[") || byte == Mark.verbatim { break }
      i += 1
    }
    // What has no target is no link, and its brackets go.
    guard i < end, bytes[i] == UInt8(ascii: "|") || (bytes[i] == UInt8(ascii: "]") && i + 1 < end && bytes[i + 1] == UInt8(ascii: "]"))
    else {
      if address(bytes, first, end) != nil { return start + 1 }
      return first
    }
    return link(bytes, first, i)
  }

  /// Reads a link whose target ends at `targetEnd`.
  private func link(_ bytes: UnsafeBufferPointer<UInt8>, _ first: Int, _ targetEnd: Int) -> Int {
    var lower = first
    while lower < targetEnd, bytes[lower] == 0x20 || bytes[lower] == Mark.vanished { lower += 1 }
    let isShown = lower < targetEnd && bytes[lower] == UInt8(ascii: ":")
    if isShown { lower += 1 }
    let kind = isShown ? .page : self.kind(bytes, lower, targetEnd)
    frames.append(WikitextFrame(kind: kind, start: line.count))
    if bytes[targetEnd] == UInt8(ascii: "|") {
      let next = targetEnd + 1
      if kind == .page, bytes.count > next + 1, bytes[next] == UInt8(ascii: "]"), bytes[next + 1] == UInt8(ascii: "]") {
        pipeTrick(bytes, lower, targetEnd)
      }
      return next
    }
    if kind == .page { inline(bytes, lower, targetEnd) }
    return targetEnd
  }

  /// The text of `[[Namespace:Name (more)|]]`.
  private func pipeTrick(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int) {
    var lower = start
    var upper = end
    if let colon = bytes[lower..<upper].firstIndex(of: UInt8(ascii: ":")) { lower = colon + 1 }
    if let open = bytes[lower..<upper].lastIndex(of: UInt8(ascii: "(")), bytes[upper - 1] == UInt8(ascii: ")"), open > lower {
      upper = open
    } else if let comma = bytes[lower..<upper].firstIndex(of: UInt8(ascii: ",")) {
      upper = comma
    }
    while upper > lower, bytes[upper - 1] == 0x20 { upper -= 1 }
    line.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[lower..<upper]))
  }

  private func kind(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int) -> WikitextFrame.Kind {
    var colon = start
    while colon < end, bytes[colon] != UInt8(ascii: ":"), colon - start < 40 { colon += 1 }
    guard colon < end, bytes[colon] == UInt8(ascii: ":"), colon > start else { return .page }
    var last = colon
    while last > start, bytes[last - 1] == 0x20 { last -= 1 }
    let written = String(decoding: bytes[start..<last], as: UTF8.self)
    let prefix = written.lowercased()
    if names.files.contains(prefix) { return .file }
    if names.categories.contains(prefix) { return .hidden }
    return prefix == written && prefix != page.language && WikitextLanguages.isWiki(prefix) ? .hidden : .page
  }

  /// Where the text of a link to an address begins; nil if no address is here.
  private func address(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int) -> Int? {
    guard WikitextInline.schemes.contains(where: { WikitextBytes.has($0, at: start, in: bytes) }) else { return nil }
    var i = start
    while i < end, bytes[i] > 0x20, bytes[i] != UInt8(ascii: "]"), bytes[i] != UInt8(ascii: "["), bytes[i] != UInt8(ascii: "<") { i += 1 }
    guard i < end else { return nil }
    while i < end, bytes[i] == 0x20 { i += 1 }
    return i
  }

  private func closeBracket(
    _ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int, _ squares: inout Int
  ) -> Int {
    let isDouble = start + 1 < end && bytes[start + 1] == UInt8(ascii: "]")
    if let frame = frames.last {
      if frame.kind == .address, squares == 0 {
        frames.removeLast()
        close(frame, isComplete: true)
        return start + 1
      }
      if isDouble, squares == 0 || frame.kind != .address {
        frames.removeLast()
        close(frame, isComplete: true)
        return start + 2
      }
    }
    if squares > 0 {
      squares -= 1
      line.append(UInt8(ascii: "]"))
      return start + 1
    }
    if isDouble { return start + 2 }
    line.append(UInt8(ascii: "]"))
    return start + 1
  }

  /// Ends a link: what of it is no text is taken from the line.
  func close(_ frame: WikitextFrame, isComplete: Bool) {
    guard frame.start <= line.count else { return }
    switch frame.kind {
    case .page: break
    case .address:
      // Nothing is shown of an address without a text but a number.
      if frame.start == line.count { line.append(Mark.vanished) }
    case .hidden:
      line.removeSubrange(frame.start...)
      line.append(Mark.vanished)
    case .file:
      let caption = line[frame.start...]
      if settings.keepsCaptions, isComplete, WikitextCaption.isCaption(caption) { captions.append(Array(caption)) }
      line.removeSubrange(frame.start...)
      line.append(Mark.vanished)
    }
  }
}

/// What the parameters of pictures are.
enum WikitextCaption {
  private static let options: Set<String> = [
    "thumb", "thumbnail", "frame", "framed", "frameless", "border", "right", "left", "center", "centre", "none", "baseline", "middle", "sub",
    "super", "top", "text-top", "bottom", "text-bottom", "upright", "缩略图", "縮圖", "左", "右", "居中", "置中", "无", "無", "无框", "有框", "mini",
    "miniatur", "links", "rechts", "zentriert", "vignette", "gauche", "droite", "centré", "cadre", "miniatura", "izquierda", "derecha",
  ]

  /// Whether the last parameter is a caption, and no setting.
  static func isCaption(_ bytes: ArraySlice<UInt8>) -> Bool {
    let text = String(decoding: bytes.filter { $0 != Mark.vanished }, as: UTF8.self).trimmingSpaces
    if text.isEmpty || text.utf8.count > 20_000 { return false }
    let lowercased = text.lowercased()
    if options.contains(lowercased) { return false }
    if lowercased.hasSuffix("px"), lowercased.dropLast(2).utf8.allSatisfy({ WikitextBytes.isDigit($0) || $0 == 0x78 }) { return false }
    for prefix in ["alt=", "link=", "lang=", "page=", "upright=", "upright ", "class=", "thumb=", "thumbtime=", "start=", "end="]
    where lowercased.hasPrefix(prefix) {
      return false
    }
    return true
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
