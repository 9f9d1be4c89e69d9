import Foundation

/// Sends bytes to a port of this machine as they are and gives what comes back until the connection ends.
public func rawExchange(port: Int, _ bytes: [UInt8], timeout: Double = 120) -> String {
  let descriptor = connectedSocket(port: port)
  guard descriptor >= 0 else { return "" }
  defer { close(descriptor) }
  var limit = timeval(tv_sec: Int(timeout), tv_usec: 0)
  setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
  var rest = bytes[...]
  while !rest.isEmpty {
    let sent = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    if sent <= 0 { break }
    rest = rest.dropFirst(sent)
  }
  var answer: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 1 << 16)
  while case let got = recv(descriptor, &buffer, buffer.count, 0), got > 0 { answer += buffer[..<got] }
  return String(decoding: answer, as: UTF8.self)
}

/// A socket that is connected to a port of this machine, or -1.
public func connectedSocket(port: Int) -> Int32 {
  #if canImport(Glibc)
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
  #else
    let descriptor = socket(AF_INET, SOCK_STREAM, 0)
  #endif
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_port = UInt16(port).bigEndian
  inet_pton(AF_INET, "127.0.0.1", &address.sin_addr)
  let isConnected = withUnsafePointer(to: &address) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
    }
  }
  if isConnected { return descriptor }
  close(descriptor)
  return -1
}
