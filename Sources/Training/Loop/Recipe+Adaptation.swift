import Layers

extension Recipe {
  /// Which parameters are trained, and what adapters there are.
  var adaptation: Adaptation {
    func patterns(_ texts: [String]) -> [NamePattern] { texts.map { NamePattern($0) } }
    var adaptation = Adaptation(frozen: patterns(model.freeze))
    if lora.rank > 0 {
      adaptation.lora = LoRA(
        rank: lora.rank, alpha: lora.alpha, dropout: lora.dropout, isRankStabilized: lora.rslora,
        targets: patterns(lora.targets), modulesToSave: patterns(lora.modulesToSave))
    }
    return adaptation
  }
}
