import Core
import Foundation
import TestSupport
import Testing
import Tokenizers

@Suite struct TokenizerFileTests {
  private func load(_ json: String) throws -> Tokenizer { try Tokenizer(json: Array(json.utf8), name: "test.json") }

  private func file(
    model: String = #"{"type":"BPE","vocab":{"a":0,"b":1,"ab":2},"merges":[["a","b"]]}"#, added: String = "[]",
    rest: String = ""
  ) -> String {
    #"{"version":"1.0","added_tokens":\#(added),\#(rest)"model":\#(model)}"#
  }

  @Test func smallestFileLoads() throws {
    let tokenizer = try load(file())
    #expect(tokenizer.encode("abba") == [2, 1, 0])
    #expect(tokenizer.decode([2, 1, 0]) == "ab b a", "without a decoder the library puts spaces between tokens")
  }

  @Test func mergesMayBeStrings() throws {
    let model = ##"{"vocab":{"a":0,"b":1,"ab":2},"merges":["#version: 0.2","a b"]}"##
    #expect(try load(file(model: model)).encode("ab") == [2])
  }

  @Test(arguments: [
    ("normalizer", #""normalizer":{"type":"Nonsense"},"#),
    ("pre_tokenizer", #""pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Nonsense"}]},"#),
    ("post_processor", #""post_processor":{"type":"Nonsense"},"#), ("decoder", #""decoder":{"type":"Nonsense"},"#),
  ])
  func partsThatAreNotSupportedAreNamed(part: String, json: String) throws {
    let error = try #require(throws: MartletError.self) { try load(file(rest: json)) }
    #expect(error.code == .unsupported)
    #expect(error.message.contains(part))
  }

  @Test(arguments: [
    #"{"type":"Nonsense","vocab":[]}"#, #"{"type":"BPE","vocab":{"a":0},"merges":[],"dropout":0.1}"#,
  ])
  func modelsThatAreNotSupportedAreNamed(model: String) throws {
    let error = try #require(throws: MartletError.self) { try load(file(model: model)) }
    #expect(error.code == .unsupported)
    #expect(error.place == "test.json")
  }

  @Test(arguments: [
    (#"{"type":"BPE","vocab":{"a":2147483648},"merges":[]}"#, "2147483648"),
    (#"{"type":"BPE","vocab":{"a":2147483647},"merges":[]}"#, "far beyond"),
    (#"{"type":"BPE","vocab":{"a":-1},"merges":[]}"#, "-1"),
    (#"{"type":"BPE","vocab":{"a":1.5},"merges":[]}"#, "integer"),
    (#"{"type":"BPE","vocab":{"a":"1"},"merges":[]}"#, "integer"),
    (#"{"type":"BPE","vocab":{"a":99999999999999999999},"merges":[]}"#, "integer"),
    (#"{"type":"BPE","vocab":{"a":0,"b":0},"merges":[]}"#, "two tokens"),
    (#"{"type":"BPE","vocab":{"a":0,"a":1},"merges":[]}"#, "twice"),
    (#"{"type":"BPE","vocab":["a"],"merges":[]}"#, "vocab"),
    (#"{"type":"BPE","vocab":{"a":0}}"#, "merges"),
    (#"{"type":"BPE","vocab":{"a":0,"b":1},"merges":[["a","b"]]}"#, "'ab'"),
    (#"{"type":"BPE","vocab":{"a":0,"b":1},"merges":[["a","c"]]}"#, "'c'"),
    (#"{"type":"BPE","vocab":{"a":0},"merges":[["a"]]}"#, "merge 0"),
    (#"{"type":"BPE","vocab":{"a":0},"merges":["a"]}"#, "merge 0"),
    (#"{"type":"BPE","vocab":{"a":0},"merges":[7]}"#, "merge 0"),
    (#"{"type":"BPE","vocab":{"a":0},"merges":[],"unk_token":"u"}"#, "'u'"),
    (#"{"type":"BPE","vocab":{"a":0},"merges":[],"fuse_unk":3}"#, "fuse_unk"),
    (#"{"type":7,"vocab":{"a":0},"merges":[]}"#, "type"), ("7", "model"), ("null", "model"),
    (#"{"type":"Unigram","vocab":[["a"]]}"#, "token 0"), (#"{"type":"Unigram","vocab":[["a",1],["a",2]]}"#, "twice"),
    (#"{"type":"Unigram","vocab":[["a",1]],"unk_id":1}"#, "unk_id"), (#"{"type":"Unigram","vocab":{}}"#, "vocab"),
    (#"{"type":"Unigram","vocab":[["a","1"]]}"#, "token 0"), (#"{"type":"WordPiece","vocab":[]}"#, "vocab"),
    (#"{"type":"WordPiece","vocab":{"a":0},"max_input_chars_per_word":-1}"#, "max_input_chars_per_word"),
    (#"{"type":"WordLevel","vocab":{"a":0,"b":0}}"#, "two tokens"),
  ])
  func malformedModelsAreRefusedWithTheFault(model: String, word: String) throws {
    let error = try #require(throws: MartletError.self) { try load(file(model: model)) }
    #expect(error.code == .malformedFile)
    #expect(error.description.contains(word), "\(error)")
    #expect(error.description.contains("test.json"))
  }

  @Test(arguments: [
    #"[{"id":4294967296,"content":"x"}]"#, #"[{"id":-1,"content":"x"}]"#, #"[{"id":3}]"#, #"[{"content":"x"}]"#,
    #"[{"id":3,"content":""}]"#, #"[{"id":3,"content":"x"},{"id":3,"content":"y"}]"#, #"[7]"#, #"{}"#,
    #"[{"id":1,"content":"x"}]"#, #"[{"id":3,"content":"x","special":"yes"}]"#, #"[{"id":1000000,"content":"x"}]"#,
    #"[{"id":0,"content":"b"}]"#,
  ])
  func malformedAddedTokensAreRefused(added: String) throws {
    let error = try #require(throws: MartletError.self) { try load(file(added: added)) }
    #expect(error.code == .malformedFile)
    #expect(error.description.contains("added_tokens"))
  }

  @Test func endlessAddedTokenIsRefused() throws {
    let long = String(repeating: "x", count: 1025)
    #expect(throws: MartletError.self) { try load(file(added: #"[{"id":3,"content":"\#(long)"}]"#)) }
  }

  @Test(arguments: ["", "{", "[]", "null", "{}", #"{"model":{}}"#, "\u{0}", String(repeating: "[", count: 100_000)])
  func whatIsNoTokenizerFileIsRefused(text: String) throws {
    let error = try #require(throws: MartletError.self) { try load(text) }
    #expect(error.code == .malformedFile)
  }

  @Test(arguments: [
    (#""normalizer":{"type":"Replace","pattern":{"Regex":"(a"},"content":""},"#, "(a"),
    (#""normalizer":{"type":"Replace","pattern":{"Regex":"[z-a]"},"content":""},"#, "[z-a]"),
    (#""normalizer":{"type":"Replace","pattern":{},"content":""},"#, "Regex"),
    (#""normalizer":{"type":"Precompiled","precompiled_charsmap":"@"},"#, "Base64"),
    (#""normalizer":{"type":"Precompiled","precompiled_charsmap":"AAAA/w=="},"#, "only 4 bytes"),
    (#""normalizer":{"type":"Precompiled","precompiled_charsmap":"//8AAAAAAAAAAAAA"},"#, "trie"),
    (#""normalizer":{"type":"Sequence"},"#, "normalizers"),
    (#""pre_tokenizer":{"type":"Split","pattern":{"String":"a"},"behavior":"isolated"},"#, "behavior"),
    (#""pre_tokenizer":{"type":"CharDelimiterSplit","delimiter":"ab"},"#, "one character"),
    (#""pre_tokenizer":{"type":"FixedLength","length":0},"#, "length"),
    (#""pre_tokenizer":{"type":"Metaspace","replacement":""},"#, "replacement"),
    (#""post_processor":{"type":"TemplateProcessing","single":[],"pair":[],"special_tokens":{}},"#, "$A and $B"),
    (##""post_processor":{"type":"TemplateProcessing","single":["[C]"],"pair":[],"special_tokens":{}},"##, "[C]"),
    (#""post_processor":{"type":"BertProcessing","sep":["a",-1],"cls":["b",1]},"#, "sep"),
    (#""decoder":{"type":"Strip","content":" ","start":-1,"stop":0},"#, "start"),
    (#""truncation":{"max_length":-1},"#, "max_length"), (#""truncation":{"max_length":4,"stride":"x"},"#, "stride"),
    (#""padding":{"strategy":"Longest"},"#, "strategy"), (#""padding":{"strategy":{"Fixed":-1}},"#, "Fixed"),
  ])
  func malformedStagesAreRefusedWithTheFault(json: String, word: String) throws {
    let error = try #require(throws: MartletError.self) { try load(file(rest: json)) }
    #expect(error.code == .malformedFile)
    #expect(error.description.contains(word), "\(error)")
    #expect(error.description.contains("test.json"))
  }

  /// A pattern that backtracks without end gives up, and the text is still encoded whole.
  @Test func explosivePatternsEnd() throws {
    let split = #""pre_tokenizer":{"type":"Split","pattern":{"Regex":"(a+)+$"},"behavior":"Isolated","invert":false},"#
    let tokenizer = try load(file(rest: split))
    let text = String(repeating: "a", count: 3000) + "b"
    #expect(tokenizer.decode(tokenizer.encode(text)).filter { $0 != " " } == text)
  }

  @Test func truncationThatCannotBeDoneIsAnError() throws {
    let tokenizer = try load(file(rest: #""truncation":{"max_length":2,"stride":2},"#))
    #expect(throws: MartletError.self) { try tokenizer.encodeForModel(Tokenizer.Input("bababa")) }
    #expect(try tokenizer.encodeForModel(Tokenizer.Input("ba")).ids == [1, 0])
  }

  @Test func whatIsCutOffOverflows() throws {
    let tokenizer = try load(
      file(rest: #""truncation":{"max_length":3,"stride":1},"padding":{"strategy":{"Fixed":4},"pad_id":9},"#))
    let encoding = try tokenizer.encodeForModel(Tokenizer.Input("bbaab"))
    #expect(encoding.ids == [1, 1, 0, 9])
    #expect(encoding.overflowing.map(\.ids) == [[0, 2, 9, 9]])
    #expect(encoding.overflowing.first?.offsets.prefix(2) == [2..<3, 3..<5])
    #expect(encoding.attentionMask == [true, true, true, false])
    let batch = try tokenizer.encodeForModel([Tokenizer.Input("b"), Tokenizer.Input("bb")])
    #expect(batch.map(\.ids) == [[1, 9, 9, 9], [1, 1, 9, 9]])
  }

  @Test func brokenSentencePieceModelsAreRefused() throws {
    let whole = try FileSystem.read(fixture("tokenizer_styles/llama.model"), limit: 1 << 20)
    for count in [0, 1, 2, 5, whole.count / 2, whole.count - 1] {
      let error = try #require(throws: MartletError.self) {
        try Tokenizer(sentencePiece: Array(whole.prefix(count)), name: "cut.model")
      }
      #expect(error.description.contains("cut.model"))
    }
    var random = RandomStream(RandomKey(seed: 9))
    for _ in 0..<2000 {
      var bytes = whole
      for _ in 0..<3 {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      do {
        let tokenizer = try Tokenizer(sentencePiece: bytes, name: "mutated.model")
        _ = tokenizer.decode(tokenizer.encodeWithOffsets("The mill ﬁ 中 \u{3000} x").ids)
      } catch {
        #expect(error is MartletError)
      }
    }
  }

  @Test func tiktokenVocabulariesThatAreBrokenAreRefused() throws {
    for (text, word) in [
      ("IQ== 0\n!!", "line 2"), ("IQ== x", "line 1"), ("IQ== 0\nIg== 1", "2 tokens"), ("", "0 tokens"),
    ] {
      let error = try #require(throws: MartletError.self) {
        try Tokenizer(tiktoken: Array(text.utf8), name: "x.tiktoken")
      }
      #expect(error.description.contains(word), "\(error)")
    }
  }

  @Test func tekkenFilesLoad() throws {
    let vocabulary =
      (0..<256).map { byte -> String in
        #"{"rank":\#(byte),"token_bytes":"\#(Data([UInt8(byte)]).base64EncodedString())"}"#
      } + [#"{"rank":256,"token_bytes":"\#(Data("he".utf8).base64EncodedString())"}"#]
    let json = """
      {"config":{"pattern":"\\\\p{L}+|\\\\P{L}","default_vocab_size":260,"default_num_special_tokens":3},
      "vocab":[\(vocabulary.joined(separator: ","))]}
      """
    let tokenizer = try Tokenizer(tekken: Array(json.utf8), name: "tekken.json")
    #expect(tokenizer.encode("<s>hehe!") == [1, 259, 259, 3 + 0x21])
    #expect(tokenizer.decode(tokenizer.encode("hé🙂")) == "hé🙂")
    #expect(throws: MartletError.self) { try Tokenizer(tekken: Array("{}".utf8), name: "tekken.json") }
  }

  @Test func tokensThatLookAlikeStayApart() throws {
    let model = #"{"type":"BPE","vocab":{"\u00e9":0,"e":1,"\u0301":2,"e\u0301":3},"merges":[["e","\u0301"]]}"#
    let tokenizer = try load(file(model: model))
    #expect(tokenizer.encode("\u{E9}e\u{301}") == [0, 3])
    #expect(tokenizer.id(of: "\u{E9}") == 0 && tokenizer.id(of: "e\u{301}") == 3)
    #expect(try Tokenizer(json: tokenizer.json(), name: "again").encode("e\u{301}\u{E9}") == [3, 0])
  }

  @Test func rolesComeFromTheConfigBesideTheFile() throws {
    let tokenizer = try TokenizerTests.bytePair()
    try withTemporaryFolder { folder in
      try tokenizer.save(to: folder)
      let config = folder + "/tokenizer_config.json"
      try #"{"eos_token":{"content":"a"},"pad_token":"b","bos_token":null}"#.write(
        toFile: config, atomically: true, encoding: .utf8)
      let loaded = try Tokenizer.load(folder)
      #expect(loaded.roles == SpecialTokenRoles(endOfText: "a", padding: "b"))
      #expect(loaded.paddingID == loaded.id(of: "b"))
      try #"{"eos_token":7}"#.write(toFile: config, atomically: true, encoding: .utf8)
      let error = try #require(throws: MartletError.self) { try Tokenizer.load(folder) }
      #expect(error.description.contains("eos_token") && error.description.contains("tokenizer_config.json"))
    }
  }

  @Test func missingFileIsNamed() throws {
    let error = try #require(throws: MartletError.self) { try Tokenizer.load("/nowhere/tokenizer.json") }
    #expect(error.code == .notFound)
    #expect(error.description.contains("/nowhere/tokenizer.json"))
  }

  /// Bytes changed, cut out, doubled and swapped at random: an error or a tokenizer that works, never a trap.
  @Test(arguments: 0..<8)
  func mutatedFilesNeverCrash(seed: Int) throws {
    let names = ["bpe", "characters", "awkward"]
    let styles = ["llama2", "bert_template", "t5", "clip", "part_nmt", "decoder_sequence"]
    let originals =
      try names.map { try FileSystem.read(fixture("tokenizers/\($0).tokenizer.json"), limit: 1 << 20) }
      + styles.map { name in
        let file = try JSONValue(file: fixture("tokenizer_styles/\(name).json"))
        return Array(try #require(file.objectValue?["tokenizer"]).text().utf8)
      }
    let values = ["-1", "1e999", "2147483647", "4294967296", "null", "[]", "{}", "\"\"", "true", "\"\\ud800\""]
    var random = RandomStream(RandomKey(seed: UInt64(seed)))
    var loaded = 0
    for round in 0..<500 {
      var bytes = originals[round % originals.count]
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        let end = min(bytes.count, place + Int.random(in: 1...30, using: &random))
        switch Int.random(in: 0..<6, using: &random) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.removeSubrange(place..<end)
        case 2: bytes.insert(contentsOf: bytes[place..<end], at: place)
        case 3: bytes.replaceSubrange(place..<end, with: Array((values.randomElement(using: &random) ?? "").utf8))
        case 4: bytes.removeSubrange(place...)
        default:
          // A number becomes another: the ids of tokens are most of them.
          guard let digit = bytes[place...].firstIndex(where: { (0x30...0x39).contains($0) }) else { continue }
          bytes.replaceSubrange(digit...digit, with: Array((values.randomElement(using: &random) ?? "").utf8))
        }
        if bytes.isEmpty { bytes = [0x20] }
      }
      do {
        let tokenizer = try Tokenizer(json: bytes, name: "mutated")
        loaded += 1
        _ = tokenizer.decode(tokenizer.encodeWithOffsets("The river 桥长 <l> 🙂<|endoftext|>").ids)
        _ = tokenizer.json()
      } catch {
        #expect(error is MartletError)
      }
    }
    #expect(loaded > 0, "some mutations must reach the pipeline")
  }
}
