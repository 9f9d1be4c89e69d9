import Core

extension LabellingStore {
  /// What the judgements of an item come to.
  public enum Outcome: Sendable, Equatable {
    /// What a reviewer decided.
    case decided(LabelValue)
    /// What all said.
    case agreed(LabelValue)
    /// What more than half said.
    case majority(LabelValue)
    /// Nobody judged it.
    case open
    /// No value has more than half.
    case disputed

    /// The value, if there is one.
    public var value: LabelValue? {
      switch self {
      case .decided(let value), .agreed(let value), .majority(let value): value
      case .open, .disputed: nil
      }
    }

    /// The word for it in exported files.
    public var name: String {
      switch self {
      case .decided: "decision"
      case .agreed: "agreed"
      case .majority: "majority"
      case .open: "open"
      case .disputed: "disputed"
      }
    }
  }

  /// An item with all that is known of it.
  public struct Result: Sendable, Equatable {
    /// Its number in the database.
    public var id: Int
    /// The item.
    public var item: LabellingItem
    /// What each person said.
    public var judgements: [Judgement]
    /// What a reviewer decided.
    public var decision: Judgement?
    /// What it comes to.
    public var outcome: Outcome
  }

  /// Calls `body` with every item, in the order in which they came in. The database may change meanwhile.
  ///
  /// Throws: `MartletError` with code `inputOutput`, or what `body` throws.
  public func forEachResult(_ body: (Result) throws -> Void) throws {
    var last = 0
    while true {
      // In pieces, so that others are not kept waiting.
      let results = try withDatabase { database in
        var rows: [(id: Int, source: String, isTouched: Bool)] = []
        try database.run(
          "SELECT id, source, judged + decided FROM items WHERE id > ? ORDER BY id LIMIT 500", [.integer(last)]
        ) { rows.append(($0.integer(0), $0.text(1), $0.integer(2) > 0)) }
        last = rows.last?.id ?? -1
        return try rows.compactMap { id, source, isTouched -> Result? in
          guard let item = Self.item(source, project) else { return nil }
          // Most items of a large project are untouched for long.
          let judgements = isTouched ? try judgements(database, of: id) : []
          let decision = isTouched ? try decision(database, of: id) : nil
          return Result(
            id: id, item: item, judgements: judgements, decision: decision,
            outcome: Self.outcome(judgements.map(\.value), decision?.value, task: project.task))
        }
      }
      if last < 0 { return }
      for result in results { try body(result) }
    }
  }

  /// What judgements come to. Labels of multi-label tasks and spans are counted one by one; a set that has none with
  /// more than half is empty.
  static func outcome(_ values: [LabelValue], _ decision: LabelValue?, task: LabellingProject.Task) -> Outcome {
    if let decision { return .decided(decision) }
    guard let first = values.first else { return .open }
    if values.allSatisfy({ $0.stored == first.stored }) { return .agreed(first) }
    func isMajority(_ count: Int) -> Bool { 2 * count > values.count }
    switch task {
    case .multiLabel, .span:
      var labels: [String: Int] = [:]
      var spans: [LabelValue.Span: Int] = [:]
      for value in values {
        switch value {
        case .labels(let names): for name in names { labels[name, default: 0] += 1 }
        case .spans(let marked): for span in marked { spans[span, default: 0] += 1 }
        default: break
        }
      }
      // With two people, half of whom say something, there is nothing that more than half say.
      if values.count == 2 { return .disputed }
      if task == .span {
        let kept = spans.filter { isMajority($0.value) }.keys
        return .majority(.spans(kept.sorted { ($0.start, $0.end, $0.label) < ($1.start, $1.end, $1.label) }))
      }
      return .majority(.labels(labels.filter { isMajority($0.value) }.keys.sorted()))
    case .classification, .preference, .answer:
      var counts: [LabelValue: Int] = [:]
      for value in values { counts[value, default: 0] += 1 }
      return counts.first { isMajority($0.value) }.map { .majority($0.key) } ?? .disputed
    }
  }

  /// The lines of an export: JSON objects in the keys that data sets use.
  ///
  /// Each has the keys of the input line and in addition or in their place: for classification `label`; for multi-label
  /// `labels`; for spans `entities`; for preferences `prompt`, `chosen` and `rejected` (for a tie `tie`); for answers
  /// `prompt` and `completion`. `labelling` tells where the value is from and who said what.
  ///
  /// - Parameter all: whether items without a value are exported too, with null as theirs.
  ///
  /// - Returns: nil for an item without a value, unless `all`.
  public func exported(_ result: Result, all: Bool) -> JSONObject? {
    let value = result.outcome.value
    if value == nil, !all { return nil }
    var line = result.item.source
    for key in ["prediction", "scores", "uncertainty"] { line[key] = nil }
    switch project.task {
    case .classification: line["label"] = value?.json ?? .null
    case .multiLabel: line["labels"] = value.map { inOrder($0).json } ?? .null
    case .span: line["entities"] = value?.json ?? .null
    case .answer:
      line["prompt"] = .string(result.item.text)
      line["text"] = nil
      line["completion"] = value?.json ?? .null
    case .preference:
      let sides = result.item.sides
      for key in ["a", "b", "chosen", "rejected"] { line[key] = nil }
      if value == .choice(.a) || value == .choice(.b) {
        line["chosen"] = .string((value == .choice(.a) ? sides?.a : sides?.b) ?? "")
        line["rejected"] = .string((value == .choice(.a) ? sides?.b : sides?.a) ?? "")
      } else {
        line["a"] = .string(sides?.a ?? "")
        line["b"] = .string(sides?.b ?? "")
        if value != nil { line["tie"] = .bool(true) }
      }
      if line["text"] != nil { line["text"] = nil }
      line["prompt"] = .string(result.item.text)
    }
    func described(_ judgement: Judgement) -> JSONValue {
      .object([
        "annotator": .string(judgement.annotator), "value": judgement.value.json,
        "at": .string(Self.text(ofTime: judgement.time)),
      ])
    }
    var labelling: JSONObject = [
      "source": .string(result.outcome.name), "judgements": .array(result.judgements.map(described)),
    ]
    if let decision = result.decision { labelling["decision"] = described(decision) }
    line["labelling"] = .object(labelling)
    return line
  }

  private func inOrder(_ value: LabelValue) -> LabelValue {
    guard case .labels(let names) = value else { return value }
    let places = Dictionary(
      project.labels.enumerated().map { (ExactString($1.name), $0) }, uniquingKeysWith: { first, _ in first })
    return .labels(
      names.sorted { (places[ExactString($0)] ?? .max, $0) < (places[ExactString($1)] ?? .max, $1) })
  }

  /// Counts of an export.
  public struct ExportReport: Sendable, Equatable {
    /// Lines that were written.
    public var written = 0
    /// Items that were left out because nobody judged them.
    public var open = 0
    /// Items that were left out because no value has more than half.
    public var disputed = 0

    /// An empty report.
    public init() {}
  }

  /// Writes all items that have a value, one JSON object a line.
  ///
  /// Throws: `MartletError` with code `inputOutput`, or what `write` throws.
  public func export(all: Bool = false, _ write: (String) throws -> Void) throws -> ExportReport {
    var report = ExportReport()
    try forEachResult { result in
      if let line = exported(result, all: all) {
        try write(JSONValue.object(line).text() + "\n")
        report.written += 1
      } else if result.outcome == .open {
        report.open += 1
      } else {
        report.disputed += 1
      }
    }
    return report
  }
}
