import Core

/// How encodings that are too long are cut: the `truncation` of a `tokenizer.json`.
public struct Truncation: Sendable, Equatable {
  /// Which end is cut off.
  public enum Direction: String, Sendable, CaseIterable {
    /// The beginning.
    case left = "Left"
    /// The end.
    case right = "Right"
  }

  /// Which of two texts is cut.
  public enum Strategy: String, Sendable, CaseIterable {
    /// The longer one first, then both.
    case longestFirst = "LongestFirst"
    /// Only the first.
    case onlyFirst = "OnlyFirst"
    /// Only the second.
    case onlySecond = "OnlySecond"
  }

  /// How many tokens are kept at most, added marks counted in.
  public var maximumLength: Int
  /// How many tokens overflowing parts have in common.
  public var stride = 0
  /// Which of two texts is cut.
  public var strategy = Strategy.longestFirst
  /// Which end is cut off.
  public var direction = Direction.right

  /// Truncation to a length, with the usual settings for the rest.
  public init(maximumLength: Int) { self.maximumLength = maximumLength }

  init(_ part: JSONFields) throws {
    maximumLength = try part.integer("max_length", in: 0...1 << 40)
    stride = try part.integer("stride", in: 0...1 << 40, default: 0)
    let names = Strategy.allCases.map(\.rawValue)
    strategy = Strategy(rawValue: try part.string("strategy", choices: names, default: names[0])) ?? .longestFirst
    let ends = Direction.allCases.map(\.rawValue)
    direction = Direction(rawValue: try part.string("direction", choices: ends, default: "Right")) ?? .right
  }

  var json: JSONObject {
    [
      "direction": .string(direction.rawValue), "max_length": .integer(maximumLength),
      "strategy": .string(strategy.rawValue), "stride": .integer(stride),
    ]
  }

  /// Cuts one encoding or two so that with `added` marks they are not too long.
  ///
  /// Throws: `MartletError` if the text that is to be cut is missing or too short, or the stride too long.
  func apply(to parts: inout [Encoding], added: Int) throws {
    func failure(_ message: String) -> MartletError {
      MartletError(
        .invalidArgument, "the encoding cannot be truncated to \(maximumLength) tokens: \(message)",
        remedy: "Choose a larger maximum length, a smaller stride, or the strategy LongestFirst.")
    }
    let limit = maximumLength - added
    guard limit >= 0 else { throw failure("\(added) marks are added") }
    let total = parts.reduce(0) { $0 + $1.ids.count }
    guard total > limit else { return }
    func cut(_ index: Int, to length: Int) throws {
      guard length == 0 || stride < length || parts[index].ids.count <= length else {
        throw failure("the stride \(stride) is not below the \(length) tokens that are kept")
      }
      parts[index].truncate(to: length, stride: stride, from: direction)
    }
    if limit == 0 {
      for index in parts.indices { try cut(index, to: 0) }
      return
    }
    guard strategy == .longestFirst else {
      let index = strategy == .onlyFirst ? 0 : 1
      guard index < parts.count else { throw failure("there is no second text") }
      let length = parts[index].ids.count - (total - limit)
      guard length > 0 else { throw failure("the text to cut has only \(parts[index].ids.count) tokens") }
      return try cut(index, to: length)
    }
    guard parts.count > 1 else { return try cut(0, to: limit) }
    // The shorter text keeps its tokens as long as that leaves the longer one at least as many.
    var (shorter, longer) = (parts[0].ids.count, parts[1].ids.count)
    let isSwapped = shorter > longer
    if isSwapped { swap(&shorter, &longer) }
    longer = shorter > limit ? shorter : max(shorter, limit - shorter)
    if shorter + longer > limit {
      shorter = limit / 2
      longer = shorter + limit % 2
    }
    if isSwapped { swap(&shorter, &longer) }
    try cut(0, to: shorter)
    try cut(1, to: longer)
  }
}

/// How short encodings are filled up: the `padding` of a `tokenizer.json`.
public struct Padding: Sendable, Equatable {
  /// Where padding goes.
  public enum Direction: String, Sendable, CaseIterable {
    /// Before the tokens.
    case left = "Left"
    /// After the tokens.
    case right = "Right"
  }

  /// How long encodings become; the longest of the batch where this is nil.
  public var length: Int?
  /// Where padding goes.
  public var direction = Direction.right
  /// Lengths are made a multiple of this.
  public var multiple: Int?
  /// The id of padding.
  public var id: Int32 = 0
  /// The type id of padding.
  public var typeID: Int32 = 0
  /// The token of padding.
  public var token = "[PAD]"

  /// Padding to the longest of a batch with a token.
  public init(id: Int32, token: String) {
    self.id = id
    self.token = token
  }

  init(_ part: JSONFields) throws {
    if case .object? = part.object["strategy"] {
      length = try part.fields("strategy").integer("Fixed", in: 0...1 << 30)
    } else {
      _ = try part.string("strategy", choices: ["BatchLongest"], default: "BatchLongest")
    }
    let ends = Direction.allCases.map(\.rawValue)
    direction = Direction(rawValue: try part.string("direction", choices: ends, default: "Right")) ?? .right
    if let value = part.object["pad_to_multiple_of"], value != .null {
      multiple = try part.integer("pad_to_multiple_of", in: 0...1 << 30)
    }
    id = Int32(try part.integer("pad_id", in: 0...Int(Int32.max), default: 0))
    typeID = Int32(try part.integer("pad_type_id", in: 0...Int(Int32.max), default: 0))
    token = try part.string("pad_token", default: "[PAD]")
  }

  var json: JSONObject {
    [
      "strategy": length.map { .object(["Fixed": .integer($0)]) } ?? .string("BatchLongest"),
      "direction": .string(direction.rawValue), "pad_to_multiple_of": multiple.map { .integer($0) } ?? .null,
      "pad_id": .integer(Int(id)), "pad_type_id": .integer(Int(typeID)), "pad_token": .string(token),
    ]
  }

  /// Fills up encodings of one batch.
  func apply(to encodings: inout [Encoding]) {
    var target = length ?? encodings.map(\.ids.count).max() ?? 0
    if let multiple, multiple > 0, target % multiple > 0 { target += multiple - target % multiple }
    for index in encodings.indices { encodings[index].pad(to: target, self) }
  }
}
