// swift-tools-version: 6.1
import PackageDescription

// The processor level of numeric targets. x86-64-v3 (AVX2, FMA, F16C) is what every server and laptop since
// 2015 has; `MARTLET_CPU=native` builds for this machine, `MARTLET_CPU=baseline` for any.
let level = Context.environment["MARTLET_CPU"] ?? "x86-64-v3"

#if arch(x86_64)
  let processor: [String] = level == "baseline" ? [] : ["-Xcc", "-march=\(level)"]
#else
  let processor: [String] = level == "native" ? ["-Xcc", "-mcpu=native"] : []
#endif

let strict: [SwiftSetting] = [.unsafeFlags(["-warnings-as-errors"])]
// The command checks at its start that the processor has what numeric code was compiled for.
let command: [SwiftSetting] = strict + (level == "baseline" ? [] : [.define("MARTLET_CHECKS_PROCESSOR")])
let numeric: [SwiftSetting] = strict + [.unsafeFlags(processor)]

/// A library target and the test target that mirrors it, which may need helpers of its own.
func library(
  _ name: String, _ dependencies: [Target.Dependency], numeric isNumeric: Bool = false,
  testHelpers: [Target.Dependency] = []
) -> [Target] {
  [
    .target(name: name, dependencies: dependencies, swiftSettings: isNumeric ? numeric : strict),
    .testTarget(
      name: "\(name)Tests", dependencies: dependencies + [.target(name: name), "TestSupport"] + testHelpers,
      swiftSettings: strict),
  ]
}

let package = Package(
  name: "martlet",
  products: [
    .library(
      name: "Martlet",
      targets: [
        "Core", "TensorGraph", "CPUBackend", "Formats", "Tokenizers", "Datasets", "Layers", "Models", "Training",
        "Inference",
      ]),
    .executable(name: "martlet", targets: ["martlet"]),
  ],
  targets: [
    .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"]), .brew(["libyaml"])]),
    .target(name: "CPlatform"),
    .target(name: "CAllocations", path: "Tests/CAllocations"),
    .target(
      name: "TestSupport", dependencies: ["Core", "TensorGraph", "CPUBackend", "CAllocations"],
      path: "Tests/TestSupport",
      swiftSettings: strict),
    .executableTarget(
      name: "martlet",
      dependencies: ["Core", "CPUBackend", "CPlatform", "CYAML", "Datasets", "Training", "Inference"],
      swiftSettings: command),
    .executableTarget(
      name: "kernel-bench", dependencies: ["CPUBackend", "CPlatform"], path: "Benchmarks/Kernels",
      swiftSettings: numeric),
    .executableTarget(
      name: "step-profile", dependencies: ["CPUBackend", "Training"], path: "Benchmarks/StepProfile",
      swiftSettings: strict),
    // What the tests of checkpoints kill.
    .executableTarget(
      name: "checkpoint-hammer", dependencies: ["Training"], path: "Tests/CheckpointHammer", swiftSettings: strict),
    .testTarget(
      name: "CommandTests", dependencies: ["martlet", "CPUBackend", "Training", "TestSupport"], exclude: ["Golden"],
      swiftSettings: strict),
  ]
    + library("Core", ["CPlatform"])
    + library("TensorGraph", ["Core"])
    + library("CPUBackend", ["TensorGraph", "CPlatform"], numeric: true)
    + library("Formats", ["TensorGraph"])
    + library("Tokenizers", ["Core"])
    + library("Datasets", ["Tokenizers"])
    + library("Layers", ["TensorGraph"])
    + library("Models", ["Layers", "Formats"])
    + library("Training", ["Models", "Datasets", "Inference", "CYAML"], testHelpers: ["checkpoint-hammer"])
    + library("Inference", ["Models", "Tokenizers"]),
  swiftLanguageModes: [.v6]
)
