import Foundation

/// The command line of a program that measures.
package struct BenchmarkOptions: Sendable {
  /// The words that belong to no option.
  package let operands: [String]
  private let usage: String
  private var values: [String: String] = [:]

  /// Reads the command line; for `--help`, and where it does not fit, says how the program is called and ends it.
  ///
  /// - Parameters:
  ///   - usage: how the program is called, options last. Its words with two hyphens are the options; those that a word in
  ///     capitals follows take a value.
  ///   - operands: how many words there must be that belong to no option.
  package init(_ usage: String, operands expected: ClosedRange<Int>) {
    self.usage = usage
    let words = usage.split { " \n[]|".contains($0) }
    let known = Set(words.filter { $0.hasPrefix("--") }.map { String($0) })
    let valued = Set(
      zip(words, words.dropFirst()).filter { $0.hasPrefix("--") && $1.allSatisfy(\.isUppercase) }.map { String($0.0) })
    var operands: [String] = []
    var rest = CommandLine.arguments.dropFirst()
    while let word = rest.popFirst() {
      if word == "--help" {
        print(usage)
        exit(0)
      } else if !word.hasPrefix("--") {
        operands.append(word)
      } else if let value = valued.contains(word) ? rest.popFirst() : "", known.contains(word) {
        values[word] = value
      } else {
        Self.refuse(usage)
      }
    }
    self.operands = operands
    if !expected.contains(operands.count) { refuse() }
  }

  /// Whether an option is given.
  package func has(_ name: String) -> Bool { values[name] != nil }

  /// The value of an option.
  package func value(_ name: String) -> String? { values[name] }

  /// The number that an option must have, nil if it is not given.
  package func number(_ name: String) -> Int? { values[name].map(number(of:)) }

  /// The number that an operand must be, nil if it is not given.
  package func number(_ index: Int) -> Int? { operands.indices.contains(index) ? number(of: operands[index]) : nil }

  private func number(of text: String) -> Int {
    guard let number = Int(text), number > 0 else { refuse() }
    return number
  }

  /// Says how the program is called and ends it.
  package func refuse() -> Never { Self.refuse(usage) }

  private static func refuse(_ usage: String) -> Never {
    FileHandle.standardError.write(Data((usage + "\n").utf8))
    exit(2)
  }
}
