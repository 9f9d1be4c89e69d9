/// Finds personal data in a text, from left to right.
///
/// Complexity: O(bytes): whatever is looked at from one place is bounded in length.
struct PersonalDataScanner {
  /// A piece of personal data.
  struct Finding: Equatable {
    var kind: PersonalDataKind
    var range: Range<Int>
  }

  private let bytes: UnsafeBufferPointer<UInt8>
  private let kinds: Set<PersonalDataKind>
  private let keepsReserved: Bool
  private var findings: [Finding] = []
  private var token = NumberToken()
  /// What lies before is done with.
  private var done = 0

  private static let stops: [Bool] = (0..<256).map { byte in
    switch UInt8(byte) {
    case 0x30...0x39, UInt8(ascii: "@"), UInt8(ascii: "+"), UInt8(ascii: "("), UInt8(ascii: ":"), UInt8(ascii: "-"),
      UInt8(ascii: "."), UInt8(ascii: "["), 0xEF:
      true
    default: false
    }
  }

  /// The findings of `kinds` in a text; with `keepsReserved` without addresses that belong to nobody.
  static func findings(
    in bytes: UnsafeBufferPointer<UInt8>, kinds: Set<PersonalDataKind>, keepsReserved: Bool
  ) -> [Finding] {
    var scanner = PersonalDataScanner(bytes: bytes, kinds: kinds, keepsReserved: keepsReserved)
    scanner.run()
    return scanner.findings
  }

  private init(bytes: UnsafeBufferPointer<UInt8>, kinds: Set<PersonalDataKind>, keepsReserved: Bool) {
    self.bytes = bytes
    self.kinds = kinds
    self.keepsReserved = keepsReserved
  }

  private mutating func run() {
    PersonalDataScanner.stops.withUnsafeBufferPointer { stops in
      var place = 0
      while place < bytes.count {
        guard stops[Int(bytes[place])] else {
          place += 1
          continue
        }
        place = max(place + 1, look(at: place))
      }
    }
  }

  /// Looks at one place; returns where to go on.
  private mutating func look(at place: Int) -> Int {
    switch bytes[place] {
    case UInt8(ascii: "@"), UInt8(ascii: "["), 0xEF:
      return email(at: place)
    case UInt8(ascii: ":"):
      if let range = NetworkAddress.hardware(bytes, at: place) { return add(.mac, range) }
      if let range = NetworkAddress.version6(bytes, at: place, from: done) {
        if keepsReserved, NetworkAddress.isReserved6(bytes, range) {
          done = range.upperBound
          return done
        }
        return add(.ipv6, range)
      }
      return place + 1
    case UInt8(ascii: "-"), UInt8(ascii: "."):
      return NetworkAddress.hardware(bytes, at: place).map { add(.mac, $0) } ?? place + 1
    default:
      if bytes[place] == UInt8(ascii: "("), let end = emailWithWords(at: place) { return end }
      return number(at: place)
    }
  }

  private mutating func add(_ kind: PersonalDataKind, _ range: Range<Int>) -> Int {
    guard range.lowerBound >= done else { return range.upperBound }
    if kinds.contains(kind) { findings.append(Finding(kind: kind, range: range)) }
    done = range.upperBound
    return range.upperBound
  }

  // MARK: Numbers

  private mutating func number(at place: Int) -> Int {
    if isDigit(bytes[place]) {
      if place > done, let end = accountNumber(at: place) { return end }
      // Inside a word, a longer number or an address of version 6 nothing begins.
      if place > 0, isWordByte(bytes[place - 1]) { return skipWord(place) }
      if isHexGroup(at: place) { return place + 1 }
    }
    let end = token.read(bytes, at: place)
    // Phones have seven digits or more; of shorter numbers only addresses matter.
    guard let first = token.groups.first, token.digits.count >= 7 || (token.digits.count >= 4 && isIPv4Like) else {
      return end
    }
    if first.range.lowerBound > place, place > 0, isWordByte(bytes[place - 1]) { return end }
    // Names of mail boxes may be numbers.
    if EmailAddress.isMark(bytes, at: end) { return end }
    var start = 0
    var isFound = false
    // A word speaks for the first number behind it.
    let cue = Cue.nearest(before: place, behind: done, in: bytes)?.cue
    while start < token.groups.count {
      let rules = NumberRules(bytes: bytes, token: token, cue: cue)
      guard !isContinued(start, place), let found = rules.find(at: start) else {
        start += 1
        continue
      }
      isFound = true
      start = found.groups
      if found.kind == .ipv4, keepsReserved, NetworkAddress.isReserved4(token.digits, token, before: found.groups) {
        continue
      }
      let last = add(found.kind, found.range)
      if last > end { return last }
    }
    return isFound ? max(end, done) : end
  }

