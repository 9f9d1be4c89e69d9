import Documents
import Testing

/// Wikitext, and the text that a person would copy from the page.
struct WikitextCase: Sendable, CustomTestStringConvertible {
  var name: String
  var wikitext: String
  var text: String
  var language = "en"
  var settings = WikitextSettings()

  var testDescription: String { name }

  init(
    _ name: String, _ wikitext: String, _ text: String, language: String = "en", _ settings: WikitextSettings = .init()
  ) {
    self.name = name
    self.wikitext = wikitext
    self.text = text
    self.language = language
    self.settings = settings
  }
}

/// The text of wikitext on a page.
func text(
  _ wikitext: String, language: String = "en", _ settings: WikitextSettings = .init(),
  templates: WikipediaTemplates? = nil
) -> String {
  let page = WikitextPage(title: "Page", language: language, timestamp: "2016-04-22T10:19:33Z")
  let result = WikitextReader(settings, templates: templates).text(of: Array(wikitext.utf8), page: page)
  return String(decoding: result.text, as: UTF8.self)
}

@Suite("Wikitext becomes the text that readers see") struct WikitextGoldenTests {
  @Test("markup of words and links", arguments: inline) func words(_ example: WikitextCase) { check(example) }
  @Test("paragraphs, headings, lists and tables", arguments: blocks) func paragraphs(_ example: WikitextCase) {
    check(example)
  }
  @Test("templates whose text is built in", arguments: templates) func builtIn(_ example: WikitextCase) {
    check(example)
  }
  @Test("parser functions", arguments: functions) func function(_ example: WikitextCase) { check(example) }
  @Test("nothing is left around what vanished", arguments: vanished) func leftovers(_ example: WikitextCase) {
    check(example)
  }
  @Test("Chinese pages and their variants", arguments: chinese) func variants(_ example: WikitextCase) {
    check(example)
  }

  private func check(_ example: WikitextCase) {
    #expect(text(example.wikitext, language: example.language, example.settings) == example.text)
  }

  static let inline: [WikitextCase] = [
    .init("bold and italics", "'''Bold''' and ''italic'' and '''''both'''''.", "Bold and italic and both.\n"),
    .init("an apostrophe before bold", "L'''Ami du peuple'' was a newspaper.", "L'Ami du peuple was a newspaper.\n"),
    .init("an apostrophe before italics and bold", "Dell'''Arno'' e '''Roma'''.", "Dell'Arno e Roma.\n"),
    .init("many apostrophes", "a ''''''' b", "a '' b\n"),
    .init("a link", "See [[Paris]] and [[Paris|the city]].", "See Paris and the city.\n"),
    .init("a link with a trail", "Many [[horse]]s and [[bus|buse]]s.", "Many horses and buses.\n"),
    .init("the pipe trick", "[[Help:Links (more)|]], [[Seattle, Washington|]].", "Links, Seattle.\n"),
    .init("links within a link's text", "[[A|the ''first'' {{nowrap|one}}]]", "the first one\n"),
    .init("a category and another wiki", "Text.\n[[Category:Things]]\n[[de:Ding]]\n[[zh-min-nan:X]]", "Text.\n"),
    .init("a link to a category", "See [[:Category:Things]].", "See Category:Things.\n"),
    .init("a file without its caption", "[[File:A.jpg|thumb|200px|A [[horse]] in [[Paris|the city]]]]Text.", "Text.\n"),
    .init(
      "a file with its caption", "One [[File:A.jpg|thumb|A [[horse]].]]two.", "One two.\nA horse.\n",
      .init(keepsCaptions: true)),
    .init(
      "a file without a caption where captions are kept", "[[Image:A.jpg|thumb|right|200px]]Text.", "Text.\n",
      .init(keepsCaptions: true)),
    .init(
      "links to addresses", "[http://a.org The site], http://b.org and [http://c.org].", "The site, http://b.org and.\n"
    ),
    .init("brackets that are no link", "a [1] and b[0][1] and f[g[2]]", "a [1] and b[0][1] and f[g[2]]\n"),
    .init(
      "characters by name", "a &amp; b &mdash; c&nbsp;d &#8364; &#x4E2D; &lt;b&gt; &unknown; AT&T",
      "a & b — c d € 中 <b> &unknown; AT&T\n"),
    .init("breaks", "one<br>two<br />three", "one\ntwo\nthree\n"),
    .init("raised and lowered", "H<sub>2</sub>O, 10<sup>−6</sup>, x<sup>th</sup>", "H₂O, 10⁻⁶, xth\n"),
    .init("elements", "<div class=\"x\"><span style=\"color:red\">red</span></div> <small>tiny</small>", "red\ntiny\n"),
    .init("what is no element", "a < b and 5 > 3, <stdio.h>, x<y", "a < b and 5 > 3, <stdio.h>, x<y\n"),
    .init("hidden text", "A<span style=\"display:none\">hidden [[x]]</span>B", "AB\n"),
    .init(
      "references", "One.<ref>A {{cite web|url=x}} [[y]]</ref><ref name=\"z\" /> Two.<ref name=z>Q</ref>", "One. Two.\n"
    ),
    .init("comments", "One<!-- no -->two\n<!-- a line -->\nthree<!-- open", "Onetwo three\n"),
    .init("no wikitext", "<nowiki>''[[x]]'' {{y}}</nowiki> z", "''[[x]]'' {{y}} z\n"),
    .init("formulas", "Let <math>\\frac{{a}}{b}</math> be.", "Let $\\frac{{a}}{b}$ be.\n"),
    .init("formulas dropped", "Let (<math>x</math>) be.", "Let be.\n", .init(math: .dropped)),
    .init("magic words", "__NOTOC__Text __init__ and __FORCETOC__", "Text __init__ and\n"),
    .init("ruby", "<ruby>漢<rp>(</rp><rt>かん</rt><rp>)</rp></ruby>", "漢(かん)\n", language: "ja"),
  ]

