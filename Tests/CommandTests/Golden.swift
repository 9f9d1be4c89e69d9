import Foundation
import Testing

/// Compares `text` with the golden file `Tests/CommandTests/Golden/<name>`; with `MARTLET_RECORD=1` in the environment
/// it writes the file anew instead.
func expectGolden(_ text: String, _ name: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
  let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Golden")
  let file = folder.appendingPathComponent(name)
  if ProcessInfo.processInfo.environment["MARTLET_RECORD"] == "1" {
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: file)
    return
  }
  let golden = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
  #expect(
    text == golden, "\(name) changed; MARTLET_RECORD=1 records it anew, if that is meant",
    sourceLocation: sourceLocation)
}
