import Core
import Testing
import YAML

@Suite("YAML")
struct YAMLParserTests {
  @Test("Sections, lists and scalars come with their places")
  func nodes() throws {
    let top = try #require(try YAMLParser.parse("a: 1\nb:\n  - x\n  - \"2\"\n", name: "t.yaml"))
    guard case .mapping(let members) = top.content else { return #expect(Bool(false), "no section") }
    #expect(members.map(\.key) == ["a", "b"])
    #expect(members[0].value.plain == "1")
    #expect(members[1].place == .init(line: 2, column: 1))
    guard case .sequence(let elements) = members[1].value.content else { return #expect(Bool(false), "no list") }
    #expect(elements[0].plain == "x")
    #expect(elements[1].plain == nil)
    #expect(elements[1].place == .init(line: 4, column: 5))
  }

  @Test(
    "What could grow, construct or hide something is refused with its place",
    arguments: [
      ("a: &x 1\n", "t.yaml:1:4", "anchors"), ("a: *x\n", "t.yaml:1:4", "aliases"),
      ("a: !!int 1\n", "t.yaml:1:4", "tags"),
      ("a: 1\na: 2\n", "t.yaml:2:1", "twice"), ("a: 1\n---\nb: 2\n", "t.yaml:2:1", "second document"),
      (String(repeating: "[", count: 40), "t.yaml:1:18", "deeper"), ("a: [1\n", "t.yaml:2:1", ""),
    ])
  func refused(text: String, place: String, word: String) {
    do {
      _ = try YAMLParser.parse(text, name: "t.yaml")
      Issue.record("nothing was thrown")
    } catch let error as MartletError {
      #expect(error.code == .malformedFile)
      #expect(error.place == place)
      #expect(word.isEmpty || error.message.contains(word))
    } catch {
      Issue.record("\(error)")
    }
  }

  @Test("An empty text has no node, a huge one is refused")
  func sizes() throws {
    #expect(try YAMLParser.parse("", name: "t.yaml") == nil)
    #expect(throws: MartletError.self) {
      try YAMLParser.parse(String(repeating: "#", count: YAMLParser.maximumSize + 1), name: "t.yaml")
    }
  }
}
