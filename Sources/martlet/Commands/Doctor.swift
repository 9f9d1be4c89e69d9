import CMicroHTTPD
import COnig
import CPUBackend
import CSQLite
import CYAML
import Core
import Foundation
import Training

/// `martlet doctor`: what there is on this machine and whether it suffices.
let doctorCommand = Command(
  name: "doctor",
  summary: "check the machine: toolchain, libraries, processor, memory, disk",
  notes: [
    "The exit status is 1 if something that martlet needs is missing.",
    "",
    "kernels: the instruction set of the innermost loops, the best that the processor",
    "has unless the environment variable MARTLET_INSTRUCTION_SET names another:",
    "avx512, avx2 or baseline on x86-64, neon on arm64.",
    "compiled: what the rest was built for, by MARTLET_CPU=native, baseline or a level",
    "such as x86-64-v3 (the default) in the environment of `make build`.",
  ],
  examples: ["martlet doctor"]
) { _ in
  var checks = Checks()
  checks.add(.good, "martlet", martletVersion)
  checks.addProcessor()
  checks.addMemory()
  checks.addDisk()
  checks.add(.good, "libyaml", String(cString: yaml_get_version_string()))
  checks.add(.good, "oniguruma", String(cString: onig_version()))
  checks.add(.good, "sqlite", String(cString: sqlite3_libversion()))
  checks.add(.good, "microhttpd", String(cString: MHD_get_version()))
  checks.addToolchain()
  print(checks.text, terminator: "")
  return checks.hasFailure ? Program.Status.failure : Program.Status.success
}

private struct Checks {
  enum Outcome: String {
    case good = "ok"
    case warning = "warn"
    case failure = "FAIL"
  }

  private(set) var text = ""
  private(set) var hasFailure = false

  mutating func add(_ outcome: Outcome, _ name: String, _ finding: String) {
    hasFailure = hasFailure || outcome == .failure
    let label = outcome.rawValue.padding(toLength: 6, withPad: " ", startingAt: 0)
    text += "\(label)\(name.padding(toLength: 12, withPad: " ", startingAt: 0))\(finding)\n"
  }

  mutating func addProcessor() {
    add(.good, "processor", "\(Machine.processorName), \(Machine.processorCount) threads")
    let present = Features.present
    let list = present.isEmpty ? "none of \(Features.known.joined(separator: ", "))" : present.joined(separator: ", ")
    #if arch(x86_64)
      let missing = ["avx2", "fma"].filter { !present.contains($0) }
    #else
      let missing: [String] = []
    #endif
    if missing.isEmpty {
      add(.good, "features", list)
    } else {
      add(.warning, "features", "\(list); without '\(missing[0])' training is several times slower")
    }
    add(.good, "kernels", InstructionSet.summary)
    let compiled = Features.compiled
    add(
      .good, "compiled",
      "other code for \(compiled.isEmpty ? "any processor" : "processors with " + compiled.joined(separator: ", "))")
  }

  mutating func addMemory() {
    let memory = Machine.memory
    let finding = "\(ByteCount(memory.available)) free of \(ByteCount(memory.total))"
    if memory.available < 256 << 20 {
      add(.failure, "memory", "\(finding); even a small model needs 256 MB")
    } else {
      add(memory.available < 1 << 30 ? .warning : .good, "memory", finding)
    }
  }

  mutating func addDisk() {
    let folder = FileManager.default.currentDirectoryPath
    guard let free = try? FileSystem.freeBytes(at: folder) else {
      return add(.failure, "disk", "the free space of \(folder) cannot be read")
    }
    let finding = "\(ByteCount(free)) free in \(folder)"
    if access(folder, W_OK) != 0 {
      add(.warning, "disk", "\(finding); this folder cannot be written to")
    } else {
      add(free < 100 << 20 ? .failure : free < 1 << 30 ? .warning : .good, "disk", finding)
    }
  }

  mutating func addToolchain() {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["swift", "--version"]
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    // Only who builds from source needs a toolchain.
    let absent = "no Swift toolchain on the PATH; it is only needed to build martlet"
    guard (try? process.run()) != nil else { return add(.good, "swift", absent) }
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    let version = text.split(separator: "\n").first { $0.contains("Swift version") }
    add(.good, "swift", version.map(String.init) ?? absent)
  }
}
