import Core
import CPUBackend
import Inference
import Layers
import Models
import TensorGraph
import TestSupport
import Testing
import Tokenizers

@Suite struct CachedModelTests {
  private func cached(_ backend: TestBackend, rows: Int = 1) throws -> CachedModel {
    let folder = try ModelFolder(fixture("gpt2"))
    return try CachedModel(
      folder.decoder(), parameters: folder.loadParameters(on: backend.backend), on: backend.backend, rowCount: rows)
  }

  /// The logits behind each token by the whole forward pass.
  private func full(_ tokens: [Int32], _ backend: TestBackend) throws -> [[Float]] {
    let folder = try ModelFolder(fixture("gpt2"))
    let program = try Trace.program { trace in
      let input = trace.input("tokens", TensorType([1, tokens.count], .i32))
      trace.output("logits", try folder.decoder().model(Scope(trace)).logits(input))
    }.optimized()
    let executable = try backend.backend.compile(program, states: folder.loadParameters(on: backend.backend))
    executable.input("tokens")?.write(tokens)
    try executable.run()
    let flat = try #require(executable.output("logits")?.read(as: Float.self))
    return tokens.indices.map { Array(flat[$0 * 61..<($0 + 1) * 61]) }
  }

  @Test(arguments: TestBackend.all) func logitsWithTheCacheAreThoseOfTheWholePass(_ backend: TestBackend) throws {
    let tokens = (0..<24).map { Int32($0 * 17 % 61) }
    let expected = try full(tokens, backend)
    // As one text, token by token, and in pieces of several lengths.
    for pieces in [[24], [Int](repeating: 1, count: 24), [3, 1, 12, 1, 7], [16, 8], [17, 7]] {
      let model = try cached(backend)
      var start = 0
      for piece in pieces {
        let logits = try model.read([Array(tokens[start..<start + piece])])[0]
        start += piece
        #expect(relativeDifference(logits, expected[start - 1]) < 1e-5, "\(pieces), token \(start)")
      }
      #expect(model.length == 24)
    }
  }

  @Test(arguments: TestBackend.all) func rowsDoNotSeeEachOtherNorEarlierTexts(_ backend: TestBackend) throws {
    let texts = [[5, 6, 7, 8, 9], [60, 0, 1, 2, 3], [9, 9, 9, 9, 9]] as [[Int32]]
    let model = try cached(backend, rows: 3)
    _ = try model.read([[Int32]](repeating: [Int32](repeating: 40, count: 20), count: 3))
    model.reset()
    _ = try model.read(texts.map { Array($0.prefix(2)) })
    let logits = try model.read(texts.map { Array($0.suffix(3)) })
    for (text, row) in zip(texts, logits) {
      #expect(relativeDifference(row, try #require(try full(text, backend).last)) < 1e-5)
    }
  }

  @Test(arguments: TestBackend.all) func greedyTextsAreThoseOfTransformers(_ backend: TestBackend) throws {
    let manifest = try JSONFields(file: fixture("gpt2/manifest.json")).fields("generation")
    func lists(_ key: String) throws -> [[Int32]] {
      try #require(manifest.object[key]?.arrayValue).map {
        ($0.arrayValue ?? []).compactMap(\.integerValue).map(Int32.init)
      }
    }
    let model = try cached(backend)
    let sampler = try Sampler(.greedy, key: RandomKey(seed: 0))
    for (prompt, expected) in zip(try lists("prompts"), try lists("greedy")) {
      model.reset()
      var (next, text) = (prompt, [Int32]())
      while text.count < expected.count {
        var logits = try model.read([next])[0]
        next = [try sampler.token(from: &logits, history: [], step: text.count)]
        text += next
      }
      #expect(text == expected)
    }
  }

  @Test func whatDoesNotFitIsRefused() throws {
    let model = try cached(TestBackend.all[0])
    func message(_ body: () throws -> Void) -> String? {
      do {
        try body()
        return nil
      } catch { return (error as? MartletError)?.message }
    }
    #expect(
      message { _ = try model.read([[61]]) } == "the token 61 is not in the model's vocabulary of 61")
    #expect(message { _ = try model.read([[-1]]) } == "the token -1 is not in the model's vocabulary of 61")
    #expect(message { _ = try model.read([[]]) } == "1 texts of one length, and not empty, are needed")
    #expect(
      message { _ = try model.read([[Int32](repeating: 0, count: 25)]) }
        == "sequences of 25 tokens are longer than the model's n_positions, 24")
    #expect(model.length == 0)
    let folder = try ModelFolder(fixture("gpt2"))
    #expect(
      message { _ = try CachedModel(folder.decoder(), parameters: [:], on: ReferenceBackend()) }
        == "the parameter 'transformer.wte.weight' has no values")
  }
}

@Suite struct GeneratorTests {
  /// A generator with a random model of 16 positions over the letters of `alphabet`.
  private func generator(rows: Int = 1, alphabet: String = "abcdefghij é", positions: Int = 16) throws -> Generator {
    var trainer = CharacterTrainer()
    trainer.add(alphabet)
    let tokenizer = try trainer.train()
    // More rows than tokens, as models whose vocabulary is padded have.
    let configuration = try GPT2Configuration(
      vocabularySize: tokenizer.vocabularySize + 5, positionCount: positions, hiddenSize: 8, layerCount: 1, headCount: 2
    )
    let backend = CPU(threads: 1)
    let parameters = try backend.makeParameters(configuration.parameters, key: RandomKey(seed: 3))
    return try Generator(
      CachedModel(configuration, parameters: parameters, on: backend, rowCount: rows), tokenizer)
  }

