import Core
import HTTPServer

/// What the page asks, answered in JSON.
struct LabellingAnswers: Sendable {
  let store: LabellingStore
  let sessions: Sessions
  let suspects: SuspectQueue

  private var settings: LabellingProject { store.project }

  // MARK: - Logging in

  func logIn(_ request: HTTPRequest) throws -> HTTPResponse {
    let body = try object(request)
    guard let token = body["token"]?.stringValue, let name = body["name"]?.stringValue else {
      throw Refusal(400, "bad_request", "Token and name are needed.")
    }
    switch sessions.logIn(token: token, name: name) {
    case .success(let cookie):
      var response = HTTPResponse.json(.object(["name": .string(name)]))
      response.headers["Set-Cookie"] = cookie
      return response
    case .failure(.wrongToken): throw Refusal(401, "wrong_token", "The token is wrong.")
    case .failure(.unknownName): throw Refusal(403, "unknown_name", "Nobody of this name labels in this project.")
    case .failure(.tooMany): throw Refusal(429, "too_many", "Too many wrong tokens. Try again in a minute.")
    }
  }

  // MARK: - Looking

  func project(_ name: String) throws -> HTTPResponse {
    let labels = settings.labels.map { label in
      JSONValue.object(["name": .string(label.name), "key": .string(label.key), "color": .string(label.color)])
    }
    return .json(
      .object([
        "name": .string(settings.name), "task": .string(settings.task.rawValue), "labels": .array(labels),
        "guidelines": .string(settings.guidelines), "annotator": .string(name),
        "reviewer": .bool(settings.isReviewer(name)), "tie": .bool(settings.allowsTie),
        "overlap": .bool(settings.allowsOverlap), "needed": .integer(settings.judgementsPerItem),
        "trail": .array(try store.trail(of: name).map { .integer($0) }), "progress": try progress(name),
      ]))
  }

  func next(_ name: String) throws -> HTTPResponse {
    var answer: JSONObject = ["progress": try progress(name)]
    switch try store.next(for: name) {
    case .item(let id): answer["item"] = try described(id, name)
    case .wait: answer["wait"] = .bool(true)
    case .done: break
    }
    return .json(.object(answer))
  }

  func item(_ request: HTTPRequest, _ name: String) throws -> HTTPResponse {
    let showsOthers = request.target.query["review"] == "1"
    if showsOthers, !settings.isReviewer(name) { throw Refusal.notReviewer }
    guard let item = try described(try number(request, "id"), name, showsOthers: showsOthers) else {
      throw Refusal.noItem
    }
    return .json(.object(["item": item, "progress": try progress(name)]))
  }

  func conflict(_ request: HTTPRequest, _ name: String) throws -> HTTPResponse {
    guard settings.isReviewer(name) else { throw Refusal.notReviewer }
    var answer: JSONObject = ["progress": try progress(name)]
    if let id = try store.nextConflict(after: try number(request, "after"), for: name) {
      answer["item"] = try described(id, name, showsOthers: true)
    }
    return .json(.object(answer))
  }

  func suspect(_ request: HTTPRequest, _ name: String) throws -> HTTPResponse {
    guard settings.isReviewer(name) else { throw Refusal.notReviewer }
    var answer: JSONObject = ["progress": try progress(name)]
    // Those that come after the one just looked at; it may have left the list meanwhile.
    let after = try number(request, "after")
    let all = try suspects.suspects(store)
    let start = all.firstIndex { $0.item == after }.map { $0 + 1 } ?? 0
    for suspect in all[start...] {
      guard let item = try store.assignment(suspect.item, for: name, showsOthers: true), item.decision == nil else {
        continue
      }
      answer["item"] = described(item, name, showsOthers: true)
      answer["suspect"] = .object([
        "label": .string(suspect.label), "likely": .string(suspect.likely), "confidence": .double(suspect.confidence),
      ])
      break
    }
    return .json(.object(answer))
  }

  func status(_ name: String) throws -> HTTPResponse {
    guard settings.isReviewer(name) else { throw Refusal.notReviewer }
    let status = try store.status()
    let people = status.people.map { person in
      var entry: JSONObject = [
        "name": .string(person.name), "judged": .integer(person.judged), "skipped": .integer(person.skipped),
        "decided": .integer(person.decided),
      ]
      entry["seconds"] = person.medianSeconds.map { .double($0) }
      return JSONValue.object(entry)
    }
    let pairs = status.pairs.map { pair in
      var entry: JSONObject = [
        "one": .string(pair.one), "other": .string(pair.other), "items": .integer(pair.items),
      ]
      entry["agreement"] = pair.agreement.map { .double($0) }
      return JSONValue.object(entry)
    }
    let labels = status.labels.map { JSONValue.object(["name": .string($0.name), "count": .integer($0.count)]) }
    var answer: JSONObject = [
      "items": .integer(status.items), "complete": .integer(status.complete), "conflicts": .integer(status.conflicts),
      "decided": .integer(status.decided), "people": .array(people), "pairs": .array(pairs), "labels": .array(labels),
      "progress": try progress(name),
    ]
    answer["fleiss"] = status.fleissKappa.map { .double($0) }
    answer["alpha"] = status.krippendorffAlpha.map { .double($0) }
    return .json(.object(answer))
  }

