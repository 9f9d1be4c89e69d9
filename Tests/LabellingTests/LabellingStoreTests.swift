import CSQLite
import Core
import Foundation
import Labelling
import Testing

@Suite("The store of labels")
struct LabellingStoreTests {
  @Test("Importing again changes nothing; predictions are taken over; other texts under a known id are left out")
  func importing() throws {
    let test = try TestProject()
    let store = try test.store()
    let lines = ["{\"id\":1,\"text\":\"a\"}", "", "{\"text\":\"b\"}", "{\"text\":\"b\"}", "[1]", "{", "{\"id\":2}"]
    let first = try test.importLines(lines, into: store)
    #expect(first.lines == 6 && first.added == 2 && first.known == 1)
    #expect(first.skipped == ["no object": 1, "no JSON": 1, "no text": 1])
    #expect(first.places["no JSON"]?.hasSuffix("line 6") == true)
    #expect(first.added + first.known + first.updated + first.skipped.values.reduce(0, +) == first.lines)
    let second = try test.importLines(lines, into: store)
    #expect(second.added == 0 && second.known == 3)
    let third = try test.importLines(
      ["{\"id\":1,\"scores\":[0.4,0.3,0.3]}", "{\"id\":1,\"text\":\"other\"}", "{\"text\":\"b\",\"label\":\"bad\"}"],
      into: store)
    #expect(third.updated == 2 && third.skipped == ["the same id as another text": 1])
    let item = try #require(try store.assignment(1, for: "Ann", showsOthers: false)).item
    #expect(item.text == "a" && item.scores == [0.4, 0.3, 0.3])
    #expect(try store.progress(of: "Ann").items == 2)
  }

  @Test("A line beyond the limit is counted and the next is found, at a byte-order mark, without a last line feed")
  func longLines() throws {
    let test = try TestProject()
    let store = try test.store()
    let long = "{\"text\":\"\(String(repeating: "x", count: 17 << 20))\"}"
    let report = try test.importLines(["\u{FEFF}{\"text\":\"a\"}", long, "{\"text\":\"b\"}"], into: store)
    #expect(report.added == 2 && report.skipped == ["longer than 16 MB": 1])
  }

  @Test("Items go out one to a person, least sure first, and locks end")
  func queue() throws {
    let test = try TestProject()
    let store = try test.store([
      "{\"id\":1,\"text\":\"a\",\"scores\":[1,0,0]}", "{\"id\":2,\"text\":\"b\"}",
      "{\"id\":3,\"text\":\"c\",\"scores\":[0.4,0.3,0.3]}",
    ])
    let now = 1_000_000_000_000
    #expect(try store.next(for: "Ann", now: now) == .item(3))
    #expect(try store.next(for: "Ann", now: now) == .item(3))
    #expect(try store.next(for: "Bo", now: now) == .item(1))
    #expect(try store.next(for: "Cy", now: now) == .item(2))
    #expect(try store.next(for: "Di", now: now) == .wait)
    #expect(try store.next(for: "Di", now: now + test.project.lockMinutes * 60_000) == .item(3))
    try store.judge(3, .label("good"), by: "Ann")
    #expect(try store.nextItem(for: "Ann") == 1)
    try store.judge(1, .label("good"), by: "Ann")
    _ = try store.record(.skip, item: 2, by: "Ann", nonce: "skip-skip")
    #expect(try store.next(for: "Ann") == .done)
    #expect(try store.next(for: "Bo") == .item(2))
  }

  @Test("With several judgements an item goes to as many people as are missing")
  func severalJudgements() throws {
    let test = try TestProject()
    test.project.judgementsPerItem = 2
    let store = try test.store(TestProject.texts(2))
    #expect(try store.next(for: "Ann") == .item(1))
    #expect(try store.next(for: "Bo") == .item(1))
    #expect(try store.next(for: "Cy") == .item(2))
    try store.judge(1, .label("good"), by: "Ann")
    #expect(try store.next(for: "Ann") == .item(2))
    #expect(try store.next(for: "Cy") == .item(2))
    #expect(try store.next(for: "Di") == .wait)
    try store.judge(1, .label("bad"), by: "Bo")
    #expect(try store.progress(of: "Bo") == .init(items: 2, complete: 1, own: 1, conflicts: 1))
  }

