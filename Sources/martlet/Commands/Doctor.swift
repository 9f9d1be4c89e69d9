import COnig
import CPlatform
import CYAML
import Core
import Foundation
import Training

/// `martlet doctor`: what there is on this machine and whether it suffices.
let doctorCommand = Command(
  name: "doctor",
  summary: "check the machine: toolchain, libraries, processor, memory, disk",
  notes: ["The exit status is 1 if something that martlet needs is missing."],
  examples: ["martlet doctor"]
) { _ in
  var checks = Checks()
  checks.add(.good, "martlet", martletVersion)
  checks.addProcessor()
  checks.addMemory()
  checks.addDisk()
  checks.add(.good, "libyaml", String(cString: yaml_get_version_string()))
  checks.add(.good, "oniguruma", String(cString: onig_version()))
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
    #if arch(x86_64)
      let known = ["avx2", "fma", "f16c", "avx512f"]
    #else
      let known = ["neon"]
    #endif
    let present = known.filter { platform_has_feature($0) }
    let list = present.isEmpty ? "none of \(known.joined(separator: ", "))" : present.joined(separator: ", ")
    let missing = String(cString: platform_missing_features())
    if missing.isEmpty {
      add(.good, "features", list)
    } else {
      add(.warning, "features", "\(list); without '\(missing)' training is several times slower")
    }
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
