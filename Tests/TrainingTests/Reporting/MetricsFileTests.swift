import Core
import TestSupport
import Testing
import Training

@Suite("Metrics file")
struct MetricsFileTests {
  @Test("Lines are in the file at once, and a run that resumes continues behind its checkpoint")
  func resuming() throws {
    try withTemporaryFolder { folder in
      let path = joinPath(folder, "metrics.jsonl")
      let first = try MetricsFile(path, resumingAt: 0)
      for step in 1...7 { try first.append(step: step, [("loss", .double(Double(step) / 8))]) }
      #expect(try MetricsFile.read(path).map(\.step) == Array(1...7))

      let second = try MetricsFile(path, resumingAt: 4)
      for step in 5...6 { try second.append(step: step, [("loss", .double(0))]) }
      let lines = try MetricsFile.read(path)
      #expect(lines.map(\.step) == Array(1...6))
      #expect(lines[3].values["loss"]?.doubleValue == 0.5)

      _ = try MetricsFile(path, resumingAt: 0)
      #expect(try MetricsFile.read(path).isEmpty)
    }
  }

  @Test("A last line that a kill cut off is dropped, another broken line is named")
  func damage() throws {
    try withTemporaryFolder { folder in
      let path = joinPath(folder, "metrics.jsonl")
      try AtomicFile.write("{\"step\":1}\n{\"step\":2,\"lo", to: path)
      #expect(try MetricsFile.read(path).map(\.step) == [1])
      try AtomicFile.write("{\"step\":1}\nhello\n", to: path)
      let error = #expect(throws: MartletError.self) { try MetricsFile.read(path) }
      #expect(error?.place == "\(path), line 2")
      #expect(error?.code == .malformedFile)
    }
  }

  @Test("A full disk is a typed error", .enabled(if: canMountSmallDisk))
  func fullDisk() throws {
    try withSmallDisk(kilobytes: 64) { folder in
      let file = try MetricsFile(joinPath(folder, "metrics.jsonl"), resumingAt: 0)
      let error = #expect(throws: MartletError.self) {
        for step in 1...10_000 { try file.append(step: step, [("text", .string(String(repeating: "x", count: 50)))]) }
      }
      #expect(error?.code == .inputOutput)
      #expect(error?.message.contains("the disk is full") == true)
    }
  }
}
