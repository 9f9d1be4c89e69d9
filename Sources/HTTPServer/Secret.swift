import Core

/// A word that only those who may come in know. Words are compared by their hashes, in a time that doesn't tell how
/// many of their letters are right.
public struct Secret: Sendable {
  private let hash: [UInt8]

  /// The secret of a word.
  public init(_ word: String) { hash = SHA256.hash(Array(word.utf8)).bytes }

  /// Whether a word is the right one.
  public func matches(_ word: String) -> Bool { Self.areEqual(hash, SHA256.hash(Array(word.utf8)).bytes) }

  /// A seal on a text that nobody can make without the secret.
  ///
  /// Source: HMAC-SHA-256, RFC 2104.
  public func seal(_ text: String) -> [UInt8] {
    let key = hash + [UInt8](repeating: 0, count: 64 - hash.count)
    let inner = SHA256.hash(key.map { $0 ^ 0x36 } + Array(text.utf8)).bytes
    return SHA256.hash(key.map { $0 ^ 0x5C } + inner).bytes
  }

  /// Whether a seal is the one of a text.
  public func isSeal(_ seal: [UInt8], of text: String) -> Bool {
    Self.areEqual(SHA256.hash(seal).bytes, SHA256.hash(self.seal(text)).bytes)
  }

  private static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    var difference: UInt8 = left.count == right.count ? 0 : 1
    for (one, other) in zip(left, right) { difference |= one ^ other }
    return difference == 0
  }

  /// A word of 32 letters that nobody can guess: 160 random bits from the system.
  public static func randomWord() -> String {
    // Without l, 0, 1 and 9, which look like others.
    let letters = Array("abcdefghijkmnopqrstuvwxyz2345678".utf8)
    var generator = SystemRandomNumberGenerator()
    let word = (0..<32).map { _ in letters[Int(generator.next() & 31)] }
    return String(decoding: word, as: UTF8.self)
  }
}
