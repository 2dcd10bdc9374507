import ClinicalTree
import XMLTree

/// The types of CDA R2 with SDTC extensions, read from the XML schema; inheritance is resolved.
struct CDAModel {
  struct TypeRow {
    var title: String
    var base: String
    var isAbstract = false
    var isMixed = false
    var attributes: [Attribute] = []
    var content: Particle?
  }

  struct Attribute {
    var name: String
    var isSDTC: Bool
    var type: String
    var isRequired: Bool
    var fixed: String?
    var fallback: String?
  }

  indirect enum Particle {
    case element(name: String, isSDTC: Bool, type: String, min: Int, max: Int?)
    case group(isChoice: Bool, parts: [Particle], min: Int, max: Int?)
    case any(min: Int, max: Int?)
  }

  struct SimpleType {
    enum Kind: Int {
      case builtIn, enumeration, pattern, union, list, minimum
    }
    var title: String
    var kind: Kind
    var base = ""
    /// Values of an enumeration, or names of member types.
    var list: [String] = []
    var pattern = ""
  }

  private(set) var types: [TypeRow] = []
  private(set) var simpleTypes: [SimpleType] = []

  private var complex: [String: Element] = [:]
  private var simple: [String: Element] = [:]
  private var globals: [String: String] = [:]
  private var globalAttributes: [String: String] = [:]
  private var resolved: [String: TypeRow] = [:]
  private var anonymous = 0

  /// Reads the schema files, given by name and content.
  init(files: [(name: String, content: [UInt8])]) throws {
    for file in files {
      let schema = try Tree.xml(file.content, names: .empty).tree.root
      for child in schema.children {
        guard let name = child.first("name")?.value else { continue }
        switch child.name {
        case "complexType": complex[name] = child
        case "simpleType": simple[name] = child
        case "element": globals[name] = CDAModel.local(child.string("type"))
        case "attribute": globalAttributes[name] = CDAModel.local(child.string("type"))
        default: break
        }
      }
    }
    for name in simple.keys.sorted() { simple[name].map { addSimpleType(name, $0) } }
    for name in complex.keys.sorted() { types.append(resolve(name)) }
    for name in CDAModel.builtIns { simpleTypes.append(SimpleType(title: name, kind: .builtIn)) }
    simpleTypes.sort { $0.title < $1.title }
  }

  /// The types of XML Schema that the schema builds on.
  private static let builtIns = [
    "ID", "IDREF", "IDREFS", "NMTOKEN", "NMTOKENS", "anyURI", "base64Binary", "boolean", "decimal",
    "double", "integer", "string", "token",
  ]

  /// A type's name without prefixes: `Observation` for `POCD_MT000040.Observation`.
  static func local(_ name: String) -> String {
    let plain = name.split(separator: ":").last.map(String.init) ?? name
    return plain.hasPrefix("POCD_MT000040.")
      ? String(plain.dropFirst("POCD_MT000040.".count)) : plain
  }

  // MARK: Complex types

  private mutating func resolve(_ name: String) -> TypeRow {
    if let known = resolved[name] { return known }
    var row = TypeRow(title: CDAModel.local(name), base: "")
    guard let type = complex[name] else { return row }
    row.isAbstract = type.string("abstract") == "true"
    row.isMixed = type.string("mixed") == "true"
    var body = type
    if let derived = type.first("complexContent") {
      let isExtension = derived.first("extension") != nil
      guard let step = derived.first("extension") ?? derived.first("restriction") else {
        return row
      }
      body = step
      let base = resolve(qualified(step.string("base")))
      row.base = base.title
      row.isMixed = row.isMixed || base.isMixed
      row.attributes = base.attributes
      let own = content(of: step)
      if isExtension, let inherited = base.content {
        row.content =
          own.map { .group(isChoice: false, parts: [inherited, $0], min: 1, max: 1) }
          ?? inherited
      } else {
        row.content = own
      }
    } else {
      row.content = content(of: type)
    }
    for attribute in body.children where attribute.name == "attribute" {
      add(attribute, to: &row)
    }
    resolved[name] = row
    return row
  }

  /// The name under which a type stands in the schema.
  private func qualified(_ name: String) -> String {
    let plain = name.split(separator: ":").last.map(String.init) ?? name
    return complex[plain] != nil ? plain : "POCD_MT000040." + plain
  }

  private mutating func add(_ attribute: Element, to row: inout TypeRow) {
    let reference = attribute.string("ref")
    let name = reference.isEmpty ? attribute.string("name") : CDAModel.local(reference)
    row.attributes.removeAll { $0.name == name }
    guard attribute.string("use") != "prohibited" else { return }
    var type = CDAModel.local(attribute.string("type"))
    if !reference.isEmpty { type = globalAttributes[name] ?? "string" }
    if let inline = attribute.first("simpleType") { type = addAnonymous(inline) }
    row.attributes.append(
      Attribute(
        name: name, isSDTC: reference.hasPrefix("sdtc:"), type: type,
        isRequired: attribute.string("use") == "required", fixed: attribute.first("fixed")?.value,
        fallback: attribute.first("default")?.value))
  }

  private func content(of type: Element) -> Particle? {
    type.children.lazy.compactMap { particle($0) }.first
  }

  private func particle(_ element: Element) -> Particle? {
    let min = Int(element.string("minOccurs")) ?? 1
    let bound = element.string("maxOccurs")
    let max = bound == "unbounded" ? nil : Int(bound) ?? 1
    switch element.name {
    case "element":
      let reference = element.string("ref")
      if reference.isEmpty {
        return .element(
          name: element.string("name"), isSDTC: isSDTC(element),
          type: CDAModel.local(element.string("type")), min: min, max: max)
      }
      let name = CDAModel.local(reference)
      return .element(name: name, isSDTC: true, type: globals[name] ?? "", min: min, max: max)
    case "sequence", "choice":
      let parts = element.children.compactMap { particle($0) }
      return .group(isChoice: element.name == "choice", parts: parts, min: min, max: max)
    case "any":
      return .any(min: min, max: max)
    default:
      return nil
    }
  }

  /// Whether the schema that an element stands in is that of the SDTC extensions.
  private func isSDTC(_ element: Element) -> Bool {
    element.tree.root.string("targetNamespace") == "urn:hl7-org:sdtc"
  }

  // MARK: Simple types

  private mutating func addAnonymous(_ type: Element) -> String {
    anonymous += 1
    let name = "anonymous.\(anonymous)"
    addSimpleType(name, type)
    return name
  }

  private mutating func addSimpleType(_ name: String, _ type: Element) {
    var row = SimpleType(title: name, kind: .builtIn)
    if let union = type.first("union") {
      row.kind = .union
      row.list = union.string("memberTypes").split(separator: " ").map {
        CDAModel.local(String($0))
      }
      row.list += union["simpleType"].map { addAnonymous($0) }
    } else if let list = type.first("list") {
      row.kind = .list
      row.list = [CDAModel.local(list.string("itemType"))]
    } else if let restriction = type.first("restriction") {
      row.base = CDAModel.local(restriction.string("base"))
      row.list = restriction["enumeration"].map { $0.string("value") }
      row.pattern = restriction["pattern"].map { $0.string("value") }.joined(separator: "|")
      let shortest = restriction.first("minLength")?.string("value")
      let least = restriction.first("minInclusive")?.string("value")
      if !row.list.isEmpty {
        row.kind = .enumeration
      } else if !row.pattern.isEmpty {
        row.kind = .pattern
      } else {
        row.kind = .minimum
        row.pattern = shortest.map { "length " + $0 } ?? least ?? ""
      }
    }
    simpleTypes.append(row)
  }
}
