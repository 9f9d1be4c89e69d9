/// What the class and the identifier of an element tell of its content.
struct ElementRoles: OptionSet, Sendable {
  let rawValue: UInt32

  /// The body of an article, by a name that means nothing else.
  static let articleBody = ElementRoles(rawValue: 1 << 0)
  /// An article or the main part of a page.
  static let article = ElementRoles(rawValue: 1 << 1)
  /// Something that holds content, among other things.
  static let content = ElementRoles(rawValue: 1 << 2)
  /// Comments of readers.
  static let comments = ElementRoles(rawValue: 1 << 3)
  /// Ways to other pages: menus, breadcrumbs, pages of a list.
  static let navigation = ElementRoles(rawValue: 1 << 4)
  /// Beside or below the content.
  static let aside = ElementRoles(rawValue: 1 << 5)
  /// Other articles.
  static let related = ElementRoles(rawValue: 1 << 6)
  /// Buttons of social networks, of printing and of sending.
  static let sharing = ElementRoles(rawValue: 1 << 7)
  /// Advertisements.
  static let advertisement = ElementRoles(rawValue: 1 << 8)
  /// Author, date, categories.
  static let byline = ElementRoles(rawValue: 1 << 9)
  /// Subscriptions, accounts, cookies, dialogs.
  static let service = ElementRoles(rawValue: 1 << 10)
  /// Not shown.
  static let hidden = ElementRoles(rawValue: 1 << 11)
  /// Text below pictures.
  static let caption = ElementRoles(rawValue: 1 << 12)
  /// The short text above an article.
  static let lead = ElementRoles(rawValue: 1 << 13)

  /// What no article has in it.
  static let boilerplate: ElementRoles = [
    .comments, .navigation, .aside, .related, .sharing, .advertisement, .byline, .service, .hidden, .caption,
  ]
}

/// Finds the roles of names in one pass over their letters (Aho and Corasick 1975).
///
/// Names are seen as `|first-word|second-word|`: in lower case, with a bar around each name, a hyphen between words and
/// before a capital inside a name, digits as they are.
struct ElementNames: Sendable {
  /// The next state by state and symbol.
  private var next: [UInt16]
  /// The roles of the patterns that end in a state.
  private var roles: [UInt32]
  private static let symbols = 40

  static let shared = ElementNames(patterns)

  init(_ patterns: [(ElementRoles, String)]) {
    next = Array(repeating: 0, count: Self.symbols)
    roles = [0]
    for (role, list) in patterns {
      for pattern in list.split(separator: " ") {
        var state = 0
        for byte in pattern.utf8 {
          let slot = state * Self.symbols + Self.symbol(byte)
          if next[slot] == 0 {
            next[slot] = UInt16(roles.count)
            roles.append(0)
            next += Array(repeating: 0, count: Self.symbols)
          }
          state = Int(next[slot])
        }
        roles[state] |= role.rawValue
      }
    }
    // What follows a state that has no such letter is what follows its longest proper ending.
    var fallback = [Int](repeating: 0, count: roles.count)
    var queue = (0..<Self.symbols).map { Int(next[$0]) }.filter { $0 != 0 }
    var first = 0
    while first < queue.count {
      let state = queue[first]
      first += 1
      roles[state] |= roles[fallback[state]]
      for symbol in 0..<Self.symbols {
        let other = next[fallback[state] * Self.symbols + symbol]
        let slot = state * Self.symbols + symbol
        if next[slot] == 0 {
          next[slot] = other
        } else {
          fallback[Int(next[slot])] = Int(other)
          queue.append(Int(next[slot]))
        }
      }
    }
  }

  /// The symbol of a character: letters, bar, hyphen, digits.
  @inline(__always)
  private static func symbol(_ byte: UInt8) -> Int {
    switch byte {
    case 0x61...0x7A: Int(byte - 0x61)
    case 0x41...0x5A: Int(byte - 0x41)
    case 0x7C: 26
    case 0x30...0x39: 28 + Int(byte - 0x30)
    default: 27
    }
  }

  /// The roles of a value of `class` or `id`.
  func roles(_ value: UnsafeBufferPointer<UInt8>) -> ElementRoles {
    next.withUnsafeBufferPointer { next in
      roles.withUnsafeBufferPointer { roles in
        var found: UInt32 = 0
        var state = Int(next[26])
        var isLower = false
        // No name is that long; lists of hundreds of classes are for designers.
        for byte in value.prefix(512) {
          if byte <= 0x20 {
            state = Int(next[state * Self.symbols + 26])
            found |= roles[state]
            isLower = false
            continue
          }
          if isLower && byte &- 0x41 < 26 {
            state = Int(next[state * Self.symbols + 27])
            found |= roles[state]
          }
          state = Int(next[state * Self.symbols + Self.symbol(byte)])
          found |= roles[state]
          isLower = byte &- 0x61 < 26
        }
        state = Int(next[state * Self.symbols + 26])
        found |= roles[state]
        return ElementRoles(rawValue: found)
      }
    }
  }
}
