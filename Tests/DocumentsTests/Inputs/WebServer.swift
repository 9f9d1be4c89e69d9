import Foundation
import Synchronization

/// A server on this machine that answers as a test wants it to, also wrongly: one request for each connection.
final class WebServer: Sendable {
  struct Request: Sendable {
    var path: String
    var headers: [String: String]

    /// The first byte that is asked for.
    var rangeStart: Int? { headers["range"].flatMap { Int($0.dropFirst("bytes=".count).dropLast()) } }
  }

  enum Step: Sendable {
    case send([UInt8])
    case wait(milliseconds: Int)
    /// Ends the connection with a reset instead of in order.
    case reset
  }

  private let listener: Int32
  private let answer: @Sendable (Request, _ number: Int) -> [Step]
  private let seen = Mutex<[Request]>([])
  /// The port that the system chose.
  let port: Int

  /// Starts a server; `answer` gets the number of the request, from 0.
  init(_ answer: @escaping @Sendable (Request, _ number: Int) -> [Step]) throws {
    self.answer = answer
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    self.listener = listener
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        bind(listener, pointer, length) == 0 && listen(listener, 16) == 0
          && getsockname(listener, pointer, &length) == 0
      }
    }
    guard bound else { throw POSIXError(.EADDRNOTAVAIL) }
    port = Int(UInt16(bigEndian: address.sin_port))
    Thread.detachNewThread { [weak self] in
      while true {
        let connection = accept(listener, nil, nil)
        guard connection >= 0, let self else { return }
        Thread.detachNewThread { self.serve(connection) }
      }
    }
  }

  deinit { shutdown(listener, Int32(SHUT_RDWR)); close(listener) }

  /// The address of a path.
  func url(_ path: String) -> String { "http://127.0.0.1:\(port)\(path)" }

  /// The requests so far.
  var requests: [Request] { seen.withLock { $0 } }

  private func serve(_ connection: Int32) {
    defer { close(connection) }
    var bytes: [UInt8] = []
    var space = [UInt8](repeating: 0, count: 65536)
    while bytes.count < 4 || !bytes.suffix(4).elementsEqual([13, 10, 13, 10]) {
      let count = recv(connection, &space, space.count, 0)
      if count <= 0 { return }
      bytes += space[..<count]
    }
    let lines = String(decoding: bytes, as: UTF8.self).components(separatedBy: "\r\n")
    var request = Request(path: String(lines[0].split(separator: " ")[1]), headers: [:])
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      if parts.count == 2 { request.headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces) }
    }
    let number = seen.withLock { seen in
      seen.append(request)
      return seen.count - 1
    }
    for step in answer(request, number) {
      switch step {
      case .send(let bytes):
        var sent = 0
        while sent < bytes.count {
          let count = bytes[sent...].withUnsafeBytes {
            send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
          }
          if count <= 0 { return }
          sent += count
        }
      case .wait(let milliseconds): usleep(UInt32(milliseconds) * 1000)
      case .reset:
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(connection, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Foundation.linger>.size))
        return
      }
    }
    shutdown(connection, Int32(SHUT_WR))
  }
}

extension WebServer.Step {
  /// The first lines of an answer.
  static func head(_ status: Int, _ fields: [String: String] = [:]) -> Self {
    var text = "HTTP/1.1 \(status) Status\r\nConnection: close\r\n"
    for (name, value) in fields { text += "\(name): \(value)\r\n" }
    return .send(Array((text + "\r\n").utf8))
  }
}
