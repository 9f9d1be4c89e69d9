import Core

extension LabellingStore {
  /// An item as it is shown to a person.
  public struct Assignment: Sendable, Equatable {
    /// Its number in the database.
    public var id: Int
    /// The item.
    public var item: LabellingItem
    /// What this person said of it before, if anything.
    public var own: LabelValue?
    /// Whether this person has skipped it.
    public var isSkipped = false
    /// What this person has begun and not submitted.
    public var draft: LabelValue?
    /// What all said of it; only for reviewers.
    public var judgements: [Judgement] = []
    /// What a reviewer decided; only for reviewers.
    public var decision: Judgement?
  }

  /// What a person holds of an item.
  public struct Judgement: Sendable, Equatable {
    /// Who said it.
    public var annotator: String
    /// What.
    public var value: LabelValue
    /// When, in milliseconds since 1970.
    public var time: Int
  }

  /// What is next for a person.
  public enum Next: Sendable, Equatable {
    /// An item, by its number; it is kept from others for some minutes.
    case item(Int)
    /// Others are looking at all that is left.
    case wait
    /// Nothing is left.
    case done
  }

  /// The next item for a person to judge: not judged or skipped by them, needing judgements, not being looked at by as
  /// many others as judgements are missing. Of these, the one that the model is least sure of.
  ///
  /// - Parameter now: the time in milliseconds; the present one unless given.
  ///
  /// Throws: `MartletError` with code `inputOutput`.
  public func next(for annotator: String, now: Int? = nil) throws -> Next {
    let now = now ?? Self.now
    return try withDatabase { database in
      try database.run("DELETE FROM locks WHERE until <= ?", [.integer(now)])
      if let id = try candidate(database, for: annotator, ignoresLocks: false) {
        try lock(database, item: id, annotator: annotator, now: now)
        return .item(id)
      }
      return try candidate(database, for: annotator, ignoresLocks: true) == nil ? .done : .wait
    }
  }

  private func candidate(_ database: Database, for annotator: String, ignoresLocks: Bool) throws -> Int? {
    var best: (id: Int, priority: Double)?
    // For each number of judgements the index gives the items in order.
    for judged in 0..<project.judgementsPerItem {
      let found = try database.first(
        """
        SELECT i.id, i.priority FROM items i WHERE i.decided = 0 AND i.judged = ?2
          AND NOT EXISTS (SELECT 1 FROM current c WHERE c.item = i.id AND c.annotator = ?1)
          AND (?4 OR (SELECT count(*) FROM locks l WHERE l.item = i.id AND l.annotator <> ?1) < ?3)
        ORDER BY i.priority DESC, i.id LIMIT 1
        """,
        [
          .text(annotator), .integer(judged), .integer(project.judgementsPerItem - judged),
          .integer(ignoresLocks ? 1 : 0),
        ]
      ) { (id: $0.integer(0), priority: $0.real(1)) }
      guard let found else { continue }
      if let old = best, (old.priority, -old.id) >= (found.priority, -found.id) { continue }
      best = found
    }
    return best?.id
  }

  /// The next item after `id` on which people disagree, all judgements being there and nothing decided; those that
  /// another reviewer looks at are left out.
  ///
  /// Throws: `MartletError` with code `inputOutput`.
  public func nextConflict(after id: Int, for reviewer: String, now: Int? = nil) throws -> Int? {
    let now = now ?? Self.now
    return try withDatabase { database in
      let next = try database.first(
        """
        SELECT id FROM items i WHERE conflict = 1 AND decided = 0 AND judged >= ?1 AND id > ?2 AND NOT EXISTS
          (SELECT 1 FROM locks l WHERE l.item = i.id AND l.annotator <> ?3 AND l.until > ?4) ORDER BY id LIMIT 1
        """,
        [.integer(project.judgementsPerItem), .integer(id), .text(reviewer), .integer(now)]
      ) { $0.integer(0) }
      if let next { try lock(database, item: next, annotator: reviewer, now: now) }
      return next
    }
  }

  private func lock(_ database: Database, item: Int, annotator: String, now: Int) throws {
    try database.run("DELETE FROM locks WHERE annotator = ?", [.text(annotator)])
    if project.lockMinutes > 0 {
      try database.run(
        "INSERT INTO locks VALUES (?, ?, ?)",
        [.integer(item), .text(annotator), .integer(now + project.lockMinutes * 60_000)])
    }
  }

