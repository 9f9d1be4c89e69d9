import TensorGraph

/// An affine map of the last axis: parameters `weight` and, unless switched off, `bias`; and those of its adapter, where
/// the scope has one for it.
public struct Linear {
  /// The matrix, `[out, in]` or `[in, out]`.
  public let weight: Tensor
  /// What is added to each row, `[out]`.
  public let bias: Tensor?
  /// How the matrix lies in memory.
  public let layout: MatrixLayout
  private let adapter: LowRankAdapter?

  /// A map from `inputs` to `outputs` numbers; biases begin as zeros.
  ///
  /// - Parameters:
  ///   - layout: `.outputInput` is PyTorch's `Linear`, `.inputOutput` GPT-2's `Conv1D`.
  ///   - parts: the number of equal matrices fused along the outputs, as in one for queries, keys and values.
  public init(
    _ inputs: Int, _ outputs: Int, layout: MatrixLayout = .outputInput, parts: Int = 1, hasBias: Bool = true,
    _ initialization: Initialization, _ scope: Scope
  ) {
    self.layout = layout
    let shape = layout == .outputInput ? [outputs, inputs] : [inputs, outputs]
    weight = scope.parameter("weight", shape, initialization, role: .matrix(layout, parts: parts))
    bias = hasBias ? scope.parameter("bias", [outputs], .zeros) : nil
    adapter = scope.lora.map { LowRankAdapter($0, inputs: inputs, outputs: outputs, scope) }
  }

  /// The map of `x[..., in]`: `[..., out]`.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    let own = x.linear(weight, transposed: layout == .outputInput)
    let y = adapter.map { own + $0(x) } ?? own
    return bias.map { y + $0 } ?? y
  }
}
