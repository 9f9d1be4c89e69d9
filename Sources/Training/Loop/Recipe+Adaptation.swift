import Core
import Layers
import Models

extension Recipe {
  /// How the learning rates of parameters differ.
  var learningRates: LearningRateScales {
    LearningRateScales(
      layerDecay: train.layerDecay,
      groups: train.learningRateScales.compactMap { group in
        // Recipes are checked before, so that each has both.
        guard let (pattern, scale) = Self.learningRateScale(group) else { return nil }
        return .init(NamePattern(pattern), scale: scale)
      })
  }

  /// The pattern and the number of `pattern: number`.
  static func learningRateScale(_ value: JSONValue) -> (String, Double)? {
    guard let object = value.objectValue, object.keys.count == 1, let pattern = object.keys.first,
      let scale = object[pattern]?.doubleValue, scale >= 0
    else { return nil }
    return (pattern, scale)
  }

  /// The part of each target that is spread over all classes, which an evaluation does not do.
  func smoothing(_ scope: Scope) -> Double { scope.isTraining ? train.labelSmoothing : 0 }

  /// Which parameters of a model are trained, and what adapters there are.
  ///
  /// Adapters of an encoder with labels or answers go with its head, which is new as a rule, unless the recipe names what
  /// goes with them.
  func adaptation(of configuration: any PretrainedConfiguration) -> Adaptation {
    func patterns(_ texts: [String]) -> [NamePattern] { texts.map { NamePattern($0) } }
    var adaptation = Adaptation(frozen: patterns(model.freeze))
    if lora.rank > 0 {
      adaptation.lora = LoRA(
        rank: lora.rank, alpha: lora.alpha, dropout: lora.dropout, isRankStabilized: lora.rslora,
        targets: patterns(lora.targets),
        modulesToSave: patterns(lora.modulesToSave.isEmpty ? Self.newHead(of: configuration) : lora.modulesToSave))
    }
    return adaptation
  }

  private static func newHead(of configuration: any PretrainedConfiguration) -> [String] {
    guard let encoder = configuration as? any EncoderConfiguration, encoder.task.hasLabels || encoder.task == .spans
    else { return [] }
    return encoder.headParameterNames
  }
}
