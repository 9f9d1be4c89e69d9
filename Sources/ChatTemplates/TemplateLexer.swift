import Core

/// A piece of a template: text, or a word inside of `{{ }}` and `{% %}`, with its line.
struct TemplateToken: Sendable {
  enum Kind: Sendable, Equatable {
    case text(String)
    case expressionStart, expressionEnd, blockStart, blockEnd
    case name(String)
    case string(String)
    case integer(Int)
    case double(Double)
    case symbol(String)
  }

  var kind: Kind
  var line: Int
}

/// Divides a template into tokens, and takes out white space as `-`, and the settings of chat templates, ask for:
/// the first line end behind a block goes (trim_blocks), and the spaces before a block on a line of its own
/// (lstrip_blocks).
struct TemplateLexer {
  private let source: [Character]
  private let name: String
  private var position = 0
  private var line = 1
  private var tokens: [TemplateToken] = []

  init(_ source: String, name: String) {
    // Carriage returns before line feeds go, and one line feed at the end.
    var text = source.unicodeScalars.reduce(into: [Character]()) { result, scalar in
      if scalar == "\n", result.last == "\r" { result.removeLast() }
      result.append(Character(scalar))
    }
    if text.last == "\n" { text.removeLast() }
    self.source = text
    self.name = name
  }

  /// The error at a line of the template.
  private func failure(_ message: String) -> MartletError {
    MartletError(
      .malformedFile, message, at: "\(name), line \(line)", remedy: "Correct the template.")
  }

  private func has(_ text: String, at place: Int) -> Bool {
    var place = place
    for character in text {
      guard place < source.count, source[place] == character else { return false }
      place += 1
    }
    return true
  }

  mutating func tokenize() throws -> [TemplateToken] {
    var text: [Character] = []
    func flush(_ tokens: inout [TemplateToken], _ line: Int) {
      if !text.isEmpty { tokens.append(TemplateToken(kind: .text(String(text)), line: line)) }
      text = []
    }
    while position < source.count {
      guard source[position] == "{", let opening = ["{{", "{%", "{#"].first(where: { has($0, at: position) }) else {
        if source[position] == "\n" { line += 1 }
        text.append(source[position])
        position += 1
        continue
      }
      var next = position + 2
      let sign = next < source.count ? source[next] : " "
      if sign == "-" {
        while let last = text.last, last.isWhitespace { text.removeLast() }
        next += 1
      } else if sign == "+" {
        next += 1
      } else if opening != "{{" {
        stripLineStart(&text)
      }
      flush(&tokens, line)
      position = next
      switch opening {
      case "{#": try skipComment()
      case "{{": try lexInside(.expressionStart, .expressionEnd, "}}")
      default:
        if try !lexRaw(&text) { try lexInside(.blockStart, .blockEnd, "%}") }
      }
    }
    flush(&tokens, line)
    return tokens
  }

  /// Takes away spaces and tabs that are alone on their line so far.
  private func stripLineStart(_ text: inout [Character]) {
    var count = text.count
    while count > 0, text[count - 1] == " " || text[count - 1] == "\t" { count -= 1 }
    let isLineStart = count > 0 ? text[count - 1] == "\n" : isAtLineStart(back: text.count)
    if isLineStart { text.removeLast(text.count - count) }
  }

  /// Whether the text that begins so many characters back begins a line of the template.
  private func isAtLineStart(back: Int) -> Bool {
    let start = position - back
    return start <= 0 || source[start - 1] == "\n"
  }

  /// White space behind a tag: all of it behind `-`, one line end behind blocks and comments.
  private mutating func skipAfter(isStripped: Bool, trimsLineEnd: Bool) {
    if isStripped {
      while position < source.count, source[position].isWhitespace {
        if source[position] == "\n" { line += 1 }
        position += 1
      }
    } else if trimsLineEnd, position < source.count, source[position] == "\n" {
      position += 1
      line += 1
    }
  }

  private mutating func skipComment() throws {
    while position < source.count {
      if has("#}", at: position) {
        let isStripped = source[position - 1] == "-"
        position += 2
        return skipAfter(isStripped: isStripped, trimsLineEnd: true)
      }
      if source[position] == "\n" { line += 1 }
      position += 1
    }
    throw failure("a comment does not end")
  }

