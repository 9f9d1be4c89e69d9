import Core

/// Puts marks around texts, by a template for one text and one for two.
struct TemplatePostProcessor: PostProcessor {
  /// A piece of a template.
  enum Piece: Sendable {
    case sequence(Int, typeID: Int32)
    case mark(String, typeID: Int32)
  }

  /// A mark: the ids that stand for it and the tokens they are.
  struct Mark: Sendable {
    var ids: [Int32]
    var tokens: [String]
  }

  var single: [Piece]
  var pair: [Piece]
  var marks: [String: Mark]

  func addedTokenCount(isPair: Bool) -> Int {
    (isPair ? pair : single).reduce(0) { count, piece in
      if case .mark(let name, _) = piece { count + (marks[name]?.ids.count ?? 0) } else { count }
    }
  }

  func process(_ parts: [Encoding], _ context: PostProcessingContext) -> [Encoding] {
    (parts.count > 1 ? pair : single).compactMap { piece in
      switch piece {
      case .sequence(let index, let typeID):
        guard index < parts.count else { return nil }
        var part = parts[index]
        part.setTypeID(typeID)
        return part
      case .mark(let name, let typeID):
        guard context.addsSpecialTokens, let mark = marks[name] else { return nil }
        return Encoding(marks: mark.ids, typeID: typeID)
      }
    }
  }

  var json: JSONObject {
    func template(_ pieces: [Piece]) -> JSONValue {
      .array(
        pieces.map { piece in
          switch piece {
          case .sequence(let index, let typeID):
            .object([
              "Sequence": .object(["id": .string(index == 0 ? "A" : "B"), "type_id": .integer(Int(typeID))])
            ])
          case .mark(let name, let typeID):
            .object(["SpecialToken": .object(["id": .string(name), "type_id": .integer(Int(typeID))])])
          }
        })
    }
    var special = JSONObject()
    for (name, mark) in marks.sorted(by: { $0.key < $1.key }) {
      special[name] = .object([
        "id": .string(name), "ids": .array(mark.ids.map { .integer(Int($0)) }),
        "tokens": .array(mark.tokens.map { .string($0) }),
      ])
    }
    return [
      "type": .string("TemplateProcessing"), "single": template(single), "pair": template(pair),
      "special_tokens": .object(special),
    ]
  }
}

extension TemplatePostProcessor {
  /// Reads the part of a `tokenizer.json`; pieces are objects, or strings such as `$A:0`.
  init(_ part: JSONFields) throws {
    var marks: [String: Mark] = [:]
    let table = try part.fields("special_tokens")
    for name in table.object.keys {
      let mark = try table.fields(name)
      guard let values = mark.object["ids"]?.arrayValue else { throw mark.failure("ids", mustBe: "an array of ids") }
      let ids = values.compactMap { $0.integerValue.flatMap { Int32(exactly: $0) } }.filter { $0 >= 0 }
      let tokens = try mark.strings("tokens")
      guard ids.count == values.count, ids.count == tokens.count else {
        throw mark.failure("ids", mustBe: "as many ids as there are tokens")
      }
      marks[name] = Mark(ids: ids, tokens: tokens)
    }
    func pieces(_ key: String) throws -> [Piece] {
      guard let elements = part.object[key]?.arrayValue else { throw part.failure(key, mustBe: "an array of pieces") }
      return try elements.map { element in
        guard let piece = TemplatePostProcessor.piece(element) else {
          throw part.malformed("\(element.text()) in post_processor.\(key) is no piece of a template")
        }
        if case .mark(let name, _) = piece, marks[name] == nil {
          throw part.malformed("post_processor.\(key) needs '\(name)', which special_tokens does not have")
        }
        return piece
      }
    }
    self.init(single: try pieces("single"), pair: try pieces("pair"), marks: marks)
    let used = pair.compactMap { if case .sequence(let index, _) = $0 { index } else { nil } }
    guard Set(used) == [0, 1] else {
      throw part.malformed("post_processor.pair must have both $A and $B")
    }
  }

  private static func piece(_ value: JSONValue) -> Piece? {
    func typeID(_ value: JSONValue?) -> Int32? { value?.integerValue.flatMap { Int32(exactly: $0) } }
    if let object = value.objectValue {
      if let sequence = object["Sequence"]?.objectValue, let type = typeID(sequence["type_id"]) {
        switch sequence["id"]?.stringValue {
        case "A": return .sequence(0, typeID: type)
        case "B": return .sequence(1, typeID: type)
        default: return nil
        }
      }
      guard let mark = object["SpecialToken"]?.objectValue, let name = mark["id"]?.stringValue else { return nil }
      return typeID(mark["type_id"]).map { .mark(name, typeID: $0) }
    }
    guard let text = value.stringValue else { return nil }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count <= 2, let name = parts.first else { return nil }
    let type = parts.count == 2 ? Int32(parts[1]) : 0
    guard let type else { return nil }
    switch name {
    case "$", "$A", "$a": return .sequence(0, typeID: type)
    case "$B", "$b": return .sequence(1, typeID: type)
    default:
      guard name.hasPrefix("$") else { return .mark(String(name), typeID: type) }
      return Int32(name.dropFirst()).map { .sequence(0, typeID: parts.count == 2 ? type : $0) }
    }
  }
}
