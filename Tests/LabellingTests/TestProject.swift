import Core
import Foundation
import HTTPServer
import Labelling

/// A project with its database in a folder of its own, which goes with it.
final class TestProject {
  let folder = NSTemporaryDirectory() + "martlet-labelling-" + UUID().uuidString
  var project = LabellingProject()
  static let token = "a token of many letters"

  init(_ task: LabellingProject.Task = .classification, labels: [String] = ["good", "bad", "mixed"]) throws {
    try FileSystem.createFolder(folder)
    project.task = task
    if task.hasLabels {
      project.labels = labels.enumerated().map { .init(name: $1, key: "\($0 + 1)", color: "#0072b2") }
    }
    project.database = folder + "/labels.db"
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  /// Opens the database and imports lines.
  func store(_ lines: [String] = []) throws -> LabellingStore {
    let store = try LabellingStore(project)
    if !lines.isEmpty { _ = try importLines(lines, into: store) }
    return store
  }

  func importLines(_ lines: [String], into store: LabellingStore) throws -> LabellingStore.ImportReport {
    let path = folder + "/import.jsonl"
    try AtomicFile.write(lines.joined(separator: "\n"), to: path)
    return try store.importItems(from: path)
  }

  static func texts(_ count: Int) -> [String] { (1...count).map { "{\"id\": \($0), \"text\": \"text \($0)\"}" } }
}

extension LabellingStore {
  /// The number of the next item, which must be there.
  func nextItem(for annotator: String) throws -> Int? {
    if case .item(let id) = try next(for: annotator) { return id }
    return nil
  }

  @discardableResult
  func judge(_ item: Int, _ value: LabelValue, by annotator: String) throws -> Int? {
    try record(.judge(value), item: item, by: annotator, nonce: UUID().uuidString)
  }

  /// The lines of an export.
  func exportedLines(all: Bool = false) throws -> [JSONObject] {
    var lines: [JSONObject] = []
    _ = try export(all: all) { text in
      if let object = try JSONValue(parsing: Array(text.utf8), name: "export").objectValue { lines.append(object) }
    }
    return lines
  }
}

/// What a browser does, without one: keeps its cookie and names its host.
struct Visit {
  let service: LabellingService
  private(set) var cookie: String?

  init(_ service: LabellingService) { self.service = service }

  func request(_ method: String, _ target: String, _ body: JSONValue? = nil) -> HTTPRequest {
    var request = HTTPRequest(
      method, HTTPTarget(parsing: target) ?? HTTPTarget("/"), headers: ["Host": "localhost:8420"])
    if let cookie { request.headers["Cookie"] = cookie }
    if let body {
      request.headers["Content-Type"] = "application/json"
      request.headers["Origin"] = "http://localhost:8420"
      request.body = Array(body.text().utf8)
    }
    return request
  }

  func get(_ target: String) -> HTTPResponse { service.answer(to: request("GET", target)) }

  func post(_ target: String, _ body: JSONValue) -> HTTPResponse { service.answer(to: request("POST", target, body)) }

  mutating func logIn(_ name: String, token: String = TestProject.token) -> HTTPResponse {
    let response = post("/login", .object(["name": .string(name), "token": .string(token)]))
    if let value = response.headers["set-cookie"] { cookie = value.split(separator: ";").first.map(String.init) }
    return response
  }
}

extension HTTPResponse {
  /// The body as a JSON object.
  var object: JSONObject { (try? JSONValue(parsing: body, name: "response").objectValue) ?? JSONObject() }
  /// The code of an error.
  var errorCode: String? { object["error"]?.objectValue?["code"]?.stringValue }
}
