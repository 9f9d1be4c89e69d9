/// The texts of templates that need more than their arguments side by side.
enum WikitextKnownTexts {
  /// `{{zh|s=..|t=..|p=..}}`: the forms of a Chinese name.
  static func chinese(_ call: WikitextCall) -> String {
    let isChinese = call.expander.page.language.hasPrefix("zh")
    let forms: [(String, String, String)] = [
      ("c", "Chinese", "中文"), ("s", "simplified Chinese", "简体"), ("t", "traditional Chinese", "繁体"),
      ("p", "pinyin", "拼音"),
      ("hp", "pinyin", "拼音"), ("w", "Wade–Giles", "威妥玛拼音"), ("j", "Jyutping", "粤拼"), ("cy", "Cantonese Yale", "耶鲁拼音"),
      ("poj", "Pe̍h-ōe-jī", "白话字"), ("l", "lit.", "直译"),
    ]
    var texts: [String] = []
    for (key, english, chinese) in forms {
      guard let text = call.named(key) else { continue }
      texts.append(isChinese ? "\(chinese)：\(text)" : key == "l" ? "lit. '\(text)'" : "\(english): \(text)")
    }
    if texts.isEmpty { return call.text(1) }
    return texts.joined(separator: isChinese ? "；" : "; ")
  }

  /// `{{nihongo|English|kanji|romaji|more}}`.
  static func japanese(_ call: WikitextCall) -> String {
    let rest = [call.text(2), call.text(3), call.text(4)].filter { !$0.isEmpty }.joined(separator: ", ")
    let first = call.text(1)
    if first.isEmpty { return rest }
    return rest.isEmpty ? first : "\(first) (\(rest))"
  }

  private static let sounds: [String: String] = ["'": "ˈ", ",": "ˌ", "_": " ", ",_": ", ", "-": ""]
  private static let labels: Set<String> = [
    "lang", "lang2", "pron", "us", "uk", "us also", "uk also", "local", "locally", "also", "alsolocally", "audio",
    "ipa", "en-us", "en-uk",
    "lit", "or", "icon", "am", "au", "aus", "ca", "nz", "ie", "can",
  ]

  /// `{{IPAc-en|ˈ|æ|n|...}}`: sounds, one by one.
  static func pronunciation(_ call: WikitextCall) -> String {
    var text = ""
    for value in call.positionals {
      let sound = WikitextBytes.string(value)
      if labels.contains(sound.lowercased()) || sound.hasSuffix(".ogg") || sound.hasSuffix(".wav") { continue }
      text += sounds[sound] ?? sound
    }
    return text.isEmpty ? "" : "/\(text)/"
  }

  /// `{{frac|1|2}}`, `{{frac|3|1|2}}`.
  static func fraction(_ call: WikitextCall) -> String {
    let values = call.positionals.map(WikitextBytes.string)
    switch values.count {
    case 0: return "⁄"
    case 1: return "1⁄\(values[0])"
    case 2: return "\(values[0])⁄\(values[1])"
    default: return "\(values[0]) \(values[1])⁄\(values[2])"
    }
  }

  /// `{{chem|H|2|O}}`: numbers after elements are lowered.
  static func chemical(_ call: WikitextCall) -> String {
    var text = ""
    for value in call.positionals {
      let part = WikitextBytes.string(value)
      let isNumber = !part.isEmpty && part.utf8.allSatisfy(WikitextBytes.isDigit)
      text += !text.isEmpty && isNumber ? "<sub>\(part)</sub>" : part
    }
    return text
  }

  private static func isDayFirst(_ call: WikitextCall) -> Bool {
    if call.named("df") != nil { return true }
    return call.named("mf") == nil && !["en", "simple", ""].contains(call.expander.page.language)
  }

  private static func text(_ date: WikitextDate, _ call: WikitextCall) -> String {
    date.text(call.expander.page.language, dayFirst: isDayFirst(call))
  }

  static func date(_ call: WikitextCall) -> String {
    guard let date = WikitextDate(call.text(1), call.text(2), call.text(3)) else { return call.text(1) }
    return text(date, call)
  }

