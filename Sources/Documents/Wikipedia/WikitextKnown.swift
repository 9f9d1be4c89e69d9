/// Templates whose text is known without the dump, and those that have none.
enum WikitextKnown {
  enum Kind {
    /// Notices, boxes, references: no running text.
    case dropped
    /// The text is built in.
    case known(Template)
    case unknown
  }

  /// How a template's text comes from its arguments.
  enum Template: Sendable {
    /// An argument without a name.
    case argument(Int)
    /// The last argument without a name.
    case last
    /// All arguments without a name.
    case joined(String)
    /// Always the same.
    case text(String)
    /// An argument after the name of a language.
    case inLanguage(String)
    /// A paragraph of its own.
    case quote
    /// Lines of a list.
    case list
    /// Something else, in wikitext.
    case made(@Sendable (WikitextCall) -> String)

    func expand(_ call: WikitextCall, into out: inout [UInt8]) {
      switch self {
      case .argument(let index): out += call.positional(index)
      case .last: out += call.positional(call.countOfPositionals)
      case .joined(let separator):
        var isFirst = true
        for value in call.positionals where !value.isEmpty {
          if !isFirst { out += separator.utf8 }
          isFirst = false
          out += value
        }
      case .text(let text): out += text.utf8
      case .inLanguage(let code):
        let text = call.positional(1)
        guard !text.isEmpty else { return }
        let language = call.expander.page.language
        out += WikitextLanguages.name(code, in: language).utf8
        out += (language.hasPrefix("zh") ? "：" : ": ").utf8
        out += text
      case .quote: Self.quote(call, into: &out)
      case .list:
        out.append(0x0A)
        for value in call.positionals where !value.isEmpty {
          out += "* ".utf8
          out += value
          out.append(0x0A)
        }
      case .made(let make): out += make(call).utf8
      }
    }

    private static func quote(_ call: WikitextCall, into out: inout [UInt8]) {
      let text = call.named("text", "quote", "content") ?? call.text(1)
      guard !text.isEmpty else { return }
      out += "\n\n\(text)\n\n".utf8
      let author = call.named("author", "by", "sign", "character") ?? call.text(2)
      let source = call.named("source", "title") ?? call.text(3)
      let names = [author, source].filter { !$0.isEmpty }
      if !names.isEmpty { out += "— \(names.joined(separator: ", "))\n\n".utf8 }
    }
  }

  private static let droppedNames: Set<String> = Set(
    droppedList.split { $0 == "|" || $0 == "\n" }.map { $0.trimmingSpaces })

  private static let droppedPrefixes = [
    "infobox", "taxobox", "automatic taxobox", "speciesbox", "navbox", "sidebar", "campaignbox", "cite ", "cite:",
    "citation ",
    "harv", "sfn", "pp-", "use ", "s-", "wiki", "commons", "portal", "refimprove", "unreferenced", "more ", "expand ",
    "r from",
    "r to", "redirect", "citeweb", "authority", "geobox", "chembox", "drugbox", "bartable", "chart", "graph:",
    "location map",
    "maplink", "osm", "multiple ", "cleanup", "pov", "copyedit", "historical pop", "succession", "start box", "end box",
    "geographic location", "library resources", "largest cities", "category ", "cite_", "cita ", "literatur",
    "internetquelle",
    "信息框", "參考", "参考",
  ]
  private static let droppedSuffixes = [
    " infobox", " navbox", " sidebar", " topics", " stub", "-stub", " box", "小作品", "信息框", "导航", "導航", " icon",
    " navigation",
    " footer", " series", " map", " tree", " timeline", " cite", " link", " table", " in topic", " links",
  ]

  private static let disambiguations: Set<String> = [
    "disambiguation", "disambig", "dab", "disamb", "hndis", "geodis", "human name disambiguation",
    "place name disambiguation",
    "disambiguation page", "disambig-acronym", "letter-number combination disambiguation", "letter–numbercombdisambig",
    "mathdab", "mathematical disambiguation", "school disambiguation", "hospital disambiguation",
    "airport disambiguation",
    "call sign disambiguation", "chinese title disambiguation", "road disambiguation", "roaddis", "schooldis",
    "numberdis",
    "species latin name disambiguation", "begriffsklärung", "homonymie", "消歧义", "消歧義", "消歧義頁", "消歧义页", "aimai", "曖昧さ回避",
    "desambiguación", "desambiguação", "disambigua", "неоднозначность", "ujednoznacznienie", "dp",
  ]

  /// Whether a template says that a title has several meanings.
  static func isDisambiguation(_ name: String) -> Bool { disambiguations.contains(name) }

  /// What is known of a template, by its name in lower case.
  static func kind(of name: String) -> Kind {
    if let known = WikitextKnownTable.templates[name] { return .known(known) }
    if droppedNames.contains(name) || disambiguations.contains(name) { return .dropped }
    if name.hasPrefix("lang-") { return .known(.inLanguage(String(name.dropFirst(5)))) }
    if name.hasPrefix("ipa-") { return .known(.made { "[\($0.text(1))]" }) }
    if droppedPrefixes.contains(where: { name.hasPrefix($0) })
      || droppedSuffixes.contains(where: { name.hasSuffix($0) })
    {
      return .dropped
    }
    return .unknown
  }

