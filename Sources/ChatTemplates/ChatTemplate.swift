import Core

/// The template of a `tokenizer_config.json` that turns messages into the text that a model was trained on.
///
/// The language is the part of Jinja that such files use, with Python's meaning of values and with the white space
/// rules that `transformers` sets: the first line end behind a block goes, and spaces before it on a line of its own.
public struct ChatTemplate: Sendable {
  /// The template as it is written.
  public let source: String
  private let name: String
  private let statements: [TemplateStatement]

  /// Longer templates are refused.
  private static let longest = 1 << 20

  /// Reads a template; `name` says in errors what it is.
  ///
  /// Throws: `MartletError` that names the line for a template that is malformed or uses what is not supported.
  public init(_ source: String, name: String) throws {
    guard source.utf8.count <= ChatTemplate.longest else {
      throw MartletError(
        .malformedFile, "the chat template has more than \(ChatTemplate.longest) bytes", at: name,
        remedy: "Use a shorter template.")
    }
    self.source = source
    self.name = name
    var lexer = TemplateLexer(source, name: name)
    var parser = TemplateParser(try lexer.tokenize(), name: name)
    statements = try parser.parse()
  }

  /// Reads the template of a model's folder: `chat_template.jinja`, or the one in `tokenizer_config.json`; nil where
  /// there is none.
  ///
  /// - Parameter kind: which one of several, as `default` or `tool_use`.
  ///
  /// Throws: `MartletError` for files that are malformed.
  public static func load(folder: String, kind: String = "default") throws -> ChatTemplate? {
    let file = joinPath(folder, "chat_template.jinja")
    if FileSystem.kind(of: file) == .file {
      return try ChatTemplate(try FileSystem.readText(file, limit: longest), name: file)
    }
    let config = joinPath(folder, "tokenizer_config.json")
    guard FileSystem.kind(of: config) == .file else { return nil }
    let fields = try JSONFields(file: config)
    switch fields.object["chat_template"] {
    case nil, .null?: return nil
    case .string(let text)?: return try ChatTemplate(text, name: "\(config), key chat_template")
    default:
      for part in try fields.objects("chat_template") where try part.string("name") == kind {
        return try ChatTemplate(try part.string("template"), name: "\(config), key chat_template")
      }
      return nil
    }
  }

  /// The text of messages.
  ///
  /// - Parameters:
  ///   - messages: an array of objects with `role`, `content` and what else the template knows.
  ///   - tools: descriptions of functions that the model may call.
  ///   - addsGenerationPrompt: whether the text ends with the beginning of an answer.
  ///   - variables: more names for the template, such as `bos_token`.
  ///
  /// Throws: `MartletError` with the template's own words where it refuses the messages, and with the line where it
  /// does what is not possible.
  public func render(
    messages: JSONValue, tools: JSONValue? = nil, addsGenerationPrompt: Bool = false, variables: JSONObject = [:]
  ) throws -> String {
    var globals: [String: TemplateValue] = [:]
    for function in ["raise_exception", "namespace", "dict", "range", "strftime_now"] {
      globals[function] = .function(function)
    }
    for (key, value) in variables.members { globals[key] = TemplateValue(value) }
    globals["messages"] = TemplateValue(messages)
    globals["tools"] = tools.map(TemplateValue.init) ?? TemplateValue.none
    globals["documents"] = globals["documents"] ?? TemplateValue.none
    globals["add_generation_prompt"] = .bool(addsGenerationPrompt)
    let run = TemplateRun(name: name, globals: globals)
    var text = ""
    _ = try run.run(statements, into: &text)
    return text
  }
}
