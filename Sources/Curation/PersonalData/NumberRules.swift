/// Tells what a number is, from its digits, its groups and the words before it.
struct NumberRules {
  let bytes: UnsafeBufferPointer<UInt8>
  let token: NumberToken
  /// The word before the token.
  let cue: Cue?

  /// A number that is personal data.
  struct Found {
    var kind: PersonalDataKind
    var range: Range<Int>
    /// How many groups of the token it takes.
    var groups: Int
  }

  /// The personal data that begins with group `start` of the token.
  func find(at start: Int) -> Found? {
    let token = self.token
    let limit = min(token.groups.count, start + 8)
    for end in (start + 1...limit).reversed() {
      let range = start..<end
      let last = token.groups[end - 1]
      let digits = last.first + last.count - token.groups[start].first
      guard (7...19).contains(digits) || (range.count == 4 && last.gap == .dot) else { continue }
      guard let found = judge(range), isFree(range, found) else { continue }
      return found
    }
    return nil
  }

  /// Whether a number may begin and end where it does: not inside a longer number of the same writing.
  private func isFree(_ range: Range<Int>, _ found: Found) -> Bool {
    if range.lowerBound > 0, !isBorder(before: range.lowerBound, range) { return false }
    if range.upperBound < token.groups.count, !isBorder(before: range.upperBound, range) { return false }
    return true
  }

  private func isBorder(before group: Int, _ range: Range<Int>) -> Bool {
    let gap = token.groups[group].gap
    if token.groups[group].hasPlus { return true }
    // Parts of a path are no numbers with a slash in them.
    if gap.contains(.slash) { return !token.gaps(range).contains(.slash) }
    guard gap == .space || gap == [.space, .parenthesis] || gap == [.space, .hyphen] else { return false }
    // A space parts numbers only if the number itself is not written with spaces, or begins as only a number can.
    let inner = token.gaps(range)
    if !inner.contains(.space) || inner.contains(.parenthesis) { return true }
    let first = token.groups[range.lowerBound]
    if gap.contains(.parenthesis), first.gap.contains(.parenthesis) { return true }
    return first.hasPlus || (range.lowerBound == 0 && cue == .phone)
  }

  private func judge(_ range: Range<Int>) -> Found? {
    let digits = token.digits(range)
    guard digits.count >= 4, let last = range.last else { return nil }
    let gaps = token.gaps(range)
    let whole = start(of: range)..<token.groups[last].range.upperBound
    // From here on letters belong to the number: it is a name, or part of one.
    let isCut =
      whole.upperBound < bytes.count && (isASCIILetter(bytes[whole.upperBound]) || bytes[whole.upperBound] == 0x5F)
    func found(_ kind: PersonalDataKind, _ range: Range<Int>) -> Found {
      Found(kind: kind, range: range, groups: last + 1)
    }
    let digitsOnly = token.groups[range.lowerBound].range.lowerBound..<whole.upperBound
    if isIPv4(range, gaps) { return isCut ? nil : found(.ipv4, digitsOnly) }
    if gaps.contains(.slash) || (gaps.contains(.dot) && gaps != .dot) {
      return isSlashedPhone(range, gaps) && !isCut ? found(.phone, whole) : nil
    }
    if let end = identityEnd(range, gaps, digits, whole.upperBound) {
      return found(.chineseIdentity, digitsOnly.lowerBound..<end)
    }
    if isCut {
      return extensionEnd(whole.upperBound).flatMap {
        isPhone(range, gaps, digits) ? found(.phone, whole.lowerBound..<$0) : nil
      }
    }
    if isCard(range, gaps, digits) { return found(.card, digitsOnly) }
    if isSocialSecurity(range, gaps, digits) { return found(.socialSecurity, digitsOnly) }
    if isPhone(range, gaps, digits) {
      return found(.phone, whole.lowerBound..<(extensionEnd(whole.upperBound) ?? whole.upperBound))
    }
    return nil
  }

  /// Where a number begins: at a parenthesis only if it is closed in the number.
  private func start(of range: Range<Int>) -> Int {
    let first = token.groups[range.lowerBound]
    guard bytes[first.start] == UInt8(ascii: "("), !token.gaps(range).contains(.parenthesis) else { return first.start }
    return first.hasPlus ? first.range.lowerBound - 1 : first.range.lowerBound
  }

  // MARK: Addresses