  static let blocks: [WikitextCase] = [
    .init("lines of a paragraph", "one\ntwo\n\nthree", "one two\nthree\n"),
    .init("lists", "Things:\n* one\n** two\n# three\n; term\n: text", "Things:\n- one\n- two\n- three\nterm\ntext\n"),
    .init("an item that vanished", "* {{cite book|title=x}}\n* real\n* <ref>y</ref>.", "- real\n"),
    .init("headings", "A\n== History ==\nB\n=== Early ''years'' ===\nC", "A\n## History\nB\n### Early years\nC\n"),
    .init("plain headings", "== History ==\nB", "History\nB\n", .init(headings: .plain)),
    .init("no headings", "== History ==\nB", "B\n", .init(headings: .dropped)),
    .init("empty sections", "A\n== Empty ==\n=== Also ===\n{{main|x}}\n== Full ==\nB", "A\n## Full\nB\n"),
    .init(
      "sections of references", "A\n== References ==\n* x\n=== Notes ===\ny\n== History ==\nB", "A\n## History\nB\n"),
    .init("a table", "A\n{| class=\"wikitable\"\n|-\n! x !! y\n|-\n| 1 || 2\n|}\nB", "A\nB\n"),
    .init("tables in a table", "A\n{|\n| a\n{|\n| b\n|}\n| c\n|}\nB", "A\nB\n"),
    .init(
      "rows of a table",
      "{| class=\"wikitable\"\n|+ style=\"x\" | Title\n! scope=\"col\" | Name !! Age\n|-\n| style=\"a\" | [[Ann|Anna]] || 5\n|-\n| Bob\n| {{nowrap|6}}\nyears\n|}",
      "Title\nName | Age\nAnna | 5\nBob | 6 years\n", .init(tables: .rows)),
    .init("a table that nothing closes", "A\n{| class=x\n|-\n| 1\n| 2\n\nB", "A\nB\n"),
    .init(
      "an HTML table", "A <table><tr><td>1</td></tr><tr><td><table><td>2</td></table></td></tr></table>B", "A\nB\n"),
    .init("a poem", "<poem>one\n  two\n''three''</poem>", "one\ntwo\nthree\n"),
    .init(
      "code", "Run:\n<source lang=\"c\">\nint x = {{1}};\n  return x; // ''y''\n</source>\nDone.",
      "Run:\nint x = {{1}};\n  return x; // ''y''\nDone.\n"),
    .init(
      "code dropped", "Run:\n<syntaxhighlight>x</syntaxhighlight>\nDone.", "Run:\nDone.\n", .init(keepsCode: false)),
    .init("a rule and lines that begin with a space", "a\n----\nb\n c\n d", "a\nb\nc\nd\n"),
    .init("galleries", "A\n<gallery>\nFile:x.jpg|[[y]]\n</gallery>\nB", "A\nB\n"),
    .init("HTML lists", "<ul><li>one</li><li>two</li></ul>", "- one\n- two\n"),
    .init(
      "what pages include", "A<noinclude>B</noinclude><includeonly>C</includeonly><onlyinclude>D</onlyinclude>", "ABD\n"
    ),
  ]

