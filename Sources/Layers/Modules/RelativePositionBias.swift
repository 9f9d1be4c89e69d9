import TensorGraph

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What is added to attention's scores for the distance between query and key: the parameter `weight[buckets, heads]`.
///
/// Source: Raffel et al., "Exploring the limits of transfer learning with a unified text-to-text transformer", 2020.
public struct RelativePositionBias {
  /// The bias of each bucket and head.
  public let weight: Tensor
  /// Which distances share a bucket.
  public let buckets: RelativePositionBuckets

  /// The biases of `heads` heads for distances in buckets.
  public init(_ buckets: RelativePositionBuckets, heads: Int, _ initialization: Initialization, _ scope: Scope) {
    self.buckets = buckets
    weight = scope.parameter("weight", [buckets.count, heads], initialization, role: .embedding)
  }

  /// The biases `[1, H, T, S]` of T queries and S keys, whose positions are counted from 0.
  ///
  /// - Parameter first: the position of the first query (i32[]), where it is not 0; keys behind a query have the bias of
  ///   the query's own then, as nothing sees them.
  public func callAsFunction(queries: Int, keys: Int, first: Tensor? = nil) -> Tensor {
    let trace = weight.trace
    // The biases are a function of the distance alone: a row for each that occurs, from `lowest` on.
    let lowest = first == nil ? 1 - queries : 1 - keys
    let known = trace.literal((lowest..<max(keys, 1)).map { Double(buckets.bucket(of: $0)) }).convert(to: .i32)
    let rows = weight.gather(known)
    let query = trace.iota(axis: 0, shape: [queries, keys])
    let distance = trace.iota(axis: 1, shape: [queries, keys]) - (first.map { query + $0 } ?? query)
    return rows.gather(distance - Double(lowest)).transpose([2, 0, 1])
      .reshape([1, weight.size(1), queries, keys])
  }
}

/// Which distances between positions have a bias in common: near ones have one of their own each, farther ones share one
/// with others in steps that grow with the distance, and all from the largest on have the last.
public struct RelativePositionBuckets: Sendable, Hashable {
  /// The number of buckets.
  public var count: Int
  /// The distance from which on all share one.
  public var maximumDistance: Int
  /// Whether half of the buckets are for keys behind the query; without them, those are like the query itself.
  public var isBidirectional: Bool

  /// Buckets; see the properties.
  public init(count: Int, maximumDistance: Int, isBidirectional: Bool) {
    self.count = count
    self.maximumDistance = maximumDistance
    self.isBidirectional = isBidirectional
  }

  /// The bucket of a key that stands `distance` behind the query, or before it where that is negative.
  public func bucket(of distance: Int) -> Int {
    let half = isBidirectional ? count / 2 : count
    let start = isBidirectional && distance > 0 ? half : 0
    let away = isBidirectional ? abs(distance) : max(0, -distance)
    let exact = half / 2
    if away < exact { return start + away }
    // In 32 bits, as those compute it whose weights are read here.
    let steps =
      logf(Float(away) / Float(exact)) / Float(log(Double(maximumDistance) / Double(exact))) * Float(half - exact)
    // Where buckets or distances are too few for steps, there is no number of them.
    return start + (steps >= 0 && steps < Float(half - exact) ? min(exact + Int(steps), half - 1) : max(half - 1, 0))
  }
}
