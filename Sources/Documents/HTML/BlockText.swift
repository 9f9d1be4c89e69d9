/// What the letters of a block tell.
struct BlockText {
  /// The phrases in it.
  var phrases: PhraseKinds = []
  /// Digits of ASCII.
  var digits: Int32 = 0
  /// Capitals of ASCII.
  var capitals: Int32 = 0
  /// Whether it ends as a sentence does.
  var endsSentence = false
  /// Whether it ends in a colon.
  var endsColon = false
  /// Whether it begins in lower case.
  var beginsLower = false
  /// A hash of its letters.
  var hash: UInt64 = 0xCBF2_9CE4_8422_2325

  private init() {}

  init(_ tree: HTMLTree, _ source: UnsafeBufferPointer<UInt8>, _ nodes: Range<Int>) {
    var last: UInt8 = 0
    var beforeLast: UInt8 = 0
    var isFirst = true
    var text = BlockText()
    Phrases.shared.automaton.withScanner { scanner in
      scanner.step(0x20)
      var wasSpace = true
      var budget = 2000
      var index = nodes.lowerBound
      while index < nodes.upperBound && budget > 0 {
        let node = tree.nodes[index]
        guard node.tag == .text else {
          index = TextMeasure.isSilent(node.tag) ? Int(node.end) : index + 1
          continue
        }
        index += 1
        for position in Int(node.start)..<Int(node.start) + min(Int(node.length), budget) {
          let byte = source[position]
          if byte <= 0x20 {
            if !wasSpace { scanner.step(0x20) }
            wasSpace = true
            continue
          }
          wasSpace = false
          scanner.step(byte)
          if byte &- 0x30 < 10 { text.digits += 1 }
          if byte &- 0x41 < 26 { text.capitals += 1 }
          if isFirst {
            isFirst = false
            text.beginsLower = byte &- 0x61 < 26
          }
          let lower = byte &- 0x41 < 26 ? byte | 0x20 : byte
          text.hash = (text.hash ^ UInt64(lower)) &* 0x100_0000_01B3
          beforeLast = last
          last = byte
        }
        budget -= Int(node.length)
      }
      scanner.step(0x20)
      text.phrases = PhraseKinds(rawValue: scanner.found)
    }
    self = text
    // Long texts were not read to their end; they are sentences.
    let quote: Set<UInt8> = [0x22, 0x27, 0x29, 0x5D]
    let end = quote.contains(last) ? beforeLast : last
    endsColon = last == 0x3A || last == 0x9A && beforeLast == 0xBC
    endsSentence =
      [0x2E, 0x21, 0x3F].contains(end) || last == 0x82 && beforeLast == 0x80 || last == 0xA6 && beforeLast == 0x80
      || last == 0x81 && beforeLast == 0xBC || last == 0x9F && beforeLast == 0xBC || last == 0x9D && beforeLast == 0x80
  }
}
