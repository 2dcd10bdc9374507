import ClinicalTree
import Definitions
import FHIRPath

/// Rules of conformance resources beyond their invariants.
extension FHIRValidation {
  func definitionRules(_ object: Cursor, _ type: Name) {
    let element = Element(tree: tree, index: object.index)
    switch type {
    case .StructureDefinition: structureDefinition(object, element)
    case .ValueSet: valueSet(object, element)
    case .CodeSystem: codeSystem(object, element)
    case .ConceptMap: conceptMap(element)
    case .SearchParameter: searchParameter(object, element)
    case .CapabilityStatement: capabilityStatement(element)
    case .Questionnaire: questionnaire(element)
    case .MeasureReport: measureReport(element)
    default: break
    }
    if FHIRValidation.canonicalTypes.contains(type), let url = object.property(.url),
      url.kind == .string, !url.text.hasPrefix("#"), !ResourceIndex.isAbsolute(url.text)
    {
      report(Conformance.badIdentifier, at: url.index, "a canonical URL is absolute")
    }
  }

  /// The types of resources that canonical URLs name.
  private static let canonicalTypes: Set<Name> = [
    .StructureDefinition, .ValueSet, .CodeSystem, .ConceptMap, .SearchParameter,
    .CapabilityStatement, .Questionnaire, .Measure, .Library, .PlanDefinition,
    .ActivityDefinition, .OperationDefinition, .ImplementationGuide,
  ]

  private func wrong(_ element: Element, _ message: String) {
    report(Conformance.badDefinition, at: element.index, message)
  }

  // MARK: StructureDefinition

  private func structureDefinition(_ object: Cursor, _ element: Element) {
    let type = element.text("type")
    if !type.contains(":"), facts.type(named: type) == 0, let own = element.first("type") {
      wrong(own, "no type of R4, and no URL of a type of its own")
    }
    guard element.text("derivation") == "constraint" else { return }
    let base = library.profile(element.text("baseDefinition"))
    for definition in element.first("differential")?["element"] ?? [] {
      let path = definition.text("path")
      if path.contains("..") || path.hasSuffix(".") {
        wrong(definition, "a path with an empty name")
      }
      if let base { compare(definition, with: base, element) }
      discriminators(of: definition)
    }
  }

  /// The paths of discriminators exist on the type that is sliced.
  private func discriminators(of definition: Element) {
    let type = facts.type(named: definition.text("path"))
    guard type != 0, facts.kind(of: type) == .complex else { return }
    for discriminator in definition.first("slicing")?["discriminator"] ?? [] {
      guard let path = discriminator.first("path")?.value, path != "$this",
        let expression = try? FHIRPathExpression(path)
      else { continue }
      if !expression.faults(on: facts.title(of: type).string).isEmpty {
        wrong(discriminator, "\(facts.title(of: type).string) has nothing at this path")
      }
    }
  }

  /// What a differential says does not contradict the profile that it stands on.
  private func compare(_ definition: Element, with base: Profile, _ element: Element) {
    var rule: Rule? = base.root
    for name in definition.text("path").split(separator: ".").dropFirst() {
      let plain = name.hasSuffix("[x]") ? String(name.dropLast(3)) : String(name)
      rule = rule?.child(plain)
    }
    guard let rule else { return }
    if let fixed = definition.choice("fixed"), let below = rule.fixed,
      !tree.withCursor({ FixedValue.isEqual(below, $0.at(fixed.index)) })
    {
      wrong(fixed, "the profile that this one stands on fixes another value")
    }
    if let slicing = definition.first("slicing"), let below = rule.slicing {
      let own = slicing["discriminator"].map { "\($0.text("type")):\($0.text("path"))" }
      let other = below.discriminators.map { "\($0.kind.rawValue):\($0.path)" }
      if !own.isEmpty, own != other {
        wrong(
          slicing, "the profile that this one stands on slices by \(other.joined(separator: ", "))")
      }
    }
  }

  // MARK: ValueSet

