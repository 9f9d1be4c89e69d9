import Core
import Layers
import Models
import TensorGraph

/// An encoder-decoder compiled for generation: it reads a batch of sources once, and then takes one token of each target at a
/// time and gives the logits of the next.
///
/// The keys and values of the sources are computed once and shared by all targets of a source; those of the targets are
/// kept on the device. Programs are compiled for lengths rounded up, and kept while the lengths fit. It belongs to one
/// thread at a time.
public final class CachedEncoderDecoder {
  /// The model's configuration.
  public let configuration: any EncoderDecoderConfiguration
  /// The number of sources that run at once.
  public let sourceCount: Int
  /// The number of targets of each source; target `t` of source `s` is row `s * targetCount + t`.
  public let targetCount: Int
  /// The number of tokens of each target so far.
  public private(set) var length = 0
  /// The logits that the last step gave, one row of `vocabularySize` numbers for each target.
  public private(set) var logits: [Float]
  /// The logarithm of the sum of the exponentials of each row of logits.
  public private(set) var logSums: [Float]

  private let backend: any Backend
  private let parameters: [String: any Buffer]
  private var programs: Programs?
  private var sourceLengths: [Int32] = []

  private static let sourcePrefix = "source."
  /// The shortest length that programs are made for.
  private static let shortest = 16

  /// Prepares a model whose parameters are in `parameters` by name; the weights are shared, not copied.
  ///
  /// Throws: `MartletError(.invalidArgument)` where there are no sources or targets.
  public init(
    _ configuration: any EncoderDecoderConfiguration, parameters: [String: any Buffer], on backend: any Backend,
    sourceCount: Int = 1, targetCount: Int = 1
  ) throws {
    guard sourceCount >= 1, targetCount >= 1 else {
      throw MartletError(
        .invalidArgument, "\(targetCount) targets of \(sourceCount) sources at once", remedy: "Use 1 or more of both.")
    }
    self.configuration = configuration
    self.parameters = parameters
    self.backend = backend
    self.sourceCount = sourceCount
    self.targetCount = targetCount
    logits = [Float](repeating: 0, count: sourceCount * targetCount * configuration.vocabularySize)
    logSums = [Float](repeating: 0, count: sourceCount * targetCount)
  }

  /// Reads sources, with the tokens that end them, and begins targets of at most `targetLength` tokens.
  ///
  /// Throws: `MartletError(.invalidArgument)` where there are too many sources, or an empty one;
  /// `MartletError(.mismatch)` for a token outside of the vocabulary; `MartletError(.resource)` when memory is short.
  public func begin(_ sources: [[Int32]], targetLength: Int) throws {
    guard !sources.isEmpty, sources.count <= sourceCount, sources.allSatisfy({ !$0.isEmpty }) else {
      throw MartletError(.invalidArgument, "1 to \(sourceCount) sources that are not empty are needed")
    }
    try check(sources.joined())
    let programs = try programs(source: sources.map(\.count).max() ?? 1, target: targetLength)
    var tokens = [Int32](repeating: configuration.paddingToken, count: sourceCount * programs.sourceLength)
    // Rows without a source have one token of padding, which nobody asks for.
    sourceLengths = [Int32](repeating: 1, count: sourceCount)
    for (row, source) in sources.enumerated() {
      let start = row * programs.sourceLength
      tokens.replaceSubrange(start..<start + source.count, with: source)
      sourceLengths[row] = Int32(source.count)
    }
    programs.encode.input("tokens")?.write(tokens)
    programs.encode.input("lengths")?.write(sourceLengths)
    try programs.encode.run()
    length = 0
  }

  /// Reads the next token of each target, one a row, and computes `logits` and `logSums` of what follows.
  ///
  /// - Parameter parents: the row whose target each row goes on with, where that is not its own; rows of one source only.
  ///
  /// Throws: `MartletError(.invalidArgument)` where the numbers of rows differ, before `begin`, or beyond the target's
  /// length; `MartletError(.mismatch)` for a token outside of the vocabulary.
  public func step(_ tokens: [Int32], parents: [Int32]? = nil) throws {
    let rows = sourceCount * targetCount
    guard let programs, tokens.count == rows, parents.map({ $0.count == rows }) ?? true else {
      throw MartletError(.invalidArgument, "\(rows) tokens of targets whose sources were read are needed")
    }
    guard length < programs.targetLength else {
      throw MartletError(.invalidArgument, "the targets are longer than the \(programs.targetLength) tokens asked for")
    }
    try check(tokens)
    if let parents, !parents.indices.allSatisfy({ parents[$0] == $0 }) {
      programs.reorder.input("parents")?.write(parents)
      try programs.reorder.run()
    }
    programs.step.input("tokens")?.write(tokens)
    programs.step.input("lengths")?.write(sourceLengths)
    programs.step.input("position")?.write([Int32(length)])
    try programs.step.run()
    logits.withUnsafeMutableBytes { programs.step.output("logits")?.read(into: $0) }
    logSums.withUnsafeMutableBytes { programs.step.output("log_sums")?.read(into: $0) }
    length += 1
  }

