package import ClinicalTree

/// What CDA R2 with the SDTC extensions says about its types, as its XML schema has it: attributes,
/// order and choice of elements, cardinality, data types, vocabulary, derivation by `xsi:type`.
package struct CDAFacts: Sendable {
  private let types: Facts.Numbers
  private let typesByName: Facts.Numbers
  private let particles: Facts.Numbers
  private let attributes: Facts.Numbers
  private let simpleTypes: Facts.Numbers
  private let lists: Facts.Numbers
  package let strings: FactStrings
  /// The attributes of each type.
  private var attributeLists: [[Attribute]] = []
  /// The type of the root element `ClinicalDocument`.
  package let clinicalDocument: Int

  /// The facts of this build.
  package static let r2 = CDAFacts(Facts.shared)

  init(_ facts: Facts) {
    types = facts.numbers(.cdaTypes)
    typesByName = facts.numbers(.cdaTypesByName)
    particles = facts.numbers(.cdaParticles)
    attributes = facts.numbers(.cdaAttributes)
    simpleTypes = facts.numbers(.cdaSimpleTypes)
    lists = facts.numbers(.lists)
    strings = FactStrings(facts)
    clinicalDocument =
      NameTable.standard.lookUp("ClinicalDocument")
      .map { facts.numbers(.cdaTypesByName)[Int($0.rawValue)] } ?? 0
    attributeLists = (0..<typeCount).map { type in
      let first = field(type, .firstAttribute)
      return (first..<first + field(type, .attributeCount)).map { attribute($0) }
    }
  }

  // MARK: Types

  private func field(_ type: Int, _ field: FactsFormat.CDATypeField) -> Int {
    types[type * FactsFormat.CDATypeField.count + field.rawValue]
  }

  package var typeCount: Int { types.count / FactsFormat.CDATypeField.count }

  /// The type with a name as `xsi:type` writes it (`CD`, `IVL_TS`), or with the last part of its name
  /// in the schema (`Observation`); 0 when there is none.
  package func type(named name: Name) -> Int {
    let number = Int(name.rawValue)
    return number < typesByName.count ? typesByName[number] : 0
  }

  package func type(named name: Text) -> Int {
    NameTable.standard.lookUp(name.start, name.count).map { type(named: $0) } ?? 0
  }

  package func title(of type: Int) -> Text { strings[field(type, .title)] }
  package func base(of type: Int) -> Int { field(type, .base) }
  package func isAbstract(_ type: Int) -> Bool { field(type, .flags) & 1 != 0 }
  package func isMixed(_ type: Int) -> Bool { field(type, .flags) & 2 != 0 }

  /// Whether a type is another one or is derived from it.
  package func type(_ type: Int, is other: Int) -> Bool {
    var type = type
    while type != 0 {
      if type == other { return true }
      type = base(of: type)
    }
    return false
  }

  // MARK: Attributes

  /// An attribute that a type allows.
  package struct Attribute: Sendable {
    package let name: Name
    package let isSDTC: Bool
    package let type: Int
    package let isRequired: Bool
    /// The only value that is allowed.
    package let fixed: Text?
    /// The value that holds when the attribute is absent.
    package let fallback: Text?
  }

  package func attributes(of type: Int) -> [Attribute] {
    type < attributeLists.count ? attributeLists[type] : []
  }

  package func attribute(_ name: Name, of type: Int) -> Attribute? {
    let first = field(type, .firstAttribute)
    let found = (first..<first + field(type, .attributeCount)).first {
      attributes[$0 * FactsFormat.AttributeField.count] == Int(name.rawValue)
    }
    return found.map { attribute($0) }
  }

  private func attribute(_ number: Int) -> Attribute {
    func value(_ field: FactsFormat.AttributeField) -> Int {
      attributes[number * FactsFormat.AttributeField.count + field.rawValue]
    }
    func text(_ number: Int) -> Text? { number == 0 ? nil : strings[number - 1] }
    return Attribute(
      name: Name(UInt32(value(.name))), isSDTC: value(.space) == 1, type: value(.type),
      isRequired: value(.use) == 1, fixed: text(value(.fixed)), fallback: text(value(.fallback)))
  }

  // MARK: Content

  /// A part of a content model.
  package struct Particle: Sendable {
    package enum Kind: Int, Sendable {
      case element, sequence, choice, any
    }

    package let kind: Kind
    package let min: Int
    /// `nil` without a bound.
    package let max: Int?
    package let name: Name
    package let isSDTC: Bool
    /// The type of the element.
    package let type: Int
    /// The parts of a sequence or choice.
    package let parts: Range<Int>
  }

  /// The content model of a type, `nil` where it has no elements.
  package func content(of type: Int) -> Int? {
    let number = field(type, .content)
    return number == 0 ? nil : number - 1
  }

  package func particle(_ number: Int) -> Particle {
    func value(_ field: FactsFormat.ParticleField) -> Int {
      particles[number * FactsFormat.ParticleField.count + field.rawValue]
    }
    let kind = Particle.Kind(rawValue: value(.kind) & 0xFF) ?? .element
    let max = value(.max)
    return Particle(
      kind: kind, min: value(.min), max: max == Int(FactsFormat.unbounded) ? nil : max,
      name: Name(UInt32(value(.name))), isSDTC: value(.kind) & 0x100 != 0, type: value(.type),
      parts: number + 1..<value(.next))
  }

  /// The particles right below a sequence or choice.
  package func parts(of number: Int) -> [Int] {
    let end = particle(number).parts.upperBound
    var parts: [Int] = []
    var part = number + 1
    while part < end {
      parts.append(part)
      part = particle(part).parts.upperBound
    }
    return parts
  }

  /// The type of a child element, by name alone; 0 when the type knows no such child.
  package func elementType(_ name: Name, in type: Int) -> Int {
    guard let content = content(of: type) else { return 0 }
    let range = content..<particle(content).parts.upperBound
    return range.lazy.map { particle($0) }
      .first { $0.kind == .element && $0.name == name }?.type ?? 0
  }

  // MARK: Simple types

  /// A type of attribute values and of simple texts.
  package struct SimpleType: Sendable {
    package enum Kind: Int, Sendable {
      case builtIn, enumeration, pattern, union, list, minimum
    }

    package let kind: Kind
    /// The name in the schema, or of the built-in type.
    package let title: Text
    package let base: Int
    /// Strings of an enumeration, members of a union, the item type of a list.
    package let list: [Int]
    package let pattern: Text
  }

  package func simpleType(_ number: Int) -> SimpleType {
    func value(_ field: FactsFormat.SimpleTypeField) -> Int {
      simpleTypes[number * FactsFormat.SimpleTypeField.count + field.rawValue]
    }
    let start = value(.list)
    return SimpleType(
      kind: .init(rawValue: value(.kind)) ?? .builtIn, title: strings[value(.title)],
      base: value(.base),
      list: start == 0 ? [] : (1...lists[start - 1]).map { lists[start - 1 + $0] },
      pattern: strings[value(.pattern)])
  }

  package var simpleTypeCount: Int { simpleTypes.count / FactsFormat.SimpleTypeField.count }
}
