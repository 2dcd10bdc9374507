import ClinicalTree
import Definitions
import FHIRFormats
import XMLTree

/// The structure of FHIR resources: elements, cardinality, types, formats and required codes.
struct FHIRStructure {
  private let facts = FHIRFacts.r4
  private var findings = FindingList()

  /// The findings about a resource and everything inside it, in the order of their places.
  static func issues(in tree: Tree) -> [Issue] {
    var walk = FHIRStructure()
    tree.withCursor { walk.resource($0, at: $0) }
    return walk.findings.issues(in: tree)
  }

  // MARK: Resources

  private mutating func resource(_ object: Cursor, at place: Cursor) {
    guard object.kind == .object else {
      return findings.add(Conformance.wrongShape, at: place.index, "expected a resource")
    }
    let name = object.property(.resourceType)
    let type =
      name.flatMap { NameTable.standard.lookUp($0.text.start, $0.text.count) }
      .map(facts.type(named:)) ?? 0
    guard name?.kind == .string, type != 0, facts.kind(of: type) == .resource,
      !facts.isAbstract(type)
    else {
      return findings.add(
        Conformance.unknownResource, at: name?.index ?? object.index,
        name == nil ? "a resource without a type" : "an unknown type of resource")
    }
    self.object(object, type)
    if type == facts.type(named: .Bundle) { fullUrls(object) }
  }

  private mutating func fullUrls(_ bundle: Cursor) {
    var seen: Set<Text> = []
    for entry in bundle.values(.entry) where entry.kind == .object {
      guard let url = entry.property(.fullUrl), url.kind == .string else { continue }
      let version = entry.property(.resource)?.property(.meta)?.property(.versionId)
      if version == nil, !seen.insert(url.text).inserted {
        findings.add(Conformance.repeatedFullUrl, at: url.index, "a fullUrl that stood before")
      }
    }
  }

  // MARK: Objects

  private mutating func object(_ object: Cursor, _ type: Int, isShadow: Bool = false) {
    var choices: [(choice: Name, form: Name)] = []
    var present = PresentMembers()
    var isEmpty = true
    for property in object.children {
      isEmpty = false
      if property.name == .resourceType, facts.kind(of: type) == .resource { continue }
      guard let member = facts.member(property.name, in: type) else {
        findings.add(
          Conformance.unknownElement, at: property.index,
          "\(facts.title(of: type).string) has no such element")
        continue
      }
      let order = facts.order(of: member)
      present.insert(order)
      if let choice = facts.choice(of: member) {
        if choices.contains(where: { $0.choice == choice && $0.form != property.name }) {
          findings.add(Conformance.tooMany, at: property.index, "a second form of a choice element")
        }
        choices.append((choice, property.name))
      }
      self.property(property, member)
    }
    if isEmpty { findings.add(Conformance.empty, at: object.index, "an empty object") }
    if !isShadow { required(object, type, present) }
  }

  /// Which members of a type are present, by their place in its order.
  private struct PresentMembers {
    private var bits: UInt64 = 0
    private var more: Set<Int> = []

    mutating func insert(_ order: Int) {
      if order < 64 { bits |= 1 << UInt64(order) } else { more.insert(order) }
    }

    func contains(_ order: Int) -> Bool {
      order < 64 ? bits & 1 << UInt64(order) != 0 : more.contains(order)
    }
  }

  private mutating func required(_ object: Cursor, _ type: Int, _ present: PresentMembers) {
    var last = -1
    for member in facts.members(of: type) where facts.min(of: member) > 0 {
      let order = facts.order(of: member)
      if order == last || present.contains(order) { continue }
      last = order
      let name = facts.choice(of: member).map { NameTable.standard.string($0) + "[x]" }
      findings.add(
        Conformance.missingElement, at: object.index,
        "\(name ?? NameTable.standard.string(facts.name(of: member))) is required")
    }
  }

  // MARK: Properties

  private mutating func property(_ property: Cursor, _ member: Int) {
    let isList = facts.isList(member)
    if property.kind == .array {
      if !isList {
        findings.add(
          Conformance.wrongShape, at: property.index, "an array where one value is allowed")
      }
      var count = 0
      for item in property.children {
        count += 1
        value(item, member, isItem: true)
      }
      if count == 0 { findings.add(Conformance.empty, at: property.index, "an empty array") }
      if let max = facts.max(of: member), count > max, isList {
        findings.add(
          Conformance.tooMany, at: property.index, "\(count) items, at most \(max) are allowed")
      }
    } else {
      if isList, property.kind != .null {
        findings.add(
          Conformance.wrongShape, at: property.index, "one value where an array is expected")
      }
      value(property, member, isItem: false)
    }
    if facts.max(of: member) == 0 {
      findings.add(Conformance.tooMany, at: property.index, "the element is not allowed here")
    }
  }

  private mutating func value(_ value: Cursor, _ member: Int, isItem: Bool) {
    let type = facts.type(of: member)
    if value.node.flags.contains(.shadow) {
      if value.kind == .object {
        if type != 0, facts.kind(of: type) != .primitive {
          return findings.add(
            Conformance.wrongShape, at: value.index, "only primitives have an underscore partner")
        }
        object(value, type, isShadow: true)
      }
      // Other shapes, and partners that do not fit, are the reader's findings.
      return
    }
    if facts.holdsResource(type) { return resource(value, at: value) }
    guard facts.kind(of: type) == .primitive else {
      if value.kind == .object { return object(value, type) }
      return findings.add(
        Conformance.wrongShape, at: value.index,
        "expected an object of type \(facts.title(of: type).string)")
    }
    switch value.kind {
    case .object, .array:
      findings.add(
        Conformance.wrongShape, at: value.index,
        "expected a primitive of type \(facts.title(of: type).string)")
    case .null: break
    default: primitive(value, type, member)
    }
  }

  private mutating func primitive(_ value: Cursor, _ type: Int, _ member: Int) {
    let name = Name(UInt32(facts.typeName(of: type)))
    if let fault = FHIRFormat.fault(of: value.text, kind: value.kind, type: name) {
      let code = fault == "an empty string" ? Conformance.empty : Conformance.badFormat
      return findings.add(code, at: value.index, fault)
    }
    if name == .xhtml { return narrative(value) }
    guard name == .code, let binding = facts.binding(of: member), binding.isRequired,
      let set = binding.codeSet, !facts.codeSet(set, contains: value.text)
    else { return }
    findings.add(
      Conformance.badCode, at: value.index, "a code that is not in \(binding.valueSet.string)")
  }

  private mutating func narrative(_ value: Cursor) {
    do {
      _ = try Tree.xml(Array(value.text.bytes), names: .standard)
    } catch {
      findings.add(
        Conformance.badNarrative, at: value.index,
        error.issues.last?.message ?? "narrative that is not well-formed")
    }
  }
}
