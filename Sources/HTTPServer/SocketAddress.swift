#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// An address in digits with a port, as sockets take it.
struct SocketAddress {
  /// The bytes of the `sockaddr`.
  let storage: sockaddr_storage
  let length: socklen_t
  let family: Int32

  /// Reads `127.0.0.1` or `::1`; nil if the text is no address in digits.
  init?(_ text: some StringProtocol, port: Int) {
    guard let port = UInt16(exactly: port) else { return nil }
    let text = String(text)
    if text.utf8.contains(0) { return nil }
    var storage = sockaddr_storage()
    var four = sockaddr_in()
    var six = sockaddr_in6()
    if inet_pton(AF_INET, text, &four.sin_addr) == 1 {
      four.sin_family = sa_family_t(AF_INET)
      four.sin_port = port.bigEndian
      withUnsafeMutableBytes(of: &storage) { space in withUnsafeBytes(of: &four) { space.copyMemory(from: $0) } }
      length = socklen_t(MemoryLayout<sockaddr_in>.size)
      family = AF_INET
    } else if inet_pton(AF_INET6, text, &six.sin6_addr) == 1 {
      six.sin6_family = sa_family_t(AF_INET6)
      six.sin6_port = port.bigEndian
      withUnsafeMutableBytes(of: &storage) { space in withUnsafeBytes(of: &six) { space.copyMemory(from: $0) } }
      length = socklen_t(MemoryLayout<sockaddr_in6>.size)
      family = AF_INET6
    } else {
      return nil
    }
    self.storage = storage
  }

  /// Calls `body` with the address as the system's calls take it.
  func withPointer<R>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
    withUnsafePointer(to: storage) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
    }
  }

  /// The port of a socket that is bound.
  static func port(of socket: Int32) -> Int? {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let result = withUnsafeMutablePointer(to: &storage) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(socket, $0, &length) }
    }
    guard result == 0 else { return nil }
    // The port lies at the same place in both families.
    return withUnsafeBytes(of: storage) { Int($0[2]) << 8 | Int($0[3]) }
  }
}
