import Core

/// A unigram language model: a text is divided into the tokens whose probabilities multiply to the most.
///
/// Source: Kudo, "Subword regularization", 2018. Viterbi over all tokens that the text has at each place.
struct Unigram: TokenModel {
  /// Which tokens are what they look like, for models of sentencepiece.
  enum Kind: UInt8, Sendable {
    case normal = 1
    case unknown, control, userDefined, unused, byte
  }

  let vocabulary: Vocabulary
  /// The logarithm of each token's probability.
  private let scores: [Double]
  private let texts: [ScoreText]
  let unknownID: Int32?
  let fallsBackToBytes: Bool
  /// Whether sums are rounded to single precision, as sentencepiece has them.
  let isSinglePrecision: Bool

  private let kinds: [Kind]
  private let trie: ByteTrie
  private let unknownScore: Double
  private let byteIDs: [Int32]?

  /// Tokens must be all different, their ids their places.
  init(
    vocabulary: Vocabulary, scores texts: [ScoreText], unknownID: Int32?, fallsBackToBytes: Bool, kinds: [Kind] = []
  ) {
    self.vocabulary = vocabulary
    self.unknownID = unknownID
    self.fallsBackToBytes = fallsBackToBytes
    self.kinds = kinds
    isSinglePrecision = !kinds.isEmpty
    self.texts = texts
    var scores = texts.map(\.value)
    let normal = scores.indices.filter { kinds.isEmpty || kinds[$0] == .normal }.map { scores[$0] }
    // Sentencepiece starts from the largest and smallest numbers, the tokenizers library from the first token.
    let lowest = normal.min() ?? 0
    let highest = normal.max() ?? 0
    unknownScore = lowest - 10
    if !kinds.isEmpty {
      for index in scores.indices where kinds[index] == .userDefined {
        let length = Float(vocabulary.token(of: Int32(index))?.count ?? 0)
        scores[index] = Double(length * Float(highest) - 0.1)
      }
    }
    self.scores = scores
    trie = ByteTrie(
      vocabulary.ordered.filter { kinds.isEmpty || [.normal, .userDefined].contains(kinds[Int($0.id)]) }
        .map { ($0.token, $0.id) })
    let bytes = (0..<256).map { vocabulary.id(of: ByteToken.token(of: UInt8($0))) ?? -1 }
    byteIDs = fallsBackToBytes ? bytes : nil
  }

  var unknownToken: [UInt8]? { unknownID.flatMap { vocabulary.token(of: $0) } }

  func encode(_ piece: TextSlice, _ workspace: EncodingWorkspace, into output: inout TokenOutput) {
    guard let base = piece.bytes.baseAddress, piece.count > 0 else { return }
    workspace.lattice.prepare(piece.count)
    workspace.lattice.withNodes { nodes in
      var start = 0
      while start < piece.count {
        let score = nodes[start].score
        let length = decodeScalar(base, at: start, end: piece.count).length
        var hasSingle = false
        trie.forEachPrefix(piece.bytes, from: start) { end, id in
          relax(&nodes[end], score + scores[Int(id)], id, start)
          if end == start + length { hasSingle = true }
        }
        if !hasSingle { relax(&nodes[start + length], score + unknownScore, -1, start) }
        start += length
      }
    }
    workspace.lattice.trace(piece.count)
    emit(piece, workspace.lattice.path, &output)
  }

  @inline(__always)
  private func relax(_ node: inout Lattice.Node, _ score: Double, _ id: Int32, _ start: Int) {
    let score = isSinglePrecision ? Double(Float(score)) : score
    if node.start < 0 || score > node.score { node = Lattice.Node(score: score, id: id, start: Int32(start)) }
  }

  /// Neighbouring unknown characters become one unknown token, or one token a byte.
  private func emit(_ piece: TextSlice, _ path: [Lattice.Step], _ output: inout TokenOutput) {
    var index = 0
    while index < path.count {
      let step = path[index]
      // A piece of the unknown token's own text is unknown too.
      guard step.id == -1 || step.id == unknownID else {
        output.append(step.id, piece, step.range)
        index += 1
        continue
      }
      var end = index + 1
      while end < path.count, path[end].id == -1 || path[end].id == unknownID { end += 1 }
      let range = step.range.lowerBound..<path[end - 1].range.upperBound
      emitUnknown(piece, range, &output)
      index = end
    }
  }

