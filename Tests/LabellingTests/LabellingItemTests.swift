import Core
import Labelling
import Testing

@Suite("Items and values")
struct LabellingItemTests {
  private func item(_ line: String, _ project: LabellingProject) throws -> LabellingItem {
    try LabellingItem(try #require(JSONValue(parsing: Array(line.utf8), name: "line").objectValue), project: project)
  }

  @Test("Items have a key of their own by id or by content")
  func keys() throws {
    let project = try TestProject().project
    #expect(try item("{\"text\":\"a\",\"id\":7}", project).key == "id:7")
    #expect(try item("{\"text\":\"a\",\"id\":\"7\"}", project).key == "id:7")
    let one = try item("{\"text\":\"a\"}", project).key
    #expect(one.hasPrefix("sha256:"))
    #expect(try item("{\"text\":\"a\",\"label\":\"good\"}", project).key == one)
    #expect(try item("{\"text\":\"b\"}", project).key != one)
    // The two forms of é look the same and are not.
    #expect(try item("{\"text\":\"\\u00e9\"}", project).key != item("{\"text\":\"e\\u0301\"}", project).key)
  }

  @Test(
    "Lines that are no items are told apart",
    arguments: [
      ("{}", "no text"), ("{\"text\":1}", "text is no string"), ("{\"text\":\"\"}", "an empty text"),
      ("{\"text\":\"a\",\"id\":[]}", "id is no string or whole number"),
      ("{\"text\":\"a\",\"id\":1.5}", "id is no string or whole number"),
      ("{\"text\":\"a\",\"id\":\"\"}", "id is no string or whole number"),
    ])
  func unfit(line: String, reason: String) throws {
    let project = try TestProject().project
    #expect(throws: LabellingItem.Unfit(reason: reason)) { try item(line, project) }
  }

  @Test("Preferences come as a and b or as chosen and rejected")
  func preferences() throws {
    let project = try TestProject(.preference).project
    let open = try item("{\"prompt\":\"p\",\"a\":\"x\",\"b\":\"y\"}", project)
    #expect(open.text == "p" && open.sides == .init(a: "x", b: "y") && open.given == nil)
    let known = try item("{\"chosen\":\"x\",\"rejected\":\"y\",\"scores\":{\"a\":0.25,\"b\":0.75}}", project)
    #expect(known.given == .choice(.a) && known.scores == [0.25, 0.75])
    #expect(throws: LabellingItem.Unfit.self) { try item("{\"prompt\":\"p\",\"a\":\"x\"}", project) }
  }

  @Test("Scores are read by name or in order, scaled to one, and left out where they are none")
  func scores() throws {
    let project = try TestProject().project
    func scores(_ text: String) throws -> [Double]? { try item("{\"text\":\"a\",\"scores\":\(text)}", project).scores }
    #expect(try scores("{\"good\":0.5,\"bad\":0.5}") == [0.5, 0.5, 0])
    #expect(try scores("[0.6,0.3,0.3]")?.map { ($0 * 100).rounded() } == [50, 25, 25])
    for wrong in ["[1,0]", "[-1,1,1]", "[9,9,9]", "[\"a\",0,0]", "{}", "3", "[0,0,0]", "null"] {
      #expect(try scores(wrong) == nil)
    }
    let sure = try item("{\"text\":\"a\",\"scores\":[1,0,0]}", project)
    #expect(sure.uncertainty(.entropy, task: .classification) == 0)
    #expect(sure.uncertainty(.file, task: .classification) == nil)
    let stated = try item("{\"text\":\"a\",\"scores\":[1,0,0],\"uncertainty\":0.9}", project)
    #expect(stated.uncertainty(.margin, task: .classification) == 0.9)
  }

  @Test("A class may be given by its place in the list")
  func classNumbers() throws {
    let project = try TestProject().project
    #expect(try item("{\"text\":\"a\",\"label\":1}", project).given == .label("bad"))
    #expect(try item("{\"text\":\"a\",\"label\":9}", project).given == nil)
    #expect(try item("{\"text\":\"a\",\"label\":\"mixed\"}", project).given == .label("mixed"))
    #expect(try item("{\"text\":\"a\",\"label\":\"other\"}", project).given == nil)
  }

  @Test("Spans outside the text, empty, overlapping, doubled or of no label are refused")
  func spans() throws {
    let test = try TestProject(.span, labels: ["PER", "LOC"])
    // Eight scalars, more in UTF-16: 👩‍👧 is three.
    let service = try LabellingServiceTests.service(test, ["{\"id\":1,\"text\":\"你好👩‍👧é!\"}"])
    var visit = Visit(service)
    _ = visit.logIn("Ann")
    func status(_ spans: [(Int, Int, String)]) -> Int {
      let value = JSONValue.array(
        spans.map { .object(["start": .integer($0.0), "end": .integer($0.1), "label": .string($0.2)]) })
      return visit.post(
        "/api/record",
        .object([
          "item": .integer(1), "action": .string("judge"), "value": value,
          "nonce": .string("\(spans)".prefix(60) + "________"),
        ])
      ).status
    }
    #expect(status([]) == 200)
    #expect(status([(0, 2, "PER"), (2, 5, "LOC")]) == 200)
    #expect(status([(0, 7, "PER")]) == 200)
    for wrong in [
      [(0, 8, "PER")], [(-1, 2, "PER")], [(2, 2, "PER")], [(3, 2, "PER")], [(0, 3, "PER"), (2, 4, "LOC")],
      [(0, 1, "ORG")], [(0, 1, "PER"), (0, 1, "PER")], [(0, Int.max, "PER")],
    ] {
      #expect(status(wrong) == 400, "\(wrong)")
    }
  }
}
