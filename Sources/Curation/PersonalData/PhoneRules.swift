/// Tells phone numbers by the ways that countries write them.
struct PhoneRules {
  let token: NumberToken
  let range: Range<Int>
  let gaps: NumberGap
  let digits: [UInt8]
  /// Whether a word for phones stands before the number.
  let hasCue: Bool

  private var first: NumberToken.Group { token.groups[range.lowerBound] }

  func match() -> Bool {
    if looksLikeDates { return false }
    return isInternational || isChinese(digits[...], groupsFrom: range.lowerBound) || isNorthAmerican || isNational
      || isBare
  }

  /// `2023-04-15 10`, `12.05.2024`: years, months and days in groups.
  private var looksLikeDates: Bool {
    guard range.count >= 3, !first.hasPlus, gaps == .hyphen || gaps == .dot || gaps == [.hyphen, .space] else {
      return false
    }
    let values = range.map { token.value($0) }
    let counts = range.map { token.groups[$0].count }
    if counts[0] == 4, counts[1] <= 2, counts[2] <= 2, (1000...2199).contains(values[0]),
      CheckDigits.isDate(month: values[1], day: values[2])
    {
      return true
    }
    return counts[2] == 4 && counts[0] <= 2 && counts[1] <= 2 && (1000...2199).contains(values[2])
  }

  /// The codes of countries, by their length.
  private static func codeLength(_ digits: ArraySlice<UInt8>) -> Int? {
    let three = digits.prefix(3).reduce(0) { $0 * 10 + Int($1) }
    guard digits.count >= 3 else { return nil }
    switch three {
    case 100...199, 700...799: return 1
    case 200...209, 270...279, 300...349, 360...369, 390...419, 430...499, 510...589, 600...669, 810...829, 840...849,
      860...869, 900...959, 980...989:
      return 2
    case 210...269, 290...299, 350...359, 370...389, 420...429, 500...509, 590...599, 670...699, 800...809, 850...859,
      870...889, 960...979, 990...999:
      return 3
    default: return nil
    }
  }

  /// `+44 20 7946 0958`, `0086-138-0013-8000`.
  private var isInternational: Bool {
    var rest = digits[...]
    if !first.hasPlus {
      guard digits.starts(with: [0, 0]), digits.count >= 11 else { return false }
      rest = rest.dropFirst(2)
      // China's mobile numbers are known by themselves.
      let isMobile = rest.starts(with: [8, 6]) && PhoneRules.isChineseMobile(rest.dropFirst(2))
      guard isMobile || range.count > 1 || hasCue else { return false }
    }
    guard rest.first != 0, let code = PhoneRules.codeLength(rest), (8...15).contains(rest.count) else { return false }
    if gaps.contains(.dot), gaps != .dot { return false }
    let national = rest.dropFirst(code)
    if rest.starts(with: [8, 6]), national.count == 11, national.first == 1 {
      return PhoneRules.isChineseMobile(national)
    }
    return range.count > 1 || rest.count >= 10 || hasCue
  }

  /// Mobile numbers and landlines of China, `from` being the group in which they begin.
  private func isChinese(_ digits: ArraySlice<UInt8>, groupsFrom group: Int) -> Bool {
    guard gaps.isSubset(of: [.space, .hyphen, .parenthesis]) else { return false }
    if digits.starts(with: [8, 6]), digits.count == 13, PhoneRules.isChineseMobile(digits.dropFirst(2)) { return true }
    // A landline behind the code of the country without its plus.
    if digits.starts(with: [8, 6]), (11...13).contains(digits.count), first.count == 2, range.count >= 3, hasCue {
      return true
    }
    let groups = group..<range.upperBound
    if digits.count == 11, PhoneRules.isChineseMobile(digits) {
      return groups.count == 1 || token.shape(groups, is: 3, 4, 4) || token.shape(groups, is: 3, 8)
        || token.shape(groups, is: 4, 3, 4) || token.shape(groups, is: 3, 3, 5) || token.shape(groups, is: 4, 4, 3)
        || token.shape(groups, is: 3, 3, 3, 2)
    }
    if digits.starts(with: [4, 0, 0]) || digits.starts(with: [8, 0, 0]), digits.count == 10, groups.count >= 2 {
      return token.groups[group].count <= 4
    }
    return isChineseLandline(digits, groups)
  }

