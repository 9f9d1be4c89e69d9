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

  @Test("However few files a process may open, a text is decoded as it is or not at all")
  func fewOpenFiles() throws {
    try withTemporaryFolder { folder in
      // In GB18030, for which the C library opens a file of its own.
      let text: [UInt8] = [0xC4, 0xE3, 0xBA, 0xC3, 0xA3, 0xAC, 0xCE, 0xD2, 0xD2, 0xB2, 0xBA, 0xC3, 0xA1, 0xA3]
      try AtomicFile.write(
        Array("<html><meta charset=gbk><p>".utf8) + text + Array("</p>".utf8), to: folder + "/page.html")
      try AtomicFile.write(
        "name: page\ndata:\n  sources: [{files: page.html}]\ntrain: {context_length: 32}\n",
        to: folder + "/recipe.yaml")
      var outcomes = (good: 0, refused: 0)
      for limit in 6..<16 {
        try FileSystem.remove(folder + "/runs")
        let process = Martlet.process([], in: folder, environment: ["SWIFT_BACKTRACE": "enable=no"])
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", "ulimit -n \(limit); exec \"$0\" data recipe.yaml >output 2>&1", Martlet.path]
        try process.run()
        process.waitUntilExit()
        let files = FileManager.default.enumerator(atPath: folder + "/runs")?.compactMap { $0 as? String } ?? []
        for file in files where file.hasSuffix("documents.jsonl") {
          let lines = try FileSystem.readText(folder + "/runs/" + file, limit: 1 << 20)
          #expect(lines.isEmpty || lines.contains("你好，我也好。"), "limit \(limit): \(lines)")
        }
        if process.terminationStatus == 0 { outcomes.good += 1 } else { outcomes.refused += 1 }
      }
      #expect(outcomes.good > 0 && outcomes.refused > 0, "\(outcomes)")
    }
  }
}
