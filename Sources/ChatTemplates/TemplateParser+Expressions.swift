import Core

// Expressions, in the order in which Jinja binds them.
extension TemplateParser {
  /// An expression, or several with commas between them, which are a list.
  mutating func tupleExpression(allowsCondition: Bool = true) throws -> TemplateExpression {
    let start = line
    let first = allowsCondition ? try expression() : try disjunction()
    guard isSymbol(",") else { return first }
    var elements = [first]
    while take(","), kind != .expressionEnd, kind != .blockEnd { elements.append(try expression()) }
    return TemplateExpression(kind: .list(elements), line: start)
  }

  /// `a if condition else b`.
  mutating func expression() throws -> TemplateExpression {
    try nested { parser in
      let start = parser.line
      var result = try parser.disjunction()
      while parser.take("if") {
        let condition = try parser.disjunction()
        let otherwise = parser.take("else") ? try parser.expression() : nil
        result = TemplateExpression(kind: .conditional(condition, result, otherwise), line: start)
      }
      return result
    }
  }

  private mutating func disjunction() throws -> TemplateExpression {
    var left = try conjunction()
    while isName("or") {
      let start = line
      position += 1
      left = TemplateExpression(kind: .binary("or", left, try conjunction()), line: start)
    }
    return left
  }

  private mutating func conjunction() throws -> TemplateExpression {
    var left = try negation()
    while isName("and") {
      let start = line
      position += 1
      left = TemplateExpression(kind: .binary("and", left, try negation()), line: start)
    }
    return left
  }

  private mutating func negation() throws -> TemplateExpression {
    let start = line
    guard take("not") else { return try comparison() }
    return try nested { TemplateExpression(kind: .unary("not", try $0.negation()), line: start) }
  }

  private mutating func comparison() throws -> TemplateExpression {
    let start = line
    let left = try sum()
    var rest: [(String, TemplateExpression)] = []
    while true {
      if case .symbol(let symbol)? = kind, ["==", "!=", "<", ">", "<=", ">="].contains(symbol) {
        position += 1
        rest.append((symbol, try sum()))
      } else if take("in") {
        rest.append(("in", try sum()))
      } else if isName("not"), position + 1 < tokens.count, tokens[position + 1].kind == .name("in") {
        position += 2
        rest.append(("not in", try sum()))
      } else {
        return rest.isEmpty ? left : TemplateExpression(kind: .comparison(left, rest), line: start)
      }
    }
  }

  private mutating func operators(
    _ symbols: [String], _ operand: (inout TemplateParser) throws -> TemplateExpression
  ) throws -> TemplateExpression {
    var left = try operand(&self)
    while case .symbol(let symbol)? = kind, symbols.contains(symbol) {
      let start = line
      position += 1
      left = TemplateExpression(kind: .binary(symbol, left, try operand(&self)), line: start)
    }
    return left
  }

  private mutating func sum() throws -> TemplateExpression {
    try operators(["+", "-"]) { try $0.operators(["~"]) { try $0.product() } }
  }

  private mutating func product() throws -> TemplateExpression {
    try operators(["*", "/", "//", "%"]) { try $0.operators(["**"]) { try $0.unary(filters: true) } }
  }

  private mutating func unary(filters: Bool) throws -> TemplateExpression {
    try nested { parser in
      let start = parser.line
      var node: TemplateExpression
      if parser.isSymbol("-") || parser.isSymbol("+") {
        let symbol = parser.isSymbol("-") ? "-" : "+"
        parser.position += 1
        node = TemplateExpression(kind: .unary(symbol, try parser.unary(filters: false)), line: start)
      } else {
        node = try parser.primary()
      }
      node = try parser.postfix(node)
      return filters ? try parser.filters(node) : node
    }
  }

