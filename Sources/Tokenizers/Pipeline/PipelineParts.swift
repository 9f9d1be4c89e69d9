import Core

/// The parts of `tokenizer.json` that can be read, by their types. A new part is a file of its own and a line here.
enum PipelineParts {
  /// Makes a part from its object in the file.
  typealias Reader<Part> = @Sendable (JSONFields) throws -> Part

  static let normalizers: [String: Reader<any Normalizer>] = [
    "NFC": { _ in FormNormalizer(.nfc) }, "NFD": { _ in FormNormalizer(.nfd) }, "NFKC": { _ in FormNormalizer(.nfkc) },
    "NFKD": { _ in FormNormalizer(.nfkd) }, "Lowercase": { _ in LowercaseNormalizer() },
    "StripAccents": { _ in StripAccentsNormalizer() }, "Nmt": { _ in NmtNormalizer() },
    "ByteLevel": { _ in ByteLevelNormalizer() },
    "Strip": { part in
      StripNormalizer(
        stripsLeft: try part.bool("strip_left", default: true), stripsRight: try part.bool("strip_right", default: true)
      )
    },
    "BertNormalizer": { part in
      var normalizer = BertNormalizer()
      normalizer.cleansText = try part.bool("clean_text", default: true)
      normalizer.handlesChineseCharacters = try part.bool("handle_chinese_chars", default: true)
      if let value = part.object["strip_accents"], value != .null {
        normalizer.stripsAccents = try part.bool("strip_accents")
      }
      normalizer.lowercases = try part.bool("lowercase", default: true)
      return normalizer
    },
    "Prepend": { part in PrependNormalizer(prefix: Array(try part.string("prepend").utf8)) },
    "Append": { part in AppendNormalizer(suffix: Array(try part.string("append").utf8)) },
    "Replace": { part in
      ReplaceNormalizer(pattern: try TextPattern(part, "pattern"), content: Array(try part.string("content").utf8))
    },
    "Precompiled": { part in
      guard let blob = Base64.decode(try part.string("precompiled_charsmap")) else {
        throw part.failure("precompiled_charsmap", mustBe: "Base64")
      }
      return PrecompiledNormalizer(map: try CharacterMap(blob, at: "\(part.file), key precompiled_charsmap"))
    },
    "Sequence": { part in
      SequenceNormalizer(parts: try sequence(part, "normalizers") { try make($0, "normalizer", normalizers) })
    },
  ]

  static let preTokenizers: [String: Reader<any PreTokenizer>] = [
    "BertPreTokenizer": { _ in BertPreTokenizer() }, "Whitespace": { _ in WhitespacePreTokenizer() },
    "WhitespaceSplit": { _ in WhitespaceSplitPreTokenizer() },
    "UnicodeScripts": { _ in UnicodeScriptsPreTokenizer() },
    "ByteLevel": { part in ByteLevelPreTokenizer(settings: try ByteLevelSettings(part)) },
    "Metaspace": { part in try MetaspacePreTokenizer(part) },
    "Digits": { part in
      DigitsPreTokenizer(isolatesDigits: try part.bool("individual_digits", default: false))
    },
    "Punctuation": { part in
      PunctuationPreTokenizer(behavior: try SplitBehavior(part, "behavior", default: .isolated))
    },
    "CharDelimiterSplit": { part in CharDelimiterPreTokenizer(delimiter: try part.scalar("delimiter")) },
    "FixedLength": { part in
      FixedLengthPreTokenizer(length: try part.integer("length", in: 1...1 << 30, default: 5))
    },
    "Split": { part in
      SplitPreTokenizer(
        pattern: try TextPattern(part, "pattern"), behavior: try SplitBehavior(part, "behavior"),
        isInverted: try part.bool("invert", default: false))
    },
    "Sequence": { part in
      SequencePreTokenizer(parts: try sequence(part, "pretokenizers") { try make($0, "pre_tokenizer", preTokenizers) })
    },
  ]

  static let models: [String: Reader<any TokenModel>] = [
    "BPE": { part in try BytePairEncoding(part) }, "WordPiece": { part in try WordPiece(part) },
    "Unigram": { part in try Unigram(part) }, "WordLevel": { part in try WordLevel(part) },
  ]

  static let postProcessors: [String: Reader<any PostProcessor>] = [
    "ByteLevel": { part in ByteLevelPostProcessor(settings: try ByteLevelSettings(part)) },
    "TemplateProcessing": { part in try TemplatePostProcessor(part) },
    "BertProcessing": { part in try BertPostProcessor(part) },
    "RobertaProcessing": { part in try RobertaPostProcessor(part) },
    "Sequence": { part in
      SequencePostProcessor(parts: try sequence(part, "processors") { try make($0, "post_processor", postProcessors) })
    },
  ]

