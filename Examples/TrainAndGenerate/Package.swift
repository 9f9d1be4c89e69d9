// swift-tools-version: 6.1
import PackageDescription

// A package of its own, as a user of Martlet would have it.
let package = Package(
  name: "TrainAndGenerate",
  dependencies: [.package(name: "martlet", path: "../..")],
  targets: [
    .executableTarget(name: "TrainAndGenerate", dependencies: [.product(name: "Martlet", package: "martlet")])
  ],
  swiftLanguageModes: [.v6]
)
