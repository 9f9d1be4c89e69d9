import Core
import Foundation
import Labelling
import TestSupport
import Testing

/// `martlet label` as people run it: served, killed, exported and read by `martlet data`.
@Suite("Labelling by command", .serialized)
struct LabelTests {
  private static let token = "the token of the tests"

  private static func withProject<R>(items: Int, _ body: (String) throws -> R) throws -> R {
    try withTemporaryFolder { folder in
      let texts = (1...items).map { "{\"id\":\($0),\"text\":\"The text of number \($0), 第\($0)条.\"}\n" }
      try AtomicFile.write(texts.joined(), to: folder + "/items.jsonl")
      try AtomicFile.write(
        "name: Trial\ntask: classification\nlabels: [good, bad]\ninput: items.jsonl\njudgements_per_item: 2\n",
        to: folder + "/project.yaml")
      return try body(folder)
    }
  }

  /// A server that runs; only its constants are used from several threads.
  private final class Server: @unchecked Sendable {
    let process: Process
    let port: Int

    init(in folder: String) throws {
      process = Martlet.process(
        ["label", "project.yaml", "--port", "0"], in: folder, environment: [LabellingToken.variable: LabelTests.token])
      let path = folder + "/server-\(UUID().uuidString).txt"
      _ = FileManager.default.createFile(atPath: path, contents: nil)
      process.standardOutput = FileHandle(forWritingAtPath: path)
      process.standardError = FileHandle.nullDevice
      try process.run()
      var port: Int?
      for _ in 0..<12_000 where port == nil {
        usleep(10_000)
        let text = String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
        guard text.contains("Ctrl-C"), let start = text.range(of: "http://127.0.0.1:") else { continue }
        port = Int(text[start.upperBound...].prefix { $0.isNumber })
      }
      self.port = try #require(port, "the server did not start")
    }

    deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

    func post(_ path: String, _ body: String, cookie: String = "") -> String {
      let length = body.utf8.count
      let cookieLine = cookie.isEmpty ? "" : "Cookie: \(cookie)\r\n"
      return rawExchange(
        port: port,
        Array(
          ("POST \(path) HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\n"
            + "\(cookieLine)Content-Length: \(length)\r\n\r\n\(body)").utf8))
    }

    func logIn(_ name: String) throws -> String {
      let answer = post("/login", "{\"name\":\"\(name)\",\"token\":\"\(LabelTests.token)\"}")
      let line = try #require(answer.split(separator: "\r\n").first { $0.lowercased().hasPrefix("set-cookie: ") })
      return String(line.dropFirst(12).prefix { $0 != ";" })
    }
  }

  @Test("SIGKILL while people label: the database is sound and every acknowledged label is there")
  func kills() throws {
    try Self.withProject(items: 3000) { folder in
      let project = try LabellingProject(file: folder + "/project.yaml")
      var acknowledged: [String: Int] = [:]
      var next = 1
      for round in 0..<KillTests.kills {
        let server = try Server(in: folder)
        let names = ["Ann", "Bo"]
        let cookies = try names.map { try server.logIn($0) }
        let results = DispatchQueue(label: "results")
        let done = DispatchGroup()
        nonisolated(unsafe) var confirmed: [String: Int] = [:]
        nonisolated(unsafe) var reached = next
        for (name, cookie) in zip(names, cookies) {
          let first = next
          DispatchQueue.global().async(group: done) {
            for item in first..<min(first + 200, 3000) {
              let answer = server.post(
                "/api/record",
                "{\"item\":\(item),\"action\":\"judge\",\"value\":\"good\",\"nonce\":\"\(name) \(item) 00\"}",
                cookie: cookie)
              guard answer.hasPrefix("HTTP/1.1 200"), answer.contains("\"saved\":") else { return }
              results.sync {
                confirmed["\(name) \(item)"] = item
                reached = max(reached, item)
              }
            }
          }
        }
        // After some labels, wherever in the next one that is.
        let enough = Int.random(in: 1...100)
        while results.sync(execute: { confirmed.count }) < enough, done.wait(timeout: .now()) == .timedOut {
          usleep(1000)
        }
        usleep(UInt32.random(in: 0...3000))
        kill(server.process.processIdentifier, SIGKILL)
        server.process.waitUntilExit()
        done.wait()
        acknowledged.merge(confirmed) { first, _ in first }
        next = min(reached + 1, 2500)
        let store = try LabellingStore(project, creates: false)
        #expect(try store.integrityCheck() == "ok")
        var kept: Set<String> = []
        try store.forEachResult { result in
          for judgement in result.judgements { kept.insert("\(judgement.annotator) \(result.id)") }
        }
        #expect(acknowledged.keys.allSatisfy { kept.contains($0) }, "after kill \(round + 1)")
      }
      #expect(acknowledged.count >= KillTests.kills)
      print("\(KillTests.kills) kills, \(acknowledged.count) acknowledged labels, none lost")
    }
  }

