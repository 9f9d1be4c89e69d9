import Core
import Documents
import Foundation
import Synchronization
import TestSupport
import Testing

@Suite struct DownloadTests {
  static let content = sampleText(1_000_000, seed: 5)
  static let hash = SHA256.hash(content).hex

  private var quick: DownloadSettings {
    var settings = DownloadSettings()
    settings.firstPause = .milliseconds(5)
    settings.longestPause = .milliseconds(20)
    settings.stalledSeconds = 1
    return settings
  }

  private func fetch(
    _ url: String, into folder: String, settings: DownloadSettings? = nil,
    progress: @escaping (DownloadProgress) throws -> Void = { _ in }
  ) throws -> [UInt8] {
    let file = try #require(try InputFile.list([url]).first)
    let fetched = try file.fetched(into: folder, settings ?? quick, progress: progress)
    return readAll(try fetched.openRaw()).bytes
  }

  private func failure(_ body: () throws -> Void) -> MartletError? {
    do {
      try body()
      return nil
    } catch { return error as? MartletError }
  }

  /// What a proper server answers, of which only `count` bytes of the body go out.
  static func serve(
    _ request: WebServer.Request, _ content: [UInt8] = content, tag: String? = "\"1\"", count: Int = .max
  ) -> [WebServer.Step] {
    var fields: [String: String] = [:]
    fields["ETag"] = tag
    var start = 0
    if let from = request.rangeStart, request.headers["if-range"] == tag {
      guard from < content.count else { return [.head(416, ["Content-Range": "bytes */\(content.count)"])] }
      start = from
      fields["Content-Range"] = "bytes \(from)-\(content.count - 1)/\(content.count)"
    }
    fields["Content-Length"] = "\(content.count - start)"
    return [.head(start > 0 ? 206 : 200, fields), .send(Array(content[start...].prefix(count)))]
  }

