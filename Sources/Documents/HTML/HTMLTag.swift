/// The elements of HTML; all that are unknown are `other`.
enum HTMLTag: UInt8, CaseIterable {
  case other, text, document
  case a, abbr, address, applet, area, article, aside, audio, b, base, basefont, bgsound, big, blockquote, body, br
  case button, canvas, caption, center, cite, code, col, colgroup, dd, del, details, dfn, dialog, dir, div, dl, dt, em
  case embed, fieldset, figcaption, figure, font, footer, form, frame, frameset, h1, h2, h3, h4, h5, h6, head, header
  case hgroup, hr, html, i, iframe, img, input, ins, kbd, keygen, label, legend, li, link, main, map, mark, math, menu
  case meta, meter, nav, nobr, noembed, noframes, noscript, object, ol, optgroup, option, output, p, param, picture, pre
  case progress, q, rp, rt, ruby, s, samp, script, section, select, small, source, span, strike, strong, style, sub
  case summary, sup, svg, table, tbody, td, template, textarea, tfoot, th, thead, time, title, tr, track, tt, u, ul
  case `var`, video, wbr, xmp

  /// Whether the element has no content and no end tag.
  var isVoid: Bool {
    switch self {
    case .area, .base, .basefont, .bgsound, .br, .col, .embed, .frame, .hr, .img, .input, .keygen, .link, .meta, .param,
      .source, .track, .wbr:
      true
    default: false
    }
  }

  /// Whether the content is text up to the end tag, whatever it looks like.
  var isRawText: Bool {
    switch self {
    case .script, .style, .xmp, .iframe, .noembed, .noframes, .noscript, .title, .textarea: true
    default: false
    }
  }

  /// Whether the element begins a line of its own.
  var isBlock: Bool {
    switch self {
    case .address, .article, .aside, .blockquote, .body, .caption, .center, .dd, .details, .dialog, .dir, .div, .dl,
      .dt,
      .fieldset, .figcaption, .figure, .footer, .form, .frameset, .h1, .h2, .h3, .h4, .h5, .h6, .header, .hgroup, .hr,
      .html, .legend, .li, .main, .menu, .nav, .ol, .optgroup, .option, .p, .pre, .section, .summary, .table, .tbody,
      .td, .tfoot, .th, .thead, .title, .tr, .ul, .xmp, .document:
      true
    default: false
    }
  }

  /// Whether the start tag ends an open paragraph.
  var closesParagraph: Bool {
    switch self {
    case .address, .article, .aside, .blockquote, .center, .details, .dialog, .dir, .div, .dl, .dd, .dt, .fieldset,
      .figcaption, .figure, .footer, .form, .h1, .h2, .h3, .h4, .h5, .h6, .header, .hgroup, .hr, .li, .main, .menu,
      .nav,
      .ol, .p, .pre, .section, .summary, .table, .ul, .xmp:
      true
    default: false
    }
  }

  /// Whether end tags of what is around the element do not close what is open inside it.
  var isScope: Bool {
    switch self {
    case .applet, .caption, .document, .body, .object, .table, .td, .template, .th: true
    default: false
    }
  }

  /// Whether the element belongs to the head of a page.
  var isOfHead: Bool {
    switch self {
    case .base, .basefont, .bgsound, .link, .meta, .noscript, .script, .style, .template, .title: true
    default: false
    }
  }

  /// Whether the element is a heading.
  var isHeading: Bool { level != nil }

  /// The level of a heading.
  var level: Int? {
    switch self {
    case .h1: 1
    case .h2: 2
    case .h3: 3
    case .h4: 4
    case .h5: 5
    case .h6: 6
    default: nil
    }
  }
}

/// The attributes that the extraction looks at.
enum HTMLAttributeName: UInt8, CaseIterable {
  case `class`, id, role, itemprop, rel, href, name, content, property, lang, style, hidden, datetime, type, alt, start
  case ariaHidden, httpEquiv, xmlLang

  /// The name as pages write it.
  var spelling: String {
    switch self {
    case .ariaHidden: "aria-hidden"
    case .httpEquiv: "http-equiv"
    case .xmlLang: "xml:lang"
    default: "\(self)"
    }
  }
}

/// Finds names of up to 16 bytes in one step.
struct NameTable: Sendable {
  /// The first and the second 8 bytes of a name, and its value.
  private var slots: [(low: UInt64, high: UInt64, value: UInt8)]

  /// The elements' names.
  static let tags = NameTable(
    HTMLTag.allCases.filter { ![.other, .text, .document].contains($0) }.map { ("\($0)", $0.rawValue) }
      + [("image", HTMLTag.img.rawValue), ("listing", HTMLTag.pre.rawValue), ("acronym", HTMLTag.abbr.rawValue)])
  /// The attributes' names.
  static let attributes = NameTable(HTMLAttributeName.allCases.map { ($0.spelling, $0.rawValue) })

  init(_ names: [(String, UInt8)]) {
    slots = Array(repeating: (0, 0, 0), count: 512)
    for (name, value) in names {
      let bytes = Array(name.utf8)
      let (low, high) = bytes.withUnsafeBufferPointer { Self.key($0, 0, bytes.count) }
      var slot = Self.slot(low, high)
      while slots[slot].low != 0 { slot = (slot + 1) & 511 }
      slots[slot] = (low, high, value)
    }
  }

  /// A name in lower case as two words.
  @inline(__always)
  static func key(_ bytes: UnsafeBufferPointer<UInt8>, _ begin: Int, _ end: Int) -> (low: UInt64, high: UInt64) {
    var low: UInt64 = 0
    var high: UInt64 = 0
    for index in begin..<min(end, begin + 16) {
      let byte = bytes[index]
      let lower = UInt64(byte &- 0x41 < 26 ? byte | 0x20 : byte)
      let offset = index - begin
      if offset < 8 { low |= lower << UInt64(offset * 8) } else { high |= lower << UInt64(offset * 8 - 64) }
    }
    return (low, high)
  }

  @inline(__always)
  private static func slot(_ low: UInt64, _ high: UInt64) -> Int {
    Int(truncatingIfNeeded: ((low ^ (high &* 31)) &* 0x9E37_79B9_7F4A_7C15) >> 55)
  }

  /// The value of a name by its key, nil if it is not in the table.
  @inline(__always)
  func find(_ low: UInt64, _ high: UInt64) -> UInt8? {
    var slot = Self.slot(low, high)
    while slots[slot].low != 0 {
      if slots[slot].low == low && slots[slot].high == high { return slots[slot].value }
      slot = (slot + 1) & 511
    }
    return nil
  }
}
