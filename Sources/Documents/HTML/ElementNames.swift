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

/// Finds the roles of names in one pass over their letters.
///
/// Names are seen as `|first-word|second-word|`: in lower case, with a bar around each name, a hyphen between words and
/// before a capital inside a name, and for all other characters.
struct ElementNames: Sendable {
  private let automaton: PatternAutomaton

  static let shared = ElementNames(patterns)

  init(_ patterns: [(ElementRoles, String)]) {
    automaton = PatternAutomaton(
      patterns.flatMap { role, list in
        list.split(whereSeparator: \.isWhitespace).map { ($0.utf8.map { $0 == 0x5F ? 0x2D : $0 }, role.rawValue) }
      },
      symbol: { byte in
        switch byte {
        case 0x41...0x5A: byte | 0x20
        case 0x61...0x7A, 0x30...0x39, 0x7C: byte
        default: 0x2D
        }
      })
  }

  /// The roles of a value of `class` or `id`.
  func roles(_ value: UnsafeBufferPointer<UInt8>) -> ElementRoles {
    automaton.withScanner { scanner in
      scanner.step(0x7C)
      var isLower = false
      // No name is that long; lists of hundreds of classes are for designers.
      for byte in value.prefix(512) {
        if byte <= 0x20 {
          scanner.step(0x7C)
          isLower = false
          continue
        }
        if isLower && byte &- 0x41 < 26 { scanner.step(0x2D) }
        scanner.step(byte)
        isLower = byte &- 0x61 < 26
      }
      scanner.step(0x7C)
      return ElementRoles(rawValue: scanner.found)
    }
  }
}
