import Core

/// The tables of a labelling database, and how older ones become the present ones.
enum LabellingSchema {
  /// What marks a database as one of ours: "MLBL".
  static let applicationID = 0x4D4C_424C

  /// The steps from an empty database to the present tables; what was published is never changed, only added to.
  private static let steps = [
    """
    CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    -- `source` is the line of the input file. `judged`, `conflict` and `decided` follow from `current` and `decisions`.
    CREATE TABLE items (
      id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, source TEXT NOT NULL, priority REAL NOT NULL DEFAULT -1,
      judged INTEGER NOT NULL DEFAULT 0, conflict INTEGER NOT NULL DEFAULT 0, decided INTEGER NOT NULL DEFAULT 0);
    CREATE INDEX items_queue ON items (decided, judged, priority DESC, id);
    CREATE INDEX items_conflicts ON items (id) WHERE conflict = 1 AND decided = 0;
    -- All that was ever said, in order. `previous` is what held before, `undone` whether it was taken back.
    CREATE TABLE judgements (
      id INTEGER PRIMARY KEY AUTOINCREMENT, item INTEGER NOT NULL REFERENCES items, annotator TEXT NOT NULL,
      kind TEXT NOT NULL CHECK (kind IN ('judge', 'skip', 'decide', 'undo')), value TEXT, previous INTEGER,
      undone INTEGER NOT NULL DEFAULT 0, nonce TEXT NOT NULL, milliseconds INTEGER, at INTEGER NOT NULL,
      UNIQUE (annotator, nonce));
    CREATE INDEX judgements_annotator ON judgements (annotator, id);
    -- What each person holds of each item now.
    CREATE TABLE current (
      item INTEGER NOT NULL REFERENCES items, annotator TEXT NOT NULL, judgement INTEGER NOT NULL REFERENCES judgements,
      kind TEXT NOT NULL, value TEXT, PRIMARY KEY (item, annotator)) WITHOUT ROWID;
    CREATE INDEX current_annotator ON current (annotator, kind);
    CREATE TABLE decisions (
      item INTEGER PRIMARY KEY REFERENCES items, annotator TEXT NOT NULL,
      judgement INTEGER NOT NULL REFERENCES judgements, value TEXT NOT NULL);
    -- What somebody has begun and not submitted.
    CREATE TABLE drafts (
      item INTEGER NOT NULL REFERENCES items, annotator TEXT NOT NULL, value TEXT NOT NULL, at INTEGER NOT NULL,
      PRIMARY KEY (item, annotator)) WITHOUT ROWID;
    """
  ]

  /// The version that this program writes.
  static var version: Int { steps.count }

  /// Makes the tables, or brings older ones up to date.
  ///
  /// Throws: `MartletError` with code `mismatch` for a database of another program or a newer one of this.
  static func prepare(_ database: Database) throws {
    // WAL lets others read while one writes; FULL has each commit reach the disk before it counts.
    func number(_ pragma: String) throws -> Int { try database.first("PRAGMA \(pragma)") { $0.integer(0) } ?? 0 }
    let found = try number("application_id")
    let tables = try database.first("SELECT count(*) FROM sqlite_schema") { $0.integer(0) } ?? 0
    guard found == applicationID || (found == 0 && tables == 0) else {
      throw MartletError(
        .mismatch, "the database belongs to another program", at: database.path,
        remedy: "Give another path in the key database; the file is left as it is.")
    }
    let version = try number("user_version")
    guard version <= Self.version else {
      throw MartletError(
        .mismatch, "a newer martlet wrote this database (version \(version); this one knows \(Self.version))",
        at: database.path, remedy: "Use that martlet, or another database.")
    }
    try database.execute(
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA foreign_keys = ON; "
        + "PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF")
    if version < Self.version {
      try database.transaction {
        // Another process may have done it meanwhile.
        let version = try number("user_version")
        for step in steps.dropFirst(version) { try database.execute(step) }
        try database.execute("PRAGMA application_id = \(applicationID); PRAGMA user_version = \(Self.version)")
      }
    }
    // Who looks at what right now is of no use after a restart.
    try database.execute(
      "CREATE TEMP TABLE locks (item INTEGER, annotator TEXT, until INTEGER, PRIMARY KEY (item, annotator)) WITHOUT ROWID"
    )
  }
}
