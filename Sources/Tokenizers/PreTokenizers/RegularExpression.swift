import COnig
import Core

/// A regular expression of Oniguruma, the library whose syntax and meaning the patterns of tokenizer files have.
///
/// Matching gives up after a number of steps that grows with the text, so that no pattern can make it endless: what is
/// left then has no match. Unicode's properties are those of our own tables where they matter.
///
/// Never written after `init`, and Oniguruma allows searches from several threads at once: that makes the unchecked
/// Sendable true.
final class RegularExpression: @unchecked Sendable {
  /// The pattern as the file has it.
  let pattern: String
  private let regex: OnigRegex

  /// Longer patterns are refused.
  private static let longestPattern = 1 << 16

  /// Compiles a pattern.
  ///
  /// Throws: `MartletError` with Oniguruma's message for what is no valid pattern; `place` says where it stands.
  init(_ pattern: String, at place: String) throws {
    self.pattern = pattern
    func failure(_ reason: String) -> MartletError {
      MartletError(
        .malformedFile, "the regular expression \(Terminal.fit(pattern, columns: 60)) is not valid: \(reason)",
        at: place,
        remedy: "Correct the pattern; its syntax is Oniguruma's.")
    }
    guard pattern.utf8.count <= RegularExpression.longestPattern else {
      throw failure("it has more than \(RegularExpression.longestPattern) bytes")
    }
    try OnigurumaLibrary.start()
    var info = OnigErrorInfo()
    var compiled: OnigRegex?
    let bytes = Array(pattern.utf8)
    let code = bytes.withUnsafeBufferPointer { bytes -> Int32 in
      guard let base = bytes.baseAddress else {
        var empty: UInt8 = 0
        return martlet_onig_new(&compiled, &empty, &empty, &info)
      }
      return martlet_onig_new(&compiled, base, base + bytes.count, &info)
    }
    guard code == 0, let compiled else {
      var message = [UInt8](repeating: 0, count: 256)
      let length = martlet_onig_message(&message, code, &info)
      throw failure(String(decoding: message.prefix(Int(max(0, length))), as: UTF8.self))
    }
    regex = compiled
  }

  deinit { onig_free(regex) }

  /// Calls `body` with every match, leftmost first; an empty match right behind another does not count.
  func forEachMatch(in text: UnsafeBufferPointer<UInt8>, _ body: (Range<Int>) -> Void) {
    guard text.count > 0 else { return }
    // Oniguruma reads past sequences that are cut short, so broken bytes are hidden from it.
    guard let broken = firstInvalidUTF8(in: text) else { return search(text, body) }
    var copy = Array(text)
    var place: Int? = broken
    while let bad = place {
      copy[bad] = 1
      place = firstInvalidUTF8(in: text, from: bad + 1)
    }
    copy.withUnsafeBufferPointer { search($0, body) }
  }

  private func search(_ text: UnsafeBufferPointer<UInt8>, _ body: (Range<Int>) -> Void) {
    guard let base = text.baseAddress, let region = onig_region_new(), let limits = onig_new_match_param() else {
      return
    }
    defer {
      onig_region_free(region, 1)
      onig_free_match_param(limits)
    }
    onig_initialize_match_param(limits)
    let steps = UInt(10_000_000 + 16 * text.count)
    onig_set_retry_limit_in_match_of_match_param(limits, steps)
    onig_set_retry_limit_in_search_of_match_param(limits, steps)
    let end = base + text.count
    var start = 0
    var lastEnd: Int?
    while start <= text.count {
      let found = onig_search_with_param(regex, base, end, base + start, end, region, 0, limits)
      guard found >= 0 else { return }
      let match = Int(found)..<Int(region.pointee.end[0])
      if match.isEmpty, lastEnd == match.upperBound {
        // An empty match right behind the last: on from the next character.
        start = match.upperBound + (match.upperBound < text.count ? scalarLength(text, match.upperBound) : 1)
        continue
      }
      body(match)
      start = match.upperBound
      lastEnd = match.upperBound
    }
  }

  private func scalarLength(_ text: UnsafeBufferPointer<UInt8>, _ place: Int) -> Int {
    text.baseAddress.map { decodeScalar($0, at: place, end: text.count).length } ?? 1
  }
}

/// Oniguruma, told of the properties of newer versions of Unicode than its own.
private enum OnigurumaLibrary {
  static func start() throws {
    if let message = problem {
      throw MartletError(.unsupported, message, at: "Oniguruma", remedy: "Install libonig 6.9.4 or newer.")
    }
  }

  /// What went wrong when it was started, once a process.
  private static let problem: String? = {
    guard martlet_onig_initialize() == 0 else { return "the library for regular expressions does not start" }
    let names: [(String, (GeneralCategory) -> Bool)] = [
      ("L", \.isLetter), ("M", \.isMark), ("N", \.isNumber), ("P", \.isPunctuation), ("S", \.isSymbol),
      ("Lu", { $0 == .uppercaseLetter }), ("Ll", { $0 == .lowercaseLetter }), ("Lt", { $0 == .titlecaseLetter }),
      ("Lm", { $0 == .modifierLetter }), ("Lo", { $0 == .otherLetter }), ("Mn", { $0 == .nonspacingMark }),
      ("Mc", { $0 == .spacingMark }), ("Nd", { $0 == .decimalNumber }), ("Nl", { $0 == .letterNumber }),
      ("No", { $0 == .otherNumber }),
    ]
    for (name, contains) in names {
      let ranges = ranges(contains)
      // Oniguruma keeps the table for as long as the process lives.
      let table = UnsafeMutablePointer<OnigCodePoint>.allocate(capacity: ranges.count + 1)
      table[0] = OnigCodePoint(ranges.count / 2)
      for (index, value) in ranges.enumerated() { table[index + 1] = value }
      if onig_unicode_define_user_property(name, table) != 0 { return "its property \(name) cannot be set" }
    }
    return nil
  }()

  /// First and last code points of the runs of a set.
  private static func ranges(_ contains: (GeneralCategory) -> Bool) -> [UInt32] {
    var result: [UInt32] = []
    for (index, entry) in generalCategoryRanges.enumerated() {
      guard let category = GeneralCategory(rawValue: UInt8(entry & 31)), contains(category) else { continue }
      let start = entry >> 5
      let end = index + 1 < generalCategoryRanges.count ? (generalCategoryRanges[index + 1] >> 5) - 1 : 0x10FFFF
      if let last = result.last, last + 1 == start { result[result.count - 1] = end } else { result += [start, end] }
    }
    return result
  }
}

extension GeneralCategory {
  fileprivate var isPunctuation: Bool {
    (GeneralCategory.connectorPunctuation.rawValue...GeneralCategory.otherPunctuation.rawValue).contains(rawValue)
  }
  fileprivate var isSymbol: Bool {
    (GeneralCategory.mathSymbol.rawValue...GeneralCategory.otherSymbol.rawValue).contains(rawValue)
  }
}
