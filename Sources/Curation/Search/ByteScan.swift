/// Looks for bytes in others as fast as memory gives them: 16 places at a time, by the first and the last byte.
struct ByteScan: Sendable {
  private let word: [UInt8]
  /// The bit that upper and lower case differ in, or 0 where case counts.
  private let caseBit: UInt8

  /// A scan for one byte at least. With the case bit, a few other characters look like letters.
  init(_ word: [UInt8], caseBit: UInt8) {
    self.caseBit = caseBit
    self.word = word.map { $0 | caseBit }
  }

  /// A scan for the longest word of a folded text that can be looked for this way: of ASCII, or any where case counts or
  /// the script has none.
  init?(longestOf tokens: [[UInt8]], folding: TextFolding) {
    let foldsCase = folding.contains(.letterCase)
    func isASCII(_ token: [UInt8]) -> Bool { token.allSatisfy { $0 < 0x80 } }
    func isUnspaced(_ token: [UInt8]) -> Bool {
      token.withUnsafeBufferPointer { bytes in
        bytes.baseAddress.map { CharacterClasses.shared.isUnspaced($0, bytes.count) } ?? false
      }
    }
    // "K" may also have been the sign for kelvin, which is no ASCII.
    let usable = tokens.filter { token in
      !foldsCase || isUnspaced(token) || (isASCII(token) && !token.contains(UInt8(ascii: "k")))
    }
    guard let longest = usable.max(by: { $0.count < $1.count }) else { return nil }
    self.init(longest, caseBit: foldsCase && isASCII(longest) ? 0x20 : 0)
  }

  /// The first place of the bytes.
  ///
  /// Complexity: O(bytes), times the length of what is looked for where much begins and ends like it.
  func first(in text: UnsafeBufferPointer<UInt8>) -> Int? {
    let length = word.count
    guard let start = text.baseAddress, length > 0, text.count >= length else { return nil }
    let places = text.count - length + 1
    let raw = UnsafeRawPointer(start)
    let first = SIMD16<UInt8>(repeating: word[0])
    let last = SIMD16<UInt8>(repeating: word[length - 1])
    let bit = SIMD16<UInt8>(repeating: caseBit)
    var place = 0
    while place &+ 16 <= places {
      let a = raw.loadUnaligned(fromByteOffset: place, as: SIMD16<UInt8>.self) | bit
      let b = raw.loadUnaligned(fromByteOffset: place &+ length &- 1, as: SIMD16<UInt8>.self) | bit
      // A byte of zero for every lane that differs in neither.
      let differs = unsafeBitCast((a ^ first) | (b ^ last), to: SIMD2<UInt64>.self)
      if Self.hasZeroByte(differs[0]) || Self.hasZeroByte(differs[1]) {
        for candidate in place..<(place &+ 16) where isWord(start + candidate) { return candidate }
      }
      place &+= 16
    }
    while place < places {
      if isWord(start + place) { return place }
      place &+= 1
    }
    return nil
  }

  @inline(__always)
  private static func hasZeroByte(_ x: UInt64) -> Bool {
    (x &- 0x0101_0101_0101_0101) & ~x & 0x8080_8080_8080_8080 != 0
  }

  private func isWord(_ bytes: UnsafePointer<UInt8>) -> Bool {
    for index in word.indices where bytes[index] | caseBit != word[index] { return false }
    return true
  }
}
