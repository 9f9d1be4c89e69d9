import Core
import Curation
import Documents

// The steps that recipes can name, with their settings. docs/DATA.md explains them.
extension StepCatalog {
  static let makers: [Maker] = cleaning + quality + selection + [decontaminate, deduplicate, cutRepeatedParagraphs]

  private static let cleaning: [Maker] = [
    Maker(
      { RepairText() },
      [
        .bool("mojibake", \.repairsMojibake), .bool("controls", \.removesControls),
        .bool("invisible", \.removesInvisible), .bool("bidirectional_controls", \.removesBidirectionalControls),
        .bool("plain_spaces", \.plainSpaces), .bool("plain_line_ends", \.plainLineEnds),
        .limit("max_blank_lines", \.maximumBlankLines), .limit("max_undecodable", \.maximumUndecodable),
        .word("form", \.form), .word("full_width", \.fullWidth),
      ]),
    Maker(
      { IdentifyLanguage() },
      [
        .texts("keep", \.kept), .texts("drop", \.dropped), .number("min_confidence", \.minimumConfidence),
        .integer("min_length", \.minimumLength), .word("unknown", \.unknown),
      ]),
    Maker(
      { RemoveBoilerplate() },
      [
        .bool("repeated_lines", \.removesRepeatedLines), .bool("repeated_paragraphs", \.removesRepeatedParagraphs),
        .bool("notices", \.removesNotices), .bool("navigation", \.removesNavigation),
        .integer("min_navigation_run", \.minimumNavigationRun),
        .integer("max_navigation_length", \.maximumNavigationLength),
      ]),
    Maker(
      { ScrubPersonalData() },
      [
        .word("replace_by", \.replacement), .text("key", \.key), .limit("max_findings", \.maximumFindings),
        .bool("keep_reserved_addresses", \.keepsReservedAddresses),
      ]
    ) { step, options in
      if let names = try options.reader.texts("kinds") {
        let known = PersonalDataKind.allCases.map(\.rawValue)
        for name in names where !known.contains(name) {
          throw options.reader.wrong("kinds", mustBe: "some of \(known.joined(separator: ", "))")
        }
        step.kinds = Set(names.compactMap(PersonalDataKind.init(rawValue:)))
      }
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
    Maker(
      { C4Quality() },
      [
        .bool("require_terminal_punctuation", \.requiresTerminalPunctuation),
        .limit("min_sentences", \.minimumSentences), .limit("min_words_per_line", \.minimumWordsPerLine),
        .limit("max_word_length", \.maximumWordLength), .bool("remove_citations", \.removesCitations),
        .bool("drop_lorem_ipsum", \.dropsLoremIpsum), .bool("remove_javascript_lines", \.removesJavaScriptLines),
        .bool("drop_curly_brackets", \.dropsCurlyBrackets), .bool("remove_policy_lines", \.removesPolicyLines),
      ]
    ) { step, options in
      step.badWords = try options.file("bad_words") { try PhraseMatcher(file: $0) }
    },
  ]

  private static let selection: [Maker] = [
    Maker(
      { SelectLength() },
      [.word("unit", \.unit), .integer("min", \.minimum), .limit("max", \.maximum)]),
    Maker({ SampleFraction(1) }, [.number("fraction", \.fraction, in: 0...1)]) { $0.seed = $1.settings.seed },
    Maker({ BlockList() }, [.integer("min_phrases", \.minimumPhrases, in: 1...1_000_000)]) { step, options in
      step.addresses = try options.file("addresses") { try AddressMatcher(file: $0) }
      step.phrases = try options.file("phrases") { try PhraseMatcher(file: $0) }
    },
    Maker({ AllowList() }, [.integer("min_phrases", \.minimumPhrases, in: 1...1_000_000)]) { step, options in
      step.addresses = try options.file("addresses") { try AddressMatcher(file: $0) }
      step.phrases = try options.file("phrases") { try PhraseMatcher(file: $0) }
    },
  ]

  private static let deduplicate = Maker("deduplicate") { options in
    .deduplicate(
      try options.reader.read(
        [
          .number("threshold", \.threshold, in: 0...1), .integer("permutations", \.permutations, in: 8...1024),
          .integer("word_ngram", \.wordNGram, in: 1...32),
          .integer("character_ngram", \.characterNGram, in: 1...32),
        ], from: DuplicateSettings()))
  }

  private static let cutRepeatedParagraphs = Maker("cut_repeated_paragraphs") { options in
    .cutParagraphs(
      try options.reader.read(
        [
          .integer("max_occurrences", \.maximumOccurrences, in: 1...1 << 16), .bool("keep_first", \.keepsFirst),
          .integer("min_length", \.minimumLength, in: 0...1 << 20),
        ], from: ParagraphSettings()))
  }

  /// Evaluation sets are files as sources have them: each document is an item.
  private static let decontaminate = Maker(Decontamination.name) { options in
    let settings = try options.reader.read(
      [.integer("word_ngram", \.wordNGram, in: 1...64), .integer("character_ngram", \.characterNGram, in: 1...64)],
      from: DecontaminationSettings())
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
        for document in try format.extract(record).documents {
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
