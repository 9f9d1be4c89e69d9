import Layers
import TensorGraph

/// Llama and its kin (Mistral, Qwen), with the parameter names of Hugging Face's `LlamaForCausalLM`.
///
/// Source: Touvron et al., "LLaMA: Open and efficient foundation language models", 2023; heads that share keys: Ainslie
/// et al., 2023; windows: Jiang et al., "Mistral 7B", 2023; normalised queries and keys: Yang et al., "Qwen3", 2025.
public struct Llama: LanguageModel {
  private let settings: LlamaSettings
  private let scope: Scope
  private let embedding: Embedding
  private let blocks: [Block]
  private let norm: RMSNormalization
  /// The token embedding, or a matrix of its own where they are not tied.
  public let head: Tensor

  /// Declares the model's parameters in a scope.
  public init(_ c: LlamaSettings, _ scope: Scope) {
    settings = c
    self.scope = scope
    let body = scope["model"]
    embedding = Embedding(c.vocabularySize, c.hiddenSize, c.initialization, body["embed_tokens"])
    blocks = (0..<c.layerCount).map { Block(c, layer: $0, body["layers"][$0]) }
    norm = RMSNormalization(c.hiddenSize, epsilon: c.normEpsilon, body["norm"])
    head = embedding.head(isTied: c.tiesEmbeddings, c.initialization, scope["lm_head"])
  }

  /// The hidden states `[B * T, D]` of tokens i32[B, T].
  public func hidden(_ tokens: Tensor, cache: KeyValueCache?) -> Tensor {
    let (batch, length) = (tokens.size(0), tokens.size(1))
    let places = scope.trace.iota(axis: 0, shape: [length])
    let turns = settings.rotary.turns(cache.map { places + $0.position } ?? places)
    // Rows stay flat from here on, [B * T, D]: products then need no reshaping.
    var x = embedding(tokens).reshape([batch * length, settings.hiddenSize])
    for (index, block) in blocks.enumerated() {
      x = scope.trace.recomputable { block(x, batch: batch, turns, cache: cache?.layer(index)) }
    }
    return norm(x)
  }
}

extension Llama {
  /// One layer: attention, then a gated feed-forward network, each added to what came in.
  private struct Block {
    let attentionNorm, feedForwardNorm: RMSNormalization
    let attention: SelfAttention
    let gate, up, down: Linear
    let activation: Activation

    init(_ c: LlamaSettings, layer: Int, _ scope: Scope) {
      attentionNorm = RMSNormalization(c.hiddenSize, epsilon: c.normEpsilon, scope["input_layernorm"])
      attention = SelfAttention(c, layer: layer, scope["self_attn"])
      feedForwardNorm = RMSNormalization(c.hiddenSize, epsilon: c.normEpsilon, scope["post_attention_layernorm"])
      func linear(_ inputs: Int, _ outputs: Int, _ name: String) -> Linear {
        Linear(inputs, outputs, hasBias: c.feedForwardHasBias, c.initialization, scope["mlp"][name])
      }
      gate = linear(c.hiddenSize, c.innerSize, "gate_proj")
      up = linear(c.hiddenSize, c.innerSize, "up_proj")
      down = linear(c.innerSize, c.hiddenSize, "down_proj")
      activation = c.activation
    }

    /// `x[B * T, D]` gives the same.
    func callAsFunction(
      _ x: Tensor, batch: Int, _ turns: RotaryEmbedding.Turns, cache: KeyValueCache.Layer?
    ) -> Tensor {
      let x = x + attention(attentionNorm(x), batch: batch, turns, cache: cache)
      let normal = feedForwardNorm(x)
      return x + down(activation(gate(normal)) * up(normal))
    }
  }

  /// Attention with rotary positions, whose query heads share key heads in groups.
  private struct SelfAttention {
    let query, key, value, output: Linear
    let queryNorm, keyNorm: RMSNormalization?
    let attention: DotProductAttention
    let headSize: Int

    init(_ c: LlamaSettings, layer: Int, _ scope: Scope) {
      let (queries, keys) = (c.headCount * c.headSize, c.keyHeadCount * c.headSize)
      func linear(_ inputs: Int, _ outputs: Int, hasBias: Bool, _ name: String) -> Linear {
        Linear(inputs, outputs, hasBias: hasBias, c.initialization, scope[name])
      }
      query = linear(c.hiddenSize, queries, hasBias: c.queriesHaveBias, "q_proj")
      key = linear(c.hiddenSize, keys, hasBias: c.queriesHaveBias, "k_proj")
      value = linear(c.hiddenSize, keys, hasBias: c.queriesHaveBias, "v_proj")
      output = linear(queries, c.hiddenSize, hasBias: c.attentionOutputHasBias, "o_proj")
      func norm(_ name: String) -> RMSNormalization? {
        c.normalizesHeads ? RMSNormalization(c.headSize, epsilon: c.normEpsilon, scope[name]) : nil
      }
      queryNorm = norm("q_norm")
      keyNorm = norm("k_norm")
      attention = DotProductAttention(
        scale: 1 / Double(c.headSize).squareRoot(), isCausal: true, window: c.window(ofLayer: layer),
        dropoutRate: c.attentionDropout, scope)
      headSize = c.headSize
    }

    /// `x[B * T, D]` gives the same.
    func callAsFunction(
      _ x: Tensor, batch: Int, _ turns: RotaryEmbedding.Turns, cache: KeyValueCache.Layer?
    ) -> Tensor {
      func heads(_ y: Tensor) -> Tensor {
        y.reshape([batch, x.size(0) / batch, y.size(1) / headSize, headSize])
      }
      let (q, k) = (heads(query(x)), heads(key(x)))
      let found = attention(
        turns(queryNorm.map { $0(q) } ?? q), turns(keyNorm.map { $0(k) } ?? k), heads(value(x)), cache: cache)
      return output(found.reshape([x.size(0), found.size(2) * headSize]))
    }
  }
}
