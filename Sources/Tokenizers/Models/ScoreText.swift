import Core

/// A score with the digits it was read from, so that a file that is written again is the same.
///
/// The `tokenizers` library reads decimal numbers in a way that is sometimes off by the last bit: whole digits times or
/// divided by a power of ten. Where two ways through a text are equally likely that bit decides, so it is done here too.
struct ScoreText: Sendable {
  let text: String
  let value: Double

  /// A number of a JSON text.
  init(_ text: String) {
    self.text = text
    value = ScoreText.read(text)
  }

  /// A number that was computed, as it will be read back.
  init(_ value: Double) { self.init(JSONValue.double(value).text()) }

  private static func read(_ text: String) -> Double {
    var significand: UInt64 = 0
    var exponent = 0
    var isNegative = false
    var isAfterPoint = false
    var isFull = false
    var rest = text.utf8[...]
    while let byte = rest.first {
      switch byte {
      case UInt8(ascii: "-"): isNegative = true
      case UInt8(ascii: "."): isAfterPoint = true
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        let (product, overflows) = significand.multipliedReportingOverflow(by: 10)
        let (sum, alsoOverflows) = product.addingReportingOverflow(UInt64(byte - UInt8(ascii: "0")))
        if isFull || overflows || alsoOverflows {
          isFull = true
          if !isAfterPoint { exponent += 1 }
        } else {
          significand = sum
          if isAfterPoint { exponent -= 1 }
        }
      default:
        // An exponent is the rest.
        exponent = max(-100_000, min(100_000, exponent + (Int(Substring(rest.dropFirst())) ?? 0)))
        rest = rest.suffix(1)
      }
      rest = rest.dropFirst()
    }
    var result = Double(significand)
    while exponent < -308, result != 0 {
      result /= 1e308
      exponent += 308
    }
    if exponent >= 0 { result *= power(min(exponent, 309)) } else { result /= power(min(-exponent, 308)) }
    return isNegative ? -result : result
  }

  private static func power(_ exponent: Int) -> Double { Double("1e\(exponent)") ?? .infinity }
}
