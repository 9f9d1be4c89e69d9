import Core

// Expressions.
extension TemplateRun {
  func evaluate(_ arguments: TemplateArguments) throws -> TemplateCall {
    var call = TemplateCall()
    for argument in arguments.positional { call.positional.append(try evaluate(argument)) }
    for (name, argument) in arguments.named { call.named[name] = try evaluate(argument) }
    return call
  }

  func evaluate(_ expression: TemplateExpression) throws -> TemplateValue {
    try spend()
    line = expression.line
    switch expression.kind {
    case .constant(let value): return value
    case .name(let name): return lookUp(name)
    case .list(let elements): return .list(try elements.map(evaluate))
    case .dictionary(let pairs):
      var dictionary = TemplateDictionary()
      for (key, value) in pairs { dictionary[try evaluate(key)] = try evaluate(value) }
      return .dictionary(dictionary)
    case .attribute(let base, let name): return try member(try evaluate(base), .string(name))
    case .item(let base, let index): return try member(try evaluate(base), try evaluate(index))
    case .slice(let base, let start, let end, let step):
      return try slice(
        try evaluate(base), try start.map(evaluate), try end.map(evaluate), try step.map(evaluate))
    case .call(let callee, let arguments): return try call(callee, arguments)
    case .filter(let base, let name, let arguments):
      let value = try evaluate(base)
      let call = try evaluate(arguments)
      line = expression.line
      return try filter(value, name, call)
    case .test(let base, let name, let arguments, let isNegated):
      let value = try evaluate(base)
      let call = try evaluate(arguments)
      return .bool(try test(value, name, call) != isNegated)
    case .unary(let symbol, let operand): return try unary(symbol, try evaluate(operand))
    case .binary(let symbol, let left, let right):
      let a = try evaluate(left)
      if symbol == "and" { return a.isTrue ? try evaluate(right) : a }
      if symbol == "or" { return a.isTrue ? a : try evaluate(right) }
      return try arithmetic(symbol, a, try evaluate(right))
    case .comparison(let first, let rest):
      var left = try evaluate(first)
      for (symbol, operand) in rest {
        let right = try evaluate(operand)
        guard try compare(symbol, left, right) else { return .bool(false) }
        left = right
      }
      return .bool(true)
    case .conditional(let condition, let value, let otherwise):
      if try evaluate(condition).isTrue { return try evaluate(value) }
      return try otherwise.map(evaluate) ?? .undefined("")
    }
  }

  private func unary(_ symbol: String, _ value: TemplateValue) throws -> TemplateValue {
    switch (symbol, value) {
    case ("not", _): return .bool(!value.isTrue)
    case ("-", .double(let number)): return .double(-number)
    case ("+", .double), ("+", .integer): return value
    default:
      guard symbol == "-", let number = value.integer else {
        throw failure("'\(symbol)' of a \(value.typeName) is not possible")
      }
      return .integer(0 &- number)
    }
  }

  func compare(_ symbol: String, _ a: TemplateValue, _ b: TemplateValue) throws -> Bool {
    switch symbol {
    case "==": return a.isEqual(to: b)
    case "!=": return !a.isEqual(to: b)
    case "in": return try contains(b, a)
    case "not in": return try !contains(b, a)
    default:
      let isLess = symbol == "<" || symbol == ">=" ? a.isLess(than: b) : b.isLess(than: a)
      guard let isLess else { throw failure("a \(a.typeName) and a \(b.typeName) cannot be compared with '\(symbol)'") }
      return symbol == "<" || symbol == ">" ? isLess : !isLess
    }
  }

  private func contains(_ container: TemplateValue, _ value: TemplateValue) throws -> Bool {
    switch container {
    case .list(let elements):
      try spend(elements.count)
      return elements.contains { $0.isEqual(to: value) }
    case .dictionary(let dictionary): return dictionary[value] != nil
    case .string(let text):
      guard case .string(let part) = value else {
        throw failure("'in' a string needs a string, not a \(value.typeName)")
      }
      try spend(text.utf8.count)
      return PythonText.find(part, in: text) != nil
    case .undefined: return false
    default: throw failure("a \(container.typeName) contains nothing")
    }
  }

