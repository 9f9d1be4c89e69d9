import Core

/// What a handler answers.
public struct HTTPResponse: Sendable, Equatable {
  /// The status, as 200.
  public var status: Int
  /// The header fields.
  public var headers: HTTPHeaders
  /// The body.
  public var body: [UInt8]

  /// A response.
  public init(_ status: Int, headers: HTTPHeaders = [:], body: [UInt8] = []) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// A response that holds a JSON value.
  public static func json(_ value: JSONValue, status: Int = 200) -> HTTPResponse {
    HTTPResponse(status, headers: ["Content-Type": "application/json; charset=utf-8"], body: Array(value.text().utf8))
  }

  /// An error that a program can read: `{"error": {"code": ..., "message": ...}}`.
  ///
  /// - Parameter code: what kind of error, in a word that stays the same.
  public static func error(_ status: Int, _ code: String, _ message: String) -> HTTPResponse {
    .json(.object(["error": .object(["code": .string(code), "message": .string(message)])]), status: status)
  }

  /// Sends a browser to another address of this site.
  public static func redirect(to path: String) -> HTTPResponse { HTTPResponse(303, headers: ["Location": path]) }
}
