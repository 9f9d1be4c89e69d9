/// A pattern of parts of names such as `transformer.h.0.attn.c_attn.weight`, in which `*` stands for any characters, dots
/// too.
///
/// It fits a name where it matches some of its parts in a row: `wte`, `h.0`, `attn.*.weight` and `*.bias` fit names that
/// have these parts somewhere; `h.1` does not fit `h.10`.
public struct NamePattern: Sendable, Hashable, ExpressibleByStringLiteral {
  /// The pattern as it is written.
  public let text: String

  /// A pattern.
  public init(_ text: String) { self.text = text }
  /// A pattern.
  public init(stringLiteral text: String) { self.init(text) }

  /// Whether the pattern matches some parts of the name that follow one another.
  ///
  /// Complexity: O(p^2 n m) for a name of n bytes in p parts and a pattern of m bytes.
  public func fits(_ name: String) -> Bool {
    let (name, pattern) = (Array(name.utf8), Array(text.utf8))
    let dots = name.indices.filter { name[$0] == UInt8(ascii: ".") }
    let (starts, ends) = ([0] + dots.map { $0 + 1 }, dots + [name.count])
    return starts.indices.contains { first in
      ends[first...].contains { Self.matches(pattern, name[starts[first]..<$0]) }
    }
  }

  /// Whether a pattern matches the whole of a text: each star takes as little as it can, and more when the rest fails.
  private static func matches(_ pattern: [UInt8], _ text: ArraySlice<UInt8>) -> Bool {
    var (place, index) = (0, text.startIndex)
    var star: (place: Int, index: Int)?
    while index < text.endIndex {
      if place < pattern.count, pattern[place] == UInt8(ascii: "*") {
        star = (place, index)
        place += 1
      } else if place < pattern.count, pattern[place] == text[index] {
        place += 1
        index += 1
      } else if let last = star {
        star = (last.place, last.index + 1)
        (place, index) = (last.place + 1, last.index + 1)
      } else {
        return false
      }
    }
    return pattern[place...].allSatisfy { $0 == UInt8(ascii: "*") }
  }
}
