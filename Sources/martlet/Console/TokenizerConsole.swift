import Core
import Foundation
import Tokenizers

/// What `martlet tokenizer` reads and prints.
enum TokenizerConsole {
  /// One line of input.
  struct Line {
    let text: String
    let number: Int
    let isJSON: Bool

    func fields() throws -> JSONFields {
      try JSONFields(parsing: Array(text.utf8), name: "standard input, line \(number)")
    }

    /// The text or texts of the line.
    func input() throws -> Tokenizer.Input {
      guard isJSON else { return Tokenizer.Input(text) }
      let fields = try fields()
      let second = fields.object["pair"].map { $0 != .null } == true ? try fields.string("pair") : nil
      return Tokenizer.Input(try fields.string("text"), pair: second)
    }

    /// The ids of the line.
    func ids() throws -> [Int32] {
      let words: [String]
      if isJSON {
        guard let values = try fields().object["ids"]?.arrayValue else {
          throw try fields().failure("ids", mustBe: "an array of ids")
        }
        words = values.map { $0.text() }
      } else {
        words = text.split(whereSeparator: { $0 == " " || $0 == "," || $0 == "\t" }).map(String.init)
      }
      return try words.map { word in
        guard let id = Int32(word) else {
          throw MartletError(
            .invalidArgument, "'\(word)' is no id", at: "standard input, line \(number)",
            remedy: "Write ids as whole numbers with spaces between them.")
        }
        return id
      }
    }
  }

  /// Prints what `body` makes of the text, or of every line of standard input.
  static func forEachInput(_ text: String?, isJSON: Bool, _ body: (Line) throws -> String) throws {
    let output = FileHandle.standardOutput
    if let text {
      return output.write(Data("\(try body(Line(text: text, number: 1, isJSON: isJSON)))\n".utf8))
    }
    let stream = try ByteStream("/dev/stdin")
    var rest: [UInt8] = []
    var number = 0
    func finish(_ bytes: ArraySlice<UInt8>) throws {
      number += 1
      let line = Line(text: String(decoding: bytes, as: UTF8.self), number: number, isJSON: isJSON)
      output.write(Data("\(try body(line))\n".utf8))
    }
    while true {
      let bytes = try stream.read()
      if bytes.isEmpty { break }
      var start = 0
      while let end = bytes[start...].firstIndex(of: 0x0A) {
        rest += bytes[start..<end]
        try finish(rest[...])
        rest.removeAll(keepingCapacity: true)
        start = end + 1
      }
      rest += bytes[start...]
    }
    if !rest.isEmpty { try finish(rest[...]) }
  }

  /// Everything about an encoding; places count Unicode scalars, as Python does.
  static func details(_ encoding: Tokenizer.Encoding, _ input: Tokenizer.Input, _ tokenizer: Tokenizer) -> JSONValue {
    let texts = [input.text, input.pair ?? ""].map(CharacterPlaces.init)
    func numbers(_ values: [Int?]) -> JSONValue { .array(values.map { $0.map { .integer($0) } ?? .null }) }
    func bits(_ values: [Bool]) -> JSONValue { .array(values.map { .integer($0 ? 1 : 0) }) }
    let offsets = zip(encoding.offsets, encoding.sequenceIDs).map { range, sequence -> JSONValue in
      let places = texts[sequence ?? 0]
      return .array([.integer(places[range.lowerBound]), .integer(places[range.upperBound])])
    }
    return .object([
      "ids": numbers(encoding.ids.map { Int($0) }),
      "tokens": .array(encoding.ids.map { .string(tokenizer.token(of: $0) ?? "") }), "offsets": .array(offsets),
      "word_ids": numbers(encoding.wordIDs), "type_ids": numbers(encoding.typeIDs.map { Int($0) }),
      "special_tokens_mask": bits(encoding.specialTokensMask), "attention_mask": bits(encoding.attentionMask),
      "overflowing": .array(encoding.overflowing.map { numbers($0.ids.map { Int($0) }) }),
      "decoded": .string(tokenizer.decode(encoding.ids)),
      "decoded_text": .string(tokenizer.decode(encoding.ids, skipsSpecialTokens: true)),
    ])
  }

  /// The parts of a tokenizer, a line each.
  static func summary(_ tokenizer: Tokenizer) -> String {
    var text = ""
    func row(_ name: String, _ value: String) {
      text += name.padding(toLength: 16, withPad: " ", startingAt: 0) + value + "\n"
    }
    for stage in tokenizer.stages { row(stage.name, Terminal.fit(stage.description, columns: 100)) }
    row("tokens", "\(tokenizer.vocabularySize)")
    let special = tokenizer.addedTokens.filter(\.isSpecial)
    row("added tokens", "\(tokenizer.addedTokens.count), of which \(special.count) special")
    for (name, id) in [
      ("begins with", tokenizer.beginningOfTextID), ("ends with", tokenizer.endOfTextID),
      ("padding", tokenizer.paddingID), ("unknown", tokenizer.unknownID),
    ] {
      row(name, id.map { "\(tokenizer.token(of: $0) ?? "") (\($0))" } ?? "none")
    }
    row("SHA-256", tokenizer.fingerprint())
    return text
  }
}

/// How many Unicode scalars stand before each byte of a text.
private struct CharacterPlaces {
  private var places: [Int] = [0]

  init(_ text: String) {
    var count = 0
    for byte in text.utf8 {
      if byte & 0xC0 != 0x80 { count += 1 }
      places.append(count)
    }
  }

  /// The count before byte `index`, which is the start of a character or the end of the text.
  subscript(index: Int) -> Int {
    guard index > 0, index < places.count else { return index <= 0 ? 0 : places[places.count - 1] }
    return places[index]
  }
}
