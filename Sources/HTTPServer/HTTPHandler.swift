/// What answers requests. It is called on several threads at once.
public protocol HTTPHandler: Sendable {
  /// The answer to a request whose body is not there yet, or nil to go on and read the body.
  ///
  /// A place to refuse what is not allowed, before memory is taken for it.
  func refusal(of head: HTTPRequest) -> HTTPResponse?

  /// The largest body, in bytes, that a request may have.
  func bodyLimit(of head: HTTPRequest) -> Int

  /// The answer to a request.
  func respond(to request: HTTPRequest) -> HTTPResponse
}

extension HTTPHandler {
  /// The answer to a whole request, with all checks that one from a socket meets: what tests call.
  public func answer(to request: HTTPRequest) -> HTTPResponse {
    var head = request
    head.body = []
    if let refusal = refusal(of: head) { return refusal }
    if request.body.count > bodyLimit(of: head) { return .tooLarge }
    return respond(to: request)
  }
}

extension HTTPResponse {
  static let tooLarge = HTTPResponse.error(413, "too_large", "The body of the request is too large.")
  static let badRequest = HTTPResponse.error(400, "bad_request", "The request breaks the rules of HTTP.")
}
