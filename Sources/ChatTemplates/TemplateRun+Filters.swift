import Core

// Filters and tests, as Jinja has them.
extension TemplateRun {
  func filter(_ value: TemplateValue, _ name: String, _ call: TemplateCall) throws -> TemplateValue {
    switch name {
    case "trim", "strip": return .string(PythonText.strip(value.text, call.value(0, "chars").map(\.text)))
    case "upper": return .string(value.text.uppercased())
    case "lower": return .string(value.text.lowercased())
    case "title": return .string(PythonText.title(value.text))
    case "capitalize": return .string(PythonText.capitalize(value.text))
    case "string", "safe": return .string(value.text)
    case "length", "count": return .integer(try length(value))
    case "default", "d":
      let usesFalse = call.value(1, "boolean")?.isTrue ?? false
      return value.isUndefined || (usesFalse && !value.isTrue) ? call.value(0, "default_value") ?? .string("") : value
    case "tojson": return .string(try TemplateJSON(call).text(value, self))
    case "replace":
      let (old, new) = (call.value(0, "s")?.text ?? "", call.value(1, "s")?.text ?? "")
      return .string(PythonText.replace(value.text, old, with: new, limit: call.value(2, "count")?.integer ?? -1))
    case "int":
      if case .double(let number) = value, number.magnitude < 9e18 { return .integer(Int(number)) }
      if let number = value.integer { return .integer(number) }
      return .integer(
        Int(PythonText.strip(value.text, nil)) ?? Double(value.text).flatMap { $0.magnitude < 9e18 ? Int($0) : nil }
          ?? call.value(0, "default")?.integer ?? 0)
    case "float":
      return .double(value.number ?? Double(PythonText.strip(value.text, nil)) ?? call.value(0, "default")?.number ?? 0)
    case "abs":
      if let number = value.integer { return .integer(number == .min ? .max : abs(number)) }
      return .double(abs(value.number ?? 0))
    case "round":
      let places = Double(call.value(0, "precision")?.integer ?? 0)
      var scale = 1.0
      for _ in 0..<Int(min(max(places, 0), 15)) { scale *= 10 }
      return .double(((value.number ?? 0) * scale).rounded(.toNearestOrEven) / scale)
    case "indent": return .string(indented(value.text, call))
    case "escape", "e":
      var text = value.text
      for (old, new) in [("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\"", "&#34;"), ("'", "&#39;")] {
        text = PythonText.replace(text, old, with: new)
      }
      return .string(text)
    case "wordcount": return .integer(PythonText.split(value.text, nil).count)
    default: return try listFilter(value, name, call)
    }
  }

  private func listFilter(_ value: TemplateValue, _ name: String, _ call: TemplateCall) throws -> TemplateValue {
    if name == "items" || name == "dictsort" {
      guard case .dictionary(let dictionary) = value else {
        if value.isUndefined { return .list([]) }
        throw failure("the filter \(name) needs a dictionary, not a \(value.typeName)")
      }
      let pairs = dictionary.pairs.map { TemplateValue.list([$0.0, $0.1]) }
      return .list(
        name == "items"
          ? pairs : try sorted(pairs, by: { try self.member($0, .integer(0)) }, isReversed: false, isCased: false))
    }
    let elements = try elements(of: value)
    try spend(elements.count)
    switch name {
    case "list": return .list(elements)
    case "first": return elements.first ?? .undefined("the first element")
    case "last": return elements.last ?? .undefined("the last element")
    case "join":
      let parts = try call.value(1, "attribute").map { key in try elements.map { try path($0, key) } } ?? elements
      let text = parts.map(\.text).joined(separator: call.value(0, "d")?.text ?? "")
      try spend(text: text.utf8.count)
      return .string(text)
    case "reverse":
      if case .string(let text) = value {
        return .string(String(String.UnicodeScalarView(text.unicodeScalars.reversed())))
      }
      return .list(elements.reversed())
    case "sort":
      let key = call.value(2, "attribute")
      return .list(
        try sorted(
          elements, by: { element in if let key { try self.path(element, key) } else { element } },
          isReversed: call.value(0, "reverse")?.isTrue ?? false,
          isCased: call.value(1, "case_sensitive")?.isTrue ?? false))
    case "unique":
      var result: [TemplateValue] = []
      for element in elements where !result.contains(where: { folded($0).isEqual(to: folded(element)) }) {
        try spend(result.count)
        result.append(element)
      }
      return .list(result)
    case "sum":
      let parts = try call.value(0, "attribute").map { key in try elements.map { try path($0, key) } } ?? elements
      if parts.allSatisfy({ $0.integer != nil }) { return .integer(parts.reduce(0) { $0 &+ ($1.integer ?? 0) }) }
      return .double(parts.reduce(0) { $0 + ($1.number ?? 0) })
    case "min", "max":
      let order = try sorted(elements, by: { $0 }, isReversed: false, isCased: false)
      return (name == "min" ? order.first : order.last) ?? .undefined(name)
    case "map":
      if let key = call.named["attribute"] {
        return .list(
          try elements.map { element in
            let found = try path(element, key)
            return found.isUndefined ? call.named["default"] ?? found : found
          })
      }
      guard let filterName = call.positional.first?.text else { throw failure("map needs a filter or an attribute") }
      let rest = TemplateCall(positional: Array(call.positional.dropFirst()), named: call.named)
      return .list(try elements.map { try filter($0, filterName, rest) })
    case "select", "reject", "selectattr", "rejectattr":
      let isByAttribute = name.hasSuffix("attr")
      let arguments = isByAttribute ? Array(call.positional.dropFirst()) : call.positional
      guard !isByAttribute || !call.positional.isEmpty else { throw failure("\(name) needs an attribute") }
      let rest = TemplateCall(positional: Array(arguments.dropFirst()), named: call.named)
      return .list(
        try elements.filter { element in
          let subject = isByAttribute ? try path(element, call.positional[0]) : element
          let passes = try arguments.first.map { try test(subject, $0.text, rest) } ?? subject.isTrue
          return passes == name.hasPrefix("select")
        })
    case "batch":
      guard let size = call.value(0, "linecount")?.integer, size > 0 else { throw failure("batch needs a size") }
      return .list(
        stride(from: 0, to: elements.count, by: size).map { start in
          .list(Array(elements[start..<min(start + size, elements.count)]))
        })
    default:
      throw MartletError(
        .unsupported, "there is no filter '\(name)'", at: "\(self.name), line \(line)", remedy: "Correct the template.")
    }
  }

