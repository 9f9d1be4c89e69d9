import CMicroHTTPD
import Core
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Takes requests from a socket and has a handler answer them, on threads of its own.
public final class HTTPListener: Sendable {
  /// What a listener takes at most.
  public struct Limits: Sendable {
    /// Threads that answer requests.
    public var threads = 4
    /// Connections at once; for one more, the one that has waited longest is closed.
    public var connections = 256
    /// Seconds after which a connection that is silent is closed.
    public var silence = 30
    /// Seconds in which a request must have come, and in which its answer must have been taken.
    public var exchange = 60.0
    /// Bytes of the request line and all header fields of a request.
    public var head = 32 << 10

    /// The usual limits.
    public init() {}
  }

  /// The port that it listens on.
  public let port: Int
  private let state: State
  private let daemon: Mutex<Daemon?>

  /// The pointer of libmicrohttpd, whose functions may be called on any thread.
  private struct Daemon: @unchecked Sendable { let pointer: OpaquePointer }

  /// Begins to listen.
  ///
  /// - Parameters:
  ///   - host: an address in digits, or `localhost`.
  ///   - port: 0 for any that is free.
  ///
  /// Throws: `MartletError` with code `invalidArgument` for what is no address, `inputOutput` where the system refuses.
  public init(host: String, port: Int, limits: Limits = Limits(), handler: any HTTPHandler) throws {
    let place = "\(host):\(port)"
    guard let address = SocketAddress(host == "localhost" ? "127.0.0.1" : host, port: port) else {
      throw MartletError(
        .invalidArgument, "this is no address to listen on", at: place,
        remedy: "Give an address in digits, as 127.0.0.1 or 0.0.0.0, and a port from 0 to 65535.")
    }
    let socket = try Self.listeningSocket(address, place: place)
    self.port = SocketAddress.port(of: socket) ?? port
    let connections = OpenConnections(capacity: limits.connections, seconds: limits.exchange)
    state = State(handler, connections)
    let closure = Unmanaged.passUnretained(state).toOpaque()
    guard connections.watch(),
      let pointer = martlet_http_start(
        // The library shares its number out among its threads, and a thread with no place left may miss that one became
        // free. So each may have all connections twice, as a place is given up before it is free.
        socket, takeRequest, beginRequest, completeRequest, noteConnection, closure, UInt32(limits.threads),
        UInt32(2 * limits.connections * limits.threads), UInt32(limits.silence), limits.head)
    else {
      connections.endWatch()
      close(socket)
      throw MartletError(
        .resource, "the web server did not start", at: place, remedy: "Allow more open files (`ulimit -n 4096`).")
    }
    daemon = Mutex(Daemon(pointer: pointer))
  }

  deinit { stop(within: 0) }

  /// Takes no new requests, lets those under way end, and closes the socket. To be called again has no effect.
  ///
  /// - Parameter seconds: how long requests under way may take.
  public func stop(within seconds: Double = 5) {
    guard let daemon = daemon.withLock({ $0.take() })?.pointer else { return }
    state.connections.endWatch()
    let socket = MHD_quiesce_daemon(daemon)
    for _ in 0..<Int(seconds * 100) where state.active.load(ordering: .acquiring) > 0 { usleep(10_000) }
    MHD_stop_daemon(daemon)
    if socket >= 0 { close(socket) }
  }

  private static func listeningSocket(_ address: SocketAddress, place: String) throws -> Int32 {
    #if canImport(Glibc)
      let kind = Int32(SOCK_STREAM.rawValue)
    #else
      let kind = SOCK_STREAM
    #endif
    func failure(_ action: String) -> MartletError {
      switch errno {
      case EADDRINUSE:
        MartletError(
          .inputOutput, "another program listens there already", at: place,
          remedy: "Stop it, or choose another port with --port; 0 takes any that is free.")
      case EADDRNOTAVAIL:
        MartletError(
          .invalidArgument, "this machine does not have that address", at: place,
          remedy: "Use 127.0.0.1 for this machine alone, or 0.0.0.0 for all its addresses.")
      default: .system(action, place, errno: errno)
      }
    }
    let socket = socket(address.family, kind, 0)
    guard socket >= 0 else { throw failure("make a socket") }
    _ = fcntl(socket, F_SETFD, FD_CLOEXEC)
    var yes: Int32 = 1
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    if address.withPointer({ bind(socket, $0, $1) }) != 0 || listen(socket, 128) != 0 {
      let error = failure("listen")
      close(socket)
      throw error
    }
    return socket
  }
}

/// What the callbacks of libmicrohttpd share.
final class State: Sendable {
  let handler: any HTTPHandler
  let connections: OpenConnections
  let active = Atomic<Int>(0)

  init(_ handler: any HTTPHandler, _ connections: OpenConnections) {
    self.handler = handler
    self.connections = connections
  }
}
