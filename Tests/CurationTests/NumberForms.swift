/// Numbers and addresses in the forms in which people write them, right ones and wrong ones.
enum NumberForms {
  static func digits(_ random: inout SplitMix, _ count: Int) -> String {
    (0..<count).map { _ in String(random.below(10)) }.joined()
  }

  static func hex(_ random: inout SplitMix, _ count: Int) -> String {
    (0..<count).map { _ in String(random.below(16), radix: 16) }.joined()
  }

  /// Fills a pattern: `#` is any digit, `N` one from 2 to 9.
  private static func fill(_ pattern: String, _ random: inout SplitMix) -> String {
    pattern.map { character in
      switch character {
      case "#": String(random.below(10))
      case "N": String(2 + random.below(8))
      default: String(character)
      }
    }.joined()
  }

  // MARK: E-mail

  private static let given = [
    "jane", "Tom", "wei", "li.na", "zhang", "m", "Anna-Maria", "o'brien", "xiaoming", "k.lee",
  ]
  private static let family = ["doe", "Smith", "wang", "mueller", "garcia", "chen88", "1990", "jones"]
  private static let domains = [
    "gmail.com", "163.com", "qq.com", "mail.example.co.uk", "cs.tsinghua.edu.cn", "outlook.com", "foo-bar.org",
    "company.photography", "sub.a1.io", "example.com", "web.de", "xn--bcher-kva.example", "126.com", "HOTMAIL.COM",
  ]

  private static func local(_ random: inout SplitMix) -> String {
    let (a, b) = (random.choice(given), random.choice(family))
    switch random.below(8) {
    case 0: return "\(a).\(b)"
    case 1: return "\(a)\(b)"
    case 2: return "\(a)_\(b)"
    case 3: return "\(a)+\(b)"
    case 4: return "\(1 + random.below(9))\(digits(&random, 4 + random.below(6)))"
    case 5: return "\(b)-\(a)"
    case 6: return "info"
    default: return a
    }
  }

  static func email(_ random: inout SplitMix) -> String { "\(local(&random))@\(random.choice(domains))" }

  static func spelledEmail(_ random: inout SplitMix) -> String {
    let domain = random.choice(domains.filter { !$0.contains("--") })
    switch random.below(4) {
    case 0: return "\(local(&random)) [at] \(domain)"
    case 1: return "\(local(&random))(at)\(domain)"
    case 2: return "\(local(&random)) [at] \(domain.split(separator: ".").joined(separator: " [dot] "))"
    default: return "\(local(&random))[AT]\(domain.split(separator: ".").joined(separator: "(dot)"))"
    }
  }

  // MARK: Phones

  /// Numbers that are written so that one sees what they are.
  static func writtenPhone(_ random: inout SplitMix) -> String {
    let pattern = random.choice([
      "(N0#) NN5-####", "N0#-N3#-####", "N0#.N2#.####", "+1 N0# N3# ####", "+1-N0#-N4#-####",
      "+1 (N0#) N5#-####", "1-800-N6#-####", "1 (N0#) N7#-####", "+1N0#N2#####", "(N0#)N3#-####", "+1.N0#.N4#.####",
      "N0#-N2#-#### ext. ###", "(N0#) N5#-#### x##", "+44 20 7### ####", "020 7### ####", "07700 ######",
      "+44 (0)20 7### ####", "0044 20 7### ####", "+44 7700 ######", "01632 ### ###", "+447700######", "0161 ### ####",
      "+49 30 #######", "030/#######", "0171 #######", "(030) #### ####", "+49-89-######", "+49 (0) 171 #######",
      "+33 1 ## ## ## ##", "01 ## ## ## ##", "06.##.##.##.##", "+33(0)6 ## ## ## ##", "0033 6 ## ## ## ##",
      "+91 98### #####", "+91-98########", "+55 11 9####-####", "+81-3-####-####", "03-N###-####", "090-####-####",
      "0412 ### ###", "+61 412 ### ###", "(02) 9### ####", "+34 612 ### ###", "+41 44 ### ## ##", "044 N## ## ##",
      "+65 6### ####", "+852 2### ####", "02-2###-####", "0912-###-###", "+886 2 2### ####", "+7 495 ###-##-##",
      "+7 (916) ###-##-##", "+39 06 #### ####", "+31 20 ### ####", "+46 8 ### ### ##", "+82-10-####-####",
      "010-N###-####", "+353 1 ### ####", "+351 21# ### ###", "+380 44 ### ## ##", "+971 50 ### ####",
      "+20 2 #### ####",
      "+27 11 ### ####", "+52 55 #### ####", "+54 11 ####-####",
    ])
    return fill(pattern, &random)
  }

