import Core
import Documents

/// What one step did to all the documents that it saw.
///
/// Reports of parts of the documents merge into the report of all, in any order and grouping, with the same result.
public struct StepReport: Sendable, Equatable {
  /// The reason under which samples stand whose documents were changed in more than one way.
  public static let severalChanges = "several changes"

  /// The name of the step.
  public let name: String
  /// How many samples are kept for each reason.
  public let samplesPerReason: Int
  /// Documents that came to the step.
  public private(set) var documentsIn = 0
  /// Documents that stayed.
  public private(set) var documentsOut = 0
  /// UTF-8 bytes of text that came to the step.
  public private(set) var bytesIn = 0
  /// UTF-8 bytes of text that stayed.
  public private(set) var bytesOut = 0
  /// Documents that stayed with another text.
  public private(set) var documentsChanged = 0
  /// Documents that were dropped, by reason.
  public private(set) var dropped: [String: Int] = [:]
  /// The step's own counters.
  public private(set) var counters: Counters = [:]
  /// Samples by the reason of a drop or the counter that tells what was changed, in the order of their hashes.
  public private(set) var samples: [String: [StepSample]] = [:]

  /// The report of a step that has seen nothing.
  public init(name: String, samplesPerReason: Int = 5) {
    self.name = name
    self.samplesPerReason = max(0, samplesPerReason)
  }

  /// Adds the figures and samples of another report of the same step.
  ///
  /// Throws: `MartletError` with code `mismatch` if the other report is of another step.
  public mutating func merge(_ other: StepReport) throws {
    guard name == other.name else {
      throw MartletError(
        .mismatch, "a report of the step \(other.name) cannot be added to one of \(name)",
        remedy: "Merge reports of the same list of steps.")
    }
    documentsIn += other.documentsIn
    documentsOut += other.documentsOut
    bytesIn += other.bytesIn
    bytesOut += other.bytesOut
    documentsChanged += other.documentsChanged
    dropped.merge(other.dropped, uniquingKeysWith: +)
    counters.merge(other.counters, uniquingKeysWith: +)
    for (reason, more) in other.samples { keep(more, reason: reason) }
  }

  /// Counts one document that the step has looked at.
  mutating func count(
    before: String, after: Document, verdict: Verdict, counters found: Counters
  ) {
    documentsIn += 1
    bytesIn += before.utf8.count
    if !found.isEmpty { counters.merge(found, uniquingKeysWith: +) }
    switch verdict {
    case .keep:
      documentsOut += 1
      bytesOut += after.text.utf8.count
      guard let change = TextChange(from: before, to: after.text) else { return }
      documentsChanged += 1
      let reason = found.count == 1 ? found.first?.key ?? "" : StepReport.severalChanges
      consider(reason, before, after.provenance) { (change.before, change.after) }
    case .drop(let reason):
      dropped[reason, default: 0] += 1
      consider(reason, before, after.provenance) { (excerpt(of: before), nil) }
    }
  }

  private mutating func consider(
    _ reason: String, _ text: String, _ provenance: Provenance, _ excerpts: () -> (before: String, after: String?)
  ) {
    let hash = sampleHash(of: text)
    if let kept = samples[reason], kept.count >= samplesPerReason, let last = kept.last, last.hash < hash { return }
    let (before, after) = excerpts()
    keep(
      [StepSample(hash: hash, input: provenance.input, place: provenance.place, before: before, after: after)],
      reason: reason)
  }

  /// Keeps the first samples by hash: the same ones however the documents were divided among threads.
  private mutating func keep(_ more: [StepSample], reason: String) {
    guard samplesPerReason > 0 else { return }
    let all = (samples[reason] ?? []) + more
    samples[reason] = Array(all.sorted().prefix(samplesPerReason))
  }
}

extension [StepReport] {
  /// Adds the figures and samples of other reports of the same steps.
  ///
  /// Throws: `MartletError` with code `mismatch` if the lists of steps differ.
  public mutating func merge(_ others: [StepReport]) throws {
    guard count == others.count else {
      throw MartletError(
        .mismatch, "reports of \(others.count) steps cannot be added to reports of \(count)",
        remedy: "Merge reports of the same list of steps.")
    }
    for index in indices { try self[index].merge(others[index]) }
  }
}

extension StepReport {
  /// The report as a JSON object, its keys in an order that does not change.
  public var json: JSONValue {
    var samples = JSONObject()
    for reason in self.samples.keys.sorted() {
      samples[reason] = .array((self.samples[reason] ?? []).map(\.json))
    }
    return .object([
      "name": .string(name), "samples_per_reason": .integer(samplesPerReason), "documents_in": .integer(documentsIn),
      "documents_out": .integer(documentsOut), "bytes_in": .integer(bytesIn), "bytes_out": .integer(bytesOut),
      "documents_changed": .integer(documentsChanged), "dropped": .counts(dropped), "counters": .counts(counters),
      "samples": .object(samples),
    ])
  }

  /// Reads a report that `json` wrote.
  ///
  /// Throws: `MartletError` with code `malformedFile`.
  public init(_ fields: JSONFields) throws {
    func number(_ key: String) throws -> Int { try fields.integer(key, in: 0...JSONFields.largestCount) }
    self.init(
      name: try fields.string("name"), samplesPerReason: try fields.integer("samples_per_reason", in: 0...1_000_000))
    documentsIn = try number("documents_in")
    documentsOut = try number("documents_out")
    bytesIn = try number("bytes_in")
    bytesOut = try number("bytes_out")
    documentsChanged = try number("documents_changed")
    dropped = try fields.counts("dropped")
    counters = try fields.counts("counters")
    let kept = try fields.fields("samples")
    for reason in kept.object.keys { samples[reason] = try kept.objects(reason).map { try StepSample($0) } }
  }
}
