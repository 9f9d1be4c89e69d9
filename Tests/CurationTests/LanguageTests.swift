import Core
import Curation
import Documents
import TestSupport
import Testing

private let samples: [(language: String, text: String)] = [
  ("en", "The house stands on a hill above the river, and from its windows one sees the whole town."),
  ("de", "Das Haus steht auf einem Hügel über dem Fluss, und von den Fenstern sieht man die ganze Stadt."),
  ("fr", "La maison se trouve sur une colline au-dessus de la rivière, et de ses fenêtres on voit toute la ville."),
  ("es", "La casa está en una colina sobre el río, y desde sus ventanas se ve toda la ciudad."),
  ("ru", "Дом стоит на холме над рекой, и из его окон виден весь город."),
  ("ja", "その家は川の上の丘に立っていて、窓から町全体が見えます。"),
  ("ko", "그 집은 강 위의 언덕에 서 있고, 창문에서 온 마을이 보입니다."),
  ("zh", "这座房子坐落在河边的小山上，从窗户可以看到整个城市，风景非常优美。"),
  ("zh-Hant", "這座房子坐落在河邊的小山上，從窗戶可以看到整個城市，風景非常優美。"),
  ("ar", "يقع البيت على تل فوق النهر، ومن نوافذه يرى المرء المدينة كلها."),
]

@Suite("Identification of languages")
struct LanguageTests {
  private func identified(_ step: IdentifyLanguage, _ text: String) -> (Document, Verdict, Counters) {
    var document = Document(text: text, provenance: Provenance(input: "", place: ""))
    var counters: Counters = [:]
    let verdict = step.apply(&document, &counters)
    return (document, verdict, counters)
  }

  @Test("Sentences in ten languages are known, simplified and traditional Chinese apart")
  func languages() {
    for sample in samples {
      let (document, verdict, counters) = identified(IdentifyLanguage(), sample.text)
      #expect(document.attributes["language"] == .string(sample.language), "\(sample.text)")
      #expect((document.attributes["language_confidence"]?.doubleValue ?? 0) > 0.8)
      #expect(verdict == .keep)
      #expect(counters == ["language \(sample.language)": 1])
    }
  }

  @Test("Lists keep and drop, and zh stands for both ways of writing")
  func lists() {
    func verdict(_ step: IdentifyLanguage, _ language: String) -> Verdict {
      identified(step, samples.first { $0.language == language }?.text ?? "").1
    }
    let keeping = IdentifyLanguage(keeping: ["en", "zh"])
    #expect(verdict(keeping, "en") == .keep)
    #expect(verdict(keeping, "zh") == .keep)
    #expect(verdict(keeping, "zh-Hant") == .keep)
    #expect(verdict(keeping, "de") == .drop(reason: "language de"))
    let dropping = IdentifyLanguage(keeping: ["zh"], dropping: ["zh-Hant"])
    #expect(verdict(dropping, "zh-Hant") == .drop(reason: "language zh-Hant"))
  }

  @Test("Short texts and numbers are of unknown language, which is kept or dropped as is asked")
  func unknown() {
    var step = IdentifyLanguage()
    for text in ["", "Hi", "12345 67890 12345 67890 12345 67890", "1 + 1 = 2"] {
      let (document, verdict, counters) = identified(step, text)
      #expect(document.attributes["language"] == .string("un"))
      #expect(verdict == .keep)
      #expect(counters == ["language unknown": 1])
    }
    step.unknown = .drop
    #expect(identified(step, "Hi").1 == .drop(reason: "language unknown"))
  }

  @Test("A text in two languages has less confidence than either needs")
  func mixed() {
    let text = (0..<20).map { samples[$0 % 2].text }.joined(separator: "\n")
    let (document, _, _) = identified(IdentifyLanguage(), text)
    #expect((document.attributes["language_confidence"]?.doubleValue ?? 1) < 0.75)
    var step = IdentifyLanguage()
    step.minimumConfidence = 0.9
    #expect(identified(step, text).0.attributes["language"] == .string("un"))
    step.minimumConfidences = ["en": 0.1, "de": 0.1]
    #expect(identified(step, text).0.attributes["language"] != .string("un"))
  }

  @Test("A long text is what most of it is, wherever that stands")
  func long() {
    let english = String(repeating: samples[0].text + "\n", count: 40)
    let russian = String(repeating: samples[4].text + "\n", count: 4000)
    let (document, _, _) = identified(IdentifyLanguage(), english + russian)
    #expect(document.attributes["language"] == .string("ru"))
  }
}

