import CCURL
import Core

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// One request for a file or for its rest.
final class Transfer {
  /// How a request ended that did not fail for good.
  enum Outcome {
    /// The part is the whole file.
    case complete
    /// The part does not belong to the file that the server has now.
    case changed
    /// The rest may come with another try.
    case interrupted
  }

  /// What tells whether the file on the server is still the same: a strong entity tag or the date of its last change.
  private(set) var validator: String?
  /// The pause that the server asks for.
  private(set) var retryAfter: Duration?
  /// Why the transfer was interrupted.
  private(set) var reason = ""

  private let address: WebAddress
  private let part: PartFile
  private let settings: DownloadSettings
  private let condition: String?
  private let begun: (String?) throws -> Void
  private let progress: (Int?) throws -> Void

  private var status = 0
  private var fields: [String: String] = [:]
  private var total: Int?
  private var isAccepted = false
  private var hasChanged = false
  private var refusedBytes = 0
  private var thrown: (any Error)?

  /// A request for what is behind the bytes of the part, or for the whole file if it has changed.
  ///
  /// - Parameters:
  ///   - condition: the validator of the file that the part is of; without one the part is empty.
  ///   - begun: called with the new validator before the first byte of a whole file is written.
  ///   - progress: called often, with the size of the whole file where it is known.
  init(
    _ address: WebAddress, to part: PartFile, ifUnchangedSince condition: String?, _ settings: DownloadSettings,
    begun: @escaping (String?) throws -> Void, progress: @escaping (Int?) throws -> Void
  ) {
    self.address = address
    self.part = part
    self.condition = condition
    self.settings = settings
    self.begun = begun
    self.progress = progress
  }

  private static let isReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

  /// Sends the request and writes what comes.
  ///
  /// Throws: `MartletError` where another try is of no use, or what `progress` throws.
  func run() throws -> Outcome {
    guard Self.isReady, let handle = curl_easy_init() else {
      throw MartletError(.resource, "libcurl cannot be started", remedy: "Close other programs.")
    }
    defer { curl_easy_cleanup(handle) }
    var list = curl_slist_append(nil, "Accept-Encoding: identity")
    if part.count > 0, let condition { list = curl_slist_append(list, "If-Range: \(condition)") }
    defer { curl_slist_free_all(list) }
    set(handle)
    martlet_curl_set_list(handle, CURLOPT_HTTPHEADER, list)
    let code = withExtendedLifetime(self) { curl_easy_perform(handle) }
    if let thrown { throw thrown }
    if hasChanged {
      reason = "the server sends another part than was asked for"
      return .changed
    }
    if status == 416 { return try endOfRange() }
    if status >= 400 || code == CURLE_OK && !isAccepted { return try refused() }
    guard code == CURLE_OK else { return try failed(code) }
    if let total, part.count != total {
      reason = "\(part.count) of \(total) bytes came"
      // More than the whole is none of it.
      return part.count > total ? .changed : .interrupted
    }
    return .complete
  }

  private func set(_ handle: UnsafeMutableRawPointer) {
    let isSecure = address.url.lowercased().hasPrefix("https:")
    martlet_curl_set_string(handle, CURLOPT_URL, address.url)
    martlet_curl_set_string(handle, CURLOPT_USERAGENT, "martlet/\(martletVersion)")
    martlet_curl_set_string(handle, CURLOPT_PROTOCOLS_STR, "http,https")
    // What began protected stays so.
    martlet_curl_set_string(handle, CURLOPT_REDIR_PROTOCOLS_STR, isSecure ? "https" : "http,https")
    martlet_curl_set_long(handle, CURLOPT_FOLLOWLOCATION, 1)
    martlet_curl_set_long(handle, CURLOPT_MAXREDIRS, settings.redirects)
    martlet_curl_set_long(handle, CURLOPT_NOSIGNAL, 1)
    martlet_curl_set_long(handle, CURLOPT_CONNECTTIMEOUT, max(1, settings.stalledSeconds))
    martlet_curl_set_long(handle, CURLOPT_LOW_SPEED_LIMIT, 1)
    martlet_curl_set_long(handle, CURLOPT_LOW_SPEED_TIME, max(1, settings.stalledSeconds))
    martlet_curl_set_long(handle, CURLOPT_NOPROGRESS, 0)
    if part.count > 0 { martlet_curl_set_string(handle, CURLOPT_RANGE, "\(part.count)-") }
    let context = Unmanaged.passUnretained(self).toOpaque()
    martlet_curl_set_pointer(handle, CURLOPT_WRITEDATA, context)
    martlet_curl_set_pointer(handle, CURLOPT_HEADERDATA, context)
    martlet_curl_set_pointer(handle, CURLOPT_XFERINFODATA, context)
    martlet_curl_set_receiver(handle, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
      Transfer.at(context)?.body(UnsafeRawBufferPointer(start: bytes, count: size * count)) == true ? size * count : 0
    }
    martlet_curl_set_receiver(handle, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
      Transfer.at(context)?.header(UnsafeRawBufferPointer(start: bytes, count: size * count)) == true ? size * count : 0
    }
    martlet_curl_set_progress(handle) { context, _, _, _, _ in
      guard let transfer = Transfer.at(context) else { return 1 }
      return transfer.attempt { try transfer.progress(transfer.total) } ? 0 : 1
    }
  }

