import Core
import Documents

// The formats that recipes can name, with their settings. docs/DATA.md explains them.
extension SourceFormat {
  static let makers: [Maker] = texts + packed + tables + [chat] + translations + [captions, archive]

  private static let texts: [Maker] = [
    Maker("text", ["txt", "text"]) { try text(&$0, isMarkdown: false) },
    Maker("markdown", ["md", "markdown"]) { try text(&$0, isMarkdown: true) },
    Maker("json", ["jsonl", "ndjson", "json"]) { options in
      let rules = try options.rules()
      let container = try options.container()
      let mapping = TextMapping(fields: try options.fields(), rules: rules)
      return SourceFormat(
        options.name, JSONFormat(container: container, mapping: mapping, longest: rules.longest))
    },
    Maker("html", ["html", "htm", "xhtml"]) { options in
      SourceFormat(options.name, isCheap: false, HTMLFormat(extractor: try extractor(&options)))
    },
  ]

  private static func text(_ options: inout FormatOptions, isMarkdown: Bool) throws -> SourceFormat {
    var format = TextFormat(division: options.defaults.division, rules: try options.rules())
    if let separator = try options.reader.text("separator") { format.division = .separator(separator) }
    if try options.reader.bool("divide_at_blank_lines") == true { format.division = .blankLines }
    if isMarkdown { format.dropsFrontMatter = try options.reader.bool("drop_front_matter") ?? false }
    return SourceFormat(options.name, format)
  }

  private static func extractor(_ options: inout FormatOptions) throws -> HTMLExtractor {
    var extractor = HTMLExtractor()
    if try options.reader.bool("everything") == true { extractor.scope = .everything }
    if try options.reader.bool("markdown") == true { extractor.markup = .markdown }
    return extractor
  }

  private static let packed: [Maker] = [
    Maker("webarchive", ["warc", "wet", "arc"]) { options in
      let format = WebArchiveFormat(extractor: try extractor(&options), rules: try options.rules())
      return SourceFormat(options.name, isCheap: false, bytes: .raw, format)
    },
    Maker("wikipedia", ["xml"]) { options in
      let settings = try options.reader.read(
        [
          .bool("drop_disambiguations", \.dropsDisambiguations), .integer("min_length", \.minimumLength),
          .word("headings", \.wikitext.headings), .word("tables", \.wikitext.tables),
          .word("math", \.wikitext.math), .text("variant", \.wikitext.variant),
          .bool("keep_captions", \.wikitext.keepsCaptions),
        ], from: WikipediaFormat.Settings())
      let (file, usesTemplates) = (options.file, try options.reader.bool("templates") ?? true)
      return SourceFormat(options.name, isCheap: false) {
        // A first pass over the dump, for the templates that it has.
        WikipediaFormat(
          settings, templates: usesTemplates ? try WikipediaTemplates(try file.open(), named: file.name) : nil)
      }
    },
    Maker("epub", ["epub"]) { options in
      var format = try options.reader.read([.word("division", \.division)], from: EPUBFormat())
      if try options.reader.bool("markdown") == true { format.extractor.markup = .markdown }
      return SourceFormat(options.name, isCheap: false, bytes: .raw, format)
    },
  ]

  private static let tables: [Maker] = [
    Maker("csv", ["csv"]) { try table(&$0, nil) },
    Maker("tsv", ["tsv", "tab"]) { try table(&$0, .tabs) },
    Maker("parquet", ["parquet"]) { options in
      let rules = try options.rules()
      let mapping: any JSONMapping =
        try options.reader.bool("chat") == true
        ? ChatMapping(fields: try options.fields(), rules: rules)
        : TextMapping(fields: try options.fields(), rules: rules)
      return SourceFormat(
        options.name, isCheap: false, bytes: .parquet,
        JSONFormat(container: .lines, mapping: mapping, longest: rules.longest))
    },
  ]