@Suite("Traditional and simplified Chinese")
struct ChineseTests {
  @Test("Conversion both ways gives what OpenCC gives")
  func golden() throws {
    let simplify = try ConvertChinese()
    let traditional = try ConvertChinese(to: .traditional)
    for item in try JSONValue(file: fixture("curation/chinese.json")).arrayValue ?? [] {
      let texts = item.arrayValue?.compactMap(\.stringValue) ?? []
      try #require(texts.count == 3)
      #expect(applied(simplify, texts[0], language: "zh") == texts[1])
      #expect(applied(traditional, texts[0], language: "zh") == texts[2])
    }
  }

  @Test("Japanese and other languages stay as they are, and the language follows the text")
  func languages() throws {
    let step = try ConvertChinese()
    let japanese = "漢字とかなで書かれた文章は變わらない。"
    #expect(applied(step, japanese) == japanese)
    var document = Document(text: "漢字", provenance: Provenance(input: "", place: ""))
    document.attributes["language"] = .string("zh-Hant")
    var counters: Counters = [:]
    #expect(step.apply(&document, &counters) == .keep)
    #expect(document.text == "汉字")
    #expect(document.attributes["language"] == .string("zh"))
    #expect(counters == ["characters converted": 1])
  }
}

@Suite("Rules for Chinese text")
struct ChineseQualityTests {
  private static let good = """
    清晨的阳光照进了院子，老人坐在门前的石凳上，慢慢地喝着一杯热茶。远处的山峦笼罩在薄雾之中，若隐若现。
    孩子们背着书包走过小桥，笑声在河面上回荡。河水清澈见底，几条小鱼在水草间游来游去，仿佛也在享受这宁静的时光。
    村口的大树已经有几百年的历史了，枝叶茂密，像一把巨大的绿伞。每到夏天，大家都喜欢在树下乘凉、聊天、下棋。
    中午时分，厨房里飘出饭菜的香味，母亲一边炒菜，一边叫家里的人准备吃饭。桌上摆着青菜、豆腐和刚从河里捕来的鱼。
    傍晚，太阳落到山的那一边，天空变成了金红色。人们从田里回来，脸上带着疲倦而满足的笑容，准备迎接新的一天。
    """

  @Test("Good text stays, and English is not judged")
  func keeps() {
    #expect(judged(ChineseQuality(), ChineseQualityTests.good).verdict == .keep)
    #expect(judged(ChineseQuality(), "Hello").verdict == .keep)
  }

  @Test("Each rule drops what breaks it, and only if it is on")
  func drops() {
    let good = ChineseQualityTests.good
    let lines = good.split(separator: "\n").map(String.init)
    let broken: [(text: String, reason: String, off: (inout ChineseQuality) -> Void)] = [
      (String(good.prefix(150)), "too few characters", { $0.minimumCharacters = nil }),
      (good.map { "\($0)" }.joined(separator: "\n"), "lines too short", { $0.minimumMeanLineLength = nil }),
      (good + String(repeating: " abcdefgh", count: 60), "too few Chinese characters", { $0.minimumChinese = nil }),
      (good.map { $0.isNewline ? "\n" : "\($0)#" }.joined(), "too many hashes", { $0.maximumSymbolRatio = nil }),
      (good.map { $0.isNewline ? "\n" : "\($0)…" }.joined(), "too many ellipses", { $0.maximumSymbolRatio = nil }),
      (good + "\n【" + lines[0] + lines[1] + "】", "too much in brackets", { $0.maximumBracketed = nil }),
      (good + (0..<150).map { "\($0 * 7919 % 1000)" }.joined(), "too many digits", { $0.maximumDigits = nil }),
      (good.filter { !"，。、\n".contains($0) }, "no punctuation", { $0.requiresPunctuation = false }),
      (lines.map { $0 + "更多" }.joined(separator: "\n"), "too many lines are cut short", { $0.maximumCutLines = nil }),
      (lines.map { "●" + $0 }.joined(separator: "\n"), "too many bullets", { $0.maximumBulletLines = nil }),
      (good + "\n" + good, "too many duplicate sentences", { $0.maximumDuplicateSentences = nil }),
    ]
    for (text, reason, off) in broken {
      #expect(judged(ChineseQuality(), text).verdict == .drop(reason: reason))
      var step = ChineseQuality()
      off(&step)
      #expect(judged(step, text).verdict != .drop(reason: reason), "\(reason)")
    }
  }

