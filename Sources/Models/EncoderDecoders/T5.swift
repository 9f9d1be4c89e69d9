import Layers
import TensorGraph

/// T5 and its kin (T5 1.1, FLAN-T5), with the parameter names of Hugging Face's `T5ForConditionalGeneration`.
///
/// Source: Raffel et al., "Exploring the limits of transfer learning with a unified text-to-text transformer", 2020;
/// gated feed-forward layers: Shazeer, "GLU variants improve transformer", 2020.
public struct T5: EncoderDecoder {
  private let settings: T5Settings
  private let shared: Embedding
  private let encoder, decoder: Stack
  /// The token embedding, or a matrix of its own where they are not tied.
  public let head: Tensor

  /// Declares the model's parameters in a scope.
  public init(_ c: T5Settings, _ scope: Scope) {
    settings = c
    shared = Embedding(c.vocabularySize, c.hiddenSize, c.initialization(inputs: 1), scope["shared"])
    encoder = Stack(c, layers: c.encoderLayerCount, isDecoder: false, scope["encoder"])
    decoder = Stack(c, layers: c.decoderLayerCount, isDecoder: true, scope["decoder"])
    head = shared.head(isTied: c.tiesEmbeddings, c.initialization(inputs: 1), scope["lm_head"])
  }

  /// Reads sources.
  public func encode(_ source: EncoderInput) -> EncodedSource {
    let batch = source.tokens.size(0)
    let hidden = encoder(shared(source.tokens), source: nil, lengths: source.lengths, cache: nil)
    return EncodedSource(layers: decoder.crossKeys(hidden, batch: batch), lengths: source.lengths)
  }

  /// The hidden states `[R * T, D]` of targets' tokens i32[R, T], scaled where the head is the embedding.
  public func hidden(_ tokens: Tensor, _ source: EncodedSource, cache: KeyValueCache?) -> Tensor {
    let x = decoder(shared(tokens), source: source, lengths: nil, cache: cache)
    return settings.scalesOutput ? x * (1 / Double(settings.hiddenSize).squareRoot()) : x
  }
}

extension T5 {
  /// The encoder or the decoder: layers that share the biases of positions, and a norm.
  private struct Stack {
    let blocks: [Block]
    let positions: RelativePositionBias
    let norm: RMSNormalization
    let dropout: (Tensor) -> Tensor
    let scope: Scope

    init(_ c: T5Settings, layers: Int, isDecoder: Bool, _ scope: Scope) {
      blocks = (0..<layers).map { Block(c, isDecoder: isDecoder, scope["block"][$0]) }
      let buckets = RelativePositionBuckets(
        count: c.bucketCount, maximumDistance: c.maximumDistance, isBidirectional: !isDecoder)
      positions = RelativePositionBias(
        buckets, heads: c.headCount, c.initialization(inputs: c.hiddenSize),
        scope["block.0.layer.0.SelfAttention.relative_attention_bias"])
      norm = RMSNormalization(c.hiddenSize, epsilon: c.normEpsilon, scope["final_layer_norm"])
      dropout = { scope.dropout($0, c.dropout) }
      self.scope = scope
    }

    /// The keys and values `[B, S, H, size]` that the layers see of an encoder's hidden states `[B * S, D]`.
    func crossKeys(_ hidden: Tensor, batch: Int) -> [(keys: Tensor, values: Tensor)] {
      blocks.compactMap { block in
        block.crossAttention.map { ($0.heads($0.key(hidden), batch), $0.heads($0.value(hidden), batch)) }
      }
    }

    /// The hidden states `[R * T, D]` of embedded tokens `[R, T, D]`.
    func callAsFunction(_ embedded: Tensor, source: EncodedSource?, lengths: Tensor?, cache: KeyValueCache?) -> Tensor {
      let (rows, length) = (embedded.size(0), embedded.size(1))
      let bias = positions(queries: length, keys: cache?.capacity ?? length, first: cache?.position)
      // Rows stay flat from here on, [R * T, D]: products then need no reshaping.
      var x = dropout(embedded.reshape([rows * length, embedded.size(2)]))
      for (index, block) in blocks.enumerated() {
        x = scope.trace.recomputable {
          block(
            x, rows: rows, bias: bias, lengths: lengths, cache: cache?.layer(index), source?.layers[index],
            sourceLengths: source?.lengths)
        }
      }
      return dropout(norm(x))
    }
  }

