import Layers
import TensorGraph

/// ModernBERT, with the parameter names of Hugging Face's models: rotary positions, windows in most layers, gated
/// feed-forward networks, and norms in front of each part.
///
/// Source: Warner et al., "Smarter, better, faster, longer: a modern bidirectional encoder", 2024.
public struct ModernBert: TextEncoder {
  private let settings: ModernBertSettings
  private let scope: Scope
  private let embedding: Embedding
  private let norm, finalNorm: LayerNormalization
  private let blocks: [Block]
  /// The vectors of the tokens.
  public var tokenEmbedding: Tensor { embedding.weight }

  /// Declares the model's parameters in a scope.
  public init(_ c: ModernBertSettings, _ scope: Scope) {
    settings = c
    self.scope = scope
    embedding = Embedding(c.vocabularySize, c.hiddenSize, c.initialization, scope["embeddings.tok_embeddings"])
    norm = c.norm(scope["embeddings.norm"])
    blocks = (0..<c.layerCount).map { Block(c, layer: $0, scope["layers"][$0]) }
    finalNorm = c.norm(scope["final_norm"])
  }

  /// The hidden states `[B * T, D]`.
  public func hidden(_ input: EncoderInput) -> Tensor {
    let (batch, length) = (input.tokens.size(0), input.tokens.size(1))
    let places = scope.trace.iota(axis: 0, shape: [length])
    let (global, local) = (settings.globalRotary.turns(places), settings.localRotary.turns(places))
    // Rows stay flat from here on, [B * T, D]: products then need no reshaping.
    var x = scope.dropout(norm(embedding(input.tokens)), settings.embeddingDropout)
      .reshape([batch * length, settings.hiddenSize])
    for (layer, block) in blocks.enumerated() {
      let turns = settings.localLayers.contains(layer) ? local : global
      x = scope.trace.recomputable { block(x, batch: batch, turns, input.lengths) }
    }
    return finalNorm(x)
  }
}

extension ModernBert {
  /// One layer: attention, then a gated feed-forward network, each added to what came in.
  private struct Block {
    let attentionNorm: LayerNormalization?
    let feedForwardNorm: LayerNormalization
    let projection, output, up, down: Linear
    let attention: DotProductAttention
    let settings: ModernBertSettings
    let scope: Scope

    init(_ c: ModernBertSettings, layer: Int, _ scope: Scope) {
      let (attn, mlp) = (scope["attn"], scope["mlp"])
      // What comes out of the embedding is normalised already.
      attentionNorm = layer == 0 ? nil : c.norm(scope["attn_norm"])
      projection = Linear(
        c.hiddenSize, 3 * c.hiddenSize, parts: 3, hasBias: c.attentionHasBias, c.initialization, attn["Wqkv"])
      output = Linear(
        c.hiddenSize, c.hiddenSize, hasBias: c.attentionHasBias, c.residualInitialization, attn["Wo"])
      feedForwardNorm = c.norm(scope["mlp_norm"])
      up = Linear(
        c.hiddenSize, 2 * c.innerSize, parts: 2, hasBias: c.feedForwardHasBias, c.initialization, mlp["Wi"])
      down = Linear(
        c.innerSize, c.hiddenSize, hasBias: c.feedForwardHasBias, c.residualInitialization, mlp["Wo"])
      attention = DotProductAttention(
        scale: 1 / Double(c.hiddenSize / c.headCount).squareRoot(), isCausal: false,
        window: c.localLayers.contains(layer) ? c.window : nil, dropoutRate: c.attentionDropout, scope)
      settings = c
      self.scope = scope
    }

    /// `x[B * T, D]` gives the same.
    func callAsFunction(
      _ x: Tensor, batch: Int, _ turns: RotaryEmbedding.Turns, _ lengths: Tensor?
    ) -> Tensor {
      let size = x.size(1)
      let heads = [batch, x.size(0) / batch, settings.headCount, size / settings.headCount]
      let parts = projection(attentionNorm.map { $0(x) } ?? x).split(axis: 1, [size, size, size])
        .map { $0.reshape(heads) }
      let found = attention(turns(parts[0]), turns(parts[1]), parts[2], lengths: lengths).reshape(x.shape)
      let x = x + scope.dropout(output(found), settings.attentionDropout)
      let gated = up(feedForwardNorm(x)).split(axis: 1, [settings.innerSize, settings.innerSize])
      return x + down(scope.dropout(settings.activation(gated[0]) * gated[1], settings.feedForwardDropout))
    }
  }
}
