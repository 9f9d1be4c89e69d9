import Core
import Foundation
import HTTPServer
import Labelling
import TestSupport
import Testing

/// Random changes to requests and project files that are right.
@Suite("Fuzzing of labelling")
struct LabellingFuzzTests {
  private struct Mutator {
    var stream: RandomStream

    init(_ name: String) { stream = RandomStream(RandomKey(seed: 4).named(name)) }

    mutating func pick(_ count: Int) -> Int { Int.random(in: 0..<max(1, count), using: &stream) }

    mutating func mutate(_ seed: [UInt8], _ others: [[UInt8]]) -> [UInt8] {
      var bytes = seed
      for _ in 0...pick(4) {
        let place = pick(bytes.count + 1)
        switch pick(7) {
        case 0: if place < bytes.count { bytes[place] ^= 1 << UInt8(pick(8)) }
        case 1: if place < bytes.count { bytes[place] = UInt8(pick(256)) }
        case 2: bytes.removeSubrange(place..<min(bytes.count, place + pick(12)))
        case 3: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + pick(40))], at: place)
        case 4:
          let words = [
            "{", "[", "\"", "\\u0000", "\\ud800", "9223372036854775807", "-1", "1e999", "null", "%00", "%", "&", "=",
            "\r\n",
            "\u{202E}", "你", "👩‍👧", "../", ": ", "- ", "\n  ",
          ]
          bytes.insert(contentsOf: words[pick(words.count)].utf8, at: place)
        case 5: bytes.insert(contentsOf: [UInt8](repeating: UInt8(pick(256)), count: pick(2000)), at: place)
        default:
          let other = others[pick(others.count)]
          bytes = Array(bytes[..<place]) + other[min(other.count, pick(other.count + 1))...]
        }
      }
      return bytes
    }
  }

  @Test(
    "Requests of any kind are answered quickly, and only right ones change the database",
    arguments: LabellingProject.Task.allCases)
  func requests(task: LabellingProject.Task) throws {
    let test = try TestProject(task)
    let lines =
      task == .preference
      ? (1...5).map { "{\"id\":\($0),\"a\":\"x\",\"b\":\"y\"}" }
      : (1...5).map { "{\"id\":\($0),\"text\":\"你好 text \($0)\"}" }
    let store = try test.store(lines)
    let service = LabellingService(store, token: TestProject.token)
    var visit = Visit(service)
    _ = visit.logIn("Ann")
    let values = [
      "\"good\"", "[\"good\",\"bad\"]", "[{\"start\":0,\"end\":2,\"label\":\"bad\"}]", "\"a\"", "\"an answer\"",
    ]
    var bodies = values.map {
      "{\"item\":1,\"action\":\"judge\",\"value\":\($0),\"nonce\":\"abcdefgh\",\"milliseconds\":12}"
    }
    bodies += values.map { "{\"item\":2,\"action\":\"decide\",\"value\":\($0),\"nonce\":\"abcdefghi\"}" }
    bodies += [
      "{\"nonce\":\"abcdefghij\"}", "{\"name\":\"Ann\",\"token\":\"\(TestProject.token)\"}",
      "{\"item\":3,\"action\":\"skip\",\"nonce\":\"abcdefgh\"}",
    ]
    let paths = [
      "/api/record", "/api/draft", "/api/undo", "/login", "/logout", "/api/next", "/api/item?id=1&review=1",
      "/api/conflict?after=0", "/api/suspect?after=1", "/", "/app.js",
    ]
    let bodySeeds = bodies.map { Array($0.utf8) }
    let pathSeeds = paths.map { Array($0.utf8) }
    var mutator = Mutator("requests \(task.rawValue)")
    let time = FuzzTime(part: 0.5)
    var count = 0
    var statuses: [Int: Int] = [:]
    while time.isLeft {
      count += 1
      let path = paths[mutator.pick(paths.count)]
      let target =
        mutator.pick(3) > 0 ? path : String(decoding: mutator.mutate(Array(path.utf8), pathSeeds), as: UTF8.self)
      guard let parsed = HTTPTarget(parsing: target) else { continue }
      var request = visit.request(mutator.pick(4) > 0 ? "POST" : "GET", "/")
      request.target = parsed
      request.headers["Content-Type"] = "application/json"
      if mutator.pick(8) == 0 {
        let name = ["Host", "Cookie", "Origin", "Content-Type"][mutator.pick(4)]
        let value = Array((request.headers[name] ?? "http://localhost:8420").utf8)
        request.headers[name] = String(decoding: mutator.mutate(value, pathSeeds), as: UTF8.self)
      }
      request.body = mutator.mutate(bodySeeds[mutator.pick(bodySeeds.count)], bodySeeds)
      let start = Date()
      let response = service.answer(to: request)
      #expect(Date().timeIntervalSince(start) < 2)
      #expect(response.status != 500, "\(target) \(String(decoding: request.body, as: UTF8.self))")
      statuses[response.status, default: 0] += 1
    }
    #expect(count > 10)
    #expect(statuses[200] ?? 0 > 0 && statuses[400] ?? 0 > 0, "\(statuses)")
    #expect(try store.integrityCheck() == "ok")
    // What came through can be read back.
    try store.forEachResult { result in
      for judgement in result.judgements { #expect(judgement.annotator == "Ann") }
    }
    _ = try store.status()
    _ = try store.exportedLines(all: true)
  }

  @Test("Project files of any kind are read or refused in words")
  func projects() throws {
    let seeds = [
      "name: a\ntask: classification\nlabels: [good, {name: bad, key: x, color: \"#ff0000\"}]\ninput: a.jsonl\nport: 9\n",
      "task: span\nlabels:\n  - PER\n  - name: LOC\ninput: [a.jsonl, b.jsonl]\nguidelines: |\n  a\n  b\nallow_overlap: true\n",
      "task: preference\ninput: a\nannotators: [Ann, 王芳]\njudgements_per_item: 3\n",
    ].map { Array($0.utf8) }
    var mutator = Mutator("projects")
    let time = FuzzTime()
    var outcomes = (good: 0, bad: 0)
    while time.isLeft {
      let bytes = mutator.mutate(seeds[mutator.pick(seeds.count)], seeds)
      let start = Date()
      do {
        let project = try LabellingProject(text: String(decoding: bytes, as: UTF8.self), file: "p.yaml")
        #expect(
          Set(project.labels.map(\.key)).count >= min(project.labels.count, 30)
            || project.labels.contains { $0.key.isEmpty })
        outcomes.good += 1
      } catch is MartletError {
        outcomes.bad += 1
      }
      #expect(Date().timeIntervalSince(start) < 2)
    }
    #expect(outcomes.good > 0 && outcomes.bad > 0)
  }

  @Test("Lines of any kind are imported or counted by reason")
  func lines() throws {
    let test = try TestProject()
    let store = try test.store()
    let seeds = [
      "{\"id\":1,\"text\":\"a\",\"label\":\"good\",\"scores\":[0.1,0.2,0.7]}",
      "{\"text\":\"你\",\"prediction\":\"bad\"}",
      "{\"id\":\"x\",\"text\":\"b\",\"uncertainty\":0.5}",
    ].map { Array($0.utf8) }
    var mutator = Mutator("lines")
    let time = FuzzTime()
    let path = test.folder + "/fuzz.jsonl"
    while time.isLeft {
      var file: [UInt8] = []
      for _ in 0..<50 { file += mutator.mutate(seeds[mutator.pick(seeds.count)], seeds) + [0x0A] }
      try AtomicFile.write(file, to: path)
      let report = try store.importItems(from: path)
      #expect(report.added + report.known + report.updated + report.skipped.values.reduce(0, +) == report.lines)
      let again = try store.importItems(from: path)
      #expect(again.added == 0)
    }
    while case .item(let id) = try store.next(for: "Ann") {
      _ = try store.record(.skip, item: id, by: "Ann", nonce: "skip \(id)")
    }
    #expect(try store.integrityCheck() == "ok")
  }
}