  /// An item as a person sees it; nil if there is none of this number.
  ///
  /// - Parameter showsOthers: whether to tell what others said.
  ///
  /// Throws: `MartletError` with code `inputOutput`.
  public func assignment(_ id: Int, for annotator: String, showsOthers: Bool) throws -> Assignment? {
    try withDatabase { database in
      let source = try database.first("SELECT source FROM items WHERE id = ?", [.integer(id)]) { $0.text(0) }
      guard let item = source.flatMap({ Self.item($0, project) }) else { return nil }
      var assignment = Assignment(id: id, item: item)
      let key: [Database.Value] = [.integer(id), .text(annotator)]
      try database.run("SELECT kind, value FROM current WHERE item = ? AND annotator = ?", key) { row in
        assignment.isSkipped = row.text(0) == "skip"
        assignment.own = LabelValue(stored: row.text(1), task: project.task)
      }
      try database.run("SELECT value FROM drafts WHERE item = ? AND annotator = ?", key) { row in
        assignment.draft = LabelValue(stored: row.text(0), task: project.task)
      }
      if showsOthers {
        assignment.judgements = try judgements(database, of: id)
        assignment.decision = try decision(database, of: id)
      }
      return assignment
    }
  }

  func judgements(_ database: Database, of item: Int) throws -> [Judgement] {
    var judgements: [Judgement] = []
    try database.run(
      "SELECT c.annotator, c.value, j.at FROM current c JOIN judgements j ON j.id = c.judgement "
        + "WHERE c.item = ? AND c.kind = 'judge' ORDER BY c.judgement", [.integer(item)]
    ) { row in
      guard let value = LabelValue(stored: row.text(1), task: project.task) else { return }
      judgements.append(Judgement(annotator: row.text(0), value: value, time: row.integer(2)))
    }
    return judgements
  }

  func decision(_ database: Database, of item: Int) throws -> Judgement? {
    let found: Judgement?? = try database.first(
      "SELECT d.annotator, d.value, j.at FROM decisions d JOIN judgements j ON j.id = d.judgement WHERE d.item = ?",
      [.integer(item)]
    ) { row in
      LabelValue(stored: row.text(1), task: project.task).map {
        Judgement(annotator: row.text(0), value: $0, time: row.integer(2))
      }
    }
    return found ?? nil
  }

  /// The items that a person judged or skipped last, the last one last.
  ///
  /// Throws: `MartletError` with code `inputOutput`.
  public func trail(of annotator: String, limit: Int = 50) throws -> [Int] {
    try withDatabase { database in
      var items: [Int] = []
      // The last entries of the history, so that this takes as long with a million of them.
      try database.run(
        "SELECT item FROM judgements WHERE annotator = ? AND undone = 0 AND kind IN ('judge', 'skip') "
          + "ORDER BY id DESC LIMIT ?", [.text(annotator), .integer(limit)]
      ) { items.append($0.integer(0)) }
      var seen: Set<Int> = []
      return Array(items.filter { seen.insert($0).inserted }.reversed())
    }
  }

  /// How far the work is.
  public struct Progress: Sendable, Equatable {
    /// All items.
    public var items = 0
    /// Items that have all judgements, or a decision.
    public var complete = 0
    /// Items that this person judged.
    public var own = 0
    /// Conflicts that wait for a decision.
    public var conflicts = 0

    package init(items: Int = 0, complete: Int = 0, own: Int = 0, conflicts: Int = 0) {
      self.items = items
      self.complete = complete
      self.own = own
      self.conflicts = conflicts
    }
  }

  /// How far the work is, and what a person has done of it.
  ///
  /// Throws: `MartletError` with code `inputOutput`.
  public func progress(of annotator: String) throws -> Progress {
    try withDatabase { database in
      var progress = Progress()
      let needed = Database.Value.integer(project.judgementsPerItem)
      func count(_ sql: String, _ values: [Database.Value]) throws -> Int {
        try database.first("SELECT count(*) FROM " + sql, values) { $0.integer(0) } ?? 0
      }
      // Items are never removed, so that the last number tells how many there are.
      progress.items = try database.first("SELECT max(id) FROM items") { $0.integer(0) } ?? 0
      progress.complete =
        try count("items WHERE decided = 1", []) + count("items WHERE decided = 0 AND judged >= ?", [needed])
      progress.own = try count("current WHERE annotator = ? AND kind = 'judge'", [.text(annotator)])
      progress.conflicts = try count("items WHERE conflict = 1 AND decided = 0 AND judged >= ?", [needed])
      return progress
    }
  }
}
