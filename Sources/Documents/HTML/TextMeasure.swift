/// How much text is in each part of a page.
struct TextMeasure {
  /// What a piece of text has.
  struct Amount {
    /// Letters, a sign of Chinese or Japanese as three.
    var letters: Int32 = 0
    /// Letters in links.
    var linked: Int32 = 0
    /// Ends of sentences.
    var sentences: Int32 = 0
    /// Commas and their like.
    var commas: Int32 = 0

    static func - (left: Amount, right: Amount) -> Amount {
      Amount(
        letters: left.letters - right.letters, linked: left.linked - right.linked,
        sentences: left.sentences - right.sentences, commas: left.commas - right.commas)
    }

    static func + (left: Amount, right: Amount) -> Amount {
      Amount(
        letters: left.letters + right.letters, linked: left.linked + right.linked,
        sentences: left.sentences + right.sentences, commas: left.commas + right.commas)
    }
  }

  /// The amount before each node, and at the end.
  private let before: [Amount]

  init(_ tree: HTMLTree) {
    var before = [Amount](repeating: Amount(), count: tree.nodes.count + 1)
    var total = Amount()
    var skipEnd = 0
    tree.source.withUnsafeBufferPointer { source in
      for index in tree.nodes.indices {
        before[index] = total
        let node = tree.nodes[index]
        if node.tag != .text {
          if Self.isSilent(node.tag) { skipEnd = max(skipEnd, Int(node.end)) }
          continue
        }
        if index < skipEnd { continue }
        var amount = Self.amount(source, Int(node.start), Int(node.start) + Int(node.length))
        if node.isLinked { amount.linked = amount.letters }
        total = total + amount
      }
    }
    before[tree.nodes.count] = total
    self.before = before
  }

  /// The text in a node.
  func amount(of node: Int, in tree: HTMLTree) -> Amount { before[Int(tree.nodes[node].end)] - before[node] }

  /// The text in the nodes of a range.
  func amount(_ range: Range<Int>) -> Amount { before[range.upperBound] - before[range.lowerBound] }

  /// Whether an element's text is never read.
  static func isSilent(_ tag: HTMLTag) -> Bool {
    switch tag {
    case .script, .style, .noscript, .template, .head, .title, .textarea, .select, .option, .iframe, .svg, .canvas,
      .object, .embed, .applet, .audio, .video, .map, .noembed, .noframes, .rp, .rt, .xmp:
      true
    default: false
    }
  }

  /// What a piece of text has.
  private static func amount(_ source: UnsafeBufferPointer<UInt8>, _ begin: Int, _ end: Int) -> Amount {
    var amount = Amount()
    var index = begin
    while index < end {
      let byte = source[index]
      index += 1
      if byte <= 0x20 || byte & 0xC0 == 0x80 { continue }
      if byte < 0x80 {
        amount.letters += 1
        switch byte {
        case 0x2E, 0x21, 0x3F:
          if index == end || source[index] <= 0x20 || source[index] == 0x22 { amount.sentences += 1 }
        case 0x2C, 0x3B: amount.commas += 1
        case 0x26:
          if let (scalar, length) = HTMLEntities.shared.decode(source, index - 1, end) {
            index += length - 1
            if scalar <= 0x20 || scalar == 0xA0 { amount.letters -= 1 }
          }
        default: break
        }
      } else if byte < 0xE2 {
        // The space that does not break is none of the letters.
        if byte != 0xC2 || source[index] != 0xA0 { amount.letters += 1 }
      } else if byte == 0xE2 {
        amount.letters += 1
      } else {
        amount.letters += 3
        // 。 and ！ and ？, 、 and ，
        if byte == 0xE3 && source[index] == 0x80 {
          if source[index + 1] == 0x82 { amount.sentences += 1 }
          if source[index + 1] == 0x81 { amount.commas += 1 }
        } else if byte == 0xEF && source[index] == 0xBC {
          if source[index + 1] == 0x81 || source[index + 1] == 0x9F { amount.sentences += 1 }
          if source[index + 1] == 0x8C || source[index + 1] == 0x9B { amount.commas += 1 }
        }
      }
    }
    return amount
  }
}
