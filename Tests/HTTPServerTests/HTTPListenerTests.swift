import Core
import Foundation
import HTTPServer
import TestSupport
import Testing

/// Answers with what it was asked.
private struct Echo: HTTPHandler {
  /// Told when a slow request is being answered.
  var isAnswering = DispatchSemaphore(value: 0)

  func refusal(of head: HTTPRequest) -> HTTPResponse? {
    head.target.path == "/closed" ? .error(401, "no", "No.") : nil
  }
  func bodyLimit(of head: HTTPRequest) -> Int { 1000 }
  func respond(to request: HTTPRequest) -> HTTPResponse {
    if request.target.path == "/slow" {
      isAnswering.signal()
      usleep(300_000)
    }
    let query = request.target.query.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
    return HTTPResponse(
      200, headers: ["X-Answer": "yes"],
      body: Array("\(request.method) \(request.target.path) \(query) \(request.body.count)".utf8))
  }
}

@Suite("HTTP over a socket")
struct HTTPListenerTests {
  private func exchange(_ listener: HTTPListener, _ text: String) -> String {
    rawExchange(port: listener.port, Array(text.replacingOccurrences(of: "\n", with: "\r\n").utf8))
  }

  @Test("Requests reach the handler whole, and its answers the client")
  func echo() throws {
    let listener = try HTTPListener(host: "127.0.0.1", port: 0, handler: Echo())
    let get = exchange(listener, "GET /a%20b?x=1&y=%E4%BD%A0+z HTTP/1.1\nHost: localhost\nConnection: close\n\n")
    #expect(get.hasPrefix("HTTP/1.1 200"))
    #expect(get.contains("X-Answer: yes"))
    #expect(get.hasSuffix("GET /a b x=1,y=你 z 0"))
    let post = exchange(listener, "POST /p HTTP/1.1\nHost: localhost\nContent-Length: 5\nConnection: close\n\nhello")
    #expect(post.hasSuffix("POST /p  5"))
    let chunked = exchange(
      listener,
      "POST /p HTTP/1.1\nHost: localhost\nTransfer-Encoding: chunked\nConnection: close\n\n5\nhello\n3\nyou\n0\n\n")
    #expect(chunked.hasSuffix("POST /p  8"))
    let head = exchange(listener, "HEAD /p HTTP/1.1\nHost: localhost\nConnection: close\n\n")
    #expect(head.hasPrefix("HTTP/1.1 200") && head.hasSuffix("\r\n\r\n"))
  }

  @Test(
    "Bodies beyond the limit, two lengths, two hosts and refused heads never reach the handler",
    arguments: [
      ("POST /p HTTP/1.1\nHost: a\nContent-Length: 1001\n\n", "413"),
      ("POST /p HTTP/1.1\nHost: a\nContent-Length: 99999999999999999999\n\n", "4"),
      ("POST /p HTTP/1.1\nHost: a\nContent-Length: -1\n\n", "4"),
      ("POST /p HTTP/1.1\nHost: a\nContent-Length: 3\nContent-Length: 4\n\nabc", "400"),
      ("POST /p HTTP/1.1\nHost: a\nContent-Length: 3\nTransfer-Encoding: chunked\n\nabc", "400"),
      ("GET / HTTP/1.1\nHost: a\nHost: b\n\n", "400"), ("GET /closed HTTP/1.1\nHost: a\n\n", "401"),
      ("POST /closed HTTP/1.1\nHost: a\nContent-Length: 900\n\n", "401"), ("GET /%zz HTTP/1.1\nHost: a\n\n", "400"),
      ("GET /%00 HTTP/1.1\nHost: a\n\n", "400"), ("GET /%ff HTTP/1.1\nHost: a\n\n", "400"),
      ("GET http://x/ HTTP/1.1\nHost: a\n\n", "400"), ("GET / HTTP/1.1\n\n", "400"),
      ("GET /\(String(repeating: "a", count: 40_000)) HTTP/1.1\nHost: a\n\n", "4"),
    ])
  func refused(text: String, status: String) throws {
    let listener = try HTTPListener(host: "127.0.0.1", port: 0, handler: Echo())
    let answer = exchange(listener, text.replacingOccurrences(of: "HTTP/1.1\n", with: "HTTP/1.1\nConnection: close\n"))
    #expect(answer.hasPrefix("HTTP/1.1 \(status)") || answer.hasPrefix("HTTP/1.0 \(status)"), "\(answer.prefix(200))")
  }

