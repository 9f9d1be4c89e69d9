/// An expression of a template with its line.
struct TemplateExpression: Sendable {
  indirect enum Kind: Sendable {
    case constant(TemplateValue)
    case name(String)
    case list([TemplateExpression])
    case dictionary([(TemplateExpression, TemplateExpression)])
    case attribute(TemplateExpression, String)
    case item(TemplateExpression, TemplateExpression)
    case slice(TemplateExpression, TemplateExpression?, TemplateExpression?, TemplateExpression?)
    case call(TemplateExpression, TemplateArguments)
    case filter(TemplateExpression, String, TemplateArguments)
    case test(TemplateExpression, String, TemplateArguments, isNegated: Bool)
    case unary(String, TemplateExpression)
    case binary(String, TemplateExpression, TemplateExpression)
    case comparison(TemplateExpression, [(String, TemplateExpression)])
    case conditional(TemplateExpression, TemplateExpression, TemplateExpression?)
  }

  var kind: Kind
  var line: Int
}

/// What stands between the parentheses of a call.
struct TemplateArguments: Sendable {
  var positional: [TemplateExpression] = []
  var named: [(String, TemplateExpression)] = []
}

/// A statement of a template.
indirect enum TemplateStatement: Sendable {
  case text(String)
  case output(TemplateExpression)
  case condition([(TemplateExpression, [TemplateStatement])], [TemplateStatement])
  case loop(TemplateLoop)
  case assign([String], TemplateExpression, line: Int)
  case assignMember(String, String, TemplateExpression, line: Int)
  case capture(String, [TemplateStatement])
  case macro(TemplateMacro)
  case filtered(String, TemplateArguments, [TemplateStatement], line: Int)
  case block([TemplateStatement])
  case breakLoop
  case continueLoop
}

/// `{% for a, b in items if condition %}`.
struct TemplateLoop: Sendable {
  var names: [String]
  var items: TemplateExpression
  var condition: TemplateExpression?
  var body: [TemplateStatement]
  var otherwise: [TemplateStatement]
}

/// `{% macro name(a, b=1) %}`.
struct TemplateMacro: Sendable {
  var name: String
  var parameters: [(String, TemplateExpression?)]
  var body: [TemplateStatement]
}
