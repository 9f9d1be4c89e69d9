import Core
import Foundation
import TestSupport
import Testing

@Suite("Preparation of data")
struct DataTests {
  @Test("There may be more inputs than a process may open files")
  func manyInputs() throws {
    try withTemporaryFolder { folder in
      for number in 0..<150 {
        try FileSystem.createFolder(folder + "/in")
        try AtomicFile.write("Text \(number) of many.\nA line.\n", to: folder + "/in/\(number).txt")
      }
      let recipe = """
        name: many
        data:
          sources: [{files: in}]
          steps: [deduplicate, cut_repeated_paragraphs]
          shuffle: true
        train: {context_length: 32}
        """
      try AtomicFile.write(recipe, to: folder + "/recipe.yaml")
      let process = Martlet.process([], in: folder)
      process.executableURL = URL(fileURLWithPath: "/bin/sh")
      process.arguments = ["-c", "ulimit -n 160; exec \"$0\" data recipe.yaml 2>errors", Martlet.path]
      process.standardOutput = FileHandle.nullDevice
      try process.run()
      process.waitUntilExit()
      let errors = try FileSystem.readText(folder + "/errors", limit: 1 << 20)
      #expect(process.terminationStatus == 0, "\(errors)")
    }
  }
}
