import Core

/// GPT-2's writing of bytes as printable characters, which keeps `tokenizer.json` free of spaces and broken text.
///
/// Source: `bytes_to_unicode` of GPT-2: printable Latin-1 stands for itself, the rest follows from U+0100 on.
package enum ByteLevelAlphabet {
  /// The character of each byte.
  package static let characters: [UInt32] = {
    var result: [UInt32] = []
    var next: UInt32 = 0x100
    for byte in UInt32(0)..<256 {
      switch byte {
      case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF: result.append(byte)
      default:
        result.append(next)
        next += 1
      }
    }
    return result
  }()

  private static let bytes: [UInt32: UInt8] = {
    var result: [UInt32: UInt8] = [:]
    for (byte, character) in characters.enumerated() { result[character] = UInt8(byte) }
    return result
  }()

  /// Bytes written as characters, in UTF-8.
  package static func written(_ raw: some Sequence<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    for byte in raw { result.append(scalar: characters[Int(byte)]) }
    return result
  }

  /// The bytes that a token's characters stand for; nil where one of them stands for none.
  package static func bytes(of token: [UInt8]) -> [UInt8]? {
    guard let scalars = token.scalars else { return nil }
    var result: [UInt8] = []
    result.reserveCapacity(scalars.count)
    for scalar in scalars {
      guard let byte = bytes[scalar] else { return nil }
      result.append(byte)
    }
    return result
  }
}

/// The settings that ByteLevel's pre-tokenizer, post-processor and decoder all carry.
struct ByteLevelSettings: Sendable {
  /// Whether a space is put before text that has none.
  var addsPrefixSpace = true
  /// Whether white space at the ends of tokens does not belong to their places.
  var trimsOffsets = true
  /// Whether GPT-2's pattern splits the text.
  var usesPattern = true

  init(addsPrefixSpace: Bool = true, trimsOffsets: Bool = true, usesPattern: Bool = true) {
    self.addsPrefixSpace = addsPrefixSpace
    self.trimsOffsets = trimsOffsets
    self.usesPattern = usesPattern
  }

  init(_ part: JSONFields) throws {
    addsPrefixSpace = try part.bool("add_prefix_space", default: true)
    trimsOffsets = try part.bool("trim_offsets", default: true)
    usesPattern = try part.bool("use_regex", default: true)
  }

  var json: JSONObject {
    [
      "type": .string("ByteLevel"), "add_prefix_space": .bool(addsPrefixSpace), "trim_offsets": .bool(trimsOffsets),
      "use_regex": .bool(usesPattern),
    ]
  }
}
