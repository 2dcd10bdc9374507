// swift-tools-version: 6.1
import PackageDescription

// Fuzzing has a package of its own, so that users never resolve it. `./run` builds it with libFuzzer and
// AddressSanitizer.
let package = Package(
  name: "Fuzzing",
  dependencies: [.package(name: "CRESTKit", path: "..")],
  targets: [
    .target(name: "Entry", dependencies: [.product(name: "CRESTKit", package: "CRESTKit")]),
    // In C, since SwiftPM would want a main function of a Swift executable and libFuzzer brings its own.
    .executableTarget(name: "fuzz-crest", dependencies: ["Entry"]),
  ],
  swiftLanguageModes: [.v6]
)