  private func check(_ tokens: some Sequence<Int32>) throws {
    for token in tokens where token < 0 || token >= configuration.vocabularySize {
      throw MartletError(
        .mismatch, "the token \(token) is not in the model's vocabulary of \(configuration.vocabularySize)",
        remedy: "Use the tokenizer that belongs to the model.")
    }
  }
}

extension CachedEncoderDecoder {
  /// The programs for sources and targets up to some lengths; they share their states.
  private struct Programs {
    let sourceLength, targetLength: Int
    /// Inputs: `tokens` i32[B, S], `lengths` i32[B].
    let encode: any Executable
    /// Inputs: `tokens` i32[R], `lengths` i32[B], `position` i32[]. Outputs: `logits` f32[R, V], `log_sums` f32[R].
    let step: any Executable
    /// Input: `parents` i32[R].
    let reorder: any Executable
  }

  private func programs(source: Int, target: Int) throws -> Programs {
    func rounded(_ count: Int) -> Int {
      var length = Self.shortest
      while length < count { length = length % 3 == 0 ? length / 3 * 4 : length / 2 * 3 }
      return length
    }
    let (sourceLength, targetLength) = (rounded(source), rounded(target))
    if let programs, programs.sourceLength == sourceLength, programs.targetLength >= target { return programs }
    // Memory for other lengths is given back first.
    programs = nil
    var sourceTypes: [(keys: TensorType, values: TensorType)] = []
    let encode = try encodeProgram(sourceLength, &sourceTypes)
    let step = try stepProgram(sourceTypes, capacity: targetLength)
    let cache = step.states.filter { $0.update != nil }
    let reorder = try Trace.program { trace in
      let parents = trace.input("parents", TensorType([sourceCount * targetCount], .i32))
      for slot in cache {
        trace.update(slot.name, to: trace.state(slot.name, step.graph.type(slot.value)).gather(parents))
      }
    }.optimized()
    var states = parameters
    for program in [encode, step] {
      for slot in program.states where slot.update != nil {
        states[slot.name] = try backend.makeBuffer(program.graph.type(slot.value))
      }
    }
    if let missing = (encode.states + step.states).first(where: { states[$0.name] == nil }) {
      throw MartletError(
        .mismatch, "the parameter '\(missing.name)' has no values", remedy: "Load all parameters.")
    }
    let made = Programs(
      sourceLength: sourceLength, targetLength: targetLength, encode: try backend.compile(encode, states: states),
      step: try backend.compile(step, states: states), reorder: try backend.compile(reorder, states: states))
    programs = made
    return made
  }

  private func encodeProgram(
    _ length: Int, _ types: inout [(keys: TensorType, values: TensorType)]
  ) throws -> Program {
    try Trace.program { trace in
      let source = configuration.model(Scope(trace)).encode(
        EncoderInput(
          tokens: trace.input("tokens", TensorType([sourceCount, length], .i32)),
          lengths: trace.input("lengths", TensorType([sourceCount], .i32))))
      types = source.layers.map { ($0.keys.type, $0.values.type) }
      let states = Self.sourceStates(trace, types)
      for (state, layer) in zip(states, source.layers) {
        trace.update(state.keys.name, to: layer.keys)
        trace.update(state.values.name, to: layer.values)
      }
    }.optimized()
  }

  private func stepProgram(
    _ types: [(keys: TensorType, values: TensorType)], capacity: Int
  ) throws -> Program {
    try Trace.program { trace in
      let rows = sourceCount * targetCount
      let tokens = trace.input("tokens", TensorType([rows, 1], .i32))
      let cache = KeyValueCache(
        batchSize: rows, capacity: capacity, position: trace.input("position", TensorType([], .i32)))
      let source = EncodedSource(
        layers: Self.sourceStates(trace, types).map { ($0.keys.tensor, $0.values.tensor) },
        lengths: trace.input("lengths", TensorType([sourceCount], .i32)))
      let model = configuration.model(Scope(trace))
      let logits = model.hidden(tokens, source, cache: cache).matmul(model.head, transposeOther: true)
      trace.output("logits", logits)
      trace.output("log_sums", logits.logSumExp())
    }.optimized()
  }

  private typealias State = (name: String, tensor: Tensor)

  /// The states that hold the keys and values of the sources.
  private static func sourceStates(
    _ trace: Trace, _ types: [(keys: TensorType, values: TensorType)]
  ) -> [(keys: State, values: State)] {
    types.enumerated().map { index, layer in
      func state(_ kind: String, _ type: TensorType) -> State {
        let name = "\(sourcePrefix)\(kind).\(index)"
        return (name, trace.state(name, type))
      }
      return (state("k", layer.keys), state("v", layer.values))
    }
  }
}
