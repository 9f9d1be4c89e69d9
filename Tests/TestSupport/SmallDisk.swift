import Foundation

/// Whether `withSmallDisk` works here: it mounts a file system, which takes root and a system that allows it.
public let canMountSmallDisk: Bool = {
  guard geteuid() == 0 else { return false }
  return (try? withSmallDisk(kilobytes: 64) { _ in true }) ?? false
}()

/// Calls `body` with an empty folder that is a file system of its own in memory, of the size given.
public func withSmallDisk<R>(kilobytes: Int, _ body: (String) throws -> R) throws -> R {
  try withTemporaryFolder { folder in
    try runTool("mount", ["-t", "tmpfs", "-o", "size=\(kilobytes)k", "tmpfs", folder])
    defer { try? runTool("umount", ["-l", folder]) }
    return try body(folder)
  }
}

/// Runs a program of the system and throws if it fails.
public func runTool(_ name: String, _ arguments: [String]) throws {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
  process.arguments = [name] + arguments
  process.standardOutput = FileHandle.nullDevice
  process.standardError = FileHandle.nullDevice
  try process.run()
  process.waitUntilExit()
  if process.terminationStatus != 0 { throw ToolFailure(name: name, status: process.terminationStatus) }
}

/// A program of the system that ended with a status other than 0.
public struct ToolFailure: Error {
  /// The program's name.
  public let name: String
  /// What it ended with.
  public let status: Int32

  /// The failure of a program.
  public init(name: String, status: Int32) {
    self.name = name
    self.status = status
  }
}
