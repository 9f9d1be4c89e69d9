import Core

/// The rows of a table, each a record; empty lines are none.
struct TableReader: RecordReader {
  let name: String
  let dialect: TableDialect
  /// What extraction needs to know of the table, the same for all rows.
  var headers: [String: String] = [:]
  /// What was read ahead.
  var pending: RecordEvent?
  private let limit: Int
  private let input: any ByteInput
  private var buffer: [UInt8] = []
  private var position = 0
  private var line = 1
  private var atEnd = false

  init(_ input: any ByteInput, name: String, dialect: TableDialect, limit: Int) {
    self.input = input
    self.name = name
    self.dialect = dialect
    self.limit = limit
  }

  mutating func next() throws -> RecordEvent? {
    var event = pending
    pending = nil
    if event == nil { event = try nextRow() }
    guard case .record(var record) = event else { return event }
    record.headers = headers
    return .record(record)
  }

  private mutating func nextRow() throws -> RecordEvent? {
    var scanner = RowScanner(dialect: dialect, place: position)
    while true {
      if let end = buffer.withUnsafeBufferPointer({ scanner.end(in: $0) }) {
        let row = take(to: end)
        if let row { return row }
        scanner = RowScanner(dialect: dialect, place: position)
        continue
      }
      let length = buffer.count - position
      if atEnd || length > limit {
        if scanner.isInQuotes { return try skipLine(.unclosedQuote) }
        if length > limit { return try skipLine(.tooLong) }
        return length > 0 ? take(to: buffer.count) : nil
      }
      scanner.place -= position
      try refill()
    }
  }

  private func provenance(_ line: Int) -> Provenance { Provenance(input: name, place: "line \(line)") }

  /// The row up to a line feed or the end, nil if it is empty.
  private mutating func take(to end: Int) -> RecordEvent? {
    let bytes = Array(buffer[position..<end])
    let firstLine = line
    line += 1 + (dialect.hasQuotes ? bytes.count(where: { $0 == 0x0A }) : 0)
    position = min(end + 1, buffer.count)
    if bytes.isEmpty || bytes == [0x0D] { return nil }
    if bytes.count > limit { return .skip(Skip(.tooLong, provenance(firstLine), sample: bytes)) }
    return .record(Record(bytes: bytes, provenance: provenance(firstLine)))
  }

  /// Leaves out the rest of the line at the position.
  private mutating func skipLine(_ reason: SkipReason) throws -> RecordEvent {
    let skip = Skip(reason, provenance(line), sample: buffer[position...])
    line += 1
    while true {
      if let feed = buffer.withUnsafeBufferPointer({ $0.firstPlace(of: 0x0A, from: position) }) {
        position = feed + 1
        return .skip(skip)
      }
      position = buffer.count
      if atEnd { return .skip(skip) }
      try refill()
    }
  }

  private mutating func refill() throws {
    buffer.removeFirst(position)
    position = 0
    let chunk = try input.read()
    atEnd = chunk.isEmpty
    if buffer.isEmpty { buffer = chunk } else { buffer += chunk }
  }
}
