import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The connections that are open, and since when each waits for its other side.
///
/// A client that sends or takes one byte now and then is never silent, so silence alone would let it hold a place for
/// ever. Here each part of an exchange has a deadline: the request line, the rest of the request, and the answer.
final class OpenConnections: Sendable {
  private struct Connection {
    let socket: Int32
    var since: Int
    /// The handler is at work, which is not the client's fault.
    var isAnswering = false
  }

  private let capacity: Int
  private let deadline: Int
  private let connections = Mutex<[Int: Connection]>([:])
  private let isOver = Atomic<Bool>(false)

  /// Keeps at most `capacity` connections, each part of an exchange taking `seconds` at most.
  init(capacity: Int, seconds: Double) {
    self.capacity = capacity
    deadline = Int(seconds * 1000)
  }

  /// A connection began. If there are too many, the one that has waited longest gives up its place.
  func open(_ key: Int, socket: Int32) {
    connections.withLock { connections in
      if connections.count >= capacity {
        let waiting = connections.filter { !$0.value.isAnswering }
        if let slowest = waiting.min(by: { $0.value.since < $1.value.since }) { shutDown(&connections, slowest.key) }
      }
      connections[key] = Connection(socket: socket, since: Self.now)
    }
  }

  /// A connection is about to be closed; its socket is not used afterwards.
  func close(_ key: Int) { connections.withLock { $0[key] = nil } }

  /// The next part of an exchange begins.
  func goOn(_ key: Int, isAnswering: Bool = false) {
    connections.withLock {
      $0[key]?.since = Self.now
      $0[key]?.isAnswering = isAnswering
    }
  }

  /// Ends late connections from now on, on a thread of its own, as tasks may wait behind others that block.
  ///
  /// - Returns: whether the system gave the thread.
  func watch() -> Bool {
    let connections = Unmanaged.passRetained(self)
    #if canImport(Darwin)
      var handle: pthread_t?
    #else
      var handle = pthread_t()
    #endif
    let failure = pthread_create(
      &handle, nil,
      { argument in
        #if canImport(Darwin)
          let argument: UnsafeMutableRawPointer? = argument
        #endif
        guard let argument else { return nil }
        let connections = Unmanaged<OpenConnections>.fromOpaque(argument).takeRetainedValue()
        while !connections.isOver.load(ordering: .acquiring) {
          connections.endLate()
          usleep(200_000)
        }
        return nil
      }, connections.toOpaque())
    if failure != 0 { connections.release() }
    #if canImport(Darwin)
      if let handle, failure == 0 { pthread_detach(handle) }
    #else
      if failure == 0 { pthread_detach(handle) }
    #endif
    return failure == 0
  }

  /// Ends the watch.
  func endWatch() { isOver.store(true, ordering: .releasing) }

  /// Ends the connections that are beyond the deadline.
  private func endLate() {
    connections.withLock { connections in
      let limit = Self.now - deadline
      for (key, connection) in connections where !connection.isAnswering && connection.since < limit {
        shutDown(&connections, key)
      }
    }
  }

  /// Has the thread that serves a connection find it ended. The socket itself is the library's to close.
  private func shutDown(_ connections: inout [Int: Connection], _ key: Int) {
    guard let connection = connections.removeValue(forKey: key) else { return }
    shutdown(connection.socket, Int32(SHUT_RDWR))
  }

  private static var now: Int {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int(time.tv_sec) * 1000 + Int(time.tv_nsec) / 1_000_000
  }
}
