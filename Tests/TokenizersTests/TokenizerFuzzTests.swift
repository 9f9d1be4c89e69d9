import Core
import Foundation
import TestSupport
import Testing
import Tokenizers

/// Changed tokenizer files are read or refused in words, and those that are read encode and decode in no time.
@Suite("Fuzzing of tokenizer files", .serialized) struct TokenizerFuzzTests {
  private static let text = "The 3rd café, 東京 and «naïve» \u{1F469}\u{200D}\u{1F4BB}\r\n\t don't—<s> [MASK] …\u{0} ok"

  /// A small model of each type, in the place of the thousands of tokens that the recorded ones have.
  private static let models = [
    #"{"type":"BPE","vocab":{"<unk>":0,"a":1,"b":2,"ab":3,"e":4,"t":5,"he":6,"h":7,"the":8,"<0x41>":9},"#
      + #""merges":[["a","b"],["h","e"],["t","he"]],"unk_token":"<unk>","byte_fallback":true,"ignore_merges":false}"#,
    ###"{"type":"WordPiece","vocab":{"[UNK]":0,"the":1,"##e":2,"caf":3,"##a":4,"t":5},"unk_token":"[UNK]","###
      + ###""continuing_subword_prefix":"##","max_input_chars_per_word":20}"###,
    #"{"type":"Unigram","vocab":[["<unk>",0.0],["t",-1.5],["he",-2.25],["▁the",-3.5],["a",-4.0]],"unk_id":0}"#,
    #"{"type":"WordLevel","vocab":{"<unk>":0,"The":1,"3rd":2,",":3},"unk_token":"<unk>"}"#,
  ]

  private static let words = [
    "{", "}", "[", "]", ",", ":", "null", "true", "false", "\"", "\\u0000", "\\ud83d", "-1", "0", "2147483648", "1e400",
    "\"Sequence\"", "\"ByteLevel\"", "\"Metaspace\"", "\"Split\"", "\"Replace\"", "\"pattern\":", "\"Regex\":",
    "\"(a*)*b\"", "\"(?=x)\"", "\"[\"", "\"String\":", "\"Precompiled\"", "\"TemplateProcessing\"", "\"type_id\":",
    "\"Strip\"", "\"Digits\"", "\"Punctuation\"", "\"behavior\":\"Isolated\"", "\"processors\":[]", "<unk>", "▁", "##",
  ]

  /// The recorded tokenizers with small models.
  private static func seeds() throws -> [[UInt8]] {
    try GoldenStyleTests.styles.enumerated().map { index, name in
      let file = try JSONValue(file: GoldenStyleTests.folder + "/" + name)
      var tokenizer = try #require(file.objectValue?["tokenizer"]?.objectValue)
      tokenizer["model"] = try JSONValue(parsing: Array(models[index % models.count].utf8), name: name)
      tokenizer["added_tokens"] = .array(Array((tokenizer["added_tokens"]?.arrayValue ?? []).prefix(2)))
      return Array(JSONValue.object(tokenizer).text().utf8)
    }
  }

  private func use(_ make: () throws -> Tokenizer) throws {
    do {
      let tokenizer = try make()
      let encoding = tokenizer.encodeWithOffsets(Self.text)
      let size = Self.text.utf8.count
      #expect(encoding.offsets.allSatisfy { $0.lowerBound >= 0 && $0.upperBound <= size })
      #expect(encoding.ids.allSatisfy { $0 >= 0 })
      _ = try tokenizer.encodeForModel(Tokenizer.Input(Self.text, pair: "two"))
      _ = tokenizer.decode(encoding.ids, skipsSpecialTokens: true)
    } catch let error as MartletError {
      #expect(!error.message.isEmpty)
    }
  }

  @Test("tokenizer.json") func json() throws {
    let seeds = try Self.seeds()
    #expect(seeds.count > 20)
    let (inputs, longest) = try fuzz("tokenizer.json", seeds: seeds, words: Self.words) { bytes in
      try use { try Tokenizer(json: bytes, name: "tokenizer.json") }
    }
    print("tokenizer.json: \(inputs) inputs, \(longest) s at most")
    #expect(longest < 2)
  }

  @Test("sentencepiece models") func sentencePiece() throws {
    let seeds = try GoldenStyleTests.models.map {
      try FileSystem.read(GoldenStyleTests.folder + "/" + $0, limit: 1 << 20)
    }
    let (inputs, longest) = try fuzz("sentencepiece", seeds: seeds, words: ["\u{FF}", "\u{0A}\u{02}", "▁", "<s>"]) {
      bytes in
      try use { try Tokenizer(sentencePiece: bytes, name: "tokenizer.model") }
    }
    print("sentencepiece: \(inputs) inputs, \(longest) s at most")
    #expect(longest < 2)
  }

  @Test("tekken.json") func tekken() throws {
    // Each byte is a token; then two longer ones.
    let tokens = (0..<256).map { [UInt8($0)] } + [Array("th".utf8), Array("the".utf8)]
    let vocabulary = tokens.enumerated().map { rank, bytes in
      #"{"rank":\#(rank),"token_bytes":"\#(Data(bytes).base64EncodedString())","token_str":null}"#
    }
    let seed =
      #"{"config":{"pattern":"\\p{L}+|\\p{N}|[^\\p{L}\\p{N}]+","num_vocab_tokens":258,"default_vocab_size":268,"#
      + #""default_num_special_tokens":10,"version":"v3"},"vocab":[\#(vocabulary.joined(separator: ","))]}"#
    let (inputs, longest) = try fuzz("tekken.json", seeds: [Array(seed.utf8)], words: Self.words) { bytes in
      try use { try Tokenizer(tekken: bytes, name: "tekken.json") }
    }
    print("tekken.json: \(inputs) inputs, \(longest) s at most")
    #expect(longest < 2)
  }
}