  private func valueSet(_ object: Cursor, _ element: Element) {
    for part in ["include", "exclude"].flatMap({ element.first("compose")?[$0] ?? [] }) {
      guard let system = part.first("system") else { continue }
      let url = system.value ?? ""
      if !url.contains(":") { wrong(part, "the system of codes is an absolute URI") }
      let own = library.store.find(url, type: "CodeSystem")
      for filter in part["filter"] { self.filter(filter, of: url, own) }
      guard let definition = library.terminology.codeSystem(url), definition.isComplete else {
        continue
      }
      for concept in part["concept"] {
        if definition.concept(concept.text("code")) == nil, let code = concept.first("code") {
          report(
            Conformance.unknownCode, at: code.index, "not a code of \(url)", severity: .warning)
        }
      }
    }
  }

  private func filter(_ filter: Element, of system: String, _ definition: Element?) {
    let property = filter.text("property")
    let operation = filter.text("op")
    let value = filter.text("value")
    if property == "notSelectable" || property == "inactive" || property == "abstract" {
      if value != "true" && value != "false" { wrong(filter, "this property is true or false") }
      return
    }
    if system == "http://snomed.info/sct" {
      return snomedFilter(filter, property, operation, value)
    }
    if ["is-a", "descendent-of", "is-not-a"].contains(operation),
      library.terminology.contains(value, in: system) == false
    {
      wrong(filter, "the system has no code of this name")
    }
    let own = definition?["property"].first { $0.text("code") == property }
    guard let own, own.text("type") == "Coding" else { return }
    let parts = value.split(separator: "#", maxSplits: 1).map(String.init)
    guard parts.count == 2 else {
      return wrong(filter, "the value of this property is a system, # and a code")
    }
    let url = parts[0].split(separator: "|").first.map(String.init) ?? ""
    if library.terminology.contains(parts[1], in: url) == false {
      wrong(filter, "the value is no code of \(url)")
    }
  }

  /// The forms of filters of SNOMED CT (R4 snomedct.html).
  private func snomedFilter(
    _ filter: Element, _ property: String, _ operation: String, _ value: String
  ) {
    let isConcept = { (text: Substring) in !text.isEmpty && text.allSatisfy(\.isNumber) }
    switch property {
    case "concept":
      if !value.split(separator: ",").allSatisfy({ isConcept($0.drop { $0 == " " }) }) {
        wrong(filter, "not a concept of SNOMED CT")
      }
    case "constraint":
      // Two concepts need an operator between them.
      var isOperand = false
      for word in value.split(separator: " ") where !word.hasPrefix("|") {
        let bare = word.drop { "<>!^(".contains($0) }.prefix { $0.isNumber }
        if bare.isEmpty {
          isOperand = false
          continue
        }
        let startsOperand = isConcept(bare)
        if isOperand, startsOperand { return wrong(filter, "not an expression of ECL") }
        isOperand = startsOperand && word.last?.isNumber == true
        if word == bare { continue }
        isOperand = word.last?.isNumber == true
      }
      let words = value.split(separator: " ")
      for (first, second) in zip(words, words.dropFirst())
      where isConcept(first) && second.allSatisfy({ "<>!^".contains($0) }) {
        return wrong(filter, "not an expression of ECL")
      }
    default:
      if isConcept(property[...]), operation != "=", operation != "in" {
        wrong(filter, "attributes of SNOMED CT are compared with = and in")
      }
    }
  }

  // MARK: CodeSystem

  /// The properties that FHIR defines, with their codes and types.
  private static let knownProperties = [
    "status": "code", "inactive": "boolean", "effectiveDate": "dateTime",
    "deprecationDate": "dateTime", "retirementDate": "dateTime", "notSelectable": "boolean",
    "parent": "code", "child": "code", "partOf": "code", "synonym": "code", "comment": "string",
    "itemWeight": "decimal",
  ]

