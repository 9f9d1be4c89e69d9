import Core

/// Reads ByteLevel's characters back as bytes; a token with other characters stands for its own UTF-8.
struct ByteLevelDecoder: TokenwiseDecoder {
  var settings = ByteLevelSettings()

  var json: JSONObject? { settings.json }
  var separator: [UInt8] { [] }

  func bytes(of token: [UInt8]) -> [UInt8] { ByteLevelAlphabet.bytes(of: token) ?? token }
}

/// Tokens such as `<0x61>`, each of which stands for a byte.
enum ByteToken {
  /// The byte that a token stands for; nil for any other token.
  static func byte(of token: [UInt8]) -> UInt8? {
    guard token.count == 6, token.starts(with: Array("<0x".utf8)), token[5] == UInt8(ascii: ">") else { return nil }
    return UInt8(String(decoding: token[3..<5], as: UTF8.self), radix: 16)
  }

  /// The token of a byte.
  static func token(of byte: UInt8) -> [UInt8] { Array("<0x\([byte].hexadecimal.uppercased())>".utf8) }
}

/// Puts the bytes of tokens such as `<0x61>` together; U+FFFD for each where they are no valid UTF-8.
struct ByteFallbackDecoder: TokenDecoder {
  var json: JSONObject? { ["type": .string("ByteFallback")] }

  func decode(_ tokens: [[UInt8]]) -> [[UInt8]] {
    var result: [[UInt8]] = []
    var pending: [UInt8] = []
    func flush() {
      guard !pending.isEmpty else { return }
      if pending.withUnsafeBufferPointer({ firstInvalidUTF8(in: $0) }) == nil {
        result.append(pending)
      } else {
        result += repeatElement([0xEF, 0xBF, 0xBD], count: pending.count)
      }
      pending = []
    }
    for token in tokens {
      if let byte = ByteToken.byte(of: token) {
        pending.append(byte)
      } else {
        flush()
        result.append(token)
      }
    }
    flush()
    return result
  }
}
