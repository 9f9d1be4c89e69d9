extension Command {
  /// What `martlet <name> --help` prints.
  var helpText: String {
    var usage = "Usage: martlet \(name)"
    for positional in positionals {
      usage += positional.isRequired ? " <\(positional.name)>" : " [<\(positional.name)>]"
    }
    if !options.isEmpty { usage += " [options]" }
    var text = "martlet \(name): \(summary)\n\n\(usage)\n"
    if !positionals.isEmpty {
      text += "\nArguments:\n" + table(positionals.map { ("<\($0.name)>", $0.help) })
    }
    let described = options.map { option in
      ("--\(option.name)" + (option.placeholder.map { " \($0)" } ?? ""), option.help)
    }
    text += "\nOptions:\n" + table(described + [("--help", "print this and stop")])
    if !notes.isEmpty { text += "\n" + notes.map { $0 + "\n" }.joined() }
    text += "\n\(examples.count == 1 ? "Example" : "Examples"):\n" + examples.map { "  \($0)\n" }.joined()
    return text
  }
}

/// What `martlet --help` prints.
func programHelp(_ commands: [Command]) -> String {
  """
  martlet: train your own language model

  Usage: martlet <command> [arguments] [options]

  Commands:
  \(table(commands.map { ($0.name, $0.summary) }))
  Options:
  \(table([("--help", "print this, or with a command its own help"), ("--version", "print the version")]))
  Example:
    martlet new text-generation my-model && martlet train my-model/recipe.yaml

  """
}

/// Two columns, the second wrapped at 100.
private func table(_ rows: [(String, String)]) -> String {
  let width = min(28, (rows.map(\.0.count).max() ?? 0) + 2)
  var text = ""
  for (name, help) in rows {
    var line = "  " + name
    // A long name has the line for itself.
    if name.count + 2 > width {
      text += line + "\n"
      line = ""
    }
    line = line.padded(to: width + 2)
    for word in help.split(separator: " ") {
      if line.count + word.count > 100, line.count > width + 2 {
        text += line.trimmingTrailingSpaces + "\n"
        line = "".padded(to: width + 2)
      }
      line += word + " "
    }
    text += line.trimmingTrailingSpaces + "\n"
  }
  return text
}

extension String {
  fileprivate func padded(to width: Int) -> String {
    count < width ? self + String(repeating: " ", count: width - count) : self
  }

  fileprivate var trimmingTrailingSpaces: String {
    var copy = self
    while copy.last == " " { copy.removeLast() }
    return copy
  }
}
