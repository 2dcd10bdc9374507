import ClinicalTree
import Definitions
import FHIRFormats
import FHIRPath

/// One walk over a FHIR document.
///
/// The structure and the invariants of the base are checked element by element in the order of the
/// document; each family of further rules is an extension of this class in a file of its own.
final class FHIRValidation {
  /// A large value: what is called for every element copies it once a call, and not for every question.
  let facts = FHIRFacts.r4
  let tree: Tree
  let root: Cursor
  let library: Library
  let options: Validator.Options
  var findings = FindingList()
  /// The resources of the document, for references; made when the first one is followed.
  private(set) lazy var index = ResourceIndex(root)
  private lazy var evaluator = PathEvaluator(host: ValidationHost(self))
  /// Evaluators for expressions that are evaluated while another one is.
  private var spare: [PathEvaluator] = []
  private var isEvaluating = false

  /// The resource that is being walked, and the one that contains it, with their types.
  private(set) var resource = (own: 0, holder: 0, ownType: 0, holderType: 0)
  /// The resources that the evaluator knows as the current ones.
  private var entered = (own: -1, holder: -1)
  /// The members on the way from the resource to the element, and the type and node of each value.
  private(set) var path: [(member: Int, type: Int, node: Int)] = []
  private(set) var resourceType = 0

  /// Expressions that took more work than the limit.
  private var costly: [String: FHIRPathError] = [:]
  var hasReachedLimit: Bool { !costly.isEmpty }

  /// Resources that were walked as entries of a part.
  var walked: [Int: WalkedResource] = [:]
  /// Where the contexts of extensions lead in one resource, by expression.
  var contextPlaces: (resource: Int, known: [String: Set<Int>?]) = (-1, [:])
  /// Pairs of elements and rules that were checked or are being checked.
  var checked: Set<Pair> = []
  var probeDepth = 0
  /// Systems that are not at hand, the first place of each and how many codes need it.
  private(set) var uncheckedSystems: [String: (node: Int, count: Int)] = [:]

  struct Pair: Hashable {
    let node: Int
    let rule: ObjectIdentifier
  }

  init(tree: Tree, root: Cursor, library: Library, options: Validator.Options) {
    self.tree = tree
    self.root = root
    self.library = library
    self.options = options
  }

  func issues() -> [Issue] {
    resource(root, isRoot: true)
    if !options.isBaseOnly {
      for url in options.profiles { follow(url, on: root, at: root.index) }
      for (system, place) in uncheckedSystems.sorted(by: {
        ($0.value.node, $0.key) < ($1.value.node, $1.key)
      }) {
        report(
          Conformance.unchecked, at: place.node,
          "\(system) is not at hand; codes that need it: \(place.count)")
      }
    }
    return findings.issues(in: tree)
  }

  func report(
    _ code: Issue.Code, at node: Int, _ message: @autoclosure () -> String,
    severity: Issue.Severity? = nil, profile: String? = nil, constraint: String? = nil
  ) {
    // Of a probe only the outcome counts.
    let text = probeDepth == 0 ? message() : ""
    findings.add(
      code, at: node, text, severity: severity, profile: profile, constraint: constraint)
  }

  /// Counts codes that cannot be checked; the first place is kept.
  func count(_ count: Int, uncheckedIn system: String, from node: Int) {
    let known = uncheckedSystems[system]
    uncheckedSystems[system] = (known?.node ?? node, (known?.count ?? 0) + count)
  }

  // MARK: Expressions

  /// A condition on an element, evaluated; `nil` when the evaluation fails.
  ///
  /// What once took more work than the limit is not tried again in this document.
  func holds(_ expression: FHIRPathExpression, on node: FHIRNode) -> Result<Bool?, FHIRPathError> {
    if !costly.isEmpty, let known = costly[expression.text] { return .failure(known) }
    let answer = withEvaluator { evaluator -> Result<Bool?, FHIRPathError> in
      do throws(FHIRPathError) {
        return .success(try evaluator.condition(expression, on: .node(node)))
      } catch {
        return .failure(error)
      }
    }
    if case .failure(let error) = answer, error.code == .limit { costly[expression.text] = error }
    return answer
  }

