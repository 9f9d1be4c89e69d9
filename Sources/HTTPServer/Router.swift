/// Chooses what answers a request by its method and path.
public struct Router<Context>: Sendable {
  /// What answers requests to a path with a method.
  public struct Route: Sendable {
    /// The method.
    public var method: String
    /// The path; a last part `*` stands for any one part.
    public var path: String
    /// The largest body.
    public var bodyLimit: Int
    /// Whether anybody may ask, without having logged in.
    public var isOpen: Bool
    /// The answer.
    public var respond: @Sendable (HTTPRequest, Context) -> HTTPResponse

    /// A route.
    public init(
      _ method: String, _ path: String, bodyLimit: Int = 0, isOpen: Bool = false,
      _ respond: @escaping @Sendable (HTTPRequest, Context) -> HTTPResponse
    ) {
      self.method = method
      self.path = path
      self.bodyLimit = bodyLimit
      self.isOpen = isOpen
      self.respond = respond
    }

    func matches(_ other: String) -> Bool {
      guard path.hasSuffix("/*") else { return path == other }
      let prefix = path.dropLast()
      return other.hasPrefix(prefix) && other.utf8.count > prefix.utf8.count
        && !other.dropFirst(prefix.count).utf8.contains(UInt8(ascii: "/"))
    }
  }

  private let routes: [Route]

  /// The routes, of which the first that fits answers.
  public init(_ routes: [Route]) { self.routes = routes }

  /// What a request leads to.
  public enum Match {
    /// The route.
    case route(Route)
    /// There is nothing: the answer says so (404, or 405 with the methods that are allowed).
    case none(HTTPResponse)
  }

  /// Finds the route of a request. `HEAD` is answered as `GET` is; the listener leaves the body out.
  public func match(_ request: HTTPRequest) -> Match {
    let fitting = routes.filter { $0.matches(request.target.path) }
    if fitting.isEmpty { return .none(.error(404, "not_found", "There is nothing at this address.")) }
    let method = request.method == "HEAD" ? "GET" : request.method
    if let route = fitting.first(where: { $0.method == method }) { return .route(route) }
    var response = HTTPResponse.error(405, "method_not_allowed", "This address does not take this method.")
    var allowed = fitting.map(\.method)
    if allowed.contains("GET") { allowed.append("HEAD") }
    response.headers["Allow"] = allowed.joined(separator: ", ")
    return .none(response)
  }
}
