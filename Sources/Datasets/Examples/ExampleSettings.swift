import Core

/// How documents become examples: a text each, and what a model is to say of it.
public struct ExampleSettings: Sendable, Equatable {
  /// The most labels that are found in documents.
  static let mostLabels = 10_000

  /// Tokens of an example at most, marks included; what is beyond is left out.
  public var maximumLength: Int
  /// The attribute of documents with the label.
  public var labelAttribute = "label"
  /// The attribute with a second text that belongs to the first, if there is one.
  public var pairAttribute: String?
  /// The labels in the order of their numbers; none where those of the training documents count, in the order of numbers
  /// or letters.
  public var labels: [String] = []

  /// Settings with the usual values for the rest.
  public init(maximumLength: Int) { self.maximumLength = maximumLength }

  /// The settings as the manifest has them.
  var json: JSONObject {
    [
      "maximum_length": .integer(maximumLength), "label": .string(labelAttribute),
      "pair": pairAttribute.map { .string($0) } ?? .null, "labels": .array(labels.map { .string($0) }),
    ]
  }
}
