import Core
import Foundation
import HTTPServer
import Labelling
import Testing

@Suite("The labelling service, without a socket")
struct LabellingServiceTests {
  static func service(_ test: TestProject, _ lines: [String] = TestProject.texts(3)) throws -> LabellingService {
    LabellingService(try test.store(lines), token: TestProject.token)
  }

  private static let gets = [
    "/api/project", "/api/next", "/api/item?id=1", "/api/conflict?after=0", "/api/suspect?after=0", "/app.js",
    "/editors.js", "/parts.js", "/spans.js", "/status.js", "/api/status",
  ]
  private static let posts = ["/api/record", "/api/draft", "/api/undo", "/logout"]

  @Test("Every route needs a login, except those of the login itself, and unknown addresses tell nothing")
  func loginNeeded() throws {
    let test = try TestProject()
    let visit = Visit(try Self.service(test))
    for path in Self.gets + ["/nowhere", "/api/nowhere"] { #expect(visit.get(path).status == 401, "\(path)") }
    for path in Self.posts { #expect(visit.post(path, .object([:])).status == 401, "\(path)") }
    let front = visit.get("/")
    #expect(front.status == 303 && front.headers["location"] == "/login")
    for path in ["/login", "/login.js", "/words.js", "/style.css"] { #expect(visit.get(path).status == 200, "\(path)") }
    #expect(!String(decoding: visit.get("/login").body, as: UTF8.self).contains("text 1"))
  }

  @Test("Only the right token and a fit name log in, and the cookie is out of reach for scripts and other sites")
  func loggingIn() throws {
    let test = try TestProject()
    test.project.annotators = ["Ann", "王芳"]
    let service = try Self.service(test)
    var visit = Visit(service)
    #expect(visit.logIn("Ann", token: "wrong").errorCode == "wrong_token")
    #expect(visit.logIn("Eve").errorCode == "unknown_name")
    #expect(visit.get("/api/next").status == 401)
    let response = visit.logIn("王芳")
    #expect(response.status == 200)
    let cookie = try #require(response.headers["set-cookie"])
    #expect(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"))
    #expect(visit.get("/api/project").object["annotator"] == .string("王芳"))
    // A seal fits one name and one token alone.
    let parts = try #require(visit.cookie).split(separator: ".")
    for forged in ["\(parts[0]).\(parts[1].dropLast())0", String(parts[0]), "\(parts[0]).", ".\(parts[1])"] {
      var request = visit.request("GET", "/api/next")
      request.headers["Cookie"] = forged == visit.cookie ? "x" : forged
      #expect(service.answer(to: request).status == 401)
    }
    let other = LabellingService(try LabellingStore(test.project), token: "another token of letters")
    var request = visit.request("GET", "/api/next")
    request.headers["Host"] = "localhost"
    #expect(other.answer(to: request).status == 401)
  }

  @Test("Guessing tokens ends soon")
  func guessing() throws {
    let test = try TestProject()
    var visit = Visit(try Self.service(test))
    var codes: Set<String> = []
    for _ in 0..<100 { if let code = visit.logIn("Ann", token: "wrong").errorCode { codes.insert(code) } }
    #expect(codes == ["wrong_token", "too_many"])
  }

  @Test("Other sites, other hosts, other methods, other types and large bodies are refused")
  func refusals() throws {
    let test = try TestProject()
    let service = try Self.service(test)
    var visit = Visit(service)
    _ = visit.logIn("Ann")
    func status(_ change: (inout HTTPRequest) -> Void) -> Int {
      var request = visit.request("POST", "/api/undo", .object(["nonce": .string("a nonce of it")]))
      change(&request)
      return service.answer(to: request).status
    }
    #expect(status { _ in } == 200)
    #expect(status { $0.headers["Origin"] = "http://evil.example" } == 403)
    #expect(status { $0.headers["Origin"] = "null" } == 403)
    #expect(status { $0.headers["Sec-Fetch-Site"] = "cross-site" } == 403)
    #expect(status { $0.headers["Host"] = "evil.example" } == 421)
    #expect(status { $0.headers["Host"] = nil } == 400)
    #expect(status { $0.headers["Content-Type"] = "text/plain" } == 415)
    #expect(status { $0.headers["Content-Type"] = nil } == 415)
    #expect(status { $0.method = "GET" } == 405)
    #expect(status { $0.method = "DELETE" } == 405)
    #expect(status { $0.target = HTTPTarget("/api/undo/") } == 404)
    #expect(status { $0.body = Array("{".utf8) } == 400)
    #expect(status { $0.body = Array("[]".utf8) } == 400)
    #expect(status { $0.body = [UInt8](repeating: 0x20, count: (1 << 20) + 1) } == 413)
    #expect(status { $0.body = Array(String(repeating: "[", count: 100_000).utf8) } == 400)
    #expect(status { $0.body = [0xFF, 0xFE] } == 400)
  }

  @Test("Each response keeps browsers strict")
  func headers() throws {
    let test = try TestProject()
    var visit = Visit(try Self.service(test))
    _ = visit.logIn("Ann")
    for response in [visit.get("/"), visit.get("/login"), visit.get("/api/next"), visit.get("/nowhere")] {
      let policy = try #require(response.headers["content-security-policy"])
      #expect(policy.contains("default-src 'none'") && !policy.contains("unsafe") && !policy.contains("*"))
      #expect(response.headers["x-content-type-options"] == "nosniff")
      #expect(response.headers["cache-control"] == "no-store")
      #expect(response.headers["referrer-policy"] == "no-referrer")
    }
    // What the policy forbids must not be in the pages.
    for path in ["/", "/login"] {
      let page = String(decoding: visit.get(path).body, as: UTF8.self)
      #expect(
        !page.contains("style=") && !page.contains("onclick") && !page.contains("http") && !page.contains("<style"))
    }
    // Nothing puts markup from texts into a page.
    for path in ["/app.js", "/editors.js", "/parts.js", "/spans.js", "/status.js", "/login.js", "/words.js"] {
      let script = String(decoding: visit.get(path).body, as: UTF8.self)
      for word in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "https://", "http://"] {
        #expect(!script.contains(word), "\(word) in \(path)")
      }
    }
  }

  @Test("Every word of the page is there in both languages, and is used")
  func words() throws {
    let test = try TestProject()
    var visit = Visit(try Self.service(test))
    _ = visit.logIn("Ann")
    func text(_ path: String) -> String { String(decoding: visit.get(path).body, as: UTF8.self) }
    let words = text("/words.js")
    let languages = words.components(separatedBy: "  zh: {")
    try #require(languages.count == 2)
    func keys(_ text: String) -> Set<String> { Set(text.matches(of: /(?:^|[ \n])(\w+): '/).map { String($0.1) }) }
    let english = keys(languages[0])
    #expect(english.count > 80)
    #expect(english.symmetricDifference(keys(languages[1])).isEmpty)
    let page = ["/", "/login", "/app.js", "/editors.js", "/parts.js", "/spans.js", "/status.js", "/login.js"]
      .map(text).joined()
    for key in english where !key.hasPrefix("error_") {
      #expect(page.contains("'\(key)'") || page.contains("data-t=\"\(key)\""), "\(key)")
    }
    for match in page.matches(of: /\bt\('(\w+)'|data-t="(\w+)"/) {
      let key = String(match.1 ?? match.2 ?? "")
      #expect(english.contains(key) || key == "error_", "\(key)")
    }
  }

  @Test("A person labels, goes on, takes back and comes to the end")
  func labelling() throws {
    let test = try TestProject()
    var visit = Visit(try Self.service(test))
    _ = visit.logIn("Ann")
    func record(_ item: Int, _ value: JSONValue, action: String = "judge") -> HTTPResponse {
      visit.post(
        "/api/record",
        .object([
          "item": .integer(item), "value": value, "action": .string(action), "nonce": .string("nonce of \(item)"),
          "milliseconds": .integer(-5),
        ]))
    }
    let first = visit.get("/api/next").object
    #expect(first["item"]?.objectValue?["text"] == .string("text 1"))
    #expect(first["item"]?.objectValue?["judgements"] == nil)
    #expect(record(1, .string("nonsense")).errorCode == "bad_value")
    #expect(record(1, .integer(1)).errorCode == "bad_value")
    #expect(record(99, .string("good")).status == 404)
    #expect(record(1, .string("good")).object["progress"]?.objectValue?["own"] == .integer(1))
    #expect(record(2, .null, action: "skip").status == 200)
    #expect(record(3, .string("bad"), action: "nonsense").status == 400)
    #expect(visit.get("/api/item?id=1").object["item"]?.objectValue?["own"] == .string("good"))
    #expect(visit.get("/api/item?id=2").object["item"]?.objectValue?["skipped"] == .bool(true))
    for wrong in ["/api/item", "/api/item?id=x", "/api/item?id=-1"] { #expect(visit.get(wrong).status == 400) }
    #expect(visit.get("/api/item?id=99").status == 404)
    let undone = visit.post("/api/undo", .object(["nonce": .string("nonce of undo")])).object
    #expect(undone["item"] == .integer(2))
    #expect(record(3, .string("bad")).status == 200)
    #expect(visit.get("/api/project").object["trail"] == .array([.integer(1), .integer(3)]))
    #expect(visit.get("/api/next").object["item"]?.objectValue?["id"] == .integer(2))
  }

  @Test("Only reviewers see what others said and decide")
  func reviewing() throws {
    let test = try TestProject()
    test.project.reviewers = ["Rae"]
    test.project.judgementsPerItem = 2
    let service = try Self.service(test, ["{\"id\":1,\"text\":\"a\",\"label\":\"good\",\"scores\":[0.1,0.8,0.1]}"])
    var (ann, bo, rae) = (Visit(service), Visit(service), Visit(service))
    for (index, name) in ["Ann", "Bo"].enumerated() {
      var visit = Visit(service)
      _ = visit.logIn(name)
      let body: JSONObject = [
        "item": .integer(1), "action": .string("judge"), "value": .string(index == 0 ? "good" : "bad"),
        "nonce": .string("nonce of it"),
      ]
      #expect(visit.post("/api/record", .object(body)).status == 200)
    }
    _ = (ann.logIn("Ann"), bo.logIn("Bo"), rae.logIn("Rae"))
    let decide: JSONValue = .object([
      "item": .integer(1), "action": .string("decide"), "value": .string("mixed"), "nonce": .string("nonce of dec"),
    ])
    for path in ["/api/conflict?after=0", "/api/suspect?after=0", "/api/item?id=1&review=1", "/api/status"] {
      #expect(ann.get(path).errorCode == "not_reviewer")
      #expect(rae.get(path).status == 200)
    }
    #expect(ann.get("/api/item?id=1").object["item"]?.objectValue?["judgements"] == nil)
    #expect(bo.post("/api/record", decide).errorCode == "not_reviewer")
    let conflict = try #require(rae.get("/api/conflict?after=0").object["item"]?.objectValue)
    #expect(conflict["judgements"]?.arrayValue?.count == 2)
    let status = rae.get("/api/status").object
    #expect(status["conflicts"] == .integer(1))
    let pair = try #require(status["pairs"]?.arrayValue?.first?.objectValue)
    #expect(pair["one"] == .string("Ann") && pair["other"] == .string("Bo") && pair["items"] == .integer(1))
    #expect(pair["agreement"]?.doubleValue == 0)
    #expect(rae.post("/api/record", decide).status == 200)
    #expect(rae.get("/api/conflict?after=0").object["item"] == nil)
  }

  @Test("What is begun is kept until it is submitted")
  func drafts() throws {
    let test = try TestProject(.multiLabel)
    var visit = Visit(try Self.service(test))
    _ = visit.logIn("Ann")
    let draft: JSONValue = .array([.string("bad")])
    #expect(visit.post("/api/draft", .object(["item": .integer(1), "value": draft])).status == 200)
    #expect(visit.post("/api/draft", .object(["item": .integer(9), "value": draft])).status == 404)
    #expect(visit.get("/api/next").object["item"]?.objectValue?["draft"] == draft)
    let body: JSONObject = [
      "item": .integer(1), "action": .string("judge"), "value": draft, "nonce": .string("nonce of it"),
    ]
    #expect(visit.post("/api/record", .object(body)).status == 200)
    let item = try #require(visit.get("/api/item?id=1").object["item"]?.objectValue)
    #expect(item["draft"] == nil && item["own"] == draft)
    #expect(visit.post("/api/undo", .object(["nonce": .string("nonce of undo")])).status == 200)
    let undone = try #require(visit.get("/api/item?id=1").object["item"]?.objectValue)
    #expect(undone["draft"] == draft && undone["own"] == nil)
  }

  @Test("The sides of a preference change for some items, always in the same way for a person")
  func sides() throws {
    let test = try TestProject(.preference)
    let lines = (1...40).map { "{\"id\":\($0),\"a\":\"x\",\"b\":\"y\"}" }
    var visit = Visit(try Self.service(test, lines))
    _ = visit.logIn("Ann")
    func swapped() -> [Bool?] {
      (1...40).map { visit.get("/api/item?id=\($0)").object["item"]?.objectValue?["swapped"]?.boolValue }
    }
    let first = swapped()
    #expect(first == swapped())
    #expect(5...35 ~= first.count { $0 == true })
  }
}
