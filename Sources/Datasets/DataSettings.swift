import Core
import Tokenizers

/// What `martlet data` is to do: where the text is, how it becomes documents, tokens and a split.
public struct DataSettings: Sendable, Equatable {
  /// How a file holds documents.
  public enum Format: String, Sendable, CaseIterable {
    /// By the name: `.jsonl` and `.ndjson` are JSONL, everything else text.
    case automatic
    /// Plain text.
    case text
    /// One JSON object a line.
    case jsonl
  }

  /// Where a text file is divided into documents.
  public enum Division: Sendable, Equatable {
    /// Nowhere: a file is a document.
    case file
    /// At lines with nothing but white space.
    case blankLines
    /// At a string, which belongs to no document.
    case separator(String)
  }

  /// What becomes of a document with broken UTF-8.
  public enum InvalidUTF8: String, Sendable, CaseIterable {
    /// Each broken sequence becomes U+FFFD.
    case repair
    /// The document is left out.
    case drop
  }

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

  /// Files and folders; folders are searched for text and JSONL files.
  public var sources: [String]
  /// How the files hold documents.
  public var format = Format.automatic
  /// The key of the text in JSONL.
  public var textField = "text"
  /// Where text files are divided.
  public var division = Division.file
  /// What becomes of broken UTF-8.
  public var invalidUTF8 = InvalidUTF8.repair
  /// Where the tokenizer comes from.
  public var tokenizer: TokenizerChoice
  /// What stands between documents.
  public var endOfDocument = EndOfDocument.automatic
  /// How the validation set is chosen.
  public var split = Split.automatic
  /// Files and folders for validation; with them nothing of the sources is held out, whatever `split` says.
  public var validationSources: [String] = []
  /// Which part of the documents or tokens is for validation, from 0 to below 1.
  public var validationFraction = 0.1
  /// Decides which documents are for validation.
  public var seed: UInt64 = 0
  /// How many tokens a shard has at most.
  public var shardTokens = 1 << 25
  /// Longer lines and divided documents are left out.
  public var longestDocument = 64 << 20

  /// Settings with the usual values for the rest.
  public init(sources: [String], tokenizer: TokenizerChoice) {
    self.sources = sources
    self.tokenizer = tokenizer
  }

  /// Checks what can be checked without reading.
  ///
  /// Throws: `MartletError` that names the setting.
  public func validate() throws {
    func invalid(_ message: String, _ remedy: String) -> MartletError {
      MartletError(.invalidArgument, message, remedy: remedy)
    }
    guard !sources.isEmpty else { throw invalid("no data sources are given", "Name at least one file or folder.") }
    guard validationFraction >= 0, validationFraction < 1 else {
      throw invalid(
        "the validation fraction \(validationFraction) is not from 0 to below 1", "0.1 keeps a tenth for validation.")
    }
    guard shardTokens > 0, longestDocument > 0 else {
      throw invalid("the sizes of shards and documents must be at least 1", "Leave them out for the usual sizes.")
    }
    if case .separator(let text) = division, text.isEmpty {
      throw invalid("the separator between documents is empty", "Give the text that stands between two documents.")
    }
  }

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
      case .token(let token): .object(["token": .string(token)])
      }
    return [
      "sources": .array(sources.map { .string($0) }), "format": .string(format.rawValue),
      "text_field": .string(textField), "division": division, "invalid_utf8": .string(invalidUTF8.rawValue),
      "tokenizer": tokenizer, "end_of_document": end, "split": .string(split.rawValue),
      "validation_sources": .array(validationSources.map { .string($0) }),
      "validation_fraction": .double(validationFraction), "seed": .number(String(seed)),
      "shard_tokens": .integer(shardTokens), "longest_document": .integer(longestDocument),
    ]
  }
}
