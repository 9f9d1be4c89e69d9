import Core

/// One run of a template: its names, its loops, and the text so far.
///
/// A run has a budget of steps and of text, because templates come from files.
final class TemplateRun {
  /// What a loop says of itself in `loop`.
  struct LoopState {
    var index = 0
    var items: [TemplateValue] = []
  }

  /// How a body ended before its end.
  enum Flow { case normal, broke, continued }

  private static let stepLimit = 20_000_000
  private static let textLimit = 64 << 20
  private static let depthLimit = 60

  let name: String
  var scopes: [[String: TemplateValue]]
  var loops: [LoopState] = []
  var namespaces: [TemplateDictionary] = []
  private var macros: [TemplateMacro] = []
  private var steps = 0
  private var produced = 0
  private var depth = 0
  var line = 1

  init(name: String, globals: [String: TemplateValue]) {
    self.name = name
    scopes = [globals, [:]]
  }

  /// The error at the line that runs.
  func failure(_ message: String, _ code: MartletError.Code = .invalidArgument) -> MartletError {
    MartletError(
      code, message, at: "\(name), line \(line)", remedy: "Check the template and the messages that it is given.")
  }

  /// Counts work of so much against the budget.
  func spend(_ amount: Int = 1) throws {
    steps += amount
    if steps > TemplateRun.stepLimit { throw failure("the template takes too many steps") }
  }

  /// Counts text of so many bytes against the budget.
  func spend(text count: Int) throws {
    produced += count
    if produced > TemplateRun.textLimit { throw failure("the template makes too much text") }
  }

  func lookUp(_ name: String) -> TemplateValue {
    for scope in scopes.reversed() { if let value = scope[name] { return value } }
    return .undefined(name)
  }

  private func assign(_ name: String, _ value: TemplateValue) { scopes[scopes.count - 1][name] = value }

  private func unpack(_ names: [String], _ value: TemplateValue) throws {
    guard names.count > 1 else { return assign(names[0], value) }
    let parts = try elements(of: value)
    guard parts.count == names.count else {
      throw failure("\(parts.count) values cannot be unpacked into \(names.count) names")
    }
    for (name, part) in zip(names, parts) { assign(name, part) }
  }

  /// What a loop goes through.
  func elements(of value: TemplateValue) throws -> [TemplateValue] {
    switch value {
    case .list(let elements): return elements
    case .dictionary(let dictionary): return dictionary.keys
    case .string(let text):
      try spend(text.utf8.count)
      return text.unicodeScalars.map { .string(String($0)) }
    case .undefined: return []
    default: throw failure("a value of type \(value.typeName) cannot be gone through")
    }
  }

  // MARK: Statements

  func run(_ statements: [TemplateStatement], into text: inout String) throws -> Flow {
    for statement in statements {
      let flow = try run(statement, into: &text)
      if flow != .normal { return flow }
    }
    return .normal
  }

  private func run(_ statement: TemplateStatement, into text: inout String) throws -> Flow {
    try spend()
    switch statement {
    case .text(let part):
      try spend(text: part.utf8.count)
      text += part
    case .output(let expression):
      let part = try evaluate(expression).text
      try spend(text: part.utf8.count)
      text += part
    case .condition(let branches, let otherwise):
      for (test, body) in branches where try evaluate(test).isTrue { return try run(body, into: &text) }
      return try run(otherwise, into: &text)
    case .loop(let loop): try run(loop, into: &text)
    case .assign(let names, let expression, let line):
      self.line = line
      try unpack(names, try evaluate(expression))
    case .assignMember(let name, let member, let expression, let line):
      self.line = line
      let value = try evaluate(expression)
      guard case .namespace(let number) = lookUp(name) else {
        throw failure("'\(name)' is no namespace, so that '\(member)' of it cannot be set")
      }
      namespaces[number][.string(member)] = value
    case .capture(let name, let body):
      var captured = ""
      let flow = try run(body, into: &captured)
      assign(name, .string(captured))
      return flow
    case .macro(let macro):
      macros.append(macro)
      assign(macro.name, .macro(macros.count - 1))
    case .filtered(let name, let arguments, let body, let line):
      var captured = ""
      let flow = try run(body, into: &captured)
      self.line = line
      text += try filter(.string(captured), name, try evaluate(arguments)).text
      return flow
    case .block(let body): return try run(body, into: &text)
    case .breakLoop: return .broke
    case .continueLoop: return .continued
    }
    return .normal
  }

  private func run(_ loop: TemplateLoop, into text: inout String) throws {
    var items = try elements(of: try evaluate(loop.items))
    scopes.append([:])
    defer { scopes.removeLast() }
    if let condition = loop.condition {
      var kept: [TemplateValue] = []
      for item in items {
        try unpack(loop.names, item)
        if try evaluate(condition).isTrue { kept.append(item) }
      }
      items = kept
    }
    guard !items.isEmpty else {
      _ = try run(loop.otherwise, into: &text)
      return
    }
    loops.append(LoopState(index: 0, items: items))
    let number = loops.count - 1
    defer { loops.removeLast(loops.count - number) }
    for (index, item) in items.enumerated() {
      loops[number].index = index
      // What one round sets the next does not see.
      scopes[scopes.count - 1] = ["loop": .loop(number)]
      try unpack(loop.names, item)
      if try run(loop.body, into: &text) == .broke { break }
    }
  }

  /// Runs a macro with arguments.
  func call(macro number: Int, _ arguments: TemplateCall) throws -> TemplateValue {
    guard macros.indices.contains(number) else { throw failure("the macro is not known") }
    let macro = macros[number]
    depth += 1
    defer { depth -= 1 }
    guard depth <= TemplateRun.depthLimit else { throw failure("macros call each other without end") }
    guard arguments.positional.count <= macro.parameters.count else {
      throw failure("the macro '\(macro.name)' takes \(macro.parameters.count) arguments at most")
    }
    var scope: [String: TemplateValue] = [:]
    for (place, (name, fallback)) in macro.parameters.enumerated() {
      if place < arguments.positional.count {
        scope[name] = arguments.positional[place]
      } else if let value = arguments.named[name] {
        scope[name] = value
      } else {
        scope[name] = try fallback.map(evaluate) ?? .undefined(name)
      }
    }
    let saved = scopes
    scopes = Array(scopes.prefix(2)) + [scope]
    defer { scopes = saved }
    var text = ""
    _ = try run(macro.body, into: &text)
    return .string(text)
  }
}

/// Arguments that were evaluated.
struct TemplateCall {
  var positional: [TemplateValue] = []
  var named: [String: TemplateValue] = [:]

  /// The argument at a place or with a name.
  func value(_ place: Int, _ name: String) -> TemplateValue? {
    place < positional.count ? positional[place] : named[name]
  }
}
