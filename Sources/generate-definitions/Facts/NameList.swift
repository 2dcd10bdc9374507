/// The names that get a number: those of types, members, elements and attributes, sorted.
enum NameList {
  static func names(_ fhir: FHIRModel, _ cda: CDAModel) -> [String] {
    var names: Set<String> = ["resourceType", "xhtml", "fhir_comments"]
    for type in fhir.types {
      if type.kind != .backbone { names.insert(type.title) }
      for member in type.members {
        names.insert(member.name)
        if let choice = member.choice { names.insert(choice) }
      }
    }
    func add(_ particle: CDAModel.Particle) {
      switch particle {
      case .element(let name, _, _, _, _): names.insert(name)
      case .group(_, let parts, _, _): parts.forEach(add)
      case .any: break
      }
    }
    for type in cda.types {
      names.insert(type.title)
      for attribute in type.attributes { names.insert(attribute.name) }
      if let content = type.content { add(content) }
    }
    names.formUnion(["ClinicalDocument", "schemaLocation", "nil", "lang", "space", "base"])
    return [""] + names.sorted()
  }
}
