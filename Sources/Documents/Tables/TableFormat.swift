import Core

/// Tables as text: CSV (RFC 4180) and TSV, a document a row.
public struct TableFormat: DocumentFormat {
  /// Where the columns have their names from.
  public enum Header: Sendable, Equatable {
    /// From the first row, which is no document.
    case firstRow
    /// From this list.
    case names([String])
    /// They have none but their numbers, from 1.
    case none
  }

  /// How rows are written; nil to find it out from the beginning of the input.
  public var dialect: TableDialect?
  /// Where the names of columns are from. Columns may be called by their numbers, from 1, too.
  public var header: Header
  /// The columns of the text and of what goes with it.
  public var fields: TextFields
  /// What becomes of broken, blank and long texts; `longest` holds for rows.
  public var rules: TextRules

  /// A format of tables.
  public init(
    dialect: TableDialect? = nil, header: Header = .firstRow, fields: TextFields = TextFields(),
    rules: TextRules = TextRules()
  ) {
    self.dialect = dialect
    self.header = header
    self.fields = fields
    self.rules = rules
  }

  private static let fieldsHeader = "fields"
  private static let dialectHeader = "dialect"
  private static func columnHeader(_ path: FieldPath) -> String { "column \(path.description)" }

  /// A reader of the rows.
  ///
  /// Throws: `MartletError` if the input cannot be read or has not the columns that are asked for.
  public func reader(_ input: any ByteInput, named name: String) throws -> any RecordReader {
    let (beginning, _) = try PrefixedInput.peek(input, count: 1 << 16)
    let dialect = dialect ?? TableDialect.find(in: beginning, name: name)
    let start = beginning.starts(with: byteOrderMark) ? 3 : 0
    var reader = TableReader(
      PrefixedInput(Array(beginning[start...]), input), name: name, dialect: dialect, limit: rules.longest)
    let first = try reader.next()
    var names: [String] = []
    switch header {
    case .names(let given): names = given
    case .none: break
    case .firstRow:
      switch first {
      case .record(let record): names = row(of: record.bytes, dialect)
      case .skip(let skip):
        throw MartletError(
          .malformedFile, "the first row, which names the columns, cannot be read (\(skip.reason))", at: skip.place,
          remedy: "Correct the row, or say that the table has no header.")
      case nil: return reader
      }
    }
    var count = names.count
    if header != .firstRow {
      reader.pending = first
      if case .record(let record) = first, names.isEmpty { count = row(of: record.bytes, dialect).count }
    }
    reader.headers = [
      Self.fieldsHeader: "\(count)", Self.dialectHeader: "\(dialect.delimiter) \(dialect.hasQuotes ? 1 : 0)",
    ]
    if first == nil { return reader }
    for path in fields.all {
      reader.headers[Self.columnHeader(path)] = "\(try column(path, names, count, name, dialect))"
    }
    return reader
  }

  private func row(of bytes: [UInt8], _ dialect: TableDialect) -> [String] {
    bytes.withUnsafeBufferPointer { bytes in
      var result: [String] = []
      dialect.forEachField(of: bytes) { _, field, isDoubled in
        result.append(Self.text(of: field, isDoubled).text)
      }
      return result
    }
  }

  private func column(
    _ path: FieldPath, _ names: [String], _ count: Int, _ file: String, _ dialect: TableDialect
  ) throws -> Int {
    let name = path.description
    if let place = names.firstIndex(where: { $0.utf8.elementsEqual(name.utf8) }) { return place }
    if let number = Int(name), 1...max(1, count) ~= number { return number - 1 }
    let shown = names.prefix(20).map { "\"\($0)\"" }.joined(separator: ", ")
    throw MartletError(
      .malformedFile, "there is no column \"\(name)\" among \(count)\(names.isEmpty ? "" : ": \(shown)")", at: file,
      remedy: names.isEmpty
        ? "Call the columns by their numbers, 1 to \(count), or name them."
        : "Name one of the columns, or its number. Fields were taken to be separated by "
          + (dialect.delimiter == 0x09 ? "tabs." : "\"\(Unicode.Scalar(dialect.delimiter))\"."))
  }

  private static func text(
    of field: Slice<UnsafeBufferPointer<UInt8>>, _ isDoubled: Bool
  ) -> (text: String, wasRepaired: Bool) {
    let bytes = UnsafeBufferPointer(rebasing: field)
    if !isDoubled {
      if let text = String(validating: bytes, as: UTF8.self) { return (text, false) }
      return (String(decoding: bytes, as: UTF8.self), true)
    }
    var single: [UInt8] = []
    single.reserveCapacity(bytes.count)
    var isSecond = false
    for byte in bytes {
      isSecond = byte == UInt8(ascii: "\"") && !isSecond
      if byte != UInt8(ascii: "\"") || isSecond { single.append(byte) }
    }
    return single.withUnsafeBufferPointer { text(of: $0[...], false) }
  }

  /// The document of a row.
  public func extract(_ record: Record) -> Extraction {
    func skip(_ reason: SkipReason) -> Extraction {
      Extraction(skips: [Skip(reason, record.provenance, sample: record.bytes)])
    }
    let parts = (record.headers[Self.dialectHeader] ?? "").split(separator: " ").compactMap { UInt8($0) }
    guard parts.count == 2, let expected = record.headers[Self.fieldsHeader].flatMap({ Int($0) }) else {
      return skip(.noText)
    }
    let dialect = TableDialect(delimiter: parts[0], hasQuotes: parts[1] == 1)
    var columns: [(path: FieldPath, number: Int)] = []
    for path in fields.all {
      guard let number = record.headers[Self.columnHeader(path)].flatMap({ Int($0) }) else { return skip(.noText) }
      columns.append((path, number))
    }
    var values: [FieldPath: (text: String, wasRepaired: Bool)] = [:]
    var count = 0
    record.bytes.withUnsafeBufferPointer { bytes in
      dialect.forEachField(of: bytes) { number, field, isDoubled in
        count += 1
        for column in columns where column.number == number { values[column.path] = Self.text(of: field, isDoubled) }
      }
    }
    if count != expected { return skip(count < expected ? .tooFewFields : .tooManyFields) }
    guard let text = fields.text.text({ values[$0]?.text }) else { return skip(.noText) }
    let wasRepaired = fields.text.fields.contains { values[$0]?.wasRepaired == true }
    var attributes: [String: JSONValue] = [:]
    for (name, path) in fields.attributes { attributes[name] = values[path].map { .string($0.text) } }
    return rules.extraction(
      of: text, wasRepaired: wasRepaired,
      fields.provenance(record.provenance) { values[$0].map { .string($0.text) } }, attributes: attributes)
  }
}
