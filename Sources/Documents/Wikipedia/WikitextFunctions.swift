/// The parser functions and magic words of wikitext, as far as they need no database.
enum WikitextFunctions {
  enum Result {
    /// The function's value was written.
    case done
    /// It is a template, named by what follows a prefix.
    case template(String)
    /// It is no function.
    case none
  }

  /// Expands a call whose name has a colon.
  ///
  /// - Parameters:
  ///   - key: the name in lower case.
  ///   - colon: the place of its colon in the source.
  static func expand(_ call: WikitextCall, key: String, colon: Int, into out: inout [UInt8]) -> Result {
    let split = key.utf8.firstIndex(of: UInt8(ascii: ":")) ?? key.utf8.endIndex
    let name = key[..<split].trimmingSpaces
    let expander = call.expander
    let after = colon + 1
    func argument(_ index: Int) -> [UInt8] { call.functionArgument(index, after: after) }
    func isBlank(_ bytes: [UInt8]) -> Bool { bytes.allSatisfy { WikitextBytes.isSpace($0) || $0 == Mark.vanished } }
    switch name {
    case "subst", "safesubst", "msg", "raw", "msgnw", "template":
      let rest = key[split...].dropFirst().trimmingSpaces
      return rest.isEmpty ? .none : .template(rest)
    case "#if": out += argument(isBlank(argument(0)) ? 2 : 1)
    case "#ifeq": out += argument(areEqual(argument(0), argument(1)) ? 2 : 3)
    case "#ifexist":
      let title = argument(0)
      var exists = false
      if let templates = expander.templates, let colon = title.firstIndex(of: UInt8(ascii: ":")) {
        exists = templates.body(WikitextTemplates.canonical(Array(title[(colon + 1)...]))) != nil
      }
      out += argument(exists ? 1 : 2)
    case "#iferror":
      let value = argument(0)
      let isError = WikitextBytes.string(value).contains("class=\"error\"")
      out += isError ? argument(1) : call.parts.count > 2 ? argument(2) : value
    case "#ifexpr":
      let value = WikitextExpression.value(argument(0))
      out += argument((value ?? 0) != 0 ? 1 : 2)
    case "#expr":
      if let value = WikitextExpression.value(argument(0)) {
        out += WikitextExpression.text(value).utf8
      } else if !isBlank(argument(0)) {
        out += "<span class=\"error\"></span>".utf8
      }
    case "#switch": out += choose(call, after)
    case "#invoke":
      expander.counts.modules += 1
      out.append(Mark.vanished)
    case "#tag": tag(WikitextBytes.string(argument(0)), call, into: &out)
    case "#time", "#timel", "#dateformat", "#formatdate":
      let isFormat = name.hasPrefix("#time")
      let date = WikitextBytes.string(argument(isFormat ? 1 : 0))
      let format = isFormat ? WikitextBytes.string(argument(0)) : "j F Y"
      if let text = WikitextDate.format(format, date, expander.page) {
        out += text.utf8
      } else {
        expander.counts.functionsRefused += 1
        out.append(Mark.vanished)
      }
    case "#titleparts": out += titleParts(argument(0), argument(1), argument(2)).utf8
    case "#language": out += WikitextLanguages.name(WikitextBytes.string(argument(0)), in: expander.page.language).utf8
    case "lc": out += WikitextBytes.string(argument(0)).lowercased().utf8
    case "uc": out += WikitextBytes.string(argument(0)).uppercased().utf8
    case "lcfirst", "ucfirst":
      let text = WikitextBytes.string(argument(0))
      let first = name == "lcfirst" ? text.prefix(1).lowercased() : text.prefix(1).uppercased()
      out += (first + text.dropFirst()).utf8
    case "formatnum":
      let isReverse = WikitextBytes.string(argument(1)).lowercased() == "r"
      out += WikitextNumbers.grouped(WikitextBytes.string(argument(0)), expander.page.language, removes: isReverse).utf8
    case "padleft", "padright": out += padded(argument(0), argument(1), argument(2), left: name == "padleft")
    case "urlencode", "anchorencode": out += percentEncoded(WikitextBytes.string(argument(0)), spaces: "_").utf8
    case "plural":
      let isOne = WikitextBytes.number(argument(0)) == 1
      out += argument(isOne || call.parts.count < 3 ? 1 : 2)
    case "ns": out += (expander.page.namespaces[Int(WikitextBytes.string(argument(0))) ?? 0] ?? "").utf8
    case "displaytitle", "defaultsort", "defaultsortkey", "defaultcategorysort", "#coordinates", "#seo", "#related",
      "默认排序", "預設排序", "sortierung", "noexternallanglinks", "#babel", "#parsoidfragment":
      out.append(Mark.vanished)
    case "int", "fullurl", "localurl", "canonicalurl", "filepath", "grammar", "gender", "special", "#property",
      "#statements", "#section", "#section-h", "#lst", "#lsth", "#lstx", "#assessment", "pagesincategory", "#len",
      "#sub",
      "#pos", "#rpos", "#replace", "#explode", "#target", "protectionlevel", "pagesize", "#categorytree", "bidi":
      expander.counts.functionsRefused += 1
      out.append(Mark.vanished)
    default:
      let isVariable = call.argumentCount == 0 ? variable(key.prefix(upTo: split).uppercased(), expander.page) : nil
      guard let isVariable else { return .none }
      out += isVariable.utf8
    }
    return .done
  }

