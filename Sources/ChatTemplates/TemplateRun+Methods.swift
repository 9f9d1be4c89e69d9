import Core

// Methods of strings, lists and dictionaries, as Python has them.
extension TemplateRun {
  /// The result of a method; nil where the value has no such method.
  func method(of value: TemplateValue, _ name: String, _ call: TemplateCall) throws -> TemplateValue? {
    switch value {
    case .string(let text): return try method(of: text, name, call)
    case .dictionary(let dictionary):
      switch name {
      case "items": return .list(dictionary.pairs.map { .list([$0.0, $0.1]) })
      case "keys": return .list(dictionary.keys)
      case "values": return .list(dictionary.pairs.map(\.1))
      case "get":
        guard let key = call.value(0, "key") else { throw failure("get needs a key") }
        return dictionary[key] ?? call.value(1, "default") ?? TemplateValue.none
      case "copy": return value
      default: return nil
      }
    case .list(let elements):
      switch name {
      case "index":
        guard let place = elements.firstIndex(where: { $0.isEqual(to: call.value(0, "value") ?? .none) }) else {
          throw failure("the value is not in the list")
        }
        return .integer(place)
      case "count": return .integer(elements.count { $0.isEqual(to: call.value(0, "value") ?? .none) })
      case "append", "extend", "insert", "pop", "remove", "sort", "reverse":
        throw failure("a template may not change a list; write it as: set list = list + [value]")
      default: return nil
      }
    case .loop(let number):
      guard name == "cycle", !call.positional.isEmpty, loops.indices.contains(number) else { return nil }
      return call.positional[loops[number].index % call.positional.count]
    default: return nil
    }
  }

  private func method(of text: String, _ name: String, _ call: TemplateCall) throws -> TemplateValue? {
    try spend(text.utf8.count / 16 + 1)
    func argument(_ place: Int, _ name: String) -> String? {
      if case .string(let text)? = call.value(place, name) { text } else { nil }
    }
    func needed(_ place: Int) throws -> String {
      guard let text = argument(place, "") else { throw failure("\(name) needs text") }
      return text
    }
    func ends(_ value: TemplateValue?, _ matches: (String) -> Bool) throws -> TemplateValue {
      switch value {
      case .string(let part)?: return .bool(matches(part))
      case .list(let parts)?:
        return .bool(parts.contains { if case .string(let part) = $0 { matches(part) } else { false } })
      default: throw failure("\(name) needs text")
      }
    }
    let limit = call.value(1, "maxsplit")?.integer ?? -1
    switch name {
    case "strip": return .string(PythonText.strip(text, argument(0, "chars")))
    case "lstrip": return .string(PythonText.strip(text, argument(0, "chars"), right: false))
    case "rstrip": return .string(PythonText.strip(text, argument(0, "chars"), left: false))
    case "split":
      let separator = argument(0, "sep")
      if separator == "" { throw failure("split needs a separator that is not empty") }
      return .list(PythonText.split(text, separator, limit: limit).map { .string($0) })
    case "rsplit":
      guard let separator = argument(0, "sep"), !separator.isEmpty else { throw failure("rsplit needs a separator") }
      return .list(PythonText.splitFromEnd(text, separator, limit: limit).map { .string($0) })
    case "splitlines": return .list(PythonText.lines(text).map { .string($0) })
    case "startswith": return try ends(call.value(0, "prefix")) { text.utf8.starts(with: $0.utf8) }
    case "endswith":
      return try ends(call.value(0, "suffix")) { text.utf8.suffix($0.utf8.count).elementsEqual($0.utf8) }
    case "removeprefix":
      let part = try needed(0)
      return .string(
        text.utf8.starts(with: part.utf8) ? String(text.unicodeScalars.dropFirst(part.unicodeScalars.count)) : text)
    case "removesuffix":
      let part = try needed(0)
      return .string(
        text.utf8.suffix(part.utf8.count).elementsEqual(part.utf8)
          ? String(text.unicodeScalars.dropLast(part.unicodeScalars.count)) : text)
    case "replace":
      let (old, new) = (try needed(0), try needed(1))
      let count = call.value(2, "count")?.integer ?? -1
      let result = PythonText.replace(text, old, with: new, limit: count)
      try spend(text: result.utf8.count)
      return .string(result)
    case "upper": return .string(text.uppercased())
    case "lower": return .string(text.lowercased())
    case "title": return .string(PythonText.title(text))
    case "capitalize": return .string(PythonText.capitalize(text))
    case "find":
      let place = PythonText.find(try needed(0), in: text)
      return .integer(place.map { text.utf8.prefix($0).count { $0 & 0xC0 != 0x80 } } ?? -1)
    case "count":
      let part = try needed(0)
      return .integer(part.isEmpty ? text.unicodeScalars.count + 1 : PythonText.split(text, part).count - 1)
    case "join":
      let parts = try elements(of: call.value(0, "iterable") ?? .undefined(""))
      return .string(parts.map(\.text).joined(separator: text))
    case "isdigit": return .bool(!text.isEmpty && text.unicodeScalars.allSatisfy { $0.properties.numericType != nil })
    case "isalpha": return .bool(!text.isEmpty && text.unicodeScalars.allSatisfy { $0.properties.isAlphabetic })
    case "isspace": return .bool(!text.isEmpty && PythonText.strip(text, nil).isEmpty)
    default: return nil
    }
  }
}