  @Test func `a file comes whole, is kept, and is not fetched again`() throws {
    let server = try WebServer { request, _ in Self.serve(request) }
    try withTemporaryFolder { folder in
      let last = Mutex<DownloadProgress?>(nil)
      #expect(
        try fetch(server.url("/a/b.txt.gz?x=1"), into: folder) { value in last.withLock { $0 = value } } == Self.content
      )
      #expect(last.withLock { $0?.received } == Self.content.count)
      #expect(last.withLock { $0?.total } == Self.content.count)
      try #expect(fetch(server.url("/a/b.txt.gz?x=1"), into: folder) == Self.content)
      #expect(server.requests.count == 1)
      try #expect(FileSystem.list(folder).count == 2)
      try #expect(fetch(server.url("/a/b.txt.gz?x=1#sha256=\(Self.hash)"), into: folder) == Self.content)
      #expect(server.requests.count == 1)
      // Another address is another file.
      try #expect(fetch(server.url("/a/b.txt.gz?x=2"), into: folder) == Self.content)
      #expect(server.requests.count == 2)
    }
  }

  @Test(arguments: [true, false]) func `connections that break off go on where they stopped`(_ reset: Bool) throws {
    let server = try WebServer { request, number in
      let steps = Self.serve(request, count: number < 6 ? 150_000 : .max)
      return reset && number < 6 ? steps + [.wait(milliseconds: 50), .reset] : steps
    }
    try withTemporaryFolder { folder in
      try #expect(fetch(server.url("/f#sha256=\(Self.hash)"), into: folder) == Self.content)
      let starts = server.requests.map { $0.rangeStart ?? 0 }
      #expect(starts == starts.sorted())
      #expect(starts.last ?? 0 > 500_000)
    }
  }

  @Test func `a download goes on in another process`() throws {
    let server = try WebServer { request, number in Self.serve(request, count: number == 0 ? 400_000 : .max) }
    try withTemporaryFolder { folder in
      var once = quick
      once.attempts = 1
      let error = failure { _ = try fetch(server.url("/f"), into: folder, settings: once) }
      #expect(error?.code == .inputOutput)
      #expect(error?.place == server.url("/f"))
      try #expect(fetch(server.url("/f"), into: folder) == Self.content)
      #expect(server.requests[1].rangeStart == 400_000)
      #expect(server.requests[1].headers["if-range"] == "\"1\"")
    }
  }

  @Test func `a file that changed meanwhile is fetched from its beginning`() throws {
    let other = sampleText(900_000, seed: 6)
    let server = try WebServer { request, number in
      number == 0 ? Self.serve(request, count: 300_000) : Self.serve(request, other, tag: "\"2\"")
    }
    try withTemporaryFolder { folder in
      try #expect(fetch(server.url("/f"), into: folder) == other)
    }
  }

  @Test func `without a validator nothing is pieced together`() throws {
    let server = try WebServer { request, number in
      #expect(request.rangeStart == nil)
      return Self.serve(request, tag: nil, count: number < 2 ? 300_000 : .max)
    }
    try withTemporaryFolder { folder in
      try #expect(fetch(server.url("/f"), into: folder) == Self.content)
      #expect(server.requests.count == 3)
    }
  }

  @Test func `a server that sends the wrong part is not believed`() throws {
    let server = try WebServer { request, number in
      guard let start = request.rangeStart, number < 3 else {
        return Self.serve(request, count: number < 3 ? 1000 : .max)
      }
      return [
        .head(
          206, ["Content-Range": "bytes \(start + 5)-\(Self.content.count - 1)/\(Self.content.count)", "ETag": "\"1\""]),
        .send(Array(Self.content[(start + 5)...])),
      ]
    }
    try withTemporaryFolder { folder in try #expect(fetch(server.url("/f"), into: folder) == Self.content) }
  }

  @Test func `transfers that stall are broken off`() throws {
    let server = try WebServer { request, number in
      number == 0 ? Self.serve(request, count: 1000) + [.wait(milliseconds: 20_000)] : Self.serve(request)
    }
    try withTemporaryFolder { folder in
      let start = ContinuousClock.now
      try #expect(fetch(server.url("/f"), into: folder) == Self.content)
      #expect(ContinuousClock.now - start < .seconds(15))
    }
  }

  @Test func `a server that is busy is asked again, and one that stays so is given up`() throws {
    let server = try WebServer { request, number in
      number < 3 ? [.head(503, ["Retry-After": "0"])] : Self.serve(request)
    }
    try withTemporaryFolder { folder in try #expect(fetch(server.url("/f"), into: folder) == Self.content) }
    let broken = try WebServer { _, _ in [.head(500)] }
    try withTemporaryFolder { folder in
      let error = failure { _ = try fetch(broken.url("/f"), into: folder) }
      #expect(error?.code == .inputOutput)
      #expect(error?.message.contains("500, 8 times") == true)
      #expect(broken.requests.count == 8)
    }
  }

  @Test(arguments: [
    (404, MartletError.Code.notFound), (410, .notFound), (403, .inputOutput), (400, .inputOutput), (204, .inputOutput),
  ])
  func `other answers are errors at once`(_ status: Int, _ code: MartletError.Code) throws {
    let server = try WebServer { _, _ in [.head(status, ["Content-Length": "0"])] }
    try withTemporaryFolder { folder in
      let error = failure { _ = try fetch(server.url("/f"), into: folder) }
      #expect(error?.code == code)
      #expect(error?.message.contains("\(status)") == true)
      #expect(server.requests.count == 1)
    }
  }

  @Test func `another hash is an error, and the file is not kept`() throws {
    let server = try WebServer { request, _ in Self.serve(request) }
    try withTemporaryFolder { folder in
      let wrong = String(repeating: "0", count: 64)
      let error = failure { _ = try fetch(server.url("/f#sha256=\(wrong)"), into: folder) }
      #expect(error?.code == .corrupted)
      #expect(error?.message.contains(Self.hash) == true)
      try #expect(FileSystem.list(folder).isEmpty)
    }
  }

  @Test func `redirects are followed, but not for ever and not to files`() throws {
    let server = try WebServer { request, _ in
      switch request.path {
      case "/a": [.head(302, ["Location": "/b", "Content-Length": "0"])]
      case "/loop": [.head(302, ["Location": "/loop", "Content-Length": "0"])]
      case "/file": [.head(302, ["Location": "file:///etc/passwd", "Content-Length": "0"])]
      case "/ftp": [.head(302, ["Location": "ftp://127.0.0.1/x", "Content-Length": "0"])]
      default: Self.serve(request)
      }
    }
    try withTemporaryFolder { folder in
      try #expect(fetch(server.url("/a"), into: folder) == Self.content)
      for path in ["/loop", "/file", "/ftp"] {
        let before = server.requests.count
        #expect(failure { _ = try fetch(server.url(path), into: folder) } != nil, "\(path)")
        #expect(server.requests.count - before == (path == "/loop" ? 11 : 1))
      }
    }
  }

  @Test func `a wish to stop ends a download, which goes on later`() throws {
    let server = try WebServer { request, _ in Self.serve(request) }
    try withTemporaryFolder { folder in
      let error = failure {
        _ = try fetch(server.url("/f"), into: folder) { progress in
          if progress.received > 0 { throw MartletError(.interrupted, "stopped on request") }
        }
      }
      #expect(error?.code == .interrupted)
      try #expect(fetch(server.url("/f"), into: folder) == Self.content)
    }
  }

  @Test func `nobody listening is an error that names the address`() throws {
    try withTemporaryFolder { folder in
      var twice = quick
      twice.attempts = 2
      let error = failure { _ = try fetch("http://127.0.0.1:1/f", into: folder, settings: twice) }
      #expect(error?.place == "http://127.0.0.1:1/f")
    }
  }

  @Test func `two that fetch the same at once fetch it once`() async throws {
    let server = try WebServer { request, _ in
      let steps = Self.serve(request)
      return [steps[0], .wait(milliseconds: 200), steps[1]]
    }
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let results = try await withThrowingTaskGroup(of: [UInt8].self) { group in
      for _ in 0..<2 { group.addTask { try fetch(server.url("/f"), into: folder) } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(results == [Self.content, Self.content])
    #expect(server.requests.count == 1)
  }

  @Test(.enabled(if: canMountSmallDisk)) func `a full disk is an error, known or not before the file comes`() throws {
    let server = try WebServer { request, _ in
      request.path == "/sized"
        ? Self.serve(request) : [.head(200), .send(Self.content)]
    }
    try withSmallDisk(kilobytes: 300) { folder in
      for path in ["/sized", "/unsized"] {
        let error = failure { _ = try fetch(server.url(path), into: folder) }
        #expect(error?.code == .inputOutput)
        #expect(error?.message.contains("disk is full") == true)
        for name in try FileSystem.list(folder) { try FileSystem.remove(folder + "/" + name) }
      }
    }
  }

  @Test func `what comes through a pipe is kept and can be read again`() throws {
    try withTemporaryFolder { folder in
      let fifo = folder + "/pipe"
      try runTool("mkfifo", [fifo])
      Thread.detachNewThread { try? Data(Self.content).write(to: URL(fileURLWithPath: fifo), options: []) }
      let file = try #require(try InputFile.list([fifo]).first)
      let kept = try file.fetched(into: folder + "/cache")
      #expect(kept.name == fifo)
      #expect(readAll(try kept.open()).bytes == Self.content)
      try #expect(kept.identity().sha256 == Self.hash)
    }
  }
}
