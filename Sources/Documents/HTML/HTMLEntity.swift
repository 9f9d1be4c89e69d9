import CXML2

/// Character references: `&amp;`, `&#8217;`, `&eacute`.
struct HTMLEntities: Sendable {
  /// The characters by the names' keys.
  private var scalars: [UInt64: UInt32] = [:]

  static let shared = HTMLEntities()

  private init() {
    func add(_ name: [UInt8], _ scalar: UInt32) {
      scalars[name.withUnsafeBufferPointer { Self.key($0, 0, name.count) }] = scalar
    }
    // The 253 names of HTML 4 are the library's.
    for value in UInt32(1)..<10_000 {
      guard let entry = htmlEntityValueLookup(value), let name = entry.pointee.name else { continue }
      add(Array(String(cString: name).utf8), value)
    }
    // What HTML 5 added and pages use.
    let added: [(String, UInt32)] = [
      ("apos", 0x27), ("Tab", 9), ("NewLine", 10), ("excl", 0x21), ("num", 0x23), ("dollar", 0x24), ("percnt", 0x25),
      ("lpar", 0x28), ("rpar", 0x29), ("ast", 0x2A), ("plus", 0x2B), ("comma", 0x2C), ("period", 0x2E), ("sol", 0x2F),
      ("colon", 0x3A), ("semi", 0x3B), ("equals", 0x3D), ("quest", 0x3F), ("commat", 0x40), ("lsqb", 0x5B),
      ("lbrack", 0x5B), ("bsol", 0x5C), ("rsqb", 0x5D), ("rbrack", 0x5D), ("Hat", 0x5E), ("lowbar", 0x5F),
      ("grave", 0x60), ("lcub", 0x7B), ("lbrace", 0x7B), ("verbar", 0x7C), ("vert", 0x7C), ("rcub", 0x7D),
      ("rbrace", 0x7D), ("AMP", 0x26), ("LT", 0x3C), ("GT", 0x3E), ("QUOT", 0x22), ("COPY", 0xA9), ("REG", 0xAE),
      ("hyphen", 0x2010), ("dash", 0x2010), ("horbar", 0x2015), ("half", 0xBD), ("numsp", 0x2007), ("puncsp", 0x2008),
      ("hairsp", 0x200A), ("nldr", 0x2025), ("mldr", 0x2026), ("check", 0x2713), ("cross", 0x2717), ("star", 0x2606),
      ("starf", 0x2605), ("phone", 0x260E), ("Ccaron", 0x10C), ("ccaron", 0x10D), ("Zcaron", 0x17D), ("zcaron", 0x17E),
      ("cacute", 0x107), ("Cacute", 0x106), ("dstrok", 0x111), ("abreve", 0x103), ("Abreve", 0x102), ("scedil", 0x15F),
      ("Scedil", 0x15E), ("tcedil", 0x163), ("lstrok", 0x142), ("Lstrok", 0x141), ("eogon", 0x119), ("aogon", 0x105),
      ("sacute", 0x15B), ("Sacute", 0x15A), ("nacute", 0x144), ("zacute", 0x17A), ("zdot", 0x17C), ("Zdot", 0x17B),
      ("ecaron", 0x11B), ("rcaron", 0x159), ("uring", 0x16F), ("gbreve", 0x11F), ("Gbreve", 0x11E), ("Idot", 0x130),
      ("imath", 0x131), ("inodot", 0x131), ("odblac", 0x151), ("udblac", 0x171), ("bigstar", 0x2605), ("ge", 0x2265),
      ("le", 0x2264), ("approx", 0x2248), ("hearts", 0x2665), ("nbsp", 0xA0), ("numero", 0x2116),
    ]
    for (name, scalar) in added { add(Array(name.utf8), scalar) }
  }

  /// The key of a name of up to 8 bytes, which all that are known have; case counts.
  private static func key(_ bytes: UnsafeBufferPointer<UInt8>, _ begin: Int, _ end: Int) -> UInt64 {
    var key: UInt64 = 0
    for index in begin..<min(end, begin + 8) { key = key << 8 | UInt64(bytes[index]) }
    return key
  }

  /// The character of the reference that begins with the `&` at a position, and the reference's length; nil if the `&`
  /// is only that.
  func decode(
    _ bytes: UnsafeBufferPointer<UInt8>, _ position: Int, _ end: Int, inAttribute: Bool = false
  ) -> (scalar: UInt32, length: Int)? {
    guard position + 2 < end else { return nil }
    if bytes[position + 1] == 0x23 { return number(bytes, position, end) }
    let begin = position + 1
    var last = begin
    while last < end, last - begin < 9, Self.isAlphanumeric(bytes[last]) { last += 1 }
    if last < end, last > begin, last - begin <= 8, bytes[last] == 0x3B {
      if let scalar = scalars[Self.key(bytes, begin, last)] { return (scalar, last - position + 1) }
    }
    // The oldest names are read without a semicolon.
    var length = min(6, last - begin)
    while length >= 2 {
      if let scalar = scalars[Self.key(bytes, begin, begin + length)], scalar < 0x100 && scalar != 0x27, scalar > 0x20 {
        let next = begin + length < end ? bytes[begin + length] : 0
        if inAttribute && (next == 0x3D || Self.isAlphanumeric(next)) { return nil }
        if scalar >= 0xA0 || [0x26, 0x3C, 0x3E, 0x22].contains(scalar) { return (scalar, length + 1) }
      }
      length -= 1
    }
    return nil
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    byte &- 0x30 < 10 || (byte | 0x20) &- 0x61 < 26
  }

  /// `&#65;` or `&#x41;`.
  private func number(
    _ bytes: UnsafeBufferPointer<UInt8>, _ position: Int, _ end: Int
  ) -> (scalar: UInt32, length: Int)? {
    let isHexadecimal = bytes[position + 2] | 0x20 == 0x78
    var last = position + (isHexadecimal ? 3 : 2)
    let first = last
    var value: UInt32 = 0
    while last < end {
      let byte = bytes[last]
      let digit: UInt32
      if byte &- 0x30 < 10 {
        digit = UInt32(byte - 0x30)
      } else if isHexadecimal && (byte | 0x20) &- 0x61 < 6 {
        digit = UInt32((byte | 0x20) - 0x61 + 10)
      } else {
        break
      }
      // Once out of the range of characters it stays there.
      value = min(value * (isHexadecimal ? 16 : 10) + digit, 0x11_0000)
      last += 1
    }
    guard last > first else { return nil }
    if last < end && bytes[last] == 0x3B { last += 1 }
    if (0x80...0x9F).contains(value) { value = Self.windows1252[Int(value) - 0x80] }
    if value == 0 || value > 0x10_FFFF || (0xD800...0xDFFF).contains(value) { value = 0xFFFD }
    return (value, last - position)
  }

  /// The characters that pages mean by the numbers from 128 to 159.
  private static let windows1252: [UInt32] = [
    0x20AC, 0x81, 0x201A, 0x192, 0x201E, 0x2026, 0x2020, 0x2021, 0x2C6, 0x2030, 0x160, 0x2039, 0x152, 0x8D, 0x17D, 0x8F,
    0x90, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x2DC, 0x2122, 0x161, 0x203A, 0x153, 0x9D, 0x17E,
    0x178,
  ]
}
