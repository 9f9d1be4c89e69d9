// swift-tools-version: 6.1
import PackageDescription

// The processor level of numeric targets. x86-64-v3 (AVX2, FMA, F16C) is what every server and laptop since
// 2015 has; `MARTLET_CPU=native` builds for this machine, `MARTLET_CPU=baseline` for any. The innermost loops (CKernels)
// need no flags: they are compiled for several instruction sets, of which one is chosen when a program starts.
let level = Context.environment["MARTLET_CPU"] ?? "x86-64-v3"

// The package manager refuses packages with unsafe flags where they are fetched by version, so there the manifest has
// none. Fetched packages lie in a folder `checkouts` or `registry/downloads`; while versions are chosen, manifests are
// read from the history, whose folder is the root.
let folders = Context.packageDirectory.split(separator: "/")
let isFetched =
  folders.isEmpty || folders.dropLast().last == "checkouts"
  || zip(folders, folders.dropFirst()).contains { $0 == "registry" && $1 == "downloads" }

/// Flags, where they are allowed.
func flags(_ flags: [String]) -> [SwiftSetting] { isFetched || flags.isEmpty ? [] : [.unsafeFlags(flags)] }

#if arch(x86_64)
  let processor: [String] = level == "baseline" ? [] : ["-Xcc", "-march=\(level)"]
#else
  let processor: [String] = level == "native" ? ["-Xcc", "-mcpu=native"] : []
#endif

let strict = flags(["-warnings-as-errors"])
let numeric = strict + flags(processor)

/// The targets that each target builds on. Nothing points back.
let below: [String: [String]] = [
  "Core": ["CPlatform"],
  "TensorGraph": ["Core"],
  "CPUBackend": ["TensorGraph", "CKernels"],
  "Formats": ["TensorGraph"],
  "Tokenizers": ["Core", "COnig"],
  "ChatTemplates": ["Core"],
  "Documents": [
    "Core", "CZlib", "CBZip2", "CLZMA", "CZstd", "CBrotli", "CArchive", "CXML2", "CUchardet", "CCURL", "CTurboJPEG",
    "CPNG", "CImageResize",
  ],
  "Curation": ["Documents", "Tokenizers", "CCLD2", "COpenCC"],
  "YAML": ["Core", "CYAML"],
  "HTTPServer": ["Core", "CMicroHTTPD"],
  "Labelling": ["YAML", "HTTPServer", "CSQLite"],
  "ReportPages": ["Core"],
  "Datasets": ["Tokenizers", "Curation", "ReportPages"],
  "Layers": ["TensorGraph"],
  "Models": ["Layers", "Formats"],
  "Inference": ["Models", "Tokenizers"],
  "Training": ["Inference", "Datasets", "YAML"],
  "TestSupport": ["CPUBackend", "CAllocations", "CArchive"],
]

/// The targets with all that they build on. Each target declares them all: the build system compiles a target again
/// when one of those that it declares has changed, and the layout of a type reaches further than an import.
func with(_ names: String...) -> [Target.Dependency] {
  var found: [String] = []
  func add(_ name: String) {
    if found.contains(name) { return }
    found.append(name)
    for other in below[name] ?? [] { add(other) }
  }
  for name in names { add(name) }
  return found.map { .init(stringLiteral: $0) }
}

/// The page of the labelling server, which becomes part of the program.
let pageFiles: [Resource] = [
  "app.html", "app.js", "editors.js", "login.html", "login.js", "parts.js", "spans.js", "status.js", "style.css",
  "words.js",
].map { .embedInCode("Page/\($0)") }

/// A library target and the test target that mirrors it, which may need helpers of its own.
func library(
  _ name: String, numeric isNumeric: Bool = false, resources: [Resource]? = nil, testHelpers: [Target.Dependency] = []
) -> [Target] {
  [
    .target(
      name: name, dependencies: Array(with(name).dropFirst()), resources: resources,
      swiftSettings: isNumeric ? numeric : strict),
    .testTarget(
      name: "\(name)Tests", dependencies: with(name, "TestSupport") + testHelpers, swiftSettings: strict),
  ]
}

/// A program that measures a target.
func benchmark(_ name: String, _ folder: String, of target: String, _ settings: [SwiftSetting] = strict) -> Target {
  .executableTarget(
    name: name, dependencies: with(target) + ["BenchmarkOptions"], path: "Benchmarks/\(folder)",
    swiftSettings: settings)
}

