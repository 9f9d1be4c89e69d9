import Foundation

/// The program `martlet` that was built with the tests, run as people run it.
struct Martlet {
  /// What a run of the program left.
  struct Result {
    /// The exit status, or 128 and the number of the signal that ended it.
    var status: Int32
    var output: String
    var errors: String
  }

  /// The path of the program, beside the test bundle.
  static let path: String = {
    let bundles =
      Bundle.allBundles.map(\.bundleURL) + [Bundle.main.bundleURL, URL(fileURLWithPath: CommandLine.arguments[0])]
    let folders = bundles.flatMap { [$0, $0.deletingLastPathComponent()] }
    let candidates = folders.map { $0.appendingPathComponent("martlet").path }
    return candidates.first { FileManager.default.isExecutableFile(atPath: $0) && !isFolder($0) } ?? "martlet"
  }()

  private static func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
  }

  /// A process that is set up and not running yet; its output goes to files, so that no pipe can fill up.
  static func process(_ arguments: [String], in folder: String, environment: [String: String] = [:]) -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    return process
  }

  /// Runs the program to its end.
  static func run(
    _ arguments: String..., in folder: String = NSTemporaryDirectory(), environment: [String: String] = [:]
  ) throws -> Result {
    try run(arguments, in: folder, environment: environment)
  }

  /// Runs the program to its end.
  static func run(
    _ arguments: [String], in folder: String = NSTemporaryDirectory(), environment: [String: String] = [:],
    standardInput: String? = nil
  ) throws -> Result {
    let process = process(arguments, in: folder, environment: environment)
    if let standardInput { process.standardInput = FileHandle(forReadingAtPath: standardInput) }
    let name = NSTemporaryDirectory() + "martlet-output-" + UUID().uuidString
    let paths = [name + ".out", name + ".err"]
    defer { for path in paths { try? FileManager.default.removeItem(atPath: path) } }
    for path in paths { _ = FileManager.default.createFile(atPath: path, contents: nil) }
    let files = paths.map { FileHandle(forWritingAtPath: $0) }
    process.standardOutput = files[0]
    process.standardError = files[1]
    try process.run()
    process.waitUntilExit()
    let texts = paths.map { String(decoding: FileManager.default.contents(atPath: $0) ?? Data(), as: UTF8.self) }
    let status = process.terminationStatus + (process.terminationReason == .uncaughtSignal ? 128 : 0)
    return Result(status: status, output: texts[0], errors: texts[1])
  }
}
