import Core

/// What the reading of a page's wikitext needs to know of the page.
package struct WikitextPage: Sendable {
  /// The title, with the name of its namespace.
  package var title: String
  /// The language's code, as in the wiki's address: "en", "zh", "zh-yue".
  package var language: String
  /// When the revision was saved, as in the dump.
  package var timestamp: String
  /// The names of namespaces that the wiki has besides the English ones, by number.
  package var namespaces: [Int: String]

  /// A page.
  package init(title: String = "", language: String = "en", timestamp: String = "", namespaces: [Int: String] = [:]) {
    self.title = title
    self.language = language
    self.timestamp = timestamp
    self.namespaces = namespaces
  }

  /// Whether the language has variants, which `-{ }-` chooses from.
  var hasVariants: Bool {
    language.isEmpty
      || ["zh", "zh-yue", "wuu", "gan", "sr", "sh", "kk", "ku", "uz", "iu", "shi", "tg", "crh"].contains(language)
  }
}

/// Replaces what braces stand for: templates, their parameters, parser functions and variants; drops comments, references
/// and other tags without running text. What remains is wikitext without braces, with bytes of `Mark`.
final class WikitextExpander {
  let settings: WikitextSettings
  let page: WikitextPage
  let templates: WikipediaTemplates?
  var counts = WikipediaCounts()
  var isDisambiguation = false
  /// How many bytes were looked at in templates, which is bounded.
  private(set) var work = 0
  /// How many expansions are under way within each other.
  private var level = 0

  /// Source: MediaWiki expands 40 levels of templates; here nested arguments count too.
  static let deepest = 100

  init(settings: WikitextSettings, page: WikitextPage, templates: WikipediaTemplates?) {
    self.settings = settings
    self.page = page
    self.templates = templates
  }

  /// The wikitext of the page without braces.
  func expand(_ text: [UInt8]) -> [UInt8] {
    let source = WikitextSource(text, hasVariants: page.hasVariants, isTransclusion: false)
    counts.unbalancedBraces += source.unbalanced
    var out: [UInt8] = []
    out.reserveCapacity(text.count)
    expand(source, 0..<text.count, 0..<source.tokens.count, frame: nil, depth: 0, into: &out)
    return out
  }

  /// Whether so much was expanded that the rest of the page's templates are dropped.
  var isExhausted: Bool { work > settings.expansionLimit }

  /// Counts work of a template.
  func spend(_ count: Int) { work = work &+ count }

  /// Expands a part of a source.
  ///
  /// - Parameters:
  ///   - frame: the call whose arguments `{{{1}}}` stands for; nil on the page itself.
  func expand(
    _ source: WikitextSource, _ bytes: Range<Int>, _ tokens: Range<Int>, frame: WikitextCall?, depth: Int,
    into out: inout [UInt8]
  ) {
    if depth > 0 { spend(bytes.count + 16) }
    level += 1
    defer { level -= 1 }
    var at = bytes.lowerBound
    var t = tokens.lowerBound
    while t < tokens.upperBound {
      let token = source.tokens[t]
      let start = Int(token.start)
      if start > at {
        out.append(contentsOf: source.bytes[at..<start])
        at = start
      }
      t += 1
      switch token.kind {
      case .link, .close, .bar: break
      case .dropped: at = max(at, Int(token.end))
      case .tag:
        expandTag(source, source.tags[Int(token.match)], frame: frame, depth: depth, into: &out)
        at = Int(token.end)
      case .template, .parameter, .variant:
        let close = source.tokens[Int(token.match)]
        if level >= Self.deepest || isExhausted {
          counts.overLimit += 1
          out.append(Mark.vanished)
        } else {
          let call = WikitextCall(self, source, t - 1, frame: frame, depth: depth + 1)
          switch token.kind {
          case .template: WikitextTemplates.expand(call, into: &out)
          case .parameter: call.expandParameter(into: &out)
          default: WikitextVariants.expand(call, into: &out)
          }
        }
        at = Int(close.end)
        t = Int(token.match) + 1
      case .unclosed:
        var end = source.endOfUnclosed(at: Int(token.end), limit: bytes.upperBound)
        while t < tokens.upperBound, Int(source.tokens[t].start) < end {
          let next = source.tokens[t]
          let isMatched = next.match >= 0 && next.kind != .tag && next.kind != .close
          end = max(end, Int(isMatched ? source.tokens[Int(next.match)].end : next.end))
          t = isMatched ? Int(next.match) + 1 : t + 1
        }
        out.append(Mark.vanished)
        at = max(at, min(end, bytes.upperBound))
      }
    }
    if at < bytes.upperBound { out.append(contentsOf: source.bytes[at..<bytes.upperBound]) }
  }

  private func expandTag(
    _ source: WikitextSource, _ tag: WikitextSource.TagContent, frame: WikitextCall?, depth: Int,
    into out: inout [UInt8]
  ) {
    let content = source.bytes[tag.content]
    switch tag.tag {
    case .nowiki: Self.verbatim(content, in: &out)
    case .pre: block(content, into: &out)
    case .source, .syntaxhighlight:
      if settings.keepsCode { block(content, into: &out) } else { out.append(Mark.vanished) }
    case .math, .chem, .ce:
      guard settings.math == .latex else { return out.append(Mark.vanished) }
      let formula = WikitextBytes.trimmed(source.bytes, tag.content)
      out.append(UInt8(ascii: "$"))
      Self.verbatim(source.bytes[formula], in: &out)
      out.append(UInt8(ascii: "$"))
    case .poem:
      let inner = WikitextSource(Array(content), hasVariants: page.hasVariants, isTransclusion: false)
      var lines: [UInt8] = []
      if level < Self.deepest {
        expand(inner, 0..<inner.bytes.count, 0..<inner.tokens.count, frame: frame, depth: depth + 1, into: &lines)
      }
      out.append(0x0A)
      for byte in WikitextBytes.trimmed(lines) { out.append(byte == 0x0A ? Mark.lineBreak : byte) }
      out.append(0x0A)
    default: out.append(Mark.vanished)
    }
  }

  /// Writes text in which nothing is markup, on one line.
  static func verbatim(_ text: ArraySlice<UInt8>, in out: inout [UInt8]) {
    out.append(Mark.verbatim)
    for byte in text { out.append(byte == 0x0A ? 0x20 : byte) }
    out.append(Mark.verbatimEnd)
  }

  /// Writes text in which nothing is markup, with its lines and spaces, as a paragraph.
  private func block(_ text: ArraySlice<UInt8>, into out: inout [UInt8]) {
    out.append(0x0A)
    out.append(Mark.verbatim)
    var lines = text
    while let last = lines.last, WikitextBytes.isSpace(last) { lines.removeLast() }
    if lines.first == 0x0A { lines.removeFirst() }
    for byte in lines {
      switch byte {
      case 0x0A: out.append(Mark.lineBreak)
      case 0x20: out.append(Mark.space)
      default: out.append(byte)
      }
    }
    out.append(Mark.verbatimEnd)
    out.append(0x0A)
  }
}

extension WikitextSource {
  /// Where what an unclosed template left behind ends: with its line and the lines of arguments that follow.
  func endOfUnclosed(at start: Int, limit: Int) -> Int {
    var i = start
    while i < limit {
      while i < limit, bytes[i] != 0x0A { i += 1 }
      guard i + 1 < limit, bytes[i + 1] == UInt8(ascii: "|") || bytes[i + 1] == UInt8(ascii: "}") else { return i }
      i += 1
    }
    return limit
  }
}