  private func isChineseLandline(_ digits: ArraySlice<UInt8>, _ groups: Range<Int>) -> Bool {
    guard digits.first == 0, digits.count >= 10, groups.count >= 2 else { return false }
    let area = token.groups[groups.lowerBound].count
    let second = digits.dropFirst().first ?? 0
    let isArea = area == 3 ? second == 1 || second == 2 : area == 4 && second >= 3
    guard isArea else { return false }
    let local = digits.count - area
    let start = digits.dropFirst(area).first ?? 0
    guard (2...8).contains(start) else { return false }
    // With a number inside the house behind it.
    if groups.count >= 3, let last = groups.last, token.groups[last].gap == .hyphen,
      (7...8).contains(local - token.groups[last].count), token.groups[last].count <= 4
    {
      return true
    }
    return (7...8).contains(local)
  }

  /// Mobile numbers by the beginnings that were given to companies.
  private static func isChineseMobile(_ digits: ArraySlice<UInt8>) -> Bool {
    guard digits.count == 11 else { return false }
    let start = digits.prefix(3).reduce(0) { $0 * 10 + Int($1) }
    switch start {
    case 130...139, 140, 141, 144...149, 150...153, 155...159, 162, 165...167, 170...178, 180...189, 190...193,
      195...199:
      return Set(digits.dropFirst(3)).count > 1
    default: return false
    }
  }

  /// `(415) 555-2671`, `1-415-555-2671`, `415.555.2671`.
  private var isNorthAmerican: Bool {
    var groups = range
    var national = digits[...]
    if national.count == 11, national.first == 1 {
      if first.count == 1 { groups = groups.dropFirst() }
      national = national.dropFirst()
      if first.count != 1, groups.count > 1 { return false }
    }
    guard national.count == 10 else { return false }
    let all = Array(national)
    guard all[0] >= 2, all[3] >= 2, !(all[1] == 1 && all[2] == 1), !(all[4] == 1 && all[5] == 1) else { return false }
    if groups.count == 1 { return hasCue }
    return token.shape(groups, is: 3, 3, 4)
      || (token.shape(groups, is: 3, 7) && (hasCue || gaps.contains(.parenthesis)))
  }

  /// Numbers of other countries with the zero that leads within them: `020 7946 0958`, `06 12 34 56 78`.
  private var isNational: Bool {
    guard digits.first == 0, digits.count >= 9, digits.count <= 12, digits[1] != 0, !gaps.contains(.dot) || gaps == .dot
    else { return false }
    if range.count == 1 { return hasCue }
    let counts = range.map { token.groups[$0].count }
    // Numbers of books and articles begin with a group of one digit, or end in one.
    guard counts[0] >= 2, counts.dropFirst().allSatisfy({ $0 >= 2 && $0 <= 8 }), range.count <= 6 else { return false }
    if gaps == .hyphen || gaps == .dot {
      return hasCue || range.count <= 3 || counts.dropFirst().allSatisfy { $0 == 2 }
    }
    return true
  }

  /// Digits that only the word before them tells to be a phone's.
  private var isBare: Bool {
    guard hasCue else { return false }
    if range.count == 1 { return (7...8).contains(digits.count) || ((9...13).contains(digits.count) && digits[0] != 0) }
    guard gaps.isSubset(of: [.space, .hyphen, .parenthesis, .dot]), range.count <= 5 else { return false }
    // From one year to another.
    if token.shape(range, is: 4, 4), range.allSatisfy({ (1000...2199).contains(token.value($0)) }) { return false }
    return digits.count <= 13 && range.allSatisfy { token.groups[$0].count >= 2 && token.groups[$0].count <= 5 }
  }
}