  private func codeSystem(_ object: Cursor, _ element: Element) {
    if element.text("content") == "not-present", let first = element["concept"].first {
      wrong(first, "concepts, though the code system says that it has none here")
    }
    var types: [String: String] = [:]
    var uris: Set<String> = []
    for property in element["property"] {
      let code = property.text("code")
      let type = property.text("type")
      let uri = property.text("uri")
      if types[code] != nil { wrong(property, "a property of this code stood before") }
      if types[code] == nil { types[code] = type }
      if !uri.isEmpty, !uris.insert(uri).inserted {
        wrong(property, "a property of this URI stood before")
      }
      let base = "http://hl7.org/fhir/concept-properties#"
      guard uri.hasPrefix(base) else { continue }
      let name = String(uri.dropFirst(base.count))
      guard let known = FHIRValidation.knownProperties[name] else {
        wrong(property, "FHIR defines no property of this URI")
        continue
      }
      if known != type { wrong(property, "FHIR defines this property as \(known)") }
      if code != name, FHIRValidation.knownProperties[code] != nil {
        wrong(property, "the code is that of another property of FHIR")
      }
    }
    func check(_ concept: Element) {
      for property in concept["property"] {
        guard let type = types[property.text("code")], let value = property.choice("value") else {
          continue
        }
        let given = value.name.dropFirst(5)
        if given.lowercased() != type.lowercased() {
          wrong(property, "the value is a \(given), the property is defined as \(type)")
        }
      }
      for inner in concept["concept"] { check(inner) }
    }
    for concept in element["concept"] { check(concept) }
  }

  // MARK: ConceptMap

  private func conceptMap(_ element: Element) {
    let source = element.choice("source")?.value
    let target = element.choice("target")?.value
    func isOutside(_ code: String, _ system: String, _ set: String?) -> Bool {
      guard let set, library.terminology.hasValueSet(set) else { return false }
      let answer = library.terminology.isMember(
        code, system: system.isEmpty ? nil : system, of: set)
      return answer == .notMember
    }
    for group in element["group"] {
      for from in group["element"] {
        if let code = from.first("code"),
          isOutside(code.value ?? "", group.text("source"), source)
        {
          report(Conformance.unknownCode, at: code.index, "not in the value set of the source")
        }
        for to in from["target"] {
          if let code = to.first("code"), isOutside(code.value ?? "", group.text("target"), target)
          {
            report(
              Conformance.unknownCode, at: code.index, "not in the value set of the target",
              severity: .warning)
          }
        }
      }
    }
  }

  // MARK: SearchParameter and CapabilityStatement

  private func searchParameter(_ object: Cursor, _ element: Element) {
    if element.text("type") == "composite", element["component"].count < 2 {
      wrong(element, "a composite has two components or more")
    }
    if let expression = element.first("expression"), let text = expression.value {
      do { _ = try FHIRPathExpression(text) } catch {
        wrong(expression, "no FHIRPath expression: \(error.message)")
      }
    }
    guard let derived = element.first("derivedFrom")?.value,
      let other = library.store.find(derived, type: "SearchParameter")
    else { return }
    if other.text("type") != element.text("type") {
      wrong(element, "the parameter that this one is derived from is a \(other.text("type"))")
    }
    let bases = other["base"].compactMap(\.value)
    for base in element["base"] where !bases.contains(base.value ?? "") {
      if !bases.contains("Resource"), !bases.contains("DomainResource") {
        wrong(base, "no base of the parameter that this one is derived from")
      }
    }
  }

  private func capabilityStatement(_ element: Element) {
    let resources = element["rest"].flatMap { $0["resource"] }
    for parameter in resources.flatMap({ $0["searchParam"] }) {
      guard let url = parameter.first("definition")?.value,
        let definition = library.store.find(url, type: "SearchParameter"),
        definition.text("type") != parameter.text("type")
      else { continue }
      wrong(parameter, "the parameter is defined as \(definition.text("type"))")
    }
  }

  // MARK: Questionnaire

  private func questionnaire(_ element: Element) {
    var all: Set<String> = []
    func collect(_ item: Element) {
      all.insert(item.text("linkId"))
      for inner in item["item"] { collect(inner) }
    }
    func linkIds(below item: Element) -> Set<String> {
      item["item"].reduce(into: []) { found, inner in
        found.insert(inner.text("linkId"))
        found.formUnion(linkIds(below: inner))
      }
    }
    func check(_ item: Element) {
      let below = linkIds(below: item)
      for condition in item["enableWhen"] {
        let question = condition.text("question")
        if below.contains(question) || question == item.text("linkId") {
          wrong(item, "the condition asks for an answer inside of the item itself")
        } else if !question.isEmpty, !all.contains(question) {
          wrong(condition, "no item has the linkId that the condition names")
        }
      }
      for inner in item["item"] { check(inner) }
    }
    for item in element["item"] { collect(item) }
    for item in element["item"] { check(item) }
  }
}
