package import ClinicalTree

/// What FHIR R4 says about its types: members, order, cardinality, types, bindings, invariants.
///
/// Types and members are numbers; looking a member up costs a few nanoseconds. Type 0 is none.
package struct FHIRFacts: ShapeSource {
  @usableFromInline let types: Facts.Numbers
  @usableFromInline let typesByName: Facts.Numbers
  @usableFromInline let members: Facts.Numbers
  @usableFromInline let slots: Facts.Numbers
  private let bindings: Facts.Numbers
  private let lists: Facts.Numbers
  private let invariants: Facts.Numbers
  private let codes: Facts.Numbers
  private let codeSlots: TextSlots
  package let strings: FactStrings
  /// The type of `narrative.div`.
  package let xhtml: Int
  package let extensionType: Int
  package let reference: Int

  /// The facts of this build.
  package static let r4 = FHIRFacts(Facts.shared)

  init(_ facts: Facts) {
    types = facts.numbers(.types)
    typesByName = facts.numbers(.typesByName)
    members = facts.numbers(.members)
    slots = facts.numbers(.memberSlots)
    bindings = facts.numbers(.bindings)
    lists = facts.numbers(.lists)
    invariants = facts.numbers(.invariants)
    codes = facts.numbers(.codes)
    codeSlots = TextSlots(facts.numbers(.codeSlots))
    strings = FactStrings(facts)
    func type(_ name: String) -> Int {
      NameTable.standard.lookUp(name).map { facts.numbers(.typesByName)[Int($0.rawValue)] } ?? 0
    }
    xhtml = type("xhtml")
    extensionType = type("Extension")
    reference = type("Reference")
  }

  // MARK: Types

  /// What kind of type a number stands for.
  package enum Kind: Int, Sendable {
    case primitive, complex, backbone, resource
  }

  @inlinable
  package func type(named name: Name) -> Int {
    let number = Int(name.rawValue)
    return number < typesByName.count ? typesByName[number] : 0
  }

  /// The type with a name, or that of a part of it: `Observation`, `Observation.component`.
  package func type(named name: String) -> Int {
    let parts = name.split(separator: ".").map { NameTable.standard.lookUp(String($0)) ?? .none }
    guard let first = parts.first else { return 0 }
    return parts.dropFirst().reduce(type(named: first)) { above, part in
      member(part, in: above).map { type(of: $0) } ?? 0
    }
  }

  @usableFromInline
  func typeField(_ type: Int, _ field: FactsFormat.TypeField) -> Int {
    types[type * FactsFormat.TypeField.count + field.rawValue]
  }

  /// How many types there are, type 0 included.
  package var typeCount: Int { types.count / FactsFormat.TypeField.count }

  package func kind(of type: Int) -> Kind { Kind(rawValue: typeField(type, .kind)) ?? .complex }

  /// The name of a type, such as `Patient` or `Patient.contact`.
  package func title(of type: Int) -> Text { strings[typeField(type, .title)] }

  /// The number of the type's name; that of the empty name for a backbone type.
  package func typeName(of type: Int) -> Int { typeField(type, .name) }

  package func base(of type: Int) -> Int { typeField(type, .base) }

  package func isAbstract(_ type: Int) -> Bool { typeField(type, .isAbstract) != 0 }

  /// Whether a type is another one or is derived from it.
  package func type(_ type: Int, is other: Int) -> Bool {
    var type = type
    while type != 0 {
      if type == other { return true }
      type = base(of: type)
    }
    return false
  }

  /// Whether the values of a type are resources, written inside an element of their own in XML.
  package func holdsResource(_ type: Int) -> Bool { type != 0 && kind(of: type) == .resource }

  /// The members of a type in their order, inherited ones included; each form of a choice on its own.
  package func members(of type: Int) -> Range<Int> {
    let first = typeField(type, .firstMember)
    return first..<first + typeField(type, .memberCount)
  }

  // MARK: Members

  package var memberCount: Int { members.count / FactsFormat.MemberField.count }

  /// The member of a type with a name, `nil` when there is none.
  @inlinable
  package func member(_ name: Name, in type: Int) -> Int? {
    let mask = slots.count - 1
    var slot = FactsFormat.hash(type, Int(name.rawValue)) & mask
    while slots[slot] != 0 {
      let member = slots[slot] - 1
      if memberField(member, .name) == Int(name.rawValue), isMember(member, of: type) {
        return member
      }
      slot = (slot + 1) & mask
    }
    return nil
  }

  @usableFromInline
  func isMember(_ member: Int, of type: Int) -> Bool {
    let first = typeField(type, .firstMember)
    return member >= first && member < first + typeField(type, .memberCount)
  }

  @inlinable
  func memberField(_ member: Int, _ field: FactsFormat.MemberField) -> Int {
    members[member * FactsFormat.MemberField.count + field.rawValue]
  }

  @inlinable
  package func member(_ name: Name, of type: Int) -> (order: Int, isList: Bool, type: Int)? {
    guard let member = member(name, in: type) else { return nil }
    return (memberField(member, .order), isList(member), memberField(member, .type))
  }

  @inlinable package func name(of member: Int) -> Name { Name(UInt32(memberField(member, .name))) }
  @inlinable package func type(of member: Int) -> Int { memberField(member, .type) }
  package func min(of member: Int) -> Int { memberField(member, .min) }
  package func order(of member: Int) -> Int { memberField(member, .order) }

  /// How often a member may stand; `nil` without a bound.
  package func max(of member: Int) -> Int? {
    let max = memberField(member, .max)
    return max == Int(FactsFormat.unbounded) ? nil : max
  }

  @inlinable
  package func isList(_ member: Int) -> Bool { memberField(member, .max) > 1 }

  /// What is said about a member besides its type.
  package struct Flags: OptionSet, Sendable {
    package let rawValue: Int
    package init(rawValue: Int) { self.rawValue = rawValue }

    package static let summary = Flags(rawValue: 1)
    package static let modifier = Flags(rawValue: 2)
    /// In XML the member is an attribute.
    package static let attribute = Flags(rawValue: 4)
    /// One form of a choice element.
    package static let choice = Flags(rawValue: 8)
  }

  package func flags(of member: Int) -> Flags { Flags(rawValue: memberField(member, .flags)) }

  /// The name before the type of a choice element: `value` for `valueQuantity`.
  package func choice(of member: Int) -> Name? {
    let name = memberField(member, .choice)
    return name == 0 ? nil : Name(UInt32(name))
  }

  // MARK: Bindings and codes

  /// The value set that a coded member is bound to, where the binding is required or extensible.
  package struct Binding: Sendable {
    /// Whether no other code is allowed.
    package let isRequired: Bool
    /// The canonical URL, without a version.
    package let valueSet: Text
    /// The number of its codes, `nil` where they are too many or not R4's own.
    package let codeSet: Int?
  }

  package func binding(of member: Int) -> Binding? {
    let number = memberField(member, .binding)
    guard number > 0 else { return nil }
    let start = (number - 1) * 3
    let codeSet = bindings[start + 2]
    return Binding(
      isRequired: bindings[start] == 0, valueSet: strings[bindings[start + 1]],
      codeSet: codeSet == 0 ? nil : codeSet - 1)
  }

  /// The codes of a value set that some element is bound to; `nil` when they are not among the facts.
  package func codeSet(named valueSet: Text) -> Int? {
    for start in stride(from: 0, to: bindings.count, by: 3) where bindings[start + 2] != 0 {
      if strings[bindings[start + 1]] == valueSet { return bindings[start + 2] - 1 }
    }
    return nil
  }

  /// Whether a code set has a code, of a system if one is given.
  package func codeSet(_ set: Int, contains code: Text, system: Text? = nil) -> Bool {
    codeSlots.find(set, code) { entry in
      codes[entry * 3] == set && strings[codes[entry * 3 + 2]] == code
        && (system == nil || strings[codes[entry * 3 + 1]] == system)
    } != nil
  }

  /// The types that a reference or canonical may point to; empty where there is no bound.
  package func targets(of member: Int) -> [Int] { list(memberField(member, .targets)) }

  /// An invariant of R4.
  package struct Invariant: Sendable {
    package let key: Text
    package let isError: Bool
    /// The FHIRPath expression.
    package let expression: Text
  }

  package func invariants(ofMember member: Int) -> [Invariant] {
    list(memberField(member, .invariants)).map(invariant)
  }

  package func invariants(ofType type: Int) -> [Invariant] {
    list(typeField(type, .invariants)).map(invariant)
  }

  /// How many invariants there are.
  package var invariantCount: Int { invariants.count / 3 }

  /// Calls a body with the numbers of a member's invariants.
  @inline(__always)
  package func forEachInvariant(ofMember member: Int, _ body: (Int) -> Void) {
    forEach(memberField(member, .invariants), body)
  }

  /// Calls a body with the numbers of a type's invariants.
  @inline(__always)
  package func forEachInvariant(ofType type: Int, _ body: (Int) -> Void) {
    forEach(typeField(type, .invariants), body)
  }

  private func forEach(_ start: Int, _ body: (Int) -> Void) {
    guard start != 0 else { return }
    for place in start..<start + lists[start - 1] { body(lists[place]) }
  }

  package func invariant(_ number: Int) -> Invariant {
    Invariant(
      key: strings[invariants[number * 3]], isError: invariants[number * 3 + 1] == 0,
      expression: strings[invariants[number * 3 + 2]])
  }

  private func list(_ start: Int) -> [Int] {
    start == 0 ? [] : (1...lists[start - 1]).map { lists[start - 1 + $0] }
  }
}
