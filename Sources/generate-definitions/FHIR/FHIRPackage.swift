import Archives
import ClinicalTree

/// The resources of a FHIR package that the facts are made from.
struct FHIRPackage {
  private(set) var structures: [Element] = []
  private(set) var valueSets: [String: Element] = [:]
  private(set) var codeSystems: [String: Element] = [:]
  private(set) var searchParameters: [String: Element] = [:]

  init(archive: [UInt8]) throws {
    for (name, content) in try TarGzip.files(in: archive).sorted(by: { $0.key < $1.key }) {
      let file = name.split(separator: "/").last ?? ""
      guard
        ["StructureDefinition-", "ValueSet-", "CodeSystem-", "SearchParameter-"]
          .contains(where: file.hasPrefix),
        file.hasSuffix(".json")
      else { continue }
      let resource = try Tree.json(Array(content), names: .empty).tree.root
      let url = resource.string("url")
      switch resource.string("resourceType") {
      case "StructureDefinition": structures.append(resource)
      case "ValueSet": valueSets[url] = resource
      case "CodeSystem": codeSystems[url] = resource
      case "SearchParameter": searchParameters[url] = resource
      default: break
      }
    }
  }
}

extension Element {
  /// The value of the first property with a name, empty when there is none.
  func string(_ name: String) -> String { self[name].first?.value ?? "" }

  /// The first property with a name.
  func first(_ name: String) -> Element? { self[name].first }
}
