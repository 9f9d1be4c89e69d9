/// Check digits and fixed parts that tell real numbers from others.
enum CheckDigits {
  /// Whether the last digit fits the others by Luhn's formula.
  static func luhn(_ digits: ArraySlice<UInt8>) -> Bool {
    var sum = 0
    for (index, digit) in digits.reversed().enumerated() {
      let value = Int(digit) * (index % 2 == 0 ? 1 : 2)
      sum += value > 9 ? value - 9 : value
    }
    return sum % 10 == 0
  }

  /// Whether digits are a payment card's: a known beginning, its lengths, and Luhn's digit.
  static func isCard(_ digits: ArraySlice<UInt8>) -> Bool {
    guard (13...19).contains(digits.count) else { return false }
    let first = digits.prefix(4).reduce(0) { $0 * 10 + Int($1) }
    let lengths: ClosedRange<Int>
    switch first {
    case 4000...4999: lengths = digits.count == 13 ? 13...13 : digits.count == 19 ? 19...19 : 16...16
    case 5100...5599, 2221...2720: lengths = 16...16
    case 3400...3499, 3700...3799: lengths = 15...15
    case 6011, 6440...6499, 6500...6599: lengths = 16...19
    case 6200...6299, 8100...8199: lengths = 16...19
    case 3528...3589: lengths = 16...19
    case 3000...3059, 3095, 3600...3699, 3800...3999: lengths = digits.count == 14 ? 14...14 : 16...19
    case 5018, 5020, 5038, 5893, 6304, 6759, 6761...6763: lengths = 13...19
    case 2200...2204, 9792: lengths = 16...16
    default: return false
    }
    return lengths.contains(digits.count) && luhn(digits) && Set(digits).count > 1
  }

  private static let identityWeights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
  private static let identityChecks = Array("10X98765432".utf8)

  /// Whether 17 digits and a check character are a Chinese identity number: region, date of birth, check.
  ///
  /// Source: the standard GB 11643-1999.
  static func isChineseIdentity(_ digits: ArraySlice<UInt8>, check: UInt8) -> Bool {
    guard digits.count == 17, isRegion(digits) else { return false }
    let all = Array(digits)
    func number(_ range: Range<Int>) -> Int { all[range].reduce(0) { $0 * 10 + Int($1) } }
    guard (1850...2099).contains(number(6..<10)), isDate(month: number(10..<12), day: number(12..<14)) else {
      return false
    }
    let sum = zip(all, identityWeights).reduce(0) { $0 + Int($1.0) * $1.1 }
    return identityChecks[sum % 11] == check & ~(isDigit(check) ? 0 : 0x20)
  }

  /// Whether 15 digits are a Chinese identity number as they were until 2000.
  static func isOldChineseIdentity(_ digits: ArraySlice<UInt8>) -> Bool {
    guard digits.count == 15, isRegion(digits) else { return false }
    let all = Array(digits)
    func number(_ range: Range<Int>) -> Int { all[range].reduce(0) { $0 * 10 + Int($1) } }
    return isDate(month: number(8..<10), day: number(10..<12))
  }

  private static func isRegion(_ digits: ArraySlice<UInt8>) -> Bool {
    switch digits.prefix(2).reduce(0, { $0 * 10 + Int($1) }) {
    case 11...15, 21...23, 31...37, 41...46, 50...54, 61...65, 71, 81...83, 91: true
    default: false
    }
  }

  static func isDate(month: Int, day: Int) -> Bool { (1...12).contains(month) && (1...31).contains(day) }

  /// Lengths of account numbers by country.
  ///
  /// Source: the registry of ISO 13616.
  private static let accountLengths: [String: Int] = [
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BR": 29, "BY": 28,
    "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18,
    "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HR": 21, "HU": 28, "IE": 22,
    "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20,
    "LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MR": 27, "MT": 31, "MU": 30, "NL": 18,
    "NO": 15, "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "SA": 24, "SC": 31, "SE": 24,
    "SI": 19, "SK": 24, "SM": 27, "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24,
    "XK": 20,
  ]

  /// Whether letters and digits, without spaces and in capitals, are an international account number.
  static func isAccount(_ characters: [UInt8]) -> Bool {
    guard characters.count >= 15,
      accountLengths[String(decoding: characters.prefix(2), as: UTF8.self)] == characters.count
    else { return false }
    var remainder = 0
    for byte in characters.dropFirst(4) + characters.prefix(4) {
      remainder = isDigit(byte) ? remainder * 10 + Int(byte - 0x30) : remainder * 100 + Int(byte - 0x41) + 10
      remainder %= 97
    }
    return remainder == 1
  }

  /// The length of an account number by its country; nil for no country.
  static func accountLength(_ first: UInt8, _ second: UInt8) -> Int? {
    accountLengths[String(decoding: [first, second], as: UTF8.self)]
  }

  /// Whether nine digits can be a US social security number.
  ///
  /// Source: the Social Security Administration's rules since 2011.
  static func isSocialSecurity(_ digits: ArraySlice<UInt8>) -> Bool {
    guard digits.count == 9 else { return false }
    let all = digits.reduce(0) { $0 * 10 + Int($1) }
    let (area, group, serial) = (all / 1_000_000, all / 10_000 % 100, all % 10_000)
    return area != 0 && area != 666 && area < 900 && group != 0 && serial != 0
      // Numbers that were printed in advertisements.
      && all != 78_051_120 && all != 219_099_999
  }
}
