import Foundation

/// Numbers as people read them in progress lines, tables and reports.
package enum Quantity {
  /// A loss: four decimals.
  package static func loss(_ value: Double) -> String { value.isNaN ? "NaN" : String(format: "%.4f", value) }

  /// A learning rate or a norm: three digits that count.
  package static func short(_ value: Double) -> String { String(format: "%.3g", value) }

  /// A count with thousands apart: `1,234,567`.
  package static func count(_ value: Int) -> String {
    var digits = Array(String(value.magnitude))
    var place = digits.count - 3
    while place > 0 {
      digits.insert(",", at: place)
      place -= 3
    }
    return (value < 0 ? "-" : "") + String(digits)
  }

  /// A count with a unit: `950`, `10.7 k`, `124 M`.
  package static func scaled(_ value: Double) -> String {
    for (limit, name) in [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")] where value >= limit {
      let scaled = value / limit
      return String(format: scaled < 9.995 ? "%.2f %@" : scaled < 99.95 ? "%.1f %@" : "%.0f %@", scaled, name)
    }
    return String(format: "%.0f", value)
  }

  /// A time: `0.4 s`, `42 s`, `3 min 05 s`, `2 h 10 min`, `3 d 4 h`.
  package static func time(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds < 1e10 else { return "unknown" }
    if seconds < 10 { return String(format: "%.1f s", max(0, seconds)) }
    let whole = Int(seconds.rounded())
    if whole < 60 { return "\(whole) s" }
    if whole < 3600 { return String(format: "%d min %02d s", whole / 60, whole % 60) }
    if whole < 86400 { return String(format: "%d h %02d min", whole / 3600, whole % 3600 / 60) }
    return "\(whole / 86400) d \(whole % 86400 / 3600) h"
  }

  /// A number with a fixed number of decimals, right-aligned in a column.
  package static func fixed(_ value: Double, _ width: Int, decimals: Int = 1) -> String {
    let text = String(format: "%.\(decimals)f", value)
    return String(repeating: " ", count: max(0, width - text.count)) + text
  }

  /// A fraction as a percentage.
  package static func percent(_ fraction: Double) -> String { String(format: "%.1f%%", 100 * fraction) }
}
