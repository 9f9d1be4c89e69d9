import Core
import HTTPServer
import Synchronization

/// The web page of a project and what it talks to: requests in, responses out, with or without a socket.
public struct LabellingService: HTTPHandler {
  /// Who asks.
  struct Visitor: Sendable {
    /// The name of the annotator; empty for who has not logged in.
    var name: String
  }

  let store: LabellingStore
  let sessions: Sessions
  let suspects: SuspectQueue
  private let policy: SitePolicy
  private let router: Router<Visitor>

  /// Serves a project to those who know the token.
  public init(_ store: LabellingStore, token: String) {
    self.store = store
    let sessions = Sessions(token: token, project: store.project, identity: store.identity)
    let suspects = SuspectQueue()
    self.sessions = sessions
    self.suspects = suspects
    policy = SitePolicy(hostNames: store.project.hostNames)
    router = Router(Self.routes(store, sessions, suspects))
  }

  /// Refuses what is from another site, not logged in, at no address, or not JSON.
  public func refusal(of head: HTTPRequest) -> HTTPResponse? { check(head).refusal.map(Self.secured) }

  /// The limit of the route.
  public func bodyLimit(of head: HTTPRequest) -> Int {
    if case .route(let route) = router.match(head) { route.bodyLimit } else { 0 }
  }

  /// Answers a request, after the same checks again.
  public func respond(to request: HTTPRequest) -> HTTPResponse {
    let (route, visitor, refusal) = check(request)
    guard let route else { return Self.secured(refusal ?? .error(404, "not_found", "There is nothing here.")) }
    return Self.secured(route.respond(request, visitor))
  }

  /// All checks of a request; what they find in the end is its route or the refusal.
  private func check(
    _ request: HTTPRequest
  ) -> (route: Router<Visitor>.Route?, visitor: Visitor, refusal: HTTPResponse?) {
    let nobody = Visitor(name: "")
    if let refusal = policy.refusal(of: request) { return (nil, nobody, refusal) }
    let match = router.match(request)
    let name = sessions.annotator(of: request)
    if case .route(let route) = match, route.isOpen || name != nil {
      // A form of another site can send any type but this one without asking first.
      if request.method == "POST", !request.isJSON {
        return (nil, nobody, .error(415, "not_json", "The body must be JSON, and its type application/json."))
      }
      return (route, Visitor(name: name ?? ""), nil)
    }
    guard name != nil else {
      // Nobody learns without the token which addresses there are.
      let isPage = request.method == "GET" && request.target.path == "/"
      return (nil, nobody, isPage ? .redirect(to: "/login") : .error(401, "login", "Log in first."))
    }
    if case .none(let response) = match { return (nil, nobody, response) }
    return (nil, nobody, nil)
  }

  /// A response with the headers that keep browsers from doing with it what they should not.
  static func secured(_ response: HTTPResponse) -> HTTPResponse {
    var response = response
    response.headers["Content-Security-Policy"] =
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; "
      + "form-action 'none'; frame-ancestors 'none'"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
  }
}

/// Who is logged in. A session is the name with a seal that only the token makes; the server keeps none.
struct Sessions: Sendable {
  private let secret: Secret
  private let project: LabellingProject
  private let identity: String
  private let guesses = Guesses()

  init(token: String, project: LabellingProject, identity: String) {
    secret = Secret(token)
    self.project = project
    self.identity = identity
  }

  /// The cookie's name: of its own for each database, because browsers share cookies between the ports of a host.
  var cookieName: String { "martlet_label_\(identity)" }

  /// The annotator of a request, nil without a good cookie.
  func annotator(of request: HTTPRequest) -> String? {
    guard let cookie = request.cookie(cookieName), cookie.utf8.count < 1000 else { return nil }
    let parts = cookie.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2, let bytes = [UInt8](hexadecimal: String(parts[0])),
      let seal = [UInt8](hexadecimal: String(parts[1])),
      let name = String(validating: bytes, as: UTF8.self), secret.isSeal(seal, of: sealed(name)),
      project.allows(annotator: name)
    else { return nil }
    return name
  }

  /// Logs somebody in, if token and name are good: the value of `Set-Cookie`.
  func logIn(token: String, name: String) -> Result<String, LoginFailure> {
    guard guesses.isAllowed() else { return .failure(.tooMany) }
    guard secret.matches(token) else {
      guesses.miss()
      return .failure(.wrongToken)
    }
    guard AnnotatorName.isFit(name), project.allows(annotator: name) else { return .failure(.unknownName) }
    let value = Array(name.utf8).hexadecimal + "." + secret.seal(sealed(name)).hexadecimal
    return .success("\(cookieName)=\(value); Path=/; Max-Age=2592000; HttpOnly; SameSite=Strict")
  }

  /// The value of `Set-Cookie` that ends a session.
  var logOut: String { "\(cookieName)=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict" }

  /// Why somebody is not logged in.
  enum LoginFailure: Error {
    case wrongToken
    case unknownName
    case tooMany
  }

  private func sealed(_ name: String) -> String { "martlet label \(identity)\n\(name)" }

  /// Counts wrong tokens, so that nobody can try many.
  private final class Guesses: Sendable {
    /// Wrong tokens in a minute after which nobody can log in until it is over.
    static let limit = 30
    private let state = Mutex((minute: 0, count: 0))

    func isAllowed() -> Bool {
      state.withLock { state in
        let minute = LabellingStore.now / 60_000
        if state.minute != minute { state = (minute, 0) }
        return state.count < Self.limit
      }
    }

    func miss() { state.withLock { $0.count += 1 } }
  }
}

/// Labels that are likely wrong, found anew once a minute.
final class SuspectQueue: Sendable {
  private let state = Mutex<(time: Int, suspects: [LabellingStore.Suspect])?>(nil)

  /// The suspects in their order.
  func suspects(_ store: LabellingStore) throws -> [LabellingStore.Suspect] {
    try state.withLock { state in
      let now = LabellingStore.now
      if let state, now - state.time < 60_000, now >= state.time { return state.suspects }
      let suspects = try store.suspects()
      state = (now, suspects)
      return suspects
    }
  }
}
