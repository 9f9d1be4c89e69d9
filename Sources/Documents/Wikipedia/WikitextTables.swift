/// Where the tables of a wikitext begin and end, found in one pass.
struct WikitextTables {
  struct Table {
    var start: Int
    /// Where the text behind it goes on.
    var end: Int
    var next: Int
  }

  /// How many tables nothing closes.
  private(set) var unclosed = 0
  private var tables: [Table] = []
  private var next = 0

  init(_ bytes: UnsafeBufferPointer<UInt8>) {
    var open: [Int] = []
    var found: [Table] = []
    var i = 0
    while i < bytes.count {
      let start = i
      while i < bytes.count, Self.isIndent(bytes[i]) { i += 1 }
      if i + 1 < bytes.count {
        if bytes[i] == UInt8(ascii: "{"), bytes[i + 1] == UInt8(ascii: "|") {
          open.append(start)
        } else if bytes[i] == UInt8(ascii: "|"), bytes[i + 1] == UInt8(ascii: "}"), let start = open.popLast() {
          found.append(Table(start: start, end: i, next: i + 2))
        }
      }
      while i < bytes.count, bytes[i] != 0x0A { i += 1 }
      i += 1
    }
    if found.isEmpty, open.isEmpty { return }
    unclosed = open.count
    for start in open { found.append(Self.unclosedTable(bytes, start)) }
    // Only the outermost: the others are within.
    found.sort { $0.start < $1.start }
    var end = 0
    for table in found where table.start >= end {
      tables.append(table)
      end = table.next
    }
  }

  private static func isIndent(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == UInt8(ascii: ":") || byte == UInt8(ascii: "*") || byte == UInt8(ascii: "#")
      || byte == Mark.vanished
      || byte == 0x09
  }

  /// A table without an end is taken to go on while lines begin as rows and cells do.
  private static func unclosedTable(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int) -> Table {
    var i = start
    while i < bytes.count {
      while i < bytes.count, bytes[i] != 0x0A { i += 1 }
      var first = i + 1
      while first < bytes.count, bytes[first] == 0x20 { first += 1 }
      guard first < bytes.count, bytes[first] == UInt8(ascii: "|") || bytes[first] == UInt8(ascii: "!") else { break }
      i = first
    }
    let end = min(i, bytes.count)
    return Table(start: start, end: end, next: min(end + 1, bytes.count))
  }

  /// The outermost table that begins with the line at `start`.
  func table(at start: Int) -> Table? {
    var lower = 0
    var upper = tables.count
    while lower < upper {
      let middle = (lower + upper) / 2
      if tables[middle].start < start { lower = middle + 1 } else { upper = middle }
    }
    return lower < tables.count && tables[lower].start == start ? tables[lower] : nil
  }
}

extension WikitextRenderer {
  /// Reads a table's rows, or drops them.
  func table(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int) {
    guard settings.tables == .rows else {
      counts.tables += 1
      return
    }
    var rows = WikitextRows()
    var depth = 0
    var i = start
    while i < end {
      var lineEnd = i
      while lineEnd < end, bytes[lineEnd] != 0x0A { lineEnd += 1 }
      var lower = i
      while lower < lineEnd, bytes[lower] == 0x20 || bytes[lower] == 0x09 || bytes[lower] == Mark.vanished {
        lower += 1
      }
      i = lineEnd + 1
      guard lower < lineEnd else { continue }
      let first = bytes[lower]
      let second = lower + 1 < lineEnd ? bytes[lower + 1] : 0
      var opening = lower
      while opening < lineEnd, bytes[opening] == UInt8(ascii: ":") { opening += 1 }
      if opening + 1 < lineEnd, bytes[opening] == UInt8(ascii: "{"), bytes[opening + 1] == UInt8(ascii: "|") {
        depth += 1
        continue
      }
      if first == UInt8(ascii: "|"), second == UInt8(ascii: "}") {
        depth -= 1
        continue
      }
      // A table in a cell is left out.
      if depth > 1 { continue }
      if first == UInt8(ascii: "|"), second == UInt8(ascii: "-") {
        emitRow(rows.take(), bytes)
      } else if first == UInt8(ascii: "|"), second == UInt8(ascii: "+") {
        emitRow(rows.take(), bytes)
        rows.cells(bytes, lower + 2, lineEnd, isHeader: false)
        emitRow(rows.take(), bytes)
      } else if first == UInt8(ascii: "|") || first == UInt8(ascii: "!") {
        rows.cells(bytes, lower + 1, lineEnd, isHeader: first == UInt8(ascii: "!"))
      } else {
        rows.append(lower..<lineEnd)
      }
    }
    emitRow(rows.take(), bytes)
  }

  private func emitRow(_ cells: [[Range<Int>]], _ bytes: UnsafeBufferPointer<UInt8>) {
    var row: [UInt8] = []
    for cell in cells {
      for (index, part) in cell.enumerated() {
        if index > 0 { line.append(0x20) }
        inline(bytes, part.lowerBound, part.upperBound)
      }
      var text: [UInt8] = []
      closeCell()
      WikitextTidy.append(line[...], to: &text)
      line.removeAll(keepingCapacity: true)
      for index in text.indices where text[index] == 0x0A { text[index] = 0x20 }
      if text.isEmpty { continue }
      if !row.isEmpty { row += " | ".utf8 }
      row += text
    }
    captions.removeAll()
    if !row.isEmpty { emit(row[...], isItem: false) }
  }

  private func closeCell() {
    while let frame = frames.popLast() { close(frame, isComplete: false) }
    if hiddenDepth > 0 {
      line.removeSubrange(min(hiddenStart, line.count)...)
      hiddenDepth = 0
    }
    raisedStart = -1
  }
}

/// The cells of a row as they are read: the ranges of their lines.
struct WikitextRows {
  private var row: [[Range<Int>]] = []
  private var start: Int?

  mutating func startCell(_ at: Int) {
    row.append([])
    start = at
  }

  mutating func extend(to end: Int) {
    if let start, end > start, !row.isEmpty { row[row.count - 1].append(start..<end) }
    start = nil
  }

  mutating func append(_ line: Range<Int>) {
    if !row.isEmpty { row[row.count - 1].append(line) }
  }

  /// Takes the cells of a line.
  mutating func cells(_ bytes: UnsafeBufferPointer<UInt8>, _ from: Int, _ end: Int, isHeader: Bool) {
    startCell(from)
    var links = 0
    var hasAttributes = false
    var i = from
    while i < end {
      let byte = bytes[i]
      let next = i + 1 < end ? bytes[i + 1] : 0
      if byte == Mark.verbatim {
        while i < end, bytes[i] != Mark.verbatimEnd { i += 1 }
      } else if byte == UInt8(ascii: "["), next == byte {
        links += 1
        i += 1
      } else if byte == UInt8(ascii: "]"), next == byte {
        links = max(0, links - 1)
        i += 1
      } else if links == 0, byte == next, byte == UInt8(ascii: "|") || (isHeader && byte == UInt8(ascii: "!")) {
        extend(to: i)
        startCell(i + 2)
        hasAttributes = false
        i += 1
      } else if links == 0, byte == UInt8(ascii: "|"), !hasAttributes {
        // What stands before a single bar are attributes.
        start = i + 1
        hasAttributes = true
      }
      i += 1
    }
    extend(to: end)
  }

  mutating func take() -> [[Range<Int>]] {
    let taken = row
    row = []
    start = nil
    return taken
  }
}
