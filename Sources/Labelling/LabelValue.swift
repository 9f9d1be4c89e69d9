import Core

/// What somebody said of an item.
public enum LabelValue: Sendable, Hashable {
  /// One label, for classification.
  case label(String)
  /// Labels in the order of the project, for multi-label tasks; there may be none.
  case labels([String])
  /// Labelled parts of the text, sorted; there may be none.
  case spans([Span])
  /// The better one of two texts.
  case choice(Choice)
  /// A text.
  case answer(String)

  /// A labelled part of a text.
  public struct Span: Sendable, Hashable {
    /// Where it begins, in Unicode scalars from the start of the text.
    public var start: Int
    /// Where it ends: the first scalar after it.
    public var end: Int
    /// Its label.
    public var label: String

    /// A span.
    public init(start: Int, end: Int, label: String) {
      self.start = start
      self.end = end
      self.label = label
    }
  }

  /// Which of two texts is better.
  public enum Choice: String, Sendable, Hashable {
    /// The first.
    case a
    /// The second.
    case b
    /// Neither.
    case tie
  }

  /// Answers with more bytes are refused.
  static let longestAnswer = 100_000
  /// More spans in one text are refused.
  static let mostSpans = 10_000

  /// What is wrong with a value, in words for the person who sent it.
  struct Problem: Error, Equatable {
    var message: String
  }

  /// The value as JSON: a string, a list of strings, or a list of `{start, end, label}`. Values that mean the same give
  /// the same JSON.
  public var json: JSONValue {
    switch self {
    case .label(let name), .answer(let name): .string(name)
    case .labels(let names): .array(names.map { .string($0) })
    case .spans(let spans):
      .array(
        spans.map {
          .object(["start": .integer($0.start), "end": .integer($0.end), "label": .string($0.label)])
        })
    case .choice(let choice): .string(choice.rawValue)
    }
  }

  /// The value as it is stored.
  var stored: String { json.text() }

  /// Reads what was stored, or what an input file has: as `init(_:project:text:)`, but labels that the project no longer
  /// has are kept.
  init?(stored text: String, task: LabellingProject.Task) {
    guard let value = try? JSONValue(parsing: Array(text.utf8), name: "database") else { return nil }
    guard let read = try? Self.read(value, task) else { return nil }
    self = read
  }

  /// Checks what somebody sent.
  ///
  /// - Parameter text: the text of the item, for spans.
  init(_ value: JSONValue, project: LabellingProject, text: String) throws(Problem) {
    let read = try Self.read(value, project.task)
    let known = Dictionary(
      project.labels.enumerated().map { (ExactString($1.name), $0) }, uniquingKeysWith: { first, _ in first })
    func check(_ name: String) throws(Problem) {
      if known[ExactString(name)] == nil { throw Problem(message: "The project has no such label.") }
    }
    switch read {
    case .label(let name):
      try check(name)
      self = read
    case .labels(let names):
      for name in names { try check(name) }
      let sorted = names.sorted { known[ExactString($0)] ?? 0 < known[ExactString($1)] ?? 0 }
      if Set(names.map(ExactString.init)).count < names.count { throw Problem(message: "A label comes twice.") }
      self = .labels(sorted)
    case .spans(let spans):
      for span in spans { try check(span.label) }
      try Self.check(spans, allowsOverlap: project.allowsOverlap, length: text.unicodeScalars.count)
      self = read
    case .choice(.tie) where !project.allowsTie: throw Problem(message: "One of the two must be chosen.")
    case .choice: self = read
    case .answer(let answer):
      if answer.utf8.count > Self.longestAnswer { throw Problem(message: "The answer is too long.") }
      if answer.allSatisfy(\.isWhitespace) { throw Problem(message: "The answer is empty.") }
      self = read
    }
  }

  private static func check(_ spans: [Span], allowsOverlap: Bool, length: Int) throws(Problem) {
    var end = 0
    var previous: Span?
    for span in spans {
      guard span.start >= 0, span.start < span.end, span.end <= length else {
        throw Problem(message: "A span lies outside the text or is empty.")
      }
      if span == previous { throw Problem(message: "A span comes twice.") }
      if !allowsOverlap, span.start < end { throw Problem(message: "Two spans overlap.") }
      end = max(end, span.end)
      previous = span
    }
  }

  private static func read(_ value: JSONValue, _ task: LabellingProject.Task) throws(Problem) -> LabelValue {
    switch (task, value) {
    case (.classification, .string(let name)): return .label(name)
    case (.answer, .string(let text)): return .answer(text)
    case (.preference, .string(let name)):
      guard let choice = Choice(rawValue: name) else { throw Problem(message: "The choice must be a, b or tie.") }
      return .choice(choice)
    case (.multiLabel, .array(let elements)):
      if elements.count > 200 { throw Problem(message: "There are too many labels.") }
      var names: [String] = []
      for element in elements {
        guard let name = element.stringValue else { throw Problem(message: "Labels must be strings.") }
        names.append(name)
      }
      return .labels(names)
    case (.span, .array(let elements)):
      if elements.count > mostSpans { throw Problem(message: "There are too many spans.") }
      var spans: [Span] = []
      for element in elements {
        guard let object = element.objectValue, let start = object["start"]?.integerValue,
          let end = object["end"]?.integerValue, let label = object["label"]?.stringValue
        else { throw Problem(message: "A span needs start, end and label.") }
        spans.append(Span(start: start, end: end, label: label))
      }
      spans.sort { ($0.start, $0.end, $0.label) < ($1.start, $1.end, $1.label) }
      return .spans(spans)
    default: throw Problem(message: "The value does not fit the task \(task.rawValue).")
    }
  }
}
