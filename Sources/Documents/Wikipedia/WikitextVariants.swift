/// `-{...}-`: text that differs between the variants of a language, Chinese above all.
enum WikitextVariants {
  /// The variants that serve where the one asked for is not given, the nearest first.
  private static func fallbacks(_ variant: String) -> [String] {
    switch variant {
    case "zh-hans": ["zh-hans", "zh-cn", "zh-sg", "zh-my", "zh"]
    case "zh-hant": ["zh-hant", "zh-tw", "zh-hk", "zh-mo", "zh"]
    case "zh-cn", "zh-sg", "zh-my": [variant, "zh-hans", "zh-cn", "zh-sg", "zh-my", "zh"]
    case "zh-tw": [variant, "zh-hant", "zh-hk", "zh-mo", "zh"]
    case "zh-hk", "zh-mo": [variant, "zh-hk", "zh-mo", "zh-hant", "zh-tw", "zh"]
    default: [variant]
    }
  }

  private static let codes: Set<String> = [
    "zh", "zh-hans", "zh-hant", "zh-cn", "zh-tw", "zh-hk", "zh-mo", "zh-sg", "zh-my", "sr", "sr-ec", "sr-el", "sr-cyrl",
    "sr-latn", "kk", "kk-cyrl", "kk-latn", "kk-arab", "ku", "ku-latn", "ku-arab", "uz-cyrl", "uz-latn", "gan-hans",
    "gan-hant", "iu-cans", "iu-latn", "shi-latn", "shi-tfng", "tg-latn", "crh-cyrl", "crh-latn", "sh-latn", "sh-cyrl",
  ]

  static func expand(_ call: WikitextCall, into out: inout [UInt8]) {
    var text: [UInt8] = []
    for (index, part) in call.parts.enumerated() {
      if index > 0 { text.append(UInt8(ascii: "|")) }
      text += call.expanded(part, trims: false)
    }
    var rest = text[...]
    // Flags stand before a bar, but a bar in a link is none.
    if let bar = text.firstIndex(of: UInt8(ascii: "|")),
      !text[..<bar].contains(UInt8(ascii: "[")), !text[..<bar].contains(UInt8(ascii: ":"))
    {
      let flags = WikitextBytes.string(text, 0..<bar).split(separator: ";").map { $0.trimmingSpaces }
      rest = text[(bar + 1)...]
      if flags.contains(where: { ["H", "T", "-", "D", "N"].contains($0) }) { return out.append(Mark.vanished) }
      if flags.contains("R") || flags.contains(where: { codes.contains($0.lowercased()) }) { return out += rest }
    }
    let pairs = rules(rest)
    guard let first = pairs.first else { return out += rest }
    let settings = call.expander.settings
    for code in fallbacks(settings.variant) {
      if let found = pairs.first(where: { $0.code == code }) { return out += found.text }
    }
    out += first.text
  }

  /// The texts by variant, in their order: `zh-hans:a; zh-hant:b;` or `word=>zh-cn:a;`.
  private static func rules(_ text: ArraySlice<UInt8>) -> [(code: String, text: ArraySlice<UInt8>)] {
    var pairs: [(code: String, text: ArraySlice<UInt8>)] = []
    var start = text.startIndex
    var code: String?
    var contentStart = start
    var i = start
    func finish(_ end: Int) {
      guard let code else { return }
      var content = text[contentStart..<end]
      while let first = content.first, WikitextBytes.isSpace(first) { content.removeFirst() }
      while let last = content.last, WikitextBytes.isSpace(last) { content.removeLast() }
      pairs.append((code, content))
    }
    while true {
      // A code begins at `start`: after the beginning or a semicolon.
      i = start
      while i < text.endIndex, WikitextBytes.isSpace(text[i]) { i += 1 }
      var end = i
      while end < text.endIndex, WikitextBytes.isLetter(text[end]) || text[end] == UInt8(ascii: "-"), end - i < 12 {
        end += 1
      }
      var colon = end
      while colon < text.endIndex, WikitextBytes.isSpace(text[colon]) { colon += 1 }
      let name = String(decoding: text[i..<end], as: UTF8.self).lowercased()
      if colon < text.endIndex, text[colon] == UInt8(ascii: ":"), codes.contains(name) {
        if start > text.startIndex { finish(start - 1) }
        code = name
        contentStart = colon + 1
      } else if code == nil, let arrow = Self.arrow(text, from: start) {
        start = arrow
        continue
      }
      guard let semicolon = text[max(end, start)...].firstIndex(of: UInt8(ascii: ";")) else { break }
      start = semicolon + 1
    }
    let endsInSemicolon = text.last == UInt8(ascii: ";")
    finish(endsInSemicolon && contentStart < text.endIndex ? text.endIndex - 1 : text.endIndex)
    return pairs
  }

  /// The place behind `=>`, before the next semicolon.
  private static func arrow(_ text: ArraySlice<UInt8>, from start: Int) -> Int? {
    var i = start
    while i + 1 < text.endIndex, text[i] != UInt8(ascii: ";") {
      if text[i] == UInt8(ascii: "="), text[i + 1] == UInt8(ascii: ">") { return i + 2 }
      i += 1
    }
    return nil
  }
}
