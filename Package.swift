// swift-tools-version: 6.1
import PackageDescription

let package = Package(
  name: "CRESTKit",
  platforms: [.macOS(.v15), .iOS(.v18)],
  products: [
    .library(name: "CRESTKit", targets: ["CRESTKit"]),
    .library(name: "FHIRModels", targets: ["FHIRModels"]),
    .library(name: "ClinicalTree", targets: ["ClinicalTree"]),
    .library(name: "XMLTree", targets: ["XMLTree"]),
    .library(name: "Definitions", targets: ["Definitions"]),
    .library(name: "FHIRPath", targets: ["FHIRPath"]),
    .executable(name: "crest", targets: ["crest-tool"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
  ],
  targets: [
    .systemLibrary(
      name: "CLibXML2", pkgConfig: "libxml-2.0",
      providers: [.apt(["libxml2-dev"]), .brew(["libxml2"])]),
    .systemLibrary(
      name: "CZlib", pkgConfig: "zlib",
      providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
    .target(name: "CDefinitions"),
    .target(name: "Archives", dependencies: ["CZlib"]),
    .target(name: "ClinicalTree"),
    .target(name: "XMLTree", dependencies: ["CLibXML2", "ClinicalTree"]),
    .target(name: "Definitions", dependencies: ["CDefinitions", "ClinicalTree"]),
    .target(name: "FHIRFormats", dependencies: ["XMLTree", "Definitions", "ClinicalTree"]),
    .target(name: "FHIRModels", dependencies: ["ClinicalTree"]),
    .target(name: "Conversion", dependencies: ["FHIRFormats", "Definitions", "ClinicalTree"]),
    .target(name: "CRESTRecords", dependencies: ["FHIRModels", "Definitions", "ClinicalTree"]),
    .target(name: "FHIRPath", dependencies: ["Definitions", "ClinicalTree"]),
    .target(
      name: "Conformance",
      dependencies: [
        "Archives", "FHIRPath", "FHIRFormats", "XMLTree", "Definitions", "ClinicalTree",
      ]),
    .target(
      name: "CRESTKit",
      dependencies: [
        "Conversion", "Conformance", "FHIRPath", "CRESTRecords", "FHIRModels", "FHIRFormats",
        "XMLTree", "Definitions", "ClinicalTree",
      ]),
    .target(
      name: "Commands",
      dependencies: [
        "CRESTKit", "Conversion", "Conformance", "FHIRPath", "CRESTRecords", "FHIRModels",
        "FHIRFormats", "XMLTree", "Definitions", "ClinicalTree",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    .executableTarget(name: "crest-tool", dependencies: ["Commands"]),
    .executableTarget(
      name: "read-record", dependencies: ["CRESTKit"],
      path: "Examples/ReadRecord"),
    .executableTarget(
      name: "convert-document", dependencies: ["CRESTKit"],
      path: "Examples/ConvertDocument"),
    .executableTarget(
      name: "check-submission", dependencies: ["CRESTKit"],
      path: "Examples/CheckSubmission"),
    .executableTarget(
      name: "generate-definitions",
      dependencies: ["Archives", "Definitions", "XMLTree", "ClinicalTree"],
      exclude: ["Inputs"]),
    .target(name: "TestSupport", dependencies: ["ClinicalTree"], path: "Tests/TestSupport"),
    .target(
      name: "RecordSamples", dependencies: ["CRESTRecords", "FHIRModels"],
      path: "Tests/RecordSamples"),
    .testTarget(name: "ClinicalTreeTests", dependencies: ["ClinicalTree", "TestSupport"]),
    .testTarget(
      name: "XMLTreeTests", dependencies: ["XMLTree", "ClinicalTree", "TestSupport"]),
    .testTarget(
      name: "DefinitionsTests",
      dependencies: ["Definitions", "ClinicalTree", "TestSupport", "generate-definitions"]),
    .testTarget(
      name: "FHIRFormatsTests",
      dependencies: ["FHIRFormats", "XMLTree", "Definitions", "ClinicalTree", "TestSupport"]),
    .testTarget(
      name: "FHIRModelsTests", dependencies: ["FHIRModels", "ClinicalTree", "TestSupport"]),
    .testTarget(
      name: "FHIRPathTests",
      dependencies: ["FHIRPath", "XMLTree", "Definitions", "ClinicalTree", "TestSupport"]),
    .testTarget(
      name: "ConformanceTests",
      dependencies: [
        "Archives", "Conformance", "FHIRFormats", "XMLTree", "Definitions", "ClinicalTree",
        "TestSupport",
      ]),
    .testTarget(
      name: "ConversionTests",
      dependencies: ["Conversion", "XMLTree", "Definitions", "ClinicalTree", "TestSupport"]),
    .testTarget(
      name: "CRESTRecordsTests",
      dependencies: [
        "CRESTRecords", "XMLTree", "RecordSamples", "FHIRModels", "Definitions", "ClinicalTree",
        "TestSupport",
      ]),
    .testTarget(
      name: "CRESTKitTests",
      dependencies: [
        "CRESTKit", "CRESTRecords", "RecordSamples", "FHIRModels", "Conformance", "Definitions",
        "ClinicalTree", "TestSupport",
      ]),
    .testTarget(
      name: "CommandsTests", dependencies: ["crest-tool", "ClinicalTree", "TestSupport"]),
    .testTarget(
      name: "ConformanceSuites",
      dependencies: [
        "Archives", "CRESTKit", "Conformance", "Conversion", "FHIRFormats", "FHIRModels",
        "FHIRPath", "XMLTree", "Definitions", "ClinicalTree", "TestSupport",
      ]),
  ],
  swiftLanguageModes: [.v6]
)

let cTargets = ["CLibXML2", "CZlib", "CDefinitions"]
for target in package.targets where !cTargets.contains(target.name) {
  target.swiftSettings = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
  ]
}
