import Core

/// Something to label, as a line of a JSON Lines file has it.
///
/// `id` (a string or whole number) may be missing. The content is `text`, for preferences `prompt` (may be missing) with
/// `a` and `b`, or with `chosen` and `rejected`. A model's view is in `prediction` (a value of the task), `scores` (a
/// number for each label, in an object by name or in a list in the project's order) and `uncertainty` (a number that
/// counts instead of what the scores say). `label`, `labels`, `entities`, `chosen` or `completion` is what was said
/// before. All other keys are kept and exported.
public struct LabellingItem: Sendable, Equatable {
  /// Its `id`, or the SHA-256 of its content where it has none.
  public var key: String
  /// All of the line.
  public var source: JSONObject
  /// The text, for preferences the prompt.
  public var text: String
  /// The two texts of a preference.
  public var sides: Sides?
  /// What was said before, such as the label in an existing data set.
  public var given: LabelValue?
  /// What a model says.
  public var prediction: LabelValue?
  /// The probabilities that a model gives, in the order of the project's labels; for preferences those of a and b.
  public var scores: [Double]?
  /// What the line says of the model's uncertainty itself.
  public var statedUncertainty: Double?

  /// The two texts of a preference.
  public struct Sides: Sendable, Equatable {
    /// The first text; the chosen one where there are `chosen` and `rejected`.
    public var a: String
    /// The second text.
    public var b: String

    package init(a: String, b: String) {
      self.a = a
      self.b = b
    }
  }

  /// Why a line is no item, in a few words that are the same for all of a kind.
  public struct Unfit: Error, Equatable {
    /// Why.
    public var reason: String

    package init(reason: String) { self.reason = reason }
  }

  /// A text with more bytes is refused: no browser shows it well.
  static let longestText = 2_000_000

  /// Reads a line.
  public init(_ line: JSONObject, project: LabellingProject) throws(Unfit) {
    source = line
    func string(_ key: String) throws(Unfit) -> String? {
      guard let value = line[key], value != .null else { return nil }
      guard let text = value.stringValue else { throw Unfit(reason: "\(key) is no string") }
      if text.utf8.count > Self.longestText { throw Unfit(reason: "\(key) is longer than 2 MB") }
      return text
    }
    if project.task == .preference {
      let prompt = try string("prompt")
      let other = try string("text")
      text = prompt ?? other ?? ""
      if let a = try string("a"), let b = try string("b") {
        sides = Sides(a: a, b: b)
      } else if let chosen = try string("chosen"), let rejected = try string("rejected") {
        sides = Sides(a: chosen, b: rejected)
        given = .choice(.a)
      } else {
        throw Unfit(reason: "no two texts (a and b, or chosen and rejected)")
      }
    } else {
      let found = try string("text")
      let prompt = project.task == .answer ? try string("prompt") : nil
      guard let text = found ?? prompt else { throw Unfit(reason: "no text") }
      if text.isEmpty { throw Unfit(reason: "an empty text") }
      self.text = text
    }
    if let key = try Self.key(ofLine: line) {
      self.key = key
    } else {
      let content = [project.task == .preference ? "pair" : "text", text, sides?.a ?? "", sides?.b ?? ""]
      key = "sha256:" + SHA256.hash(Array(JSONValue.array(content.map { .string($0) }).text().utf8)).hex
    }
    given = given ?? Self.given(line, project, text)
    prediction = line["prediction"].flatMap { try? LabelValue($0, project: project, text: text) }
    scores = line["scores"].flatMap { Self.scores($0, project) }
    statedUncertainty = line["uncertainty"]?.doubleValue
  }

  /// The key by the `id` of a line; nil where it has none.
  static func key(ofLine line: JSONObject) throws(Unfit) -> String? {
    switch line["id"] ?? .null {
    case .null: return nil
    case .string(let id) where !id.isEmpty && id.utf8.count <= 1000: return "id:" + id
    case .number(let digits) where Int(digits) != nil: return "id:" + digits
    default: throw Unfit(reason: "id is no string or whole number")
    }
  }

  /// Whether the content is the same, whatever a model says of it.
  func hasSameContent(as other: LabellingItem) -> Bool {
    func same(_ left: String, _ right: String) -> Bool { left.utf8.elementsEqual(right.utf8) }
    return same(text, other.text) && same(sides?.a ?? "", other.sides?.a ?? "")
      && same(sides?.b ?? "", other.sides?.b ?? "")
  }

  /// How little a model is sure, the larger the less; nil if no model says.
  public func uncertainty(_ order: LabellingProject.Order, task: LabellingProject.Task) -> Double? {
    if order == .file { return nil }
    if let statedUncertainty { return statedUncertainty }
    guard let scores else { return nil }
    if task == .multiLabel {
      // Each label is a question of its own with two answers.
      let each = scores.map {
        order == .entropy ? Uncertainty.entropy([$0, 1 - $0]) : Uncertainty.margin([$0, 1 - $0])
      }
      return each.isEmpty ? nil : each.reduce(0, +) / Double(each.count)
    }
    return order == .entropy ? Uncertainty.entropy(scores) : Uncertainty.margin(scores)
  }

  /// What a line says was said before, in the keys that data sets use.
  private static func given(_ line: JSONObject, _ project: LabellingProject, _ text: String) -> LabelValue? {
    let value: JSONValue?
    switch project.task {
    case .classification: value = line["label"]
    case .multiLabel: value = line["labels"]
    case .span: value = line["entities"]
    case .answer: value = line["completion"] ?? line["answer"]
    case .preference: value = nil
    }
    guard let value else { return nil }
    // Data sets write classes as numbers, too: their places in the list of labels.
    if project.task == .classification, let index = value.integerValue, project.labels.indices.contains(index) {
      return .label(project.labels[index].name)
    }
    return try? LabelValue(value, project: project, text: text)
  }

  private static func scores(_ value: JSONValue, _ project: LabellingProject) -> [Double]? {
    let names = project.task == .preference ? ["a", "b"] : project.labels.map(\.name)
    if names.isEmpty || project.task == .span { return nil }
    var scores: [Double] = []
    if let object = value.objectValue {
      for name in names { scores.append(object[name]?.doubleValue ?? (object[name] == nil ? 0 : .nan)) }
    } else if let list = value.arrayValue, list.count == names.count {
      scores = list.map { $0.doubleValue ?? .nan }
    }
    guard scores.count == names.count, scores.allSatisfy({ $0 >= 0 && $0 <= 1 }) else { return nil }
    if project.task == .multiLabel { return scores }
    let sum = scores.reduce(0, +)
    // Probabilities of which some are missing or rounded are scaled; what is far from 1 is something else.
    guard sum > 0.5, sum < 1.5 else { return nil }
    return scores.map { $0 / sum }
  }
}
