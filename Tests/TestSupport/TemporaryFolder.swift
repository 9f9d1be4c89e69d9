import Foundation

/// Calls `body` with the path of a new empty folder and removes the folder afterwards.
public func withTemporaryFolder<R>(_ body: (String) throws -> R) throws -> R {
  let folder = try temporaryFolder()
  defer { try? FileManager.default.removeItem(atPath: folder) }
  return try body(folder)
}

/// The path of a new empty folder, for tests that wait for tasks; they remove it themselves.
public func temporaryFolder() throws -> String {
  let folder = NSTemporaryDirectory() + "martlet-test-" + UUID().uuidString
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  return folder
}
