import Core
import Documents

/// How the documents of a file are read: a format by its name, with what a recipe says of it.
package struct SourceFormat: Sendable {
  /// The name of the format.
  let name: String
  /// The SHA-256 of other files that decide what the documents are.
  let otherFiles: [JSONValue]
  /// Whether reading it again costs no more than reading what was made of it.
  let isCheap: Bool
  /// Makes the format; what takes long, such as a first pass over the file, is done here.
  let make: @Sendable () throws -> any DocumentFormat

  /// What files are read by that say nothing else.
  struct Defaults: Sendable, Equatable {
    var textField = "text"
    var division = TextFormat.Division.file
    var rules = TextRules()

    /// All of it in one text, for hashes.
    var text: String { "\(textField) \(division) \(rules.brokenUTF8.rawValue) \(rules.longest)" }
  }

  /// The formats by name, and the endings of files that are read by them.
  private static let endings: [String: [String]] = [
    "text": ["txt", "text"], "markdown": ["md", "markdown"], "json": ["jsonl", "ndjson", "json"],
    "html": ["html", "htm", "xhtml"],
  ]

  /// The format that a source names, or that the name of the file tells.
  ///
  /// Throws: `MartletError` for an unknown name or setting.
  init(_ source: CorpusSettings.Source, index: Int, file: InputFile, folder: String, _ defaults: Defaults = .init())
    throws
  {
    let ending = InputFile.ending(of: file.name)
    let name = source.format ?? Self.endings.first { $0.value.contains(ending) }?.key ?? "text"
    var options = OptionReader(source.options, name: "data.sources[\(index)]", at: file.name)
    switch name {
    case "text", "markdown":
      var format = TextFormat(division: defaults.division, rules: try Self.rules(&options, defaults))
      if let separator = try options.text("separator") { format.division = .separator(separator) }
      if try options.bool("divide_at_blank_lines") == true { format.division = .blankLines }
      if name == "markdown", try options.bool("drop_front_matter") ?? (source.format != nil) {
        format.dropsFrontMatter = true
      }
      self.init(name, isCheap: true, format)
    case "json":
      let rules = try Self.rules(&options, defaults)
      var container = JSONFormat.Container.automatic
      if let key = try options.text("list") { container = .member(key) }
      let fields = try Self.fields(&options, defaults)
      self.init(
        name, isCheap: true,
        JSONFormat(container: container, mapping: TextMapping(fields: fields, rules: rules), longest: rules.longest))
    case "html":
      var extractor = HTMLExtractor()
      if try options.bool("whole_body") == true { extractor.scope = .everything }
      self.init(name, isCheap: false, HTMLFormat(extractor: extractor))
    default:
      let near = nearestName(to: name, among: Self.endings.keys.sorted())
      throw MartletError(
        .invalidArgument, "data.sources[\(index)].format: there is no format '\(name)'", at: file.name,
        remedy: near.map { "Did you mean \($0)?" }
          ?? "There are: \(Self.endings.keys.sorted().joined(separator: ", ")).")
    }
    // Files of several formats may share a source; a setting must then fit one of them.
    if source.format != nil { try options.finish() }
  }

  private init(
    _ name: String, otherFiles: [JSONValue] = [], isCheap: Bool, _ format: any DocumentFormat
  ) {
    self.name = name
    self.otherFiles = otherFiles
    self.isCheap = isCheap
    make = { format }
  }

  private static func rules(_ options: inout OptionReader, _ defaults: Defaults) throws -> TextRules {
    var rules = defaults.rules
    if let broken = try options.word("invalid_utf8", TextRules.BrokenUTF8.self) { rules.brokenUTF8 = broken }
    if let longest = try options.integer("longest_document", in: 1...1 << 32) { rules.longest = longest }
    return rules
  }

  /// The fields of a record: `text` is the name of one, or a template of several.
  private static func fields(_ options: inout OptionReader, _ defaults: Defaults) throws -> TextFields {
    let text = try options.text("text") ?? defaults.textField
    var fields = TextFields(
      text: text.contains("{") ? try TextTemplate(parsing: text) : .field(FieldPath(text)))
    fields.attributes = try (options.texts("keep") ?? []).map { FieldPath($0) }
    fields.id = try options.text("id").map { FieldPath($0) }
    fields.url = try options.text("url").map { FieldPath($0) }
    fields.licence = try options.text("licence_field").map { FieldPath($0) }
    fields.date = try options.text("date").map { FieldPath($0) }
    return fields
  }
}
