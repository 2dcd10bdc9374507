import ClinicalTree
import Definitions

/// Lays the models down as the binary that `CDefinitions` embeds.
struct FactsWriter {
  private var sections: [FactsFormat.Section: [UInt8]] = [:]
  private let names: [String: UInt16]
  private var strings: [String] = [""]
  private var stringNumbers: [String: UInt16] = ["": 0]
  private var lists: [UInt16] = []
  private var listNumbers: [[UInt16]: UInt16] = [:]

  init(names: [String]) {
    self.names = Dictionary(
      uniqueKeysWithValues: names.enumerated().map { ($0.element, UInt16($0.offset)) })
    sections[.names] = NameTable.encode(names)
  }

  // MARK: Pieces

  private mutating func string(_ text: String) -> UInt16 {
    if let known = stringNumbers[text] { return known }
    precondition(strings.count < 65_535, "too many strings for 16 bits")
    stringNumbers[text] = UInt16(strings.count)
    strings.append(text)
    return UInt16(strings.count - 1)
  }

  /// The number of a list plus one; 0 for the empty list.
  private mutating func list(_ numbers: [UInt16]) -> UInt16 {
    if numbers.isEmpty { return 0 }
    if let known = listNumbers[numbers] { return known }
    let number = UInt16(lists.count + 1)
    lists += [UInt16(numbers.count)] + numbers
    listNumbers[numbers] = number
    return number
  }

  private func name(_ text: String) -> UInt16 { names[text] ?? 0 }

  private mutating func set(_ section: FactsFormat.Section, _ numbers: [UInt16]) {
    var bytes: [UInt8] = []
    for number in numbers { bytes.append(littleEndian: number) }
    sections[section] = bytes
  }

  // MARK: FHIR

  mutating func add(_ model: FHIRModel, _ expander: inout ValueSetExpander) {
    let types = model.types
    let typeNumbers = Dictionary(
      uniqueKeysWithValues: types.enumerated().map { ($0.element.title, UInt16($0.offset + 1)) })
    func number(of type: String) -> UInt16 { typeNumbers[type] ?? 0 }

    var invariants: [FHIRModel.Invariant: UInt16] = [:]
    var invariantRows: [UInt16] = []
    func invariantList(_ writer: inout FactsWriter, _ list: [FHIRModel.Invariant]) -> UInt16 {
      let numbers = list.map { invariant in
        if let known = invariants[invariant] { return known }
        let number = UInt16(invariants.count)
        invariants[invariant] = number
        invariantRows += [
          writer.string(invariant.key), invariant.isError ? 0 : 1,
          writer.string(invariant.expression),
        ]
        return number
      }
      return writer.list(numbers)
    }

    var bindings: [String: UInt16] = [:]
    var bindingRows: [UInt16] = []
    var codeSets: [String: UInt16] = [:]
    var codeRows: [UInt16] = []
    var codeKeys: [(number: Int, text: String)] = []
    func codeSet(_ writer: inout FactsWriter, _ valueSet: String) -> UInt16 {
      if let known = codeSets[valueSet] { return known }
      guard let codes = expander.codes(of: valueSet), !codes.isEmpty else {
        codeSets[valueSet] = 0
        return 0
      }
      let number = UInt16(codeSets.values.filter { $0 > 0 }.count + 1)
      codeSets[valueSet] = number
      for code in codes.sorted() {
        codeRows += [number - 1, writer.string(code.system), writer.string(code.code)]
        codeKeys.append((Int(number) - 1, code.code))
      }
      return number
    }
    func binding(_ writer: inout FactsWriter, _ member: FHIRModel.Member) -> UInt16 {
      guard let found = member.binding else { return 0 }
      let key = "\(found.isRequired) \(found.valueSet)"
      if let known = bindings[key] { return known }
      let number = UInt16(bindings.count + 1)
      bindings[key] = number
      bindingRows += [
        found.isRequired ? 0 : 1, writer.string(found.valueSet), codeSet(&writer, found.valueSet),
      ]
      return number
    }

    var typeRows = [UInt16](repeating: 0, count: FactsFormat.TypeField.count)
    var memberRows: [UInt16] = []
    var memberKeys: [(Int, Int)] = []
    var byName = [UInt16](repeating: 0, count: names.count)
    for type in types {
      let own = number(of: type.title)
      if let name = names[type.title] { byName[Int(name)] = own }
      typeRows += [
        name(type.title), string(type.title), UInt16(type.kind.rawValue), number(of: type.base),
        UInt16(memberKeys.count), UInt16(type.members.count), type.isAbstract ? 1 : 0,
        invariantList(&self, type.invariants),
      ]
      for member in type.members {
        let flags =
          (member.isSummary ? 1 : 0) | (member.isModifier ? 2 : 0)
          | (member.isAttribute ? 4 : 0) | (member.choice != nil ? 8 : 0)
        memberRows += [
          name(member.name), number(of: member.type), UInt16(member.min),
          member.max.map(UInt16.init) ?? FactsFormat.unbounded, UInt16(member.order), UInt16(flags),
          member.choice.map(name) ?? 0, binding(&self, member),
          list(member.targets.map(number(of:)).sorted()), invariantList(&self, member.invariants),
        ]
        memberKeys.append((Int(own), Int(name(member.name))))
      }
    }
    set(.types, typeRows)
    set(.typesByName, byName)
    set(.members, memberRows)
    set(.memberSlots, FactsFormat.pairSlots(memberKeys))
    set(.bindings, bindingRows)
    set(.codes, codeRows)
    set(.codeSlots, FactsFormat.textSlots(codeKeys))
    set(.invariants, invariantRows)
  }

