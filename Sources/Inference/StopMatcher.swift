/// Finds the first of some strings in a text that arrives in pieces, and holds back what could be the beginning of one.
package struct StopMatcher: Sendable {
  private let stops: [[UInt8]]
  private var held: [UInt8] = []
  /// The string that was found.
  package private(set) var found: String?

  package init(_ strings: [String]) { stops = strings.filter { !$0.isEmpty }.map { Array($0.utf8) } }

  /// The text that is safe to show after `text` has come: none of it belongs to a stop string or to the beginning of one.
  package mutating func append(_ text: String) -> String {
    if found != nil { return "" }
    if stops.isEmpty { return text }
    held += text.utf8
    var first: (start: Int, stop: [UInt8])?
    for stop in stops {
      if let start = Self.position(of: stop, in: held), start < first?.start ?? Int.max { first = (start, stop) }
    }
    if let first {
      found = String(decoding: first.stop, as: UTF8.self)
      defer { held = [] }
      return String(decoding: held[..<first.start], as: UTF8.self)
    }
    let pending = (1..<max(1, (stops.map(\.count).max() ?? 0)))
      .last { count in count <= held.count && stops.contains { $0.count > count && $0.starts(with: held.suffix(count)) }
      }
    let safe = held.count - (pending ?? 0)
    defer { held.removeFirst(safe) }
    return String(decoding: held[..<safe], as: UTF8.self)
  }

  /// What was held back, when the text has ended.
  package mutating func finish() -> String {
    defer { held = [] }
    return String(decoding: held, as: UTF8.self)
  }

  private static func position(of needle: [UInt8], in bytes: [UInt8]) -> Int? {
    guard bytes.count >= needle.count else { return nil }
    return (0...bytes.count - needle.count).first { bytes[$0..<$0 + needle.count].elementsEqual(needle) }
  }
}
