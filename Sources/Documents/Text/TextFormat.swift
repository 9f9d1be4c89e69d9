import Core

/// Plain text and Markdown: an input is a document, or is divided at blank lines or at a string.
public struct TextFormat: DocumentFormat {
  /// Where an input is divided into documents.
  public enum Division: Sendable, Equatable {
    /// Nowhere: the input is a document.
    case file
    /// At lines with nothing but white space.
    case blankLines
    /// At a string of at least one byte, which belongs to no document.
    case separator(String)
  }

  /// Where an input is divided.
  public var division: Division
  /// Whether the YAML between lines of `---` at the start of a Markdown file is left out.
  public var dropsFrontMatter: Bool
  /// What becomes of broken, blank and long texts.
  public var rules: TextRules

  /// A format of text.
  public init(division: Division = .file, dropsFrontMatter: Bool = false, rules: TextRules = TextRules()) {
    self.division = division
    self.dropsFrontMatter = dropsFrontMatter
    self.rules = rules
  }

  /// A reader of the pieces; the input's first line is line 1.
  ///
  /// Throws: `MartletError` if the input cannot be read, or with code `invalidArgument` for an empty separator.
  public func reader(_ input: any ByteInput, named name: String) throws -> any RecordReader {
    var input = input
    var lines = 0
    if dropsFrontMatter { (input, lines) = try FrontMatter.drop(from: input) }
    switch division {
    case .file: return WholeReader(input, name: name, rules: rules)
    case .blankLines:
      return BlockReader(
        pieces: PieceReader(input, delimiter: [0x0A], limit: rules.longest, line: lines + 1), name: name,
        longest: rules.longest)
    case .separator(let text):
      if text.isEmpty {
        throw MartletError(
          .invalidArgument, "the text that separates documents is empty", remedy: "Give at least one character.")
      }
      return LineReader(
        input, name: name, delimiter: Array(text.utf8), limit: rules.longest, line: lines + 1, skipsBlank: false)
    }
  }

  /// The text of a piece.
  public func extract(_ record: Record) -> Extraction {
    rules.extraction(
      of: record.bytes, record.provenance, isPart: record.headers[WholeReader.partHeader] != nil,
      continues: record.headers[WholeReader.partHeader] == WholeReader.continues)
  }
}
