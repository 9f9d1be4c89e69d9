/// E-mail addresses, also those that are written so that programs should not find them.
enum EmailAddress {
  private static let longestLocal = 64
  private static let longestDomain = 253

  /// The address whose `@` is `mark`.
  static func around(_ mark: Range<Int>, in bytes: UnsafeBufferPointer<UInt8>, from limit: Int) -> Range<Int>? {
    guard let start = localStart(bytes, before: mark.lowerBound, from: limit),
      let end = domainEnd(bytes, at: mark.upperBound)
    else { return nil }
    // Names of repositories and of users in addresses of the web have the same form.
    if start > 0 {
      let before = bytes[start - 1]
      if before == UInt8(ascii: "@") || before == UInt8(ascii: "/") { return nil }
      if before == UInt8(ascii: ":"), isInsideURL(bytes, start) { return nil }
    }
    if bytes[start..<mark.lowerBound].elementsEqual("git".utf8), end < bytes.count, bytes[end] == UInt8(ascii: ":") {
      return nil
    }
    return start..<end
  }

  /// Whether what parts a mail box from its domain stands at a place.
  static func isMark(_ bytes: UnsafeBufferPointer<UInt8>, at place: Int) -> Bool {
    guard place < bytes.count else { return false }
    if bytes[place] == UInt8(ascii: "@") || bytes.has("＠", at: place, before: bytes.count) { return true }
    return word("at", in: bytes, at: bytes[place] == 0x20 ? place + 1 : place) != nil
  }

  /// The address that has `[at]` or `(at)` at a place, and dots or `[dot]` behind it.
  static func spelled(at place: Int, in bytes: UnsafeBufferPointer<UInt8>, from limit: Int) -> Range<Int>? {
    guard let behind = word("at", in: bytes, at: place) else { return nil }
    var before = place
    if before > limit, bytes[before - 1] == 0x20 { before -= 1 }
    guard let start = localStart(bytes, before: before, from: limit) else { return nil }
    var end = behind
    if end < bytes.count, bytes[end] == 0x20 { end += 1 }
    var labels = 0
    while let next = labelEnd(bytes, end) {
      labels += 1
      end = next
      if labels == 1 && !hasDot(bytes, end) { return nil }
      guard labels < 6, let dot = dotEnd(bytes, end), labelEnd(bytes, dot) != nil else { break }
      end = dot
    }
    return labels >= 2 && !isASCIILetterOrDigit(bytes, end) ? start..<end : nil
  }

  /// The end of a word in brackets, capital or small.
  private static func word(_ word: String, in bytes: UnsafeBufferPointer<UInt8>, at place: Int) -> Int? {
    let end = place + word.utf8.count + 2
    guard place < bytes.count, end <= bytes.count else { return nil }
    let isSquare = bytes[place] == UInt8(ascii: "[") && bytes[end - 1] == UInt8(ascii: "]")
    let isRound = bytes[place] == UInt8(ascii: "(") && bytes[end - 1] == UInt8(ascii: ")")
    guard isSquare || isRound else { return nil }
    return zip(bytes[place + 1..<end - 1], word.utf8).allSatisfy { $0 | 0x20 == $1 } ? end : nil
  }

  private static func hasDot(_ bytes: UnsafeBufferPointer<UInt8>, _ place: Int) -> Bool { dotEnd(bytes, place) != nil }

  private static func dotEnd(_ bytes: UnsafeBufferPointer<UInt8>, _ place: Int) -> Int? {
    if place < bytes.count, bytes[place] == UInt8(ascii: ".") { return place + 1 }
    var start = place
    if start < bytes.count, bytes[start] == 0x20 { start += 1 }
    guard let end = word("dot", in: bytes, at: start) else { return nil }
    return end < bytes.count && bytes[end] == 0x20 ? end + 1 : end
  }

  private static func labelEnd(_ bytes: UnsafeBufferPointer<UInt8>, _ place: Int) -> Int? {
    var end = place
    while end < bytes.count, isASCIILetterOrDigit(bytes, end) || (end > place && bytes[end] == UInt8(ascii: "-")),
      end - place < 63
    {
      end += 1
    }
    while end > place, bytes[end - 1] == UInt8(ascii: "-") { end -= 1 }
    return end > place ? end : nil
  }

  private static func isASCIILetterOrDigit(_ bytes: UnsafeBufferPointer<UInt8>, _ place: Int) -> Bool {
    place < bytes.count && (isDigit(bytes[place]) || isASCIILetter(bytes[place]))
  }

  /// Whether a URL with a password ends before a place.
  private static func isInsideURL(_ bytes: UnsafeBufferPointer<UInt8>, _ place: Int) -> Bool {
    var start = place
    while start > 0, place - start < 128, bytes[start - 1] > 0x20, bytes[start - 1] < 0x80 { start -= 1 }
    return (start..<place).contains { bytes.has("://", at: $0, before: place) }
  }

  private static func localStart(_ bytes: UnsafeBufferPointer<UInt8>, before end: Int, from limit: Int) -> Int? {
    var start = end
    while start > limit, end - start < longestLocal, isLocal(bytes[start - 1]) { start -= 1 }
    // Marks that stand around an address are no part of it.
    while start < end, !isDigit(bytes[start]), !isASCIILetter(bytes[start]), bytes[start] != 0x5F { start += 1 }
    guard start < end, bytes[end - 1] != UInt8(ascii: ".") else { return nil }
    return start
  }

  private static func isLocal(_ byte: UInt8) -> Bool {
    if isDigit(byte) || isASCIILetter(byte) { return true }
    // The standard allows more, but in web pages those are marks around an address: `user=a@b.org&x`.
    switch byte {
    case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "%"), UInt8(ascii: "+"), UInt8(ascii: "-"),
      UInt8(ascii: "'"),
      UInt8(ascii: "~"):
      return true
    default: return false
    }
  }

  /// Ends of file names that look like domains: `icon@2x.png`.
  private static let fileEndings: Set<String> = [
    "png", "jpg", "jpeg", "gif", "svg", "webp", "css", "js", "ts", "json", "html", "htm", "xml", "pdf", "txt", "zip",
    "min",
  ]

  private static func domainEnd(_ bytes: UnsafeBufferPointer<UInt8>, at start: Int) -> Int? {
    var place = start
    var end: Int?
    var labels = 0
    while place - start < longestDomain, let labelEnd = labelEnd(bytes, place) {
      labels += 1
      let label = bytes[place..<labelEnd]
      if labels >= 2, label.count >= 2, label.allSatisfy(isASCIILetter) || label.starts(with: "xn--".utf8) {
        let isFile = fileEndings.contains(String(decoding: label.map { $0 | 0x20 }, as: UTF8.self))
        end = isFile ? end : labelEnd
      }
      guard labelEnd < bytes.count, bytes[labelEnd] == UInt8(ascii: ".") else { break }
      place = labelEnd + 1
    }
    return end
  }
}
