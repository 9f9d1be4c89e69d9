import Models
import TensorGraph
import Tokenizers

/// The tokens that tell an encoder where texts end.
struct EncoderMarks: Sendable {
  private let paddingID, separatorID: Int32?

  /// - Parameter hasPairs: whether a separator divides two texts of different kinds.
  init(_ tokenizer: Tokenizer, hasPairs: Bool) {
    paddingID = tokenizer.paddingID
    separatorID = hasPairs ? ["[SEP]", "</s>"].lazy.compactMap(tokenizer.id(of:)).first : nil
  }

  /// What the encoder reads of tokens i32[B, T] with padding at their ends.
  func input(_ tokens: Tensor) -> EncoderInput {
    let types = separatorID.map { secondText(tokens, behind: $0) }
    return paddingID.map { EncoderInput(tokens: tokens, tokenTypes: types, paddingID: $0) }
      ?? EncoderInput(tokens: tokens, tokenTypes: types)
  }

  /// 1 behind the first separator of each row, else 0, i32[B, T].
  private func secondText(_ tokens: Tensor, behind separator: Int32) -> Tensor {
    let (batch, length) = (tokens.size(0), tokens.size(1))
    let places = tokens.trace.iota(axis: 1, shape: [batch, length], .f32)
    let left = tokens.trace.constant(Double(length), shape: [batch, length]) - places
    let most = tokens.compare(.equal, Double(separator)).select(left, 0).reduce(.maximum, [1]).reshape([batch, 1])
    return left.compare(.less, most).convert(to: .i32)
  }
}