  static let templates: [WikitextCase] = [
    .init("an infobox", "{{Infobox person\n| name = X\n| birth = {{birth date|1950|4|5}}\n}}\n'''X''' is.", "X is.\n"),
    .init(
      "languages", "{{lang|fr|Bonjour}} ({{lang-ru|Москва}}; {{langx|de|Haus}})",
      "Bonjour (Russian: Москва; German: Haus)\n"),
    .init(
      "measures", "{{convert|1234.5|km|mi|abbr=on}}, {{convert|5|-|7|km2}}, {{cvt|6|ft|2|in}}, {{convert|20|C}}",
      "1,234.5 km, 5–7 km², 6 ft 2 in, 20 °C\n"),
    .init("values", "{{val|1234.5|0.2|e=-6|u=m2}}", "1,234.5±0.2×10⁻⁶ m²\n"),
    .init(
      "dates", "{{birth date|1950|4|5}}, {{start date|2001|2|df=y}}, {{birth date and age|1950|4|25|df=yes}}",
      "April 5, 1950, February 2001, 25 April 1950 (age 65)\n"),
    .init("a death", "{{death date and age|1990|1|2|1920|3|4}}", "January 2, 1990 (aged 69)\n"),
    .init("times", "{{as of|2015|3}}, {{as of|2014|lc=y}}, {{circa|1500}}", "As of March 2015, as of 2014, c. 1500\n"),
    .init("a quotation", "He said:\n{{quote|To be or not.|Hamlet}}\nThen", "He said:\nTo be or not.\n— Hamlet\nThen\n"),
    .init(
      "a Chinese name", "({{zh|s=汉字|p=Hànzì|l=Chinese characters}})",
      "(simplified Chinese: 汉字; pinyin: Hànzì; lit. 'Chinese characters')\n"),
    .init("a Japanese name", "{{nihongo|'''Aikido'''|合気道|Aikidō}}", "Aikido (合気道, Aikidō)\n"),
    .init("sounds", "({{IPAc-en|pron|ˈ|æ|p|əl}} or {{IPA-fr|pɔm|lang}})", "(/ˈæpəl/ or [pɔm])\n"),
    .init("fractions and formulas", "{{frac|1|2}}, {{chem|H|2|O}}, {{e|6}}", "1⁄2, H₂O, ×10⁶\n"),
    .init("signs", "a{{ndash}}b{{snd}}c{{·}}d {{'}}e", "a–b – c · d 'e\n"),
    .init("lists", "{{ubl|one|two}}\n{{hlist|x|y}}", "- one\n- two\nx, y\n"),
    .init("unknown templates", "A {{some thing|x={{nowrap|y}}|z}} b.", "A b.\n"),
    .init("templates in arguments", "{{nowrap|{{lang|la|{{small|x}}}}}}", "x\n"),
    .init("a numbered argument by name", "{{lang|de|2=a=b}}", "a=b\n"),
  ]