  static func dateAndAge(_ call: WikitextCall) -> String {
    guard let date = WikitextDate(call.text(1), call.text(2), call.text(3)) else { return call.text(1) }
    let name = WikitextBytes.string(call.expanded(call.parts[0])).lowercased()
    guard !name.hasPrefix("start"), let today = WikitextDate.today(call.expander.page) else { return text(date, call) }
    let age = date.years(to: today)
    return call.expander.page.language.hasPrefix("zh")
      ? "\(text(date, call))（\(age)岁）" : "\(text(date, call)) (age \(age))"
  }

  static func deathAndAge(_ call: WikitextCall) -> String {
    let hasDays = call.countOfPositionals >= 6
    guard
      let death = hasDays ? WikitextDate(call.text(1), call.text(2), call.text(3)) : WikitextDate(call.text(1), "", "")
    else {
      return call.text(1)
    }
    let birth = hasDays ? WikitextDate(call.text(4), call.text(5), call.text(6)) : WikitextDate(call.text(2), "", "")
    guard let birth else { return text(death, call) }
    let age = birth.years(to: death)
    return call.expander.page.language.hasPrefix("zh")
      ? "\(text(death, call))（\(age)岁）" : "\(text(death, call)) (aged \(age))"
  }

  static func age(_ call: WikitextCall) -> String {
    guard let first = WikitextDate(call.text(1), call.text(2), call.text(3)) else { return "" }
    let last = WikitextDate(call.text(4), call.text(5), call.text(6)) ?? WikitextDate.today(call.expander.page)
    return last.map { String(first.years(to: $0)) } ?? ""
  }

  /// `{{as of|2015|3}}`: "As of March 2015".
  static func asOf(_ call: WikitextCall) -> String {
    if let alternative = call.named("alt") { return alternative }
    let language = call.expander.page.language
    let date = WikitextDate(call.text(1), call.text(2), call.text(3)).map { text($0, call) } ?? call.text(1)
    if language.hasPrefix("zh") { return "截至\(date)" }
    let begin = call.named("since") != nil ? "Since" : "As of"
    return (call.named("lc") != nil ? begin.lowercased() : begin) + " " + date + (call.named("post") ?? "")
  }

  /// A time after a word for "about": `{{circa|1500|1510}}`.
  static func about(_ call: WikitextCall, _ word: String) -> String {
    let values = [call.text(1), call.text(2)].filter { !$0.isEmpty }
    return values.isEmpty ? word.trimmingSpaces : word + values.joined(separator: " – ")
  }

  /// `{{OldStyleDate|February 2|1905|January 20}}`: a day by two calendars.
  static func oldStyle(_ call: WikitextCall) -> String {
    let year = call.text(2).isEmpty ? "" : " " + call.text(2)
    return "\(call.text(1)) [O.S. \(call.text(3))]\(year)"
  }

  private static let elements: [String: String] = [
    "hydrogen": "H", "carbon": "C", "nitrogen": "N", "oxygen": "O", "fluorine": "F", "sodium": "Na", "magnesium": "Mg",
    "aluminium": "Al",
    "silicon": "Si", "phosphorus": "P", "sulfur": "S", "chlorine": "Cl", "potassium": "K", "calcium": "Ca",
    "iron": "Fe", "copper": "Cu",
    "zinc": "Zn", "bromine": "Br", "silver": "Ag", "iodine": "I",
  ]

  /// The names of the templates that write the sign of an element.
  static var elementNames: String { elements.keys.joined(separator: "|") }

  /// `{{Carbon}}`: the sign of an element.
  static func element(_ call: WikitextCall) -> String {
    elements[WikitextBytes.string(call.expanded(call.parts[0])).lowercased()] ?? ""
  }

  /// `{{bd|1950年|1月1日|2000年|2月2日}}`: the years of a life.
  static func life(_ call: WikitextCall) -> String {
    let birth = call.text(1) + call.text(2)
    let death = call.text(3) + call.text(4)
    return "（\(birth)－\(death)）"
  }
}
