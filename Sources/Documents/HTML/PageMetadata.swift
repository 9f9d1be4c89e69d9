import Foundation

/// Finds what a page says of itself.
struct PageMetadata {
  private let tree: HTMLTree
  private let url: String?
  /// The values of `meta` elements by their lower-case names, the first of each.
  private var meta: [String: String] = [:]
  /// The first headings.
  private var headings: [String] = []
  private var title: String?
  private var structured: [String: String] = [:]
  private var authorElement: String?
  private var timeElement: String?
  private var licence: String?

  init(_ tree: HTMLTree, url: String?) {
    self.tree = tree
    self.url = url
    for index in tree.nodes.indices {
      let node = tree.nodes[index]
      switch node.tag {
      case .text: continue
      case .div, .span, .p, .li, .address:
        if authorElement == nil, node.attributeCount > 0, namesAuthor(index) {
          authorElement = Self.person(tree.text(of: index, limit: 120))
        }
      case .meta:
        guard node.attributeCount >= 2, let content = tree.string(.content, of: index)?.trimmed, !content.isEmpty else {
          continue
        }
        for key in [HTMLAttributeName.property, .name, .itemprop, .httpEquiv] {
          guard let name = tree.string(key, of: index)?.lowercased(), meta[name] == nil else { continue }
          meta[name] = content
        }
      case .title: if title == nil { title = tree.text(of: index).nonEmpty }
      case .h1:
        if headings.count < 8, let heading = tree.text(of: index).nonEmpty { headings.append(heading) }
      case .time:
        if timeElement == nil { timeElement = tree.string(.datetime, of: index)?.trimmed.nonEmpty }
      case .script:
        guard structured.isEmpty, let type = tree.value(.type, of: index),
          tree.source[type].elementsEqual("application/ld+json".utf8), index + 1 < node.end
        else { continue }
        let text = tree.nodes[index + 1]
        structured = StructuredData.article(tree.source[Int(text.start)..<Int(text.start + text.length)])
      case .a, .link:
        guard node.attributeCount >= 1, let reference = tree.value(.href, of: index) else { continue }
        let relation = tree.value(.rel, of: index)
        let isLicence = relation.map { tree.source[$0].hasWord("license") } == true
        if licence == nil || isLicence, let found = Self.licence(tree.source[reference], isNamed: isLicence) {
          licence = found
        }
        if authorElement == nil, node.tag == .a, let relation, tree.source[relation].hasWord("author") {
          authorElement = Self.person(tree.text(of: index, limit: 120))
        }
      default: continue
      }
    }
  }

  /// Whether the names of an element say that it holds the author's name.
  private func namesAuthor(_ node: Int) -> Bool {
    if let value = tree.value(.itemprop, of: node) { return tree.source[value].elementsEqual("author".utf8) }
    guard let value = tree.value(.class, of: node), value.count < 200 else { return false }
    return tree.source[value].hasText("author") || tree.source[value].hasText("byline")
  }

  /// A name without what stands before it; nil if it is too long for one.
  private static func person(_ text: String) -> String? {
    var name = Substring(text)
    for prefix in ["written by ", "by ", "von ", "par ", "por ", "autor: ", "author: ", "作者：", "作者:", "by: "]
    where name.lowercased().hasPrefix(prefix) {
      name = name.dropFirst(prefix.count)
      break
    }
    let isName = (2...60).contains(name.utf8.count) && name.split(separator: " ").count <= 6
    return isName ? String(name).trimmed.nonEmpty : nil
  }

  /// Writes what was found into a page.
  func describe(_ page: inout HTMLPage) {
    page.title = bestTitle()
    page.author =
      first("author", "article:author", "dc.creator", "dcterms.creator", "parsely-author", "sailthru.author") {
        !$0.hasPrefix("http") && $0.utf8.count < 100
      } ?? structured["author"] ?? authorElement
    let date =
      first(
        "article:published_time", "datepublished", "date", "dc.date", "dcterms.date", "dc.date.issued",
        "dcterms.created",
        "dcterms.issued", "pubdate", "publishdate", "publish-date", "og:published_time", "parsely-pub-date",
        "sailthru.date", "datecreated"
      ) { $0.utf8.count >= 4 } ?? structured["datePublished"] ?? timeElement
    page.date = date.map(Self.day)
    page.language = declaredLanguage()
    page.licence = licence ?? structured["license"].flatMap { Self.licence(Array($0.utf8)[...], isNamed: true) }
  }

  private func first(_ names: String..., where isGood: (String) -> Bool) -> String? {
    for name in names {
      if let value = meta[name], isGood(value) { return value }
    }
    return nil
  }

