/// The kinds of characters that UTF-8 shows as when it is read in an encoding of one byte a character.
///
/// Source: the categories of ftfy 6's heuristic, which were found by statistics over web text.
struct MojibakeKind: OptionSet {
  let rawValue: UInt32

  /// Seen in many contexts.
  static let common = MojibakeKind(rawValue: 1 << 0)
  /// Control characters U+0080 to U+009F.
  static let control = MojibakeKind(rawValue: 1 << 1)
  /// Hardly ever meant.
  static let bad = MojibakeKind(rawValue: 1 << 2)
  /// Marks of paragraphs and sections.
  static let law = MojibakeKind(rawValue: 1 << 3)
  static let currency = MojibakeKind(rawValue: 1 << 4)
  static let opening = MojibakeKind(rawValue: 1 << 5)
  static let closing = MojibakeKind(rawValue: 1 << 6)
  static let numeric = MojibakeKind(rawValue: 1 << 7)
  /// Letters that make faces, which stand in unlikely contexts.
  static let face = MojibakeKind(rawValue: 1 << 8)
  static let upperAccented = MojibakeKind(rawValue: 1 << 9)
  static let lowerAccented = MojibakeKind(rawValue: 1 << 10)
  static let upperCommon = MojibakeKind(rawValue: 1 << 11)
  static let lowerCommon = MojibakeKind(rawValue: 1 << 12)
  static let box = MojibakeKind(rawValue: 1 << 13)
  /// `a` to `z`.
  static let lowerPlain = MojibakeKind(rawValue: 1 << 14)
  /// `A` to `Z`.
  static let upperPlain = MojibakeKind(rawValue: 1 << 15)
  static let space = MojibakeKind(rawValue: 1 << 16)

  /// The kinds of a scalar.
  @inline(__always)
  static func of(_ value: UInt32) -> MojibakeKind {
    if value < 0x180 { return table[Int(value)] }
    return rare(value)
  }

  private static let table: [MojibakeKind] = (0..<0x180).map { kind(UInt32($0)) }

  private static func kind(_ value: UInt32) -> MojibakeKind {
    var kinds: MojibakeKind = []
    switch value {
    case 0x61...0x7A: return .lowerPlain
    case 0x41...0x5A: return .upperPlain
    case 0x09...0x0D, 0x1C...0x20: return .space
    case 0x85: return [.control, .space]
    case 0x80...0x9F: return .control
    case 0xA0: return [.common, .space]
    case 0xAD, 0xB4, 0xB7: return .common
    case 0xA4, 0xA6, 0xA8, 0xAA, 0xAC, 0xAF, 0xB8, 0xBA: return .bad
    case 0xA7, 0xB6: return .law
    case 0xA2, 0xA3, 0xA5: return .currency
    case 0xA1, 0xA9, 0xAB, 0xBF: return .opening
    case 0xAE, 0xBB: return .closing
    case 0xB0: return .face
    case 0xB1...0xB3, 0xB5, 0xB9, 0xBC...0xBE, 0xD7, 0xF7: return .numeric
    case 0xDE: return .upperCommon
    default: break
    }
    switch value {
    case 0xC0...0xD1, 0xD8, 0xDC, 0xDD, 0x100, 0x102, 0x104, 0x106, 0x10C, 0x10E, 0x110, 0x112, 0x116, 0x118, 0x11A,
      0x11E, 0x122, 0x12A, 0x130, 0x136, 0x139, 0x13B, 0x13D, 0x141, 0x143, 0x145, 0x147, 0x152, 0x158, 0x15A, 0x15E,
      0x160, 0x162, 0x164, 0x16E, 0x170, 0x178, 0x179, 0x17B, 0x17D:
      kinds.insert(.upperAccented)
    case 0xDF...0xF1, 0xFC, 0x101, 0x103, 0x105, 0x107, 0x10D, 0x10F, 0x111, 0x113, 0x117, 0x119, 0x11B, 0x11F, 0x123,
      0x12B, 0x12F, 0x137, 0x13A, 0x13C, 0x13E, 0x142, 0x153, 0x155, 0x15B, 0x15F, 0x161, 0x165, 0x17A, 0x17C, 0x17E:
      kinds.insert(.lowerAccented)
    default: break
    }
    switch value {
    case 0xD2...0xD6, 0xD9...0xDC, 0xF2...0xF6, 0xF8...0xFC, 0x14C, 0x150, 0x16A, 0x172: kinds.insert(.face)
    default: break
    }
    return kinds
  }

  private static func rare(_ value: UInt32) -> MojibakeKind {
    switch value {
    case 0x2013, 0x2014, 0x2015, 0x2019, 0x2026: .common
    case 0x192, 0x2C6, 0x2C7, 0x2D8, 0x2DB, 0x2DC, 0x2020, 0x2021, 0x2030, 0x2310, 0x25CA, 0xFFFD: .bad
    case 0x20A7, 0x20AC: .currency
    case 0x384, 0x385, 0x2018, 0x201A, 0x201C, 0x201E, 0x2022, 0x2039, 0xF8FF: .opening
    case 0x2DD, 0x201D, 0x203A, 0x2122: .closing
    case 0x2044, 0x2116, 0x2202, 0x2206, 0x220F, 0x2211, 0x221A, 0x221E, 0x2229, 0x222B, 0x2248, 0x2260, 0x2261, 0x2264,
      0x2265:
      .numeric
    case 0x490: .upperAccented
    case 0x491, 0xFB01, 0xFB02: .lowerAccented
    case 0x391...0x3A9, 0x386, 0x388, 0x389, 0x38A, 0x38C, 0x38E, 0x38F, 0x3AA, 0x3AB, 0x401...0x42F: .upperCommon
    case 0x3B1...0x3C9, 0x3AC...0x3AF, 0x3B0, 0x430...0x45F: .lowerCommon
    case 0x2502, 0x250C, 0x2510, 0x2518, 0x2514, 0x251C, 0x2524, 0x252C, 0x2534, 0x253C, 0x2550...0x256C, 0x2580,
      0x2584,
      0x2588, 0x258C, 0x2590, 0x2591...0x2593:
      .box
    case 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000: .space
    default: []
    }
  }
}

/// The encoding Windows-1252, with the bytes that it leaves out standing for the control characters of Latin-1.
enum Windows1252 {
  /// What the bytes 0x80 to 0x9F stand for.
  static let high: [UInt32] = [
    0x20AC, 0x81, 0x201A, 0x192, 0x201E, 0x2026, 0x2020, 0x2021, 0x2C6, 0x2030, 0x160, 0x2039, 0x152, 0x8D, 0x17D, 0x8F,
    0x90, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x2DC, 0x2122, 0x161, 0x203A, 0x153, 0x9D, 0x17E,
    0x178,
  ]
  /// The byte that stands for U+FFFD, whose true byte is lost.
  static let lost: UInt8 = 0x1A

  /// The byte of a scalar; nil where there is none.
  static func byte(_ value: UInt32) -> UInt8? {
    switch value {
    case 0x1A: nil
    case 0..<0x80, 0xA0...0xFF: UInt8(value)
    case 0xFFFD: lost
    default: high.firstIndex(of: value).map { UInt8(0x80 + $0) }
    }
  }

  /// The byte of a scalar in Windows-1252 or, for control characters, in Latin-1.
  static func looseByte(_ value: UInt32) -> UInt8? { value < 0x100 ? UInt8(value) : byte(value) }
}
