import Core

/// Makes documents of conversations in JSON, whatever their form: the attribute `messages` has them as a list of `role`
/// and `content`, or for preferences `prompt`, `chosen` and `rejected` do; the text is a readable rendering.
public struct ChatMapping: JSONMapping, Equatable {
  /// The forms that conversations have in files.
  public enum Form: String, Sendable, CaseIterable {
    /// By the keys of each object.
    case automatic
    /// `messages`: a list of `role` and `content`.
    case messages
    /// `conversations`: a list of `from` and `value`.
    case shareGPT = "sharegpt"
    /// `instruction`, `input` and `output`.
    case alpaca
    /// `prompt` and `completion`.
    case completion
    /// `prompt`, `chosen` and `rejected`, each a string or a list of messages; without `prompt` it is what both begin with.
    case preference
  }

  /// The form of the objects.
  public var form: Form
  /// The key of the list of messages, where it is another than the form's own.
  public var messagesField: String?
  /// The system message of conversations that have none.
  public var systemPrompt: String?
  /// The fields that are kept and those of the provenance; the field of the text is not read.
  public var fields: TextFields
  /// What becomes of broken UTF-8.
  public var rules: TextRules

  /// A mapping of conversations.
  public init(
    form: Form = .automatic, messagesField: String? = nil, systemPrompt: String? = nil,
    fields: TextFields = TextFields(), rules: TextRules = TextRules()
  ) {
    self.form = form
    self.messagesField = messagesField
    self.systemPrompt = systemPrompt
    self.fields = fields
    self.rules = rules
  }

  /// The document of an object.
  public func extract(_ record: Record) -> Extraction {
    func skip(_ reason: String) -> Extraction {
      Extraction(skips: [Skip(reason: reason, record.provenance, sample: record.bytes)])
    }
    let parsed: ParsedRecord
    switch ParsedRecord.read(record.bytes) {
    case .success(let record): parsed = record
    case .failure(let failure): return skip(failure.reason.rawValue)
    }
    let object = parsed.object
    var attributes: [String: JSONValue] = [:]
    for (name, path) in fields.attributes { attributes[name] = path.value(in: object) }
    let text: String
    do {
      text = try normalise(object, &attributes)
    } catch {
      return skip(error.rawValue)
    }
    if let reason = rules.fault(of: text, wasRepaired: parsed.wasRepaired) { return skip(reason.rawValue) }
    if parsed.wasRepaired { attributes[TextRules.repairedAttribute] = .bool(true) }
    return Extraction(documents: [
      Document(
        text: text, provenance: fields.provenance(record.provenance) { $0.value(in: object) }, attributes: attributes)
    ])
  }

  /// Puts the conversation into the attributes and gives the text.
  private func normalise(_ object: JSONObject, _ attributes: inout [String: JSONValue]) throws(ChatFault) -> String {
    switch form == .automatic ? find(object) : form {
    case .automatic: throw .noConversation
    case .messages: return try finish(list(object, messagesField ?? "messages"), object, &attributes)
    case .shareGPT: return try finish(list(object, messagesField ?? "conversations"), object, &attributes)
    case .alpaca:
      guard var question = object["instruction"]?.stringValue, let answer = object["output"]?.stringValue else {
        throw .noConversation
      }
      if let input = object["input"]?.stringValue, !input.utf8.allSatisfy(isWhiteSpace) {
        question += "\n\n" + input
      }
      return try finish(
        Conversation([ChatMessage(.user, question), ChatMessage(.assistant, answer)]), object, &attributes)
    case .completion:
      guard let prompt = object["prompt"], let completion = object["completion"] else { throw .noConversation }
      let messages = try side(prompt, .user).messages + side(completion, .assistant).messages
      return try finish(Conversation(messages), object, &attributes)
    case .preference: return try preference(object, &attributes)
    }
  }

  private func find(_ object: JSONObject) -> Form {
    if let messagesField {
      if object[messagesField]?.arrayValue != nil { return .messages }
    }
    if object["chosen"] != nil, object["rejected"] != nil { return .preference }
    if object["messages"]?.arrayValue != nil { return .messages }
    if object["conversations"]?.arrayValue != nil { return .shareGPT }
    if object["instruction"] != nil, object["output"] != nil { return .alpaca }
    return object["prompt"] != nil && object["completion"] != nil ? .completion : .automatic
  }

  private func list(_ object: JSONObject, _ key: String) throws(ChatFault) -> Conversation {
    guard let list = object[key]?.arrayValue else { throw .noConversation }
    return try Conversation(list)
  }

  /// One side of a pair: a string or a list of messages.
  private func side(_ value: JSONValue, _ role: ChatMessage.Role) throws(ChatFault) -> Conversation {
    switch value {
    case .string(let text): return Conversation([ChatMessage(role, text)])
    case .array(let list): return try Conversation(list)
    default: throw .noConversation
    }
  }

  private func finish(
    _ conversation: Conversation, _ object: JSONObject, _ attributes: inout [String: JSONValue]
  ) throws(ChatFault) -> String {
    let whole = withSystem(conversation, object)
    try whole.check()
    attributes["messages"] = whole.json
    if let tools = object["tools"], tools != .null { attributes["tools"] = tools }
    return whole.text
  }

  private func withSystem(_ conversation: Conversation, _ object: JSONObject) -> Conversation {
    guard conversation.messages.first?.role != .system else { return conversation }
    let own = (object["system"] ?? object["system_prompt"])?.stringValue
    guard let text = [own, systemPrompt].compactMap({ $0 }).first(where: { !$0.utf8.allSatisfy(isWhiteSpace) })
    else { return conversation }
    return Conversation([ChatMessage(.system, text)] + conversation.messages)
  }

  private func preference(
    _ object: JSONObject, _ attributes: inout [String: JSONValue]
  ) throws(ChatFault) -> String {
    guard let chosenValue = object["chosen"], let rejectedValue = object["rejected"] else { throw .noConversation }
    var chosen = try side(chosenValue, .assistant).messages
    var rejected = try side(rejectedValue, .assistant).messages
    var prompt: [ChatMessage] = []
    if let value = object["prompt"], value != .null { prompt = try side(value, .user).messages }
    if chosen == rejected { throw .sameAnswers }
    // Many files repeat the prompt at the beginning of both, and some have it nowhere else.
    var shared = zip(chosen, rejected).prefix { $0 == $1 }.map(\.0)
    while shared.last?.role == .assistant && shared.count == min(chosen.count, rejected.count) { shared.removeLast() }
    if prompt.isEmpty {
      prompt = shared
      chosen.removeFirst(shared.count)
      rejected.removeFirst(shared.count)
    } else if shared.count >= prompt.count, shared.suffix(prompt.count).elementsEqual(prompt) {
      prompt = shared
      chosen.removeFirst(shared.count)
      rejected.removeFirst(shared.count)
    }
    prompt = withSystem(Conversation(prompt), object).messages
    if chosen.isEmpty || rejected.isEmpty { throw .noAnswer }
    for answer in [chosen, rejected] { try Conversation(prompt + answer).check() }
    attributes["prompt"] = Conversation(prompt).json
    attributes["chosen"] = Conversation(chosen).json
    attributes["rejected"] = Conversation(rejected).json
    return Conversation(prompt).text + "\n\nchosen:\n" + Conversation(chosen).text + "\n\nrejected:\n"
      + Conversation(rejected).text
  }
}