  private static func table(_ options: inout FormatOptions, _ dialect: TableDialect?) throws -> SourceFormat {
    var dialect = dialect
    if let delimiter = try options.reader.text("delimiter") {
      guard delimiter.utf8.count == 1, let byte = delimiter.utf8.first else {
        throw options.reader.wrong("delimiter", mustBe: "one character of ASCII")
      }
      dialect = TableDialect(delimiter: byte, hasQuotes: byte != 0x09)
    }
    var header = TableFormat.Header.firstRow
    if let names = try options.reader.texts("columns") { header = .names(names) }
    if try options.reader.bool("header") == false, header == .firstRow { header = .none }
    return SourceFormat(
      options.name,
      TableFormat(dialect: dialect, header: header, fields: try options.fields(), rules: try options.rules()))
  }

  private static let chat = Maker("chat") { options in
    let rules = try options.rules()
    let container = try options.container()
    let mapping = ChatMapping(
      form: try options.reader.word("form", ChatMapping.Form.self) ?? .automatic,
      messagesField: try options.reader.text("messages"), systemPrompt: try options.reader.text("system"),
      fields: try options.fields(), rules: rules)
    return SourceFormat(options.name, JSONFormat(container: container, mapping: mapping, longest: rules.longest))
  }

  private static let translations: [Maker] = [
    // Pairs of lines of two files, lines with tabs, or JSON, by what the file is.
    Maker("translation") { options in
      let text = try options.parallel()
      let ending = InputFile.ending(of: options.file.name)
      if let target = try options.reader.text("target") {
        let path = resolvedPath(target, from: options.folder)
        guard let other = try InputFile.list([path]).first else {
          throw options.reader.wrong("target", mustBe: "the file with the translations")
        }
        let format = TwoFiles(format: ParallelFiles(text), target: other)
        return SourceFormat(
          options.name, otherFiles: [.string(try other.identity().sha256)], isCheap: false, format)
      }
      if ["json", "jsonl", "ndjson"].contains(ending) {
        let field = try options.reader.text("field") ?? "translation"
        let container = try options.container()
        return SourceFormat(
          options.name,
          JSONFormat(
            container: container, mapping: ParallelMapping(text, field: FieldPath(field)), longest: text.rules.longest))
      }
      return SourceFormat(
        options.name,
        ParallelTable(
          text, sourceColumn: try options.reader.integer("source_column", in: 1...1000) ?? 1,
          targetColumn: try options.reader.integer("target_column", in: 1...1000) ?? 2))
    },
    Maker("tmx", ["tmx"]) { options in
      SourceFormat(options.name, isCheap: false, TranslationMemory(try options.parallel()))
    },
  ]

  private static let captions = Maker("captions") { options in
    let images = try options.reader.text("images") ?? parentFolder(of: options.file.name)
    return SourceFormat(
      options.name, isCheap: false,
      CaptionFormat(
        folder: resolvedPath(images, from: options.folder),
        needsFiles: try options.reader.bool("need_files") ?? true,
        maximumPixels: try options.reader.integer("max_pixels", in: 1...1 << 40) ?? ImageDecoder().maximumPixels,
        rules: try options.rules()))
  }
}

extension SourceFormat {
  /// What files in archives are read by: formats that need nothing but a file's bytes.
  private static let archived: Set<String> = ["text", "markdown", "json", "html", "webarchive", "epub", "csv", "tsv"]

  private static let archive = Maker("archive", ["zip", "tar", "tgz", "tbz2", "txz", "tzst"]) { options in
    var members: [String: SourceFormat] = [:]
    for maker in makers where archived.contains(maker.name) {
      let format = try maker.make(&options)
      for ending in maker.endings { members[ending] = format }
    }
    let (file, formats) = (options.file, members)
    return SourceFormat(options.name, isCheap: false, bytes: .raw) { try ArchiveFormat(file, formats) }
  }
}

/// Pairs of lines of a source's file and another.
private struct TwoFiles: DocumentFormat {
  let format: ParallelFiles
  let target: InputFile

  func reader(_ input: any ByteInput, named name: String) throws -> any RecordReader {
    format.reader((input, name), (try target.open(), target.name))
  }

  func extract(_ record: Record) -> Extraction { format.extract(record) }
}
