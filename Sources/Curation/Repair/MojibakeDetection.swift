/// Whether a line looks like UTF-8 that was read in another encoding: pairs of characters that nobody writes.
///
/// Source: the rules of ftfy 6's heuristic.
///
/// Complexity: O(scalars).
func looksLikeMojibake(_ scalars: ArraySlice<UInt32>) -> Bool {
  scalars.withUnsafeBufferPointer { scalars in
    for place in scalars.indices where scalars[place] >= 0x80 {
      if MojibakeRules(scalars: scalars, place: place).match() { return true }
    }
    return false
  }
}

/// The rules around one character that is not ASCII.
private struct MojibakeRules {
  let scalars: UnsafeBufferPointer<UInt32>
  let place: Int

  private func value(_ offset: Int) -> UInt32? {
    let index = place + offset
    return index >= 0 && index < scalars.count ? scalars[index] : nil
  }

  private func kinds(_ offset: Int) -> MojibakeKind { value(offset).map(MojibakeKind.of) ?? [] }

  private func isOne(_ offset: Int, of list: String) -> Bool {
    guard let value = value(offset) else { return false }
    return list.unicodeScalars.contains { $0.value == value }
  }

  private static let accented: MojibakeKind = [.lowerAccented, .upperAccented]

  func match() -> Bool {
    let kind = kinds(0)
    return kind.contains(.control) || matchPair(kind) || matchTriple(kind) || matchLetters() || matchOthers()
  }

  /// Two characters of kinds that don't meet.
  private func matchPair(_ kind: MojibakeKind) -> Bool {
    let next = kinds(1)
    func has(_ first: MojibakeKind, _ second: MojibakeKind) -> Bool {
      !kind.isDisjoint(with: first) && !next.isDisjoint(with: second)
    }
    let framed: MojibakeKind = [
      .lowerAccented, .upperAccented, .box, .opening, .closing, .currency, .numeric, .law,
    ]
    return has(framed.union(.bad), .bad) || has(.bad, framed)
      || has([.lowerAccented, .lowerCommon, .box, .closing, .currency, .numeric], .upperAccented)
      || has([.box, .closing, .currency, .numeric], .lowerAccented)
      || has([.lowerAccented, .box, .closing], .currency) || has([.upperAccented, .box], [.numeric, .law])
      || has([.currency, .numeric, .box], .opening) || has(.box, .face)
      || has(MojibakeRules.accented.union([.currency, .numeric, .opening, .closing, .law]), .box)
      || has(.box, .closing)
  }

  /// Three characters of kinds that don't meet.
  private func matchTriple(_ kind: MojibakeKind) -> Bool {
    let (last, next, second) = (kinds(-1), kinds(1), kinds(2))
    let plain: MojibakeKind = [.lowerPlain, .upperPlain]
    let accented = MojibakeRules.accented
    if !last.isDisjoint(with: plain), !kind.isDisjoint(with: [.lowerCommon, .upperCommon]), next.contains(.bad) {
      return true
    }
    if kind.contains(.upperAccented) {
      if last.contains(.space), next.contains(.currency) { return true }
      if last.contains(.lowerPlain), !next.isDisjoint(with: [.opening, .currency]) { return true }
    }
    if !kind.isDisjoint(with: accented.union([.box, .currency, .closing])), next.contains(.opening),
      second.contains(.numeric)
    {
      return true
    }
    if !kind.isDisjoint(with: accented.union([.currency, .numeric, .box, .law])), next.contains(.closing),
      second.contains(.opening)
    {
      return true
    }
    guard !kind.isDisjoint(with: accented), !next.isDisjoint(with: [.opening, .closing]), let after = value(2) else {
      return false
    }
    return isWordPart(after) || isUnspaced(after)
  }

  /// Particular letters before particular marks.
  private func matchLetters() -> Bool {
    guard let letter = value(0) else { return false }
    let next = kinds(1)
    switch letter {
    case 0x152, 0x153:
      if value(1) != nil, next.isDisjoint(with: [.lowerPlain, .upperPlain]) { return true }
    case 0xC2, 0xC3, 0xCE, 0xD0:
      if !next.isDisjoint(with: [.opening, .closing])
        || isOne(1, of: "€œŠš¢£Ÿž\u{A0}\u{AD}®©°·»–—´")
      {
        return true
      }
      if letter == 0xC2 || letter == 0xC3 { if matchBeforeSpace(letter) { return true } }
    case 0xD7: if isOne(1, of: "²³") { return true }
    case 0xE0: if isOne(1, of: "²µ¹¼½¾") { return true }
    case 0xD8, 0xD9:
      if isArabicMark(1), let third = value(2), third == 0xD8 || third == 0xD9, isArabicMark(3) { return true }
    default: break
    }
    return kinds(0).contains(.upperAccented) && value(1) == 0xB0
  }

  private func isArabicMark(_ offset: Int) -> Bool {
    !kinds(offset).isDisjoint(with: [.common, .currency, .bad, .numeric, .opening]) || isOne(offset, of: "ŸŠ®°µ»")
  }

  /// `Â` and `Ã` before a space that was U+00A0, or before the mark that `Â` belongs to.
  private func matchBeforeSpace(_ letter: UInt32) -> Bool {
    if letter == 0xC3, value(1) == 0xA0 || value(1) == 0xA1 { return true }
    if value(1) == 0x20 {
      if place == 0 { return true }
      if kinds(-1).contains(.lowerPlain) { return true }
      if kinds(-1).contains(.space), kinds(-2).contains(.lowerPlain) { return true }
    }
    guard letter == 0xC2 else { return false }
    let isAfterText = kinds(-1).contains(.lowerPlain) || kinds(-1).contains(.closing) || isOne(-1, of: ".,?!")
    return isAfterText && (value(1) == 0x20 || !kinds(1).isDisjoint(with: [.opening, .closing]))
  }

  /// Encodings other than the two that are repaired; their text must not be taken for something else.
  private func matchOthers() -> Bool {
    guard let first = value(0) else { return false }
    let marks: MojibakeKind = [.control, .bad, .opening, .closing, .currency]
    func hasMark() -> Bool { !kinds(1).isDisjoint(with: marks) || value(1) == 0xB0 }
    switch first {
    case 0x221A: return isOne(1, of: "±∂†≠®™´≤≥¥µø")
    case 0x2248: return isOne(1, of: "°¢")
    case 0x201A:
      return (value(1) == 0xC4 && isOne(2, of: "ìîïòôúùû†°¢π")) || (isOne(1, of: "âó") && isOne(2, of: "àä°ê"))
    case 0x432: return value(1) == 0x402
    case 0x3B2: return value(1) == 0x20AC && isOne(2, of: "™\u{A0}Ά\u{AD}®°")
    case 0x101: return value(1) == 0x20AC
    case 0x412, 0x413, 0x420, 0x421:
      return (hasMark() || value(1) == 0xB5) && isOne(2, of: "ВГРС")
    case 0x392, 0x393, 0x39E, 0x39F: return hasMark() && isOne(2, of: "ΒΓΞΟ")
    default: return false
    }
  }
}
