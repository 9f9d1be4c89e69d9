/// The named characters of HTML.
enum WikitextEntities {
  /// Reads the reference at an ampersand; answers the character and the place behind it.
  static func decode(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int) -> (
    scalar: Unicode.Scalar, next: Int
  )? {
    var i = start + 1
    guard i < end else { return nil }
    if bytes[i] == UInt8(ascii: "#") {
      i += 1
      var value: UInt32 = 0
      let isHexadecimal = i < end && bytes[i] | 0x20 == UInt8(ascii: "x")
      if isHexadecimal { i += 1 }
      let first = i
      while i < end, i - first < 8 {
        let byte = bytes[i]
        if WikitextBytes.isDigit(byte) {
          value = value * (isHexadecimal ? 16 : 10) + UInt32(byte - 48)
        } else if isHexadecimal, (byte | 0x20) >= 0x61, (byte | 0x20) <= 0x66 {
          value = value * 16 + UInt32((byte | 0x20) - 87)
        } else {
          break
        }
        if value > 0x10FFFF { return nil }
        i += 1
      }
      guard i > first, i < end, bytes[i] == UInt8(ascii: ";") else { return nil }
      // Control characters are no text; marks are made of them.
      if value < 0x20 || (0x7F...0x9F).contains(value) { return (" ", i + 1) }
      return Unicode.Scalar(value).map { ($0, i + 1) }
    }
    let first = i
    while i < end, i - first < 10, WikitextBytes.isLetter(bytes[i]) || WikitextBytes.isDigit(bytes[i]) { i += 1 }
    guard i > first, i < end, bytes[i] == UInt8(ascii: ";") else { return nil }
    return named[String(decoding: bytes[first..<i], as: UTF8.self)].map { ($0, i + 1) }
  }

  /// Source: the character entity references of HTML 4.01, and a few of HTML 5.
  private static let named: [String: Unicode.Scalar] = {
    var table: [String: Unicode.Scalar] = [:]
    // The names of U+00A0 to U+00FF in their order.
    let latin = """
      nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute micro para middot
      cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml
      Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc Uuml Yacute THORN szlig
      agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave iacute icirc iuml eth ntilde ograve oacute
      ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml
      """
    for (index, name) in latin.split(whereSeparator: { $0 == " " || $0 == "\n" }).enumerated() {
      table[String(name)] = Unicode.Scalar(UInt8(0xA0 + index))
    }
    let others = """
      quot " amp & lt < gt > apos ' OElig Œ oelig œ Scaron Š scaron š Yuml Ÿ fnof ƒ circ ˆ tilde ˜ Alpha Α Beta Β Gamma Γ Delta Δ
      Epsilon Ε Zeta Ζ Eta Η Theta Θ Iota Ι Kappa Κ Lambda Λ Mu Μ Nu Ν Xi Ξ Omicron Ο Pi Π Rho Ρ Sigma Σ Tau Τ Upsilon Υ Phi Φ
      Chi Χ Psi Ψ Omega Ω alpha α beta β gamma γ delta δ epsilon ε zeta ζ eta η theta θ iota ι kappa κ lambda λ mu μ nu ν xi ξ
      omicron ο pi π rho ρ sigmaf ς sigma σ tau τ upsilon υ phi φ chi χ psi ψ omega ω thetasym ϑ upsih ϒ piv ϖ ndash – mdash —
      lsquo ‘ rsquo ’ sbquo ‚ ldquo “ rdquo ” bdquo „ dagger † Dagger ‡ bull • hellip … permil ‰ prime ′ Prime ″ lsaquo ‹ rsaquo ›
      oline ‾ frasl ⁄ euro € image ℑ weierp ℘ real ℜ trade ™ alefsym ℵ larr ← uarr ↑ rarr → darr ↓ harr ↔ crarr ↵ lArr ⇐ uArr ⇑
      rArr ⇒ dArr ⇓ hArr ⇔ forall ∀ part ∂ exist ∃ empty ∅ nabla ∇ isin ∈ notin ∉ ni ∋ prod ∏ sum ∑ minus − lowast ∗ radic √
      prop ∝ infin ∞ ang ∠ and ∧ or ∨ cap ∩ cup ∪ int ∫ there4 ∴ sim ∼ cong ≅ asymp ≈ ne ≠ equiv ≡ le ≤ ge ≥ sub ⊂ sup ⊃ nsub ⊄
      sube ⊆ supe ⊇ oplus ⊕ otimes ⊗ perp ⊥ sdot ⋅ lceil ⌈ rceil ⌉ lfloor ⌊ rfloor ⌋ lang ⟨ rang ⟩ loz ◊ spades ♠ clubs ♣ hearts ♥
      diams ♦ check ✓ star ☆ flat ♭ sharp ♯ natural ♮ lbrace { rbrace } lbrack [ rbrack ] vert | num # lowbar _ ast * equals =
      plus + comma , period . colon : semi ; excl ! quest ? percnt % dollar $ sol / bsol \\ lpar ( rpar ) grave ` hyphen ‐ dash ‐
      """
    let words = others.split(whereSeparator: { $0 == " " || $0 == "\n" })
    for index in stride(from: 0, to: words.count - 1, by: 2) {
      table[String(words[index])] = words[index + 1].unicodeScalars.first
    }
    table["ensp"] = "\u{2002}"
    table["emsp"] = "\u{2003}"
    table["thinsp"] = "\u{2009}"
    table["hairsp"] = "\u{200A}"
    table["zwnj"] = "\u{200C}"
    table["zwj"] = "\u{200D}"
    table["lrm"] = "\u{200E}"
    table["rlm"] = "\u{200F}"
    return table
  }()
}