  @Test("Another order of the project is taken over when it is opened again")
  func reordering() throws {
    let test = try TestProject()
    let lines = [
      "{\"id\":1,\"text\":\"a\",\"scores\":[0.5,0.5,0]}", "{\"id\":2,\"text\":\"b\",\"scores\":[0.46,0.27,0.27]}",
    ]
    #expect(try test.store(lines).next(for: "Ann") == .item(2))
    test.project.order = .margin
    #expect(try test.store().next(for: "Ann") == .item(1))
    test.project.order = .file
    test.project.judgementsPerItem = 3
    #expect(try test.store().next(for: "Ann") == .item(1))
  }

  @Test("Taking back restores what held before, step by step, and all stays in the history")
  func undo() throws {
    let test = try TestProject()
    let store = try test.store(TestProject.texts(2))
    try store.judge(1, .label("good"), by: "Ann")
    try store.judge(1, .label("bad"), by: "Ann")
    _ = try store.record(.skip, item: 2, by: "Ann", nonce: "nonce-of-skip")
    func own(_ id: Int) throws -> LabelValue? { try store.assignment(id, for: "Ann", showsOthers: false)?.own }
    #expect(try own(1) == .label("bad"))
    #expect(try store.undo(by: "Ann", nonce: "undo-one").map { $0.item } == 2)
    // The answer was lost and the request comes again.
    #expect(try store.undo(by: "Ann", nonce: "undo-one").map { $0.item } == 2)
    #expect(try own(1) == .label("bad"))
    #expect(try store.undo(by: "Ann", nonce: "undo-two").map { $0.item } == 1)
    #expect(try own(1) == .label("good"))
    #expect(try store.undo(by: "Ann", nonce: "undo-three") != nil)
    #expect(try own(1) == nil)
    #expect(try store.undo(by: "Ann", nonce: "undo-four") == nil)
    #expect(try store.progress(of: "Ann") == .init(items: 2, complete: 0, own: 0, conflicts: 0))
    #expect(try store.trail(of: "Ann") == [])
  }