  @Test("A body in chunks that grows beyond the limit closes the connection")
  func endlessChunks() throws {
    let listener = try HTTPListener(host: "127.0.0.1", port: 0, handler: Echo())
    let chunk = "400\n" + String(repeating: "x", count: 1024) + "\n"
    let answer = exchange(
      listener, "POST /p HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n" + String(repeating: chunk, count: 100))
    #expect(!answer.contains("200"))
    #expect(exchange(listener, "GET / HTTP/1.1\nHost: a\nConnection: close\n\n").contains("200"))
  }

  @Test("Stopping lets a request under way end")
  func gracefulStop() throws {
    let handler = Echo()
    let listener = try HTTPListener(host: "127.0.0.1", port: 0, handler: handler)
    let port = listener.port
    let done = DispatchSemaphore(value: 0)
    nonisolated(unsafe) var text = ""
    Thread.detachNewThread {
      text = rawExchange(port: port, Array("GET /slow HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".utf8))
      done.signal()
    }
    handler.isAnswering.wait()
    listener.stop()
    done.wait()
    #expect(text.contains("200"))
    #expect(rawExchange(port: port, Array("GET / HTTP/1.1\r\n\r\n".utf8)) == "")
  }

  @Test("Clients that never finish their request keep nobody out")
  func crowd() throws {
    var limits = HTTPListener.Limits()
    limits.connections = 8
    let listener = try HTTPListener(host: "127.0.0.1", port: 0, limits: limits, handler: Echo())
    let clients = (0..<100).map { _ in connectedSocket(port: listener.port) }
    defer { for client in clients { close(client) } }
    for (index, client) in clients.enumerated() {
      // A part of the request line, of the head, and of the body.
      let parts = ["GE", "GET /p HTTP/1.1\r\nHo", "POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx"]
      _ = Array(parts[index % 3].utf8).withUnsafeBytes { send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    }
    for _ in 0..<3 {
      #expect(exchange(listener, "GET / HTTP/1.1\nHost: a\nConnection: close\n\n").contains("200"))
    }
  }

  @Test("A client that is never silent and never done is closed", arguments: ["GET /", "GET / HTTP/1.1\r\nX: "])
  func drip(start: String) throws {
    var limits = HTTPListener.Limits()
    limits.exchange = 1
    let listener = try HTTPListener(host: "127.0.0.1", port: 0, limits: limits, handler: Echo())
    let client = connectedSocket(port: listener.port)
    defer { close(client) }
    var isOpen = Array(start.utf8).withUnsafeBytes { send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) } > 0
    #expect(isOpen)
    // As many as no limit on the size would let through in the end.
    for _ in 0..<1200 where isOpen {
      usleep(50_000)
      isOpen = send(client, "a", 1, Int32(MSG_NOSIGNAL)) == 1
    }
    #expect(!isOpen)
  }

  @Test("A client that takes nothing of its answer is closed, and the others are served")
  func deaf() throws {
    struct Large: HTTPHandler {
      func refusal(of head: HTTPRequest) -> HTTPResponse? { nil }
      func bodyLimit(of head: HTTPRequest) -> Int { 0 }
      func respond(to request: HTTPRequest) -> HTTPResponse {
        HTTPResponse(200, body: [UInt8](repeating: 0x61, count: request.target.path == "/large" ? 64 << 20 : 1))
      }
    }
    var limits = HTTPListener.Limits()
    limits.exchange = 1
    let listener = try HTTPListener(host: "127.0.0.1", port: 0, limits: limits, handler: Large())
    let request = Array("GET /large HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
    // How long it takes until the connection is ended cannot be seen from here, so a busy machine gets more time.
    var isWhole = true
    for seconds: UInt32 in [2, 10, 60] where isWhole {
      let client = connectedSocket(port: listener.port)
      defer { close(client) }
      #expect(request.withUnsafeBytes { send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) } == request.count)
      #expect(exchange(listener, "GET / HTTP/1.1\nHost: a\nConnection: close\n\n").hasSuffix("a"))
      sleep(seconds)
      // What had been sent, and then the end.
      var buffer = [UInt8](repeating: 0, count: 1 << 20)
      var total = 0
      while case let got = recv(client, &buffer, buffer.count, 0), got > 0 { total += got }
      isWhole = total >= 64 << 20
    }
    #expect(!isWhole)
  }

  @Test("A port that is taken and an address that is none are refused in words")
  func badAddresses() throws {
    let listener = try HTTPListener(host: "127.0.0.1", port: 0, handler: Echo())
    for (host, port, word) in [
      ("127.0.0.1", listener.port, "another program"), ("example.org", 80, "no address"), ("127.0.0.1", 70000, "no"),
      ("192.0.2.1", 0, "does not have"),
    ] {
      do {
        _ = try HTTPListener(host: host, port: port, handler: Echo())
        Issue.record("nothing was thrown for \(host)")
      } catch let error as MartletError {
        #expect(error.message.contains(word))
      }
    }
  }
}