  /// Whether a number cannot begin with a group because of what stands before it: a decimal point, a price.
  private func isContinued(_ group: Int, _ place: Int) -> Bool {
    guard group == 0, place > 0 else { return false }
    switch bytes[place - 1] {
    case UInt8(ascii: "/") where place - 1 == done: return false
    case UInt8(ascii: "$"), UInt8(ascii: "#"), UInt8(ascii: "="), UInt8(ascii: "/"), UInt8(ascii: "\\"),
      UInt8(ascii: "%"), UInt8(ascii: "&"):
      return !isIPv4Like
    case UInt8(ascii: ":"): return place > 1 && isDigit(bytes[place - 2])
    case UInt8(ascii: "."), UInt8(ascii: "-"):
      return place > 1 && (isDigit(bytes[place - 2]) || isASCIILetter(bytes[place - 2]))
    default: return false
    }
  }

  /// Whether four groups with dots between them follow each other.
  private var isIPv4Like: Bool {
    token.groups.indices.dropFirst(3).contains { last in
      token.groups[last].gap == .dot && token.groups[last - 1].gap == .dot && token.groups[last - 2].gap == .dot
    }
  }

  private func isWordByte(_ byte: UInt8) -> Bool { isDigit(byte) || isASCIILetter(byte) || byte == 0x5F }

  private func skipWord(_ place: Int) -> Int {
    var place = place
    while place < bytes.count, isWordByte(bytes[place]) { place += 1 }
    return place
  }

  /// Whether digits may be the first group of an address with colons: those are found at their colons.
  private func isHexGroup(at place: Int) -> Bool {
    var end = place
    while end < bytes.count, end - place < 5, isHexDigit(bytes[end]) { end += 1 }
    return end < bytes.count && bytes[end] == UInt8(ascii: ":") && end + 1 < bytes.count
      && (bytes[end + 1] == UInt8(ascii: ":") || isHexDigit(bytes[end + 1])) && !isTime(place, end)
  }

  private func isTime(_ place: Int, _ colon: Int) -> Bool {
    colon - place <= 2 && colon + 3 <= bytes.count && isDigit(bytes[colon + 1])
      && (colon + 3 == bytes.count || (bytes[colon + 3] != UInt8(ascii: ":") && !isHexDigit(bytes[colon + 3])))
  }

  /// An international account number whose two letters stand before `place`.
  private mutating func accountNumber(at place: Int) -> Int? {
    let start = place - 2
    guard start >= done, start >= 0, bytes[start] &- 0x41 < 26, bytes[start + 1] &- 0x41 < 26,
      start == 0 || !isWordByte(bytes[start - 1]),
      let length = CheckDigits.accountLength(bytes[start], bytes[start + 1])
    else { return nil }
    var characters: [UInt8] = []
    var end = start
    while end < bytes.count, characters.count < length {
      let byte = bytes[end]
      if isDigit(byte) || byte &- 0x41 < 26 {
        characters.append(byte)
      } else if byte != 0x20 && byte != 0x2D || characters.count < 4 || bytes[end - 1] == byte {
        return nil
      }
      end += 1
    }
    guard characters.count == length, CheckDigits.isAccount(characters),
      end == bytes.count || !isWordByte(bytes[end])
    else { return nil }
    return add(.iban, start..<end)
  }

  // MARK: E-mail

  private mutating func email(at place: Int) -> Int {
    let mark: Range<Int>
    switch bytes[place] {
    case UInt8(ascii: "@"): mark = place..<place + 1
    case 0xEF:
      guard bytes.has("＠", at: place, before: bytes.count) else { return place + 3 }
      mark = place..<place + 3
    default: return emailWithWords(at: place) ?? place + 1
    }
    guard let range = EmailAddress.around(mark, in: bytes, from: done) else { return mark.upperBound }
    return add(.email, range)
  }

  private mutating func emailWithWords(at place: Int) -> Int? {
    guard let range = EmailAddress.spelled(at: place, in: bytes, from: done) else { return nil }
    return add(.email, range)
  }
}
