/// A use of a template, parameter or variant: what stands between its braces, expanded when somebody asks.
final class WikitextCall {
  struct Part {
    var bytes: Range<Int>
    var tokens: Range<Int>
  }

  /// Not owned: calls do not outlive the expansion of a page.
  unowned let expander: WikitextExpander
  let source: WikitextSource
  let frame: WikitextCall?
  let depth: Int
  /// What bars part: the name and the arguments as they are written.
  private(set) var parts: [Part] = []
  /// The template's name in the dump, while its text is expanded.
  var expandedTemplate: String?

  private var keys: [String: Int]?
  private var valueStarts: [Int] = []
  private var positionalCount = 0
  private var values: [Int: [UInt8]] = [:]

  init(_ expander: WikitextExpander, _ source: WikitextSource, _ open: Int, frame: WikitextCall?, depth: Int) {
    self.expander = expander
    self.source = source
    self.frame = frame
    self.depth = depth
    let token = source.tokens[open]
    let close = Int(token.match)
    var start = Int(token.end)
    var first = open + 1
    var t = first
    while t < close {
      let next = source.tokens[t]
      switch next.kind {
      case .template, .parameter, .link, .variant: t = Int(next.match) + 1
      case .bar:
        parts.append(Part(bytes: start..<Int(next.start), tokens: first..<t))
        start = Int(next.end)
        t += 1
        first = t
      default: t += 1
      }
    }
    parts.append(Part(bytes: start..<Int(source.tokens[close].start), tokens: first..<close))
    expander.spend(32 + 8 * parts.count)
  }

  /// How many arguments are written, named or not.
  var argumentCount: Int { parts.count - 1 }

  /// A part from a byte on, expanded and without white space at its ends.
  func expanded(_ part: Part, from start: Int? = nil, to end: Int? = nil, trims: Bool = true) -> [UInt8] {
    let lower = start ?? part.bytes.lowerBound
    let upper = end ?? part.bytes.upperBound
    if part.tokens.isEmpty {
      let range = trims ? WikitextBytes.trimmed(source.bytes, lower..<upper) : lower..<upper
      expander.spend(range.count)
      return Array(source.bytes[range])
    }
    var first = part.tokens.lowerBound
    while first < part.tokens.upperBound, Int(source.tokens[first].start) < lower { first += 1 }
    var last = first
    while last < part.tokens.upperBound, Int(source.tokens[last].start) < upper { last += 1 }
    var out: [UInt8] = []
    expander.expand(source, lower..<upper, first..<last, frame: frame, depth: depth, into: &out)
    return trims ? WikitextBytes.trimmed(out) : out
  }

  /// An argument as parser functions count them, from 0 (what follows the colon, which the caller knows) on.
  func functionArgument(_ index: Int, after colon: Int) -> [UInt8] {
    guard index < parts.count else { return [] }
    return expanded(parts[index], from: index == 0 ? colon : nil)
  }

  /// The place of the first equals sign of a part that is not in something nested.
  func equalsSign(_ part: Part) -> Int? {
    var at = part.bytes.lowerBound
    var t = part.tokens.lowerBound
    let bytes = source.bytes
    while true {
      let end = t < part.tokens.upperBound ? Int(source.tokens[t].start) : part.bytes.upperBound
      while at < end {
        if bytes[at] == UInt8(ascii: "=") { return at }
        at += 1
      }
      guard t < part.tokens.upperBound else { return nil }
      let token = source.tokens[t]
      switch token.kind {
      case .template, .parameter, .link, .variant:
        at = max(at, Int(source.tokens[Int(token.match)].end))
        t = Int(token.match) + 1
      case .dropped, .tag, .unclosed:
        at = max(at, Int(token.end))
        t += 1
      default: t += 1
      }
    }
  }

  private func findKeys() -> [String: Int] {
    if let keys { return keys }
    var found: [String: Int] = [:]
    valueStarts = Array(repeating: -1, count: parts.count)
    for index in 1..<max(1, parts.count) {
      let part = parts[index]
      if let equals = equalsSign(part) {
        found[WikitextBytes.string(expanded(part, to: equals))] = index
        valueStarts[index] = equals + 1
      } else {
        positionalCount += 1
        found[String(positionalCount)] = index
      }
    }
    keys = found
    return found
  }

  /// The argument of a name or number, expanded; nil if it is not given.
  func value(_ key: String) -> [UInt8]? {
    guard let index = findKeys()[key] else { return nil }
    if let value = values[index] {
      expander.spend(value.count)
      return value
    }
    let start = valueStarts[index]
    let value = start < 0 ? expanded(parts[index], trims: false) : expanded(parts[index], from: start)
    values[index] = value
    return value
  }

  /// An argument without a name, from 1 on, without white space at its ends; empty if it is not given.
  func positional(_ index: Int) -> [UInt8] { WikitextBytes.trimmed(value(String(index)) ?? []) }

  /// All arguments without a name.
  var positionals: [[UInt8]] {
    _ = findKeys()
    return (0..<positionalCount).map { positional($0 + 1) }
  }

  /// How many arguments have no name.
  var countOfPositionals: Int {
    _ = findKeys()
    return positionalCount
  }

  /// An argument without a name as a string.
  func text(_ index: Int) -> String { WikitextBytes.string(positional(index)) }

  /// A named argument that is not empty.
  func named(_ names: String...) -> String? {
    for name in names {
      if let value = value(name).map(WikitextBytes.trimmed), !value.isEmpty { return WikitextBytes.string(value) }
    }
    return nil
  }

  /// Expands `{{{name|default}}}`.
  func expandParameter(into out: inout [UInt8]) {
    let name = WikitextBytes.string(expanded(parts[0]))
    if let value = frame?.value(name) {
      out.append(contentsOf: value)
    } else if parts.count > 1 {
      out.append(contentsOf: expanded(parts[1], trims: false))
    } else {
      out.append(Mark.vanished)
    }
  }

  /// Whether a template is being expanded that this call is in.
  func isWithin(_ template: String) -> Bool {
    var frame = self.frame
    while let here = frame {
      if here.expandedTemplate == template { return true }
      frame = here.frame
    }
    return false
  }
}
