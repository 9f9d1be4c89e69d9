/// Writes blocks of a page as lines of text.
struct TextWriter {
  let tree: HTMLTree
  let markup: HTMLExtractor.Markup
  /// Whether an element in a block is left out.
  let isDropped: (Int) -> Bool
  private(set) var output: [UInt8] = []
  /// Whether a space is due before the next letter.
  private var needsSpace = false
  /// Where the line began.
  private var lineStart = 0
  private var isInCode = false

  init(_ tree: HTMLTree, markup: HTMLExtractor.Markup, isDropped: @escaping (Int) -> Bool) {
    self.tree = tree
    self.markup = markup
    self.isDropped = isDropped
  }

  /// Writes a block and a line feed.
  mutating func write(_ block: ContentBlock) {
    let start = output.count
    let isMarkdown = markup == .markdown
    if isInCode && block.kind != .code { endCode() }
    if isMarkdown && block.kind != .code {
      for _ in 0..<min(block.quoteDepth, 8) { output += "> ".utf8 }
    }
    switch block.kind {
    case .heading(let level) where isMarkdown:
      output += repeatElement(0x23, count: level)
      output.append(0x20)
    case .item(let number):
      if isMarkdown { for _ in 1..<max(1, min(block.listDepth, 8)) { output += "  ".utf8 } }
      output += number.map { "\($0). " }.map { Array($0.utf8) } ?? [0x2D, 0x20]
    case .row where isMarkdown: output += "| ".utf8
    case .code where isMarkdown && !isInCode:
      output += "```\n".utf8
      isInCode = true
    default: break
    }
    let textStart = output.count
    lineStart = textStart
    needsSpace = false
    writeText(block)
    while let last = output.last, output.count > textStart, last == 0x20 || last == 0x0A { output.removeLast() }
    if output.count == textStart {
      output.removeSubrange(start...)
      return
    }
    if block.kind == .row && isMarkdown { output += " |".utf8 }
    output.append(0x0A)
  }

  /// Ends the text.
  mutating func finish() {
    if isInCode { endCode() }
  }

  private mutating func endCode() {
    output += "```\n".utf8
    isInCode = false
  }

  private mutating func writeText(_ block: ContentBlock) {
    let isCode = block.kind == .code
    var hasCell = false
    var index = block.nodes.lowerBound
    // Cells that begin before the first text of a row.
    if block.kind == .row { hasCell = true }
    tree.source.withUnsafeBufferPointer { source in
      while index < block.nodes.upperBound {
        let node = tree.nodes[index]
        index += 1
        switch node.tag {
        case .text: write(source, Int(node.start), Int(node.start) + Int(node.length), isCode: isCode)
        case .br:
          if block.kind == .row { needsSpace = true } else { breakLine() }
        case .td, .th:
          guard block.kind == .row && hasCell else { continue }
          while output.last == 0x20 && output.count > lineStart { output.removeLast() }
          output += " | ".utf8
          needsSpace = false
        default:
          if TextMeasure.isSilent(node.tag) || isDropped(index - 1) {
            index = Int(node.end)
          } else if node.tag.isBlock {
            if isCode { breakLine() } else { needsSpace = true }
          }
        }
      }
    }
  }

  private mutating func breakLine() {
    while output.last == 0x20 && output.count > lineStart { output.removeLast() }
    needsSpace = false
    if output.count == lineStart && lineStart > 0 { return }
    output.append(0x0A)
  }

  /// Writes text with its references decoded, and runs of white space as one space except in code.
  private mutating func write(_ source: UnsafeBufferPointer<UInt8>, _ begin: Int, _ end: Int, isCode: Bool) {
    var index = begin
    while index < end {
      let byte = source[index]
      if !Self.isSpecial(byte) {
        // A run of plain letters.
        var last = index + 1
        while last < end, !Self.isSpecial(source[last]) { last += 1 }
        space()
        output.append(contentsOf: UnsafeBufferPointer(rebasing: source[index..<last]))
        index = last
        continue
      }
      if byte <= 0x20 || byte == 0x7F {
        index += 1
        if isCode && (byte == 0x0A || byte == 0x20 || byte == 0x09) {
          output.append(byte)
        } else if byte == 0x20 || (0x09...0x0D).contains(byte) {
          needsSpace = !isCode
        }
        continue
      }
      if byte == 0x26, let (scalar, length) = HTMLEntities.shared.decode(source, index, end) {
        write(scalar: scalar, isCode: isCode)
        index += length
      } else if byte == 0xC2 {
        // What follows C2 is one of 128 to 191.
        write(scalar: UInt32(source[index + 1]), isCode: isCode)
        index += 2
      } else if byte == 0xE3 && source[index + 1] == 0x80 && source[index + 2] == 0x80 {
        // The wide space, with which Chinese paragraphs begin.
        write(scalar: 0x3000, isCode: isCode)
        index += 3
      } else {
        space()
        output.append(byte)
        index += 1
      }
    }
  }

  /// Whether a byte begins what is not written as it is: white space, references, controls, wide spaces.
  @inline(__always)
  private static func isSpecial(_ byte: UInt8) -> Bool {
    byte <= 0x20 || byte == 0x26 || byte == 0x7F || byte == 0xC2 || byte == 0xE3
  }

  private mutating func write(scalar: UInt32, isCode: Bool) {
    switch scalar {
    case 0x0A where isCode: output.append(0x0A)
    case 0..<0x20, 0x7F..<0xA0:
      if (0x09...0x0D).contains(scalar) { needsSpace = !isCode }
    case 0x3000 where isCode: output.append(scalar: scalar)
    case 0x20, 0xA0, 0x3000:
      if isCode { output.append(0x20) } else { needsSpace = true }
    default:
      space()
      output.append(scalar: scalar)
    }
  }

  private mutating func space() {
    guard needsSpace else { return }
    needsSpace = false
    if output.count > lineStart && output.last != 0x0A && output.last != 0x20 { output.append(0x20) }
  }
}
