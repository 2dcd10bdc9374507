package import ClinicalTree

/// What CDA R2 with the SDTC extensions says about its types, as its XML schema has it: attributes,
/// order and choice of elements, cardinality, data types, vocabulary, derivation by `xsi:type`.
package final class CDAFacts: Sendable {
  private let types: Facts.Numbers
  private let typesByName: Facts.Numbers
  private let strings: FactStrings
  /// The attributes of each type.
  private let attributes: [[Attribute]]
  private let required: [[Attribute]]
  private let particles: [Particle]
  private let simpleTypes: [SimpleType]
  private let simpleParts: [[Int]]
  private let enumerations: [Set<Text>]
  /// The type of the root element `ClinicalDocument`.
  package let clinicalDocument: Int

  /// The facts of this build.
  package static let r2 = CDAFacts(Facts.shared)

  init(_ facts: Facts) {
    let strings = FactStrings(facts)
    let types = facts.numbers(.cdaTypes)
    self.strings = strings
    self.types = types
    typesByName = facts.numbers(.cdaTypesByName)
    clinicalDocument =
      NameTable.standard.lookUp("ClinicalDocument")
      .map { facts.numbers(.cdaTypesByName)[Int($0.rawValue)] } ?? 0
    let rows = facts.numbers(.cdaAttributes)
    let attributes = (0..<types.count / FactsFormat.CDATypeField.count).map { type in
      let field = type * FactsFormat.CDATypeField.count
      let first = types[field + FactsFormat.CDATypeField.firstAttribute.rawValue]
      let count = types[field + FactsFormat.CDATypeField.attributeCount.rawValue]
      return (first..<first + count).map { Attribute(rows, $0, strings) }
    }
    self.attributes = attributes
    required = attributes.map { $0.filter(\.isRequired) }
    let parts = facts.numbers(.cdaParticles)
    particles = (0..<parts.count / FactsFormat.ParticleField.count).map { Particle(parts, $0) }
    let lists = facts.numbers(.lists)
    let simple = facts.numbers(.cdaSimpleTypes)
    let made = (0..<simple.count / FactsFormat.SimpleTypeField.count).map {
      CDAFacts.simpleType(simple, $0, lists, strings)
    }
    simpleTypes = made.map(\.type)
    simpleParts = made.map { $0.type.kind == .enumeration ? [] : $0.list }
    enumerations = made.map { type, list in
      type.kind == .enumeration ? Set(list.map { strings[$0] }) : []
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

    fileprivate init(_ rows: Facts.Numbers, _ number: Int, _ strings: FactStrings) {
      func value(_ field: FactsFormat.AttributeField) -> Int {
        rows[number * FactsFormat.AttributeField.count + field.rawValue]
      }
      func text(_ number: Int) -> Text? { number == 0 ? nil : strings[number - 1] }
      name = Name(UInt32(value(.name)))
      isSDTC = value(.space) == 1
      type = value(.type)
      isRequired = value(.use) == 1
      fixed = text(value(.fixed))
      fallback = text(value(.fallback))
    }
  }

  package func attributes(of type: Int) -> [Attribute] {
    type < attributes.count ? attributes[type] : []
  }

  /// The attributes that a type requires.
  package func requiredAttributes(of type: Int) -> [Attribute] {
    type < required.count ? required[type] : []
  }

  package func attribute(_ name: Name, of type: Int) -> Attribute? {
    type < attributes.count ? attributes[type].first { $0.name == name } : nil
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
    /// The parts of a sequence or choice, and theirs.
    package let parts: Range<Int>

    fileprivate init(_ rows: Facts.Numbers, _ number: Int) {
      func value(_ field: FactsFormat.ParticleField) -> Int {
        rows[number * FactsFormat.ParticleField.count + field.rawValue]
      }
      kind = Kind(rawValue: value(.kind) & 0xFF) ?? .element
      min = value(.min)
      max = value(.max) == Int(FactsFormat.unbounded) ? nil : value(.max)
      name = Name(UInt32(value(.name)))
      isSDTC = value(.kind) & 0x100 != 0
      type = value(.type)
      parts = number + 1..<value(.next)
    }
  }

  /// The content model of a type, `nil` where it has no elements.
  package func content(of type: Int) -> Int? {
    let number = field(type, .content)
    return number == 0 ? nil : number - 1
  }

  package func particle(_ number: Int) -> Particle { particles[number] }

  /// The particles right below a sequence or choice.
  package func parts(of number: Int) -> UnfoldFirstSequence<Int> {
    let parts = particles[number].parts
    return sequence(first: parts.lowerBound) { [self] part in
      let next = particles[part].parts.upperBound
      return next < parts.upperBound ? next : nil
    }
  }

  /// The type of a child element, by name alone; 0 when the type knows no such child.
  package func elementType(_ name: Name, in type: Int) -> Int {
    guard let content = content(of: type) else { return 0 }
    let range = content..<particle(content).parts.upperBound
    return particles[range].first { $0.kind == .element && $0.name == name }?.type ?? 0
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
    /// The form that values of a built-in type, or those that fit the pattern, have.
    package let form: CDAFormat.Form
    package let pattern: Text
  }

  package func simpleType(_ number: Int) -> SimpleType { simpleTypes[number] }

  /// The members of a union, the item type of a list.
  package func parts(ofSimpleType number: Int) -> [Int] { simpleParts[number] }

  /// Whether a text is a value of an enumeration.
  package func enumeration(_ number: Int, has value: Text) -> Bool {
    enumerations[number].contains(value)
  }

  package var simpleTypeCount: Int { simpleTypes.count }

  private static func simpleType(
    _ rows: Facts.Numbers, _ number: Int, _ lists: Facts.Numbers, _ strings: FactStrings
  ) -> (type: SimpleType, list: [Int]) {
    func value(_ field: FactsFormat.SimpleTypeField) -> Int {
      rows[number * FactsFormat.SimpleTypeField.count + field.rawValue]
    }
    let kind = SimpleType.Kind(rawValue: value(.kind)) ?? .builtIn
    let title = strings[value(.title)]
    let pattern = strings[value(.pattern)]
    let form: CDAFormat.Form =
      switch kind {
      case .builtIn: CDAFormat.Form(builtIn: title.string)
      case .pattern: CDAFormat.Form(pattern: pattern.string)
      case .minimum: CDAFormat.Form(minimum: pattern.string)
      case .enumeration, .union, .list: .anything
      }
    let start = value(.list)
    let list = start == 0 ? [] : (1...lists[start - 1]).map { lists[start - 1 + $0] }
    let type = SimpleType(
      kind: kind, title: title, base: value(.base), form: form, pattern: pattern)
    return (type, list)
  }
}
