import Core

/// What is wrong with a conversation.
public enum ChatFault: String, Sendable, CaseIterable, Error {
  /// The object has none of the known forms, or not the one asked for.
  case noConversation = "no_conversation"
  /// A message that is no object, or has no role or no content.
  case badMessage = "bad_message"
  /// A role that is none of system, user, assistant and tool, or of their known other names.
  case unknownRole = "unknown_role"
  /// A message with nothing but white space.
  case emptyMessage = "empty_message"
  /// A conversation without an answer.
  case noAnswer = "no_answer"
  /// A system message that is not the first.
  case misplacedSystem = "misplaced_system"
  /// A conversation that begins with an answer.
  case beginsWithAnswer = "begins_with_answer"
  /// Two messages of the user in a row.
  case twoUsersInARow = "two_users_in_a_row"
  /// Two answers in a row.
  case twoAssistantsInARow = "two_assistants_in_a_row"
  /// A tool's result that follows no answer.
  case misplacedTool = "misplaced_tool"
  /// A pair whose chosen and rejected answers are the same.
  case sameAnswers = "same_answers"
}

/// One message, with the members that go with it.
struct ChatMessage: Equatable {
  enum Role: String { case system, user, assistant, tool }

  var role: Role
  /// A string, null beside calls of tools, or a list of parts.
  var content: JSONValue
  /// What else the message has: `name`, `tool_calls`, `tool_call_id` and so on.
  var others: [(key: String, value: JSONValue)] = []

  static func == (left: ChatMessage, right: ChatMessage) -> Bool {
    left.role == right.role && left.content == right.content && left.json == right.json
  }

  init(_ role: Role, _ text: String) {
    self.role = role
    content = .string(text)
  }

  /// A message as files have them: `role` and `content`, or `from` and `value`.
  init(_ value: JSONValue) throws(ChatFault) {
    guard let object = value.objectValue else { throw .badMessage }
    guard let name = (object["role"] ?? object["from"])?.stringValue else { throw .badMessage }
    guard let role = Self.role(named: name) else { throw .unknownRole }
    self.role = role
    content = object["content"] ?? object["value"] ?? .null
    for (key, value) in object.members where !["role", "from", "content", "value"].contains(key) && value != .null {
      others.append((key, value))
    }
    switch content {
    case .string: break
    case .array(let parts):
      for part in parts where part.objectValue?["type"]?.stringValue == nil { throw .badMessage }
    case .null where hasCalls: break
    default: throw .badMessage
    }
  }

  /// Whether the message calls tools.
  var hasCalls: Bool {
    others.contains { $0.key == "tool_calls" && $0.value.arrayValue?.isEmpty == false || $0.key == "function_call" }
  }

  /// Whether there is nothing to read in it.
  var isEmpty: Bool {
    switch content {
    case .string(let text): text.utf8.allSatisfy(isWhiteSpace) && !hasCalls
    case .array(let parts): parts.isEmpty
    default: !hasCalls
    }
  }

  private static func role(named name: String) -> Role? {
    switch name.lowercased() {
    case "system", "developer": .system
    case "user", "human", "prompter": .user
    case "assistant", "gpt", "chatgpt", "bot", "bing", "bard", "model", "function_call": .assistant
    case "tool", "function", "observation", "function_response", "ipython": .tool
    default: nil
    }
  }

  var json: JSONValue {
    var object: JSONObject = ["role": .string(role.rawValue), "content": content]
    for (key, value) in others { object[key] = value }
    return .object(object)
  }

  /// The message as a person reads it.
  func write(to text: inout String) {
    if !text.isEmpty { text += "\n\n" }
    text += role.rawValue
    text += ":\n"
    switch content {
    case .string(let content): text += content
    case .array(let parts):
      var isFirst = true
      for part in parts {
        guard let object = part.objectValue else { continue }
        if !isFirst { text += "\n" }
        isFirst = false
        text += object["text"]?.stringValue ?? "[\(object["type"]?.stringValue ?? "")]"
      }
    default: break
    }
    for (key, value) in others where key == "tool_calls" || key == "function_call" {
      if !text.hasSuffix("\n") { text += "\n" }
      text += value.text()
    }
  }
}

/// A conversation.
struct Conversation: Equatable {
  var messages: [ChatMessage] = []

  /// A conversation of a list of messages.
  init(_ list: [JSONValue]) throws(ChatFault) {
    for value in list { messages.append(try ChatMessage(value)) }
  }

  init(_ messages: [ChatMessage]) { self.messages = messages }

  var json: JSONValue { .array(messages.map(\.json)) }

  var text: String {
    var text = ""
    for message in messages { message.write(to: &text) }
    return text
  }

  /// Checks the order of the messages.
  func check() throws(ChatFault) {
    var last: ChatMessage.Role?
    for (index, message) in messages.enumerated() {
      if message.isEmpty { throw .emptyMessage }
      switch (last, message.role) {
      case (_, .system) where index > 0: throw .misplacedSystem
      case (nil, .assistant), (.system, .assistant): throw .beginsWithAnswer
      case (.user, .user): throw .twoUsersInARow
      case (.assistant, .assistant): throw .twoAssistantsInARow
      case (nil, .tool), (.system, .tool), (.user, .tool): throw .misplacedTool
      default: break
      }
      last = message.role
    }
    if !messages.contains(where: { $0.role == .assistant }) { throw .noAnswer }
  }
}
