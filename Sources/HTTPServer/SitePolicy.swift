import Core

/// Which sites a browser may send requests from.
///
/// Another site's page can make a browser send requests here, with the cookies of this site, or point a name of its own
/// at this machine's address (DNS rebinding). So the name that a browser asked for must be an address in digits,
/// `localhost`, or a name that is listed; and a request that says which site it is from must be from this one.
public struct SitePolicy: Sendable {
  /// Names besides `localhost` and addresses, in lower case.
  public var hostNames: Set<String>

  /// A policy that lets these names in.
  public init(hostNames: some Sequence<String> = []) { self.hostNames = Set(hostNames.map { $0.lowercased() }) }

  /// The refusal of a request, or nil if it may go on.
  public func refusal(of request: HTTPRequest) -> HTTPResponse? {
    let hosts = request.headers.all("host")
    guard hosts.count == 1, let name = Self.name(ofHost: hosts[0]) else {
      return .error(400, "bad_host", "The request must name one host.")
    }
    guard name == "localhost" || Self.isAddress(name) || hostNames.contains(name) else {
      return .error(421, "unknown_host", "This server does not answer for that host name.")
    }
    let isSafe = request.method == "GET" || request.method == "HEAD"
    let origins = request.headers.all("origin")
    if let origin = origins.first {
      guard origins.count == 1, ["http://", "https://"].contains(where: { origin == $0 + hosts[0] }) else {
        return .error(403, "other_site", "Requests from other sites are refused.")
      }
    }
    // Browsers say so since 2023, also where they leave out the origin. A link on another site may lead here.
    if let site = request.headers["sec-fetch-site"], !isSafe, site != "same-origin" {
      return .error(403, "other_site", "Requests from other sites are refused.")
    }
    return nil
  }

  /// The host name in lower case without port, or nil if the value is none.
  static func name(ofHost host: String) -> String? {
    let name: Substring
    var port = Substring()
    if host.hasPrefix("[") {
      guard let end = host.firstIndex(of: "]") else { return nil }
      name = host[...end]
      port = host[host.index(after: end)...]
    } else {
      let colon = host.firstIndex(of: ":") ?? host.endIndex
      name = host[..<colon]
      port = host[colon...]
    }
    if !port.isEmpty {
      guard port.first == ":", port.dropFirst().utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }),
        let number = Int(port.dropFirst()), 1...65535 ~= number, port.utf8.count <= 6
      else {
        return nil
      }
    }
    guard !name.isEmpty, name.utf8.count <= 255 else { return nil }
    let isPlain = name.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"),
        UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: ":"):
        true
      default: false
      }
    }
    return isPlain ? name.lowercased() : nil
  }

  /// Whether a name is an address in digits, which no name server can point elsewhere.
  static func isAddress(_ name: String) -> Bool {
    if name.hasPrefix("["), name.hasSuffix("]") { return SocketAddress(name.dropFirst().dropLast(), port: 0) != nil }
    // Only the common form, which all programs read alike: four decimal numbers.
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4
      && parts.allSatisfy { part in
        1...3 ~= part.utf8.count && part.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
          && (Int(part) ?? 256) < 256
      }
  }
}
