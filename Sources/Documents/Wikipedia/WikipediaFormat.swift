import Core
import Synchronization

/// How wikitext becomes text.
public struct WikitextSettings: Sendable, Equatable {
  /// What becomes of headings.
  public enum Headings: String, Sendable, CaseIterable {
    /// Lines that begin with number signs: "## History".
    case marked
    /// Plain lines.
    case plain
    /// They are left out.
    case dropped
  }

  /// What becomes of tables.
  public enum Tables: String, Sendable, CaseIterable {
    /// They are left out.
    case dropped
    /// A line for each row, with " | " between cells.
    case rows
  }

  /// What becomes of formulas.
  public enum Math: String, Sendable, CaseIterable {
    /// Their LaTeX source between dollar signs.
    case latex
    /// They are left out.
    case dropped
  }

  /// What becomes of headings; those of sections without text are always left out.
  public var headings: Headings
  /// What becomes of tables.
  public var tables: Tables
  /// What becomes of formulas.
  public var math: Math
  /// Whether program code that stands by itself is kept.
  public var keepsCode: Bool
  /// Whether the captions of pictures are kept, behind the paragraph that they are in.
  public var keepsCaptions: Bool
  /// Headings, in lower case, of sections that are left out with those within.
  public var droppedSections: Set<String>
  /// The variant of Chinese and other languages that is chosen where a text gives several: "zh-hans", "zh-tw", "sr-el".
  public var variant: String
  /// How many bytes of templates are looked at for a page, arguments included, before the rest is dropped.
  public var expansionLimit: Int

  /// Settings, each with what suits the training of language models.
  public init(
    headings: Headings = .marked, tables: Tables = .dropped, math: Math = .latex, keepsCode: Bool = true,
    keepsCaptions: Bool = false, droppedSections: Set<String> = WikitextSettings.apparatus, variant: String = "zh-hans",
    expansionLimit: Int = 32 << 20
  ) {
    self.headings = headings
    self.tables = tables
    self.math = math
    self.keepsCode = keepsCode
    self.keepsCaptions = keepsCaptions
    self.droppedSections = droppedSections
    self.variant = variant
    self.expansionLimit = expansionLimit
  }

  /// The headings of sections that list references and links.
  public static let apparatus: Set<String> = [
    "references", "external links", "see also", "further reading", "notes", "bibliography", "sources", "citations",
    "footnotes",
    "notes and references", "references and notes", "works cited", "footnotes and references", "general references",
    "reference",
    "external link", "notes and citations", "citations and references", "参考文献", "參考文獻", "参考资料", "參考資料", "外部链接", "外部連結",
    "參見", "参见",
    "参看", "相关条目", "相關條目", "注释", "註釋", "注解", "註解", "脚注", "腳註", "参考", "参考书目", "參考書目", "扩展阅读", "延伸阅读", "延伸閱讀", "引用", "来源",
    "來源", "资料来源", "資料來源", "einzelnachweise", "weblinks", "literatur", "siehe auch", "quellen", "notes et références",
    "liens externes", "voir aussi",
    "bibliographie", "références", "referencias", "enlaces externos", "véase también", "bibliografía", "脚注", "関連項目",
    "外部リンク", "出典",
  ]
}

/// Text of wikitext, and what was in the way.
package struct WikitextResult: Sendable {
  package var text: [UInt8]
  package var counts: WikipediaCounts
  package var isDisambiguation: Bool
}

/// Makes text of wikitext.
package struct WikitextReader: Sendable {
  private let settings: WikitextSettings
  private let templates: WikipediaTemplates?

  package init(_ settings: WikitextSettings = .init(), templates: WikipediaTemplates? = nil) {
    self.settings = settings
    self.templates = templates
  }

  /// The text of a page's wikitext.
  ///
  /// Complexity: linear in the wikitext, plus what templates of the dump expand to, which the settings bound.
  package func text(of wikitext: [UInt8], page: WikitextPage = .init()) -> WikitextResult {
    let cleaned = WikitextBytes.cleaned(wikitext)
    let expander = WikitextExpander(settings: settings, page: page, templates: templates)
    let expanded = expander.expand(cleaned)
    let renderer = WikitextRenderer(settings: settings, page: page)
    let text = renderer.render(expanded)
    var counts = expander.counts
    counts.add(renderer.counts)
    return WikitextResult(text: text, counts: counts, isDisambiguation: expander.isDisambiguation)
  }
}

