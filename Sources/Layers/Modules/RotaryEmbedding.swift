import TensorGraph

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Rotary position embedding: pair `i` of a head's elements is turned by the position times a frequency of its own.
///
/// Source: Su et al., "RoFormer", 2021.
public struct RotaryEmbedding: Sendable, Hashable {
  /// How the frequencies of a model that was trained on short texts are changed for longer ones.
  public enum Scaling: Sendable, Hashable {
    /// Not at all.
    case none
    /// All are divided by the factor. Source: Chen et al., "Extending context window by position interpolation", 2023.
    case linear(factor: Double)
    /// Those with wavelengths near or beyond the length trained on are divided. Source: the Llama 3.1 model card's code.
    case llama3(factor: Double, lowFrequency: Double, highFrequency: Double, trainedLength: Double)
    /// Slow ones are divided, fast ones kept, with a ramp between them; scores become sharper by `attention` squared.
    /// Source: Peng et al., "YaRN", 2023.
    case yarn(YaRN)
  }

  /// The settings of YaRN.
  public struct YaRN: Sendable, Hashable {
    /// How many times longer texts become.
    public var factor: Double
    /// The length that the model was trained on.
    public var trainedLength: Double
    /// The turns within that length from which on a frequency is kept.
    public var fastTurns: Double
    /// The turns up to which a frequency is divided by the whole factor.
    public var slowTurns: Double
    /// What sines and cosines are multiplied by.
    public var attention: Double
    /// Whether the ends of the ramp are rounded to whole pairs.
    public var truncates: Bool

    /// What sines and cosines are multiplied by for texts `factor` times longer. Source: section 3.4 of the paper.
    public static func attention(_ factor: Double, weight: Double = 1) -> Double {
      factor <= 1 ? 1 : 0.1 * weight * log(factor) + 1
    }

    /// Settings; see the properties.
    public init(
      factor: Double, trainedLength: Double, fastTurns: Double, slowTurns: Double, attention: Double, truncates: Bool
    ) {
      self.factor = factor
      self.trainedLength = trainedLength
      self.fastTurns = fastTurns
      self.slowTurns = slowTurns
      self.attention = attention
      self.truncates = truncates
    }
  }

  /// The frequency of each pair, in radians a position: `[size / 2]`.
  public let frequencies: [Double]
  /// What sines and cosines are multiplied by.
  public let amplitude: Double

  /// The frequencies `base^(-2 i / size)` of heads of `size` elements, scaled.
  public init(size: Int, base: Double, scaling: Scaling = .none) {
    let plain = (0..<size / 2).map { pow(base, -2 * Double($0) / Double(size)) }
    switch scaling {
    case .none: (frequencies, amplitude) = (plain, 1)
    case .linear(let factor): (frequencies, amplitude) = (plain.map { $0 / factor }, 1)
    case .llama3(let factor, let low, let high, let length):
      frequencies = plain.map { frequency in
        // How often it turns within the trained length says how much of it is kept.
        let turns = length * frequency / (2 * .pi)
        let kept = max(0, min(1, (turns - low) / (high - low)))
        return (1 - kept) * frequency / factor + kept * frequency
      }
      amplitude = 1
    case .yarn(let yarn):
      func pair(turning turns: Double) -> Double {
        Double(size) * log(yarn.trainedLength / (turns * 2 * .pi)) / (2 * log(base))
      }
      var (first, last) = (pair(turning: yarn.fastTurns), pair(turning: yarn.slowTurns))
      if yarn.truncates { (first, last) = (first.rounded(.down), last.rounded(.up)) }
      (first, last) = (max(first, 0), min(last, Double(size - 1)))
      if first == last { last += 0.001 }
      frequencies = plain.enumerated().map { index, frequency in
        let divided = max(0, min(1, (Double(index) - first) / (last - first)))
        return divided * frequency / yarn.factor + (1 - divided) * frequency
      }
      amplitude = yarn.attention
    }
  }

  /// The turns of T tokens at `positions` (i32[T]), computed once for all layers.
  public func turns(_ positions: Tensor) -> Turns {
    let trace = positions.trace
    let rows = positions.shape + [1]
    let angles = positions.convert(to: .f32).reshape(rows) * trace.literal(frequencies)
    func table(_ function: UnaryFunction) -> Tensor {
      let table = angles.unary(function)
      return amplitude == 1 ? table : table * amplitude
    }
    return Turns(
      cosine: table(.cosine), sine: table(.sine), rows: trace.iota(axis: 0, shape: positions.shape))
  }

  /// How far the heads of each token are turned.
  public struct Turns {
    let cosine, sine, rows: Tensor

    /// The turned heads `x[B, T, H, size]`.
    public func callAsFunction(_ x: Tensor) -> Tensor { x.rotary(cosine: cosine, sine: sine, positions: rows) }
  }
}
