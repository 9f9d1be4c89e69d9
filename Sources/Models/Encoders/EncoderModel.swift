import Layers
import TensorGraph

/// An encoder with the head of its task, traced into a program.
public struct EncoderModel {
  /// What is below the head.
  public let encoder: any TextEncoder
  private let head: EncoderHead?
  private let scope: Scope

  /// Declares the parameters of an encoder and its head in a scope.
  public init(_ c: any EncoderConfiguration, _ scope: Scope) {
    self.scope = scope
    let body = c.task == .embeddings ? scope : scope[type(of: c).prefix]
    let encoder = c.encoder(body)
    self.encoder = encoder
    head = c.head.map { EncoderHead(c, $0, tokenEmbedding: encoder.tokenEmbedding, scope) }
    // The pooler is part of the folder although nothing here reads it.
    if c.task == .embeddings, type(of: c).parts.contains("pooler") {
      _ = Linear(c.hiddenSize, c.hiddenSize, c.headInitialization, body["pooler.dense"])
    }
  }

  /// The logits of the task: `[B, T, V]` of masked words, `[B, C]` of texts' labels, `[B, T, C]` of tokens' labels,
  /// `[B, T, 2]` of the starts and ends of answers. Those of padding mean nothing.
  public func logits(_ input: EncoderInput) -> Tensor {
    guard let head else { return withoutHead(input) }
    let rows = input.tokens.shape
    let logits = head.logits(head.features(encoder.hidden(input), input))
    return head.isForTokens ? logits.reshape(rows + [logits.size(1)]) : logits
  }

  /// The losses of single targets, 0 where a target is negative.
  ///
  /// - Parameters:
  ///   - targets: a label for each text, i32[B]; or a label or the right word for each token, i32[B, T].
  ///   - smoothing: the part of each target that is spread over all labels or tokens.
  public func losses(_ input: EncoderInput, targets: Tensor, smoothing: Double = 0) -> Tensor {
    guard let head else { return withoutHead(input) }
    return head.losses(
      head.features(encoder.hidden(input), input), targets: targets.reshape([-1]), smoothing: smoothing)
  }

  /// Which labels the model finds, as `losses(_:targets:)` takes them: 1 where the likeliest is right, else 0.
  public func hits(_ input: EncoderInput, targets: Tensor) -> Tensor {
    let likeliest = logits(input).topK(1).indices.reshape([-1])
    return likeliest.compare(.equal, targets.reshape([-1])).convert(to: .f32)
  }

  /// The losses of the words behind masks, `[M]`: only for masked tokens are words computed at all.
  ///
  /// - Parameters:
  ///   - places: where masked tokens are among all `B * T`, i32[M].
  ///   - targets: the right words, i32[M]; negative where there is none.
  ///   - smoothing: the part of each target that is spread over all tokens.
  public func losses(_ input: EncoderInput, places: Tensor, targets: Tensor, smoothing: Double = 0) -> Tensor {
    guard let head else { return withoutHead(input) }
    return head.losses(
      head.features(of: encoder.hidden(input).gather(places)), targets: targets, smoothing: smoothing)
  }

  /// The losses of the words behind masks, `[B * most]`, from targets for each token: only where they are not negative are
  /// words computed.
  ///
  /// - Parameters:
  ///   - targets: the right words, i32[B, T]; negative where there is none.
  ///   - most: how many of a text are not negative, at most; what is beyond is left out.
  ///   - smoothing: the part of each target that is spread over all tokens.
  public func losses(_ input: EncoderInput, targets: Tensor, mostOfText most: Int, smoothing: Double = 0) -> Tensor {
    let (batch, length) = (targets.size(0), targets.size(1))
    let counts = scope.trace.constant(1, shape: targets.shape) - targets.compare(.less, 0).convert(to: .f32)
    let rows = scope.trace.iota(axis: 0, shape: [batch, 1]) * Double(length)
    let places = (counts.topK(min(most, length)).indices + rows).reshape([-1])
    return losses(input, places: places, targets: targets.reshape([-1]).gather(places), smoothing: smoothing)
  }

  /// The losses of answers, `[B]`: the mean of the cross-entropies of their first and last tokens.
  ///
  /// Padding is no possible end of an answer. Source: Devlin et al. 2019, section 4.2.
  /// - Parameters:
  ///   - starts: the place of the first token of each answer, i32[B]; where it is negative, its loss is 0.
  ///   - ends: the place of the last token.
  public func spanLosses(_ input: EncoderInput, starts: Tensor, ends: Tensor) -> Tensor {
    let logits = self.logits(input)
    let rows = input.tokens.shape
    let losses = [starts, ends].enumerated().map { index, targets in
      let all = logits.slice(axis: 2, start: index, length: 1).reshape(rows)
      return (input.isText.map { $0.select(all, -1e30) } ?? all).crossEntropy(targets: targets)
    }
    return (losses[0] + losses[1]) * 0.5
  }

  /// A vector of length 1 for each text, `[B, D]`.
  public func embeddings(_ input: EncoderInput, _ pooling: Pooling = .mean) -> Tensor {
    let pooled = pooling(encoder.hidden(input), input)
    let squares = pooled.unary(.square).reduce(.sum, [1]).reshape([pooled.size(0), 1])
    return pooled * squares.maximum(1e-24).unary(.reciprocalSquareRoot)
  }

  private func withoutHead(_ input: EncoderInput) -> Tensor {
    scope.trace.fail("a model for embeddings has no head")
    return input.tokens
  }
}
