import Core

/// Texts that look like text, and copies of them with a known number of changes.
struct SampleTexts {
  private var random: RandomStream
  private let words: [String]

  init(seed: UInt64, vocabulary: Int = 2000) {
    var random = RandomStream(RandomKey(seed: seed).named("texts"))
    let letters = Array("etaoinshrdlcumwfgypbvk")
    words = (0..<vocabulary).map { _ in
      String((0..<Int.random(in: 2...9, using: &random)).map { _ in letters[Int.random(in: 0..<22, using: &random)] })
    }
    self.random = random
  }

  mutating func number(_ range: Range<Int>) -> Int { Int.random(in: range, using: &random) }

  /// So many words, the common ones more often.
  mutating func text(_ count: Int) -> String {
    (0..<count).map { _ in
      let skew = random.unit() * random.unit()
      return words[Int(skew * Double(words.count))]
    }.joined(separator: " ")
  }

  /// So many Han characters.
  mutating func chineseText(_ count: Int) -> String {
    String(String.UnicodeScalarView((0..<count).compactMap { _ in Unicode.Scalar(0x4E00 + UInt32(number(0..<3000))) }))
  }

  /// The text with so many of its words replaced.
  mutating func changed(_ text: String, words count: Int) -> String {
    var parts = text.split(separator: " ").map(String.init)
    for _ in 0..<(parts.isEmpty ? 0 : count) { parts[number(0..<parts.count)] = words[number(0..<words.count)] + "x" }
    return parts.joined(separator: " ")
  }

  /// Documents of which about a third are near or exact copies of earlier ones.
  mutating func collection(_ count: Int) -> [String] {
    var texts: [String] = []
    for _ in 0..<count {
      switch texts.isEmpty ? 9 : number(0..<10) {
      case 0: texts.append(texts[number(0..<texts.count)])
      case 1: texts.append(texts[number(0..<texts.count)].uppercased() + " !")
      case 2, 3: texts.append(changed(texts[number(0..<texts.count)], words: number(1..<12)))
      case 4: texts.append(text(number(0..<6)))
      default: texts.append(text(number(20..<120)))
      }
    }
    return texts
  }
}