  /// A member by a name with points, as `function.name`.
  private func path(_ value: TemplateValue, _ key: TemplateValue) throws -> TemplateValue {
    if key.integer != nil { return try member(value, key) }
    return try PythonText.split(key.text, ".").reduce(value) { value, part in
      value.isUndefined ? value : try member(value, Int(part).map { .integer($0) } ?? .string(part))
    }
  }

  private func folded(_ value: TemplateValue) -> TemplateValue {
    if case .string(let text) = value { .string(text.lowercased()) } else { value }
  }

  private func sorted(
    _ elements: [TemplateValue], by key: (TemplateValue) throws -> TemplateValue, isReversed: Bool, isCased: Bool
  ) throws -> [TemplateValue] {
    let keyed = try elements.map { (value: $0, key: isCased ? try key($0) : folded(try key($0))) }
    var failed = false
    let order = keyed.enumerated().sorted { a, b in
      let (x, y) = isReversed ? (b.element.key, a.element.key) : (a.element.key, b.element.key)
      guard let isLess = x.isLess(than: y), let isMore = y.isLess(than: x) else {
        failed = true
        return a.offset < b.offset
      }
      return isLess || !isMore && a.offset < b.offset
    }
    if failed { throw failure("values of different types cannot be sorted") }
    return order.map(\.element.value)
  }

  private func length(_ value: TemplateValue) throws -> Int {
    switch value {
    case .string(let text): return text.unicodeScalars.count
    case .list(let elements): return elements.count
    case .dictionary(let dictionary): return dictionary.keys.count
    case .undefined: return 0
    default: throw failure("a \(value.typeName) has no length")
    }
  }

  private func indented(_ text: String, _ call: TemplateCall) -> String {
    let width = call.value(0, "width") ?? .integer(4)
    let margin =
      if let count = width.integer { String(repeating: " ", count: min(max(0, count), 1000)) } else { width.text }
    let indentsFirst = call.value(1, "first")?.isTrue ?? false
    let indentsBlank = call.value(2, "blank")?.isTrue ?? false
    return PythonText.split(text, "\n").enumerated().map { index, line in
      index == 0 && !indentsFirst || line.isEmpty && !indentsBlank && index > 0 ? line : margin + line
    }.joined(separator: "\n")
  }

  func test(_ value: TemplateValue, _ name: String, _ call: TemplateCall) throws -> Bool {
    let other = call.positional.first ?? .none
    switch name {
    case "defined": return !value.isUndefined
    case "undefined": return value.isUndefined
    case "none": return if case .none = value { true } else { false }
    case "string": return if case .string = value { true } else { false }
    case "mapping": return if case .dictionary = value { true } else { false }
    case "boolean": return if case .bool = value { true } else { false }
    case "true": return if case .bool(true) = value { true } else { false }
    case "false": return if case .bool(false) = value { true } else { false }
    case "integer": return if case .integer = value { true } else { false }
    case "float": return if case .double = value { true } else { false }
    case "number": return value.number != nil
    case "sequence", "iterable":
      switch value {
      case .string, .list, .dictionary, .undefined: return true
      default: return false
      }
    case "callable":
      switch value {
      case .macro, .function: return true
      default: return false
      }
    case "eq", "equalto", "sameas": return value.isEqual(to: other)
    case "ne": return !value.isEqual(to: other)
    case "lt", "lessthan": return try compare("<", value, other)
    case "gt", "greaterthan": return try compare(">", value, other)
    case "le": return try compare("<=", value, other)
    case "ge": return try compare(">=", value, other)
    case "in": return try compare("in", value, other)
    case "odd": return (value.integer ?? 0) % 2 != 0
    case "even": return (value.integer ?? 1) % 2 == 0
    case "divisibleby":
      guard let divisor = other.integer, divisor != 0 else { throw failure("divisibleby needs a number that is not 0") }
      return (value.integer ?? 1) % divisor == 0
    case "lower": return value.text == value.text.lowercased() && value.text != value.text.uppercased()
    case "upper": return value.text == value.text.uppercased() && value.text != value.text.lowercased()
    default:
      throw MartletError(
        .unsupported, "there is no test '\(name)'", at: "\(self.name), line \(line)", remedy: "Correct the template.")
    }
  }
}
