/// Unicode's general categories, in the order of the generated table.
enum GeneralCategory: UInt8 {
  case uppercaseLetter, lowercaseLetter, titlecaseLetter, modifierLetter, otherLetter
  case nonspacingMark, spacingMark, enclosingMark
  case decimalNumber, letterNumber, otherNumber
  case connectorPunctuation, dashPunctuation, openPunctuation, closePunctuation, initialPunctuation, finalPunctuation
  case otherPunctuation
  case mathSymbol, currencySymbol, modifierSymbol, otherSymbol
  case spaceSeparator, lineSeparator, paragraphSeparator
  case control, format, surrogate, privateUse, unassigned

  var isLetter: Bool { rawValue <= GeneralCategory.otherLetter.rawValue }
  var isMark: Bool {
    (GeneralCategory.nonspacingMark.rawValue...GeneralCategory.enclosingMark.rawValue).contains(rawValue)
  }
  var isNumber: Bool {
    (GeneralCategory.decimalNumber.rawValue...GeneralCategory.otherNumber.rawValue).contains(rawValue)
  }
}

/// The classes that GPT-2's pattern tells apart.
enum CharacterClass {
  static let other: UInt8 = 0
  static let letter: UInt8 = 1
  static let number: UInt8 = 2
  static let space: UInt8 = 3
}

/// Properties of every code point in two-stage tables: one byte a code point, equal blocks stored once.
///
/// Our own tables, not the standard library's: the ids of a text must not change with the toolchain.
struct UnicodeProperties: @unchecked Sendable {
  static let shared = UnicodeProperties()

  private static let categoryMask: UInt8 = 0x1F
  private static let classShift: UInt8 = 5

  // Never freed: the tables live as long as the process, which is what makes the unchecked Sendable true.
  private let blocks: UnsafeMutablePointer<UInt16>
  private let flags: UnsafeMutablePointer<UInt8>

  private init() {
    let all = UnsafeMutablePointer<UInt8>.allocate(capacity: 0x110000)
    defer { all.deallocate() }
    for (index, entry) in generalCategoryRanges.enumerated() {
      let start = Int(entry >> 5)
      let end = index + 1 < generalCategoryRanges.count ? Int(generalCategoryRanges[index + 1] >> 5) : 0x110000
      let category = UInt8(entry & 31)
      let kind = GeneralCategory(rawValue: category)
      let characterClass =
        kind?.isLetter == true
        ? CharacterClass.letter : kind?.isNumber == true ? CharacterClass.number : CharacterClass.other
      for point in start..<end { all[point] = category | characterClass << UnicodeProperties.classShift }
    }
    let spaces: [UInt32] =
      Array(0x09...0x0D) + [0x20, 0x85, 0xA0, 0x1680] + Array(0x2000...0x200A) + [
        0x2028, 0x2029, 0x202F, 0x205F, 0x3000,
      ]
    for point in spaces {
      all[Int(point)] =
        all[Int(point)] & UnicodeProperties.categoryMask | CharacterClass.space << UnicodeProperties.classShift
    }

    blocks = .allocate(capacity: 0x1100)
    var stored: [UInt8] = []
    var known: [[UInt8]: UInt16] = [:]
    for block in 0..<0x1100 {
      let content = [UInt8](UnsafeBufferPointer(start: all + block << 8, count: 256))
      if let index = known[content] {
        blocks[block] = index
      } else {
        let index = UInt16(stored.count >> 8)
        known[content] = index
        blocks[block] = index
        stored += content
      }
    }
    flags = .allocate(capacity: stored.count)
    flags.initialize(from: stored, count: stored.count)
  }

  @inline(__always)
  private func entry(_ scalar: UInt32) -> UInt8 {
    scalar < 0x110000 ? flags[Int(blocks[Int(scalar >> 8)]) << 8 | Int(scalar & 0xFF)] : 0
  }

  /// A value of `CharacterClass`; what is no scalar is `other`.
  @inline(__always)
  func characterClass(_ scalar: UInt32) -> UInt8 { entry(scalar) >> UnicodeProperties.classShift & 3 }

  func category(_ scalar: UInt32) -> GeneralCategory {
    guard scalar < 0x110000 else { return .unassigned }
    return GeneralCategory(rawValue: entry(scalar) & UnicodeProperties.categoryMask) ?? .unassigned
  }

  /// Whether a scalar is white space.
  @inline(__always)
  func isSpace(_ scalar: UInt32) -> Bool { characterClass(scalar) == CharacterClass.space }

  /// Whether a scalar belongs to a word, as `\w` of regular expressions has it.
  ///
  /// Source: Unicode technical standard 18, annex C: alphabetic, mark, decimal number, connector, join control.
  func isWordCharacter(_ scalar: UInt32) -> Bool {
    let category = category(scalar)
    if category.isLetter || category.isMark { return true }
    switch category {
    case .decimalNumber, .letterNumber, .connectorPunctuation: return true
    default: break
    }
    switch scalar {
    case 0x200C, 0x200D, 0x24B6...0x24E9, 0x1F130...0x1F149, 0x1F150...0x1F169, 0x1F170...0x1F189: return true
    default: return false
    }
  }
}
