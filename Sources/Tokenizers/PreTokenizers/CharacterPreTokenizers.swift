import Core

/// BERT's splitting: at white space, and around every punctuation mark.
struct BertPreTokenizer: PreTokenizer {
  var json: JSONObject { ["type": .string("BertPreTokenizer")] }

  func split(_ text: TextSlice, _ body: (TextSlice) -> Void) {
    guard let base = text.bytes.baseAddress else { return }
    var start = 0
    var position = 0
    while position < text.count {
      let scalar = decodeScalar(base, at: position, end: text.count)
      let end = position + scalar.length
      let isSpace = UnicodeProperties.shared.isSpace(scalar.value)
      if isSpace || ScalarSet.punctuation.contains(scalar.value) {
        if start < position { body(text[start..<position]) }
        if !isSpace { body(text[position..<end]) }
        start = end
      }
      position = end
    }
    if start < text.count { body(text[start..<text.count]) }
  }
}

/// Splits at white space, which is left out.
struct WhitespaceSplitPreTokenizer: PreTokenizer {
  var json: JSONObject { ["type": .string("WhitespaceSplit")] }

  func split(_ text: TextSlice, _ body: (TextSlice) -> Void) {
    SplitBehavior.removed.split(text, at: ScalarFinder { UnicodeProperties.shared.isSpace($0) }, body)
  }
}

/// Takes runs of word characters and runs of what is neither word nor space: `\w+|[^\w\s]+`.
struct WhitespacePreTokenizer: PreTokenizer {
  var json: JSONObject { ["type": .string("Whitespace")] }

  func split(_ text: TextSlice, _ body: (TextSlice) -> Void) {
    guard let base = text.bytes.baseAddress else { return }
    let properties = UnicodeProperties.shared
    /// 0 for space, 1 for a word character, 2 for the rest.
    func kind(_ scalar: UInt32) -> Int {
      properties.isSpace(scalar) ? 0 : properties.isWordCharacter(scalar) ? 1 : 2
    }
    var start = 0
    var previous = 0
    var position = 0
    while position < text.count {
      let scalar = decodeScalar(base, at: position, end: text.count)
      let current = kind(scalar.value)
      if current != previous {
        if previous != 0 { body(text[start..<position]) }
        start = position
        previous = current
      }
      position += scalar.length
    }
    if previous != 0 { body(text[start..<text.count]) }
  }
}

/// Splits at punctuation.
struct PunctuationPreTokenizer: PreTokenizer {
  var behavior = SplitBehavior.isolated

  var json: JSONObject { ["type": .string("Punctuation"), "behavior": .string(behavior.rawValue)] }

  func split(_ text: TextSlice, _ body: (TextSlice) -> Void) {
    behavior.split(text, at: ScalarFinder { ScalarSet.punctuation.contains($0) }, body)
  }
}

/// Makes numbers, or each of their digits, pieces of their own.
struct DigitsPreTokenizer: PreTokenizer {
  var isolatesDigits = false

  var json: JSONObject { ["type": .string("Digits"), "individual_digits": .bool(isolatesDigits)] }

  func split(_ text: TextSlice, _ body: (TextSlice) -> Void) {
    let behavior = isolatesDigits ? SplitBehavior.isolated : .contiguous
    behavior.split(text, at: ScalarFinder { ScalarSet.numeric.contains($0) }, body)
  }
}

/// Splits at one character, which is left out.
struct CharDelimiterPreTokenizer: PreTokenizer {
  let delimiter: UInt32

  var json: JSONObject {
    var text: [UInt8] = []
    text.append(scalar: delimiter)
    return ["type": .string("CharDelimiterSplit"), "delimiter": .string(String(decoding: text, as: UTF8.self))]
  }

  func split(_ text: TextSlice, _ body: (TextSlice) -> Void) {
    SplitBehavior.removed.split(text, at: ScalarFinder { $0 == delimiter }, body)
  }
}

/// Takes pieces of so many characters.
struct FixedLengthPreTokenizer: PreTokenizer {
  let length: Int

  var json: JSONObject { ["type": .string("FixedLength"), "length": .integer(length)] }

  func split(_ text: TextSlice, _ body: (TextSlice) -> Void) {
    guard let base = text.bytes.baseAddress else { return }
    var start = 0
    var position = 0
    var characters = 0
    while position < text.count {
      position += decodeScalar(base, at: position, end: text.count).length
      characters += 1
      guard characters == length else { continue }
      body(text[start..<position])
      start = position
      characters = 0
    }
    if start < text.count { body(text[start..<text.count]) }
  }
}

/// Splits where the script changes; what goes with every script stays with what is before it.
///
/// What stands before the first character with a script is left out, as the `tokenizers` library has it.
struct UnicodeScriptsPreTokenizer: PreTokenizer {
  var json: JSONObject { ["type": .string("UnicodeScripts")] }

  func split(_ text: TextSlice, _ body: (TextSlice) -> Void) {
    guard let base = text.bytes.baseAddress else { return }
    var start: Int?
    var last: UInt8?
    var position = 0
    while position < text.count {
      let scalar = decodeScalar(base, at: position, end: text.count)
      let script = ScriptTable.shared.script(scalar.value)
      if script != ScriptTable.any {
        if script != last {
          if let start { body(text[start..<position]) }
          start = position
        }
        last = script
      }
      position += scalar.length
    }
    if let start { body(text[start..<text.count]) }
  }
}
