import Core

extension LabellingStore {
  /// What somebody does with an item.
  public enum Action: Sendable, Equatable {
    /// Judges it.
    case judge(LabelValue)
    /// Leaves it to others.
    case skip
    /// Decides as a reviewer.
    case decide(LabelValue)

    var kind: String {
      switch self {
      case .judge: "judge"
      case .skip: "skip"
      case .decide: "decide"
      }
    }

    var value: LabelValue? {
      switch self {
      case .judge(let value), .decide(let value): value
      case .skip: nil
      }
    }
  }

  /// A nonce came twice for different actions; nothing was kept of the second.
  public struct NonceReused: Error {}

  /// Keeps what a person did. When this returns, it is on the disk.
  ///
  /// - Parameters:
  ///   - nonce: a word that the client made up for this action; the same action with the same word counts once, so that
  ///     it may be sent again where the answer was lost.
  ///   - milliseconds: how long the person looked at the item.
  ///
  /// - Returns: the number of the entry in the history, or nil if there is no such item.
  ///
  /// Throws: `MartletError` with code `inputOutput`, or `NonceReused`.
  public func record(
    _ action: Action, item: Int, by annotator: String, nonce: String, milliseconds: Int? = nil
  ) throws -> Int? {
    try withDatabase { database in
      try database.transaction {
        if let known = try entry(database, nonce, of: annotator) {
          // Only the very same is told again: what is acknowledged must be what is kept.
          guard known.item == item, known.kind == action.kind, known.value == action.value?.stored ?? "" else {
            throw NonceReused()
          }
          return known.id
        }
        guard try database.first("SELECT 1 FROM items WHERE id = ?", [.integer(item)], { _ in true }) != nil else {
          return nil
        }
        let isDecision = action.kind == "decide"
        let previous =
          isDecision
          ? try database.first("SELECT judgement FROM decisions WHERE item = ?", [.integer(item)]) { $0.integer(0) }
          : try database.first(
            "SELECT judgement FROM current WHERE item = ? AND annotator = ?", [.integer(item), .text(annotator)]
          ) { $0.integer(0) }
        let id = try insert(
          database, item: item, annotator: annotator, kind: action.kind, value: action.value?.stored,
          previous: previous, nonce: nonce, milliseconds: milliseconds)
        try hold(database, judgement: id, item: item, annotator: annotator, isDecision: isDecision)
        for table in ["drafts", "locks"] {
          try database.run(
            "DELETE FROM \(table) WHERE item = ? AND annotator = ?", [.integer(item), .text(annotator)])
        }
        return id
      }
    }
  }

  /// Takes back the last thing that a person did and has not taken back yet. What held before holds again; labels, spans
  /// and answers that were taken back become a draft.
  ///
  /// - Returns: the item and whether it was a decision; nil if there is nothing to take back.
  ///
  /// Throws: `MartletError` with code `inputOutput`, or `NonceReused`.
  public func undo(by annotator: String, nonce: String) throws -> (item: Int, isDecision: Bool)? {
    try withDatabase { database in
      try database.transaction {
        if let known = try entry(database, nonce, of: annotator) {
          guard known.kind == "undo" else { throw NonceReused() }
          // Sent again: what was done is told again.
          return try database.first("SELECT item, kind FROM judgements WHERE id = ?", [.integer(known.previous)]) {
            ($0.integer(0), $0.text(1) == "decide")
          }
        }
        let last = try database.first(
          "SELECT id, item, kind, previous FROM judgements "
            + "WHERE annotator = ? AND undone = 0 AND kind <> 'undo' ORDER BY id DESC LIMIT 1", [.text(annotator)]
        ) { row in
          (id: row.integer(0), item: row.integer(1), kind: row.text(2), previous: row.isNull(3) ? nil : row.integer(3))
        }
        guard let last else { return nil }
        let isDecision = last.kind == "decide"
        try database.run("UPDATE judgements SET undone = 1 WHERE id = ?", [.integer(last.id)])
        _ = try insert(
          database, item: last.item, annotator: annotator, kind: "undo", value: nil, previous: last.id, nonce: nonce,
          milliseconds: nil)
        let holder = try holder(database, item: last.item, annotator: annotator, isDecision: isDecision)
        // What took several steps to make can be corrected, not only made anew.
        if last.kind == "judge", project.task != .classification, project.task != .preference {
          try database.run(
            "INSERT OR REPLACE INTO drafts SELECT item, annotator, value, at FROM judgements WHERE id = ?",
            [.integer(last.id)])
        }
        // Another reviewer may have decided since; that stays.
        guard holder == last.id else { return (last.item, isDecision) }
        var previous = last.previous
        while let id = previous {
          let row = try database.first("SELECT undone, previous FROM judgements WHERE id = ?", [.integer(id)]) { row in
            (undone: row.integer(0) == 1, previous: row.isNull(1) ? nil : row.integer(1))
          }
          guard let row, row.undone else { break }
          previous = row.previous
        }
        try hold(database, judgement: previous, item: last.item, annotator: annotator, isDecision: isDecision)
        return (last.item, isDecision)
      }
    }
  }

