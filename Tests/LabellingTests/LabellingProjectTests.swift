import Core
import Labelling
import Testing

@Suite("Labelling projects")
struct LabellingProjectTests {
  @Test("All keys are read, and paths start at the project's folder")
  func allKeys() throws {
    let project = try LabellingProject(
      text: """
        name: 情感
        task: classification
        labels:
          - good
          - {name: bad, key: x, color: "#FF0000"}
        input: [a.jsonl, /data/b.jsonl]
        database: work/labels.db
        annotators: [Ann, 王芳]
        reviewers: Ann
        judgements_per_item: 3
        guidelines: |
          Read it twice.
        order: margin
        lock_minutes: 5
        allow_overlap: true
        allow_tie: true
        shuffle_sides: false
        show_predictions: true
        host: 0.0.0.0
        port: 9000
        host_names: [lab.example]
        token_file: token.txt
        """, file: "/projects/p.yaml")
    #expect(project.name == "情感")
    #expect(project.labels.map(\.name) == ["good", "bad"])
    #expect(project.labels.map(\.key) == ["1", "x"])
    #expect(project.labels[1].color == "#FF0000")
    #expect(project.labels[0].color.hasPrefix("#"))
    #expect(project.input == ["/projects/a.jsonl", "/data/b.jsonl"])
    #expect(project.database == "/projects/work/labels.db")
    #expect(project.tokenFile == "/projects/token.txt")
    #expect(project.annotators == ["Ann", "王芳"])
    #expect(project.reviewers == ["Ann"])
    #expect(project.judgementsPerItem == 3)
    #expect(project.guidelines == "Read it twice.\n")
    #expect(project.order == .margin)
    #expect(project.lockMinutes == 5)
    #expect(project.allowsOverlap && project.allowsTie && project.showsPredictions && !project.shufflesSides)
    #expect(project.host == "0.0.0.0" && project.port == 9000)
    #expect(project.hostNames == ["lab.example"])
  }

  @Test(
    "What is wrong is said with its place and what would be right",
    arguments: [
      ("", "p.yaml", "nothing"), ("[a]", "p.yaml", "a list"),
      ("task: classification\nlabels: [a, b]", "p.yaml", "input"),
      ("input: a\nlabels: [a]", "p.yaml", "task"), ("task: nonsense", "p.yaml:1:7", "one of"),
      ("tsak: span", "p.yaml:1:1", "unknown key tsak"), ("task: classification\ninput: a", "p.yaml", "needs labels"),
      ("task: classification\nlabels: [a]\ninput: a", "p.yaml:2:1", "needs labels"),
      ("task: answer\nlabels: [a]\ninput: a", "p.yaml:2:1", "has no labels"),
      ("task: span\nlabels: [a, a]\ninput: a", "p.yaml:2:13", "twice"),
      ("task: span\nlabels:\n - {name: a, key: u}\ninput: a", "p.yaml:3:4", "'u'"),
      ("task: span\nlabels:\n - {name: a, key: 10}\ninput: a", "p.yaml:3:4", "'10'"),
      ("task: span\nlabels:\n - {name: a, key: A}\ninput: a", "p.yaml:3:4", "'A'"),
      ("task: span\nlabels:\n - {name: a, key: 1}\n - {name: b, key: 1}\ninput: a", "p.yaml:4:4", "key 1"),
      ("task: span\nlabels:\n - {name: a, color: red}\ninput: a", "p.yaml:3:4", "'red'"),
      ("task: span\nlabels:\n - {name: a, colour: red}\ninput: a", "p.yaml:3:14", "colour"),
      ("task: span\nlabels:\n - {key: a}\ninput: a", "p.yaml:3:4", "name"),
      ("judgements_per_item: 0", "p.yaml:1:22", "1 to 100"), ("port: 70000", "p.yaml:1:7", "0 to 65535"),
      ("annotators: [\"\"]", "p.yaml:1:13", "no name"), ("annotators: [\" a\"]", "p.yaml:1:13", "no name"),
      ("annotators: [\"a\\u202eb\"]", "p.yaml:1:13", "no name"), ("allow_tie: perhaps", "p.yaml:1:12", "true or false"),
    ])
  func wrong(text: String, place: String, word: String) {
    do {
      _ = try LabellingProject(text: text, file: "p.yaml")
      Issue.record("nothing was thrown")
    } catch let error as MartletError {
      #expect(error.place == place)
      #expect(error.message.contains(word), "\(error.message)")
      #expect(error.remedy?.isEmpty == false)
    } catch {
      Issue.record("\(error)")
    }
  }

  @Test("The projects in the documentation are read as they stand")
  func documentation() throws {
    let path = fixtureFolder + "/docs/LABELLING.md"
    let text = try FileSystem.readText(path, limit: 1 << 20)
    var found = 0
    for block in text.split(separator: "```").map(String.init) where block.hasPrefix("yaml\n") {
      _ = try LabellingProject(text: String(block.dropFirst(5)), file: "docs.yaml")
      found += 1
    }
    #expect(found >= 2)
  }

  private var fixtureFolder: String {
    parentFolder(of: parentFolder(of: parentFolder(of: #filePath)))
  }

  @Test("Tokens come from the file, and short ones are refused")
  func tokens() throws {
    let test = try TestProject()
    #expect(try LabellingToken.find(for: test.project).isNew)
    test.project.tokenFile = test.folder + "/token"
    #expect(throws: MartletError.self) { try LabellingToken.find(for: test.project) }
    try AtomicFile.write("  long enough a token\n", to: test.folder + "/token")
    let found = try LabellingToken.find(for: test.project)
    #expect(found.token == "long enough a token" && !found.isNew)
    try AtomicFile.write("short\n", to: test.folder + "/token")
    #expect(throws: MartletError.self) { try LabellingToken.find(for: test.project) }
  }
}
