import Core

/// Decoders one after the other.
struct SequenceDecoder: TokenDecoder {
  let parts: [any TokenDecoder]

  var json: JSONObject? {
    ["type": .string("Sequence"), "decoders": .array(parts.compactMap { $0.json.map { .object($0) } })]
  }

  func decode(_ tokens: [[UInt8]]) -> [[UInt8]] { parts.reduce(tokens) { $1.decode($0) } }
}

/// Reads the visible character for spaces back; the one in front of the first token goes.
struct MetaspaceDecoder: TokenDecoder {
  var metaspace = MetaspacePreTokenizer()

  var json: JSONObject? { metaspace.json }

  func decode(_ tokens: [[UInt8]]) -> [[UInt8]] {
    var mark: [UInt8] = []
    mark.append(scalar: metaspace.replacement)
    return tokens.enumerated().map { index, token in
      token.replacing(mark, with: index == 0 && metaspace.scheme != .never ? [] : [0x20])
    }
  }
}

/// Joins the parts of words, and puts spaces between words.
struct WordPieceDecoder: TokenDecoder {
  var prefix: [UInt8] = Array("##".utf8)
  var cleansUp = true

  var json: JSONObject? {
    [
      "type": .string("WordPiece"), "prefix": .string(String(decoding: prefix, as: UTF8.self)),
      "cleanup": .bool(cleansUp),
    ]
  }

  func decode(_ tokens: [[UInt8]]) -> [[UInt8]] {
    tokens.enumerated().map { index, token in
      var token = token
      if index > 0 {
        if token.starts(with: prefix) { token.removeFirst(prefix.count) } else { token.insert(0x20, at: 0) }
      }
      return cleansUp ? WordPieceDecoder.cleanUp(token) : token
    }
  }

  private static let replacements: [([UInt8], [UInt8])] = [
    (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"),
    (" do not", " don't"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
  ].map { (Array($0.0.utf8), Array($0.1.utf8)) }

  /// Takes out the spaces that splitting has put before punctuation and abbreviations of English.
  static func cleanUp(_ text: [UInt8]) -> [UInt8] {
    guard text.contains(0x20) else { return text }
    return replacements.reduce(text) { $0.replacing($1.0, with: $1.1) }
  }
}

/// Turns the suffix that marks the ends of words into spaces.
struct BPEDecoder: TokenDecoder {
  var suffix: [UInt8] = Array("</w>".utf8)

  var json: JSONObject? {
    ["type": .string("BPEDecoder"), "suffix": .string(String(decoding: suffix, as: UTF8.self))]
  }

  func decode(_ tokens: [[UInt8]]) -> [[UInt8]] {
    tokens.enumerated().map { $1.replacing(suffix, with: $0 == tokens.count - 1 ? [] : [0x20]) }
  }
}

/// Takes up to so many of one character from the beginning and the end of each token.
struct StripDecoder: TokenDecoder {
  let content: UInt32
  let start: Int
  let stop: Int

  var json: JSONObject? {
    var text: [UInt8] = []
    text.append(scalar: content)
    return [
      "type": .string("Strip"), "content": .string(String(decoding: text, as: UTF8.self)), "start": .integer(start),
      "stop": .integer(stop),
    ]
  }

  func decode(_ tokens: [[UInt8]]) -> [[UInt8]] {
    var mark: [UInt8] = []
    mark.append(scalar: content)
    return tokens.map { token in
      var rest = token[...]
      for _ in 0..<start where rest.starts(with: mark) { rest = rest.dropFirst(mark.count) }
      for _ in 0..<stop where rest.count >= mark.count && rest.suffix(mark.count).elementsEqual(mark) {
        rest = rest.dropLast(mark.count)
      }
      return Array(rest)
    }
  }
}

/// Puts a text in the place of every match of a pattern.
struct ReplaceDecoder: TokenDecoder {
  let pattern: TextPattern
  let content: [UInt8]

  var json: JSONObject? { ReplaceNormalizer(pattern: pattern, content: content).json }

  func decode(_ tokens: [[UInt8]]) -> [[UInt8]] {
    tokens.map { token in
      if case .literal(let text) = pattern { return token.replacing(text, with: content) }
      var result: [UInt8] = []
      var done = 0
      token.withUnsafeBufferPointer { bytes in
        pattern.forEachMatch(in: bytes) { match in
          result += token[done..<match.lowerBound]
          result += content
          done = match.upperBound
        }
      }
      return result + token[done...]
    }
  }
}

/// Reads the output of connectionist temporal classification: repeats and padding go, a mark divides words.
struct CTCDecoder: TokenDecoder {
  var padding: [UInt8] = Array("<pad>".utf8)
  var wordDelimiter: [UInt8] = Array("|".utf8)
  var cleansUp = true

  var json: JSONObject? {
    [
      "type": .string("CTC"), "pad_token": .string(String(decoding: padding, as: UTF8.self)),
      "word_delimiter_token": .string(String(decoding: wordDelimiter, as: UTF8.self)), "cleanup": .bool(cleansUp),
    ]
  }

  func decode(_ tokens: [[UInt8]]) -> [[UInt8]] {
    var result: [[UInt8]] = []
    for (index, token) in tokens.enumerated() where index == 0 || token != tokens[index - 1] {
      var text = token.replacing(padding, with: [])
      if cleansUp { text = WordPieceDecoder.cleanUp(text).replacing(wordDelimiter, with: [0x20]) }
      if !text.isEmpty { result.append(text) }
    }
    return result
  }
}

extension [UInt8] {
  /// The bytes with every occurrence of `old` replaced, from left to right.
  fileprivate func replacing(_ old: [UInt8], with new: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    var done = 0
    withUnsafeBufferPointer { bytes in
      TextPattern.literal(old).forEachMatch(in: bytes) { match in
        result.append(contentsOf: bytes[done..<match.lowerBound])
        result += new
        done = match.upperBound
      }
    }
    return done == 0 ? self : result + self[done...]
  }
}
