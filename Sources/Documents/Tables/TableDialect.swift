/// How the rows of a table are written.
public struct TableDialect: Sendable, Equatable {
  /// What stands between fields, one byte of ASCII.
  public var delimiter: UInt8
  /// Whether a field may be in double quotes, with delimiters, line feeds and doubled quotes in it (RFC 4180).
  public var hasQuotes: Bool

  /// A dialect.
  public init(delimiter: UInt8, hasQuotes: Bool) {
    self.delimiter = delimiter
    self.hasQuotes = hasQuotes
  }

  /// Commas and quotes.
  public static let commas = TableDialect(delimiter: UInt8(ascii: ","), hasQuotes: true)
  /// Tabs, and quotes are part of the text.
  public static let tabs = TableDialect(delimiter: 0x09, hasQuotes: false)

  /// The dialect that a table seems to be written in: the one whose rows have the same number of fields most often.
  ///
  /// - Parameters:
  ///   - beginning: the first bytes of the table.
  ///   - name: the table's name; `.tsv` and `.tab` are tabs.
  static func find(in beginning: [UInt8], name: String) -> TableDialect {
    if ["tsv", "tab"].contains(InputFile.ending(of: name)) { return .tabs }
    var best = TableDialect.commas
    var bestScore = (sameShare: 0.0, fields: 1)
    let candidates =
      [.commas, .tabs] + [";", "|"].map { TableDialect(delimiter: UInt8(ascii: $0), hasQuotes: true) }
    for candidate in candidates {
      let counts = candidate.fieldCounts(of: beginning, rows: 50)
      guard let first = counts.first, first > 1 else { continue }
      let same = Double(counts.count(where: { $0 == first })) / Double(counts.count)
      if same > bestScore.sameShare || same == bestScore.sameShare && first > bestScore.fields {
        best = candidate
        bestScore = (same, first)
      }
    }
    return best
  }

  private func fieldCounts(of bytes: [UInt8], rows: Int) -> [Int] {
    bytes.withUnsafeBufferPointer { bytes in
      var counts: [Int] = []
      var start = bytes.starts(with: byteOrderMark) ? 3 : 0
      while start < bytes.count, counts.count < rows {
        var scanner = RowScanner(dialect: self, place: start)
        // The last row may not be whole.
        guard let end = scanner.end(in: bytes) ?? (counts.isEmpty ? bytes.count : nil) else { break }
        if end > start, bytes[start] != 0x0D || end > start + 1 {
          var fields = 0
          forEachField(of: UnsafeBufferPointer(rebasing: bytes[start..<end])) { _, _, _ in fields += 1 }
          counts.append(fields)
        }
        start = end + 1
      }
      return counts
    }
  }

  /// Calls `body` with the number of each field of a row, its bytes without the quotes around them, and whether quotes
  /// in it are doubled.
  func forEachField(
    of row: UnsafeBufferPointer<UInt8>, _ body: (Int, Slice<UnsafeBufferPointer<UInt8>>, Bool) -> Void
  ) {
    var end = row.count
    if end > 0, row[end - 1] == 0x0D { end -= 1 }
    var place = 0
    var number = 0
    let row = row[..<end]
    while true {
      if hasQuotes, place < end, row[place] == UInt8(ascii: "\"") {
        let start = place + 1
        var close = start
        var isDoubled = false
        while let quote = row.firstPlace(of: UInt8(ascii: "\""), from: close) {
          close = quote
          guard quote + 1 < end, row[quote + 1] == UInt8(ascii: "\"") else { break }
          isDoubled = true
          close = quote + 2
        }
        if close >= end || row[close] != UInt8(ascii: "\"") { close = end }
        let next = row.firstPlace(of: delimiter, from: min(end, close + 1)) ?? end
        if next > close + 1 {
          // Text behind the closing quote: the field is taken as it stands.
          body(number, row[place..<next], false)
        } else {
          body(number, row[start..<close], isDoubled)
        }
        place = next
      } else {
        let next = row.firstPlace(of: delimiter, from: place) ?? end
        body(number, row[place..<next], false)
        place = next
      }
      if place >= end { return }
      place += 1
      number += 1
    }
  }
}

/// Finds where rows end, also where a row comes in pieces.
struct RowScanner {
  private enum State { case fieldStart, plain, quoted, afterQuote }

  let dialect: TableDialect
  /// Where to go on.
  var place: Int
  private var state = State.fieldStart

  init(dialect: TableDialect, place: Int) {
    self.dialect = dialect
    self.place = place
  }

  /// Whether the bytes so far end inside quotes.
  var isInQuotes: Bool { state == .quoted }

  /// The place of the line feed that ends the row, or nil if it is not there yet.
  mutating func end(in bytes: UnsafeBufferPointer<UInt8>) -> Int? {
    if !dialect.hasQuotes {
      let found = bytes.firstPlace(of: 0x0A, from: place)
      place = found ?? bytes.count
      return found
    }
    let quote = UInt8(ascii: "\"")
    while place < bytes.count {
      switch state {
      case .quoted:
        guard let found = bytes.firstPlace(of: quote, from: place) else {
          place = bytes.count
          return nil
        }
        place = found + 1
        state = .afterQuote
      case .afterQuote:
        // A second quote is part of the text.
        if bytes[place] == quote {
          place += 1
          state = .quoted
        } else {
          state = .plain
        }
      case .fieldStart:
        state = bytes[place] == quote ? .quoted : .plain
        if state == .quoted { place += 1 }
      case .plain:
        while place < bytes.count, bytes[place] != dialect.delimiter, bytes[place] != 0x0A { place += 1 }
        if place == bytes.count { return nil }
        if bytes[place] == 0x0A { return place }
        place += 1
        state = .fieldStart
      }
    }
    return nil
  }
}
