import Foundation

/// A program that was built beside the tests, running while the test goes on: to be listened to, signalled and killed.
public final class ChildProcess {
  private let process = Process()
  private let outputPath: String
  private let input = Pipe()

  /// Starts the program `name` of this package. What it puts out goes to a file, so that no pipe can fill up.
  public init(_ name: String, _ arguments: [String]) throws {
    outputPath = NSTemporaryDirectory() + "martlet-child-" + UUID().uuidString
    _ = FileManager.default.createFile(atPath: outputPath, contents: nil)
    let output = FileHandle(forWritingAtPath: outputPath)
    process.executableURL = URL(fileURLWithPath: Self.path(of: name))
    process.arguments = arguments
    process.standardInput = input
    process.standardOutput = output
    process.standardError = output
    try process.run()
  }

  deinit {
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    try? FileManager.default.removeItem(atPath: outputPath)
  }

  /// The path of a program beside the test bundle.
  private static func path(of name: String) -> String {
    let bundles =
      Bundle.allBundles.map(\.bundleURL) + [Bundle.main.bundleURL, URL(fileURLWithPath: CommandLine.arguments[0])]
    let folders = bundles.flatMap { [$0, $0.deletingLastPathComponent()] }
    let candidates = folders.map { $0.appendingPathComponent(name).path }
    return candidates.first { FileManager.default.isExecutableFile(atPath: $0) } ?? name
  }

  /// The lines that it has put out so far.
  public var lines: [String] {
    let data = FileManager.default.contents(atPath: outputPath) ?? Data()
    return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  /// Waits until `condition` holds for the lines so far; false if the process ends or 30 seconds pass before.
  public func wait(until condition: ([String]) -> Bool) -> Bool {
    for _ in 0..<30_000 {
      if condition(lines) { return true }
      if !process.isRunning { return condition(lines) }
      usleep(1000)
    }
    return false
  }

  /// Sends a signal.
  public func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

  /// Closes its standard input.
  public func closeInput() { try? input.fileHandleForWriting.close() }

  /// Waits for its end, a minute at most: the exit status, or the negative number of the signal that ended it.
  public func end() -> Int32 {
    for _ in 0..<60_000 where process.isRunning { usleep(1000) }
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    process.waitUntilExit()
    return process.terminationReason == .uncaughtSignal ? -process.terminationStatus : process.terminationStatus
  }
}
