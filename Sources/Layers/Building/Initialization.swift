import Core
import Dispatch
import TensorGraph

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// How the first values of a parameter are chosen.
///
/// Every element is a function of the key and its index, so that values depend neither on the order in which
/// parameters are filled nor on the number of threads.
public enum Initialization: Sendable, Hashable {
  /// All 0.
  case zeros
  /// All 1.
  case ones
  /// Normally distributed around 0.
  case normal(Double)
  /// Normally distributed around 0, drawn anew beyond two standard deviations (those of the untruncated distribution).
  case truncatedNormal(Double)
  /// Equally distributed between minus and plus the bound.
  case uniform(Double)

  /// Normal, for layers followed by ReLU. Source: He et al., "Delving deep into rectifiers", 2015.
  public static func kaimingNormal(fanIn: Int) -> Initialization { .normal((2 / Double(max(fanIn, 1))).squareRoot()) }
  /// Uniform, for layers followed by ReLU. Source: He et al. 2015.
  public static func kaimingUniform(fanIn: Int) -> Initialization { .uniform((6 / Double(max(fanIn, 1))).squareRoot()) }
  /// Normal, for layers between saturating activations. Source: Glorot and Bengio 2010.
  public static func xavierNormal(fanIn: Int, fanOut: Int) -> Initialization {
    .normal((2 / Double(max(fanIn + fanOut, 1))).squareRoot())
  }
  /// Uniform, for layers between saturating activations. Source: Glorot and Bengio 2010.
  public static func xavierUniform(fanIn: Int, fanOut: Int) -> Initialization {
    .uniform((6 / Double(max(fanIn + fanOut, 1))).squareRoot())
  }

  /// The first `count` values of a parameter with the random key `key`.
  ///
  /// Complexity: O(count).
  public func values(count: Int, key: RandomKey) -> [Float] {
    switch self {
    case .zeros: return [Float](repeating: 0, count: count)
    case .ones: return [Float](repeating: 1, count: count)
    case .normal(let deviation):
      return Self.fill(count) { Self.normals(key.block($0)) * Float(deviation) }
    case .truncatedNormal(let deviation):
      return Self.fill(count) { Self.truncatedNormals(key, $0) * Float(deviation) }
    case .uniform(let bound):
      return Self.fill(count) { counter in
        let words = key.block(counter)
        let units = SIMD4(
          RandomKey.unit(words.x), RandomKey.unit(words.y), RandomKey.unit(words.z), RandomKey.unit(words.w))
        return (units * 2 - 1) * Float(bound)
      }
    }
  }

  /// Values made four at a time.
  private static func fill(_ count: Int, _ four: (_ counter: UInt64) -> SIMD4<Float>) -> [Float] {
    [Float](unsafeUninitializedCapacity: count) { space, used in
      for start in stride(from: 0, to: count, by: 4) {
        let values = four(UInt64(start / 4))
        for i in 0..<min(4, count - start) { space[start + i] = values[i] }
      }
      used = count
    }
  }

  /// Four normal numbers from four random words, by the method of Box and Muller (1958).
  private static func normals(_ words: SIMD4<UInt32>) -> SIMD4<Float> {
    func pair(_ a: UInt32, _ b: UInt32) -> (Float, Float) {
      // 1 - unit lies in (0, 1], where the logarithm is finite.
      let radius = (-2 * logf(1 - RandomKey.unit(a))).squareRoot()
      let angle = 2 * Float.pi * RandomKey.unit(b)
      return (radius * cosf(angle), radius * sinf(angle))
    }
    let (x, y) = pair(words.x, words.y)
    let (z, w) = pair(words.z, words.w)
    return SIMD4(x, y, z, w)
  }

  /// Four normal numbers within two standard deviations: each is the first such in streams 0, 1, 2, ...
  private static func truncatedNormals(_ key: RandomKey, _ counter: UInt64) -> SIMD4<Float> {
    var result = normals(key.block(counter))
    var stream: UInt32 = 1
    while (0..<4).contains(where: { abs(result[$0]) > 2 }) {
      let more = normals(key.block(counter, stream: stream))
      for i in 0..<4 where abs(result[i]) > 2 { result[i] = more[i] }
      stream += 1
    }
    return result
  }
}

extension Backend {
  /// Buffers with the first values of parameters, each drawn from the key that `key` gives its name.
  ///
  /// Throws: `MartletError(.resource)` when memory is short. Complexity: linear in the number of elements.
  public func makeParameters(_ parameters: [ParameterSpecification], key: RandomKey) throws -> [String: any Buffer] {
    let buffers = try parameters.map { try makeBuffer($0.type) }
    // Models begin in a fraction of a second only if all cores draw.
    DispatchQueue.concurrentPerform(iterations: parameters.count) { index in
      let parameter = parameters[index]
      buffers[index].write(
        parameter.initialization.values(count: parameter.type.count, key: key.named(parameter.name)))
    }
    return Dictionary(zip(parameters.map(\.name), buffers)) { $1 }
  }
}
