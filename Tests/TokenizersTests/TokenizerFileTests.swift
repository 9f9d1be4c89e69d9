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
    ("normalizer", #""normalizer":{"type":"BertNormalizer"},"#),
    ("pre_tokenizer", #""pre_tokenizer":{"type":"Metaspace","replacement":"_"},"#),
    ("post_processor", #""post_processor":{"type":"TemplateProcessing"},"#),
    ("decoder", #""decoder":{"type":"WordPiece"},"#),
    ("truncation", #""truncation":{"max_length":4},"#),
    ("padding", #""padding":{"pad_id":0},"#),
  ])
  func partsThatAreNotSupportedAreNamed(part: String, json: String) throws {
    let error = try #require(throws: MartletError.self) { try load(file(rest: json)) }
    #expect(error.code == .unsupported)
    #expect(error.message.contains(part))
  }

  @Test(arguments: [
    #"{"type":"Unigram","vocab":[]}"#, #"{"type":"BPE","vocab":{"a":0},"merges":[],"dropout":0.1}"#,
    #"{"type":"BPE","vocab":{"a":0},"merges":[],"byte_fallback":true}"#,
    #"{"type":"BPE","vocab":{"a":0},"merges":[],"end_of_word_suffix":"</w>"}"#,
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
    let originals = try names.map { try FileSystem.read(fixture("tokenizers/\($0).tokenizer.json"), limit: 1 << 20) }
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
