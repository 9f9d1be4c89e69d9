import Core
import Foundation
import TestSupport
import Testing

/// SIGKILL at random moments of `martlet data`. `MARTLET_KILLS=200` makes as many kills as that.
@Suite("Killed and resumed preparation of data", .serialized)
struct DataKillTests {
  @Test("Data whose preparation was killed again and again is that of one that was not, bit for bit")
  func kills() throws {
    try withTemporaryFolder { folder in
      var random = RandomStream(RandomKey(seed: 11))
      let words = (0..<3000).map { "w\($0 * 7919 % 100_003)" }
      for file in 0..<12 {
        let lines = (0..<1500).map { _ in
          let text = (0..<60).map { _ in words.randomElement(using: &random) ?? "" }.joined(separator: " ")
          return JSONValue.object(["text": .string(text)]).text()
        }
        // Every other file has what the one before has.
        let text = lines.joined(separator: "\n")
        try FileSystem.createFolder(folder + "/in")
        try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/in/\(file).jsonl"))
      }
      let recipe = """
        name: killed
        data:
          sources: [{files: in, format: json}]
          steps:
            - gopher_repetition
            - deduplicate: {threshold: 0.8}
            - cut_repeated_paragraphs
          shuffle: true
          tokenizer: {type: bpe, vocab_size: 400}
        train: {context_length: 32}
        """
      try Data(recipe.utf8).write(to: URL(fileURLWithPath: folder + "/recipe.yaml"))
      let start = ContinuousClock.now
      let whole = try Martlet.run(["data", "recipe.yaml", "--set", "data.output_dir=whole"], in: folder)
      let seconds = (ContinuousClock.now - start) / .seconds(1)
      #expect(whole.status == 0, "\(whole.errors)")
      var kills = 0
      while kills < KillTests.kills {
        try FileSystem.remove(folder + "/killed")
        for _ in 0..<4 where kills < KillTests.kills {
          let process = Martlet.process(["data", "recipe.yaml", "--set", "data.output_dir=killed"], in: folder)
          process.standardOutput = FileHandle.nullDevice
          process.standardError = FileHandle.nullDevice
          try process.run()
          usleep(UInt32(Double.random(in: 0.02...max(0.03, 0.9 * seconds)) * 1e6))
          kill(process.processIdentifier, SIGKILL)
          process.waitUntilExit()
          kills += 1
        }
        let result = try Martlet.run(["data", "recipe.yaml", "--set", "data.output_dir=killed"], in: folder)
        #expect(result.status == 0, "\(result.errors)")
        let difference = try Process.output("diff", ["-r", "-q", "-x", ".lock", "whole", "killed"], in: folder)
        #expect(difference == "", "\(difference)")
      }
      print("\(kills) kills of a preparation that takes \(seconds) s")
    }
  }
}

extension Process {
  /// What a program prints.
  fileprivate static func output(_ program: String, _ arguments: [String], in folder: String) throws -> String {
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [program] + arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    process.standardOutput = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return String(decoding: data, as: UTF8.self)
  }
}
