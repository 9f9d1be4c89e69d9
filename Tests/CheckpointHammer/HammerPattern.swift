import Core
import Formats
import Training

/// The state of a hammer's checkpoint.
package struct HammerState: Codable, Equatable {
  /// The step.
  package var step: Int
  /// A number that follows from the step.
  package var mark: UInt64
  /// A number that JSON has no form for.
  package var loss: Double
}

/// A checkpoint's content that follows from its step, so that whoever reads it can tell whether it is whole.
package struct HammerPattern {
  /// The step.
  package var step: Int
  /// Elements of each large tensor.
  package static let count = 30_000

  /// The content of a step.
  package init(step: Int) { self.step = step }

  /// Something that is not the pattern.
  package struct Mismatch: Error, CustomStringConvertible {
    /// What.
    package var description: String
  }

  /// Whether the step's checkpoint is called the best.
  package var isBest: Bool { step % 3 == 0 }

  private func values(_ salt: UInt64) -> [Float] {
    let key = RandomKey(seed: UInt64(step)).numbered(salt)
    return (0..<UInt64(Self.count / 4)).flatMap { counter in
      let block = key.block(counter)
      return [block.x, block.y, block.z, block.w].map(RandomKey.unit)
    }
  }

  private var state: HammerState {
    HammerState(step: step, mark: UInt64(step) &* 0x9E37_79B9_7F4A_7C15, loss: .infinity)
  }

  /// Saves the checkpoint of the step.
  package func save(to store: CheckpointStore) throws {
    try store.save(
      step: step,
      weights: [
        TensorSource(name: "w", shape: [Self.count / 2, 2], floats: values(1)),
        TensorSource(name: "b", shape: [1], floats: [Float(step)]),
      ],
      optimizer: [TensorSource(name: "w.m", shape: [Self.count], floats: values(2))], state: state,
      files: [("config.json", Array("{\"step\": \(step)}".utf8))], isBest: isBest)
  }

  /// Throws if a checkpoint is not that of the step, in every byte.
  package func check(_ checkpoint: LoadedCheckpoint<HammerState>) throws {
    guard checkpoint.step == step, checkpoint.state == state else {
      throw Mismatch(description: "state of step \(checkpoint.state.step) in the checkpoint of step \(step)")
    }
    guard try checkpoint.weights["w"]?.floats() == values(1), try checkpoint.optimizer["w.m"]?.floats() == values(2),
      try checkpoint.weights["b"]?.floats() == [Float(step)]
    else { throw Mismatch(description: "tensors of another step in the checkpoint of step \(step)") }
  }
}