  private static let droppedList = """
    cite web|cite book|cite journal|cite news|cite encyclopedia|cite press release|cite magazine|cite conference|cite thesis
    |cite episode|cite report|cite video|cite av media|harvnb|harv|harvid|harvtxt2|sfn|sfnp|sfnm|authority control|commons category
    |main|main article|see also|further|further information|about|for|other uses|other people|hatnote|details|distinguish
    |other|otheruses|otheruses4|dablink|details3|main list|seealso|also|about2|for2|other uses2|two other uses|other hurricanes
    |reflist|references|refbegin|refend|notelist|notelist-lr|notelist-la|notelist-ua|notes|note|ref|ref label|note label|refn|efn
    |efn-ua|efn-lr|rp|r|ref name|citation|vcite book|vcite journal|vcite web|vcite news|cite|cit|doi|isbn|issn|oclc|pmid|pmc|jstor
    |arxiv|bibcode|google books|gutenberg|internet archive|librivox author|gutenberg author|internet archive author|ol author
    |citation needed|cn|fact|citation needed span|clarify|clarification needed|dubious|who|whom|when|where|which|why|by whom
    |according to whom|vague|weasel-inline|pov-inline|or|original research inline|original research|failed verification|verify source
    |verify credibility|unreliable source?|unreliable source|better source|better source needed|page needed|full|full citation needed
    |dead link|deadlink|webarchive|wayback|cbignore|disputed inline|disputed-inline|discuss|synthesis-inline|update after|update inline
    |relevance inline|non-primary source needed|primary source inline|contradict-inline|specify|examples|example needed|quantify
    |time needed|needs update|importance inline|tone inline|inconsistent citations|no more links|inflation-fn|inflation-year
    |official website|official|imdb name|imdb title|find a grave|findagrave|twitter|facebook|youtube|worldcat id|nndb|dmoz|curlie
    |allmusic|musicbrainz artist|discogs artist|rotten-tomatoes|mojo title|tcmdb name|iobdb name|ibdb name|ibdb|c-span|sep|sep entry
    |iep|in our time|lsj|cia world factbook link|cia world factbook|wikiatlas|gutenberg book|open library|librivox book
    |toc|toc right|toc left|toclimit|toc limit|compact toc|tocright|tocleft|horizontal toc|clear|clear left|clear right|-|clr|stack
    |stack begin|stack end|col-begin|col-end|col-2|col-3|col-4|col-5|col-break|colbegin|colend|div col|div col end|end div col|columns
    |multicol|multicol-break|multicol-end|columns-list|top|bottom|mid|sister project links|sisterlinks|sister|sister links|subject bar
    |good article|featured article|featured list|featured portal|ga|fa|short description|italic title|italictitle|displaytitle
    |lowercase|lowercase title|lowercasetitle|title case|correct title|bots|nobots|protect|protected|semiprotected|documentation
    |engvarb|engvar|infraspeciesbox|subspeciesbox|persondata|normdaten|defaultsort|coord|coord missing|coordinates|gallery|image
    |image label|image label begin|image label end|image frame|annotated image|wide image|tall image|double image|triple image
    |auto images|css image crop|css crop|listen|audio|sample box start|sample box end|external media|external music video|photomontage|switcher
    |flagicon|flag icon|flagdeco|flagicon image|flagu icon|noflag|legend|legend0|legend inline|legend-line|color box|colorbox
    |legend2|portal|portal bar|portal-inline|portalbar|shortcut|stub|sect-stub|section stub|empty section|incomplete list|dynamic list
    |unreferenced section|refimprove section|missing information|very long|long|lead too long|lead too short|lead missing|tone
    |advert|peacock|weasel|notability|orphan|underlinked|overlinked|technical|confusing|context|globalize|globalise|hoax|merge
    |merge to|merge from|merging|move|split|split section|speculation|trivia|in popular culture|update|outdated|fansite|plot|prose
    |rewrite|essay-like|essay|manual|third-party|primary sources|blp sources|blp unsourced|citation style|citations missing
    |no footnotes|more footnotes|one source|over-quotation|quote farm|sections|recentism|undue|undue-section|undue weight|unbalanced
    |under construction|in use|inuse|current|current event|recent death|current sport|hidden begin|hidden end|hidden top|hidden bottom|hidden|end
    |clade|cladex|cladogram|family tree|familytree|familytree/start|familytree/end|tree chart|tree chart/start|tree chart/end
    |historical populations|us census population|weather box|climate chart|bar box|bar percent|pie chart|image map|superimpose
    |superimpose2|overlay|track listing|tracklist|tracklisting|album ratings|album reviews|singles|extra chronology|episode list
    |football box|footballbox|footballbox collapsible|fb cl team|medal|medalsport|medalcompetition|goal|yel|sent off|subon|suboff
    |football squad player|fs start|fs player|fs mid|fs end|fb|cl|player|election box begin|election box end|election box candidate
    |rail start|rail line|s-rail|s-line|bs-map|bs-table|routemap|jct|jctint|mainroad|clc|anchor|anchors|anchor2|vanchor2|shy|wbr|zwsp
    |featured topic|spoken wikipedia|spoken article|article history|good topic|osmrelation|osmrelation-inline|attached kml|kml
    |redr|r|rcatsh|redirect category shell|this is a redirect|eb1911|1911|source-attribution|catholic|dnb|pd-notice|free-content attribution
    |translated page|copied|no ping|ping|like resume|coi|autobiography|use dmy dates|use mdy dates|dmy|mdy|inflation-
    |spaceflight crew|infobox spaceflight/ip|chess diagram|chess diagram small|goban|shogi diagram|molecule|nfpa 704|hatnote group
    |cite|noteta|noteta2|notetag|另见|另見|主条目|主條目|参见|參見|见|見|main2|more|reflist2|reftag|link fa|link ga|link gl|zh-hans|多个问题
    |多個問題|來源請求|来源请求|fact2|可靠来源|refimprove2|消歧义链接|各地中文名|cjk-new-char|vector|authority control (arts)|lang icon|languageicon
    |indian english|british english|american english|canadian english|australian english|south african english|irish english
    |expandsection|fix|fix-span|nominal gdp|country data|navboxes|us topics|collapsible list|topicon|top icon|pic of the day
    """
}