  static let decoders: [String: Reader<any TokenDecoder>] = [
    "ByteLevel": { part in ByteLevelDecoder(settings: try ByteLevelSettings(part)) }, "Fuse": { _ in FuseDecoder() },
    "ByteFallback": { _ in ByteFallbackDecoder() },
    "Metaspace": { part in MetaspaceDecoder(metaspace: try MetaspacePreTokenizer(part)) },
    "WordPiece": { part in
      WordPieceDecoder(
        prefix: Array(try part.string("prefix", default: "##").utf8), cleansUp: try part.bool("cleanup", default: true))
    },
    "BPEDecoder": { part in BPEDecoder(suffix: Array(try part.string("suffix", default: "</w>").utf8)) },
    "Strip": { part in
      StripDecoder(
        content: try part.scalar("content"), start: try part.integer("start", in: 0...1 << 20),
        stop: try part.integer("stop", in: 0...1 << 20))
    },
    "Replace": { part in
      ReplaceDecoder(pattern: try TextPattern(part, "pattern"), content: Array(try part.string("content").utf8))
    },
    "CTC": { part in
      CTCDecoder(
        padding: Array(try part.string("pad_token", default: "<pad>").utf8),
        wordDelimiter: Array(try part.string("word_delimiter_token", default: "|").utf8),
        cleansUp: try part.bool("cleanup", default: true))
    },
    "Sequence": { part in
      SequenceDecoder(parts: try sequence(part, "decoders") { try make($0, "decoder", decoders) })
    },
  ]

  /// The parts of a sequence, which may be sequences: the nesting of JSON is bounded.
  private static func sequence<Part>(
    _ part: JSONFields, _ key: String, _ make: (JSONFields) throws -> Part
  ) throws -> [Part] {
    try part.objects(key).map(make)
  }

  private static func make<Part>(
    _ part: JSONFields, _ kind: String, _ table: [String: Reader<Part>], defaultType: String? = nil
  ) throws -> Part {
    let type = try part.string("type", default: defaultType)
    guard let reader = table[type] else {
      throw MartletError(
        .unsupported, "\(kind) type '\(type)' is not supported", at: part.file,
        remedy: "Supported: \(table.keys.sorted().joined(separator: ", ")).")
    }
    return try reader(part)
  }

  /// Reads the part under `key`, or nil where it is null or missing.
  static func read<Part>(
    _ key: String, of file: JSONFields, _ table: [String: Reader<Part>], defaultType: String? = nil
  ) throws -> Part? {
    guard let value = file.object[key], value != .null else { return nil }
    return try make(try file.fields(key), key, table, defaultType: defaultType)
  }
}

extension MetaspacePreTokenizer {
  /// Reads the part; older files say `add_prefix_space` for the scheme.
  init(_ part: JSONFields) throws {
    self.init()
    replacement = try part.scalar("replacement", default: replacement)
    let names = PrependScheme.allCases.map(\.rawValue)
    scheme = PrependScheme(rawValue: try part.string("prepend_scheme", choices: names, default: "always")) ?? .always
    if try part.bool("add_prefix_space", default: true) == false {
      guard scheme == .never || part.object["prepend_scheme"] == nil else {
        throw part.failure("add_prefix_space", mustBe: "what prepend_scheme says")
      }
      scheme = .never
    }
    splits = try part.bool("split", default: true)
  }
}

extension JSONFields {
  /// The error that the content of the file, or of this part of it, is wrong.
  func malformed(_ message: String) -> MartletError {
    MartletError(.malformedFile, message, at: file, remedy: "Write the file again with the program that made it.")
  }

  /// A string, or nil where the key is missing or null.
  ///
  /// Throws: `MartletError` if something else is there.
  func optionalString(_ key: String) throws -> String? {
    guard let value = object[key], value != .null else { return nil }
    return try string(key)
  }

  /// A string of one Unicode scalar.
  ///
  /// Throws: `MartletError` if something else is there.
  func scalar(_ key: String, default fallback: UInt32? = nil) throws -> UInt32 {
    if let fallback, object[key] == nil { return fallback }
    let scalars = try string(key).unicodeScalars
    guard let first = scalars.first, scalars.count == 1 else { throw failure(key, mustBe: "one character") }
    return first.value
  }

  /// Refuses a setting that the pipeline does not have, unless it is off.
  func requireOff(_ key: String) throws {
    switch object[key] {
    case nil, .null?, .bool(false)?: return
    case .string(let text)? where text.isEmpty: return
    case let value? where value.doubleValue == 0: return
    default:
      throw MartletError(
        .unsupported, "the setting '\(key)' is not supported", at: file,
        remedy: "Only files without it, or with it off, can be read.")
    }
  }
}