  private func arithmetic(_ symbol: String, _ a: TemplateValue, _ b: TemplateValue) throws -> TemplateValue {
    func fails() -> MartletError { failure("\(a.typeName) \(symbol) \(b.typeName) is not possible") }
    switch (symbol, a, b) {
    case ("~", _, _): return try joined(a.text, b.text)
    case ("+", .string(let x), .string(let y)): return try joined(x, y)
    case ("+", .list(let x), .list(let y)):
      try spend(x.count + y.count)
      return .list(x + y)
    case ("*", .string(let text), _), ("*", _, .string(let text)):
      guard let count = a.integer ?? b.integer else { throw fails() }
      let times = max(0, count)
      try spend(
        text: text.utf8.count.multipliedReportingOverflow(by: times).overflow ? 1 << 40 : text.utf8.count * times)
      return .string(String(repeating: text, count: times))
    case ("%", .string, _): throw fails()
    default: break
    }
    guard let x = a.number, let y = b.number else { throw fails() }
    if let m = a.integer, let n = b.integer, symbol != "/" {
      let (value, overflows): (Int, Bool) =
        switch symbol {
        case "+": m.addingReportingOverflow(n)
        case "-": m.subtractingReportingOverflow(n)
        case "*": m.multipliedReportingOverflow(by: n)
        case "//", "%": (0, n == 0 || n == -1 && m == .min)
        default: (0, true)
        }
      if symbol == "**", n >= 0 { return try power(m, n) }
      if !overflows {
        if symbol != "//" && symbol != "%" { return .integer(value) }
        // Python rounds down, and the rest has the sign of the divisor.
        let rest = m % n
        let isOff = rest != 0 && (rest < 0) != (n < 0)
        return .integer(symbol == "//" ? m / n - (isOff ? 1 : 0) : rest + (isOff ? n : 0))
      }
      if symbol != "**" { throw failure("\(m) \(symbol) \(n) is not possible") }
    }
    switch symbol {
    case "+": return .double(x + y)
    case "-": return .double(x - y)
    case "*": return .double(x * y)
    case "/" where y != 0: return .double(x / y)
    case "//" where y != 0: return .double((x / y).rounded(.down))
    case "%" where y != 0: return .double(x - (x / y).rounded(.down) * y)
    default: throw fails()
    }
  }

  private func power(_ base: Int, _ exponent: Int) throws -> TemplateValue {
    var result = 1
    for _ in 0..<min(exponent, 64) {
      let (value, overflows) = result.multipliedReportingOverflow(by: base)
      guard !overflows else { throw failure("\(base) ** \(exponent) is too large") }
      result = value
    }
    guard exponent <= 64 || (-1...1).contains(base) else { throw failure("\(base) ** \(exponent) is too large") }
    return .integer(exponent > 64 && base == -1 && exponent % 2 == 1 ? -1 : result)
  }

  private func joined(_ a: String, _ b: String) throws -> TemplateValue {
    try spend((a.utf8.count + b.utf8.count) / 64)
    return .string(a + b)
  }

  /// A member of a value: an item, else an attribute.
  func member(_ base: TemplateValue, _ key: TemplateValue) throws -> TemplateValue {
    let name = if case .string(let text) = key { text } else { "" }
    switch base {
    case .undefined(let what):
      throw failure("'\(what.isEmpty ? "the value" : what)' is undefined, so that it has no '\(key.text)'")
    case .dictionary(let dictionary): return dictionary[key] ?? .undefined(key.text)
    case .namespace(let number): return namespaces[number][key] ?? .undefined(key.text)
    case .loop(let number): return loopMember(number, name)
    case .list(let elements):
      guard let index = key.integer else { return .undefined(key.text) }
      let place = index < 0 ? index + elements.count : index
      return elements.indices.contains(place) ? elements[place] : .undefined(key.text)
    case .string(let text):
      guard let index = key.integer else { return .undefined(key.text) }
      let scalars = Array(text.unicodeScalars)
      try spend(scalars.count)
      let place = index < 0 ? index + scalars.count : index
      return scalars.indices.contains(place) ? .string(String(scalars[place])) : .undefined(key.text)
    default: return .undefined(key.text)
    }
  }

