import Core
import Curation
import Documents

// The steps that recipes can name, with their settings. docs/DATA.md explains them.
extension StepCatalog {
  static let makers: [Maker] = cleaning + quality + selection + [decontaminate, deduplicate, cutRepeatedParagraphs]

  private static let cleaning: [Maker] = [
    Maker(RepairText.name) { options in
      var step = RepairText()
      let settings: [StepSetting<RepairText>] = [
        .bool("mojibake", \.repairsMojibake), .bool("controls", \.removesControls),
        .bool("invisible", \.removesInvisible), .bool("bidirectional_controls", \.removesBidirectionalControls),
        .bool("plain_spaces", \.plainSpaces), .bool("plain_line_ends", \.plainLineEnds),
        .limit("max_blank_lines", \.maximumBlankLines), .limit("max_undecodable", \.maximumUndecodable),
      ]
      for setting in settings { try setting.apply(&options.reader, &step) }
      if let form = try options.reader.word("form", RepairText.Form.self) { step.form = form }
      if let width = try options.reader.word("full_width", RepairText.FullWidth.self) { step.fullWidth = width }
      return .step(step)
    },
    Maker(IdentifyLanguage.name) { options in
      var step = IdentifyLanguage(
        keeping: Set(try options.reader.texts("keep") ?? []), dropping: Set(try options.reader.texts("drop") ?? []))
      let settings: [StepSetting<IdentifyLanguage>] = [
        .number("min_confidence", \.minimumConfidence), .integer("min_length", \.minimumLength),
      ]
      for setting in settings { try setting.apply(&options.reader, &step) }
      if let policy = try options.reader.word("unknown", IdentifyLanguage.UnknownPolicy.self) { step.unknown = policy }
      return .step(step)
    },
    Maker(
      { RemoveBoilerplate() },
      [
        .bool("repeated_lines", \.removesRepeatedLines), .bool("repeated_paragraphs", \.removesRepeatedParagraphs),
        .bool("notices", \.removesNotices), .bool("navigation", \.removesNavigation),
        .integer("min_navigation_run", \.minimumNavigationRun),
        .integer("max_navigation_length", \.maximumNavigationLength),
      ]),
    Maker(ScrubPersonalData.name) { options in
      var step = ScrubPersonalData()
      if let names = try options.reader.texts("kinds") {
        let known = PersonalDataKind.allCases.map(\.rawValue)
        for name in names where !known.contains(name) {
          throw options.reader.wrong("kinds", mustBe: "some of \(known.joined(separator: ", "))")
        }
        step.kinds = Set(names.compactMap(PersonalDataKind.init(rawValue:)))
      }
      if let replacement = try options.reader.word("replace_by", ScrubPersonalData.Replacement.self) {
        step.replacement = replacement
      }
      if let key = try options.reader.text("key") { step.key = key }
      let settings: [StepSetting<ScrubPersonalData>] = [
        .limit("max_findings", \.maximumFindings), .bool("keep_reserved_addresses", \.keepsReservedAddresses),
      ]
      for setting in settings { try setting.apply(&options.reader, &step) }
      return .step(step)
    },
    Maker(ConvertChinese.name) { options in
      .step(try ConvertChinese(to: try options.reader.word("to", ConvertChinese.Target.self) ?? .simplified))
    },
  ]

  private static let quality: [Maker] = [
    Maker(
      { GopherQuality() },
      [
        .limit("min_words", \.minimumWords), .limit("max_words", \.maximumWords),
        .limit("min_mean_word_length", \.minimumMeanWordLength),
        .limit("max_mean_word_length", \.maximumMeanWordLength),
        .limit("max_symbol_ratio", \.maximumSymbolRatio), .limit("max_bullet_lines", \.maximumBulletLines),
        .limit("max_ellipsis_lines", \.maximumEllipsisLines), .limit("min_alphabetic_words", \.minimumAlphabeticWords),
        .limit("min_stop_words", \.minimumStopWords), .texts("stop_words", \.stopWords),
      ]),
    Maker(
      { GopherRepetition() },
      [
        .limit("max_duplicate_lines", \.maximumDuplicateLines),
        .limit("max_duplicate_paragraphs", \.maximumDuplicateParagraphs),
        .limit("max_duplicate_line_characters", \.maximumDuplicateLineCharacters),
        .limit("max_duplicate_paragraph_characters", \.maximumDuplicateParagraphCharacters),
      ]),
    Maker(
      { FineWebQuality() },
      [
        .limit("min_terminal_lines", \.minimumTerminalLines), .bool("allow_no_terminal_lines", \.allowsNoTerminalLines),
        .limit("max_short_lines", \.maximumShortLines), .integer("short_line_length", \.shortLineLength),
        .limit("max_duplicate_characters", \.maximumDuplicateCharacters),
        .limit("max_line_feeds_per_word", \.maximumLineFeedsPerWord),
      ]),
    Maker(
      { ChineseQuality() },
      [
        .limit("min_characters", \.minimumCharacters), .limit("max_characters", \.maximumCharacters),
        .limit("min_mean_line_length", \.minimumMeanLineLength), .limit("min_chinese", \.minimumChinese),
        .limit("min_sentences", \.minimumSentences), .limit("max_symbol_ratio", \.maximumSymbolRatio),
        .limit("max_bracketed", \.maximumBracketed), .limit("max_digits", \.maximumDigits),
        .limit("max_cut_lines", \.maximumCutLines), .limit("max_bullet_lines", \.maximumBulletLines),
        .bool("require_punctuation", \.requiresPunctuation),
        .limit("min_different_characters", \.minimumDifferentCharacters), .limit("min_entropy", \.minimumEntropy),
        .limit("max_duplicate_sentences", \.maximumDuplicateSentences),
        .limit("max_duplicate_sentence_characters", \.maximumDuplicateSentenceCharacters),
      ]),
    Maker(C4Quality.name) { options in
      var step = C4Quality()
      let settings: [StepSetting<C4Quality>] = [
        .bool("require_terminal_punctuation", \.requiresTerminalPunctuation),
        .limit("min_sentences", \.minimumSentences), .limit("min_words_per_line", \.minimumWordsPerLine),
        .limit("max_word_length", \.maximumWordLength), .bool("remove_citations", \.removesCitations),
        .bool("drop_lorem_ipsum", \.dropsLoremIpsum), .bool("remove_javascript_lines", \.removesJavaScriptLines),
        .bool("drop_curly_brackets", \.dropsCurlyBrackets), .bool("remove_policy_lines", \.removesPolicyLines),
      ]
      for setting in settings { try setting.apply(&options.reader, &step) }
      step.badWords = try options.file("bad_words") { try PhraseMatcher(file: $0) }
      return .step(step)
    },
  ]

