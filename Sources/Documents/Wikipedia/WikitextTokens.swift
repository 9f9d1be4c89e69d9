/// A wikitext with the places of its braces, its comments and the tags whose content is no wikitext, matched with each
/// other in one pass.
final class WikitextSource {
  enum Kind: UInt8 {
    /// `{{` and what closes it.
    case template
    /// `{{{` and what closes it.
    case parameter
    /// `[[` within braces: a bar in it parts no arguments.
    case link
    /// `-{`, which chooses by the variant of a language.
    case variant
    /// What closes one of these.
    case close
    /// A bar within braces.
    case bar
    /// Nothing remains of these bytes.
    case dropped
    /// An opening that nothing closes.
    case unclosed
    /// A tag with its content.
    case tag
  }

  struct Token {
    var kind: Kind
    var start: Int32
    var end: Int32
    /// The other end's token; of a tag the place in `tags`; -1 if there is none.
    var match: Int32 = -1
  }

  struct TagContent {
    var tag: WikitextTag
    var attributes: Range<Int>
    var content: Range<Int>
  }

  let bytes: [UInt8]
  private(set) var tokens: [Token] = []
  private(set) var tags: [TagContent] = []
  /// How many braces had no counterpart.
  private(set) var unbalanced = 0

  private struct Opening {
    var kind: Kind
    /// Where the braces begin, and how many are not matched yet.
    var start: Int
    var count: Int
    /// The tokens kept free for them; the innermost is the last.
    var firstSlot: Int
    var freeSlots: Int
  }

  private var openings: [Opening] = []
  private var openBraces = 0
  /// Openings that were met too deep to be looked at.
  private var tooDeep = 0
  private var singleBraces = 0
  private var exhaustedTags: UInt64 = 0
  private let hasVariants: Bool
  private let isTransclusion: Bool

  private static let deepest = 400

  private static let isSpecial: [Bool] = (0..<256).map { "{}[]|<\n".utf8.contains(UInt8($0)) }

  /// Finds the tokens of a wikitext.
  ///
  /// - Parameters:
  ///   - hasVariants: whether `-{ }-` means something in the language.
  ///   - isTransclusion: whether this is a template's text, which has no `includeonly` any more.
  init(_ bytes: [UInt8], hasVariants: Bool, isTransclusion: Bool) {
    self.bytes = bytes
    self.hasVariants = hasVariants
    self.isTransclusion = isTransclusion
    bytes.withUnsafeBufferPointer { buffer in
      Self.isSpecial.withUnsafeBufferPointer { scan(buffer, isSpecial: $0) }
    }
    while !openings.isEmpty { leave() }
  }

  private func scan(_ bytes: UnsafeBufferPointer<UInt8>, isSpecial: UnsafeBufferPointer<Bool>) {
    var i = 0
    while i < bytes.count {
      let byte = bytes[i]
      guard isSpecial[Int(byte)] else {
        i += 1
        continue
      }
      switch byte {
      case UInt8(ascii: "<"): i = tag(bytes, i)
      case UInt8(ascii: "\n"):
        singleBraces = 0
        i += 1
      case UInt8(ascii: "|"):
        if let top = openings.last, top.kind == .template {
          tokens.append(Token(kind: .bar, start: Int32(i), end: Int32(i + 1)))
        }
        i += 1
      default:
        var end = i + 1
        while end < bytes.count, bytes[end] == byte { end += 1 }
        switch byte {
        case UInt8(ascii: "{"): open(bytes, i, end)
        case UInt8(ascii: "}"): close(bytes, i, end)
        case UInt8(ascii: "["): if end - i >= 2, !openings.isEmpty { push(.link, end - 2, 2, slots: 1) }
        default:
          if end - i >= 2, let top = openings.last, top.kind == .link {
            match(Int32(i), Int32(i + 2), as: .link)
            openings.removeLast()
          }
        }
        i = end
      }
    }
  }

  private func push(_ kind: Kind, _ start: Int, _ count: Int, slots: Int) {
    if openings.count >= Self.deepest {
      if kind == .template { tooDeep += 1 }
      return
    }
    openings.append(
      Opening(kind: kind, start: start, count: count, firstSlot: tokens.count, freeSlots: slots))
    if kind == .template { openBraces += 1 }
    for _ in 0..<slots {
      // An empty token, until something matches it.
      tokens.append(Token(kind: .dropped, start: Int32(start), end: Int32(start)))
    }
  }

  private func open(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int) {
    let count = end - start
    if count == 1 {
      if hasVariants, start > 0, bytes[start - 1] == UInt8(ascii: "-") {
        push(.variant, start - 1, 2, slots: 1)
      } else {
        singleBraces += 1
      }
    } else if count > 2 * Self.deepest {
      // Nobody means that many.
      unbalanced += 1
      tokens.append(Token(kind: .dropped, start: Int32(start), end: Int32(end)))
    } else {
      push(.template, start, count, slots: count / 2 + 1)
    }
  }

