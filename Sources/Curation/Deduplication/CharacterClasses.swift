/// What folding makes of characters.
///
/// Source: general categories and simple lower-case mappings of the Unicode version that the Swift runtime has.
struct CharacterClasses: Sendable {
  /// A kind of character.
  enum Kind: UInt8 {
    /// White space, controls, and bytes that are no character.
    case space
    /// Characters that are not seen: joiners, soft hyphens, byte-order marks.
    case ignorable
    /// Punctuation and symbols.
    case punctuation
    /// Parts of words: letters, marks, digits, and characters that are not known.
    case word
    /// Characters of scripts that are written without spaces, each of which counts as a word.
    case unspaced
  }

  /// The one table; made when it is first needed, in a few milliseconds.
  static let shared = CharacterClasses()

  private static let tableSize = 0x1_0000
  private let kinds: [UInt8]
  private let lower: [UInt16]

  private init() {
    var kinds = [UInt8](repeating: Kind.word.rawValue, count: Self.tableSize)
    var lower = (0..<Self.tableSize).map { UInt16($0) }
    for value in 0..<UInt32(Self.tableSize) {
      guard let scalar = Unicode.Scalar(value) else { continue }
      kinds[Int(value)] = Self.computeKind(of: scalar).rawValue
      let mapped = Self.computeLowercase(scalar)
      if mapped < Self.tableSize { lower[Int(value)] = UInt16(mapped) }
    }
    self.kinds = kinds
    self.lower = lower
  }

  /// The kind of a scalar; beyond the last scalar, a space.
  @inline(__always)
  func kind(of scalar: UInt32) -> Kind {
    if scalar < Self.tableSize { return Kind(rawValue: kinds[Int(scalar)]) ?? .word }
    return Unicode.Scalar(scalar).map(Self.computeKind) ?? .space
  }

  /// The lower-case letter of a scalar, or the scalar itself.
  @inline(__always)
  func lowercase(_ scalar: UInt32) -> UInt32 {
    if scalar < Self.tableSize { return UInt32(lower[Int(scalar)]) }
    return Unicode.Scalar(scalar).map(Self.computeLowercase) ?? scalar
  }

  private static func computeLowercase(_ scalar: Unicode.Scalar) -> UInt32 {
    let mapping = scalar.properties.lowercaseMapping.unicodeScalars
    return mapping.count == 1 ? mapping.first?.value ?? scalar.value : scalar.value
  }

  private static func computeKind(of scalar: Unicode.Scalar) -> Kind {
    if isUnspaced(scalar.value) { return .unspaced }
    switch scalar.properties.generalCategory {
    case .spaceSeparator, .lineSeparator, .paragraphSeparator, .control: return .space
    case .format: return .ignorable
    case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
      .finalPunctuation, .otherPunctuation, .mathSymbol, .currencySymbol, .modifierSymbol, .otherSymbol:
      return .punctuation
    default: return .word
    }
  }

  /// Han, kana, bopomofo, Thai, Lao, Tibetan, Myanmar and Khmer, their punctuation apart.
  private static func isUnspaced(_ value: UInt32) -> Bool {
    switch value {
    case 0x0E01...0x0E3A, 0x0E40...0x0E4E, 0x0E50...0x0E59, 0x0E81...0x0EDF, 0x0F00, 0x0F18...0x0F39,
      0x0F3E...0x0F84, 0x0F86...0x0FBC, 0x1000...0x1049, 0x1050...0x109D, 0x1780...0x17D3, 0x17DC...0x17E9,
      0x2E80...0x2FDF, 0x3005...0x3007, 0x3021...0x3029, 0x3031...0x3035, 0x3041...0x309F, 0x30A1...0x30FA,
      0x30FC...0x318F, 0x31A0...0x31BF, 0x31F0...0x31FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA9E0...0xA9FE,
      0xAA60...0xAA76, 0xAA7A...0xAA7F, 0xF900...0xFAFF, 0xFF66...0xFF9F, 0x1_B000...0x1_B16F, 0x2_0000...0x3_FFFF:
      // Hangul jamo for compatibility lie between bopomofo and its extension.
      return !(0x3130...0x318F ~= value)
    default: return false
    }
  }

  /// Whether a token of a folded text is a single character of a script that is written without spaces.
  @inline(__always)
  func isUnspaced(_ token: UnsafePointer<UInt8>, _ length: Int) -> Bool {
    let first = token[0]
    guard first >= 0xE0, length == (first >= 0xF0 ? 4 : 3) else { return false }
    return kind(of: UTF8Scalar.decode(token, length).0) == .unspaced
  }
}