  /// Gives a body an evaluator that nothing else is using.
  func withEvaluator<Answer>(_ body: (PathEvaluator) -> Answer) -> Answer {
    if !isEvaluating {
      isEvaluating = true
      defer { isEvaluating = false }
      if entered.own != resource.own || entered.holder != resource.holder {
        enter(evaluator)
        entered = (resource.own, resource.holder)
      }
      return body(evaluator)
    }
    let own = spare.popLast() ?? PathEvaluator(host: ValidationHost(self))
    enter(own)
    defer { spare.append(own) }
    return body(own)
  }

  private func enter(_ evaluator: PathEvaluator) {
    evaluator.enter(
      resource: FHIRNode(root.at(resource.own), type: resource.ownType),
      root: FHIRNode(root.at(resource.holder), type: resource.holderType))
  }

  /// The type that a resource states, 0 when it states none.
  func type(of object: Cursor) -> Int {
    guard object.kind == .object, let name = object.property(.resourceType) else { return 0 }
    return NameTable.standard.lookUp(name.text.start, name.text.count)
      .map(facts.type(named:)) ?? 0
  }

  /// Makes a resource the current one; gives back which one was.
  func enter(_ node: FHIRNode) -> (own: Int, holder: Int, ownType: Int, holderType: Int) {
    let outer = resource
    let isContained =
      index.resource(around: node.cursor.index)
      .map { index.resources[$0].isContained } ?? false
    enter(node.cursor.index, type: Int(node.type), isContained: isContained)
    return outer
  }

  private func enter(_ node: Int, type: Int, isContained: Bool) {
    resource =
      isContained
      ? (node, resource.holder, type, resource.holderType) : (node, node, type, type)
  }

  func leave(_ outer: (own: Int, holder: Int, ownType: Int, holderType: Int)) { resource = outer }

  // MARK: Resources

  func resource(_ object: Cursor, isRoot: Bool = false, isContained: Bool = false) {
    guard object.kind == .object else {
      return report(Conformance.wrongShape, at: object.index, "expected a resource")
    }
    let name = object.property(.resourceType)
    let type = type(of: object)
    guard name?.kind == .string, type != 0, facts.kind(of: type) == .resource,
      !facts.isAbstract(type)
    else {
      return report(
        Conformance.unknownResource, at: name?.index ?? object.index,
        name == nil ? "a resource without a type" : "an unknown type of resource")
    }
    let outer = (resource, path, resourceType)
    enter(object.index, type: type, isContained: isContained)
    path = []
    resourceType = type
    defer { (resource, path, resourceType) = outer }
    self.object(object, type)
    resourceRules(object, type, isContained: isContained)
    if options.isBaseOnly { return }
    claimedProfiles(of: object)
    for url in library.globalProfiles(of: facts.title(of: type).string) {
      follow(url, on: object, at: object.index)
    }
    if type == facts.type(named: .Observation), let url = VitalSigns.profile(of: object) {
      follow(url, on: object, at: object.index)
    }
  }

  /// The profiles that `meta.profile` names.
  private func claimedProfiles(of object: Cursor) {
    guard let meta = object.property(.meta), meta.kind == .object else { return }
    for claim in meta.values(.profile) where claim.kind == .string {
      follow(claim.text.string, on: object, at: claim.index)
    }
  }

  /// Checks a resource against a profile that it claims or is asked to follow.
  private func follow(_ url: String, on object: Cursor, at place: Int) {
    if let type = Library.baseType(of: url) {
      if !facts.type(self.type(of: object), is: type) {
        report(
          Conformance.wrongType, at: object.index,
          "the profile is for \(facts.title(of: type).string)", profile: url)
      }
      return
    }
    guard let profile = library.profile(url) else {
      return report(
        Conformance.unknownProfile, at: place, "this profile is not at hand", profile: url)
    }
    let outer = resource
    enter(object.index, type: type(of: object), isContained: false)
    defer { resource = outer }
    apply(profile, to: FHIRNode(object, type: type(of: object)))
  }

  // MARK: Objects

