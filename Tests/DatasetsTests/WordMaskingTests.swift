import Core
import Datasets
import TestSupport
import Testing
import Tokenizers

@Suite struct WordMaskingTests {
  private func tokenizer(_ style: String) throws -> Tokenizer {
    let json = try #require(try JSONFields(file: fixture("tokenizer_styles/\(style).json")).object["tokenizer"])
    return try Tokenizer(json: Array(json.text().utf8), name: "tokenizer.json")
  }

  private static let text = "The committee reconsidered all unreasonable applications, yesterday and the day before. "

  private func tokens(_ tokenizer: Tokenizer) throws -> [Int32] {
    let text = [String](repeating: Self.text, count: 6).joined()
    return try tokenizer.truncating(to: 1000).encodeForModel(Tokenizer.Input(text)).ids
  }

  @Test(arguments: ["bert_uncased", "roberta"], [false, true])
  func aShareOfTheTokensIsHiddenAndSpecialOnesAreNot(_ style: String, _ wholeWords: Bool) throws {
    let tokenizer = try tokenizer(style)
    let tokens = try tokens(tokenizer)
    let masking = try WordMasking(tokenizer, rate: 0.2, wholeWords: wholeWords)
    let text = tokens.count { !tokenizer.isSpecial($0) }
    #expect(tokens.count - text == 2)
    var places: Set<Int> = []
    for seed in 0..<50 {
      let (inputs, targets) = masking(tokens, key: RandomKey(seed: UInt64(seed)))
      let hidden = targets.indices.filter { targets[$0] >= 0 }
      places.formUnion(hidden)
      #expect(hidden.count <= masking.mostHidden(length: text))
      // Whole words may leave a token or two that no word is short enough for.
      #expect(hidden.count >= masking.mostHidden(length: text) - (wholeWords ? 3 : 0))
      for place in tokens.indices {
        #expect(targets[place] == -100 ? inputs[place] == tokens[place] : targets[place] == tokens[place])
      }
      #expect(hidden.allSatisfy { !tokenizer.isSpecial(tokens[$0]) })
      let again = masking(tokens, key: RandomKey(seed: UInt64(seed)))
      #expect(again.inputs == inputs && again.targets == targets)
    }
    // Every token that stands for text has its turn.
    #expect(places.count == text)
  }

  @Test func eightOfTenBecomeTheMaskAndOneAnyToken() throws {
    let tokenizer = try tokenizer("bert_uncased")
    let tokens = try tokens(tokenizer)
    let masking = try WordMasking(tokenizer, rate: 0.5)
    let mask = try #require(tokenizer.id(of: "[MASK]"))
    var (masked, kept, other, count) = (0, 0, 0, 0)
    for seed in 0..<400 {
      let (inputs, targets) = masking(tokens, key: RandomKey(seed: UInt64(seed)))
      for (input, target) in zip(inputs, targets) where target >= 0 {
        count += 1
        if input == mask { masked += 1 } else if input == target { kept += 1 } else { other += 1 }
        #expect(input == mask || !tokenizer.isSpecial(input))
      }
    }
    #expect(count > 20000)
    for (found, share) in [(masked, 0.8), (kept, 0.1), (other, 0.1)] {
      #expect(abs(Double(found) / Double(count) - share) < 0.01)
    }
  }

  @Test func wordsAreHiddenWhole() throws {
    let bert = try tokenizer("bert_uncased")
    let roberta = try tokenizer("roberta")
    let isContinued: [(Tokenizer, (String) -> Bool)] = [
      (bert, { $0.hasPrefix("##") }), (roberta, { !$0.hasPrefix("Ġ") && ($0.first?.isLetter ?? false) }),
    ]
    for (tokenizer, isContinued) in isContinued {
      let tokens = try tokens(tokenizer)
      let continues = try tokens.map { isContinued(try #require(tokenizer.token(of: $0))) && !tokenizer.isSpecial($0) }
      #expect(continues.contains(true))
      var split = 0
      for seed in 0..<50 {
        for wholeWords in [true, false] {
          let masking = try WordMasking(tokenizer, wholeWords: wholeWords)
          let targets = masking(tokens, key: RandomKey(seed: UInt64(seed))).targets
          let cut = (2..<tokens.count).count { continues[$0] && (targets[$0] >= 0) != (targets[$0 - 1] >= 0) }
          if wholeWords { #expect(cut == 0) } else { split += cut }
        }
      }
      #expect(split > 0)
    }
  }

  @Test func shortTextsAndUnknownTokensAreTaken() throws {
    let tokenizer = try tokenizer("bert_uncased")
    let masking = try WordMasking(tokenizer)
    #expect(masking([], key: RandomKey(seed: 1)).inputs.isEmpty)
    let marks = [tokenizer.id(of: "[CLS]"), tokenizer.id(of: "[SEP]")].compactMap { $0 } + [-5, .max]
    #expect(masking(marks, key: RandomKey(seed: 1)).inputs == marks)
    let one = try #require(tokenizer.id(of: "a"))
    #expect(masking([one], key: RandomKey(seed: 1)).targets == [one])
    #expect(throws: MartletError.self) { try WordMasking(tokenizer, rate: 0) }
    #expect(throws: MartletError.self) { try WordMasking(tokenizer, rate: .nan) }
    let gpt2 = try self.tokenizer("gpt2")
    #expect {
      _ = try WordMasking(gpt2)
    } throws: {
      ($0 as? MartletError)?.message == "the tokenizer has no token [MASK] or <mask>"
    }
  }
}
