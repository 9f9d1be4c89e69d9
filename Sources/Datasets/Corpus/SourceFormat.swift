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
  /// How the format wants the file's bytes.
  let bytes: Bytes

  /// How a format wants the bytes of a file.
  enum Bytes: Sendable {
    /// Decompressed.
    case decompressed
    /// As they lie there.
    case raw
    /// As lines of JSON that DuckDB's program makes of them.
    case parquet
  }

  /// What files are read by that say nothing else.
  struct Defaults: Sendable, Equatable {
    var textField = "text"
    var division = TextFormat.Division.file
    var rules = TextRules()

    /// All of it in one text, for hashes.
    var text: String { "\(textField) \(division) \(rules.brokenUTF8.rawValue) \(rules.longest)" }
  }

  init(
    _ name: String, otherFiles: [JSONValue] = [], isCheap: Bool = true, bytes: Bytes = .decompressed,
    make: @escaping @Sendable () throws -> any DocumentFormat
  ) {
    self.name = name
    self.otherFiles = otherFiles
    self.isCheap = isCheap
    self.bytes = bytes
    self.make = make
  }

  init(
    _ name: String, otherFiles: [JSONValue] = [], isCheap: Bool = true, bytes: Bytes = .decompressed,
    _ format: any DocumentFormat
  ) {
    self.init(name, otherFiles: otherFiles, isCheap: isCheap, bytes: bytes) { format }
  }

  /// The format that a source names, or that the name of the file tells.
  ///
  /// Throws: `MartletError` for an unknown name or setting.
  init(_ source: CorpusSettings.Source, index: Int, file: InputFile, folder: String, _ defaults: Defaults = .init())
    throws
  {
    let ending = InputFile.ending(of: file.name)
    let name = source.format ?? Self.makers.first { $0.endings.contains(ending) }?.name ?? "text"
    guard let maker = Self.makers.first(where: { $0.name == name }) else {
      let names = Self.makers.map(\.name)
      throw MartletError(
        .invalidArgument, "data.sources[\(index)].format: there is no format '\(name)'", at: file.name,
        remedy: nearestName(to: name, among: names).map { "Did you mean \($0)?" }
          ?? "There are: \(names.joined(separator: ", ")).")
    }
    var options = FormatOptions(
      reader: OptionReader(source.options, name: "data.sources[\(index)]", at: file.name), name: name, file: file,
      folder: folder, defaults: defaults)
    self = try maker.make(&options)
    // Files of several formats may share a source; a setting must then fit one of them.
    if source.format != nil { try options.reader.finish() }
  }

  /// The bytes of a file as the format wants them.
  ///
  /// Throws: `MartletError` if the file cannot be read.
  func open(_ file: InputFile) throws -> any ByteInput {
    switch bytes {
    case .decompressed: return try file.open()
    case .raw: return try file.openRaw()
    case .parquet:
      guard let path = file.path else { return try file.openRaw() }
      return try ParquetInput(path)
    }
  }

  /// A format that recipes can name, and the endings of files that are read by it where none is named.
  struct Maker: Sendable {
    let name: String
    let endings: [String]
    let make: @Sendable (inout FormatOptions) throws -> SourceFormat

    init(
      _ name: String, _ endings: [String] = [], _ make: @escaping @Sendable (inout FormatOptions) throws -> SourceFormat
    ) {
      self.name = name
      self.endings = endings
      self.make = make
    }
  }
}

/// The settings of a source while they are read.
struct FormatOptions {
  var reader: OptionReader
  let name: String
  let file: InputFile
  let folder: String
  let defaults: SourceFormat.Defaults

  mutating func rules() throws -> TextRules {
    try reader.read(
      [.word("invalid_utf8", \.brokenUTF8), .integer("longest_document", \.longest, in: 1...1 << 32)],
      from: defaults.rules)
  }

  /// The fields of a record: `text` is the name of one, or a template of several.
  mutating func fields() throws -> TextFields {
    let text = try reader.text("text") ?? defaults.textField
    var fields = TextFields(
      text: text.contains("{") ? try TextTemplate(parsing: text) : .field(FieldPath(text)))
    for name in try reader.texts("keep") ?? [] { fields.attributes[name] = FieldPath(name) }
    if let label = try reader.text("label") { fields.attributes["label"] = FieldPath(label) }
    fields.id = try reader.text("id").map { FieldPath($0) }
    fields.url = try reader.text("url").map { FieldPath($0) }
    fields.licence = try reader.text("licence_field").map { FieldPath($0) }
    fields.date = try reader.text("date").map { FieldPath($0) }
    return fields
  }

  /// Where the objects of a JSON file are.
  mutating func container() throws -> JSONFormat.Container {
    try reader.text("list").map { .member($0) } ?? .automatic
  }

  mutating func parallel() throws -> ParallelText {
    guard let source = try reader.text("source_language"), let target = try reader.text("target_language") else {
      throw reader.wrong("source_language", mustBe: "given together with target_language, as in `de` and `en`")
    }
    let quality = try reader.read(
      [.number("longest_ratio", \.longestRatio, in: 0...1000), .bool("refuse_same_text", \.refusesSameText)],
      from: ParallelQuality())
    return ParallelText(source: source, target: target, quality: quality, rules: try rules())
  }
}
