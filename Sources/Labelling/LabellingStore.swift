import Core
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Items and what people said of them, in a SQLite database.
///
/// When a call that changes something returns, the change is on the disk. Calls may come from any thread.
public final class LabellingStore: Sendable {
  /// What is asked.
  public let project: LabellingProject
  /// A name of the database that no other has.
  public let identity: String
  private let database: Mutex<Database>

  /// Opens the database of a project.
  ///
  /// - Parameter creates: whether to make one where there is none.
  ///
  /// Throws: `MartletError` with code `notFound`, `inputOutput`, `malformedFile`, or `mismatch` for a database of another
  /// program, another task or a newer martlet.
  public init(_ project: LabellingProject, creates: Bool = true) throws {
    self.project = project
    let isNew = FileSystem.kind(of: project.database) == nil
    if creates { try FileSystem.createFolder(parentFolder(of: project.database)) }
    let database = try Database(project.database, creates: creates)
    try LabellingSchema.prepare(database)
    identity = try Self.settle(database, project)
    if isNew { try FileSystem.syncFolder(parentFolder(of: project.database)) }
    self.database = Mutex(database)
  }

  /// Checks what the database was made for, and brings the order of its items up to date.
  private static func settle(_ database: Database, _ project: LabellingProject) throws -> String {
    func setting(_ name: String) throws -> String? {
      try database.first("SELECT value FROM settings WHERE name = ?", [.text(name)]) { $0.text(0) }
    }
    func set(_ name: String, _ value: String) throws {
      try database.run("INSERT OR REPLACE INTO settings VALUES (?, ?)", [.text(name), .text(value)])
    }
    return try database.transaction {
      let task = try setting("task")
      if let task, task != project.task.rawValue {
        throw MartletError(
          .mismatch, "the database holds the task \(task), the project asks for \(project.task.rawValue)",
          at: project.database, remedy: "Give another path in the key database, or set task: \(task)")
      }
      var generator = SystemRandomNumberGenerator()
      let identity = try setting("identity") ?? String(generator.next(), radix: 16)
      try set("identity", identity)
      try set("task", project.task.rawValue)
      // The order is of scores and of what the labels are, which may both have changed.
      let order = project.order.rawValue + " " + JSONValue.array(project.labels.map { .string($0.name) }).text()
      if let old = try setting("order"), old != order { try reorder(database, project) }
      try set("order", order)
      return identity
    }
  }

  private static func reorder(_ database: Database, _ project: LabellingProject) throws {
    var changes: [(id: Int, priority: Double)] = []
    try database.run("SELECT id, source FROM items") { row in
      let priority = item(row.text(1), project).map { Self.priority(of: $0, project) } ?? -1
      changes.append((row.integer(0), priority))
    }
    for (id, priority) in changes {
      try database.run("UPDATE items SET priority = ? WHERE id = ?", [.real(priority), .integer(id)])
    }
  }

  /// What items are handed out by, the largest first; -1 where nothing is known.
  static func priority(of item: LabellingItem, _ project: LabellingProject) -> Double {
    item.uncertainty(project.order, task: project.task) ?? -1
  }

  /// The item of a stored line; nil if the project has changed so that it is none any more.
  static func item(_ source: String, _ project: LabellingProject) -> LabellingItem? {
    guard let object = try? JSONValue(parsing: Array(source.utf8), name: "database").objectValue else { return nil }
    return try? LabellingItem(object, project: project)
  }

  /// Calls `body` alone with the database.
  func withDatabase<T: Sendable>(_ body: (Database) throws -> T) throws -> T {
    try database.withLock { try body($0) }
  }

  /// Whether SQLite finds the whole database sound: `ok`, or what is wrong.
  package func integrityCheck() throws -> String {
    try withDatabase { try $0.first("PRAGMA integrity_check") { $0.text(0) } ?? "" }
  }

  /// The present time, in milliseconds since 1970.
  static var now: Int {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int(time.tv_sec) * 1000 + Int(time.tv_nsec) / 1_000_000
  }

  /// A time as people and programs read it: 2026-01-31T12:00:00.123Z.
  static func text(ofTime milliseconds: Int) -> String {
    var seconds = time_t(milliseconds / 1000)
    var parts = tm()
    gmtime_r(&seconds, &parts)
    func digits(_ number: Int, _ count: Int) -> String {
      let text = String(number)
      return String(repeating: "0", count: max(0, count - text.utf8.count)) + text
    }
    let date = [Int(parts.tm_year) + 1900, Int(parts.tm_mon) + 1, Int(parts.tm_mday)].map { digits($0, 2) }
    let time = [parts.tm_hour, parts.tm_min, parts.tm_sec].map { digits(Int($0), 2) }
    return date.joined(separator: "-") + "T" + time.joined(separator: ":") + "." + digits(milliseconds % 1000, 3) + "Z"
  }
}
