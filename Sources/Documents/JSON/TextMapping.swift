import Core

/// Makes documents of JSON objects by naming the fields of the text.
public struct TextMapping: JSONMapping, Equatable {
  /// The fields.
  public var fields: TextFields
  /// What becomes of broken, blank and long texts.
  public var rules: TextRules
  private let wanted: [FieldPath]

  /// A mapping by fields.
  public init(fields: TextFields = TextFields(), rules: TextRules = TextRules()) {
    self.fields = fields
    self.rules = rules
    wanted = fields.all
  }

  /// The documents of an object.
  public func extract(_ record: Record) -> Extraction {
    func skip(_ reason: SkipReason) -> Extraction {
      Extraction(skips: [Skip(reason, record.provenance, sample: record.bytes)])
    }
    let parsed: ParsedRecord
    switch ParsedRecord.read(record.bytes, { key in wanted.contains { $0.begins(with: key) } }) {
    case .success(let record): parsed = record
    case .failure(let failure): return skip(failure.reason)
    }
    var reason = SkipReason.noText
    let text = fields.text.text { path in
      guard let value = path.value(in: parsed.object) else { return nil }
      if let text = fields.text.isOneField ? value.stringValue : value.scalarText { return text }
      reason = .textNotAString
      return nil
    }
    guard let text else { return skip(reason) }
    var attributes: [String: JSONValue] = [:]
    for (name, path) in fields.attributes { attributes[name] = path.value(in: parsed.object) }
    return rules.extraction(
      of: text, wasRepaired: parsed.wasRepaired,
      fields.provenance(record.provenance) { $0.value(in: parsed.object) }, attributes: attributes)
  }
}
