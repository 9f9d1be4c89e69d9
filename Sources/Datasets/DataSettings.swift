import Core
import Documents
import Tokenizers

/// What `martlet data` is to do: where the text is, how it becomes documents, tokens and a split.
public struct DataSettings: Sendable, Equatable {
  /// Where the tokenizer comes from.
  public enum TokenizerChoice: Sendable, Equatable {
    /// From a `tokenizer.json` or a folder with one.
    case file(String)
    /// Every character of the documents is a token.
    case character
    /// Trained on the documents.
    case trained(TokenizerTrainer.Options)

    /// Byte-level BPE trained on the documents.
    public static func bytePair(vocabularySize: Int) -> TokenizerChoice {
      .trained(TokenizerTrainer.Options(vocabularySize: vocabularySize))
    }
  }

  /// What stands between documents.
  public enum EndOfDocument: Sendable, Equatable {
    /// The tokenizer's end-of-text token if it has one.
    case automatic
    /// Nothing.
    case none
    /// The token that the tokenizer puts behind a text for a model, as `[SEP]`, if it does.
    case markBehindText
    /// This token; a character-level tokenizer that is trained gets it as an added token.
    case token(String)
  }

  /// How the validation set is chosen.
  public enum Split: String, Sendable, CaseIterable {
    /// By document, or by tail where there are fewer than 10 documents.
    case automatic
    /// Each document goes to one side by its content and the seed.
    case document
    /// The last tokens are the validation set.
    case tail
  }

  /// Where the documents are from and what is done with them.
  public var corpus: CorpusSettings
  /// The key of the text in JSON.
  public var textField = "text"
  /// Where text files are divided.
  public var division = TextFormat.Division.file
  /// What becomes of broken and long texts.
  public var rules = TextRules()
  /// Where the tokenizer comes from.
  public var tokenizer: TokenizerChoice
  /// What stands between documents.
  public var endOfDocument = EndOfDocument.automatic
  /// How the validation set is chosen.
  public var split = Split.automatic
  /// What to validate on; with it nothing of the sources is held out, whatever `split` says.
  public var validationSources: [CorpusSettings.Source] = []
  /// Which part of the documents or tokens is for validation, from 0 to below 1.
  public var validationFraction = 0.1
  /// Decides which documents are for validation.
  public var seed: UInt64 = 0
  /// How documents become examples with a label each; nil where all text is one stream of tokens.
  public var examples: ExampleSettings?
  /// How many tokens a shard has at most.
  public var shardTokens = 1 << 25

  /// Settings with the usual values for the rest.
  public init(sources: [String], tokenizer: TokenizerChoice) {
    self.init(corpus: CorpusSettings(sources: sources.map { .init(files: [$0]) }), tokenizer: tokenizer)
  }

  /// Settings with the usual values for the rest.
  public init(corpus: CorpusSettings, tokenizer: TokenizerChoice) {
    self.corpus = corpus
    self.tokenizer = tokenizer
  }

  /// Checks what can be checked without reading.
  ///
  /// Throws: `MartletError` that names the setting.
  public func validate() throws {
    func invalid(_ message: String, _ remedy: String) -> MartletError {
      MartletError(.invalidArgument, message, remedy: remedy)
    }
    guard corpus.sources.contains(where: { !$0.files.isEmpty }) else {
      throw invalid("no data sources are given", "Name at least one file or folder.")
    }
    guard validationFraction >= 0, validationFraction < 1 else {
      throw invalid(
        "the validation fraction \(validationFraction) is not from 0 to below 1", "0.1 keeps a tenth for validation.")
    }
    guard shardTokens > 0 else {
      throw invalid("the size of shards must be at least 1", "Leave it out for the usual size.")
    }
    if case .separator(let text) = division, text.isEmpty {
      throw invalid("the separator between documents is empty", "Give the text that stands between two documents.")
    }
  }

  /// How files are read by sources that say nothing else.
  var defaults: SourceFormat.Defaults { .init(textField: textField, division: division, rules: rules) }

  /// The settings as the manifest has them.
  var json: JSONObject {
    let division: JSONValue =
      switch self.division {
      case .file: .string("file")
      case .blankLines: .string("blank_lines")
      case .separator(let text): .object(["separator": .string(text)])
      }
    let tokenizer: JSONValue =
      switch self.tokenizer {
      case .file(let path): .object(["file": .string(path)])
      case .character: .string("character")
      case .trained(let options) where options.algorithm == .byteLevelBytePair:
        .object(["byte_level_bpe": .integer(options.vocabularySize)])
      case .trained(let options):
        .object([
          "algorithm": .string(options.algorithm.rawValue), "vocabulary_size": .integer(options.vocabularySize),
          "lowercase": .bool(options.lowercases),
        ])
      }
    let end: JSONValue =
      switch endOfDocument {
      case .automatic: .string("automatic")
      case .none: .null
      case .markBehindText: .string("mark_behind_text")
      case .token(let token): .object(["token": .string(token)])
      }
    return [
      "corpus": .object(corpus.json), "text_field": .string(textField), "division": division,
      "invalid_utf8": .string(rules.brokenUTF8.rawValue),
      "tokenizer": tokenizer, "end_of_document": end, "split": .string(split.rawValue),
      "validation_sources": .array(validationSources.map { .object($0.json) }),
      "validation_fraction": .double(validationFraction), "seed": .number(String(seed)),
      "shard_tokens": .integer(shardTokens), "longest_document": .integer(rules.longest),
      "examples": examples.map { .object($0.json) } ?? .null,
    ]
  }
}