  @Test("SIGTERM and Ctrl-C end the server with status 0", arguments: [SIGTERM, SIGINT])
  func stops(signal: Int32) throws {
    try Self.withProject(items: 3) { folder in
      let server = try Server(in: folder)
      let cookie = try server.logIn("Ann")
      #expect(server.post("/logout", "{}", cookie: cookie).hasPrefix("HTTP/1.1 200"))
      #expect(server.post("/logout", "{}").hasPrefix("HTTP/1.1 401"))
      kill(server.process.processIdentifier, signal)
      server.process.waitUntilExit()
      #expect(server.process.terminationReason == .exit && server.process.terminationStatus == 0)
    }
  }

  @Test("Labels are imported, counted, exported, and read by martlet data")
  func roundTrip() throws {
    try Self.withProject(items: 4) { folder in
      let store = try LabellingStore(LabellingProject(file: folder + "/project.yaml"))
      _ = try Martlet.run("label", "import", "items.jsonl", in: folder)
      for (id, one, other) in [(1, "good", "good"), (2, "bad", "bad"), (3, "good", "bad")] {
        _ = try store.record(.judge(.label(one)), item: id, by: "Ann", nonce: "nonce of \(id)")
        _ = try store.record(.judge(.label(other)), item: id, by: "Bo", nonce: "nonce of \(id)")
      }
      let again = try Martlet.run("label", "import", "items.jsonl", in: folder)
      #expect(again.output == "items.jsonl: 4 lines, 0 new items, 0 updated, 4 known\n")
      let status = try Martlet.run("label", "status", in: folder)
      #expect(
        status.output == """
          Trial: classification, 2 judgements an item
          items      4, 3 complete
          conflicts  1 open, 0 decided
          Ann: 3 judged, 0 skipped
          Bo: 3 judged, 0 skipped
          labels     good 3, bad 3
          Ann and Bo: Cohen's kappa 0.400 on 3 items
          Fleiss' kappa         0.333
          Krippendorff's alpha  0.444

          """)
      let export = try Martlet.run("label", "export", "project.yaml", "--out", "labelled.jsonl", in: folder)
      #expect(export.status == 0)
      #expect(export.errors == "2 items exported, 1 without judgements and 1 disputed left out\n")
      let printed = try Martlet.run("label", "export", "--format", "jsonl", in: folder)
      #expect(printed.output == (try FileSystem.readText(folder + "/labelled.jsonl", limit: 1 << 20)))
      try AtomicFile.write(
        "data:\n  files: labelled.jsonl\n  tokenizer: {type: char}\n", to: folder + "/recipe.yaml")
      let data = try Martlet.run("data", "recipe.yaml", in: folder)
      #expect(data.status == 0, "\(data.errors)")
    }
  }

  @Test("Mistakes are told with what would be right")
  func mistakes() throws {
    try Self.withProject(items: 2) { folder in
      for (arguments, word) in [
        (["label", "nowhere.yaml"], "nowhere.yaml"), (["label", "stats", "project.yaml"], "martlet label status"),
        (["label", "import"], "<file> is missing"), (["label", "export"], "labels.db"),
        (["label", "project.yaml", "--host", "example.org"], "no address"),
        (["label", "import", "nowhere.jsonl"], "nowhere.jsonl"),
      ] {
        let result = try Martlet.run(arguments, in: folder)
        #expect(result.status == 1, "\(arguments)")
        #expect(result.errors.contains(word), "\(result.errors)")
      }
    }
  }
}
