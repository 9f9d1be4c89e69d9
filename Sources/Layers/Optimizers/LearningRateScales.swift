import Core

/// How the learning rates of parameters differ from that of the schedule.
public struct LearningRateScales: Sendable, Hashable {
  /// Parameters with a rate of their own.
  public struct Group: Sendable, Hashable {
    /// Which they are.
    public var pattern: NamePattern
    /// Their rate as a multiple of the schedule's.
    public var scale: Double

    /// The parameters that a pattern fits.
    public init(_ pattern: NamePattern, scale: Double) {
      self.pattern = pattern
      self.scale = scale
    }
  }

  /// What the rate is multiplied by from each layer to the one below: lower layers, which know more of language at large,
  /// change less. Source: Howard and Ruder, "Universal language model fine-tuning", 2018, section 3.2.
  public var layerDecay: Double
  /// Groups of parameters; the first whose pattern fits a parameter counts for it.
  public var groups: [Group]

  /// The same rate for all, unless said otherwise.
  public init(layerDecay: Double = 1, groups: [Group] = []) {
    self.layerDecay = layerDecay
    self.groups = groups
  }

  /// The rate of each parameter as a multiple of the schedule's, by name.
  ///
  /// Layers are the numbers in names. What comes before the first lies a layer below it, what comes behind the last a layer
  /// above it.
  ///
  /// Throws: `MartletError(.invalidArgument)`, naming a pattern that fits nothing.
  public func scales(of parameters: [ParameterSpecification]) throws -> [String: Double] {
    for group in groups where !parameters.contains(where: { group.pattern.fits($0.name) }) {
      throw MartletError(
        .invalidArgument, "the pattern '\(group.pattern.text)' of learning rates fits no parameter",
        remedy: "Write parts of names such as \(parameters.last?.name ?? "weight"); * stands for any characters.")
    }
    let layers = parameters.map { Self.layer($0.name) }
    let last = layers.compactMap { $0 }.max() ?? -1
    let first = layers.firstIndex { $0 != nil } ?? layers.count
    var scales: [String: Double] = [:]
    for (index, parameter) in parameters.enumerated() {
      let layer = layers[index] ?? (index < first ? -1 : last + 1)
      var scale = groups.first { $0.pattern.fits(parameter.name) }?.scale ?? 1
      for _ in layer..<last + 1 { scale *= layerDecay }
      scales[parameter.name] = scale
    }
    return scales
  }

  /// The first number among the parts of a name.
  private static func layer(_ name: String) -> Int? { name.split(separator: ".").lazy.compactMap { Int($0) }.first }
}
