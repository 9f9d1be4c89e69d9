/// A set of code points as bits: one look-up a question, 136 kB a set.
struct ScalarSet: Sendable {
  private var words = [UInt64](repeating: 0, count: 0x110000 / 64)

  /// The empty set.
  init() {}

  /// The set whose runs begin and end, in turn, at the code points of `toggles`.
  init(toggles: [UInt32]) {
    for index in stride(from: 0, to: toggles.count, by: 2) {
      let end = index + 1 < toggles.count ? toggles[index + 1] : 0x110000
      for point in toggles[index]..<end { insert(point) }
    }
  }

  mutating func insert(_ scalar: UInt32) { words[Int(scalar >> 6)] |= 1 << UInt64(scalar & 63) }

  @inline(__always)
  func contains(_ scalar: UInt32) -> Bool {
    scalar < 0x110000 && words[Int(scalar >> 6)] >> UInt64(scalar & 63) & 1 == 1
  }

  /// Punctuation of any kind, as the pre-tokenizers take it.
  static let punctuation = ScalarSet(toggles: punctuationToggles)
  /// Numbers of any kind, as the pre-tokenizer Digits takes them.
  static let numeric = ScalarSet(toggles: numericToggles)
  /// What StripAccents takes away.
  static let combiningMarks = ScalarSet(toggles: combiningMarkToggles)
  /// What BertNormalizer takes away as accents.
  static let nonspacingMarks = ScalarSet(toggles: nonspacingMarkToggles)
  /// What BertNormalizer takes away as control characters.
  static let controls = ScalarSet(toggles: controlToggles)
}

/// Mappings of one scalar to one or more.
struct ScalarMapping: Sendable {
  private let starts: [UInt32: Int]
  private let table: [UInt32]
  /// What is mapped to something else.
  let domain: ScalarSet

  /// Reads pairs of `count << 24 | code point` and that many code points.
  init(_ table: [UInt32]) {
    var starts: [UInt32: Int] = [:]
    var domain = ScalarSet()
    var index = 0
    while index < table.count {
      let scalar = table[index] & 0xFF_FFFF
      starts[scalar] = index
      domain.insert(scalar)
      index += 1 + Int(table[index] >> 24)
    }
    self.starts = starts
    self.table = table
    self.domain = domain
  }

  /// What `scalar` becomes; nil where it stays.
  func callAsFunction(_ scalar: UInt32) -> ArraySlice<UInt32>? {
    guard domain.contains(scalar), let start = starts[scalar] else { return nil }
    return table[start + 1...start + Int(table[start] >> 24)]
  }

  /// Lower case, as the normalizers make it.
  static let lowerCase = ScalarMapping(lowerCaseMappings)
  /// Full decompositions that only the compatibility forms make.
  static let compatibility = ScalarMapping(compatibilityDecompositions)
}

/// Scripts, Hiragana and Katakana taken for Han, as the pre-tokenizer UnicodeScripts takes them.
struct ScriptTable: Sendable {
  static let shared = ScriptTable()
  /// What goes with every script.
  static let any: UInt8 = 0

  private let starts: [UInt32] = scriptRanges.map { $0 >> 8 }

  /// The number of the script of a scalar.
  func script(_ scalar: UInt32) -> UInt8 {
    guard scalar < 0x110000 else { return ScriptTable.any }
    var (low, high) = (0, starts.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if starts[middle] <= scalar { low = middle } else { high = middle }
    }
    return UInt8(truncatingIfNeeded: scriptRanges[low])
  }
}