  static func chinesePhone(_ random: inout SplitMix) -> String {
    let mobile = random.choice([
      "130", "131", "133", "135", "136", "138", "139", "147", "150", "151", "155", "158", "159", "166", "170", "173",
      "176", "177", "180", "181", "185", "186", "187", "188", "189", "191", "195", "198", "199",
    ])
    let pattern = random.choice([
      "M########", "M########", "M########", "M #### ####", "M-####-####", "M-########", "+86 M########",
      "+86M########",
      "+86-M-####-####", "(+86)M########", "(+86) M #### ####", "0086M########", "86-M########", "0086-M-####-####",
      "86 M########", "010-6N######", "(010)6N######", "010-6N## ####", "021-6N##-####", "0755-2N######",
      "(0571) 8N######",
      "0755 2N## ####", "+86-10-6N## ####", "+86 21 6N######", "(+86)755-8N######", "400-820-####", "400-####-###",
      "0312-7N#####", "010-6N######-####", "028-8N######转####", "0755-2N######转##",
    ])
    return fill(pattern.split(separator: "M", omittingEmptySubsequences: false).joined(separator: mobile), &random)
  }

  /// Numbers of which only the words around them tell what they are.
  static func barePhone(_ random: inout SplitMix) -> String {
    let pattern = random.choice([
      "N0#N5#####", "020 7### ####", "07700######", "01632######", "N55-####", "6N######", "8N#####",
      "N0# N6# ####", "030########", "98### #####", "06########", "0106N######", "07552N######", "4008######",
    ])
    return fill(pattern, &random)
  }

  // MARK: Numbers with check digits

  private static func identityDigits(_ random: inout SplitMix) -> [Int] {
    let region = random.choice([
      "110105", "310115", "440305", "330106", "510107", "420106", "650102", "120101", "210203",
    ])
    let year = 1940 + random.below(80)
    let (month, day) = (1 + random.below(12), 1 + random.below(28))
    let text = "\(region)\(year)\(month < 10 ? "0" : "")\(month)\(day < 10 ? "0" : "")\(day)\(digits(&random, 3))"
    return text.compactMap(\.wholeNumberValue)
  }

  private static func identityCheck(_ digits: [Int]) -> Int {
    // The weights are the powers of 2 modulo 11, from the right.
    var sum = 0
    for digit in digits { sum = (sum + digit) * 2 % 11 }
    return (12 - sum) % 11
  }

  static func chineseIdentity(_ random: inout SplitMix) -> String {
    let body = identityDigits(&random)
    let check = identityCheck(body)
    let last = check == 10 ? random.choice(["X", "X", "x"]) : String(check)
    let text = body.map(String.init).joined() + last
    guard random.below(6) == 0 else { return text }
    let parts = Array(text)
    return "\(String(parts[0..<6])) \(String(parts[6..<14])) \(String(parts[14...]))"
  }

  static func wrongIdentity(_ random: inout SplitMix) -> String {
    let body = identityDigits(&random)
    return body.map(String.init).joined() + String((identityCheck(body) + 1 + random.below(8)) % 10)
  }

  private static func luhn(_ start: String, _ length: Int, _ random: inout SplitMix) -> String {
    let body = start + digits(&random, length - start.count - 1)
    var sum = 0
    for (index, digit) in body.reversed().compactMap(\.wholeNumberValue).enumerated() {
      sum += index % 2 == 0 ? (digit * 2 - (digit > 4 ? 9 : 0)) : digit
    }
    return body + String((10 - sum % 10) % 10)
  }

  static func card(_ random: inout SplitMix) -> String {
    let (start, length) = random.choice([
      ("4", 16), ("4", 16), ("52", 16), ("55", 16), ("2345", 16), ("34", 15), ("37", 15), ("62", 16), ("622202", 19),
      ("621226", 19), ("6011", 16), ("65", 16), ("3530", 16), ("36", 14), ("4", 13),
    ])
    let number = Array(luhn(start, length, &random))
    let separator = random.choice(["", "", " ", " ", "-"])
    if separator.isEmpty || length == 13 { return String(number) }
    let sizes = length == 15 ? [4, 6, 5] : length == 14 ? [4, 6, 4] : [4, 4, 4, 4, 3]
    var parts: [String] = []
    var rest = number[...]
    for size in sizes where !rest.isEmpty {
      parts.append(String(rest.prefix(size)))
      rest = rest.dropFirst(size)
    }
    return parts.joined(separator: separator)
  }

  static func wrongCard(_ random: inout SplitMix) -> String {
    let number = luhn("4", 16, &random)
    let last = number.last?.wholeNumberValue ?? 0
    return String(number.dropLast()) + String((last + 1 + random.below(8)) % 10)
  }

