/// A day, month or year as templates write it.
struct WikitextDate {
  var year: Int
  var month: Int?
  var day: Int?

  private static let months = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
  ]

  /// A date of three texts, as templates' arguments give it; nil without a year.
  init?(_ year: String, _ month: String, _ day: String) {
    guard let number = Int(year), abs(number) < 100_000 else { return nil }
    self.year = number
    if let month = Int(month) ?? Self.monthNumber(month), (1...12).contains(month) { self.month = month }
    if let day = Int(day), (1...31).contains(day), self.month != nil { self.day = day }
  }

  /// A date as people and machines write it: "2014-10-26T04:50:23Z", "26 October 2014", "October 26, 2014".
  init?(_ text: String) {
    let head = text.prefix(60)
    let iso = head.prefix { $0 != "T" && $0 != " " }.split(separator: "-", omittingEmptySubsequences: false)
    if iso.count >= 2, iso.count <= 3, iso[0].count == 4,
      let date = Self(String(iso[0]), String(iso[1]), iso.count == 3 ? String(iso[2]) : ""),
      date.month != nil
    {
      self = date
      return
    }
    let words = head.split { $0 == " " || $0 == "," || $0 == "\n" }.map(String.init)
    guard words.count <= 4, let place = words.firstIndex(where: { Self.monthNumber($0) != nil }) else { return nil }
    let numbers = words.enumerated().filter { $0.offset != place }.compactMap { Int($0.element) }
    guard let year = numbers.last, numbers.count <= 2 else { return nil }
    self.init(String(year), words[place], numbers.count == 2 ? String(numbers[0]) : "")
  }

  private static func monthNumber(_ name: String) -> Int? {
    guard name.utf8.count >= 3 else { return nil }
    let lowercased = name.lowercased()
    return months.firstIndex { $0.lowercased() == lowercased || $0.prefix(3).lowercased() == lowercased }.map { $0 + 1 }
  }

  /// The date in words.
  ///
  /// - Parameters:
  ///   - dayFirst: "26 October 2014" instead of "October 26, 2014".
  func text(_ language: String, dayFirst: Bool) -> String {
    if ["zh", "ja", "yue", "wuu"].contains(language) {
      return "\(year)年" + (month.map { "\($0)月" } ?? "") + (day.map { "\($0)日" } ?? "")
    }
    guard let month else { return String(year) }
    let name = Self.months[month - 1]
    guard let day else { return "\(name) \(year)" }
    return dayFirst ? "\(day) \(name) \(year)" : "\(name) \(day), \(year)"
  }

  /// The full years from this day to another.
  func years(to other: WikitextDate) -> Int {
    let isBefore = (other.month ?? 1, other.day ?? 1) < (month ?? 1, day ?? 1)
    return other.year - year - (isBefore ? 1 : 0)
  }

  /// The day of the page's revision, which stands for today.
  static func today(_ page: WikitextPage) -> WikitextDate? { WikitextDate(page.timestamp) }

  /// A date by the letters of PHP's `date`; nil if the date or a letter is not understood.
  static func format(_ format: String, _ text: String, _ page: WikitextPage) -> String? {
    let given = text.trimmingSpaces
    guard let date = given.isEmpty || given.lowercased() == "now" ? today(page) : WikitextDate(given) else {
      return nil
    }
    func two(_ number: Int?) -> String { (number ?? 1) < 10 ? "0\(number ?? 1)" : "\(number ?? 1)" }
    let isEnglish = page.language.isEmpty || page.language == "en" || page.language == "simple"
    var result = ""
    var isQuoted = false
    var isEscaped = false
    for letter in format.prefix(200) {
      if isEscaped || (isQuoted && letter != "\"") {
        result.append(letter)
        isEscaped = false
        continue
      }
      switch letter {
      case "\\": isEscaped = true
      case "\"": isQuoted.toggle()
      case "Y": result += String(date.year)
      case "y": result += two(date.year % 100)
      case "m": result += two(date.month)
      case "n": result += String(date.month ?? 1)
      case "d": result += two(date.day)
      case "j": result += String(date.day ?? 1)
      case "F", "M":
        guard isEnglish || page.language.hasPrefix("zh") || page.language == "ja" else { return nil }
        let name = isEnglish ? months[(date.month ?? 1) - 1] : "\(date.month ?? 1)月"
        result += letter == "M" && isEnglish ? String(name.prefix(3)) : name
      case "a"..."z", "A"..."Z": return nil
      default: result.append(letter)
      }
    }
    return result
  }
}

/// Numbers as languages write them.
enum WikitextNumbers {
  private static func signs(_ language: String) -> (group: String, decimal: String) {
    switch language {
    case "de", "es", "it", "nl", "pt", "id", "tr", "da", "el", "ro", "ca": (".", ",")
    case "fr", "ru", "pl", "cs", "sv", "nb", "no", "fi", "uk", "hu", "bg", "sk": (" ", ",")
    default: (",", ".")
    }
  }

  /// A number with signs between its thousands, or without them; what is no number stays as it is.
  static func grouped(_ text: String, _ language: String, removes: Bool = false) -> String {
    let (group, decimal) = signs(language)
    if removes {
      let plain = text.split(separator: Character(group), omittingEmptySubsequences: true).joined()
      return plain.split(separator: Character(decimal), maxSplits: 1, omittingEmptySubsequences: false).joined(
        separator: ".")
    }
    var digits = text[...]
    var sign = ""
    if let first = digits.first, "+-−".contains(first) {
      sign = first == "-" ? "−" : String(first)
      digits.removeFirst()
    }
    let parts = digits.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard let whole = parts.first, !whole.isEmpty, whole.utf8.count <= 100, whole.utf8.allSatisfy(WikitextBytes.isDigit)
    else {
      return text
    }
    var result = ""
    for (index, digit) in whole.enumerated() {
      if index > 0, (whole.utf8.count - index) % 3 == 0 { result += group }
      result.append(digit)
    }
    return sign + result + (parts.count > 1 ? decimal + parts[1] : "")
  }

  private static let superscripts: [Character: Character] = [
    "0": "⁰", "1": "¹", "2": "²", "3": "³", "4": "⁴", "5": "⁵", "6": "⁶", "7": "⁷", "8": "⁸", "9": "⁹", "+": "⁺",
    "-": "⁻",
    "−": "⁻", "–": "⁻", "(": "⁽", ")": "⁾", "n": "ⁿ", "i": "ⁱ",
  ]
  private static let subscripts: [Character: Character] = [
    "0": "₀", "1": "₁", "2": "₂", "3": "₃", "4": "₄", "5": "₅", "6": "₆", "7": "₇", "8": "₈", "9": "₉", "+": "₊",
    "-": "₋",
    "−": "₋", "–": "₋", "(": "₍", ")": "₎",
  ]

  /// A short text in small raised or lowered characters; nil if one of its characters has none.
  static func raised(_ text: String, lowered: Bool = false) -> String? {
    let table = lowered ? subscripts : superscripts
    guard !text.isEmpty, text.utf8.count <= 40 else { return nil }
    var result = ""
    for character in text {
      guard let other = table[character] else { return nil }
      result.append(other)
    }
    return result
  }
}