  private func isIPv4(_ range: Range<Int>, _ gaps: NumberGap) -> Bool {
    guard range.count == 4, gaps == .dot, !token.groups[range.lowerBound].hasPlus else { return false }
    for group in range {
      let count = token.groups[group].count
      guard count <= 3, token.value(group) <= 255 else { return false }
      if count > 1, token.digits(group..<group + 1).first == 0 { return false }
    }
    let start = token.groups[range.lowerBound].range.lowerBound
    // Versions and sections have the same form.
    if cue == .other { return false }
    if start > 0, bytes[start - 1] | 0x20 == 0x76 || bytes[start - 1] == UInt8(ascii: ".") { return false }
    let end = token.groups[range.upperBound - 1].range.upperBound
    if end + 1 < bytes.count, bytes[end] == UInt8(ascii: "."), isDigit(bytes[end + 1]) { return false }
    // Four single digits are a version as likely as an address, unless a port follows.
    let hasPort = end + 1 < bytes.count && bytes[end] == UInt8(ascii: ":") && isDigit(bytes[end + 1])
    if range.allSatisfy({ token.groups[$0].count == 1 }) { return cue == .address || hasPort }
    return true
  }

  // MARK: Identity numbers, cards

  /// Where a Chinese identity number ends; nil if it is none.
  private func identityEnd(_ range: Range<Int>, _ gaps: NumberGap, _ digits: ArraySlice<UInt8>, _ end: Int) -> Int? {
    guard gaps.isSubset(of: [.space, .hyphen]), !token.groups[range.lowerBound].hasPlus else { return nil }
    let isGrouped = range.count == 1 || (range.count >= 3 && token.groups[range.lowerBound].count == 6)
    guard isGrouped else { return nil }
    if digits.count == 18 {
      guard CheckDigits.isChineseIdentity(digits.dropLast(), check: (digits.last ?? 0) + 0x30) else { return nil }
      return end < bytes.count && isASCIILetter(bytes[end]) ? nil : end
    }
    if digits.count == 17, end < bytes.count, bytes[end] | 0x20 == 0x78 {
      guard CheckDigits.isChineseIdentity(digits, check: bytes[end]) else { return nil }
      return end + 1 < bytes.count && isASCIILetter(bytes[end + 1]) ? nil : end + 1
    }
    if digits.count == 15, cue == .identity, CheckDigits.isOldChineseIdentity(digits) { return end }
    return nil
  }

  private func isCard(_ range: Range<Int>, _ gaps: NumberGap, _ digits: ArraySlice<UInt8>) -> Bool {
    guard (13...19).contains(digits.count), gaps == [] || gaps == .space || gaps == .hyphen, cue != .other,
      cue != .identity,
      !token.groups[range.lowerBound].hasPlus
    else { return false }
    if range.count > 1 {
      // Four by four, or American Express's and Diners' 4-6-5 and 4-6-4.
      guard token.groups[range.lowerBound].count == 4 else { return false }
      let isFours = range.dropLast().allSatisfy { token.groups[$0].count == 4 }
      guard isFours || token.shape(range, is: 4, 6, 5) || token.shape(range, is: 4, 6, 4) else { return false }
    }
    return CheckDigits.isCard(digits)
  }

  private func isSocialSecurity(_ range: Range<Int>, _ gaps: NumberGap, _ digits: ArraySlice<UInt8>) -> Bool {
    guard digits.count == 9, CheckDigits.isSocialSecurity(digits), cue != .other else { return false }
    if token.shape(range, is: 3, 2, 4) { return gaps == .hyphen || (cue == .identity && gaps == .space) }
    return range.count == 1 && cue == .identity
  }

  // MARK: Phones

  private func isPhone(_ range: Range<Int>, _ gaps: NumberGap, _ digits: ArraySlice<UInt8>) -> Bool {
    guard (7...17).contains(digits.count), cue != .other, cue != .card, cue != .account else { return false }
    let rules = PhoneRules(token: token, range: range, gaps: gaps, digits: Array(digits), hasCue: cue == .phone)
    return rules.match()
  }

  /// German numbers may have a slash behind the area: `030/1234567`.
  private func isSlashedPhone(_ range: Range<Int>, _ gaps: NumberGap) -> Bool {
    guard cue != .other, gaps.isSubset(of: [.slash, .space]), range.count >= 2 else { return false }
    let digits = token.digits(range)
    let first = token.groups[range.lowerBound]
    return digits.first == 0 && (3...5).contains(first.count) && (9...12).contains(digits.count)
      && token.groups[range.lowerBound + 1].gap.contains(.slash) && token.groups[range.lowerBound + 1].count >= 3
  }

  /// Where an extension behind a phone number ends: `ext. 12`, `x12`, `转12`.
  private func extensionEnd(_ end: Int) -> Int? {
    var place = end
    while place < bytes.count, place - end < 2, bytes[place] == 0x20 || bytes[place] == 0x2C { place += 1 }
    for word in ["extension ", "ext. ", "ext.", "ext ", "x ", "x", "转", "轉", "分机"] {
      let count = word.utf8.count
      guard place + count < bytes.count, bytes[place..<place + count].elementsEqual(word.utf8) else { continue }
      var last = place + count
      while last < bytes.count, isDigit(bytes[last]), last - place - count < 6 { last += 1 }
      if last > place + count { return last }
    }
    return nil
  }
}