  @Test("The same action sent twice counts once")
  func nonces() throws {
    let test = try TestProject()
    let store = try test.store(TestProject.texts(2))
    let first = try store.record(.judge(.label("good")), item: 1, by: "Ann", nonce: "the same nonce")
    #expect(try store.record(.judge(.label("good")), item: 1, by: "Ann", nonce: "the same nonce") == first)
    #expect(try store.record(.judge(.label("bad")), item: 1, by: "Bo", nonce: "the same nonce") != first)
    // An acknowledgement of something else would lose it.
    for action in [LabellingStore.Action.judge(.label("bad")), .skip, .decide(.label("good"))] {
      #expect(throws: LabellingStore.NonceReused.self) {
        try store.record(action, item: 1, by: "Ann", nonce: "the same nonce")
      }
    }
    #expect(throws: LabellingStore.NonceReused.self) {
      try store.record(.judge(.label("good")), item: 2, by: "Ann", nonce: "the same nonce")
    }
    #expect(throws: LabellingStore.NonceReused.self) { try store.undo(by: "Ann", nonce: "the same nonce") }
    #expect(try store.record(.judge(.label("bad")), item: 99, by: "Bo", nonce: "another nonce") == nil)
  }

  @Test("Conflicts wait for a decision, which can be taken back, also when another reviewer decided since")
  func review() throws {
    let test = try TestProject()
    test.project.judgementsPerItem = 2
    let store = try test.store(TestProject.texts(3))
    for (id, one, other) in [(1, "good", "good"), (2, "good", "bad"), (3, "bad", "good")] {
      try store.judge(id, .label(one), by: "Ann")
      try store.judge(id, .label(other), by: "Bo")
    }
    #expect(try store.nextConflict(after: 0, for: "Rae") == 2)
    // The one that Rae looks at is not for others.
    #expect(try store.nextConflict(after: 0, for: "Sam") == 3)
    _ = try store.record(.decide(.label("mixed")), item: 2, by: "Rae", nonce: "decide-one")
    #expect(try store.nextConflict(after: 0, for: "Rae") == nil)
    _ = try store.record(.decide(.label("bad")), item: 2, by: "Sam", nonce: "decide-two")
    func decision() throws -> LabelValue? { try store.assignment(2, for: "Rae", showsOthers: true)?.decision?.value }
    #expect(try decision() == .label("bad"))
    #expect(try store.undo(by: "Rae", nonce: "undo-undo").map { $0.isDecision } == true)
    #expect(try decision() == .label("bad"))
    _ = try store.undo(by: "Sam", nonce: "undo-undo")
    #expect(try decision() == nil)
    #expect(try store.progress(of: "Rae").conflicts == 2)
  }

  @Test("Exports have the keys of data sets, and everything that was said")
  func exporting() throws {
    let test = try TestProject()
    test.project.judgementsPerItem = 3
    let store = try test.store([
      "{\"id\":1,\"text\":\"a\",\"source\":\"x\",\"scores\":[1,0,0]}", "{\"id\":2,\"text\":\"b\"}", "{\"text\":\"c\"}",
    ])
    for (name, label) in [("Ann", "good"), ("Bo", "good"), ("Cy", "bad")] {
      try store.judge(1, .label(label), by: name)
    }
    try store.judge(2, .label("good"), by: "Ann")
    try store.judge(2, .label("bad"), by: "Bo")
    var lines = try store.exportedLines()
    #expect(lines.count == 1)
    #expect(lines[0]["label"] == .string("good") && lines[0]["source"] == .string("x") && lines[0]["scores"] == nil)
    let labelling = try #require(lines[0]["labelling"]?.objectValue)
    #expect(labelling["source"] == .string("majority"))
    #expect(labelling["judgements"]?.arrayValue?.count == 3)
    #expect(try store.exportedLines(all: true).count == 3)
    _ = try store.record(.decide(.label("mixed")), item: 2, by: "Rae", nonce: "decide-one")
    lines = try store.exportedLines()
    #expect(lines.count == 2 && lines[1]["label"] == .string("mixed"))
    let decision = try #require(lines[1]["labelling"]?.objectValue?["decision"]?.objectValue)
    #expect(decision["annotator"] == .string("Rae"))
    #expect(decision["at"]?.stringValue?.hasSuffix("Z") == true && decision["at"]?.stringValue?.utf8.count == 24)
  }

  @Test("Spans, preferences, labels and answers are exported as models read them")
  func exportingTasks() throws {
    let spans = try TestProject(.span, labels: ["LOC"])
    let store = try spans.store(["{\"text\":\"in Rome\"}"])
    try store.judge(1, .spans([.init(start: 3, end: 7, label: "LOC")]), by: "Ann")
    #expect(
      try store.exportedLines()[0]["entities"]?.text() == "[{\"start\":3,\"end\":7,\"label\":\"LOC\"}]")
    let pairs = try TestProject(.preference)
    let pairStore = try pairs.store(["{\"prompt\":\"p\",\"a\":\"x\",\"b\":\"y\"}", "{\"a\":\"x\",\"b\":\"z\"}"])
    try pairStore.judge(1, .choice(.b), by: "Ann")
    try pairStore.judge(2, .choice(.tie), by: "Ann")
    let lines = try pairStore.exportedLines()
    #expect(
      lines[0]["chosen"] == .string("y") && lines[0]["rejected"] == .string("x") && lines[0]["prompt"] == .string("p"))
    #expect(lines[0]["a"] == nil && lines[1]["tie"] == .bool(true))
    let answers = try TestProject(.answer)
    let answerStore = try answers.store(["{\"text\":\"why?\"}"])
    try answerStore.judge(1, .answer("because"), by: "Ann")
    let answer = try answerStore.exportedLines()[0]
    #expect(answer["prompt"] == .string("why?") && answer["completion"] == .string("because"))
    let many = try TestProject(.multiLabel)
    let manyStore = try many.store(["{\"text\":\"x\"}"])
    for (name, labels) in [("Ann", ["mixed", "good"]), ("Bo", ["good"]), ("Cy", ["bad", "mixed"])] {
      try manyStore.judge(1, .labels(labels), by: name)
    }
    #expect(try manyStore.exportedLines()[0]["labels"]?.text() == "[\"good\",\"mixed\"]")
  }

  @Test("Labels that are likely wrong are found from scores and judgements, and leave when decided")
  func suspects() throws {
    let test = try TestProject(labels: ["good", "bad"])
    var lines = (1...20).map { "{\"id\":\($0),\"text\":\"t\($0)\",\"label\":\"good\",\"scores\":[0.9,0.1]}" }
    lines += (21...40).map { "{\"id\":\($0),\"text\":\"t\($0)\",\"label\":\"bad\",\"scores\":[0.1,0.9]}" }
    lines.append("{\"id\":41,\"text\":\"odd\",\"label\":\"good\",\"scores\":[0.03,0.97]}")
    let store = try test.store(lines)
    let suspects = try store.suspects()
    #expect(suspects.map(\.item) == [41])
    #expect(suspects[0].label == "good" && suspects[0].likely == "bad" && abs(suspects[0].confidence - 0.03) < 1e-9)
    _ = try store.record(.decide(.label("good")), item: 41, by: "Rae", nonce: "decide-one")
    #expect(try store.suspects().isEmpty)
  }

  @Test("The status has counts and agreement by person")
  func status() throws {
    let test = try TestProject(labels: ["good", "bad"])
    test.project.judgementsPerItem = 2
    let store = try test.store(TestProject.texts(4))
    for (id, one, other) in [(1, "good", "good"), (2, "bad", "bad"), (3, "good", "bad"), (4, "bad", "bad")] {
      _ = try store.record(
        .judge(.label(one)), item: id, by: "Ann", nonce: "nonce-\(id)-of-it", milliseconds: id * 1000)
      try store.judge(id, .label(other), by: "Bo")
    }
    let status = try store.status()
    #expect(status.items == 4 && status.complete == 4 && status.conflicts == 1)
    #expect(status.labels.map(\.name) == ["good", "bad"] && status.labels.map(\.count) == [3, 5])
    #expect(status.people.map(\.name) == ["Ann", "Bo"] && status.people[0].medianSeconds == 3)
    #expect(status.pairs.count == 1 && status.pairs[0].items == 4)
    #expect(abs((status.pairs[0].agreement ?? 0) - 0.5) < 1e-12)
    #expect(status.fleissKappa != nil && status.krippendorffAlpha != nil)
  }

  @Test("Databases of other programs, newer ones, other tasks and files that are none are refused and left as they are")
  func foreignDatabases() throws {
    func sqlite(_ path: String, _ sql: String) {
      var handle: OpaquePointer?
      sqlite3_open(path, &handle)
      #expect(sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK)
      sqlite3_close(handle)
    }
    func expectRefusal(_ test: TestProject, _ code: MartletError.Code, _ word: String) throws {
      let before = try FileSystem.read(test.project.database, limit: 1 << 24)
      do {
        _ = try LabellingStore(test.project)
        Issue.record("nothing was thrown")
      } catch let error as MartletError {
        #expect(error.code == code)
        #expect(error.message.contains(word), "\(error)")
        #expect(error.place == test.project.database)
      }
      #expect(try FileSystem.read(test.project.database, limit: 1 << 24) == before)
    }
    let foreign = try TestProject()
    sqlite(foreign.project.database, "CREATE TABLE mine (x)")
    try expectRefusal(foreign, .mismatch, "another program")
    let newer = try TestProject()
    _ = try newer.store()
    sqlite(newer.project.database, "PRAGMA user_version = 99; PRAGMA wal_checkpoint(TRUNCATE)")
    try expectRefusal(newer, .mismatch, "newer martlet")
    let other = try TestProject()
    _ = try other.store()
    other.project.task = .answer
    #expect(throws: MartletError.self) { try LabellingStore(other.project) }
    let text = try TestProject()
    try AtomicFile.write(String(repeating: "no database at all\n", count: 100), to: text.project.database)
    try expectRefusal(text, .malformedFile, "no SQLite database")
    let absent = try TestProject()
    #expect(throws: MartletError.self) { try LabellingStore(absent.project, creates: false) }
    #expect(FileSystem.kind(of: absent.project.database) == nil)
  }

  @Test("Many people at once lose nothing and never get the same item")
  func concurrency() async throws {
    let test = try TestProject()
    let store = try test.store(TestProject.texts(200))
    let judged = try await withThrowingTaskGroup(of: [Int].self) { group in
      for person in 0..<8 {
        group.addTask {
          var mine: [Int] = []
          while let id = try store.nextItem(for: "person \(person)") {
            try store.judge(id, .label(person.isMultiple(of: 2) ? "good" : "bad"), by: "person \(person)")
            mine.append(id)
          }
          return mine
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    #expect(judged.sorted() == Array(1...200))
    #expect(try store.progress(of: "").complete == 200)
    #expect(try store.integrityCheck() == "ok")
  }
}
