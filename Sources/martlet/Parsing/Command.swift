import Core

/// A command of the program: what it is called, what it takes, and what it does.
struct Command: Sendable {
  /// An argument that stands alone, by its place.
  struct Positional: Sendable {
    /// Its name in the help, without brackets.
    let name: String
    let help: String
    var isRequired = true
  }

  let name: String
  /// What the command does, in a few words that go on after "martlet train:".
  let summary: String
  var positionals: [Positional] = []
  var options: [any OptionDescription] = []
  /// What else to know, in lines as they are printed.
  var notes: [String] = []
  /// Command lines that work as they stand.
  let examples: [String]
  /// Does it; the result is the exit status.
  let run: @Sendable (Arguments) throws -> Int32
}

/// What a person typed after the name of a command, checked against its description.
struct Arguments: Sendable {
  /// The arguments that stand alone, in order.
  private(set) var positionals: [String] = []
  private var values: [String: any Sendable] = [:]

  /// The value of an option, or its default.
  subscript<Value>(option: Option<Value>) -> Value { values[option.name] as? Value ?? option.defaultValue }

  /// The argument at a place, or nil if fewer were given.
  func positional(_ index: Int) -> String? { positionals.indices.contains(index) ? positionals[index] : nil }

  /// Reads the words after the name of `command`.
  ///
  /// Throws: `MartletError(.invalidArgument)` for an unknown option, with the nearest known one, a missing or wrong
  /// value, or too few or too many arguments.
  init(_ words: [String], of command: Command) throws {
    let place = "martlet \(command.name)"
    let manual = "`\(place) --help` explains the command."
    func failure(_ message: String, _ remedy: String = "") -> MartletError {
      MartletError(.invalidArgument, message, at: place, remedy: remedy.isEmpty ? manual : "\(remedy) \(manual)")
    }
    var rest = words[...]
    var optionsEnded = false
    while let word = rest.popFirst() {
      guard !optionsEnded, word.count > 1, word.hasPrefix("-") else {
        positionals.append(word)
        continue
      }
      if word == "--" {
        optionsEnded = true
        continue
      }
      let (name, attached) = Self.split(word)
      guard let option = command.options.first(where: { "--\($0.name)" == name }) else {
        let typed = String(name.drop { $0 == "-" })
        let near = nearestName(to: typed, among: command.options.map(\.name) + ["help"])
        throw failure("unknown option \(name)", near.map { "Did you mean --\($0)?" } ?? "")
      }
      if values[option.name] != nil, !option.isRepeatable { throw failure("\(name) is given twice", "Give it once.") }
      var value = ""
      if let placeholder = option.placeholder {
        guard let text = attached ?? rest.popFirst(), attached != nil || !command.knows(text) else {
          throw failure("\(name) needs a value: \(name) \(placeholder)")
        }
        value = text
      } else if attached != nil {
        throw failure("\(name) takes no value", "Write \(name) alone.")
      }
      do {
        values[option.name] = try option.read(value, after: values[option.name])
      } catch var error as MartletError {
        error.place = error.place ?? place
        throw error
      }
    }
    let required = command.positionals.prefix { $0.isRequired }
    if positionals.count < required.count {
      throw failure("<\(required[positionals.count].name)> is missing")
    }
    if positionals.count > command.positionals.count {
      throw failure("unexpected argument '\(positionals[command.positionals.count])'")
    }
  }

  private static func split(_ word: String) -> (name: String, value: String?) {
    guard let equals = word.firstIndex(of: "=") else { return (word, nil) }
    return (String(word[..<equals]), String(word[word.index(after: equals)...]))
  }
}

extension Command {
  /// Whether a word is the name of one of the options, so that it can't be meant as a value.
  fileprivate func knows(_ word: String) -> Bool { options.contains { "--\($0.name)" == word } }
}
