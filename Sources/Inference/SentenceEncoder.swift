import Core
import Layers
import Models
import TensorGraph
import Tokenizers

/// Turns texts into vectors of length 1 that lie near each other where texts mean the same.
///
/// Texts run in batches of like lengths, on programs for a few lengths. It belongs to one thread at a time.
public final class SentenceEncoder {
  /// The model's configuration.
  public let configuration: any EncoderConfiguration
  /// How a text's hidden states become one vector.
  public let pooling: Pooling
  /// The tokens of a text that count, marks included.
  public let maximumLength: Int
  /// The number of elements of a vector.
  public var size: Int { configuration.hiddenSize }

  private let tokenizer: Tokenizer
  private let parameters: [String: any Buffer]
  private let backend: any Backend
  private var executables: [Int: any Executable] = [:]

  /// The tokens of a batch, padding included.
  private static let tokensOfBatch = 2048
  /// The length of the shortest program.
  private static let shortest = 16

  /// The encoder of a folder in Hugging Face's layout, with the pooling and the length that files of
  /// `sentence-transformers` in it give.
  ///
  /// - Parameters:
  ///   - pooling: how vectors are made, if not as the folder says; the mean where it says nothing.
  ///   - maximumLength: the tokens of a text that count, if not as many as the folder says.
  ///
  /// Throws: `MartletError` that names the file at fault, or `MartletError(.resource)` when memory is short.
  public init(
    folder path: String, on backend: any Backend, pooling: Pooling? = nil, maximumLength: Int? = nil
  ) throws {
    let folder = try ModelFolder(path)
    configuration = try folder.encoder().adapted(to: .embeddings)
    self.pooling = try pooling ?? Self.pooling(of: path)
    let limit = try maximumLength ?? Self.length(of: path) ?? configuration.maximumLength
    guard limit >= 1, limit <= configuration.maximumLength else {
      throw MartletError(
        .invalidArgument,
        "texts of \(limit) tokens do not fit the model, whose limit is \(configuration.maximumLength)",
        remedy: "Use a length from 1 to \(configuration.maximumLength).")
    }
    self.maximumLength = limit
    tokenizer = try Tokenizer.load(folder.folder.tokenizerPath).truncating(to: limit)
    // What the files lack is the pooler, which vectors are not made with.
    parameters = try folder.loadParameters(for: configuration, key: RandomKey(seed: 0), on: backend)
    self.backend = backend
  }

  private static func pooling(of folder: String) throws -> Pooling {
    let file = joinPath(folder, "1_Pooling/config.json")
    guard FileSystem.kind(of: file) != nil else { return .mean }
    let fields = try JSONFields(file: file, limit: 1 << 20)
    if let name = fields.object["pooling_mode"]?.stringValue {
      guard let pooling = Pooling(rawValue: name) else { throw unsupported("pooling_mode is '\(name)'", file) }
      return pooling
    }
    let chosen = fields.object.members.filter { $0.0.hasPrefix("pooling_mode_") && $0.1.boolValue == true }.map(\.0)
    switch chosen {
    case ["pooling_mode_cls_token"]: return .first
    case ["pooling_mode_mean_tokens"]: return .mean
    default: throw unsupported("\(chosen.isEmpty ? "no mode" : chosen.joined(separator: ", ")) is true", file)
    }
  }

  private static func unsupported(_ what: String, _ file: String) -> MartletError {
    MartletError(.unsupported, "key \(what)", at: file, remedy: "Supported are cls and mean; choose one of them.")
  }

  private static func length(of folder: String) throws -> Int? {
    let file = joinPath(folder, "sentence_bert_config.json")
    guard FileSystem.kind(of: file) != nil else { return nil }
    let fields = try JSONFields(file: file, limit: 1 << 20)
    return fields.object["max_seq_length"].map { $0 == .null } ?? true ? nil : try fields.integer("max_seq_length")
  }

  /// The vectors of texts, in their order.
  ///
  /// Throws: `MartletError(.mismatch)` for a token outside of the vocabulary, `MartletError(.resource)` when memory is
  /// short.
  public func embeddings(of texts: [String]) throws -> [[Float]] {
    let encodings = try tokenizer.encodeForModel(texts.map { Tokenizer.Input($0) })
    for id in encodings.lazy.flatMap(\.ids) where id < 0 || id >= configuration.vocabularySize {
      throw MartletError(
        .mismatch, "the token \(id) is not in the model's vocabulary of \(configuration.vocabularySize)",
        remedy: "Use the tokenizer that belongs to the model.")
    }
    var vectors = [[Float]](repeating: [], count: texts.count)
    var waiting = encodings.indices.sorted { encodings[$0].ids.count < encodings[$1].ids.count }[...]
    while let longest = waiting.last {
      let length = programLength(encodings[longest].ids.count)
      let batch = waiting.suffix(rows(length))
      waiting = waiting.dropLast(batch.count)
      for (place, vector) in zip(batch, try run(batch.map { encodings[$0] }, length)) { vectors[place] = vector }
    }
    return vectors
  }

  private func rows(_ length: Int) -> Int { max(1, Self.tokensOfBatch / length) }

  /// The length of the program that takes `count` tokens: steps of two, so that there are few.
  private func programLength(_ count: Int) -> Int {
    var length = Self.shortest
    while length < count { length *= 2 }
    return min(length, configuration.maximumLength)
  }

  private func run(_ encodings: [Tokenizer.Encoding], _ length: Int) throws -> [[Float]] {
    let executable = try executable(length)
    let count = rows(length) * length
    var tokens = [Int32](repeating: 0, count: count)
    var types = tokens
    // Rows without a text have one token of padding, which nothing reads.
    var lengths = [Int32](repeating: 1, count: rows(length))
    for (row, encoding) in encodings.enumerated() {
      tokens.replaceSubrange(row * length..<row * length + encoding.ids.count, with: encoding.ids)
      types.replaceSubrange(row * length..<row * length + encoding.ids.count, with: encoding.typeIDs)
      lengths[row] = Int32(max(1, encoding.ids.count))
    }
    executable.input("tokens")?.write(tokens)
    executable.input("types")?.write(types)
    executable.input("lengths")?.write(lengths)
    try executable.run()
    let flat = executable.output("vectors")?.read(as: Float.self) ?? []
    return encodings.indices.map { Array(flat[$0 * size..<($0 + 1) * size]) }
  }

  private func executable(_ length: Int) throws -> any Executable {
    if let known = executables[length] { return known }
    let shape = [rows(length), length]
    let program = try Trace.program { trace in
      let input = EncoderInput(
        tokens: trace.input("tokens", TensorType(shape, .i32)),
        tokenTypes: trace.input("types", TensorType(shape, .i32)),
        lengths: trace.input("lengths", TensorType([shape[0]], .i32)))
      trace.output("vectors", configuration.model(Scope(trace)).embeddings(input, pooling))
    }.optimized()
    let executable = try backend.compile(program, states: parameters)
    executables[length] = executable
    return executable
  }
}