  private func object(_ object: Cursor, _ type: Int, isShadow: Bool = false) {
    let facts = facts
    var choices: [(choice: Name, form: Name)] = []
    var present = PresentMembers()
    var isEmpty = true
    for property in object.children {
      if property.name == .resourceType, facts.kind(of: type) == .resource { continue }
      // What has an id only says nothing.
      if property.name != .id || facts.kind(of: type) == .resource { isEmpty = false }
      guard let member = facts.member(property.name, in: type) else {
        isEmpty = false
        report(
          Conformance.unknownElement, at: property.index,
          "\(facts.title(of: type).string) has no such element")
        continue
      }
      present.insert(facts.order(of: member))
      if let choice = facts.choice(of: member) {
        if choices.contains(where: { $0.choice == choice && $0.form != property.name }) {
          report(Conformance.tooMany, at: property.index, "a second form of a choice element")
        }
        choices.append((choice, property.name))
      }
      self.property(property, member, of: object)
    }
    if isEmpty, facts.kind(of: type) != .resource {
      report(Conformance.empty, at: object.index, "an empty object")
    }
    if isShadow { return }
    required(object, type, present)
    if type == facts.extensionType {
      let hasValue = choices.contains { $0.choice == .value }
      if hasValue == (object.property(.extension) != nil) {
        report(
          Conformance.brokenInvariant, at: object.index,
          "ext-1: an extension has either extensions or a value")
      }
    }
    if Invariants.shared.hasAny(ofType: type) {
      facts.forEachInvariant(ofType: type) { check($0, on: FHIRNode(object, type: type)) }
    }
  }

  /// Checks an invariant of R4; those that other code checks are `nil`.
  private func check(_ number: Int, on node: @autoclosure () -> FHIRNode) {
    guard let invariant = Invariants.shared[number] else { return }
    let node = node()
    switch holds(invariant.expression, on: node) {
    case .success(false?):
      report(
        Conformance.brokenInvariant, at: node.cursor.index,
        "\(invariant.key) does not hold: \(invariant.expression.text.prefix(200))",
        severity: invariant.severity)
    // An expression that gives nothing has nothing to object.
    case .success(true?), .success(nil): break
    case .failure(let error):
      report(
        Conformance.unchecked(error), at: node.cursor.index,
        "\(invariant.key) could not be checked: \(error.message)")
    }
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

  private func required(_ object: Cursor, _ type: Int, _ present: PresentMembers) {
    let facts = facts
    var last = -1
    for member in facts.members(of: type) where facts.min(of: member) > 0 {
      let order = facts.order(of: member)
      if order == last || present.contains(order) { continue }
      last = order
      let name = facts.choice(of: member).map { NameTable.standard.string($0) + "[x]" }
      report(
        Conformance.missingElement, at: object.index,
        "\(name ?? NameTable.standard.string(facts.name(of: member))) is required")
    }
  }

  // MARK: Properties

  private func property(_ property: Cursor, _ member: Int, of object: Cursor) {
    let facts = facts
    let isList = facts.isList(member)
    if property.kind == .array {
      if !isList {
        report(
          Conformance.wrongShape, at: property.index, "an array where one value is allowed")
      }
      var count = 0
      for item in property.children {
        count += 1
        value(item, member, of: object)
      }
      if count == 0 { report(Conformance.empty, at: property.index, "an empty array") }
      if let max = facts.max(of: member), count > max, isList {
        report(
          Conformance.tooMany, at: property.index, "\(count) items, at most \(max) are allowed")
      }
    } else {
      if isList, property.kind != .null {
        report(
          Conformance.wrongShape, at: property.index, "one value where an array is expected")
      }
      value(property, member, of: object)
    }
    if facts.max(of: member) == 0 {
      report(Conformance.tooMany, at: property.index, "the element is not allowed here")
    }
  }

  private func value(_ value: Cursor, _ member: Int, of object: Cursor) {
    let facts = facts
    let type = facts.type(of: member)
    if value.node.flags.contains(.shadow) { return shadow(value, member, type) }
    if facts.holdsResource(type) {
      if takeOver(value) { return }
      return resource(value, isContained: facts.name(of: member) == .contained)
    }
    path.append((member, type, value.index))
    defer { path.removeLast() }
    guard facts.kind(of: type) == .primitive else {
      guard value.kind == .object else {
        return report(
          Conformance.wrongShape, at: value.index,
          "expected an object of type \(facts.title(of: type).string)")
      }
      self.object(value, type)
      if Invariants.shared.hasAny(ofMember: member) {
        facts.forEachInvariant(ofMember: member) { check($0, on: FHIRNode(value, type: type)) }
      }
      complexRules(value, member, type, of: object)
      return
    }
    switch value.kind {
    case .object, .array:
      report(
        Conformance.wrongShape, at: value.index,
        "expected a primitive of type \(facts.title(of: type).string)")
    case .null: break
    default:
      primitive(value, type, member)
      if Invariants.shared.hasAny(ofMember: member) {
        facts.forEachInvariant(ofMember: member) { check($0, on: FHIRNode(value, type: type)) }
      }
    }
  }

  /// The partner of a primitive, with its id and extensions. Other shapes, and partners that do not
  /// fit, are the reader's findings.
  private func shadow(_ value: Cursor, _ member: Int, _ type: Int) {
    guard value.kind == .object else { return }
    if type != 0, facts.kind(of: type) != .primitive {
      return report(
        Conformance.wrongShape, at: value.index, "only primitives have an underscore partner")
    }
    path.append((member, type, value.index))
    defer { path.removeLast() }
    object(value, type, isShadow: true)
    if facts.name(of: member) == .id, path.count == 1, value.property(.extension) != nil {
      report(Conformance.unknownElement, at: value.index, "the id of a resource has no extensions")
    }
  }

  private func primitive(_ value: Cursor, _ type: Int, _ member: Int) {
    let name = Name(UInt32(facts.typeName(of: type)))
    if let fault = FHIRFormat.fault(of: value.text, kind: value.kind, type: name) {
      let code = fault == "an empty string" ? Conformance.empty : Conformance.badFormat
      return report(code, at: value.index, fault)
    }
    switch name {
    case .xhtml: return narrative(value)
    case .uri, .url, .canonical: if !options.isBaseOnly { uri(value) }
    case .code: code(value, member)
    case .string, .markdown:
      if value.text.count > 1_048_576 {
        report(Conformance.badFormat, at: value.index, "a string of more than 1 MiB")
      }
    default: break
    }
  }

  private func code(_ value: Cursor, _ member: Int) {
    guard let binding = facts.binding(of: member), binding.isRequired else { return }
    if let set = binding.codeSet {
      if !facts.codeSet(set, contains: value.text) {
        report(
          Conformance.badCode, at: value.index,
          "a code that is not in \(binding.valueSet.string)")
      }
    } else if let system = FHIRValidation.grammar(of: binding.valueSet),
      BuiltInSystems.isValid(value.text.string, of: system) == false
    {
      report(
        Conformance.badCode, at: value.index, "a code that is not in \(binding.valueSet.string)")
    }
  }

  /// The system whose grammar stands for a value set that is not listed.
  private static func grammar(of valueSet: Text) -> String? {
    if valueSet == "http://hl7.org/fhir/ValueSet/mimetypes" { return "urn:ietf:bcp:13" }
    if valueSet == "http://hl7.org/fhir/ValueSet/currencies" { return "urn:iso:std:iso:4217" }
    return nil
  }
}

/// What expressions ask of a validation.
private struct ValidationHost: PathHost {
  private unowned let validation: FHIRValidation

