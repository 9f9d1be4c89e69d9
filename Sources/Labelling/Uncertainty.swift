#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// How little a model is sure of an item: what active learning orders by.
///
/// Source: Settles, "Active learning literature survey", 2009, section 3.1.
public enum Uncertainty {
  /// The entropy of a distribution, from 0 (sure) to 1 (all the same).
  public static func entropy(_ probabilities: [Double]) -> Double {
    guard probabilities.count > 1 else { return 0 }
    let sum = probabilities.reduce(0.0) { $0 - ($1 > 0 ? $1 * log($1) : 0) }
    return sum / log(Double(probabilities.count))
  }

  /// 1 less the distance of the two largest probabilities, from 0 (sure) to 1 (torn between two).
  public static func margin(_ probabilities: [Double]) -> Double {
    var best = 0.0
    var second = 0.0
    for value in probabilities {
      if value > best { (best, second) = (value, best) } else { second = max(second, value) }
    }
    return 1 - (best - second)
  }
}