  private func loopMember(_ number: Int, _ name: String) -> TemplateValue {
    guard loops.indices.contains(number) else { return .undefined(name) }
    let (index, items) = (loops[number].index, loops[number].items)
    switch name {
    case "index": return .integer(index + 1)
    case "index0": return .integer(index)
    case "revindex": return .integer(items.count - index)
    case "revindex0": return .integer(items.count - index - 1)
    case "first": return .bool(index == 0)
    case "last": return .bool(index == items.count - 1)
    case "length": return .integer(items.count)
    case "previtem": return index > 0 ? items[index - 1] : .undefined(name)
    case "nextitem": return index + 1 < items.count ? items[index + 1] : .undefined(name)
    default: return .undefined(name)
    }
  }

  private func slice(
    _ base: TemplateValue, _ start: TemplateValue?, _ end: TemplateValue?, _ step: TemplateValue?
  ) throws -> TemplateValue {
    func bound(_ value: TemplateValue?) throws -> Int? {
      guard let value else { return nil }
      if case .none = value { return nil }
      guard let number = value.integer else { throw failure("the bounds of a slice must be whole numbers") }
      return number
    }
    let (first, last, stride) = (try bound(start), try bound(end), try bound(step) ?? 1)
    guard stride != 0 else { throw failure("the step of a slice must not be 0") }
    func places(_ count: Int) -> [Int] {
      func clamped(_ value: Int?, _ fallback: Int) -> Int {
        guard let value else { return fallback }
        let place = value < 0 ? max(value, -count - 1) + count : value
        return stride > 0 ? min(max(place, 0), count) : min(max(place, -1), count - 1)
      }
      let from = clamped(first, stride > 0 ? 0 : count - 1)
      let to = clamped(last, stride > 0 ? count : -1)
      // A step beyond the length gives the first element only.
      return Array(Swift.stride(from: from, to: to, by: min(max(stride, -count - 1), count + 1)))
    }
    switch base {
    case .list(let elements):
      try spend(elements.count)
      return .list(places(elements.count).map { elements[$0] })
    case .string(let text):
      let scalars = Array(text.unicodeScalars)
      try spend(scalars.count)
      var result = String.UnicodeScalarView()
      for place in places(scalars.count) { result.append(scalars[place]) }
      return .string(String(result))
    default: throw failure("a \(base.typeName) cannot be sliced")
    }
  }

  private func call(_ callee: TemplateExpression, _ arguments: TemplateArguments) throws -> TemplateValue {
    if case .attribute(let base, let name) = callee.kind {
      let value = try evaluate(base)
      let call = try evaluate(arguments)
      line = callee.line
      if let result = try method(of: value, name, call) { return result }
      return try invoke(try member(value, .string(name)), name, call)
    }
    let name = if case .name(let name) = callee.kind { name } else { "" }
    let value = try evaluate(callee)
    let call = try evaluate(arguments)
    line = callee.line
    return try invoke(value, name, call)
  }

  private func invoke(_ value: TemplateValue, _ name: String, _ call: TemplateCall) throws -> TemplateValue {
    switch value {
    case .macro(let number): return try self.call(macro: number, call)
    case .function(let name): return try function(name, call)
    default: throw failure("'\(name)' is \(value.typeName) and cannot be called")
    }
  }

  private func function(_ name: String, _ call: TemplateCall) throws -> TemplateValue {
    switch name {
    case "raise_exception":
      throw failure("the template refuses the messages: \(call.value(0, "message")?.text ?? "")")
    case "namespace", "dict":
      var dictionary = TemplateDictionary()
      if case .dictionary(let first)? = call.positional.first { dictionary = first }
      for (key, value) in call.named { dictionary[.string(key)] = value }
      if name == "dict" { return .dictionary(dictionary) }
      namespaces.append(dictionary)
      return .namespace(namespaces.count - 1)
    case "range":
      let numbers = call.positional.compactMap(\.integer)
      guard numbers.count == call.positional.count, (1...3).contains(numbers.count),
        numbers.count < 3 || numbers[2] != 0
      else { throw failure("range needs one to three whole numbers") }
      let (start, end) = numbers.count == 1 ? (0, numbers[0]) : (numbers[0], numbers[1])
      let step = numbers.count == 3 ? numbers[2] : 1
      let (width, overflows) = end.subtractingReportingOverflow(start)
      guard !overflows, abs(width / step) <= 100_000 else { throw failure("the range is too large") }
      return .list(stride(from: start, to: end, by: step).map { .integer($0) })
    case "strftime_now":
      return .string(PythonTime.now(format: call.value(0, "format")?.text ?? ""))
    default: throw failure("there is no function '\(name)'")
    }
  }
}
