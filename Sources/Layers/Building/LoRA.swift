import TensorGraph

/// Low-rank adaptation: to the matrix of each chosen linear layer, which stays as it is, a product of two small matrices is
/// added, and these are trained.
///
/// The map of a layer becomes `x W + scale (x A^T) B^T` with A `[rank, in]` and B `[out, rank]`. Source: Hu et al., "LoRA:
/// Low-rank adaptation of large language models", 2022; scale by the root of the rank: Kalajdzievski, "A rank stabilization
/// scaling factor for fine-tuning with LoRA", 2023.
public struct LoRA: Sendable, Hashable {
  /// The size of the small side of the two matrices.
  public var rank: Int
  /// What the product is multiplied by, as a multiple of 1 / rank.
  public var alpha: Double
  /// The probability with which inputs of the adapters are dropped in training.
  public var dropout: Double
  /// Whether the product is multiplied by alpha / sqrt(rank) instead.
  public var isRankStabilized: Bool
  /// The linear layers that are adapted; all where there are none.
  public var targets: [NamePattern]
  /// Parts of the model that are trained as a whole and kept with the adapters, such as a new head.
  public var modulesToSave: [NamePattern]

  /// An adaptation; see the properties.
  public init(
    rank: Int, alpha: Double, dropout: Double = 0, isRankStabilized: Bool = false, targets: [NamePattern] = [],
    modulesToSave: [NamePattern] = []
  ) {
    self.rank = rank
    self.alpha = alpha
    self.dropout = dropout
    self.isRankStabilized = isRankStabilized
    self.targets = targets
    self.modulesToSave = modulesToSave
  }

  /// What the product is multiplied by.
  public var scale: Double { Self.scale(rank: rank, alpha: alpha, isRankStabilized: isRankStabilized) }

  /// What the product of matrices of this rank is multiplied by.
  public static func scale(rank: Int, alpha: Double, isRankStabilized: Bool) -> Double {
    alpha / (isRankStabilized ? Double(rank).squareRoot() : Double(rank))
  }

  /// What the names of the two matrices of a layer end with, behind the layer's path.
  public static let names = (a: "lora_A.weight", b: "lora_B.weight")

  /// Whether a name is that of an adapter's matrix.
  public static func isAdapter(_ name: String) -> Bool {
    name.hasSuffix("." + names.a) || name.hasSuffix("." + names.b)
  }

  /// Whether the linear layer at a path has an adapter.
  func adapts(_ path: String) -> Bool { !saves(path) && (targets.isEmpty || targets.contains { $0.fits(path) }) }

  /// Whether a parameter is trained as a whole.
  func saves(_ name: String) -> Bool { modulesToSave.contains { $0.fits(name) } }
}

/// The adapter of one linear layer.
///
/// It adds to whatever the layer's own product is, so that a matrix which is only read may as well be stored in fewer bits.
struct LowRankAdapter {
  private let a, b: Tensor
  private let lora: LoRA
  private let scope: Scope

  /// Declares the two matrices: A begins at random, as PyTorch's linear layers do, B as zeros.
  init(_ lora: LoRA, inputs: Int, outputs: Int, _ scope: Scope) {
    let bound = 1 / Double(max(inputs, 1)).squareRoot()
    a = scope.parameter(LoRA.names.a, [lora.rank, inputs], .uniform(bound))
    b = scope.parameter(LoRA.names.b, [outputs, lora.rank], .zeros)
    self.lora = lora
    self.scope = scope
  }

  /// What is added to the map of `x[..., in]`: `[..., out]`.
  func callAsFunction(_ x: Tensor) -> Tensor {
    // Scaled where it is smallest.
    (scope.dropout(x, lora.dropout).linear(a, transposed: true) * lora.scale).linear(b, transposed: true)
  }
}