  static let functions: [WikitextCase] = [
    .init("if", "{{#if: x | yes | no }}{{#if: | yes | no }}", "yesno\n"),
    .init("ifeq", "{{#ifeq: 1.0 | 1 | same | other }}, {{#ifeq:a|b|same|other}}", "same, other\n"),
    .init("switch", "{{#switch: b | a = 1 | b | c = 2 | #default = 3 }}{{#switch: z | a = 1 | 9 }}", "29\n"),
    .init(
      "expr", "{{#expr: (1 + 2) * 3 ^ 2 / 4 round 1}} {{#expr: 0.1 + 0.2}} {{#expr: 7 mod 4 > 2 and 1}}", "6.8 0.3 1\n"),
    .init("ifexpr and iferror", "{{#ifexpr: 2 > 1 | a | b}}{{#iferror: {{#expr: 1/0}} | bad | good }}", "abad\n"),
    .init(
      "case and numbers", "{{lc:ABC}} {{uc:abc}} {{ucfirst:abc}} {{formatnum:1234567.891}} {{padleft:7|3}}",
      "abc ABC Abc 1,234,567.891 007\n"),
    .init(
      "the page and its date", "{{PAGENAME}} {{CURRENTYEAR}} {{#time:j F Y|2014-10-26}}", "Page 2016 26 October 2014\n"),
    .init("modules", "a {{#invoke:Foo|bar|x=1}} b", "a b\n"),
    .init("parameters outside a template", "{{{1|default}}} {{{x}}}y", "default y\n"),
  ]

  static let vanished: [WikitextCase] = [
    .init("empty brackets", "'''Rome''' ({{x}}) is", "Rome is\n"),
    .init("a separator at the beginning", "Rome ({{x}}; born 1950) is", "Rome (born 1950) is\n"),
    .init("separators all around", "Rome ( , {{x}}, ; {{y}} , ) is", "Rome is\n"),
    .init("a separator at the end", "Rome (born 1950, {{x}}) is", "Rome (born 1950) is\n"),
    .init("spaces before a sign", "word {{citation needed}}, next {{x}}.", "word, next.\n"),
    .init("nested brackets", "A ({{x}} ({{y}})) b", "A b\n"),
    .init("brackets that were empty before", "main() and f( ) {{x}} end", "main() and f( ) end\n"),
    .init("a dash after a separator", "(Russian: X; {{x}} – March 6)", "(Russian: X – March 6)\n"),
    .init("braces without a counterpart", "A }} b\n{{open\n|x=1\nC", "A b\nC\n"),
    .init("links without a counterpart", "A [[open and ]] b ]] c", "A open and b c\n"),
    .init("a bar in a link in an argument", "{{nowrap|[[a|b]]}}", "b\n"),
  ]

  static let chinese: [WikitextCase] = [
    .init("a variant", "-{zh-hans:计算机;zh-hant:電腦;}-", "计算机\n", language: "zh"),
    .init("the other variant", "-{zh-hans:计算机; zh-hant:電腦}-", "電腦\n", language: "zh", .init(variant: "zh-hant")),
    .init("a variant of a region", "-{zh-cn:软件;zh-tw:軟體;zh-hk:軟件}-", "軟件\n", language: "zh", .init(variant: "zh-hk")),
    .init("the first where none fits", "-{zh-tw:軟體;zh-hk:軟件}-", "軟體\n", language: "zh"),
    .init("hidden rules and titles", "-{H|zh-cn:a;zh-tw:b}--{T|标题}-正文", "正文\n", language: "zh"),
    .init("text as it is", "-{里}-程与-{zh-hans|干}-", "里程与干\n", language: "zh"),
    .init("a variant with links in a template", "{{nowrap|-{zh-hans:[[甲|乙]];zh-hant:丙}-}}", "乙\n", language: "zh"),
    .init("lines without spaces between", "第一行\n第二行", "第一行第二行\n", language: "zh"),
    .init(
      "empty brackets", "'''北京'''（{{x}}，{{lang-en|Beijing}}）是（{{y}}）首都{{fact}}。", "北京（英语：Beijing）是首都。\n", language: "zh"
    ),
    .init("files and categories", "[[文件:a.jpg|缩略图|说明]]正文[[Category:城市]][[分类:首都]]", "正文\n", language: "zh"),
    .init("a life", "'''某人'''{{bd|1950年|1月1日|2000年|2月2日}}", "某人（1950年1月1日－2000年2月2日）\n", language: "zh"),
    .init(
      "dates and headings", "== 历史 ==\n{{birth date|1950|4|5}}\n== 参考文献 ==\n* x", "## 历史\n1950年4月5日\n", language: "zh"),
    .init("no variants in English", "a -{b}- c", "a -{b}- c\n"),
  ]
}