/// Dumps of Wikipedia and other wikis: `pages-articles` XML, as dumps.wikimedia.org has it.
public struct WikipediaFormat: DocumentFormat {
  /// What of a dump becomes documents.
  public struct Settings: Sendable, Equatable {
    /// The numbers of namespaces whose pages are read; articles are 0.
    public var namespaces: Set<Int>
    /// Whether pages that only list the meanings of their title are left out.
    public var dropsDisambiguations: Bool
    /// How many characters a text must have.
    public var minimumLength: Int
    /// How many bytes of wikitext a page may have.
    public var maximumPageBytes: Int
    /// The licence of the texts.
    public var licence: String?
    /// How wikitext becomes text.
    public var wikitext: WikitextSettings

    /// Settings, each with what suits most dumps.
    public init(
      namespaces: Set<Int> = [0], dropsDisambiguations: Bool = true, minimumLength: Int = 1,
      maximumPageBytes: Int = 64 << 20, licence: String? = "CC-BY-SA-4.0", wikitext: WikitextSettings = .init()
    ) {
      self.namespaces = namespaces
      self.dropsDisambiguations = dropsDisambiguations
      self.minimumLength = minimumLength
      self.maximumPageBytes = maximumPageBytes
      self.licence = licence
      self.wikitext = wikitext
    }
  }

  /// What of a dump becomes documents.
  public let settings: Settings
  private let reader: WikitextReader
  private let total = Total()

  /// The counts of all records, which threads add to.
  private final class Total: Sendable {
    let counts = Mutex(WikipediaCounts())
  }

  /// A format.
  ///
  /// - Parameters:
  ///   - templates: the dump's templates, for those that are not built in; without them these are dropped.
  public init(_ settings: Settings = .init(), templates: WikipediaTemplates? = nil) {
    self.settings = settings
    reader = WikitextReader(settings.wikitext, templates: templates)
  }

  /// What happened to the markup of all records so far.
  public var counts: WikipediaCounts { total.counts.withLock { $0 } }

  /// A reader of a dump's pages.
  public func reader(_ input: any ByteInput, named name: String) -> any RecordReader {
    WikipediaReader(
      input, named: name,
      selection: .init(
        namespaces: settings.namespaces, maximumPageBytes: settings.maximumPageBytes, licence: settings.licence))
  }

  /// The text of a page.
  public func extract(_ record: Record) -> Extraction {
    let title = record.headers["title"] ?? ""
    func skip(_ reason: String) -> Extraction {
      Extraction(skips: [
        Skip(
          reason: reason, place: "\(record.provenance.input), \(record.provenance.place)",
          sample: String(title.prefix(200)))
      ])
    }
    guard record.bytes.count <= settings.maximumPageBytes else { return skip("page over the size limit") }
    let page = WikitextPage(
      title: title, language: record.headers["language"] ?? "", timestamp: record.headers["timestamp"] ?? "",
      namespaces: Self.namespaces(record.headers["namespaces"] ?? ""))
    let result = reader.text(of: record.bytes, page: page)
    total.counts.withLock { $0.add(result.counts) }
    if settings.dropsDisambiguations, result.isDisambiguation { return skip("disambiguation") }
    let text = String(decoding: result.text, as: UTF8.self)
    if text.isEmpty { return skip("no text") }
    if Self.length(result.text) < settings.minimumLength { return skip("shorter than the minimum") }
    var attributes: [String: JSONValue] = ["title": .string(title)]
    if let language = record.headers["language"], !language.isEmpty { attributes["language"] = .string(language) }
    return Extraction(documents: [Document(text: text, provenance: record.provenance, attributes: attributes)])
  }

  /// How many characters a text has: bytes that do not continue one.
  private static func length(_ text: [UInt8]) -> Int {
    var count = 0
    for byte in text { count &+= byte & 0xC0 != 0x80 ? 1 : 0 }
    return count
  }

  private static func namespaces(_ header: String) -> [Int: String] {
    var names: [Int: String] = [:]
    for row in header.split(separator: "\n") {
      guard let equals = row.firstIndex(of: "="), let number = Int(row[..<equals]) else { continue }
      names[number] = String(row[row.index(after: equals)...])
    }
    return names
  }
}
