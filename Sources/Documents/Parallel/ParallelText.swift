import Core

/// What pairs of texts in two languages have in common, whatever file they are in: the document's text is both, one
/// after the other, and its attribute `translation` has them by language.
public struct ParallelText: Sendable, Equatable {
  /// The language of the first side, as the attribute names it: `de`.
  public var source: String
  /// The language of the second side.
  public var target: String
  /// Which pairs are left out; nil to leave out only those with an empty side.
  public var quality: ParallelQuality?
  /// What becomes of broken UTF-8 and long texts.
  public var rules: TextRules

  /// Pairs of two languages.
  public init(
    source: String, target: String, quality: ParallelQuality? = ParallelQuality(), rules: TextRules = TextRules()
  ) {
    self.source = source
    self.target = target
    self.quality = quality
    self.rules = rules
  }

  /// The document of a pair.
  func extraction(
    _ sourceText: String, _ targetText: String, wasRepaired: Bool, _ provenance: Provenance,
    attributes: [String: JSONValue] = [:]
  ) -> Extraction {
    let text = sourceText + "\n" + targetText
    if let reason = rules.fault(of: text, wasRepaired: wasRepaired, canBeBlank: true) {
      return Extraction(skips: [Skip(reason, provenance, sample: text.utf8)])
    }
    let quality = quality ?? ParallelQuality(longestRatio: 0, refusesSameText: false)
    if let fault = quality.fault(sourceText, targetText) {
      return Extraction(skips: [Skip(reason: fault.rawValue, provenance, sample: text.utf8)])
    }
    var attributes = attributes
    attributes["translation"] = .object([source: .string(sourceText), target: .string(targetText)])
    if wasRepaired { attributes[TextRules.repairedAttribute] = .bool(true) }
    return Extraction(documents: [Document(text: text, provenance: provenance, attributes: attributes)])
  }

  func extraction(
    _ source: some Collection<UInt8>, _ target: some Collection<UInt8>, _ provenance: Provenance
  ) -> Extraction {
    let sides = [String(validating: source, as: UTF8.self), String(validating: target, as: UTF8.self)]
    return extraction(
      sides[0] ?? String(decoding: source, as: UTF8.self), sides[1] ?? String(decoding: target, as: UTF8.self),
      wasRepaired: sides.contains(nil), provenance)
  }
}
