import Core
import Tokenizers

/// Makes an example of a document: the tokens that a model reads, and what it is to say of them.
struct ExampleCoder: Sendable {
  /// What becomes of a document.
  enum Outcome: Sendable {
    /// Tokens, and the number of the label.
    case example(inputs: [Int32], targets: [Int32])
    /// It is left out for a reason.
    case skip(String)
  }

  /// Why documents are left out.
  enum SkipReason {
    static let noLabel = "no label"
    static let unknownLabel = "unknown label"
    static let noPair = "no second text"
  }

  private let settings: ExampleSettings
  private let tokenizer: Tokenizer
  /// The labels in the order of their numbers.
  let labels: [String]
  private let numbers: [String: Int32]

  /// Throws: `MartletError` if the length has no room for the tokenizer's marks.
  init(_ settings: ExampleSettings, _ labels: [String], _ tokenizer: Tokenizer) throws {
    self.settings = settings
    self.labels = labels
    self.tokenizer = try tokenizer.truncating(to: settings.maximumLength)
    numbers = Dictionary(uniqueKeysWithValues: labels.enumerated().map { ($1, Int32($0)) })
  }

  /// The example of the first part of a document.
  ///
  /// Throws: `MartletError` if two texts cannot be cut to the length.
  func callAsFunction(_ part: DocumentPart) throws -> Outcome {
    guard let label = Self.label(of: part, settings) else { return .skip(SkipReason.noLabel) }
    guard let number = numbers[label] else { return .skip(SkipReason.unknownLabel) }
    var input = Tokenizer.Input(String(decoding: part.bytes, as: UTF8.self))
    if let attribute = settings.pairAttribute {
      guard let pair = part.attributes[attribute]?.stringValue else { return .skip(SkipReason.noPair) }
      input.pair = pair
    }
    let encoding = try tokenizer.encodeForModel(input, specialTokens: .plainText)
    return .example(inputs: encoding.ids, targets: [number])
  }

  /// The label of a document as a text.
  static func label(of part: DocumentPart, _ settings: ExampleSettings) -> String? {
    switch part.attributes[settings.labelAttribute] {
    case nil, .null?: nil
    case let value?: value.stringValue ?? value.text()
    }
  }
}

/// Finds the labels of documents.
struct LabelCollector {
  private var found: Set<String> = []

  /// Takes in the label of a document.
  ///
  /// Throws: `MartletError(.invalidArgument)` when there are too many for labels.
  mutating func add(_ part: DocumentPart, _ settings: ExampleSettings) throws {
    guard let label = ExampleCoder.label(of: part, settings), found.insert(label).inserted else { return }
    guard found.count <= ExampleSettings.mostLabels else {
      throw MartletError(
        .invalidArgument,
        "the documents have more than \(ExampleSettings.mostLabels) labels: '\(settings.labelAttribute)' is no label",
        at: "\(part.provenance.input), \(part.provenance.place)",
        remedy: "Name the field with the label in data.sources, as in `label: stars`.")
    }
  }

  /// The labels: in the order of numbers where all are numbers, else of their letters.
  var labels: [String] {
    let numbers = found.compactMap(Double.init)
    if numbers.count == found.count { return found.sorted { (Double($0) ?? 0, $0) < (Double($1) ?? 0, $1) } }
    return found.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }
}