  private mutating func primary() throws -> TemplateExpression {
    let start = line
    func make(_ kind: TemplateExpression.Kind) -> TemplateExpression { TemplateExpression(kind: kind, line: start) }
    guard let kind else { throw failure("an expression is missing") }
    position += 1
    switch kind {
    case .name(let word):
      switch word {
      case "true", "True": return make(.constant(.bool(true)))
      case "false", "False": return make(.constant(.bool(false)))
      case "none", "None": return make(.constant(.none))
      default: return make(.name(word))
      }
    case .string(var text):
      // Strings side by side are one.
      while case .string(let more)? = self.kind {
        text += more
        position += 1
      }
      return make(.constant(.string(text)))
    case .integer(let value): return make(.constant(.integer(value)))
    case .double(let value): return make(.constant(.double(value)))
    case .symbol("("):
      if take(")") { return make(.list([])) }
      let inner = try expression()
      guard isSymbol(",") else {
        try expect(")")
        return inner
      }
      var elements = [inner]
      while take(","), !isSymbol(")") { elements.append(try expression()) }
      try expect(")")
      return make(.list(elements))
    case .symbol("["):
      var elements: [TemplateExpression] = []
      while !take("]") {
        if !elements.isEmpty {
          try expect(",")
          if take("]") { break }
        }
        elements.append(try expression())
      }
      return make(.list(elements))
    case .symbol("{"):
      var pairs: [(TemplateExpression, TemplateExpression)] = []
      while !take("}") {
        if !pairs.isEmpty {
          try expect(",")
          if take("}") { break }
        }
        let key = try expression()
        try expect(":")
        pairs.append((key, try expression()))
      }
      return make(.dictionary(pairs))
    default:
      position -= 1
      throw failure("an expression is missing")
    }
  }

  private mutating func postfix(_ first: TemplateExpression) throws -> TemplateExpression {
    var node = first
    while true {
      let start = line
      if take(".") {
        if case .integer(let index)? = kind {
          position += 1
          let constant = TemplateExpression(kind: .constant(.integer(index)), line: start)
          node = TemplateExpression(kind: .item(node, constant), line: start)
        } else {
          node = TemplateExpression(kind: .attribute(node, try expectName()), line: start)
        }
      } else if isSymbol("[") {
        position += 1
        node = try subscripted(node, start)
      } else if isSymbol("(") {
        node = TemplateExpression(kind: .call(node, try callArguments()), line: start)
      } else {
        return node
      }
    }
  }

  private mutating func subscripted(_ node: TemplateExpression, _ start: Int) throws -> TemplateExpression {
    var bounds: [TemplateExpression?] = [nil]
    while !take("]") {
      if take(":") {
        bounds.append(nil)
      } else {
        guard bounds[bounds.count - 1] == nil else { throw failure("']' is missing") }
        bounds[bounds.count - 1] = try expression()
      }
      if bounds.count > 3 { throw failure("a slice has three parts at most") }
    }
    if bounds.count == 1 {
      guard let index = bounds[0] else { throw failure("an index is missing") }
      return TemplateExpression(kind: .item(node, index), line: start)
    }
    return TemplateExpression(kind: .slice(node, bounds[0], bounds[1], bounds.count > 2 ? bounds[2] : nil), line: start)
  }

  mutating func callArguments() throws -> TemplateArguments {
    try expect("(")
    var arguments = TemplateArguments()
    var isFirst = true
    while !take(")") {
      if !isFirst {
        try expect(",")
        if take(")") { break }
      }
      isFirst = false
      if case .name(let word)? = kind, position + 1 < tokens.count, tokens[position + 1].kind == .symbol("=") {
        position += 2
        arguments.named.append((word, try expression()))
      } else {
        arguments.positional.append(try expression())
      }
    }
    return arguments
  }

  private mutating func filters(_ first: TemplateExpression) throws -> TemplateExpression {
    var node = first
    while true {
      let start = line
      if take("|") {
        let name = try expectName()
        let arguments = isSymbol("(") ? try callArguments() : TemplateArguments()
        node = TemplateExpression(kind: .filter(node, name, arguments), line: start)
      } else if take("is") {
        node = try test(node, start)
      } else {
        return node
      }
    }
  }

  private mutating func test(_ node: TemplateExpression, _ start: Int) throws -> TemplateExpression {
    let isNegated = take("not")
    let name = try expectName()
    var arguments = TemplateArguments()
    if isSymbol("(") {
      arguments = try callArguments()
    } else {
      let takesArgument: Bool =
        switch kind {
        case .string, .integer, .double, .symbol("["), .symbol("{"): true
        case .name(let word): !["else", "or", "and", "if", "is", "in", "not"].contains(word)
        default: false
        }
      if takesArgument {
        let argument = try primary()
        arguments.positional = [try postfix(argument)]
      }
    }
    return TemplateExpression(kind: .test(node, name, arguments, isNegated: isNegated), line: start)
  }
}
