import Core

/// A pattern of paths, as shells have them: `*`, `?`, `[a-z]`, `[!a]`, `{one,two}`, and `**` for any number of folders.
package struct GlobPattern: Sendable {
  private static let special: Set<Unicode.Scalar> = ["*", "?", "[", "{"]
  /// Alternatives in braces multiply; more than so many are refused.
  private static let mostAlternatives = 1000

  /// Whether a text has any character that patterns give a meaning.
  package static func isPattern(_ text: String) -> Bool { text.unicodeScalars.contains { special.contains($0) } }

  /// Calls `found` with each path that the pattern matches, folders too, sorted within each alternative of braces.
  ///
  /// Names that begin with a dot are matched only where the pattern has the dot.
  ///
  /// Throws: `MartletError` if a folder cannot be listed, leads back to one above it, or the pattern is too large.
  package static func expand(_ text: String, _ found: (String) throws -> Void) throws {
    for alternative in try alternatives(Array(text.unicodeScalars)) {
      let isAbsolute = alternative.first == "/"
      var parts: [[Unicode.Scalar]] = []
      for part in alternative.split(separator: "/") where parts.last != ["*", "*"] || part != ["*", "*"] {
        parts.append(Array(part))
      }
      try walk(isAbsolute ? "/" : "", parts[...], above: [], found)
    }
  }

  private static func walk(
    _ folder: String, _ parts: ArraySlice<[Unicode.Scalar]>, above: Set<String>, _ found: (String) throws -> Void
  ) throws {
    guard let part = parts.first else { return try found(folder.isEmpty ? "." : folder) }
    let rest = parts.dropFirst()
    if part == ["*", "*"] {
      // A pattern that ends so means the folder, with all that is in it.
      try walk(folder, rest, above: [], found)
      if rest.isEmpty { return }
      let above = try FolderWalk.entering(folder, above: above)
      for name in try FileSystem.list(folder) where !name.hasPrefix(".") {
        let path = joinPath(folder, name)
        if FileSystem.kind(of: path) == .folder { try walk(path, parts, above: above, found) }
      }
    } else if !part.contains(where: { special.contains($0) }) {
      var name = String.UnicodeScalarView()
      name.append(contentsOf: part)
      let path = joinPath(folder, String(name))
      if FileSystem.kind(of: path) != nil { try walk(path, rest, above: [], found) }
    } else if folder.isEmpty || FileSystem.kind(of: folder) == .folder {
      for name in try FileSystem.list(folder) where !name.hasPrefix(".") || part.first == "." {
        if matches(part[...], Array(name.unicodeScalars)[...]) {
          try walk(joinPath(folder, name), rest, above: [], found)
        }
      }
    }
  }

  /// Whether a name matches a pattern without slashes and braces.
  ///
  /// Complexity: the product of the lengths, for only the last star is ever tried again.
  package static func matches(_ pattern: ArraySlice<Unicode.Scalar>, _ name: ArraySlice<Unicode.Scalar>) -> Bool {
    var pattern = pattern
    var name = name
    var afterStar: (pattern: ArraySlice<Unicode.Scalar>, name: ArraySlice<Unicode.Scalar>)?
    while true {
      if pattern.first == "*" {
        pattern.removeFirst()
        afterStar = (pattern, name)
      } else if let character = name.first, let rest = matchOne(pattern, character) {
        pattern = rest
        name.removeFirst()
      } else if name.isEmpty, pattern.isEmpty {
        return true
      } else if var again = afterStar, !again.name.isEmpty {
        again.name.removeFirst()
        afterStar = again
        (pattern, name) = again
      } else {
        return false
      }
    }
  }

  /// What follows in the pattern if its first element matches a character.
  private static func matchOne(_ pattern: ArraySlice<Unicode.Scalar>, _ character: Unicode.Scalar) -> ArraySlice<
    Unicode.Scalar
  >? {
    guard let first = pattern.first else { return nil }
    if first == "?" { return pattern.dropFirst() }
    guard first == "[" else { return first == character ? pattern.dropFirst() : nil }
    var index = pattern.startIndex + 1
    var isNegated = false
    if index < pattern.endIndex, pattern[index] == "!" || pattern[index] == "^" {
      isNegated = true
      index += 1
    }
    var isMember = false
    let start = index
    while index < pattern.endIndex, pattern[index] != "]" || index == start {
      if index + 2 < pattern.endIndex, pattern[index + 1] == "-", pattern[index + 2] != "]" {
        if pattern[index] <= character, character <= pattern[index + 2] { isMember = true }
        index += 3
      } else {
        if pattern[index] == character { isMember = true }
        index += 1
      }
    }
    // A bracket without its end means itself.
    guard index < pattern.endIndex else { return first == character ? pattern.dropFirst() : nil }
    return isMember != isNegated ? pattern[(index + 1)...] : nil
  }

  /// The patterns that a pattern with braces stands for.
  private static func alternatives(_ pattern: [Unicode.Scalar]) throws -> [[Unicode.Scalar]] {
    var done: [[Unicode.Scalar]] = []
    var open = [pattern]
    while let pattern = open.popLast() {
      guard let (range, choices) = firstBraces(pattern) else {
        done.append(pattern)
        continue
      }
      // The last choice is looked at last: the results keep the order of the pattern.
      for choice in choices.reversed() {
        open.append(Array(pattern[..<range.lowerBound]) + choice + pattern[range.upperBound...])
      }
      if done.count + open.count > mostAlternatives {
        throw MartletError(
          .invalidArgument, "the pattern stands for more than \(mostAlternatives) patterns",
          remedy: "Write fewer alternatives in braces.")
      }
    }
    return done
  }

  /// The first braces with a comma in them and what they choose from.
  private static func firstBraces(_ pattern: [Unicode.Scalar]) -> (Range<Int>, [ArraySlice<Unicode.Scalar>])? {
    var opened: [(start: Int, commas: [Int])] = []
    var outermost: (Range<Int>, [ArraySlice<Unicode.Scalar>])?
    for (index, character) in pattern.enumerated() {
      switch character {
      case "{": opened.append((index, []))
      case ",": if !opened.isEmpty { opened[opened.count - 1].commas.append(index) }
      case "}":
        guard let (start, commas) = opened.popLast(), !commas.isEmpty else { break }
        var choices: [ArraySlice<Unicode.Scalar>] = []
        var from = start + 1
        for comma in commas + [index] {
          choices.append(pattern[from..<comma])
          from = comma + 1
        }
        outermost = (start..<index + 1, choices)
        if opened.isEmpty { return outermost }
      default: break
      }
    }
    return outermost
  }
}
