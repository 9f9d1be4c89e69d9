import Core
import HTTPServer

extension LabellingService {
  /// Bodies: ten thousand spans, or an answer with every character escaped.
  private static let bodyLimit = 1 << 20

  static func routes(
    _ store: LabellingStore, _ sessions: Sessions, _ suspects: SuspectQueue
  ) -> [Router<Visitor>.Route] {
    func page(_ path: String, _ type: String, _ bytes: [UInt8], isOpen: Bool = false) -> Router<Visitor>.Route {
      .init("GET", path, isOpen: isOpen) { _, _ in
        HTTPResponse(200, headers: ["Content-Type": "\(type); charset=utf-8"], body: bytes)
      }
    }
    /// A route whose failures are answers, too.
    func route(
      _ method: String, _ path: String, isOpen: Bool = false,
      _ respond: @escaping @Sendable (HTTPRequest, Visitor) throws -> HTTPResponse
    ) -> Router<Visitor>.Route {
      .init(method, path, bodyLimit: method == "POST" ? bodyLimit : 0, isOpen: isOpen) { request, visitor in
        do {
          return try respond(request, visitor)
        } catch let refusal as Refusal {
          return refusal.response
        } catch is LabellingStore.NonceReused {
          return .error(409, "nonce_reused", "The nonce was used for something else.")
        } catch {
          // The error may name paths, which are nobody's business; the terminal has it.
          Terminal.write("martlet: error: \((error as? MartletError)?.description ?? "\(error)")\n")
          return .error(500, "failed", "The server could not do this. Its terminal says why.")
        }
      }
    }
    let answers = LabellingAnswers(store: store, sessions: sessions, suspects: suspects)
    return [
      page("/", "text/html", PageFiles.app),
      page("/app.js", "text/javascript", PageFiles.script),
      page("/editors.js", "text/javascript", PageFiles.editors),
      page("/parts.js", "text/javascript", PageFiles.parts),
      page("/spans.js", "text/javascript", PageFiles.spans),
      page("/status.js", "text/javascript", PageFiles.status),
      page("/login", "text/html", PageFiles.login, isOpen: true),
      page("/login.js", "text/javascript", PageFiles.loginScript, isOpen: true),
      page("/words.js", "text/javascript", PageFiles.words, isOpen: true),
      page("/style.css", "text/css", PageFiles.style, isOpen: true),
      route("POST", "/login", isOpen: true) { request, _ in try answers.logIn(request) },
      route("POST", "/logout") { _, _ in
        var response = HTTPResponse.json(.object([:]))
        response.headers["Set-Cookie"] = sessions.logOut
        return response
      },
      route("GET", "/api/project") { _, visitor in try answers.project(visitor.name) },
      route("GET", "/api/next") { _, visitor in try answers.next(visitor.name) },
      route("GET", "/api/item") { request, visitor in try answers.item(request, visitor.name) },
      route("GET", "/api/conflict") { request, visitor in try answers.conflict(request, visitor.name) },
      route("GET", "/api/suspect") { request, visitor in try answers.suspect(request, visitor.name) },
      route("GET", "/api/status") { _, visitor in try answers.status(visitor.name) },
      route("POST", "/api/record") { request, visitor in try answers.record(request, visitor.name) },
      route("POST", "/api/draft") { request, visitor in try answers.draft(request, visitor.name) },
      route("POST", "/api/undo") { request, visitor in try answers.undo(request, visitor.name) },
    ]
  }
}

/// An answer that says no.
struct Refusal: Error {
  var response: HTTPResponse

  init(_ status: Int, _ code: String, _ message: String) { response = .error(status, code, message) }

  static let noItem = Refusal(404, "no_item", "There is no such item.")
  static let notReviewer = Refusal(403, "not_reviewer", "Only reviewers may do this.")
}

/// The files of the page.
enum PageFiles {
  static let app = PackageResources.app_html
  static let script = PackageResources.app_js
  static let editors = PackageResources.editors_js
  static let parts = PackageResources.parts_js
  static let spans = PackageResources.spans_js
  static let status = PackageResources.status_js
  static let login = PackageResources.login_html
  static let loginScript = PackageResources.login_js
  static let words = PackageResources.words_js
  static let style = PackageResources.style_css
}
