import Core
import Foundation
import TestSupport

/// The documents that Tools/curation/documents.py makes, from the same seeds.
struct GeneratedDocuments {
  private let words: [String]

  init() throws {
    let text = try String(contentsOfFile: fixture("curation/words.txt"), encoding: .utf8)
    words = text.unicodeScalars.split { $0 == " " || $0 == "\n" }.map { String(String.UnicodeScalarView($0)) }
  }

  private static let ends = [".", ".", ".", ".", "!", "?", ".\"", "...", "…", "", "’", ".)", "."]
  private static let gaps = [
    " ", " ", " ", " ", " ", " ", " ", " ", "  ", "\t", "\u{A0}", "\u{2003}", "\u{3000}", "\u{1F}",
  ]
  private static let fixed = [
    "Please enable JavaScript to view the comments.",
    "This site uses cookies to give you a better time here.",
    "Read our Privacy Policy and the Terms of Use before you go on.",
    "Lorem ipsum dolor sit amet, consectetur adipiscing elit.",
    "function main() { return 0; }",
    "The battle [12] was lost [citation needed] in the end.[3]",
    "History[edit]",
    "Dr. Smith met Mr. Jones at 5 p.m. in St. Louis. They talked about J. R. Clark etc. and left.",
    "Share this",
    "Home",
    "Next page",
    "我们 met 在 the station yesterday evening.",
    String(repeating: "W", count: 1001) + " is a long word.",
    "#one #two #three #four",
    "1 2 3 4 5 6 7 8 9 10",
    "?! ... -- *** && 123 456",
    "The set {1, 2} is small.",
    "It is so, as I do or we go on, if it is to be up to me.",
  ]
  private static let breaks =
    [String](repeating: "\n", count: 20) + ["\r\n", "\r", "\u{2028}", "\u{0B}", "\u{85}", "\n\n\n"]

  private func word(_ random: inout SplitMix, _ rare: Int) -> String {
    let common = words.count - 40
    if random.below(100) < rare { return words[common + random.below(40)] }
    let first = random.below(common)
    return words[min(first, random.below(common))]
  }

  private func sentence(_ random: inout SplitMix, _ rare: Int, _ length: Int) -> String {
    var text = ""
    for index in 0..<length {
      if index > 0 { text += random.choice(GeneratedDocuments.gaps) }
      let next = word(&random, rare)
      if index == 0, let first = next.unicodeScalars.first, first.value < 0x7F {
        text += String(first).uppercased()
        text.unicodeScalars.append(contentsOf: next.unicodeScalars.dropFirst())
      } else {
        text += next
      }
    }
    return text + random.choice(GeneratedDocuments.ends)
  }

  private func line(_ random: inout SplitMix, _ rare: Int, _ style: Int) -> String {
    let kind = random.below(100)
    switch style {
    case 1 where kind < 92:
      let bullet = random.choice(["- ", "• ", "  - "])
      let length = 1 + random.below(9)
      return bullet + sentence(&random, rare, length)
    case 2 where kind < 70:
      let length = 1 + random.below(4)
      return sentence(&random, rare, length)
    case 3 where kind < 40:
      let length = 4 + random.below(9)
      let text = sentence(&random, rare, length)
      return text + random.choice(["...", "…", "... "])
    case 4 where kind < 30:
      let length = 2 + random.below(5)
      let phrase = sentence(&random, rare, length)
      return [String](repeating: phrase, count: 2 + random.below(6)).joined(separator: " ")
    case 5 where kind < 30: return random.choice(GeneratedDocuments.fixed)
    case 6 where kind < 80:
      let fixed = GeneratedDocuments.fixed
      return random.choice([fixed[17], fixed[13], "Oh, no, it is I.", "# a # b # c # the and."])
    default: break
    }
    if kind < 4 { return random.choice(GeneratedDocuments.fixed) }
    let count = 1 + random.below(4)
    return (0..<count).map { _ in
      let length = 3 + random.below(20)
      return sentence(&random, rare, length)
    }.joined(separator: " ")
  }

  /// Document `number`.
  func document(_ number: Int) -> String {
    var random = SplitMix(seed: UInt64(number) * 7919 + 1)
    let style = random.below(8)
    let rare = [2, 2, 2, 5, 10, 40, 80][random.below(7)]
    let count = [1, 2, 4, 6, 10, 16, 24][random.below(7)]
    let repeats = [0, 0, 0, 2, 10, 35][random.below(6)]
    let hasParagraphs = random.below(3) == 0
    var lines: [String] = []
    for _ in 0..<count {
      if !lines.isEmpty, random.below(100) < repeats {
        lines.append(random.choice(lines))
      } else {
        lines.append(line(&random, rare, style))
      }
    }
    var text = ""
    for (index, part) in lines.enumerated() {
      if index > 0 {
        text += hasParagraphs && random.below(2) != 0 ? "\n\n" : random.choice(GeneratedDocuments.breaks)
      }
      text += part
    }
    if random.below(12) == 0 {
      let before = random.choice([" ", "\n", "\n\n"])
      text = before + text + random.choice([" ", "\n", "\n\n "])
    }
    return text
  }
}

/// SplitMix64, which generators in Python repeat easily.
struct SplitMix: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  mutating func below(_ count: Int) -> Int { Int(next() % UInt64(count)) }

  mutating func choice<T>(_ items: [T]) -> T { items[below(items.count)] }
}

/// CRC-32 as zlib's, in hexadecimal.
func checksum(_ text: String) -> String {
  var crc: UInt32 = 0xFFFF_FFFF
  for byte in text.utf8 {
    crc ^= UInt32(byte)
    for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
  }
  let digits = String(crc ^ 0xFFFF_FFFF, radix: 16)
  return String(repeating: "0", count: 8 - digits.count) + digits
}
