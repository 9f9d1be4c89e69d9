import Layers
import TensorGraph

/// GPT-2, with the parameter names of Hugging Face's `GPT2LMHeadModel`.
///
/// Source: Radford et al., "Language models are unsupervised multitask learners", 2019.
public struct GPT2: LanguageModel {
  private let configuration: GPT2Configuration
  private let scope: Scope
  private let tokenEmbedding, positionEmbedding: Embedding
  private let blocks: [Block]
  private let norm: LayerNormalization
  /// The token embedding, or a matrix of its own where they are not tied.
  public let head: Tensor

  /// Declares the model's parameters in a scope.
  public init(_ c: GPT2Configuration, _ scope: Scope) {
    configuration = c
    self.scope = scope
    let body = scope["transformer"]
    let normal = Initialization.normal(c.initializerRange)
    tokenEmbedding = Embedding(c.vocabularySize, c.hiddenSize, normal, body["wte"])
    positionEmbedding = Embedding(c.positionCount, c.hiddenSize, normal, body["wpe"])
    blocks = (0..<c.layerCount).map { Block(c, layer: $0, body["h"][$0]) }
    norm = LayerNormalization(c.hiddenSize, epsilon: c.layerNormEpsilon, body["ln_f"])
    head = tokenEmbedding.head(isTied: c.tiesEmbeddings, normal, scope["lm_head"])
  }

  /// The hidden states `[B * T, D]` of tokens i32[B, T].
  public func hidden(_ tokens: Tensor, cache: KeyValueCache?) -> Tensor {
    let (batch, length) = (tokens.size(0), tokens.size(1))
    let limit = configuration.positionCount
    if cache == nil, length > limit {
      scope.trace.fail("sequences of \(length) tokens are longer than n_positions, \(limit)")
    }
    let positions =
      if let cache {
        positionEmbedding(scope.trace.iota(axis: 0, shape: [length]) + cache.position)
      } else {
        positionEmbedding.weight.slice(axis: 0, start: 0, length: min(length, limit))
      }
    // Rows stay flat from here on, [B * T, D]: products then need no reshaping.
    var x = (tokenEmbedding(tokens) + positions).reshape([batch * length, configuration.hiddenSize])
    x = scope.dropout(x, configuration.embeddingDropout)
    for (index, block) in blocks.enumerated() {
      x = scope.trace.recomputable { block(x, batch: batch, cache: cache?.layer(index)) }
    }
    return norm(x)
  }
}

extension GPT2 {
  /// One layer: attention, then a feed-forward network, each added to what came in.
  private struct Block {
    let attentionNorm, feedForwardNorm: LayerNormalization
    let attention: SelfAttention
    let up, down: Linear
    let activation: Activation
    let dropout: (Tensor) -> Tensor

    init(_ c: GPT2Configuration, layer: Int, _ scope: Scope) {
      attentionNorm = LayerNormalization(c.hiddenSize, epsilon: c.layerNormEpsilon, scope["ln_1"])
      attention = SelfAttention(c, layer: layer, scope["attn"])
      feedForwardNorm = LayerNormalization(c.hiddenSize, epsilon: c.layerNormEpsilon, scope["ln_2"])
      let mlp = scope["mlp"]
      up = Linear(c.hiddenSize, c.innerSize, layout: .inputOutput, .normal(c.initializerRange), mlp["c_fc"])
      down = Linear(c.innerSize, c.hiddenSize, layout: .inputOutput, c.residualInitialization, mlp["c_proj"])
      activation = c.activation
      dropout = { scope.dropout($0, c.residualDropout) }
    }

    /// `x[B * T, D]` gives the same.
    func callAsFunction(_ x: Tensor, batch: Int, cache: KeyValueCache.Layer?) -> Tensor {
      let x = x + dropout(attention(attentionNorm(x), batch: batch, cache: cache))
      return x + dropout(down(activation(up(feedForwardNorm(x)))))
    }
  }

  /// Attention of several heads, with one product for queries, keys and values.
  private struct SelfAttention {
    let projection, output: Linear
    let attention: DotProductAttention
    let headCount: Int

    init(_ c: GPT2Configuration, layer: Int, _ scope: Scope) {
      let normal = Initialization.normal(c.initializerRange)
      projection = Linear(
        c.hiddenSize, 3 * c.hiddenSize, layout: .inputOutput, parts: 3, normal, scope["c_attn"])
      output = Linear(c.hiddenSize, c.hiddenSize, layout: .inputOutput, c.residualInitialization, scope["c_proj"])
      let root = c.scalesAttention ? Double(c.hiddenSize / c.headCount).squareRoot() : 1
      let scale = 1 / (root * (c.scalesAttentionByLayer ? Double(layer + 1) : 1))
      attention = DotProductAttention(scale: scale, isCausal: true, dropoutRate: c.attentionDropout, scope)
      headCount = c.headCount
    }

    /// `x[B * T, D]` gives the same.
    func callAsFunction(_ x: Tensor, batch: Int, cache: KeyValueCache.Layer?) -> Tensor {
      let size = x.size(1)
      let heads = [batch, x.size(0) / batch, headCount, size / headCount]
      let parts = projection(x).split(axis: 1, [size, size, size]).map { $0.reshape(heads) }
      return output(attention(parts[0], parts[1], parts[2], cache: cache).reshape(x.shape))
    }
  }
}

extension GPT2Configuration {
  /// The initial weights of projections into the residual stream, to which each of 2 L layers adds.
  fileprivate var residualInitialization: Initialization {
    .normal(initializerRange / (2 * Double(layerCount)).squareRoot())
  }
}
