import TensorGraph

extension Tensor {
  /// How many of these targets (i32) count: those that are not negative, as f32[].
  ///
  /// Counts are exact up to 2^24.
  public func countedTargets() -> Tensor {
    trace.constant(Double(type.count)) - compare(.less, 0).convert(to: .f32).sum()
  }

  /// The mean of these losses of single tokens, 0 where none counts.
  public func mean(over count: Tensor) -> Tensor { sum() / count.maximum(1) }
}
