import Core
import Layers
import Models
import TensorGraph

/// A language model compiled for generation: it takes tokens piece by piece and gives the logits of the next one,
/// keeping keys and values of what it has seen on the device.
///
/// A number of rows run in lock-step, each with a text of its own, all of one length. Texts are read in pieces of a few
/// fixed lengths, so that few programs are compiled; a step of one token allocates nothing. It belongs to one thread at
/// a time.
public final class CachedModel {
  /// The model's configuration.
  public let configuration: any LanguageModelConfiguration
  /// The number of texts that run at once.
  public let rowCount: Int
  /// The number of tokens seen so far.
  public private(set) var length = 0

  /// Is told where the time of each run went, and of how many tokens it was, on a backend that can tell.
  package var onProfile: ((_ tokens: Int, _ profile: Profile) -> Void)?

  private let backend: any Backend
  private var states: [String: any Buffer]
  /// The number of tokens that the cache holds; it grows with the text, up to the model's limit.
  private var capacity: Int
  private var executables: [Int: any Executable] = [:]
  private var flat: [Float]

  /// The tokens for which there is room at first: models that could read a book mostly don't.
  private static let firstCapacity = 1024

  /// The lengths of pieces in which texts are read, longest first; the last piece is padded to the smallest.
  private static let pieces = [512, 128, 16]

  /// Prepares a model whose parameters are in `parameters` by name; the weights are shared, not copied.
  ///
  /// Throws: `MartletError(.mismatch)` when a parameter is missing, `MartletError(.resource)` when memory is short.
  public init(
    _ configuration: any LanguageModelConfiguration, parameters: [String: any Buffer], on backend: any Backend,
    rowCount: Int = 1
  ) throws {
    guard rowCount >= 1 else { throw MartletError(.invalidArgument, "the number of texts at once is \(rowCount)") }
    self.configuration = configuration
    self.backend = backend
    self.rowCount = rowCount
    capacity = Self.capacity(holding: min(configuration.maximumLength, Self.firstCapacity))
    flat = [Float](repeating: 0, count: rowCount * configuration.vocabularySize)
    states = parameters
    try makeCache()
  }

  /// `count` tokens and what the padding of the last piece needs.
  private static func capacity(holding count: Int) -> Int {
    let piece = pieces[pieces.count - 1]
    return (count + piece - 1) / piece * piece
  }

  /// Makes the cache's buffers where there are none, and the program for a single token.
  private func makeCache() throws {
    let program = try Self.program(configuration, rows: rowCount, length: 1, capacity: capacity)
    for slot in program.states where states[slot.name] == nil {
      guard slot.update != nil else {
        throw MartletError(.mismatch, "the parameter '\(slot.name)' has no values", remedy: "Load all parameters.")
      }
      states[slot.name] = try backend.makeBuffer(program.graph.type(slot.value))
    }
    executables[1] = try backend.compile(program, states: states)
  }

  /// Makes room for `count` tokens, at least twice as many as before, and keeps what was read.
  ///
  /// Complexity: O(capacity), which is O(1) for each token of a text.
  private func grow(toHold count: Int) throws {
    let before = (capacity, states, executables)
    let old = states.filter { $0.key.hasPrefix(KeyValueCache.namePrefix) }
    capacity = Self.capacity(holding: min(configuration.maximumLength, max(count, 2 * capacity)))
    for name in old.keys { states[name] = nil }
    executables = [:]
    do { try makeCache() } catch {
      // Memory is short: what was read is still there.
      (capacity, states, executables) = before
      throw error
    }
    for (name, buffer) in old {
      guard let larger = states[name] else { continue }
      let values = buffer.read(as: Float.self)
      let (size, row) = (values.count / rowCount, larger.type.count / rowCount)
      var all = [Float](repeating: 0, count: larger.type.count)
      for index in 0..<rowCount {
        all.replaceSubrange(index * row..<index * row + size, with: values[index * size..<(index + 1) * size])
      }
      larger.write(all)
    }
  }

  /// The program for a piece of `length` tokens.
  ///
  /// Inputs: `tokens` i32[rows, length], `position` i32[], and with more than one token `last` i32[rows], the flat
  /// index of each row's token whose logits are asked for. Output: `logits` f32[rows, V].
  static func program(
    _ configuration: any LanguageModelConfiguration, rows: Int, length: Int, capacity: Int
  ) throws -> Program {
    try Trace.program { trace in
      let tokens = trace.input("tokens", TensorType([rows, length], .i32))
      let cache = KeyValueCache(
        batchSize: rows, capacity: capacity, position: trace.input("position", TensorType([], .i32)))
      let model = configuration.model(Scope(trace))
      var hidden = model.hidden(tokens, cache: cache)
      if length > 1 { hidden = hidden.gather(trace.input("last", TensorType([rows], .i32))) }
      trace.output("logits", hidden.matmul(model.head, transposeOther: true))
    }.optimized()
  }

  /// Forgets all texts.
  public func reset() { length = 0 }

  /// Reads the next tokens of each row, which are equally many, and gives the logits of what follows each.
  ///
  /// Throws: `MartletError(.invalidArgument)` when nothing is given or the texts become longer than the model's limit;
  /// `MartletError(.mismatch)` for a token outside of the vocabulary.
  public func read(_ rows: [[Int32]]) throws -> [[Float]] {
    guard rows.count == rowCount, let count = rows.first?.count, count > 0, rows.allSatisfy({ $0.count == count })
    else {
      throw MartletError(.invalidArgument, "\(rowCount) texts of one length, and not empty, are needed")
    }
    try configuration.requireLength(length + count)
    if length + count > capacity { try grow(toHold: length + count) }
    for token in rows.joined() where token < 0 || token >= configuration.vocabularySize {
      throw MartletError(
        .mismatch, "the token \(token) is not in the model's vocabulary of \(configuration.vocabularySize)",
        remedy: "Use the tokenizer that belongs to the model.")
    }
    var start = 0
    while start < count {
      let size = pieceLength(count - start)
      let used = min(size, count - start)
      try run(rows.map { $0[start..<start + used] }, size)
      start += used
      length += used
    }
    let size = configuration.vocabularySize
    return (0..<rowCount).map { Array(flat[$0 * size..<($0 + 1) * size]) }
  }

  /// The length of the piece with which to read the next of `count` tokens.
  ///
  /// Padded pieces write behind the text, within the cache only where they begin at a multiple of their length.
  private func pieceLength(_ count: Int) -> Int {
    if count == 1 { return 1 }
    for piece in Self.pieces where length % piece == 0 && (count >= piece || piece == Self.pieces.last) { return piece }
    return 1
  }

  private func run(_ rows: [ArraySlice<Int32>], _ size: Int) throws {
    let executable = try executable(size)
    let used = rows[0].count
    var tokens: [Int32] = []
    tokens.reserveCapacity(rowCount * size)
    for row in rows { tokens += row + repeatElement(0, count: size - used) }
    executable.input("tokens")?.write(tokens)
    executable.input("position")?.write([Int32(length)])
    executable.input("last")?.write((0..<rowCount).map { Int32($0 * size + used - 1) })
    if let onProfile, let profiled = executable as? any ProfiledExecutable {
      onProfile(size, try profiled.profile())
    } else {
      try executable.run()
    }
    flat.withUnsafeMutableBytes { executable.output("logits")?.read(into: $0) }
  }

  private func executable(_ size: Int) throws -> any Executable {
    if let known = executables[size] { return known }
    let program = try Self.program(configuration, rows: rowCount, length: size, capacity: capacity)
    let executable = try backend.compile(program, states: states)
    executables[size] = executable
    return executable
  }
}
