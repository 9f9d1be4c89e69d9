import Core
import Foundation
import TestSupport
import Testing

/// A folder with inputs, and a recipe that reads all of them.
struct HostileRun {
  let folder: String

  /// What a run said that ended well.
  struct Counts {
    /// Documents found, and those that became tokens.
    var found = 0, kept = 0
    /// What was left out while reading, by reason.
    var skipped: [String: Int] = [:]
    var output: String
    var errors: String
  }

  static func with<R>(_ body: (HostileRun) throws -> R) throws -> R {
    try withTemporaryFolder { try body(HostileRun(folder: $0)) }
  }

  /// Adds an input.
  func add(_ name: String, _ bytes: [UInt8], in subfolder: String = "in") throws {
    try FileSystem.createFolder(folder + "/" + subfolder)
    try AtomicFile.write(bytes, to: folder + "/\(subfolder)/" + name)
  }

  /// Adds an input.
  func add(_ name: String, _ text: String) throws { try add(name, Array(text.utf8)) }

  /// Bytes as a member of gzip.
  func gzip(_ bytes: [UInt8]) throws -> [UInt8] {
    let path = folder + "/member"
    try FileSystem.remove(path + ".gz")
    try AtomicFile.write(bytes, to: path)
    try runTool("gzip", ["-n", path])
    return try FileSystem.read(path + ".gz", limit: 1 << 24)
  }

  /// Runs `martlet data` over all inputs and expects it to end well.
  func data(files: String = "in", steps: String = "", options: String = "", standardInput: String? = nil) throws
    -> Counts
  {
    let recipe = """
      data:
        sources: [{files: \(files)\(options.isEmpty ? "" : ", " + options)}]
        steps: [\(steps)]
        tokenizer: {type: char}
        output_dir: out
      train: {context_length: 8}
      """
    try AtomicFile.write(recipe, to: folder + "/recipe.yaml")
    let result = try Martlet.run(["data", "recipe.yaml"], in: folder, standardInput: standardInput)
    #expect(result.status == 0, "\(result.errors)")
    var counts = Counts(output: result.output, errors: result.errors)
    for line in result.output.split(separator: "\n") {
      guard let space = line.lastIndex(of: " "), let number = Int(line[space...].filter { $0 != "," && $0 != " " })
      else { continue }
      let name = line[..<space].trimmingCharacters(in: .whitespaces)
      switch name {
      case "documents found": counts.found = number
      case "documents written": counts.kept = number
      default:
        for prefix in ["left out while reading: ", "left out: "] where name.hasPrefix(prefix) {
          counts.skipped[String(name.dropFirst(prefix.count))] = number
          break
        }
      }
    }
    return counts
  }
}
