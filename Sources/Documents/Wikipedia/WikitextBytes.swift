/// Bytes that the expansion of a page leaves in its result for the reading that follows. XML has no such characters, and
/// pages that have them lose them before they are looked at.
enum Mark {
  /// Something vanished here: a template, a reference.
  static let vanished: UInt8 = 0x04
  /// A line break that is no end of a line of markup.
  static let lineBreak: UInt8 = 0x05
  /// A space that is kept as it is.
  static let space: UInt8 = 0x06
  /// What follows is no markup.
  static let verbatim: UInt8 = 0x02
  /// What follows is markup again.
  static let verbatimEnd: UInt8 = 0x03
}

/// Small readings of the bytes of wikitext.
enum WikitextBytes {
  static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x09 || byte == 0x0D }

  static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7A }

  static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

  /// The range without white space at its ends.
  static func trimmed(_ bytes: [UInt8], _ range: Range<Int>) -> Range<Int> {
    var lower = range.lowerBound
    var upper = range.upperBound
    while lower < upper, isSpace(bytes[lower]) { lower += 1 }
    while upper > lower, isSpace(bytes[upper - 1]) { upper -= 1 }
    return lower..<upper
  }

  static func trimmed(_ bytes: [UInt8]) -> [UInt8] {
    let range = trimmed(bytes, 0..<bytes.count)
    return range.count == bytes.count ? bytes : Array(bytes[range])
  }

  static func string(_ bytes: [UInt8], _ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

  static func string(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  static func number(_ bytes: [UInt8]) -> Double? {
    let text = string(bytes.filter { $0 != 0x2C && !isSpace($0) })
    return text.utf8.count <= 40 ? Double(text) : nil
  }

  /// Whether `bytes` have `word` (in lower case) at `index`, whatever the case.
  static func has(_ word: String, at index: Int, in bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    var i = index
    for unit in word.utf8 {
      guard i < bytes.count else { return false }
      let byte = bytes[i]
      guard (byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte) == unit else { return false }
      i += 1
    }
    return true
  }

  /// The bytes with line ends as line feeds and without other control characters.
  static func cleaned(_ bytes: [UInt8]) -> [UInt8] {
    let isClean = bytes.withUnsafeBufferPointer { buffer -> Bool in
      // Without a branch, so that many bytes are looked at at once.
      var found: UInt8 = 0
      for byte in buffer { found |= (byte < 0x20 ? 1 : 0) & (byte != 0x0A ? 1 : 0) & (byte != 0x09 ? 1 : 0) }
      return found == 0
    }
    if isClean { return bytes }
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    for (i, byte) in bytes.enumerated() {
      if byte >= 0x20 || byte == 0x0A || byte == 0x09 {
        result.append(byte)
      } else if byte == 0x0D {
        if i + 1 == bytes.count || bytes[i + 1] != 0x0A { result.append(0x0A) }
      } else {
        result.append(0x20)
      }
    }
    return result
  }
}

/// Pages that only lead to others.
enum WikitextRedirect {
  /// The word in the languages that have one of their own, in lower case.
  private static let words = [
    "#redirect", "#重定向", "#重新導向", "#weiterleitung", "#redirection", "#redirección", "#rinvia", "#転送", "#リダイレクト",
    "#перенаправление", "#przekieruj", "#tam", "#patrz", "#doorverwijzing", "#omdirigering", "#redirecionamento",
    "#넘겨주기", "#تحويل", "#перенаправлення", "#yönlendirme", "#đổi", "#alih", "#ohjaus", "#uudelleenohjaus", "#přesměruj",
    "#átirányítás", "#ανακατευθυνση", "#הפניה", "#تغییرمسیر", "#omdiriger",
  ]

  /// The title that a page leads to, if it does.
  static func target(_ text: [UInt8]) -> String? {
    var lower = 0
    while lower < text.count, WikitextBytes.isSpace(text[lower]) { lower += 1 }
    guard lower < text.count, text[lower] == UInt8(ascii: "#") else { return nil }
    let head = String(decoding: text[lower..<min(text.count, lower + 1000)], as: UTF8.self)
    let lowercased = head.lowercased()
    guard words.contains(where: { lowercased.hasPrefix($0) }),
      let open = head.utf8.firstIndex(of: UInt8(ascii: "["))
    else { return nil }
    let rest = head[open...].drop { $0 == "[" || $0 == ":" }
    return String(rest.prefix { $0 != "]" && $0 != "|" && $0 != "#" && $0 != "\n" })
  }
}