  private func progress(_ name: String) throws -> JSONValue {
    let progress = try store.progress(of: name)
    return .object([
      "items": .integer(progress.items), "complete": .integer(progress.complete), "own": .integer(progress.own),
      "conflicts": .integer(progress.conflicts),
    ])
  }

  private func described(_ id: Int, _ name: String, showsOthers: Bool = false) throws -> JSONValue? {
    try store.assignment(id, for: name, showsOthers: showsOthers).map { described($0, name, showsOthers: showsOthers) }
  }

  private func described(_ assignment: LabellingStore.Assignment, _ name: String, showsOthers: Bool) -> JSONValue {
    let item = assignment.item
    var answer: JSONObject = ["id": .integer(assignment.id), "text": .string(item.text)]
    if let sides = item.sides {
      answer["a"] = .string(sides.a)
      answer["b"] = .string(sides.b)
      answer["swapped"] = .bool(settings.shufflesSides && Self.swaps(item.key, name))
    }
    if let own = assignment.own { answer["own"] = own.json }
    if let draft = assignment.draft { answer["draft"] = draft.json }
    if assignment.isSkipped { answer["skipped"] = .bool(true) }
    if settings.showsPredictions || showsOthers, let prediction = item.prediction {
      answer["prediction"] = prediction.json
    }
    guard showsOthers else { return .object(answer) }
    func said(_ judgement: LabellingStore.Judgement) -> JSONValue {
      .object(["annotator": .string(judgement.annotator), "value": judgement.value.json])
    }
    answer["judgements"] = .array(assignment.judgements.map(said))
    if let decision = assignment.decision { answer["decision"] = said(decision) }
    if let given = item.given { answer["given"] = given.json }
    return .object(answer)
  }

  /// Whether b is shown on the left: as by a coin, and always the same for a person and an item.
  private static func swaps(_ key: String, _ name: String) -> Bool {
    (SHA256.hash(Array((key + "\n" + name).utf8)).bytes.first ?? 0) & 1 == 1
  }

  // MARK: - Changing

  func record(_ request: HTTPRequest, _ name: String) throws -> HTTPResponse {
    let body = try object(request)
    let id = try integer(body, "item")
    let action: LabellingStore.Action
    switch body["action"]?.stringValue {
    case "judge": action = .judge(try value(body, item: id, name))
    case "skip": action = .skip
    case "decide":
      guard settings.isReviewer(name) else { throw Refusal.notReviewer }
      action = .decide(try value(body, item: id, name))
    default: throw Refusal(400, "bad_request", "The action must be judge, skip or decide.")
    }
    let milliseconds = body["milliseconds"]?.integerValue.map { min(max($0, 0), 86_400_000) }
    let saved = try store.record(action, item: id, by: name, nonce: try nonce(body), milliseconds: milliseconds)
    guard let saved else { throw Refusal.noItem }
    return .json(.object(["saved": .integer(saved), "progress": try progress(name)]))
  }

  func draft(_ request: HTTPRequest, _ name: String) throws -> HTTPResponse {
    let body = try object(request)
    let id = try integer(body, "item")
    guard try store.saveDraft(try value(body, item: id, name), item: id, by: name) else { throw Refusal.noItem }
    return .json(.object([:]))
  }

  func undo(_ request: HTTPRequest, _ name: String) throws -> HTTPResponse {
    let nonce = try nonce(try object(request))
    guard let undone = try store.undo(by: name, nonce: nonce) else {
      return .json(.object(["progress": try progress(name)]))
    }
    return .json(
      .object([
        "item": .integer(undone.item), "decision": .bool(undone.isDecision), "progress": try progress(name),
      ]))
  }

  // MARK: - Reading requests

  private func object(_ request: HTTPRequest) throws(Refusal) -> JSONObject {
    guard let object = try? JSONValue(parsing: request.body, name: "request").objectValue else {
      throw Refusal(400, "bad_json", "The body must be a JSON object.")
    }
    return object
  }

  private func integer(_ object: JSONObject, _ key: String) throws(Refusal) -> Int {
    guard let value = object[key]?.integerValue else { throw Refusal(400, "bad_request", "A number is missing.") }
    return value
  }

  private func number(_ request: HTTPRequest, _ key: String) throws(Refusal) -> Int {
    guard let value = request.target.query[key].flatMap({ Int($0) }), value >= 0 else {
      throw Refusal(400, "bad_request", "A number is missing.")
    }
    return value
  }

  private func nonce(_ object: JSONObject) throws(Refusal) -> String {
    guard let nonce = object["nonce"]?.stringValue, 8...64 ~= nonce.utf8.count else {
      throw Refusal(400, "bad_request", "A nonce of 8 to 64 bytes is missing.")
    }
    return nonce
  }

  private func value(_ object: JSONObject, item id: Int, _ name: String) throws -> LabelValue {
    guard let item = try store.assignment(id, for: name, showsOthers: false)?.item else { throw Refusal.noItem }
    guard let value = object["value"] else { throw Refusal(400, "bad_value", "A value is missing.") }
    do {
      return try LabelValue(value, project: settings, text: item.text)
    } catch {
      throw Refusal(400, "bad_value", error.message)
    }
  }
}