  static func socialSecurity(_ random: inout SplitMix) -> String {
    var area = 1 + random.below(898)
    if area == 666 { area = 667 }
    let text = { (value: Int, width: Int) in String(String(value + 100_000).suffix(width)) }
    return "\(text(area, 3))-\(text(1 + random.below(99), 2))-\(text(1 + random.below(9999), 4))"
  }

  static func account(_ random: inout SplitMix) -> String {
    let (country, pattern) = random.choice([
      ("DE", "##################"), ("GB", "NWBK##############"), ("FR", "####################A##"),
      ("NL", "ABNA##########"),
      ("ES", "####################"), ("CH", "#################"), ("AT", "################"), ("BE", "############"),
      ("IT", "X######################"), ("SE", "####################"), ("PL", "########################"),
      ("IE", "AIBK##############"), ("SA", "##O############JKLM#"), ("NO", "###########"),
    ])
    let body = fill(pattern.split(separator: "N", omittingEmptySubsequences: false).joined(separator: "B"), &random)
    var remainder = 0
    for character in body + country + "00" {
      let value = character.wholeNumberValue ?? Int(character.asciiValue ?? 65) - 55
      remainder = (remainder * (value > 9 ? 100 : 10) + value) % 97
    }
    let check = 98 - remainder
    let text = Array("\(country)\(check < 10 ? "0" : "")\(check)\(body)")
    if random.below(2) == 0 { return String(text) }
    return stride(from: 0, to: text.count, by: 4).map { String(text[$0..<min(text.count, $0 + 4)]) }.joined(
      separator: " ")
  }

  // MARK: Networks

  static func ipv4(_ random: inout SplitMix) -> String {
    let first = random.choice([5, 8, 23, 34, 52, 59, 81, 93, 104, 114, 118, 123, 139, 151, 180, 185, 202, 216, 222])
    return "\(first).\(random.below(256)).\(random.below(256)).\(1 + random.below(254))"
  }

  static func ipv6(_ random: inout SplitMix) -> String {
    let start = random.choice(["2001", "2400", "2606", "2a00", "2a02", "240e", "2408", "2c0f", "2A03"])
    func groups(_ count: Int, _ random: inout SplitMix) -> String {
      (0..<count).map { _ in hex(&random, 1 + random.below(4)) }.joined(separator: ":")
    }
    switch random.below(6) {
    case 0: return "\(start):\(groups(7, &random))"
    case 1: return "\(start):\(groups(2, &random))::\(groups(1 + random.below(3), &random))"
    case 2: return "\(start):\(hex(&random, 4))::1"
    case 3: return "\(start):\(groups(7, &random))".uppercased()
    case 4: return "\(start):\(hex(&random, 3)):\(groups(1, &random))::\(groups(4, &random))"
    default: return "::ffff:\(ipv4(&random))"
    }
  }

  static func mac(_ random: inout SplitMix) -> String {
    let bytes = (0..<6).map { _ in hex(&random, 2) }
    switch random.below(4) {
    case 0: return bytes.joined(separator: ":")
    case 1: return bytes.joined(separator: ":").uppercased()
    case 2: return bytes.joined(separator: "-").uppercased().replacingFirstDigit()
    default: return "a\(hex(&random, 3)).\(hex(&random, 4)).\(hex(&random, 4))"
    }
  }

  // MARK: What only looks like it

  static func date(_ random: inout SplitMix) -> String {
    let (year, month, day) = (1950 + random.below(90), 1 + random.below(12), 1 + random.below(28))
    let two = { (value: Int) in value < 10 ? "0\(value)" : "\(value)" }
    return random.choice([
      "\(year)-\(two(month))-\(two(day))", "\(two(day))/\(two(month))/\(year)", "\(year).\(month).\(day)",
      "\(two(day)).\(two(month)).\(year)", "\(year)\(two(month))\(two(day))", "\(year)年\(month)月\(day)日",
      "\(two(month))-\(two(day))-\(year)", "\(year)/\(month)/\(day)", "\(day) May \(year)",
      "\(year)-\(two(month))-\(two(day))T08:00:00Z",
    ])
  }

  static func time(_ random: inout SplitMix) -> String {
    let (hour, minute) = (10 + random.below(14), 10 + random.below(50))
    return random.choice(["\(hour):\(minute)", "\(hour):\(minute):\(10 + random.below(50))", "\(hour).\(minute)"])
  }

  static func version(_ random: inout SplitMix) -> String {
    let numbers = (0..<4).map { _ in String(random.below(30)) }
    return numbers.prefix(3 + random.below(2)).joined(separator: ".")
  }
}

extension String {
  /// A hardware address with hyphens has a letter, or it would look like a date.
  fileprivate func replacingFirstDigit() -> String { "A" + dropFirst() }
}
