import Layers
import TensorGraph

/// BERT and its kin (RoBERTa, DistilBERT, MiniLM), with the parameter names of Hugging Face's models.
///
/// Source: Devlin et al., "BERT: Pre-training of deep bidirectional transformers", 2019; Liu et al., "RoBERTa", 2019;
/// Sanh et al., "DistilBERT", 2019.
public struct Bert: TextEncoder {
  private let settings: BertSettings
  private let scope: Scope
  private let wordEmbedding, positionEmbedding: Embedding
  private let typeEmbedding: Embedding?
  private let norm: LayerNormalization
  private let blocks: [Block]
  /// The vectors of the tokens.
  public var tokenEmbedding: Tensor { wordEmbedding.weight }

  /// Declares the model's parameters in a scope.
  public init(_ c: BertSettings, _ scope: Scope) {
    settings = c
    self.scope = scope
    let embeddings = scope["embeddings"]
    func table(_ count: Int, _ name: String) -> Embedding {
      Embedding(count, c.hiddenSize, c.initialization, embeddings[name])
    }
    wordEmbedding = table(c.vocabularySize, "word_embeddings")
    positionEmbedding = table(c.positionCount, "position_embeddings")
    typeEmbedding = c.tokenTypeCount > 0 ? table(c.tokenTypeCount, "token_type_embeddings") : nil
    norm = LayerNormalization(c.hiddenSize, epsilon: c.normEpsilon, embeddings["LayerNorm"])
    blocks = (0..<c.layerCount).map { Block(c, scope[c.names.layers][$0]) }
  }

  /// The hidden states `[B * T, D]`.
  public func hidden(_ input: EncoderInput) -> Tensor {
    let (batch, length, limit) = (input.tokens.size(0), input.tokens.size(1), settings.maximumLength)
    if length > limit {
      scope.trace.fail("sequences of \(length) tokens are longer than the model's positions, \(limit)")
    }
    var x =
      wordEmbedding(input.tokens)
      + positionEmbedding.weight.slice(axis: 0, start: settings.firstPosition, length: min(length, limit))
    if let typeEmbedding {
      x = x + (input.tokenTypes.map { typeEmbedding($0) } ?? typeEmbedding.weight.slice(axis: 0, start: 0, length: 1))
    }
    // Rows stay flat from here on, [B * T, D]: products then need no reshaping.
    x = scope.dropout(norm(x), settings.hiddenDropout).reshape([batch * length, settings.hiddenSize])
    for block in blocks { x = scope.trace.recomputable { block(x, batch: batch, input.lengths) } }
    return x
  }
}

extension Bert {
  /// One layer: attention, then a feed-forward network, each normalised after it was added to what came in.
  private struct Block {
    let query, key, value, output, up, down: Linear
    let attentionNorm, outputNorm: LayerNormalization
    let attention: DotProductAttention
    let activation: Activation
    let headCount: Int
    let dropout: (Tensor) -> Tensor

    init(_ c: BertSettings, _ scope: Scope) {
      func linear(_ inputs: Int, _ outputs: Int, _ name: String) -> Linear {
        Linear(inputs, outputs, c.initialization, scope[name])
      }
      func norm(_ name: String) -> LayerNormalization {
        LayerNormalization(c.hiddenSize, epsilon: c.normEpsilon, scope[name])
      }
      query = linear(c.hiddenSize, c.hiddenSize, c.names.query)
      key = linear(c.hiddenSize, c.hiddenSize, c.names.key)
      value = linear(c.hiddenSize, c.hiddenSize, c.names.value)
      output = linear(c.hiddenSize, c.hiddenSize, c.names.attentionOutput)
      attentionNorm = norm(c.names.attentionNorm)
      up = linear(c.hiddenSize, c.innerSize, c.names.up)
      down = linear(c.innerSize, c.hiddenSize, c.names.down)
      outputNorm = norm(c.names.outputNorm)
      let scale = 1 / Double(c.hiddenSize / c.headCount).squareRoot()
      attention = DotProductAttention(scale: scale, isCausal: false, dropoutRate: c.attentionDropout, scope)
      activation = c.activation
      headCount = c.headCount
      dropout = { scope.dropout($0, c.hiddenDropout) }
    }

    /// `x[B * T, D]` gives the same.
    func callAsFunction(_ x: Tensor, batch: Int, _ lengths: Tensor?) -> Tensor {
      let heads = [batch, x.size(0) / batch, headCount, x.size(1) / headCount]
      let parts = [query, key, value].map { $0(x).reshape(heads) }
      let found = attention(parts[0], parts[1], parts[2], lengths: lengths).reshape(x.shape)
      let seen = attentionNorm(x + dropout(output(found)))
      return outputNorm(seen + dropout(down(activation(up(seen)))))
    }
  }
}
