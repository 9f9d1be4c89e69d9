/// The templates whose text is built in, by name in lower case.
///
/// Source: the templates' documentation on the English and Chinese Wikipedia.
enum WikitextKnownTable {
  typealias Template = WikitextKnown.Template

  static let templates: [String: Template] = {
    var table: [String: Template] = made
    func add(_ names: String, _ template: Template) {
      for name in names.split(whereSeparator: { $0 == "|" || $0 == "\n" }) { table[name.trimmingSpaces] = template }
    }
    add(
      """
      nowrap|nobr|nobreak|no wrap|nobold|noitalic|small|smaller|big|larger|large|sc|sc1|smallcaps|smallcaps all|allcaps|caps|em|strong
      |ipa|ipalink|ipa link|ipablink|unicode|hebrew|script/hebrew|script/arabic|script/cuneiform|nastaliq|nq|polytonic|gothic|runic|coptic
      |abbr|tooltip|hover title|mvar|var|math|bigmath|code|mono|tt|kbd|samp|serif|sans-serif|not a typo|as written|proper name|chem name
      |chem2|vanchor|visible anchor|underline|u|overline|overset|s|strikethrough|strike|del|ins|highlight|hl|bold|italic|center|centre
      |block indent|in5|indented|flatlist|plainlist|flat list|plain list|div|span|noprint|longitem|nts|number table sorting|formatprice
      |format price|railgauge|track gauge|rail gauge|ltr|rtl|bdi|dfn|poem|verse|map caption|font|avoid wrap|lj|僻字|deva
      |link-interwiki|ill|interlanguage link|interlanguage link multi|illm|link-en|link-ja|link-de|link-fr|le
      """, .argument(1))
    add(
      "lang|rtl-lang|script|wikt-lang|resize|fontsize|font size|color|font color|fontcolor|colored link", .argument(2))
    add("sort|background color|native name", .argument(2))
    add("transl|translit|transliteration|xlit", .last)
    add(
      "quote|blockquote|bquote|cquote|quotation|quote box|quotebox|centered pull quote|rquote|pull quote|poemquote|poem quote|verse translation|引文|引言|long quote",
      .quote)
    add(
      "ubl|unbulleted list|unbullet list|vunblist|ulist|bulleted list|blist|ordered list|numbered list|bullet list|olist",
      .list)
    add("hlist|comma separated entries|cslist|comma-separated entries|enum", .joined(", "))
    add("linktext|trim", .joined(""))
    add("keypress|key press|key|keys|key combo", .joined("+"))
    add("·|dot|bull|•|middot|bullet", .text(" · "))
    add("ndash|en dash|endash", .text("–"))
    add("mdash|em dash|emdash", .text("—"))
    add("spaced ndash|snd|spaced en dash|dash|spnd", .text(" – "))
    add("spaced mdash|mdashb|smd|spaced em dash", .text(" — "))
    add("nbsp|spaces|space|sp|thinsp|thin space|hair space|hairsp|nnbsp|quad|em space", .text(" "))
    add("br|break|crlf", .text("<br>"))
    add("pb|paragraph break|parabr", .text("\n\n"))
    add("'|apostrophe|`|apos", .text("'"))
    add("'s", .text("'s"))
    add("pipe|!|bar", .text("&#124;"))
    add("=|equal|equals", .text("="))
    add("(|lb|lbrace", .text("&#123;"))
    add(")|rb|rbrace", .text("&#125;"))
    add("((", .text("&#123;&#123;"))
    add("))", .text("&#125;&#125;"))
    add("!(|lbrack|bracket", .text("&#91;"))
    add(")!|rbrack", .text("&#93;"))
    add("nbhyph|nbh|non breaking hyphen|hyphen", .text("-"))
    add("...|ellipsis|hellip", .text("…"))
    add("okina|ʻokina|hamza", .text("ʻ"))
    add("flat|music flat", .text("♭"))
    add("sharp|music sharp", .text("♯"))
    add("increase|up", .text("▲"))
    add("decrease|down", .text("▼"))
    add("yes", .text("Yes"))
    add("no", .text("No"))
    add("n/a|tba|tbd", .text("—"))
    add("bce", .text(" BCE"))
    add("eqm", .text("="))
    add("minus", .text("−"))
    add("pi|π", .text("π"))
    add("degree|deg", .text("°"))
    add(WikitextKnownTexts.elementNames, .made { WikitextKnownTexts.element($0) })
    return table
  }()