  private static let selection: [Maker] = [
    Maker(SelectLength.name) { options in
      .step(
        SelectLength(
          try options.reader.word("unit", SelectLength.Unit.self) ?? .characters,
          minimum: try options.reader.integer("min") ?? 1, maximum: try options.reader.integer("max")))
    },
    Maker(SampleFraction.name) { options in
      .step(
        SampleFraction(try options.reader.number("fraction", in: 0...1) ?? 1, seed: options.settings.seed))
    },
    Maker(BlockList.name) { options in
      .step(
        BlockList(
          addresses: try options.file("addresses") { try AddressMatcher(file: $0) },
          phrases: try options.file("phrases") { try PhraseMatcher(file: $0) },
          minimumPhrases: try options.reader.integer("min_phrases", in: 1...1_000_000) ?? 1))
    },
    Maker(AllowList.name) { options in
      .step(
        AllowList(
          addresses: try options.file("addresses") { try AddressMatcher(file: $0) },
          phrases: try options.file("phrases") { try PhraseMatcher(file: $0) },
          minimumPhrases: try options.reader.integer("min_phrases", in: 1...1_000_000) ?? 1))
    },
  ]

  private static let deduplicate = Maker("deduplicate") { options in
    var duplicates = DuplicateSettings()
    if let threshold = try options.reader.number("threshold", in: 0...1) { duplicates.threshold = threshold }
    if let count = try options.reader.integer("permutations", in: 8...1024) { duplicates.permutations = count }
    if let size = try options.reader.integer("word_ngram", in: 1...32) { duplicates.wordNGram = size }
    if let size = try options.reader.integer("character_ngram", in: 1...32) { duplicates.characterNGram = size }
    return .deduplicate(duplicates)
  }

  private static let cutRepeatedParagraphs = Maker("cut_repeated_paragraphs") { options in
    var paragraphs = ParagraphSettings()
    if let most = try options.reader.integer("max_occurrences", in: 1...1 << 16) {
      paragraphs.maximumOccurrences = most
    }
    if let keeps = try options.reader.bool("keep_first") { paragraphs.keepsFirst = keeps }
    if let length = try options.reader.integer("min_length", in: 0...1 << 20) { paragraphs.minimumLength = length }
    return .cutParagraphs(paragraphs)
  }

  /// Evaluation sets are files as sources have them: each document is an item.
  private static let decontaminate = Maker(Decontamination.name) { options in
    var settings = DecontaminationSettings()
    if let size = try options.reader.integer("word_ngram", in: 1...64) { settings.wordNGram = size }
    if let size = try options.reader.integer("character_ngram", in: 1...64) { settings.characterNGram = size }
    let field = try options.reader.text("text") ?? "text"
    let action: Decontamination.Action =
      try options.reader.bool("cut") == true ? Decontamination.Action.cutAsGPT3 : .drop
    var items: [EvaluationItem] = []
    let folder = options.settings.folder
    _ = try options.files("against") { file in
      let source = CorpusSettings.Source(files: [file.name])
      let format = try SourceFormat(source, index: 0, file: file, folder: folder, .init(textField: field)).make()
      var reader = try format.reader(try file.open(), named: file.name)
      while let event = try reader.next() {
        guard case .record(let record) = event else { continue }
        for document in format.extract(record).documents {
          items.append(
            EvaluationItem(set: fileName(of: file.name), name: document.provenance.place, text: document.text))
        }
      }
    }
    if items.isEmpty, options.readsFiles {
      throw MartletError(
        .invalidArgument, "decontaminate has no evaluation sets", at: folder,
        remedy: "Write them as `decontaminate: {against: [test.jsonl]}`.")
    }
    return .step(Decontamination(try EvaluationIndex(items, settings), action: action))
  }
}