  private static func at(_ context: UnsafeMutableRawPointer?) -> Transfer? {
    context.map { Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
  }

  /// Keeps what is thrown, for it cannot pass through C.
  private func attempt(_ body: () throws -> Void) -> Bool {
    do {
      try body()
      return true
    } catch {
      thrown = error
      return false
    }
  }

  private func header(_ line: UnsafeRawBufferPointer) -> Bool {
    let text = trimmingSpace(String(decoding: line, as: UTF8.self))
    if text.hasPrefix("HTTP/") {
      // Each redirect has a header of its own.
      fields = [:]
      status = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    } else if text.isEmpty {
      if status == 200 || status == 206 { return attempt(accept) && !hasChanged }
    } else if let colon = text.firstIndex(of: ":"), fields.count < 200 {
      fields[text[..<colon].lowercased()] = trimmingSpace(text[text.index(after: colon)...])
    }
    return true
  }

  /// Makes the part ready for what the header announces.
  private func accept() throws {
    isAccepted = true
    let tag = fields["etag"] ?? ""
    validator = tag.hasPrefix("\"") ? tag : fields["last-modified"]
    let length = fields["content-length"].flatMap { Int($0) }
    if status == 206 {
      // bytes 100-199/200
      let range = (fields["content-range"] ?? "").split { $0 == " " || $0 == "-" || $0 == "/" }
      guard range.count == 4, Int(range[1]) == part.count, validator == nil || validator == condition else {
        hasChanged = true
        return
      }
      validator = condition
      total = Int(range[3]) ?? length.map { $0.addingReportingOverflow(part.count).partialValue }
    } else {
      try part.truncate()
      try begun(validator)
      total = length
    }
    if let total {
      let needed = total - part.count
      let free = try FileSystem.freeBytes(at: part.path)
      if needed > free { throw MartletError.system("write", part.path, errno: ENOSPC, needed: needed) }
    }
  }

  private func body(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard isAccepted else {
      // The pages of errors are of no interest, but a short one lets the connection end in order.
      refusedBytes += bytes.count
      return refusedBytes < 1 << 16
    }
    return attempt { try part.append(bytes, expecting: total) }
  }

  /// Where the server has nothing behind the part: it is whole, or of another file.
  private func endOfRange() throws -> Outcome {
    let size = (fields["content-range"] ?? "").split(separator: "/").last.flatMap { Int($0) }
    reason = "the server has no such part"
    return size == part.count && part.count > 0 ? .complete : .changed
  }

  private func refused() throws -> Outcome {
    reason = "the server answers with status \(status)"
    switch status {
    case 408, 425, 429, 500, 502, 503, 504:
      retryAfter = fields["retry-after"].flatMap { Int($0) }.map { .seconds(max(0, $0)) }
      return .interrupted
    case 404, 410:
      throw failure("the server has no such file (status \(status))", .notFound, remedy: "Check the address.")
    case 401, 403, 407:
      throw failure(
        "the server does not give this file out (status \(status))",
        remedy: "Check whether the address needs an account, or fetch the file by other means.")
    default:
      throw failure(reason, remedy: "Check the address in a browser.")
    }
  }

  private func failed(_ code: CURLcode) throws -> Outcome {
    reason = String(cString: curl_easy_strerror(code))
    switch code {
    case CURLE_TOO_MANY_REDIRECTS:
      throw failure("the server redirects more than \(settings.redirects) times", remedy: "Check the address.")
    case CURLE_UNSUPPORTED_PROTOCOL, CURLE_URL_MALFORMAT:
      throw failure(
        "the address, or where it redirects to, is none with http: or https:, or leaves https:",
        .invalidArgument, remedy: "Check the address in a browser.")
    case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CERTPROBLEM:
      throw failure(
        "the server's certificate is not trusted (\(reason))",
        remedy: "Check the address and the machine's clock and certificates.")
    case CURLE_OUT_OF_MEMORY: throw failure(reason, .resource, remedy: "Close other programs.")
    case CURLE_OPERATION_TIMEDOUT: reason = "nothing came for \(settings.stalledSeconds) seconds"
    case CURLE_PARTIAL_FILE, CURLE_RECV_ERROR: reason = "the connection broke off"
    default: break
    }
    return .interrupted
  }

  /// An error in words.
  func failure(
    _ message: String, _ code: MartletError.Code = .inputOutput,
    remedy: String = "Check the connection and try again; what came stays and is not fetched again."
  ) -> MartletError {
    MartletError(code, "cannot fetch the file: \(message)", at: address.name, remedy: remedy)
  }
}