  /// Reads `{% raw %} ... {% endraw %}`, whose text is text.
  private mutating func lexRaw(_ text: inout [Character]) throws -> Bool {
    var place = position
    while place < source.count, source[place].isWhitespace { place += 1 }
    guard has("raw", at: place) else { return false }
    place += 3
    while place < source.count, source[place].isWhitespace { place += 1 }
    let isStripped = place < source.count && source[place] == "-"
    if isStripped { place += 1 }
    guard has("%}", at: place) else { return false }
    position = place + 2
    skipAfter(isStripped: isStripped, trimsLineEnd: true)
    while position < source.count {
      if has("{%", at: position) {
        var end = position + 2
        let strips = end < source.count && source[end] == "-"
        if strips { end += 1 }
        while end < source.count, source[end].isWhitespace { end += 1 }
        if has("endraw", at: end) {
          end += 6
          while end < source.count, source[end].isWhitespace { end += 1 }
          let stripsAfter = end < source.count && source[end] == "-"
          if stripsAfter { end += 1 }
          guard has("%}", at: end) else { throw failure("'endraw' is not closed with %}") }
          if strips {
            while let last = text.last, last.isWhitespace { text.removeLast() }
          } else {
            stripLineStart(&text)
          }
          position = end + 2
          skipAfter(isStripped: stripsAfter, trimsLineEnd: true)
          return true
        }
      }
      if source[position] == "\n" { line += 1 }
      text.append(source[position])
      position += 1
    }
    throw failure("'raw' does not end")
  }

  private static let symbols = [
    "**", "//", "==", "!=", "<=", ">=", "+", "-", "*", "/", "%", "~", "<", ">", "=", "|", ".", ",", ":", "(", ")", "[",
    "]", "{", "}",
  ]

  private mutating func lexInside(_ start: TemplateToken.Kind, _ end: TemplateToken.Kind, _ closing: String) throws {
    tokens.append(TemplateToken(kind: start, line: line))
    var depth = 0
    while position < source.count {
      let character = source[position]
      if character.isWhitespace {
        if character == "\n" { line += 1 }
        position += 1
        continue
      }
      if depth == 0 {
        let isStripped = character == "-" && has("-" + closing, at: position)
        let isKept = character == "+" && has("+" + closing, at: position)
        if isStripped || isKept || has(closing, at: position) {
          position += isStripped || isKept ? 3 : 2
          tokens.append(TemplateToken(kind: end, line: line))
          return skipAfter(isStripped: isStripped, trimsLineEnd: end == .blockEnd && !isKept)
        }
      }
      if character == "\"" || character == "'" {
        tokens.append(TemplateToken(kind: .string(try lexString(character)), line: line))
      } else if character.isNumber {
        tokens.append(TemplateToken(kind: try lexNumber(), line: line))
      } else if character == "_" || character.isLetter {
        var word = ""
        while position < source.count, source[position] == "_" || source[position].isLetter || source[position].isNumber
        {
          word.append(source[position])
          position += 1
        }
        tokens.append(TemplateToken(kind: .name(word), line: line))
      } else if let symbol = TemplateLexer.symbols.first(where: { has($0, at: position) }) {
        if "([{".contains(symbol) { depth += 1 }
        if ")]}".contains(symbol) { depth -= 1 }
        position += symbol.count
        tokens.append(TemplateToken(kind: .symbol(symbol), line: line))
      } else {
        throw failure("the character '\(character)' does not belong into an expression")
      }
    }
    throw failure("\(closing) is missing")
  }

  private mutating func lexNumber() throws -> TemplateToken.Kind {
    var digits = ""
    var isDouble = false
    while position < source.count {
      let character = source[position]
      let isPoint =
        character == "." && !isDouble && position + 1 < source.count && source[position + 1].isNumber
      guard character.isNumber || character == "_" || isPoint else { break }
      if isPoint { isDouble = true }
      if character != "_" { digits.append(character) }
      position += 1
    }
    if position < source.count, source[position] == "e" || source[position] == "E" {
      var end = position + 1
      if end < source.count, source[end] == "-" || source[end] == "+" { end += 1 }
      let first = end
      while end < source.count, source[end].isNumber { end += 1 }
      if end > first {
        digits += String(source[position..<end])
        isDouble = true
        position = end
      }
    }
    if !isDouble, let value = Int(digits) { return .integer(value) }
    if let value = Double(digits) { return .double(value) }
    throw failure("'\(digits)' is no number")
  }

  private mutating func lexString(_ quote: Character) throws -> String {
    var text = ""
    position += 1
    while position < source.count {
      let character = source[position]
      position += 1
      if character == quote { return text }
      if character == "\n" { line += 1 }
      guard character == "\\", position < source.count else {
        text.append(character)
        continue
      }
      let escaped = source[position]
      position += 1
      switch escaped {
      case "n": text.append("\n")
      case "t": text.append("\t")
      case "r": text.append("\r")
      case "\\", "'", "\"": text.append(escaped)
      case "u", "x":
        let count = escaped == "u" ? 4 : 2
        let digits = String(source[position..<min(position + count, source.count)])
        guard digits.count == count, let value = UInt32(digits, radix: 16), let scalar = Unicode.Scalar(value) else {
          throw failure("'\\\(escaped)\(digits)' is no character")
        }
        text.unicodeScalars.append(scalar)
        position += count
      default:
        text.append("\\")
        text.append(escaped)
      }
    }
    throw failure("a string does not end")
  }
}
