import Documents
import Foundation
import TestSupport

/// Everything that an input gives, and the error it ends with.
func readAll(_ input: any ByteInput) -> (bytes: [UInt8], error: (any Error)?) {
  var bytes: [UInt8] = []
  do {
    while true {
      let piece = try input.read()
      if piece.isEmpty { return (bytes, nil) }
      bytes += piece
    }
  } catch {
    return (bytes, error)
  }
}

/// What a program of the system writes when it is given `bytes`.
func filter(_ bytes: [UInt8], through tool: String, _ arguments: [String]) throws -> [UInt8] {
  try withTemporaryFolder { folder in
    let path = folder + "/in"
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [tool] + arguments
    process.standardInput = FileHandle(forReadingAtPath: path)
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let result = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    if process.terminationStatus != 0 { throw ToolFailure(name: tool, status: process.terminationStatus) }
    return [UInt8](result)
  }
}

/// Whether a program is there.
func hasTool(_ tool: String) -> Bool { (try? runTool("which", [tool])) != nil }

/// Text that compresses somewhat, the same each time.
func sampleText(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
  var random = SplitMix(state: seed)
  let words = (0..<500).map { _ in (0..<2 + Int(random.next() % 8)).map { _ in UInt8(97 + random.next() % 26) } }
  var bytes: [UInt8] = []
  bytes.reserveCapacity(count + 16)
  while bytes.count < count {
    bytes += words[Int(random.next() % 500)]
    bytes.append(random.next() % 12 == 0 ? 10 : 32)
  }
  return Array(bytes.prefix(count))
}

/// A small random generator whose numbers are the same everywhere.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
  }
}
