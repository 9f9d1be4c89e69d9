/// What texts may differ in and still count as the same.
public struct TextFolding: OptionSet, Sendable, Hashable {
  /// The bits of the options.
  public var rawValue: UInt32

  /// The options of these bits.
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// Upper and lower case.
  public static let letterCase = TextFolding(rawValue: 1)
  /// Kinds and lengths of white space, and white space around characters of scripts that are written without it.
  public static let whiteSpace = TextFolding(rawValue: 2)
  /// Punctuation and symbols: they count as white space.
  public static let punctuation = TextFolding(rawValue: 4)
  /// All of them.
  public static let all: TextFolding = [.letterCase, .whiteSpace, .punctuation]
}

/// A text after folding: its tokens with one space between them.
///
/// A token is a word, or a single character of a script that is written without spaces.
struct FoldedText {
  /// The bytes, UTF-8 where the text was; 16 more can be read.
  let bytes: UnsafePointer<UInt8>
  /// How many bytes there are.
  let count: Int
  /// Where each token ends in the bytes.
  let ends: UnsafePointer<UInt32>
  /// How many tokens there are.
  let tokens: Int

  /// Where a token starts in the bytes.
  @inline(__always)
  func start(of token: Int) -> Int { token == 0 ? 0 : Int(ends[token &- 1]) &+ 1 }
}

/// Folds texts, always in the same way.
package struct TextFolder: Sendable {
  /// The largest text that is folded; what follows in a longer one is not looked at.
  static let limit = 1 << 30

  let folding: TextFolding
  private let ascii: [UInt8]

  /// Marks the first byte of a character that is not ASCII.
  private static let beyondASCII: UInt8 = 0xFF
  private static let space: UInt8 = 0x20

  package init(_ folding: TextFolding) {
    self.folding = folding
    ascii = (0..<256).map { byte -> UInt8 in
      guard byte < 0x80 else { return Self.beyondASCII }
      switch CharacterClasses.shared.kind(of: UInt32(byte)) {
      case .space, .ignorable: return Self.space
      case .punctuation: return folding.contains(.punctuation) ? Self.space : UInt8(byte)
      case .word, .unspaced:
        let isUpper = UInt8(ascii: "A")...UInt8(ascii: "Z") ~= UInt8(byte)
        return isUpper && folding.contains(.letterCase) ? UInt8(byte) | 0x20 : UInt8(byte)
      }
    }
  }

  /// Calls `body` with the folded text; white space is always folded.
  func withTokens<R>(of text: UnsafeBufferPointer<UInt8>, _ body: (FoldedText) throws -> R) rethrows -> R {
    let text = UnsafeBufferPointer(rebasing: text.prefix(Self.limit))
    // Two bytes at worst become three with a space behind them, and the smallest token takes two bytes with its space.
    return try withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 2 * text.count + 32) { bytes in
      try withUnsafeTemporaryAllocation(of: UInt32.self, capacity: text.count / 2 + 4) { ends in
        // Both are never empty, so they have addresses.
        let target = bytes.baseAddress.unsafelyUnwrapped
        let targetEnds = ends.baseAddress.unsafelyUnwrapped
        let (count, tokens) = fold(text, separating: true, into: target, ends: targetEnds, sources: nil)
        (target + count).initialize(repeating: 0, count: 16)
        return try body(FoldedText(bytes: target, count: count, ends: targetEnds, tokens: tokens))
      }
    }
  }

  /// Calls `body` with the text after folding of what the options say and nothing else.
  func withBytes<R>(of text: UnsafeBufferPointer<UInt8>, _ body: (UnsafeBufferPointer<UInt8>) -> R) -> R {
    if folding.contains(.whiteSpace) {
      return withTokens(of: text) { body(UnsafeBufferPointer(start: $0.bytes, count: $0.count)) }
    }
    if folding.isEmpty { return body(text) }
    let text = UnsafeBufferPointer(rebasing: text.prefix(Self.limit))
    return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 2 * text.count + 32) { bytes in
      withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 4) { ends in
        guard let target = bytes.baseAddress, let targetEnds = ends.baseAddress else { return body(text) }
        let count = fold(text, separating: false, into: target, ends: targetEnds, sources: nil).count
        return body(UnsafeBufferPointer(start: target, count: count))
      }
    }
  }

  /// Where in the text the tokens of the folded text come from.
  func sources(of text: UnsafeBufferPointer<UInt8>) -> [Range<Int>] {
    let text = UnsafeBufferPointer(rebasing: text.prefix(Self.limit))
    return [Range<Int>](unsafeUninitializedCapacity: text.count / 2 + 4) { sources, count in
      count = withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 2 * text.count + 32) { bytes in
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: text.count / 2 + 4) { ends in
          guard let target = bytes.baseAddress, let targetEnds = ends.baseAddress else { return 0 }
          return fold(text, separating: true, into: target, ends: targetEnds, sources: sources.baseAddress).tokens
        }
      }
    }
  }

  /// Writes the folded text. Without `separating`, white space stays as it is and there are no tokens.
  @inline(__always)
  private func fold(
    _ text: UnsafeBufferPointer<UInt8>, separating: Bool, into target: UnsafeMutablePointer<UInt8>,
    ends: UnsafeMutablePointer<UInt32>, sources: UnsafeMutablePointer<Range<Int>>?
  ) -> (count: Int, tokens: Int) {
    guard let source = text.baseAddress else { return (0, 0) }
    let end = text.count
    let classes = CharacterClasses.shared
    let foldsCase = folding.contains(.letterCase)
    let foldsPunctuation = folding.contains(.punctuation)
    var position = 0
    var written = 0
    var tokens = 0
    // 1 while a token is being written, 0 behind a separator and at the start.
    var isOpen = 0

    @inline(__always) func separate() {
      ends[tokens] = UInt32(truncatingIfNeeded: written)
      target[written] = Self.space
      tokens &+= isOpen
      written &+= isOpen
      isOpen = 0
    }
    @inline(__always) func note(_ sources: UnsafeMutablePointer<Range<Int>>, _ start: Int, _ length: Int) {
      let first = isOpen == 1 ? sources[tokens].lowerBound : start
      (sources + tokens).initialize(to: first..<(start &+ length))
    }
    ascii.withUnsafeBufferPointer { ascii in
      guard let ascii = ascii.baseAddress else { return }
      while position < end {
        let byte = source[position]
        let folded = ascii[Int(byte)]
        if folded != Self.beyondASCII {
          position &+= 1
          if separating {
            // Without a branch, for words are short: nothing is written for a space behind a separator.
            let isWord = folded == Self.space ? 0 : 1
            target[written] = folded
            ends[tokens] = UInt32(truncatingIfNeeded: written)
            tokens &+= isOpen & ~isWord
            written &+= isOpen | isWord
            if let sources, isWord == 1 { note(sources, position &- 1, 1) }
            isOpen = isWord
          } else {
            let isSpace = folded == Self.space && (byte <= 0x20 || byte == 0x7F)
            target[written] = isSpace ? byte : folded
            written &+= 1
          }
          continue
        }
        let (scalar, length) = UTF8Scalar.decode(source + position, end &- position)
        let kind = classes.kind(of: scalar)
        let isSpace = kind == .space || (kind == .punctuation && foldsPunctuation)
        if !separating {
          if kind == .punctuation && foldsPunctuation {
            target[written] = Self.space
            written &+= 1
          } else {
            written &+= UTF8Scalar.write(
              foldsCase ? classes.lowercase(scalar) : scalar, source + position, length, target + written)
          }
        } else if isSpace {
          separate()
        } else if kind == .unspaced {
          separate()
          if let sources { note(sources, position, length) }
          written &+= UTF8Scalar.write(scalar, source + position, length, target + written)
          isOpen = 1
          separate()
        } else if kind != .ignorable {
          if let sources { note(sources, position, length) }
          written &+= UTF8Scalar.write(
            foldsCase ? classes.lowercase(scalar) : scalar, source + position, length, target + written)
          isOpen = 1
        }
        position &+= length
      }
    }
    if separating {
      if isOpen == 1 {
        ends[tokens] = UInt32(truncatingIfNeeded: written)
        tokens &+= 1
      } else if written > 0 {
        written &-= 1
      }
    }
    return (written, tokens)
  }
}

