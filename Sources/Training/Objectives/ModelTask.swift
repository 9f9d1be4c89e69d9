import Models

/// What a recipe's model is for, by the names of `transformers`' pipelines.
public enum ModelTask: String, Sendable, CaseIterable {
  /// What the family is usually trained for.
  case auto
  /// Text that goes on from a beginning.
  case textGeneration = "text_generation"
  /// The words behind masks.
  case fillMask = "fill_mask"
  /// A label for each text.
  case textClassification = "text_classification"

  /// The task of an encoder; nil where it is none of an encoder's.
  var encoderTask: EncoderTask? {
    switch self {
    case .auto, .fillMask: .maskedWords
    case .textClassification: .textLabels
    case .textGeneration: nil
    }
  }

  /// Whether models of a family can be trained for it.
  func fits(_ family: any PretrainedConfiguration.Type) -> Bool {
    switch self {
    case .auto: true
    case .textGeneration: family is any LanguageModelConfiguration.Type
    case .fillMask, .textClassification: family is any EncoderConfiguration.Type
    }
  }

  /// Whether documents are examples with a label.
  var hasExamples: Bool { self == .textClassification }
}
