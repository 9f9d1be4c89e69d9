import Core

/// Finds web addresses whose domain, or domain and beginning of the path, is in a list.
///
/// `example.com` stands for its subdomains too; `example.com/shop` for that path and what is below it. Schemes, user names
/// and ports don't matter, nor the case of the domain.
public struct AddressMatcher: Sendable {
  /// For each domain the paths that are listed; an empty one stands for all.
  private var paths: [String: [[UInt8]]] = [:]
  /// How many entries there are.
  public private(set) var count = 0

  /// A matcher of domains and paths.
  ///
  /// Throws: `MartletError` with code `invalidArgument` if an entry has no domain.
  public init(_ entries: [String]) throws {
    for entry in entries {
      let address = Address(entry)
      guard !address.domain.isEmpty else {
        throw MartletError(
          .invalidArgument, "\"\(Terminal.fit(entry, columns: 80))\" has no domain",
          remedy: "Write entries as example.com or example.com/path.")
      }
      paths[address.domain, default: []].append(address.path)
      count += 1
    }
  }

  /// Reads entries from a file, one a line; lines that begin with `#` are comments.
  ///
  /// Throws: `MartletError` with code `notFound`, `inputOutput`, `malformedFile` or `invalidArgument`.
  public init(file path: String) throws {
    do {
      try self.init(listEntries(of: path))
    } catch var error as MartletError where error.code == .invalidArgument {
      error.place = path
      throw error
    }
  }

  /// Whether an address is in the list.
  ///
  /// Complexity: O(length of the address), times the paths that are listed for its domains.
  public func contains(_ url: String) -> Bool {
    let address = Address(url)
    var domain = Substring(address.domain)
    while !domain.isEmpty {
      if let listed = paths[String(domain)], listed.contains(where: { address.path(isBelow: $0) }) { return true }
      guard let dot = domain.utf8.firstIndex(of: UInt8(ascii: ".")) else { return false }
      domain = domain[domain.utf8.index(after: dot)...]
    }
    return false
  }

  private struct Address {
    var domain: String
    /// The path without a slash at its end, with what follows it.
    var path: [UInt8]

    init(_ text: String) {
      var bytes = Array(text.utf8)[...]
      if let colon = bytes.firstIndex(of: UInt8(ascii: ":")), bytes[(colon + 1)...].starts(with: "//".utf8) {
        bytes = bytes[(colon + 3)...]
      } else if bytes.starts(with: "//".utf8) {
        bytes = bytes.dropFirst(2)
      }
      let end = bytes.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") }
      var host = bytes[..<(end ?? bytes.endIndex)]
      if let at = host.lastIndex(of: UInt8(ascii: "@")) { host = host[(at + 1)...] }
      if host.first != UInt8(ascii: "["), let port = host.firstIndex(of: UInt8(ascii: ":")) { host = host[..<port] }
      while host.last == UInt8(ascii: ".") { host.removeLast() }
      if host.starts(with: "*.".utf8) { host = host.dropFirst(2) }
      while host.first == UInt8(ascii: ".") { host.removeFirst() }
      domain = String(decoding: host.map { $0 &- 0x41 < 26 ? $0 | 0x20 : $0 }, as: UTF8.self)
      path = Array(bytes[(end ?? bytes.endIndex)...])
      while path.last == UInt8(ascii: "/") { path.removeLast() }
    }

    func path(isBelow listed: [UInt8]) -> Bool {
      guard path.starts(with: listed) else { return false }
      guard path.count > listed.count, !listed.isEmpty else { return true }
      let next = path[listed.count]
      return next == UInt8(ascii: "/") || next == UInt8(ascii: "?") || next == UInt8(ascii: "#")
    }
  }
}
