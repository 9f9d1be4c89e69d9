import Foundation

/// What Python does with text: by code points, not by what readers see.
enum PythonText {
  private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.isWhitespace || (0x1C...0x1F).contains(scalar.value)
  }

  /// Takes away characters at the ends: those given, or white space.
  static func strip(_ text: String, _ characters: String?, left: Bool = true, right: Bool = true) -> String {
    let set = characters.map { Set($0.unicodeScalars) }
    func goes(_ scalar: Unicode.Scalar) -> Bool { set?.contains(scalar) ?? isSpace(scalar) }
    var scalars = text.unicodeScalars[...]
    while left, let first = scalars.first, goes(first) { scalars.removeFirst() }
    while right, let last = scalars.last, goes(last) { scalars.removeLast() }
    return String(String.UnicodeScalarView(scalars))
  }

  /// The place of the first byte where a text stands in another.
  static func find(_ part: String, in text: String) -> Int? { find(Array(part.utf8), in: Array(text.utf8), from: 0) }

  private static func find(_ needle: [UInt8], in bytes: [UInt8], from start: Int) -> Int? {
    if needle.isEmpty { return start <= bytes.count ? start : nil }
    var place = start
    while place + needle.count <= bytes.count {
      if bytes[place] == needle[0], bytes[place..<place + needle.count].elementsEqual(needle) { return place }
      place += 1
    }
    return nil
  }

  /// The parts between a separator, which is not empty, at most so many splits; by white space where it is nil.
  static func split(_ text: String, _ separator: String?, limit: Int = -1) -> [String] {
    guard let separator else {
      var parts: [String] = []
      var rest = text.unicodeScalars[...]
      while true {
        while let first = rest.first, isSpace(first) { rest.removeFirst() }
        if rest.isEmpty { return parts }
        if limit >= 0, parts.count >= limit { return parts + [String(String.UnicodeScalarView(rest))] }
        let end = rest.firstIndex(where: isSpace) ?? rest.endIndex
        parts.append(String(String.UnicodeScalarView(rest[..<end])))
        rest = rest[end...]
      }
    }
    let (bytes, needle) = (Array(text.utf8), Array(separator.utf8))
    var parts: [String] = []
    var start = 0
    while limit < 0 || parts.count < limit, !needle.isEmpty {
      guard let place = find(needle, in: bytes, from: start) else { break }
      parts.append(String(decoding: bytes[start..<place], as: UTF8.self))
      start = place + needle.count
    }
    return parts + [String(decoding: bytes[start...], as: UTF8.self)]
  }

  /// The same from the end.
  static func splitFromEnd(_ text: String, _ separator: String, limit: Int) -> [String] {
    let parts = split(text, separator)
    guard limit >= 0, parts.count > limit + 1 else { return parts }
    let head = parts.prefix(parts.count - limit).joined(separator: separator)
    return [head] + parts.suffix(limit)
  }

  static func replace(_ text: String, _ old: String, with new: String, limit: Int = -1) -> String {
    if old.isEmpty {
      // Before every character and at the end, as far as the limit goes.
      let scalars = text.unicodeScalars
      let count = limit < 0 ? scalars.count + 1 : min(limit, scalars.count + 1)
      let changed = scalars.prefix(count).map { new + String($0) }.joined()
      return changed + String(String.UnicodeScalarView(scalars.dropFirst(count))) + (count > scalars.count ? new : "")
    }
    return split(text, old, limit: limit).joined(separator: new)
  }

  /// The first letter of every word large, the others small.
  static func title(_ text: String) -> String {
    var result = ""
    var isInWord = false
    for character in text {
      result += isInWord ? character.lowercased() : character.uppercased()
      isInWord = character.isLetter
    }
    return result
  }

  static func capitalize(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst().lowercased() }

  /// The lines without their ends.
  static func lines(_ text: String) -> [String] {
    var lines = split(replace(replace(text, "\r\n", with: "\n"), "\r", with: "\n"), "\n")
    if lines.last == "" { lines.removeLast() }
    return lines
  }
}

/// What Python's `strftime` writes, for the date of today in templates.
enum PythonTime {
  static func now(format: String) -> String {
    var clock = time(nil)
    var parts = tm()
    localtime_r(&clock, &parts)
    var buffer = [CChar](repeating: 0, count: 1024)
    let length = strftime(&buffer, buffer.count, format, &parts)
    return String(decoding: buffer.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
