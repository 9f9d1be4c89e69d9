import Layers
import TensorGraph

/// What turns hidden states into the numbers of a task: how it is built and what its parameters are called.
public struct EncoderHeadSettings: Sendable, Hashable {
  /// What comes before the output layer.
  struct Transform: Sendable, Hashable {
    let dense: String
    var hasBias = true
    let activation: Activation
    /// The normalisation behind the activation.
    var norm: String?
    var normHasBias = true
    var normEpsilon = 1e-12
  }

  /// The output layer.
  enum Output: Sendable, Hashable {
    /// A matrix and a bias for as many labels.
    case labels(String)
    /// The token embedding, and a bias of this name unless there is none.
    case tokens(bias: String?)
  }

  /// How a sequence becomes one vector; nil where each token keeps its own.
  var pooling: Pooling?
  var inputDropout = 0.0
  var transform: Transform?
  var dropout = 0.0
  let output: Output

  /// The parameters of an output layer for labels, which are of no use for other labels.
  var labelNames: Set<String> {
    if case .labels(let name) = output { ["\(name).weight", "\(name).bias"] } else { [] }
  }

  /// The names of all its parameters.
  var parameterNames: Set<String> {
    var names = labelNames
    if case .tokens(let bias?) = output { names.insert(bias) }
    if let transform {
      names.insert("\(transform.dense).weight")
      if transform.hasBias { names.insert("\(transform.dense).bias") }
      if let norm = transform.norm {
        names.insert("\(norm).weight")
        if transform.normHasBias { names.insert("\(norm).bias") }
      }
    }
    return names
  }
}

/// The head of an encoder.
struct EncoderHead {
  private let settings: EncoderHeadSettings
  private let dense: Linear?
  private let norm: LayerNormalization?
  private let labels: Linear?
  private let tokenBias: Tensor?
  private let tokenEmbedding: Tensor
  private let scope: Scope

  init(_ c: any EncoderConfiguration, _ settings: EncoderHeadSettings, tokenEmbedding: Tensor, _ scope: Scope) {
    self.settings = settings
    self.tokenEmbedding = tokenEmbedding
    self.scope = scope
    let size = c.hiddenSize
    dense = settings.transform.map {
      Linear(size, size, hasBias: $0.hasBias, c.headInitialization, scope[$0.dense])
    }
    norm = settings.transform.flatMap { transform in
      transform.norm.map {
        LayerNormalization(size, epsilon: transform.normEpsilon, hasBias: transform.normHasBias, scope[$0])
      }
    }
    switch settings.output {
    case .labels(let name):
      labels = Linear(size, c.labels.count, c.headInitialization, scope[name])
      tokenBias = nil
    case .tokens(let bias):
      labels = nil
      tokenBias = bias.map { scope.parameter($0, [c.vocabularySize], .zeros) }
    }
  }

  /// Whether each token has its own logits.
  var isForTokens: Bool { settings.pooling == nil }

  /// What the output layer reads: `[B, D]` of each sequence, or `[B * T, D]` of each token.
  func features(_ hidden: Tensor, _ input: EncoderInput) -> Tensor {
    features(of: settings.pooling.map { $0(hidden, input) } ?? hidden)
  }

  /// What the output layer reads of these rows.
  func features(of rows: Tensor) -> Tensor {
    var x = scope.dropout(rows, settings.inputDropout)
    if let dense { x = dense(x) }
    if let transform = settings.transform { x = transform.activation(x) }
    if let norm { x = norm(x) }
    return scope.dropout(x, settings.dropout)
  }

  /// The numbers of labels or tokens, `[N, C]`, of features `[N, D]`.
  func logits(_ features: Tensor) -> Tensor {
    if let labels { return labels(features) }
    let products = features.linear(tokenEmbedding, transposed: true)
    return tokenBias.map { products + $0 } ?? products
  }

  /// The cross-entropy of each row of features `[N, D]` with targets i32[N], 0 where a target is negative.
  ///
  /// - Parameter smoothing: the part of each target that is spread over all labels or tokens.
  func losses(_ features: Tensor, targets: Tensor, smoothing: Double) -> Tensor {
    labels.map { $0(features).crossEntropy(targets: targets, smoothing: smoothing) }
      ?? features.linearCrossEntropy(
        weight: tokenEmbedding, bias: tokenBias, targets: targets, smoothing: smoothing)
  }
}
