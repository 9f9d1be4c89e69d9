import Core

/// Reads the tokens of a template as statements.
struct TemplateParser {
  var tokens: [TemplateToken]
  let name: String
  var position = 0
  private var depth = 0

  /// Deeper nesting is refused.
  private static let deepest = 100

  init(_ tokens: [TemplateToken], name: String) {
    self.tokens = tokens
    self.name = name
  }

  var line: Int { position < tokens.count ? tokens[position].line : tokens.last?.line ?? 1 }

  func failure(_ message: String) -> MartletError {
    MartletError(.malformedFile, message, at: "\(name), line \(line)", remedy: "Correct the template.")
  }

  var kind: TemplateToken.Kind? { position < tokens.count ? tokens[position].kind : nil }

  func isSymbol(_ text: String) -> Bool { kind == .symbol(text) }
  func isName(_ text: String) -> Bool { kind == .name(text) }

  mutating func take(_ text: String) -> Bool {
    guard isSymbol(text) || isName(text) else { return false }
    position += 1
    return true
  }

  mutating func expect(_ text: String) throws {
    guard take(text) else { throw failure("'\(text)' is missing") }
  }

  mutating func expectName() throws -> String {
    guard case .name(let word)? = kind else { throw failure("a name is missing") }
    position += 1
    return word
  }

  mutating func nested<R>(_ body: (inout TemplateParser) throws -> R) throws -> R {
    depth += 1
    defer { depth -= 1 }
    guard depth <= TemplateParser.deepest else { throw failure("the template is nested too deeply") }
    return try body(&self)
  }

  /// The whole template.
  mutating func parse() throws -> [TemplateStatement] {
    let statements = try body(until: [])
    guard position == tokens.count else { throw failure("a block ends that did not begin") }
    return statements
  }

  /// Statements up to a block that begins with one of `ends`, whose name is left to be read.
  private mutating func body(until ends: Set<String>) throws -> [TemplateStatement] {
    try nested { parser in
      var result: [TemplateStatement] = []
      while let kind = parser.kind {
        switch kind {
        case .text(let text):
          parser.position += 1
          result.append(.text(text))
        case .expressionStart:
          parser.position += 1
          result.append(.output(try parser.tupleExpression()))
          guard parser.kind == .expressionEnd else { throw parser.failure("'}}' is missing") }
          parser.position += 1
        default:
          guard kind == .blockStart, parser.position + 1 < parser.tokens.count,
            case .name(let word) = parser.tokens[parser.position + 1].kind
          else { throw parser.failure("the name of a block is missing") }
          if ends.contains(word) { return result }
          parser.position += 2
          result.append(try parser.statement(word))
        }
      }
      if !ends.isEmpty { throw parser.failure("'\(ends.sorted().joined(separator: "' or '"))' is missing") }
      return result
    }
  }

  private mutating func endBlock() throws {
    guard kind == .blockEnd else { throw failure("'%}' is missing") }
    position += 1
  }

  /// Reads `{% word %}` that must come next.
  private mutating func end(_ word: String) throws {
    guard kind == .blockStart else { throw failure("'\(word)' is missing") }
    position += 1
    try expect(word)
    try endBlock()
  }

  private mutating func statement(_ word: String) throws -> TemplateStatement {
    switch word {
    case "if": return try condition()
    case "for": return try loop()
    case "set": return try assignment()
    case "macro": return try macro()
    case "break", "continue":
      try endBlock()
      return word == "break" ? .breakLoop : .continueLoop
    case "generation":
      // Marks what a model has said; it adds nothing to the text.
      try endBlock()
      let statements = try body(until: ["endgeneration"])
      try end("endgeneration")
      return .block(statements)
    case "filter":
      let start = line
      let name = try expectName()
      let arguments = isSymbol("(") ? try callArguments() : TemplateArguments()
      try endBlock()
      let statements = try body(until: ["endfilter"])
      try end("endfilter")
      return .filtered(name, arguments, statements, line: start)
    default:
      throw MartletError(
        .unsupported, "the block '\(word)' is not supported", at: "\(name), line \(line)",
        remedy: "Supported: if, for, set, macro, filter, break, continue, generation, raw.")
    }
  }

  private mutating func condition() throws -> TemplateStatement {
    var branches: [(TemplateExpression, [TemplateStatement])] = []
    var otherwise: [TemplateStatement] = []
    var test = try tupleExpression()
    while true {
      try endBlock()
      branches.append((test, try body(until: ["elif", "else", "endif"])))
      position += 1
      let word = try expectName()
      if word == "elif" {
        test = try tupleExpression()
        continue
      }
      try endBlock()
      if word == "else" {
        otherwise = try body(until: ["endif"])
        try end("endif")
      }
      return .condition(branches, otherwise)
    }
  }

  private mutating func targets() throws -> [String] {
    let isWrapped = take("(")
    var names = [try expectName()]
    while take(",") { names.append(try expectName()) }
    if isWrapped { try expect(")") }
    return names
  }

  private mutating func loop() throws -> TemplateStatement {
    let names = try targets()
    try expect("in")
    let items = try tupleExpression(allowsCondition: false)
    let condition = take("if") ? try expression() : nil
    if take("recursive") { throw failure("recursive loops are not supported") }
    try endBlock()
    let statements = try body(until: ["else", "endfor"])
    position += 1
    let word = try expectName()
    try endBlock()
    var otherwise: [TemplateStatement] = []
    if word == "else" {
      otherwise = try body(until: ["endfor"])
      try end("endfor")
    }
    return .loop(
      TemplateLoop(names: names, items: items, condition: condition, body: statements, otherwise: otherwise))
  }

  private mutating func assignment() throws -> TemplateStatement {
    let start = line
    let names = try targets()
    if names.count == 1, take(".") {
      let member = try expectName()
      try expect("=")
      let value = try tupleExpression()
      try endBlock()
      return .assignMember(names[0], member, value, line: start)
    }
    if take("=") {
      let value = try tupleExpression()
      try endBlock()
      return .assign(names, value, line: start)
    }
    try endBlock()
    let statements = try body(until: ["endset"])
    try end("endset")
    return .capture(names[0], statements)
  }

  private mutating func macro() throws -> TemplateStatement {
    let name = try expectName()
    var parameters: [(String, TemplateExpression?)] = []
    try expect("(")
    while !take(")") {
      if !parameters.isEmpty { try expect(",") }
      let parameter = try expectName()
      parameters.append((parameter, take("=") ? try expression() : nil))
    }
    try endBlock()
    let statements = try body(until: ["endmacro"])
    position += 1
    try expect("endmacro")
    if case .name? = kind { position += 1 }
    try endBlock()
    return .macro(TemplateMacro(name: name, parameters: parameters, body: statements))
  }
}