  @Test func textsStreamAsTheyAreReturned() throws {
    var shown = ["", "", ""]
    let results = try generator(rows: 2).generate(
      "abc", GenerationOptions(maxNewTokens: 30, seed: 4), samples: 3, onText: { shown[$0] += $1 })
    #expect(results.map(\.text) == shown)
    #expect(Set(shown).count == 3)
    for result in results {
      #expect(result.tokens.count == 30 && result.finishReason == .length)
      #expect(result.text.count + result.tokens.filter { $0 == 0 }.count == 30)
      #expect(result.tokens.allSatisfy { $0 < 13 })
    }
  }

  @Test func aSampleDependsOnTheSeedAndItsNumberAlone() throws {
    let options = GenerationOptions(maxNewTokens: 40, seed: 7)
    let all = try generator(rows: 3).generate("ab", options, samples: 5)
    #expect(try generator(rows: 1).generate("ab", options, samples: 5) == all)
    #expect(try generator(rows: 2).generate("ab", options, samples: 2) == Array(all.prefix(2)))
    let other = try generator().generate("ab", GenerationOptions(maxNewTokens: 40, seed: 8))
    #expect(other[0].text != all[0].text)
  }

  @Test func aFullContextSlidesOrStops() throws {
    let generator = try generator()
    let sliding = try generator.generate("abc", GenerationOptions(maxNewTokens: 50))[0]
    #expect(sliding.tokens.count == 50 && sliding.finishReason == .length)
    let stopping = try generator.generate("abc", GenerationOptions(maxNewTokens: 50, overflow: .stop))[0]
    // The 16th token is seen, and what follows it is still generated.
    #expect(stopping.tokens.count == 14 && stopping.finishReason == .contextFull)
    #expect(stopping.tokens == Array(sliding.tokens.prefix(14)))
    let long = String(repeating: "abcdefghij", count: 3)
    #expect(try generator.generate(long, GenerationOptions(maxNewTokens: 4))[0].droppedPromptTokens == 22)
    #expect {
      try generator.generate(long, GenerationOptions(maxNewTokens: 4, overflow: .stop))
    } throws: {
      ($0 as? MartletError)?.message == "the prompt has 30 tokens, the model's n_positions is 16"
    }
  }

  @Test func whatTheModelDoesNotSeeOfAPromptIsSaid() throws {
    let generator = try generator()
    #expect(generator.warnings(for: "abc") == [])
    let long = String(repeating: "abcdefghij", count: 3)
    let warnings = generator.warnings(for: long + "\u{1F600}ß\u{1F600}")
    #expect(warnings.count == 2)
    #expect(warnings[0] == "the tokenizer does not know \"\u{1F600}\", \"ß\": the model does not see these characters")
    #expect(warnings[1].hasSuffix("tokens, the model's n_positions is 16: the model sees only the last 8"))
    #expect(generator.warnings(for: long, GenerationOptions(overflow: .stop)) == [], "an error says it")
  }

  @Test func aSlidTextGoesOnAsAFreshOneWould() throws {
    let generator = try generator()
    let options = GenerationOptions(sampling: .greedy, maxNewTokens: 20)
    let whole = try generator.generate("abc", options)[0].tokens
    let start = Array(generator.tokenizer.encode("abc") + whole.prefix(14)).suffix(8)
    let rest = try generator.generate(Array(start), GenerationOptions(sampling: .greedy, maxNewTokens: 6))[0].tokens
    #expect(Array(whole.suffix(6)) == rest)
  }

  @Test func stopStringsAndEndTokensEndTexts() throws {
    let generator = try generator()
    let options = GenerationOptions(maxNewTokens: 60, seed: 1)
    let free = try generator.generate("abc", options)[0]
    let stop = String(free.text.dropFirst(10).prefix(2))
    let cut = try #require(free.text.range(of: stop))
    var stopping = options
    stopping.stopStrings = [stop]
    var shown = ""
    let stopped = try generator.generate("abc", stopping, onText: { shown += $1 })[0]
    #expect(stopped.text == String(free.text[..<cut.lowerBound]) && shown == stopped.text)
    #expect(stopped.finishReason == .stopString(stop))
    #expect(stopped.tokens == Array(free.tokens.prefix(stopped.tokens.count)))
    let end = free.tokens[12]
    let first = try #require(free.tokens.firstIndex(of: end))
    var ending = options
    ending.endTokens = [end]
    let ended = try generator.generate("abc", ending)[0]
    #expect(ended.finishReason == .endOfText && ended.tokens == Array(free.tokens.prefix(first + 1)))
  }

  @Test func emptyPromptsAndBadOptionsAreRefused() throws {
    let generator = try generator()
    #expect {
      try generator.generate("")
    } throws: {
      ($0 as? MartletError)?.message == "the prompt is empty, and the tokenizer has no token that begins a text"
    }
    #expect {
      try generator.generate("a", GenerationOptions(maxNewTokens: -1))
    } throws: {
      ($0 as? MartletError)?.message == "max_new_tokens must be 0 or more, found -1"
    }
    #expect {
      try generator.generate("a", GenerationOptions(sampling: SamplingOptions(topP: 2)))
    } throws: {
      ($0 as? MartletError)?.code == .invalidArgument
    }
    #expect(try generator.generate("a", GenerationOptions(maxNewTokens: 0))[0].text.isEmpty)
  }

  @Test func aTokenizerOfAnotherModelIsRefused() throws {
    var trainer = CharacterTrainer()
    trainer.add("abcdefghijklmnopqrstuvwxyz")
    let tokenizer = try trainer.train()
    let model = try generator().model
    #expect {
      try Generator(model, tokenizer)
    } throws: {
      ($0 as? MartletError)?.message == "the tokenizer has 27 tokens, the model knows 18"
    }
  }
}
