import CSQLite
import Core

/// A SQLite database. Used by one thread at a time: its owner sees to that.
final class Database {
  /// A value of a row or of a statement's parameter.
  enum Value: Equatable {
    case null
    case integer(Int)
    case real(Double)
    case text(String)
  }

  /// A row of an answer, valid until the next is asked for.
  struct Row {
    fileprivate let statement: OpaquePointer

    func integer(_ column: Int32) -> Int { Int(sqlite3_column_int64(statement, column)) }
    func real(_ column: Int32) -> Double { sqlite3_column_double(statement, column) }
    func isNull(_ column: Int32) -> Bool { sqlite3_column_type(statement, column) == SQLITE_NULL }
    func text(_ column: Int32) -> String {
      guard let bytes = sqlite3_column_text(statement, column) else { return "" }
      let count = Int(sqlite3_column_bytes(statement, column))
      return String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
    }
  }

  let path: String
  private let handle: OpaquePointer
  private var statements: [String: OpaquePointer] = [:]

  /// Opens a database.
  ///
  /// - Parameter creates: whether to make one where there is none.
  ///
  /// Throws: `MartletError` with code `notFound`, `inputOutput` or `malformedFile`.
  init(_ path: String, creates: Bool) throws {
    self.path = path
    if !creates, FileSystem.kind(of: path) == nil { throw MartletError.system("open the database", path, errno: 2) }
    var opened: OpaquePointer?
    let flags = SQLITE_OPEN_READWRITE | (creates ? SQLITE_OPEN_CREATE : 0) | SQLITE_OPEN_NOMUTEX
    let result = sqlite3_open_v2(path, &opened, flags, nil)
    guard let opened, result == SQLITE_OK else {
      let error = Self.failure(opened, path)
      sqlite3_close_v2(opened)
      throw error
    }
    handle = opened
    sqlite3_extended_result_codes(handle, 1)
    // Others (import, export) may write meanwhile.
    sqlite3_busy_timeout(handle, 10_000)
  }

  deinit {
    for statement in statements.values { sqlite3_finalize(statement) }
    sqlite3_close_v2(handle)
  }

  /// The id of the row that was inserted last.
  var lastID: Int { Int(sqlite3_last_insert_rowid(handle)) }

  /// How many rows the last statement changed.
  var changes: Int { Int(sqlite3_changes(handle)) }

  /// Runs statements without parameters.
  ///
  /// Throws: `MartletError` with code `inputOutput` or `malformedFile`.
  func execute(_ sql: String) throws {
    guard sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK else { throw Self.failure(handle, path) }
  }

  /// Runs a statement and calls `body` with each row.
  ///
  /// Throws: as `execute(_:)`, or what `body` throws.
  func run(_ sql: String, _ values: [Value] = [], _ body: (Row) throws -> Void = { _ in }) throws {
    let statement = try prepared(sql)
    defer {
      sqlite3_reset(statement)
      sqlite3_clear_bindings(statement)
    }
    for (index, value) in values.enumerated() { try bind(value, Int32(index + 1), statement) }
    while true {
      switch sqlite3_step(statement) {
      case SQLITE_ROW: try body(Row(statement: statement))
      case SQLITE_DONE: return
      default: throw Self.failure(handle, path)
      }
    }
  }

  /// The first row of an answer, read by `body`.
  func first<T>(_ sql: String, _ values: [Value] = [], _ body: (Row) throws -> T) throws -> T? {
    var result: T?
    try run(sql, values) { row in if result == nil { result = try body(row) } }
    return result
  }

  /// Runs `body` so that either all of it is kept or nothing; when this returns, it is on the disk.
  func transaction<T>(_ body: () throws -> T) throws -> T {
    try execute("BEGIN IMMEDIATE")
    do {
      let result = try body()
      try execute("COMMIT")
      return result
    } catch {
      // Some failures have ended the transaction already.
      if sqlite3_get_autocommit(handle) == 0 { sqlite3_exec(handle, "ROLLBACK", nil, nil, nil) }
      throw error
    }
  }

  private func prepared(_ sql: String) throws -> OpaquePointer {
    if let statement = statements[sql] { return statement }
    var statement: OpaquePointer?
    guard sqlite3_prepare_v2(handle, sql, -1, &statement, nil) == SQLITE_OK, let statement else {
      throw Self.failure(handle, path)
    }
    statements[sql] = statement
    return statement
  }

  private func bind(_ value: Value, _ place: Int32, _ statement: OpaquePointer) throws {
    let result: Int32
    switch value {
    case .null: result = sqlite3_bind_null(statement, place)
    case .integer(let number): result = sqlite3_bind_int64(statement, place, Int64(number))
    case .real(let number): result = sqlite3_bind_double(statement, place, number)
    case .text(let text):
      var copy = text
      // SQLITE_TRANSIENT, a cast in C, which has SQLite copy the bytes.
      let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
      result = copy.withUTF8 { bytes in
        bytes.withMemoryRebound(to: CChar.self) {
          sqlite3_bind_text64(
            statement, place, $0.baseAddress, UInt64($0.count), transient, UInt8(SQLITE_UTF8))
        }
      }
    }
    guard result == SQLITE_OK else { throw Self.failure(handle, path) }
  }

  private static func failure(_ handle: OpaquePointer?, _ path: String) -> MartletError {
    let message = handle.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
    switch handle.map({ sqlite3_errcode($0) }) ?? SQLITE_NOMEM {
    case SQLITE_NOTADB:
      return MartletError(
        .malformedFile, "this is no SQLite database", at: path,
        remedy: "Give another path in the key database; the file is left as it is.")
    case SQLITE_CORRUPT:
      return MartletError(
        .corrupted, "the database is damaged: \(message)", at: path,
        remedy: "Restore a copy, or save what can be read: sqlite3 FILE .recover")
    case SQLITE_BUSY:
      return MartletError(
        .inputOutput, "another program keeps the database locked", at: path, remedy: "Stop it and try again.")
    case SQLITE_FULL: return .system("write", path, errno: 28)
    case SQLITE_READONLY, SQLITE_PERM: return .system("write", path, errno: 13)
    case SQLITE_CANTOPEN:
      return MartletError(
        .inputOutput, "the database cannot be opened", at: path,
        remedy: "Check that the folder exists and can be written to.")
    default:
      return MartletError(.inputOutput, "the database failed: \(message)", at: path, remedy: "Check the disk.")
    }
  }
}
