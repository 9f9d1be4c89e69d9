import CMicroHTTPD

/// A request that is being received; one thread has it at a time.
private final class PendingRequest {
  let target: HTTPTarget?
  var request: HTTPRequest?
  var limit = 0

  init(_ target: HTTPTarget?) { self.target = target }
}

/// A connection began or is about to be closed.
func noteConnection(
  _ closure: UnsafeMutableRawPointer?, _ connection: OpaquePointer?,
  _ context: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, _ what: MHD_ConnectionNotificationCode
) {
  guard let closure, let connection else { return }
  let connections = Unmanaged<State>.fromOpaque(closure).takeUnretainedValue().connections
  if martlet_http_is_start(what) != 0 {
    connections.open(Int(bitPattern: connection), socket: martlet_http_socket(connection))
  } else {
    connections.close(Int(bitPattern: connection))
  }
}

/// The request line is there.
func beginRequest(
  _ closure: UnsafeMutableRawPointer?, _ target: UnsafePointer<CChar>?, _ connection: OpaquePointer?
) -> UnsafeMutableRawPointer? {
  guard let closure, let connection else { return nil }
  let state = Unmanaged<State>.fromOpaque(closure).takeUnretainedValue()
  state.active.add(1, ordering: .acquiringAndReleasing)
  state.connections.goOn(Int(bitPattern: connection))
  let text = target.flatMap { String(validatingCString: $0) }
  return Unmanaged.passRetained(PendingRequest(text.flatMap { HTTPTarget(parsing: $0) })).toOpaque()
}

/// The request is answered, or its connection is gone.
func completeRequest(
  _ closure: UnsafeMutableRawPointer?, _ connection: OpaquePointer?,
  _ pending: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, _ reason: MHD_RequestTerminationCode
) {
  guard let closure, let pointer = pending?.pointee else { return }
  Unmanaged<PendingRequest>.fromOpaque(pointer).release()
  pending?.pointee = nil
  let state = Unmanaged<State>.fromOpaque(closure).takeUnretainedValue()
  state.active.subtract(1, ordering: .acquiringAndReleasing)
  if let connection { state.connections.goOn(Int(bitPattern: connection)) }
}

/// Called when the head is there, for each piece of the body, and when all is there.
func takeRequest(
  _ closure: UnsafeMutableRawPointer?, _ connection: OpaquePointer?, _ url: UnsafePointer<CChar>?,
  _ method: UnsafePointer<CChar>?, _ version: UnsafePointer<CChar>?, _ data: UnsafePointer<CChar>?,
  _ dataSize: UnsafeMutablePointer<Int>?, _ pointer: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> MHD_Result {
  guard let closure, let connection, let method, let dataSize, let pending = pointer?.pointee else {
    return martlet_http_no
  }
  let server = Unmanaged<State>.fromOpaque(closure).takeUnretainedValue()
  let handler = server.handler
  let state = Unmanaged<PendingRequest>.fromOpaque(pending).takeUnretainedValue()
  guard var request = state.request else {
    // The head. An answer now closes the connection after it, so that the body is never read.
    let headers = headers(of: connection)
    guard let target = state.target, let headers, let head = head(method, target, headers) else {
      return send(.badRequest, on: connection)
    }
    if let refusal = handler.refusal(of: head) { return send(refusal, on: connection) }
    state.limit = handler.bodyLimit(of: head)
    if let length = head.headers["content-length"], Int(length) ?? Int.max > state.limit {
      return send(.tooLarge, on: connection)
    }
    state.request = head
    return martlet_http_yes
  }
  if dataSize.pointee > 0 {
    // A body in chunks tells its size only as it comes, and an answer must wait for its end: close instead.
    guard let data, dataSize.pointee <= state.limit - request.body.count else { return martlet_http_no }
    let bytes = UnsafeRawBufferPointer(start: data, count: dataSize.pointee)
    state.request = nil  // so that the body is not copied
    request.body.append(contentsOf: bytes)
    state.request = request
    dataSize.pointee = 0
    return martlet_http_yes
  }
  server.connections.goOn(Int(bitPattern: connection), isAnswering: true)
  defer { server.connections.goOn(Int(bitPattern: connection)) }
  return send(handler.respond(to: request), on: connection)
}

private func head(_ method: UnsafePointer<CChar>, _ target: HTTPTarget, _ headers: HTTPHeaders) -> HTTPRequest? {
  guard let method = String(validatingCString: method), method.utf8.count <= 16 else { return nil }
  // Programs that read these differently could be made to see two requests in one.
  let lengths = headers.all("content-length")
  if lengths.count > 1 || !lengths.isEmpty && headers["transfer-encoding"] != nil { return nil }
  if headers.all("host").count > 1 { return nil }
  return HTTPRequest(method, target, headers: headers)
}

private func headers(of connection: OpaquePointer) -> HTTPHeaders? {
  struct Found {
    var headers = HTTPHeaders()
    var isBroken = false
  }
  var found = Found()
  withUnsafeMutablePointer(to: &found) { pointer in
    martlet_http_headers(
      connection,
      { closure, _, name, nameSize, value, valueSize in
        guard let found = closure?.assumingMemoryBound(to: Found.self) else { return martlet_http_no }
        let name = String(validating: UnsafeRawBufferPointer(start: name, count: nameSize), as: UTF8.self)
        let value = String(validating: UnsafeRawBufferPointer(start: value, count: valueSize), as: UTF8.self)
        if let name, let value { found.pointee.headers.add(name, value) } else { found.pointee.isBroken = true }
        return martlet_http_yes
      }, pointer)
  }
  return found.isBroken ? nil : found.headers
}

private func send(_ response: HTTPResponse, on connection: OpaquePointer) -> MHD_Result {
  var body = response.body
  let made = body.withUnsafeMutableBytes {
    martlet_http_response($0.count, $0.baseAddress)
  }
  guard let made else { return martlet_http_no }
  for field in response.headers.fields { MHD_add_response_header(made, field.name, field.value) }
  let result = MHD_queue_response(connection, UInt32(response.status), made)
  MHD_destroy_response(made)
  return result
}