let package = Package(
  name: "martlet",
  products: [
    .library(
      name: "Martlet",
      targets: [
        "Core", "TensorGraph", "CPUBackend", "Formats", "Tokenizers", "ChatTemplates", "Documents", "Curation",
        "Datasets", "ReportPages", "Labelling", "Layers", "Models", "Training", "Inference",
      ]),
    .executable(name: "martlet", targets: ["martlet"]),
  ],
  targets: [
    .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"]), .brew(["libyaml"])]),
    .systemLibrary(name: "COnig", pkgConfig: "oniguruma", providers: [.apt(["libonig-dev"]), .brew(["oniguruma"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
    // Without a pkg-config file on Debian.
    .systemLibrary(name: "CBZip2", providers: [.apt(["libbz2-dev"]), .brew(["bzip2"])]),
    .systemLibrary(name: "CLZMA", pkgConfig: "liblzma", providers: [.apt(["liblzma-dev"]), .brew(["xz"])]),
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"]), .brew(["zstd"])]),
    .systemLibrary(
      name: "CBrotli", pkgConfig: "libbrotlidec", providers: [.apt(["libbrotli-dev"]), .brew(["brotli"])]),
    .systemLibrary(
      name: "CArchive", pkgConfig: "libarchive", providers: [.apt(["libarchive-dev"]), .brew(["libarchive"])]),
    .systemLibrary(name: "CXML2", pkgConfig: "libxml-2.0", providers: [.apt(["libxml2-dev"]), .brew(["libxml2"])]),
    .systemLibrary(
      name: "CUchardet", pkgConfig: "uchardet", providers: [.apt(["libuchardet-dev"]), .brew(["uchardet"])]),
    .systemLibrary(name: "CCURL", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"]), .brew(["curl"])]),
    .systemLibrary(
      name: "CTurboJPEG", pkgConfig: "libturbojpeg", providers: [.apt(["libturbojpeg0-dev"]), .brew(["jpeg-turbo"])]),
    .systemLibrary(name: "CPNG", pkgConfig: "libpng16", providers: [.apt(["libpng-dev"]), .brew(["libpng"])]),
    .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"]), .brew(["sqlite"])]),
    .systemLibrary(
      name: "CMicroHTTPD", pkgConfig: "libmicrohttpd",
      providers: [.apt(["libmicrohttpd-dev"]), .brew(["libmicrohttpd"])]),
    // C++, behind a C header; the library has no pkg-config file.
    .target(name: "CCLD2", linkerSettings: [.linkedLibrary("cld2")]),
    .target(name: "COpenCC", linkerSettings: [.linkedLibrary("opencc")]),
    .target(name: "CPlatform"),
    .target(name: "CImageResize"),
    .target(name: "CKernels"),
    .target(name: "CAllocations", path: "Tests/CAllocations"),
    .target(
      name: "TestSupport", dependencies: Array(with("TestSupport").dropFirst()), path: "Tests/TestSupport",
      swiftSettings: strict),
    .executableTarget(
      name: "martlet", dependencies: with("CPUBackend", "Training", "ChatTemplates", "Labelling"), swiftSettings: strict
    ),
    .target(name: "BenchmarkOptions", path: "Benchmarks/Options", swiftSettings: strict),
    benchmark("kernel-bench", "Kernels", of: "CPUBackend", numeric),
    benchmark("tokenizer-bench", "Tokenizing", of: "Tokenizers"),
    benchmark("dedup-bench", "Deduplication", of: "Curation"),
    benchmark("curation-bench", "Curating", of: "Curation"),
    benchmark("extraction-bench", "Extraction", of: "Documents"),
    benchmark("source-bench", "Sources", of: "Documents"),
    benchmark("wikipedia-bench", "Wikipedia", of: "Documents"),
    benchmark("webarchive-bench", "WebArchives", of: "Documents"),
    .executableTarget(
      name: "encoder-bench", dependencies: with("Training", "CPUBackend") + ["BenchmarkOptions"],
      path: "Benchmarks/Encoders", swiftSettings: strict),
    .executableTarget(
      name: "translation-bench", dependencies: with("Training", "CPUBackend") + ["BenchmarkOptions"],
      path: "Benchmarks/Translation", swiftSettings: strict),
    // What the tests of checkpoints kill.
    .executableTarget(
      name: "checkpoint-hammer", dependencies: with("Training"), path: "Tests/CheckpointHammer", swiftSettings: strict),
    .testTarget(
      name: "CommandTests", dependencies: ["martlet"] + with("Training", "TestSupport"), exclude: ["Golden"],
      swiftSettings: strict),
  ]
    + library("Core")
    + library("TensorGraph")
    + library("CPUBackend", numeric: true)
    + library("Formats")
    + library("Tokenizers")
    + library("ChatTemplates")
    + library("Documents")
    + library("Curation")
    + library("ReportPages")
    + library("Datasets")
    + library("YAML")
    + library("HTTPServer")
    + library("Labelling", resources: pageFiles)
    + library("Layers")
    + library("Models")
    + library("Training", testHelpers: ["checkpoint-hammer"])
    + library("Inference"),
  swiftLanguageModes: [.v6]
)
