/// What several people said of one item.
struct AgreementUnit {
  /// Scalars of its text.
  var length: Int
  /// Who said what.
  var values: [(annotator: String, value: LabelValue)]
}

/// The agreement on a task, by the measure that fits it.
struct AgreementMeasures {
  private let units: [AgreementUnit]
  private let task: LabellingProject.Task
  private let labels: [String]
  private let needed: Int

  init(_ units: [AgreementUnit], task: LabellingProject.Task, labels: [String], needed: Int) {
    self.units = units.filter { $0.values.count > 1 }
    self.task = task
    self.labels = labels
    self.needed = needed
  }

  /// Fleiss' kappa over the items with exactly as many judgements as asked for.
  var fleissKappa: Double? {
    if task == .span { return nil }
    let full = units.filter { $0.values.count == needed }
    return overLabels(full) { Agreement.fleissKappa($0) }
  }

  /// Krippendorff's alpha.
  var krippendorffAlpha: Double? {
    guard task == .span else { return overLabels(units) { Agreement.krippendorffAlpha($0) } }
    return SpanAgreement.characterAlpha(
      units.map { unit in (unit.length, unit.values.map { Self.spans($0.value) }) })
  }

  /// The agreement of two people; nil if they judged no item both.
  func pair(_ one: String, _ other: String) -> LabellingStore.Status.Pair? {
    let both = units.compactMap { unit -> [LabelValue]? in
      guard let first = unit.values.first(where: { $0.annotator == one }),
        let second = unit.values.first(where: { $0.annotator == other })
      else { return nil }
      return [first.value, second.value]
    }
    if both.isEmpty { return nil }
    let agreement =
      if task == .span {
        SpanAgreement.exactF1(both.map { (Self.spans($0[0]), Self.spans($0[1])) })
      } else {
        overLabels(both) { Agreement.cohenKappa($0.map { ($0[0], $0[1]) }) }
      }
    return .init(one: one, other: other, items: both.count, agreement: agreement)
  }

  private func overLabels(_ units: [AgreementUnit], _ measure: ([[String]]) -> Double?) -> Double? {
    overLabels(units.map { $0.values.map(\.value) }, measure)
  }

  /// A measure of nominal values; where there are several labels at once, the mean of the measures of "it is" and "it is
  /// not" for each label for which it is defined.
  private func overLabels(_ units: [[LabelValue]], _ measure: ([[String]]) -> Double?) -> Double? {
    if units.isEmpty { return nil }
    guard task == .multiLabel else { return measure(units.map { $0.map(\.stored) }) }
    let each = labels.compactMap { label in
      measure(
        units.map { values in
          values.map { value in
            if case .labels(let names) = value, names.contains(label) { return "yes" }
            return "no"
          }
        })
    }
    return each.isEmpty ? nil : each.reduce(0, +) / Double(each.count)
  }

  private static func spans(_ value: LabelValue) -> [LabelValue.Span] {
    if case .spans(let spans) = value { spans } else { [] }
  }
}
