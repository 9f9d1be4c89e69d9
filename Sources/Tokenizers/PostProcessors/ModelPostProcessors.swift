import Core

/// A token and its id, which `tokenizer.json` has as an array of the two.
struct MarkToken: Sendable {
  var token: String
  var id: Int32

  init(_ part: JSONFields, _ key: String) throws {
    guard let pair = part.object[key]?.arrayValue, pair.count == 2, let token = pair[0].stringValue,
      let id = pair[1].integerValue.flatMap({ Int32(exactly: $0) }), id >= 0
    else {
      throw part.failure(key, mustBe: "a token and its id, as [\"[SEP]\", 102]")
    }
    self.token = token
    self.id = id
  }

  var json: JSONValue { .array([.string(token), .integer(Int(id))]) }
}

/// BERT's marks: `[CLS] A [SEP]`, or `[CLS] A [SEP] B [SEP]`.
struct BertPostProcessor: PostProcessor {
  let separator: MarkToken
  let classifier: MarkToken

  init(_ part: JSONFields) throws {
    separator = try MarkToken(part, "sep")
    classifier = try MarkToken(part, "cls")
  }

  var json: JSONObject {
    ["type": .string("BertProcessing"), "sep": separator.json, "cls": classifier.json]
  }

  func addedTokenCount(isPair: Bool) -> Int { isPair ? 3 : 2 }

  func process(_ parts: [Encoding], _ context: PostProcessingContext) -> [Encoding] {
    guard context.addsSpecialTokens else { return parts }
    var result = [Encoding(marks: [classifier.id], typeID: 0)]
    for (index, part) in parts.enumerated() {
      result += [part, Encoding(marks: [separator.id], typeID: Int32(min(index, 1)))]
    }
    return result
  }
}

/// RoBERTa's marks: `<s> A </s>`, or `<s> A </s> </s> B </s>`, all of type 0.
struct RobertaPostProcessor: PostProcessor {
  let separator: MarkToken
  let classifier: MarkToken
  let trimsOffsets: Bool
  let addsPrefixSpace: Bool

  init(_ part: JSONFields) throws {
    separator = try MarkToken(part, "sep")
    classifier = try MarkToken(part, "cls")
    trimsOffsets = try part.bool("trim_offsets", default: true)
    addsPrefixSpace = try part.bool("add_prefix_space", default: true)
  }

  var json: JSONObject {
    [
      "type": .string("RobertaProcessing"), "sep": separator.json, "cls": classifier.json,
      "trim_offsets": .bool(trimsOffsets), "add_prefix_space": .bool(addsPrefixSpace),
    ]
  }

  func addedTokenCount(isPair: Bool) -> Int { isPair ? 4 : 2 }

  func process(_ parts: [Encoding], _ context: PostProcessingContext) -> [Encoding] {
    var result: [Encoding] = []
    for (index, part) in parts.enumerated() {
      var part = trimsOffsets ? context.trimmed(part, addsPrefixSpace: addsPrefixSpace) : part
      part.setTypeID(0)
      guard context.addsSpecialTokens else {
        result.append(part)
        continue
      }
      let first = index == 0 ? classifier.id : separator.id
      result += [Encoding(marks: [first], typeID: 0), part, Encoding(marks: [separator.id], typeID: 0)]
    }
    return result
  }
}

/// Post-processors one after the other.
struct SequencePostProcessor: PostProcessor {
  let parts: [any PostProcessor]

  var json: JSONObject {
    ["type": .string("Sequence"), "processors": .array(parts.map { .object($0.json) })]
  }

  func addedTokenCount(isPair: Bool) -> Int { parts.reduce(0) { $0 + $1.addedTokenCount(isPair: isPair) } }

  func process(_ encodings: [Encoding], _ context: PostProcessingContext) -> [Encoding] {
    parts.reduce(encodings) { $1.process($0, context) }
  }
}
