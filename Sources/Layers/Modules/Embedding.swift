import TensorGraph

/// A table of vectors, one for each token or position: the parameter `weight[count, size]`.
public struct Embedding {
  /// The table; a tied output head uses it too.
  public let weight: Tensor

  /// A table of `count` vectors of `size` numbers.
  public init(_ count: Int, _ size: Int, _ initialization: Initialization, _ scope: Scope) {
    weight = scope.parameter("weight", [count, size], initialization, role: .embedding)
  }

  /// The matrix of an output layer: this table where it is tied to it, else the parameter `weight` of `scope`.
  public func head(isTied: Bool, _ initialization: Initialization, _ scope: Scope) -> Tensor {
    isTied ? weight : scope.parameter("weight", weight.shape, initialization, role: .embedding)
  }

  /// The vectors of `indices[...]` (i32): `[..., size]`. An index out of range is clamped.
  public func callAsFunction(_ indices: Tensor) -> Tensor { weight.gather(indices) }
}