  init(_ validation: FHIRValidation) { self.validation = validation }

  var now: String { validation.options.now }

  func resolve(_ reference: Text, from place: Cursor?) -> FHIRNode? {
    validation.resolve(reference, from: place?.index ?? 0)
  }

  func conforms(_ node: FHIRNode, to profile: Text) -> Bool? {
    validation.conforms(node, to: profile.string)
  }

  func isMember(_ code: Text, of system: Text?, in valueSet: Text) -> Bool? {
    let answer = validation.library.terminology.isMember(
      code.string, system: system?.string, of: valueSet.string)
    switch answer {
    case .member: return true
    case .notMember: return false
    case .unknown: return nil
    }
  }

  func subsumes(_ code: Text, _ other: Text, in system: Text) -> Bool? {
    validation.library.terminology.subsumes(code.string, other.string, in: system.string)
  }

  func isNarrative(_ text: Text) -> Bool { Narrative.faults(in: text).isEmpty }

  func hasTemplateId(_ element: Cursor, of profile: Text) -> Bool? { nil }

  func trace(_ name: String, _ values: () -> [FHIRPathValue]) {}
}

extension Cursor {
  /// Whether a property of an object is a string that says this.
  func says(_ name: Name, _ literal: StaticString) -> Bool {
    guard let value = property(name), value.kind == .string else { return false }
    return value.text == literal
  }
}