  // MARK: Terminology

  mutating func add(_ systems: [CodeSystemTable.Row]) {
    var rows: [UInt16] = []
    for system in systems {
      rows += [
        string(system.oid), string(system.uri), UInt16(system.kind), system.isPreferred ? 1 : 0,
      ]
    }
    set(.systems, rows)
    set(.oidSlots, FactsFormat.textSlots(systems.map { (0, $0.oid) }))
    set(.uriSlots, FactsFormat.textSlots(systems.map { (0, $0.uri) }))
  }

  mutating func add(_ maps: [ConceptMapTable]) {
    var mapRows: [UInt16] = []
    var rows: [UInt16] = []
    var keys: [(number: Int, text: String)] = []
    for (number, map) in maps.enumerated() {
      mapRows += [string(map.name), string(map.url)]
      for entry in map.entries {
        let isUnique =
          map.entries.filter {
            $0.target == entry.target && $0.targetSystem == entry.targetSystem
          }.count == 1
        rows += [
          UInt16(number), string(entry.sourceSystem), string(entry.source),
          string(entry.targetSystem), string(entry.target), string(entry.display), isUnique ? 1 : 0,
        ]
        keys.append((number, entry.source))
      }
    }
    set(.maps, mapRows)
    set(.mapEntries, rows)
    set(.mapSlots, FactsFormat.textSlots(keys))
  }

  mutating func add(guide: [UInt8]) { sections[.guide] = guide }

  mutating func add(ucum: [UInt8]) { sections[.ucum] = ucum }

  mutating func add(templates: [UInt8]) { sections[.templates] = templates }

  // MARK: CDA