  /// Whether two values are the same number or the same text.
  static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    if left == right { return true }
    guard let first = left.first, let second = right.first,
      WikitextBytes.isDigit(first) || "+-.".utf8.contains(first),
      WikitextBytes.isDigit(second) || "+-.".utf8.contains(second),
      let one = Double(WikitextBytes.string(left)), let other = Double(WikitextBytes.string(right))
    else { return false }
    return one == other
  }

  private static func choose(_ call: WikitextCall, _ after: Int) -> [UInt8] {
    let subject = call.functionArgument(0, after: after)
    var falls = false
    var otherwise: WikitextCall.Part?
    var otherwiseStart: Int?
    for (index, part) in call.parts.enumerated().dropFirst() {
      guard let equals = call.equalsSign(part) else {
        let value = call.expanded(part)
        if index == call.parts.count - 1 { return value }
        if areEqual(value, subject) { falls = true }
        if value == Array("#default".utf8) {
          // What follows is chosen if nothing else is.
          otherwise = nil
          otherwiseStart = -1
        }
        continue
      }
      if otherwiseStart == -1 {
        otherwise = part
        otherwiseStart = equals + 1
      }
      let value = call.expanded(part, to: equals)
      if falls || areEqual(value, subject) { return call.expanded(part, from: equals + 1) }
      if value == Array("#default".utf8) {
        otherwise = part
        otherwiseStart = equals + 1
      }
    }
    guard let otherwise, let otherwiseStart else { return [] }
    return call.expanded(otherwise, from: otherwiseStart)
  }

  private static func tag(_ name: String, _ call: WikitextCall, into out: inout [UInt8]) {
    guard call.parts.count > 1 else { return out.append(Mark.vanished) }
    switch name.lowercased() {
    case "nowiki": WikitextExpander.verbatim(call.functionArgument(1, after: 0)[...], in: &out)
    case "math", "chem", "ce":
      guard call.expander.settings.math == .latex else { return out.append(Mark.vanished) }
      out.append(UInt8(ascii: "$"))
      WikitextExpander.verbatim(call.functionArgument(1, after: 0)[...], in: &out)
      out.append(UInt8(ascii: "$"))
    case "poem", "pre", "blockquote", "span", "div":
      out += call.functionArgument(1, after: 0)
    default: out.append(Mark.vanished)
    }
  }

  private static func titleParts(_ title: [UInt8], _ count: [UInt8], _ first: [UInt8]) -> String {
    let parts = WikitextBytes.string(title).split(separator: "/", omittingEmptySubsequences: false)
    var start = Int(WikitextBytes.string(first)) ?? 1
    start = start > 0 ? start - 1 : start < 0 ? parts.count + max(start, -parts.count) : 0
    var taken = Int(WikitextBytes.string(count)) ?? 0
    let rest = parts.dropFirst(start)
    taken = taken > 0 ? taken : taken == 0 ? rest.count : max(0, rest.count + max(taken, -rest.count))
    return rest.prefix(taken).joined(separator: "/")
  }

  private static func padded(_ text: [UInt8], _ width: [UInt8], _ filler: [UInt8], left: Bool) -> [UInt8] {
    let value = WikitextBytes.string(text)
    let fill = Array((filler.isEmpty ? "0" : WikitextBytes.string(filler)).unicodeScalars)
    let length = value.unicodeScalars.count
    let missing = min(500, Int(WikitextBytes.string(width)) ?? 0) - length
    guard missing > 0 else { return text }
    var padding = String.UnicodeScalarView()
    for i in 0..<missing { padding.append(fill[i % fill.count]) }
    return Array((left ? String(padding) + value : value + String(padding)).utf8)
  }

  /// The value of a magic word without arguments; nil if the name is none.
  static func variable(_ name: String, _ page: WikitextPage) -> String? {
    let title = page.title
    func withoutNamespace() -> String {
      guard let colon = title.firstIndex(of: ":"), page.namespaces.values.contains(String(title[..<colon])) else {
        return title
      }
      return String(title[title.index(after: colon)...])
    }
    switch name {
    case "!": return "|"
    case "=": return "="
    case "PAGENAME", "PAGENAMEE", "BASEPAGENAME", "ROOTPAGENAME", "SUBPAGENAME": return withoutNamespace()
    case "FULLPAGENAME", "FULLPAGENAMEE": return title
    case "NAMESPACE", "TALKSPACE", "NAMESPACENUMBER": return name == "NAMESPACENUMBER" ? "0" : ""
    case "CONTENTLANGUAGE", "CONTENTLANG", "PAGELANGUAGE": return page.language
    case "CURRENTYEAR", "LOCALYEAR", "REVISIONYEAR": return WikitextDate.format("Y", "", page)
    case "CURRENTMONTH", "LOCALMONTH", "REVISIONMONTH": return WikitextDate.format("m", "", page)
    case "CURRENTMONTH1", "REVISIONMONTH1": return WikitextDate.format("n", "", page)
    case "CURRENTMONTHNAME", "LOCALMONTHNAME": return WikitextDate.format("F", "", page)
    case "CURRENTDAY", "LOCALDAY", "REVISIONDAY": return WikitextDate.format("j", "", page)
    case "CURRENTDAY2", "REVISIONDAY2": return WikitextDate.format("d", "", page)
    case "DISPLAYTITLE", "DEFAULTSORT", "NUMBEROFARTICLES", "SITENAME", "SERVER", "REVISIONID", "PAGEID",
      "CURRENTTIMESTAMP":
      return ""
    default: return nil
    }
  }

  /// A title as it stands in an address.
  static func percentEncoded(_ title: String, spaces: String) -> String {
    var result = ""
    for byte in title.utf8 {
      if byte == 0x20 {
        result += spaces
      } else if byte < 0x80,
        WikitextBytes.isLetter(byte) || WikitextBytes.isDigit(byte) || "-_.~!*();:@,/'".utf8.contains(byte)
      {
        result.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        result += "%"
        for digit in [byte >> 4, byte & 15] {
          result.unicodeScalars.append(Unicode.Scalar(digit < 10 ? digit + 48 : digit + 55))
        }
      }
    }
    return result
  }
}

extension StringProtocol {
  /// Without spaces at both ends.
  var trimmingSpaces: String {
    var rest = self[...].drop { $0 == " " || $0 == "\n" || $0 == "\t" }
    while let last = rest.last, last == " " || last == "\n" || last == "\t" { rest.removeLast() }
    return String(rest)
  }
}
