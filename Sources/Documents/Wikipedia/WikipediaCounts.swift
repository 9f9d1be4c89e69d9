/// What happened to the markup of pages, in numbers.
public struct WikipediaCounts: Sendable, Equatable {
  /// Uses of templates whose text is built in: quotations, languages, dates, measures.
  public var templatesKnown = 0
  /// Uses of templates that were expanded with their text in the dump.
  public var templatesExpanded = 0
  /// Uses of templates that have no running text: references, boxes, notices, navigation.
  public var templatesWithoutText = 0
  /// Uses of templates that nothing is known of, which were dropped.
  public var templatesUnknown = 0
  /// Those by name, in lower case, for up to 10,000 names.
  public var unknownNames: [String: Int] = [:]
  /// Calls of modules (`#invoke`), which were dropped.
  public var modules = 0
  /// Uses of parser functions that are not carried out.
  public var functionsRefused = 0
  /// Templates that include themselves.
  public var loops = 0
  /// Braces that were left because a page nests or expands too much.
  public var overLimit = 0
  /// Braces without a counterpart.
  public var unbalancedBraces = 0
  /// Tables that were dropped.
  public var tables = 0
  /// Tables that nothing closes.
  public var unclosedTables = 0
  /// Sections that were dropped by their heading.
  public var sections = 0

  /// Nothing yet.
  public init() {}

  mutating func countUnknown(_ name: String) {
    templatesUnknown += 1
    if unknownNames[name] != nil || unknownNames.count < 10_000 { unknownNames[name, default: 0] += 1 }
  }

  /// Adds what happened to other pages.
  public mutating func add(_ other: WikipediaCounts) {
    templatesKnown += other.templatesKnown
    templatesExpanded += other.templatesExpanded
    templatesWithoutText += other.templatesWithoutText
    templatesUnknown += other.templatesUnknown
    for (name, count) in other.unknownNames where unknownNames[name] != nil || unknownNames.count < 10_000 {
      unknownNames[name, default: 0] += count
    }
    modules += other.modules
    functionsRefused += other.functionsRefused
    loops += other.loops
    overLimit += other.overLimit
    unbalancedBraces += other.unbalancedBraces
    tables += other.tables
    unclosedTables += other.unclosedTables
    sections += other.sections
  }
}