  @Test("Text that repeats itself is dropped by characters, entropy, sentences or sequences")
  func repetition() {
    var step = ChineseQuality()
    let text = String(repeating: "买买买，快来买！", count: 40)
    #expect(judged(step, text).verdict == .drop(reason: "too few different characters"))
    step.minimumDifferentCharacters = nil
    #expect(judged(step, text).verdict == .drop(reason: "too little entropy"))
    step.minimumEntropy = nil
    #expect(judged(step, text).verdict == .drop(reason: "too many duplicate sentences"))
    step.maximumDuplicateSentences = nil
    step.maximumDuplicateSentenceCharacters = nil
    guard case .drop(let reason) = judged(step, text).verdict else {
      Issue.record("sequences are not looked at")
      return
    }
    #expect(reason.hasPrefix("one sequence of"))
    step.topSequences = []
    #expect(judged(step, text).verdict == .drop(reason: "too many duplicate sequences of 5 characters"))
    step.duplicateSequences = []
    #expect(judged(step, text).verdict == .drop(reason: "too many repeated sequences of 13 characters"))
    step.repeatedPlaces = nil
    #expect(judged(step, text).verdict == .keep)
  }

  @Test("C4's rules keep Chinese sentences and take out what is none")
  func lines() {
    var step = C4Quality()
    step.minimumSentences = 2
    let text = "首页\n他说：“明天再来吧。”\n今天天气很好……\n更多精彩内容\n真的吗？\nHome\n短。"
    #expect(applied(step, text) == "他说：“明天再来吧。”\n今天天气很好……\n真的吗？")
  }
}

@Suite("Boilerplate")
struct BoilerplateTests {
  private let body = "The river rose in the night, and by morning the lower meadows lay under water."

  @Test("Notices, menus and repeated lines go and are counted")
  func removes() {
    let text = """
      Home | News | Sport | Weather | Contact
      \(body)
      We use cookies to improve your experience.

      \(body)
      Products
      About us
      Careers
      Press
      Help
      The farmers moved their cattle to the hill.
      版权所有，未经授权不得转载
      """
    let (verdict, counters) = judged(RemoveBoilerplate(), text)
    #expect(verdict == .keep)
    #expect(
      counters == ["navigation lines": 6, "notices": 2, "repeated lines": 1])
    #expect(applied(RemoveBoilerplate(), text) == "\(body)\n\nThe farmers moved their cattle to the hill.")
  }

  @Test("Text that only mentions such things, poems, tables and code stay")
  func keeps() {
    let texts = [
      "\(body) The law on the privacy policy of companies that ask readers to accept cookies was debated for three "
        + "years, and when it was passed nobody was content with what had become of it in the end.",
      "Shall I compare thee to a summer’s day?\nThou art more lovely,\nand more temperate:\nRough winds do shake,\nthe buds.",
      "| a | b | c | d |\n| 1 | 2 | 3 | 4 |", "if (a) {\n}\nif (b) {\n}\nif (c) {\n}",
      "La la la!\nLa la la!\nLa la la!",
    ]
    for text in texts { #expect(applied(RemoveBoilerplate(), text) == text) }
  }

  @Test("A repeated paragraph goes as a whole")
  func paragraphs() {
    let verse = "Row, row,\nrow your boat!"
    #expect(
      applied(RemoveBoilerplate(), "\(verse)\n\n\(body)\n\n\(verse)\n\nEnd of it.")
        == "\(verse)\n\n\(body)\n\nEnd of it.")
  }

  @Test("A document of nothing else is dropped, an empty one is not its concern")
  func nothingLeft() {
    #expect(
      judged(RemoveBoilerplate(), "All rights reserved\nSubscribe now").verdict == .drop(reason: "only boilerplate"))
    #expect(judged(RemoveBoilerplate(), "").verdict == .keep)
  }

  @Test("Every kind can be switched off")
  func switchedOff() {
    var step = RemoveBoilerplate()
    step.removesNotices = false
    step.removesNavigation = false
    step.removesRepeatedLines = false
    step.removesRepeatedParagraphs = false
    let text = "A | B | C | D | E\nread more\n\(body)\n\(body)"
    #expect(applied(step, text) == text)
  }
}
