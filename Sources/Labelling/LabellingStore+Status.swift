import Core

extension LabellingStore {
  /// What a project has come to.
  public struct Status: Sendable, Equatable {
    /// A person's share.
    public struct Person: Sendable, Equatable {
      /// Who.
      public var name: String
      /// Items that they judged.
      public var judged = 0
      /// Items that they skipped.
      public var skipped = 0
      /// Conflicts that they decided.
      public var decided = 0
      /// The median time that they took for an item, in seconds.
      public var medianSeconds: Double?
    }

    /// How often a label was given.
    public struct LabelCount: Sendable, Equatable {
      /// The label.
      public var name: String
      /// How often.
      public var count: Int
    }

    /// How far two people agree.
    public struct Pair: Sendable, Equatable {
      /// The first.
      public var one: String
      /// The second.
      public var other: String
      /// Items that both judged.
      public var items: Int
      /// Cohen's kappa; for spans the F1 of exact spans; for multi-label the mean of the kappas of the labels.
      public var agreement: Double?
    }

    /// All items.
    public var items = 0
    /// Items that have all judgements, or a decision.
    public var complete = 0
    /// Conflicts that wait for a decision.
    public var conflicts = 0
    /// Items decided by a reviewer.
    public var decided = 0
    /// How often each label was given, by judgements.
    public var labels: [LabelCount] = []
    /// The people.
    public var people: [Person] = []
    /// Each two of them.
    public var pairs: [Pair] = []
    /// Fleiss' kappa over the items that have exactly as many judgements as asked for; for spans none, for multi-label
    /// the mean of those of the labels.
    public var fleissKappa: Double?
    /// Krippendorff's alpha; for spans of the scalars, for multi-label the mean of those of the labels.
    public var krippendorffAlpha: Double?
  }

  /// Counts and agreement over all items.
  ///
  /// Throws: `MartletError` with code `inputOutput`.
  ///
  /// Complexity: O(judgements * labels) time, O(judgements) memory.
  public func status() throws -> Status {
    var status = Status()
    let progress = try progress(of: "")
    status.items = progress.items
    status.complete = progress.complete
    status.conflicts = progress.conflicts
    status.decided = try withDatabase { try $0.first("SELECT count(*) FROM decisions") { $0.integer(0) } ?? 0 }
    status.people = try people()
    var units: [AgreementUnit] = []
    var counts: [String: Int] = [:]
    try forEachResult { result in
      if result.judgements.isEmpty { return }
      let values = result.judgements.map { ($0.annotator, $0.value) }
      units.append(AgreementUnit(length: result.item.text.unicodeScalars.count, values: values))
      for (_, value) in values { for name in Self.names(in: value) { counts[name, default: 0] += 1 } }
    }
    let known = project.labels.map(\.name)
    let names = project.task == .preference ? ["a", "b", "tie"].filter { counts[$0] != nil } : known
    let rest = project.task == .answer ? [] : counts.keys.filter { !names.contains($0) }.sorted()
    status.labels = (names + rest).map { Status.LabelCount(name: $0, count: counts[$0] ?? 0) }
    let measures = AgreementMeasures(units, task: project.task, labels: known, needed: project.judgementsPerItem)
    status.fleissKappa = measures.fleissKappa
    status.krippendorffAlpha = measures.krippendorffAlpha
    let people = status.people.filter { $0.judged > 0 }.map(\.name)
    for (index, one) in people.enumerated() {
      for other in people[(index + 1)...] {
        if let pair = measures.pair(one, other) { status.pairs.append(pair) }
      }
    }
    return status
  }

  private static func names(in value: LabelValue) -> [String] {
    switch value {
    case .label(let name): [name]
    case .labels(let names): names
    case .spans(let spans): spans.map(\.label)
    case .choice(let choice): [choice.rawValue]
    case .answer: []
    }
  }

  private func people() throws -> [Status.Person] {
    try withDatabase { database in
      var people: [String: Status.Person] = [:]
      func count(_ sql: String, _ path: WritableKeyPath<Status.Person, Int>) throws {
        try database.run(sql) { row in
          people[row.text(0), default: Status.Person(name: row.text(0))][keyPath: path] = row.integer(1)
        }
      }
      try count("SELECT annotator, count(*) FROM current WHERE kind = 'judge' GROUP BY annotator", \.judged)
      try count("SELECT annotator, count(*) FROM current WHERE kind = 'skip' GROUP BY annotator", \.skipped)
      try count("SELECT annotator, count(*) FROM decisions GROUP BY annotator", \.decided)
      for name in people.keys {
        var times: [Int] = []
        try database.run(
          "SELECT milliseconds FROM judgements WHERE annotator = ? AND kind = 'judge' AND milliseconds IS NOT NULL "
            + "ORDER BY milliseconds", [.text(name)]
        ) { times.append($0.integer(0)) }
        if !times.isEmpty { people[name]?.medianSeconds = Double(times[times.count / 2]) / 1000 }
      }
      return people.values.sorted { $0.name < $1.name }
    }
  }

  /// A label that is likely wrong.
  public struct Suspect: Sendable, Equatable {
    /// The item's number.
    public var item: Int
    /// Its label.
    public var label: String
    /// What the model says it likely is.
    public var likely: String
    /// The probability that the model gives to its label.
    public var confidence: Double
  }

  /// The items whose label is likely wrong by the scores of a model, the likeliest first: for classification and
  /// preferences. The label is what judgements come to or else what the input has; decided items are left out.
  ///
  /// The scores must be from a model that has not seen the item in training.
  ///
  /// Throws: `MartletError` with code `inputOutput`.
  public func suspects() throws -> [Suspect] {
    let names: [String]
    switch project.task {
    case .classification: names = project.labels.map(\.name)
    case .preference: names = ["a", "b"]
    default: return []
    }
    let places = Dictionary(
      names.enumerated().map { (ExactString($1), $0) }, uniquingKeysWith: { first, _ in first })
    var items: [(id: Int, isDecided: Bool)] = []
    var labels: [Int] = []
    var scores: [[Double]] = []
    try forEachResult { result in
      guard let itemScores = result.item.scores, let value = result.outcome.value ?? result.item.given,
        let name = Self.names(in: value).first, let label = places[ExactString(name)]
      else { return }
      items.append((result.id, result.decision != nil))
      labels.append(label)
      scores.append(itemScores)
    }
    return LabelErrors.find(labels: labels, probabilities: scores).compactMap { suspect in
      if items[suspect.index].isDecided { return nil }
      return Suspect(
        item: items[suspect.index].id, label: names[labels[suspect.index]], likely: names[suspect.likely],
        confidence: suspect.selfConfidence)
    }
  }
}