  private func emitUnknown(_ piece: TextSlice, _ range: Range<Int>, _ output: inout TokenOutput) {
    if !isSinglePrecision, let id = vocabulary.id(of: Array(piece.bytes[range])) {
      return output.append(id, piece, range)
    }
    if let byteIDs, range.allSatisfy({ byteIDs[Int(piece.bytes[$0])] >= 0 }) {
      if isSinglePrecision {
        for place in range { output.append(byteIDs[Int(piece.bytes[place])], piece, characterRange(piece, place)) }
      } else {
        for place in range { output.append(byteIDs[Int(piece.bytes[place])], piece, range) }
      }
      return
    }
    if let unknownID { output.append(unknownID, piece, range) }
  }

  private func characterRange(_ piece: TextSlice, _ place: Int) -> Range<Int> {
    var (start, end) = (place, place + 1)
    while start > 0, piece.bytes[start] & 0xC0 == 0x80 { start -= 1 }
    while end < piece.count, piece.bytes[end] & 0xC0 == 0x80 { end += 1 }
    return start..<end
  }

  var json: JSONObject {
    let vocab = vocabulary.ordered.map { token, id -> JSONValue in
      .array([.string(String(decoding: token, as: UTF8.self)), .number(texts[Int(id)].text)])
    }
    return [
      "type": .string("Unigram"), "unk_id": unknownID.map { .integer(Int($0)) } ?? .null, "vocab": .array(vocab),
      "byte_fallback": .bool(fallsBackToBytes),
    ]
  }
}

extension Unigram {
  /// Reads the model of a `tokenizer.json`.
  init(_ part: JSONFields) throws {
    guard let elements = part.object["vocab"]?.arrayValue else { throw part.failure("vocab", mustBe: "an array") }
    var vocabulary = Vocabulary(expecting: elements.count)
    var scores: [ScoreText] = []
    scores.reserveCapacity(elements.count)
    for (index, element) in elements.enumerated() {
      guard let pair = element.arrayValue, pair.count == 2, let token = pair[0].stringValue,
        case .number(let digits) = pair[1], pair[1].doubleValue != nil
      else {
        throw part.malformed("token \(index) in model.vocab must be a text and its score, as [\"a\", -3.5]")
      }
      if let problem = vocabulary.insert(Array(token.utf8), id: Int64(index), expected: elements.count) {
        throw part.malformed("\(problem), in model.vocab")
      }
      scores.append(ScoreText(digits))
    }
    var unknownID: Int32?
    if let value = part.object["unk_id"], value != .null {
      guard let id = value.integerValue, elements.indices.contains(id) else {
        throw part.failure("unk_id", mustBe: "the place of a token in vocab")
      }
      unknownID = Int32(id)
    }
    self.init(
      vocabulary: vocabulary, scores: scores, unknownID: unknownID,
      fallsBackToBytes: try part.bool("byte_fallback", default: false))
  }
}

/// The best way to every place of a piece, as far as it is known.
struct Lattice {
  struct Node {
    var score: Double = 0
    var id: Int32 = -1
    /// Where the last token on the best way begins, -1 where there is no way yet.
    var start: Int32 = -1
  }

  struct Step {
    var id: Int32
    var range: Range<Int>
  }

  private var nodes: [Node] = []
  private(set) var path: [Step] = []

  mutating func prepare(_ count: Int) {
    nodes.removeAll(keepingCapacity: true)
    nodes.append(contentsOf: repeatElement(Node(), count: count + 1))
  }

  @inline(__always)
  mutating func withNodes(_ body: (UnsafeMutableBufferPointer<Node>) -> Void) {
    nodes.withUnsafeMutableBufferPointer { body($0) }
  }

  /// Follows the best way back from the end.
  mutating func trace(_ end: Int) {
    path.removeAll(keepingCapacity: true)
    var end = end
    while end > 0 {
      let start = Int(nodes[end].start)
      guard start >= 0 else { break }
      path.append(Step(id: nodes[end].id, range: start..<end))
      end = start
    }
    path.reverse()
  }
}