  /// One layer: attention, in the decoder attention to the source, then a feed-forward network, each added to what came in.
  private struct Block {
    let attention: Attention
    let crossAttention: Attention?
    let norms: [RMSNormalization]
    let gate: Linear?
    let up, down: Linear
    let activation: Activation
    let dropout: (Tensor) -> Tensor

    init(_ c: T5Settings, isDecoder: Bool, _ scope: Scope) {
      let parts = (0..<(isDecoder ? 3 : 2)).map { scope["layer"][$0] }
      norms = parts.map { RMSNormalization(c.hiddenSize, epsilon: c.normEpsilon, $0["layer_norm"]) }
      attention = Attention(c, isCausal: isDecoder, parts[0]["SelfAttention"])
      crossAttention = isDecoder ? Attention(c, isCausal: false, parts[1]["EncDecAttention"]) : nil
      let inner = parts[parts.count - 1]["DenseReluDense"]
      func linear(_ inputs: Int, _ outputs: Int, _ name: String) -> Linear {
        Linear(inputs, outputs, hasBias: false, c.initialization(inputs: inputs), inner[name])
      }
      gate = c.isGated ? linear(c.hiddenSize, c.innerSize, "wi_0") : nil
      up = linear(c.hiddenSize, c.innerSize, c.isGated ? "wi_1" : "wi")
      down = linear(c.innerSize, c.hiddenSize, "wo")
      activation = c.activation
      dropout = { scope.dropout($0, c.dropout) }
    }

    /// `x[R * T, D]` gives the same.
    func callAsFunction(
      _ x: Tensor, rows: Int, bias: Tensor, lengths: Tensor?, cache: KeyValueCache.Layer?,
      _ source: (keys: Tensor, values: Tensor)?, sourceLengths: Tensor?
    ) -> Tensor {
      let normal = norms[0](x)
      let (k, v) = (attention.heads(attention.key(normal), rows), attention.heads(attention.value(normal), rows))
      var x = x + dropout(attention(normal, k, v, bias: bias, lengths: lengths, cache: cache))
      if let crossAttention, let (keys, values) = source {
        x = x + dropout(crossAttention(norms[1](x), keys, values, bias: nil, lengths: sourceLengths, cache: nil))
      }
      let last = norms[norms.count - 1](x)
      let inner = gate.map { activation($0(last)) * up(last) } ?? activation(up(last))
      return x + dropout(down(dropout(inner)))
    }
  }

  /// Attention without a scale, to the text itself or to another.
  private struct Attention {
    let query, key, value, output: Linear
    let attention: DotProductAttention
    let headCount: Int

    init(_ c: T5Settings, isCausal: Bool, _ scope: Scope) {
      let size = c.headCount * c.headSize
      func linear(_ inputs: Int, _ outputs: Int, fanIn: Int, _ name: String) -> Linear {
        Linear(inputs, outputs, hasBias: false, c.initialization(inputs: fanIn), scope[name])
      }
      // Queries are drawn smaller, instead of scores being divided by the root of the head size.
      query = linear(c.hiddenSize, size, fanIn: c.hiddenSize * c.headSize, "q")
      key = linear(c.hiddenSize, size, fanIn: c.hiddenSize, "k")
      value = linear(c.hiddenSize, size, fanIn: c.hiddenSize, "v")
      output = linear(size, c.hiddenSize, fanIn: size, "o")
      attention = DotProductAttention(scale: 1, isCausal: isCausal, dropoutRate: c.dropout, scope)
      headCount = c.headCount
    }

    /// Rows `[B * T, H * size]` as heads `[B, T, H, size]`.
    func heads(_ x: Tensor, _ batch: Int) -> Tensor {
      x.reshape([batch, x.size(0) / batch, headCount, x.size(1) / headCount])
    }

    /// `x[R * T, D]` gives the same; the queries of all rows of a sequence of keys `[B, S, H, size]` see the same.
    func callAsFunction(
      _ x: Tensor, _ keys: Tensor, _ values: Tensor, bias: Tensor?, lengths: Tensor?, cache: KeyValueCache.Layer?
    ) -> Tensor {
      let q = heads(query(x), keys.size(0))
      let found = attention(q, keys, values, lengths: lengths, bias: bias, cache: cache)
      return output(found.reshape([x.size(0), q.size(2) * q.size(3)]))
    }
  }
}