/// Scalars in UTF-8 that may be broken.
enum UTF8Scalar {
  /// Stands for a byte that is no part of a character.
  static let broken: UInt32 = 0x11_0000

  /// The scalar at `bytes`, which starts with no ASCII, and its length; a byte that cannot start one has length 1.
  @inline(__always)
  static func decode(_ bytes: UnsafePointer<UInt8>, _ available: Int) -> (UInt32, Int) {
    let first = UInt32(bytes[0])
    if first >= 0xE0, first < 0xF0, available >= 3 {
      let (second, third) = (UInt32(bytes[1]), UInt32(bytes[2]))
      let scalar = (first & 0xF) << 12 | (second & 0x3F) << 6 | third & 0x3F
      if second & 0xC0 == 0x80, third & 0xC0 == 0x80, scalar >= 0x800, scalar & 0xF800 != 0xD800 { return (scalar, 3) }
    } else if first >= 0xC2, first < 0xE0, available >= 2 {
      let second = UInt32(bytes[1])
      if second & 0xC0 == 0x80 { return ((first & 0x1F) << 6 | second & 0x3F, 2) }
    } else if first >= 0xF0, first < 0xF5, available >= 4 {
      let (second, third, fourth) = (UInt32(bytes[1]), UInt32(bytes[2]), UInt32(bytes[3]))
      let scalar = (first & 7) << 18 | (second & 0x3F) << 12 | (third & 0x3F) << 6 | fourth & 0x3F
      if second & 0xC0 == 0x80, third & 0xC0 == 0x80, fourth & 0xC0 == 0x80, scalar >= 0x1_0000, scalar < 0x11_0000 {
        return (scalar, 4)
      }
    }
    return (broken, 1)
  }

  /// Writes a scalar, or the bytes it was read from if it is broken; gives the length.
  @inline(__always)
  static func write(
    _ scalar: UInt32, _ original: UnsafePointer<UInt8>, _ length: Int, _ target: UnsafeMutablePointer<UInt8>
  ) -> Int {
    @inline(__always) func tail(_ shift: UInt32) -> UInt8 { UInt8(truncatingIfNeeded: scalar >> shift & 0x3F | 0x80) }
    switch scalar {
    case ..<0x80:
      target[0] = UInt8(truncatingIfNeeded: scalar)
      return 1
    case ..<0x800:
      target[0] = UInt8(truncatingIfNeeded: scalar >> 6 | 0xC0)
      target[1] = tail(0)
      return 2
    case ..<0x1_0000:
      target[0] = UInt8(truncatingIfNeeded: scalar >> 12 | 0xE0)
      target[1] = tail(6)
      target[2] = tail(0)
      return 3
    case ..<broken:
      target[0] = UInt8(truncatingIfNeeded: scalar >> 18 | 0xF0)
      target[1] = tail(12)
      target[2] = tail(6)
      target[3] = tail(0)
      return 4
    default:
      for index in 0..<length { target[index] = original[index] }
      return length
    }
  }
}