  /// Keeps what somebody has begun on an item, so that it is there after a crash of the browser or the machine.
  ///
  /// - Returns: whether there is such an item.
  ///
  /// Throws: `MartletError` with code `inputOutput`.
  public func saveDraft(_ value: LabelValue, item: Int, by annotator: String) throws -> Bool {
    try withDatabase { database in
      try database.transaction {
        guard try database.first("SELECT 1 FROM items WHERE id = ?", [.integer(item)], { _ in true }) != nil else {
          return false
        }
        try database.run(
          "INSERT OR REPLACE INTO drafts VALUES (?, ?, ?, ?)",
          [.integer(item), .text(annotator), .text(value.stored), .integer(Self.now)])
        return true
      }
    }
  }

  private func entry(
    _ database: Database, _ nonce: String, of annotator: String
  ) throws -> (id: Int, item: Int, kind: String, value: String, previous: Int)? {
    try database.first(
      "SELECT id, item, kind, value, previous FROM judgements WHERE annotator = ? AND nonce = ?",
      [.text(annotator), .text(nonce)]
    ) { ($0.integer(0), $0.integer(1), $0.text(2), $0.text(3), $0.integer(4)) }
  }

  private func insert(
    _ database: Database, item: Int, annotator: String, kind: String, value: String?, previous: Int?, nonce: String,
    milliseconds: Int?
  ) throws -> Int {
    try database.run(
      "INSERT INTO judgements (item, annotator, kind, value, previous, nonce, milliseconds, at) "
        + "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
      [
        .integer(item), .text(annotator), .text(kind), value.map { .text($0) } ?? .null,
        previous.map { .integer($0) } ?? .null, .text(nonce), milliseconds.map { .integer($0) } ?? .null,
        .integer(Self.now),
      ])
    return database.lastID
  }

  private func holder(_ database: Database, item: Int, annotator: String, isDecision: Bool) throws -> Int? {
    try isDecision
      ? database.first("SELECT judgement FROM decisions WHERE item = ?", [.integer(item)]) { $0.integer(0) }
      : database.first(
        "SELECT judgement FROM current WHERE item = ? AND annotator = ?", [.integer(item), .text(annotator)]
      ) { $0.integer(0) }
  }

  /// Makes an entry of the history what holds now, or none where it is nil, and brings the item up to date.
  private func hold(
    _ database: Database, judgement: Int?, item: Int, annotator: String, isDecision: Bool
  ) throws {
    if isDecision {
      try database.run("DELETE FROM decisions WHERE item = ?", [.integer(item)])
      if let judgement {
        try database.run(
          "INSERT INTO decisions SELECT item, annotator, id, value FROM judgements WHERE id = ?", [.integer(judgement)])
      }
    } else {
      try database.run(
        "DELETE FROM current WHERE item = ? AND annotator = ?", [.integer(item), .text(annotator)])
      if let judgement {
        try database.run(
          "INSERT INTO current SELECT item, annotator, id, kind, value FROM judgements WHERE id = ?",
          [.integer(judgement)])
      }
    }
    try database.run(
      """
      UPDATE items SET
        judged = (SELECT count(*) FROM current WHERE item = ?1 AND kind = 'judge'),
        conflict = (SELECT count(DISTINCT value) > 1 FROM current WHERE item = ?1 AND kind = 'judge'),
        decided = (SELECT count(*) FROM decisions WHERE item = ?1)
      WHERE id = ?1
      """, [.integer(item)])
  }
}