  /// Templates whose text is made of several arguments.
  private static let made: [String: Template] = {
    var table: [String: Template] = [:]
    func add(_ names: String, _ make: @escaping @Sendable (WikitextCall) -> String) {
      for name in names.split(separator: "|") { table[String(name)] = .made(make) }
    }
    add("langx") { call in
      let text = call.text(2)
      if text.isEmpty { return "" }
      let language = call.expander.page.language
      return WikitextLanguages.name(call.text(1), in: language) + (language.hasPrefix("zh") ? "：" : ": ") + text
    }
    add("zh|lang-zh") { WikitextKnownTexts.chinese($0) }
    add("nihongo|nihongo foot") { WikitextKnownTexts.japanese($0) }
    add("ipac-en|ipac-pl|ipac-de|ipac-fr|ipac-es|ipac-it") { WikitextKnownTexts.pronunciation($0) }
    add("respell|pronunciation respelling") { call in call.positionals.map(WikitextBytes.string).joined(separator: "-")
    }
    add("angbr|angle bracket|grapheme|angbr ipa") { "⟨\($0.text(1))⟩" }
    add("ipaslink|ipa slink") { "/\($0.text(1))/" }
    add("sic") { call in call.text(1).isEmpty ? "[sic]" : "\(call.text(1))\(call.text(2)) [sic]" }
    add("ruby") { call in call.text(2).isEmpty ? call.text(1) : "\(call.text(1))(\(call.text(2)))" }
    add("frac|fraction|sfrac") { WikitextKnownTexts.fraction($0) }
    add("sup") { "<sup>\($0.text(1))</sup>" }
    add("sub") { "<sub>\($0.text(1))</sub>" }
    add("su") { call in
      (call.named("b").map { "<sub>\($0)</sub>" } ?? "") + (call.named("p").map { "<sup>\($0)</sup>" } ?? "")
    }
    add("e|e notation") { "×10<sup>\($0.text(1))</sup>" }
    add("10^") { "10<sup>\($0.text(1))</sup>" }
    add("pow") { "\($0.text(1))<sup>\($0.text(2))</sup>" }
    add("chem|simple chem") { WikitextKnownTexts.chemical($0) }
    add("simplenuclide|simplenuclide2|simplenuclide link") { call in
      [call.text(1), call.text(2)].filter { !$0.isEmpty }.joined(separator: "-")
    }
    add("sqrt|radic") { "√\($0.text(1))" }
    add("abs|mabs") { "&#124;\($0.text(1))&#124;" }
    add("val") { WikitextMeasures.value($0) }
    add("convert|cvt|convinfobox") { WikitextMeasures.convert($0) }
    add("height") { WikitextMeasures.height($0) }
    add("gaps") { call in call.positionals.map(WikitextBytes.string).joined(separator: ",") }
    add("us$|usd|$") { "US$\($0.text(1))" }
    add("gbp|£") { "£\($0.text(1))" }
    add("€|eur") { "€\($0.text(1))" }
    add("inr|₹") { "₹\($0.text(1))" }
    add("jpy|¥|jp¥") { "¥\($0.text(1))" }
    add("cny|rmb|cn¥") { "CN¥\($0.text(1))" }
    add("a$|aud|au$") { "A$\($0.text(1))" }
    add("c$|cad|ca$") { "C$\($0.text(1))" }
    add("currency") { call in "\(call.text(1))\(call.text(2).isEmpty ? "" : " " + call.text(2))" }
    add("birth date|birth-date|dob|start date|end date|death date|death-date|film date|date|launch date") {
      WikitextKnownTexts.date($0)
    }
    add("dts|date table sorting") { WikitextKnownTexts.date($0) }
    add("birth date and age|birth-date and age|bda|start date and age|birth year and age|生日和年齡") {
      WikitextKnownTexts.dateAndAge($0)
    }
    add("death date and age|death-date and age|death year and age|dda|死亡日期與年齡|死亡日期与年龄") {
      WikitextKnownTexts.deathAndAge($0)
    }
    add("age|age in years") { WikitextKnownTexts.age($0) }
    add("oldstyledate|oldstyledatedy") { WikitextKnownTexts.oldStyle($0) }
    add("as of") { WikitextKnownTexts.asOf($0) }
    add("circa|c.|ca.") { WikitextKnownTexts.about($0, "c. ") }
    add("floruit|fl.") { WikitextKnownTexts.about($0, "fl. ") }
    add("reign|r.") { WikitextKnownTexts.about($0, "r. ") }
    add("born|b.") { WikitextKnownTexts.about($0, "b. ") }
    add("died|d.") { WikitextKnownTexts.about($0, "d. ") }
    add("p.|pp.|page|pages") { WikitextKnownTexts.about($0, "p. ") }
    add("bd|生卒") { WikitextKnownTexts.life($0) }
    add("marriage") { call in
      let years = [call.text(2), call.text(3)].filter { !$0.isEmpty }
      return call.text(1) + (years.isEmpty ? "" : " (m. \(years.joined(separator: "–")))")
    }
    add("harvtxt|harvard citation text") { call in
      let values = call.positionals.map(WikitextBytes.string)
      guard let year = values.last, values.count > 1 else { return "" }
      return values.dropLast().joined(separator: ", ") + " (\(year))"
    }
    add("flag|flagcountry|flagu|flag+link|flagathlete") { $0.named("name") ?? $0.text(1) }
    add("uss|hms|hmas|hmcs|hmnzs|ss|rms|mv|sms|usns|ins|uscgc|css") { call in
      let prefix = WikitextBytes.string(call.expanded(call.parts[0]))
      return "\(prefix.uppercased()) \(call.text(1))"
        + (call.text(2).isEmpty || call.text(3) == "2" ? "" : " (\(call.text(2)))")
    }
    add("ship") { call in
      [call.text(1), call.text(2)].filter { !$0.isEmpty }.joined(separator: " ")
        + (call.text(3).isEmpty ? "" : " (\(call.text(3)))")
    }
    add("sortname") { "\($0.text(1)) \($0.text(2))" }
    add("url") { call in call.text(2).isEmpty ? call.text(1) : call.text(2) }
    add("tsl|translink|internal link helper|internal link helper/en") { call in
      call.text(3).isEmpty ? call.text(2) : call.text(3)
    }
    add("literal translation|lit|lit.") { call in
      "lit. " + call.positionals.map { "'\(WikitextBytes.string($0))'" }.joined(separator: " or ")
    }
    add("gloss") { "'\($0.text(1))'" }
    add("music") { call in
      ["flat": "♭", "b": "♭", "sharp": "♯", "#": "♯", "natural": "♮", "n": "♮"][call.text(1)] ?? call.text(1)
    }
    add("iso 639 name") { WikitextLanguages.name($0.text(1), in: $0.expander.page.language) }
    add("percentage|percent|pct") { WikitextMeasures.percentage($0) }
    add("number") { WikitextNumbers.grouped($0.text(1), $0.expander.page.language) }
    add("ordinal|ord") { WikitextMeasures.ordinal($0.text(1)) }
    return table
  }()
}
