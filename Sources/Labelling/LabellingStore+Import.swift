import Core

extension LabellingStore {
  /// What became of the lines of a file.
  public struct ImportReport: Sendable, Equatable {
    /// Lines that are not blank.
    public var lines = 0
    /// Items that are new.
    public var added = 0
    /// Items that were there, with nothing new about them.
    public var known = 0
    /// Items that were there and got another prediction, or other keys.
    public var updated = 0
    /// Lines that were left out, by reason.
    public var skipped: [String: Int] = [:]
    /// The places of the first lines that were left out, by reason.
    public var places: [String: String] = [:]

    /// An empty report.
    public init() {}

    mutating func skip(_ reason: String, at place: String) {
      skipped[reason, default: 0] += 1
      if places[reason] == nil { places[reason] = place }
    }

    /// Adds the counts of another file.
    public mutating func add(_ other: ImportReport) {
      lines += other.lines
      added += other.added
      known += other.known
      updated += other.updated
      skipped.merge(other.skipped, uniquingKeysWith: +)
      places.merge(other.places) { first, _ in first }
    }
  }

  /// Lines with more bytes are left out.
  static let longestLine = 16 << 20

  /// Takes in the items of a JSON Lines file. Those that are there already, by their `id` or by their content, stay as
  /// they are, except that a new prediction takes the place of the old; so that importing a file twice changes nothing.
  ///
  /// Throws: `MartletError` with code `notFound` or `inputOutput`, or `interrupted`; what was read before is kept.
  public func importItems(from path: String) throws -> ImportReport {
    var report = ImportReport()
    var reader = LineReader(try ByteStream(path), limit: Self.longestLine)
    var batch: [(line: JSONObject, place: String)] = []
    var size = 0
    func flush(_ report: inout ImportReport) throws {
      let lines = batch
      var counts = report
      counts = try withDatabase { database in
        var counts = counts
        try database.transaction {
          for (line, place) in lines { try take(line, at: place, into: database, &counts) }
        }
        return counts
      }
      report = counts
      batch.removeAll(keepingCapacity: true)
      size = 0
    }
    while let line = try reader.next() {
      let place = "\(path), line \(line.number)"
      guard let bytes = line.bytes else {
        report.lines += 1
        report.skip("longer than 16 MB", at: place)
        continue
      }
      if bytes.allSatisfy({ [0x20, 0x09, 0x0D].contains($0) }) { continue }
      report.lines += 1
      guard let value = try? JSONValue(parsing: bytes, name: "") else {
        report.skip("no JSON", at: place)
        continue
      }
      guard let object = value.objectValue else {
        report.skip("no object", at: place)
        continue
      }
      batch.append((object, place))
      size += bytes.count
      // Large batches make the import fast; small enough ones keep annotators from waiting.
      if batch.count >= 1000 || size >= 8 << 20 {
        try flush(&report)
        try Interruption.check(remedy: "Run the command again; what was imported stays.")
      }
    }
    try flush(&report)
    return report
  }

  private func take(
    _ line: JSONObject, at place: String, into database: Database, _ report: inout ImportReport
  ) throws {
    var stored: (id: Int, item: LabellingItem)?
    func find(_ key: String) throws -> Bool {
      let found = try database.first("SELECT id, source FROM items WHERE key = ?", [.text(key)]) {
        (id: $0.integer(0), source: $0.text(1))
      }
      guard let found else { return true }
      stored = Self.item(found.source, project).map { (found.id, $0) }
      return stored != nil
    }
    do {
      var isUsable = true
      if let key = try LabellingItem.key(ofLine: line) { isUsable = try find(key) }
      if stored == nil, isUsable {
        let item = try LabellingItem(line, project: project)
        isUsable = try find(item.key)
        if stored == nil, isUsable {
          try database.run(
            "INSERT INTO items (key, source, priority) VALUES (?, ?, ?)",
            [
              .text(item.key), .text(JSONValue.object(line).text()), .real(Self.priority(of: item, project)),
            ])
          report.added += 1
          return
        }
      }
      guard let (id, old) = stored else {
        return report.skip("the same id as an item that the project no longer takes", at: place)
      }
      // Keys that the new line lacks stay: a file of predictions need not repeat the texts.
      var merged = old.source
      for (key, value) in line.members { merged[key] = value }
      let update = try LabellingItem(merged, project: project)
      if !old.hasSameContent(as: update) { return report.skip("the same id as another text", at: place) }
      if merged == old.source {
        report.known += 1
        return
      }
      try database.run(
        "UPDATE items SET source = ?, priority = ? WHERE id = ?",
        [.text(JSONValue.object(merged).text()), .real(Self.priority(of: update, project)), .integer(id)])
      report.updated += 1
    } catch let error as LabellingItem.Unfit {
      report.skip(error.reason, at: place)
    }
  }
}

/// Cuts a file into lines; one that is too long is told without its bytes and takes no memory.
struct LineReader {
  /// A line without its line feed.
  struct Line {
    /// Its number, from 1 on.
    var number: Int
    /// Its bytes; nil if there are too many.
    var bytes: [UInt8]?
  }

  private let stream: ByteStream
  private let limit: Int
  private var buffer: [UInt8] = []
  private var position = 0
  private var number = 0

  init(_ stream: ByteStream, limit: Int) {
    self.stream = stream
    self.limit = limit
  }

  /// The next line, nil at the end.
  mutating func next() throws -> Line? {
    var line: [UInt8] = []
    var isTooLong = false
    var isStarted = false
    while true {
      if position == buffer.count {
        buffer = try stream.read()
        position = 0
        if buffer.isEmpty {
          guard isStarted else { return nil }
          break
        }
      }
      if !isStarted {
        isStarted = true
        number += 1
      }
      let rest = buffer[position...]
      let end = rest.firstIndex(of: 0x0A)
      if !isTooLong { line += rest[..<(end ?? rest.endIndex)] }
      if line.count > limit {
        isTooLong = true
        line = []
      }
      position = end.map { $0 + 1 } ?? buffer.count
      if end != nil { break }
    }
    if number == 1, line.starts(with: [0xEF, 0xBB, 0xBF]) { line.removeFirst(3) }
    return Line(number: number, bytes: isTooLong ? nil : line)
  }
}