  /// The title that social networks are told, or the one of the window, without the site's name; the heading where
  /// such a title begins with it.
  private func bestTitle() -> String? {
    guard let title = meta["og:title"] ?? structured["headline"] ?? title else {
      return headings.first ?? meta["title"] ?? meta["dc.title"]
    }
    let folded = title.split(whereSeparator: \.isWhitespace).joined(separator: " ").lowercased()
    if let heading = headings.first(where: { $0.utf8.count > 8 && folded.hasPrefix($0.lowercased()) }) {
      return heading
    }
    return Self.withoutSite(title, meta["og:site_name"])
  }

  private static func withoutSite(_ title: String, _ site: String?) -> String {
    let title = title.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    for separator in [" | ", " - ", " – ", " — ", " · ", " » ", " › ", " • ", " :: ", "_", "|"] {
      guard let cut = title.range(of: separator, options: .backwards) else { continue }
      let last = title[cut.upperBound...]
      let rest = title[..<cut.lowerBound]
      if let site, last.contains(site) || site.contains(last) { return String(rest).trimmed }
      if separator != "_" || last.utf8.contains(where: { $0 >= 0x80 }),
        rest.utf8.count >= 10 && last.utf8.count * 2 < rest.utf8.count && site == nil
      {
        return String(rest).trimmed
      }
    }
    return title
  }

  private func declaredLanguage() -> String? {
    let candidates = [
      tree.string(.lang, of: 0), tree.string(.xmlLang, of: 0), meta["content-language"], meta["og:locale"],
      meta["dc.language"], structured["inLanguage"],
    ]
    for case let language? in candidates {
      let name = language.split { $0 == "," || $0 == ";" || $0.isWhitespace }.first.map(String.init) ?? ""
      let isName = name.utf8.allSatisfy {
        $0 < 0x80 && ($0 == 0x2D || $0 == 0x5F || Character(Unicode.Scalar($0)).isLetter)
      }
      if isName && (2...12).contains(name.utf8.count) { return name.replacingOccurrences(of: "_", with: "-") }
    }
    return nil
  }

  /// The day of a date that begins with it, otherwise the date.
  private static func day(_ date: String) -> String {
    let bytes = Array(date.utf8.prefix(10))
    func isDigit(_ index: Int) -> Bool { index < bytes.count && (0x30...0x39).contains(bytes[index]) }
    if (0..<4).allSatisfy(isDigit) && bytes.count == 10 && isDigit(5) && isDigit(6) && isDigit(8) && isDigit(9),
      [0x2D, 0x2F, 0x2E].contains(bytes[4]) && bytes[7] == bytes[4]
    {
      return String(decoding: bytes[0..<4] + [0x2D] + bytes[5..<7] + [0x2D] + bytes[8..<10], as: UTF8.self)
    }
    return date
  }

  /// The licence behind an address, if it is one.
  static func licence(_ address: ArraySlice<UInt8>, isNamed: Bool) -> String? {
    guard isNamed || address.count < 200 && address.contains(0x76) && address.hasText("creativecommons.org/") else {
      return nil
    }
    let text = String(decoding: address, as: UTF8.self)
    if let range = text.range(of: "creativecommons.org/") {
      let parts = text[range.upperBound...].lowercased().split { "/?#.".contains($0) }.map(String.init)
      guard parts.count >= 2 else { return nil }
      var version = ""
      if parts.count >= 4, Int(parts[2]) != nil, Int(parts[3]) != nil { version = "-\(parts[2]).\(parts[3])" }
      switch (parts[0], parts[1]) {
      case ("licenses", let kind) where kind.hasPrefix("by"): return "CC-\(kind.uppercased())\(version)"
      case ("publicdomain", "zero"): return "CC0\(version.isEmpty ? "-1.0" : version)"
      case ("publicdomain", "mark"): return "LicenseRef-PublicDomain"
      default: return nil
      }
    }
    return text.nonEmpty
  }
}

extension String {
  /// The text without white space around it.
  var trimmed: String { trimmingCharacters(in: .whitespacesAndNewlines) }
  /// The text, nil if it is empty.
  var nonEmpty: String? { isEmpty ? nil : self }
}

extension ArraySlice<UInt8> {
  /// Whether a word of lower-case ASCII stands between white space, in either case.
  func hasWord(_ word: String) -> Bool {
    split { $0 <= 0x20 }.contains { part in
      part.count == word.utf8.count && zip(part, word.utf8).allSatisfy { $0 | 0x20 == $1 }
    }
  }

  /// Whether a text stands anywhere.
  func hasText(_ text: StaticString) -> Bool {
    let length = text.utf8CodeUnitCount
    guard count >= length else { return false }
    return withUnsafeBufferPointer { bytes in
      for start in 0...bytes.count - length where bytes[start] == text.utf8Start[0] {
        var matched = 1
        while matched < length && bytes[start + matched] == text.utf8Start[matched] { matched += 1 }
        if matched == length { return true }
      }
      return false
    }
  }
}