  private func close(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int) {
    var i = start
    while i < end {
      if hasVariants, let top = openings.last, top.kind == .variant, i + 1 == end, end < bytes.count,
        bytes[end] == UInt8(ascii: "-")
      {
        match(Int32(i), Int32(i + 2), as: .variant)
        openings.removeLast()
        return
      }
      if end - i == 1 {
        if singleBraces > 0 { singleBraces -= 1 }
        return
      }
      if tooDeep > 0 {
        tooDeep -= 1
        i += 2
        continue
      }
      guard openBraces > 0 else {
        // Braces of a formula in plain text stay, what is left of a template goes.
        let kept = min(end - i, singleBraces)
        singleBraces -= kept
        if kept < end - i {
          unbalanced += 1
          tokens.append(Token(kind: .dropped, start: Int32(i + kept), end: Int32(end)))
        }
        return
      }
      // Links and variants that are still open are none.
      while let top = openings.last, top.kind != .template { leave() }
      let count = min(end - i, openings[openings.count - 1].count)
      let used = count >= 3 ? 3 : 2
      match(Int32(i), Int32(i + used), as: used == 3 ? .parameter : .template)
      i += used
      if openings[openings.count - 1].count < 2 { leave() }
    }
  }

  /// Matches the innermost opening with what closes it.
  private func match(_ start: Int32, _ end: Int32, as kind: Kind) {
    let last = openings.count - 1
    let length = Int(end - start)
    let slot = openings[last].firstSlot + openings[last].freeSlots - 1
    let openEnd = openings[last].start + openings[last].count
    tokens[slot] = Token(
      kind: kind, start: Int32(openEnd - length), end: Int32(openEnd), match: Int32(tokens.count))
    tokens.append(Token(kind: .close, start: start, end: end, match: Int32(slot)))
    openings[last].count -= length
    openings[last].freeSlots -= 1
  }

  /// Takes the innermost opening from the stack; what is left of its braces has no counterpart.
  private func leave() {
    let opening = openings.removeLast()
    guard opening.kind == .template else { return }
    openBraces -= 1
    if opening.count >= 2, opening.freeSlots > 0 {
      unbalanced += 1
      tokens[opening.firstSlot] = Token(
        kind: .unclosed, start: Int32(opening.start), end: Int32(opening.start + opening.count))
    }
  }

  /// Reads a comment or tag at `i` and answers where to go on.
  private func tag(_ bytes: UnsafeBufferPointer<UInt8>, _ i: Int) -> Int {
    if WikitextBytes.has("!--", at: i + 1, in: bytes) { return comment(bytes, i) }
    var nameStart = i + 1
    let isClosing = nameStart < bytes.count && bytes[nameStart] == UInt8(ascii: "/")
    if isClosing { nameStart += 1 }
    guard let (tag, nameEnd) = WikitextTag.named(at: nameStart, in: bytes) else { return i + 1 }
    var tagEnd = nameEnd
    while tagEnd < bytes.count, bytes[tagEnd] != UInt8(ascii: ">") {
      if bytes[tagEnd] == UInt8(ascii: "<") || tagEnd - nameEnd > 4000 {
        // No tag: its beginning goes.
        tokens.append(Token(kind: .dropped, start: Int32(i), end: Int32(tagEnd)))
        return tagEnd
      }
      tagEnd += 1
    }
    guard tagEnd < bytes.count else { return i + 1 }
    let end = tagEnd + 1
    let isEmpty = bytes[tagEnd - 1] == UInt8(ascii: "/")
    // In a template's text `noinclude` was resolved when it was stored; on a page only `includeonly` hides something.
    if isClosing || isEmpty || (tag.isInclusion && (tag != .includeonly || isTransclusion)) {
      tokens.append(Token(kind: .dropped, start: Int32(i), end: Int32(end)))
      return end
    }
    guard exhaustedTags & (1 << UInt64(tag.rawValue)) == 0, let content = tag.content(from: end, in: bytes) else {
      exhaustedTags |= 1 << UInt64(tag.rawValue)
      tokens.append(Token(kind: .dropped, start: Int32(i), end: Int32(end)))
      return end
    }
    tokens.append(Token(kind: .tag, start: Int32(i), end: Int32(content.end), match: Int32(tags.count)))
    tags.append(TagContent(tag: tag, attributes: nameEnd..<tagEnd, content: end..<content.upper))
    return content.end
  }

  private func comment(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int) -> Int {
    var end = start + 4
    while end < bytes.count,
      !(bytes[end] == UInt8(ascii: ">") && bytes[end - 1] == UInt8(ascii: "-") && bytes[end - 2] == UInt8(ascii: "-")
        && end - 2 >= start + 4)
    {
      end += 1
    }
    end = min(end + 1, bytes.count)
    // A comment that has a line of its own takes the line with it.
    if start == 0 || bytes[start - 1] == 0x0A {
      var next = end
      while next < bytes.count, bytes[next] == 0x20 { next += 1 }
      if next < bytes.count, bytes[next] == 0x0A { end = next + 1 }
    }
    tokens.append(Token(kind: .dropped, start: Int32(start), end: Int32(end)))
    return end
  }
}