  mutating func add(_ model: CDAModel) {
    let typeNumbers = Dictionary(
      uniqueKeysWithValues: model.types.enumerated().map { ($0.element.title, $0.offset + 1) })
    let simpleNumbers = Dictionary(
      uniqueKeysWithValues: model.simpleTypes.enumerated().map { ($0.element.title, $0.offset) })
    func simple(_ type: String) -> UInt16 { UInt16(simpleNumbers[type] ?? 0) }

    var typeRows = [UInt16](repeating: 0, count: FactsFormat.CDATypeField.count)
    var byName = [UInt16](repeating: 0, count: names.count)
    var attributeRows: [UInt16] = []
    var particleRows: [UInt16] = []
    func add(_ particle: CDAModel.Particle) {
      let start = particleRows.count
      func row(_ kind: Int, _ min: Int, _ max: Int?, _ name: UInt16, _ type: Int) {
        particleRows += [
          UInt16(kind), UInt16(min), max.map(UInt16.init) ?? FactsFormat.unbounded, name,
          UInt16(type), 0,
        ]
      }
      switch particle {
      case .element(let name, let isSDTC, let type, let min, let max):
        row(isSDTC ? 0x100 : 0, min, max, self.name(name), typeNumbers[type] ?? 0)
      case .group(let isChoice, let parts, let min, let max):
        row(isChoice ? 2 : 1, min, max, 0, 0)
        parts.forEach(add)
      case .any(let min, let max):
        row(3, min, max, 0, 0)
      }
      particleRows[start + FactsFormat.ParticleField.next.rawValue] =
        UInt16(particleRows.count / FactsFormat.ParticleField.count)
    }
    for type in model.types {
      let own = typeNumbers[type.title] ?? 0
      if let name = names[type.title] { byName[Int(name)] = UInt16(own) }
      let content = particleRows.count / FactsFormat.ParticleField.count + 1
      typeRows += [
        name(type.title), string(type.title), UInt16(typeNumbers[type.base] ?? 0),
        (type.isAbstract ? 1 : 0) | (type.isMixed ? 2 : 0),
        UInt16(attributeRows.count / FactsFormat.AttributeField.count),
        UInt16(type.attributes.count), type.content == nil ? 0 : UInt16(content), 0,
      ]
      for attribute in type.attributes {
        attributeRows += [
          name(attribute.name), attribute.isSDTC ? 1 : 0, simple(attribute.type),
          attribute.isRequired ? 1 : 0, attribute.fixed.map { string($0) + 1 } ?? 0,
          attribute.fallback.map { string($0) + 1 } ?? 0,
        ]
      }
      if let particle = type.content { add(particle) }
    }
    var simpleRows: [UInt16] = []
    for type in model.simpleTypes {
      let isNamed = type.kind == .union || type.kind == .list
      let members = type.list.map { isNamed ? simple($0) : string($0) }
      simpleRows += [
        string(type.title), UInt16(type.kind.rawValue), simple(type.base), list(members),
        string(type.pattern),
      ]
    }
    set(.cdaTypes, typeRows)
    set(.cdaTypesByName, byName)
    set(.cdaAttributes, attributeRows)
    set(.cdaParticles, particleRows)
    set(.cdaSimpleTypes, simpleRows)
  }

  // MARK: The file

  /// Everything in one file.
  mutating func finished() -> [UInt8] {
    set(.lists, lists)
    var pool: [UInt8] = []
    var offsets: [UInt32] = [0]
    for text in strings {
      pool += Array(text.utf8)
      offsets.append(UInt32(pool.count))
    }
    var stringSection: [UInt8] = []
    stringSection.append(littleEndian: UInt32(strings.count))
    for offset in offsets { stringSection.append(littleEndian: offset) }
    sections[.strings] = stringSection + pool

    var directory: [UInt8] = []
    directory.append(littleEndian: FactsFormat.version)
    var body: [UInt8] = []
    let start = (4 + FactsFormat.Section.allCases.count * 8 + 7) / 8 * 8
    for section in FactsFormat.Section.allCases {
      let content = sections[section] ?? []
      directory.append(littleEndian: UInt32(start + body.count))
      directory.append(littleEndian: UInt32(content.count))
      body += content
      while body.count % 8 != 0 { body.append(0) }
    }
    while directory.count < start { directory.append(0) }
    return directory + body
  }
}
