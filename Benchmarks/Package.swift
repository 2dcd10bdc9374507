// swift-tools-version: 6.1
import PackageDescription

// Apart from the main package, so that users never resolve or build it.
let package = Package(
  name: "Benchmarks",
  dependencies: [.package(name: "CRESTKit", path: "..")],
  targets: [
    .systemLibrary(
      name: "CXML", pkgConfig: "libxml-2.0", providers: [.apt(["libxml2-dev"]), .brew(["libxml2"])]),
    .target(name: "CSAX", dependencies: ["CXML"], linkerSettings: [.linkedLibrary("xml2")]),
    .target(
      name: "SyntheticRecords",
      dependencies: [
        .product(name: "CRESTKit", package: "CRESTKit"),
        .product(name: "FHIRModels", package: "CRESTKit"),
      ]),
    .executableTarget(name: "Submission", dependencies: ["SyntheticRecords"]),
    .executableTarget(
      name: "Speed",
      dependencies: [
        "CSAX", "SyntheticRecords", .product(name: "CRESTKit", package: "CRESTKit"),
        .product(name: "ClinicalTree", package: "CRESTKit"),
        .product(name: "XMLTree", package: "CRESTKit"),
        .product(name: "Definitions", package: "CRESTKit"),
        .product(name: "FHIRPath", package: "CRESTKit"),
      ]),
  ],
  swiftLanguageModes: [.v6]
)
