import Core

/// Which parameters of a model are trained, and what is added to it; the others are read only, without gradients and
/// moments.
public struct Adaptation: Sendable, Hashable {
  /// Parameters that stay as they are.
  public var frozen: [NamePattern]
  /// The adapters that are trained instead of the model's own parameters; nil without any.
  public var lora: LoRA?

  /// An adaptation that trains adapters, or all parameters but those that patterns fit.
  public init(frozen: [NamePattern] = [], lora: LoRA? = nil) {
    self.frozen = frozen
    self.lora = lora
  }

  /// Whether the parameter of this name is trained.
  func trains(_ name: String) -> Bool {
    !frozen.contains { $0.fits(name) } && (lora.map { LoRA.isAdapter(name) || $0.saves(name) } ?? true)
  }

  /// Checks that each pattern fits something and something is left to train.
  ///
  /// Throws: `MartletError(.invalidArgument)`, naming the pattern, or `(.unsupported)` for tables that are trained beside
  /// adapters.
  public func check(_ parameters: [ParameterSpecification]) throws {
    let own = parameters.filter { !LoRA.isAdapter($0.name) }
    let layers = parameters.map(\.name).filter(LoRA.isAdapter)
    let patterns =
      frozen.map { ("frozen parameters", $0, parameters.map(\.name)) }
      + (lora?.targets ?? []).map { ("LoRA's targets", $0, layers) }
      + (lora?.modulesToSave ?? []).map { ("LoRA's modules to save", $0, own.map(\.name)) }
    for (what, pattern, names) in patterns where !names.contains(where: pattern.fits) {
      throw MartletError(
        .invalidArgument, "the pattern '\(pattern.text)' of \(what) fits none",
        remedy: "Write parts of names such as \(own.last { $0.type.rank == 2 }?.name ?? "weight"); * stands for any "
          + "characters.")
    }
    if let lora, let table = own.first(where: { $0.role == .embedding && lora.saves($0.name) }) {
      throw MartletError(
        .unsupported, "the table '\(table.name)' cannot be trained beside adapters",
        remedy: "Leave it out of the modules to save, or train without LoRA.")
    }
    if !parameters.contains(where: \.isTrained) {
      throw MartletError(
        .invalidArgument, "all parameters are frozen: there is nothing to train", remedy: "Freeze fewer of them.")
    }
  }
}
