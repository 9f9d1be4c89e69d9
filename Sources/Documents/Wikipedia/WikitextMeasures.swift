/// Numbers with units, as templates write them.
enum WikitextMeasures {
  private static let units: [String: String] = [
    "km2": "km²", "m2": "m²", "sqkm": "km²", "sqmi": "sq mi", "sqft": "sq ft", "sqm": "m²", "cm2": "cm²", "mm2": "mm²",
    "km3": "km³",
    "m3": "m³", "cm3": "cm³", "cuft": "cu ft", "cuin": "cu in", "cumi": "cu mi", "cuyd": "cu yd", "C": "°C", "F": "°F",
    "kph": "km/h",
    "km/h": "km/h", "mph": "mph", "nmi": "nautical miles", "ly": "light-years", "in": "in", "lb": "lb", "um": "μm",
    "PD/sqkm": "/km²",
    "/km2": "/km²", "PD/sqmi": "/sq mi", "/sqmi": "/sq mi", "m/s2": "m/s²", "kg/m3": "kg/m³", "g/cm3": "g/cm³",
    "m3/s": "m³/s",
    "cuft/s": "cu ft/s", "U.S.gal": "US gal", "USgal": "US gal", "impgal": "imp gal", "lbf": "lbf", "psi": "psi",
    "ft.in": "ft", "e6km2": "million km²",
    "e6acre": "million acres", "C-change": "°C", "F-change": "°F", "kn": "kn", "e3sqmi": "thousand sq mi",
    "long ton": "long tons",
    "short ton": "short tons", "MT": "t", "LT": "long tons", "ST": "short tons", "mi": "mi", "acre": "acres",
    "oz": "oz", "floz": "fl oz",
  ]
  private static let joins: [String: String] = [
    "-": "–", "–": "–", "to": " to ", "to about": " to about ", "and": " and ", "or": " or ", "x": " × ", "×": " × ",
    "by": " by ", "xx": " × ",
    "+/-": " ± ", "±": " ± ", "to(-)": " to ", "&": " & ", ",": ", ", "*": " × ", "+": " + ",
  ]

  static func unit(_ name: String) -> String { units[name] ?? name }

  /// `{{convert|5|km}}`, `{{convert|5|-|7|km}}`, `{{convert|6|ft|2|in}}`: what was measured, without the other unit.
  static func convert(_ call: WikitextCall) -> String {
    let values = call.positionals.prefix(20).map(WikitextBytes.string)
    let language = call.expander.page.language
    guard !values.isEmpty else { return "" }
    var text = WikitextNumbers.grouped(values[0], language)
    var i = 1
    while i < values.count {
      if let join = joins[values[i]], i + 1 < values.count {
        text += join + WikitextNumbers.grouped(values[i + 1], language)
        i += 2
        continue
      }
      let unit = unit(values[i])
      text += (unit.hasPrefix("/") || unit.isEmpty ? "" : " ") + unit
      // Feet and inches, pounds and ounces: another number with a unit that belongs to the first.
      let small = ["in", "oz", "lb", "ft", "yd", "chain"]
      if i + 2 < values.count, small.contains(values[i + 2]), Double(values[i + 1]) != nil,
        ["ft", "lb", "st", "mi", "yd"].contains(values[i])
      {
        text += " " + values[i + 1]
        i += 2
        continue
      }
      break
    }
    return text
  }

  /// `{{val|1.23|0.05|e=6|u=m}}`.
  static func value(_ call: WikitextCall) -> String {
    let language = call.expander.page.language
    var text = (call.named("p") ?? "") + WikitextNumbers.grouped(call.text(1), language)
    if let uncertainty = call.named("2") { text += "±" + uncertainty }
    if let end = call.named("end") { text += end }
    if let exponent = call.named("e") { text += "×10<sup>\(exponent)</sup>" }
    if let unit = call.named("u", "ul") { text += (unit == "%" || unit == "°" ? "" : " ") + self.unit(unit) }
    if let per = call.named("upl", "up") { text += "/" + per }
    return text + (call.named("s") ?? "")
  }

  /// `{{height|ft=5|in=10}}`, `{{height|m=1.78}}`.
  static func height(_ call: WikitextCall) -> String {
    var parts: [String] = []
    for unit in ["m", "cm", "ft", "in"] {
      if let value = call.named(unit) { parts.append("\(value) \(unit)") }
    }
    return parts.joined(separator: " ")
  }

  /// `{{percentage|1|3|1}}`.
  static func percentage(_ call: WikitextCall) -> String {
    guard let part = WikitextBytes.number(call.positional(1)), let whole = WikitextBytes.number(call.positional(2)),
      whole != 0
    else {
      return call.text(1).isEmpty ? "" : call.text(1) + "%"
    }
    let digits = min(max(Int(call.text(3)) ?? 0, 0), 10)
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    return WikitextExpression.text((part / whole * 100 * scale).rounded() / scale) + "%"
  }

  static func ordinal(_ text: String) -> String {
    guard let number = Int(text), number >= 0 else { return text }
    let last = number % 10
    let isTeen = (11...13).contains(number % 100)
    return text + (isTeen ? "th" : last == 1 ? "st" : last == 2 ? "nd" : last == 3 ? "rd" : "th")
  }
}
