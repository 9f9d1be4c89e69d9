import Core
import Curation

// The steps that recipes can name, with their settings. docs/DATA.md explains them.
extension StepCatalog {
  static let makers: [Maker] = quality + selection + [deduplicate]

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
}
