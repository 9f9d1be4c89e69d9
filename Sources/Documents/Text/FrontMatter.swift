/// The block of YAML between lines of three hyphens at the start of many Markdown files.
enum FrontMatter {
  /// Longer blocks are taken for text.
  private static let longest = 1 << 16

  /// The input without front matter, and how many lines were dropped.
  static func drop(from input: any ByteInput) throws -> (input: any ByteInput, lines: Int) {
    let (bytes, whole) = try PrefixedInput.peek(input, count: longest) { bytes in
      bytes.count >= 8 && !bytes.starts(with: [0x2D]) && !bytes.starts(with: byteOrderMark)
    }
    let start = bytes.starts(with: byteOrderMark) ? 3 : 0
    guard let end = end(in: bytes[start...]) else { return (whole, 0) }
    let lines = bytes[..<end].count(where: { $0 == 0x0A })
    return (PrefixedInput(Array(bytes[end...]), input), lines)
  }

  /// Where the text behind front matter begins.
  private static func end(in bytes: ArraySlice<UInt8>) -> Int? {
    var start = bytes.startIndex
    while start < bytes.endIndex {
      let feed = bytes[start...].firstIndex(of: 0x0A)
      var line = bytes[start..<(feed ?? bytes.endIndex)]
      while let last = line.last, isWhiteSpace(last) { line.removeLast() }
      let isFirst = start == bytes.startIndex
      let next = feed.map { $0 + 1 } ?? bytes.endIndex
      if isFirst {
        guard line.elementsEqual("---".utf8), feed != nil else { return nil }
      } else if line.elementsEqual("---".utf8) || line.elementsEqual("...".utf8) {
        return next
      }
      start = next
    }
    return nil
  }
}
