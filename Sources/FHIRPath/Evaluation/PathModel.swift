import ClinicalTree
import Definitions

/// What expressions need to know of the types of FHIR and CDA, beyond the facts.
struct PathModel: Sendable {
  static let shared = PathModel()

  /// Whether a name stands for a choice element, by the number of the name.
  private let choices: [Bool]
  /// The system type that a primitive FHIR type converts to, by the number of the type.
  private let systemTypes: [SystemType?]
  let quantity: Int

  private init() {
    let facts = FHIRFacts.r4
    var choices = [Bool](repeating: false, count: NameTable.standard.count)
    var systemTypes = [SystemType?](repeating: nil, count: facts.typeCount)
    for type in 1..<facts.typeCount {
      for member in facts.members(of: type) {
        if let choice = facts.choice(of: member) { choices[Int(choice.rawValue)] = true }
      }
      if facts.kind(of: type) == .primitive {
        systemTypes[type] = PathModel.systemType(Name(UInt32(facts.typeName(of: type))))
      }
    }
    self.choices = choices
    self.systemTypes = systemTypes
    quantity = facts.type(named: .Quantity)
  }

  private static func systemType(_ name: Name) -> SystemType {
    switch name {
    case .boolean: .boolean
    case .integer, .unsignedInt, .positiveInt: .integer
    case .decimal: .decimal
    case .date: .date
    case .dateTime, .instant: .dateTime
    case .time: .time
    default: .string
    }
  }

  func isChoice(_ name: Name) -> Bool {
    let number = Int(name.rawValue)
    return number < choices.count && choices[number]
  }

  func systemType(of type: Int32) -> SystemType? { systemTypes[Int(type)] }

  /// The type that a name means; unknown when no model has it.
  func type(_ name: TypeName) -> PathType {
    let fhir = FHIRFacts.r4.type(named: name.name)
    let cda = NameTable.standard.lookUp(name.name).map { CDAFacts.r2.type(named: $0) } ?? 0
    let system = SystemType(rawValue: name.name)
    func made(_ fhir: Int, _ cda: Int, _ system: SystemType?) -> PathType {
      PathType(
        fhir: fhir, cda: cda, system: system,
        isKnown: fhir != 0 || cda != 0 || system != nil || name.namespace == "System")
    }
    switch name.namespace {
    case nil: return made(fhir, cda, system)
    case "FHIR": return made(fhir, 0, nil)
    case "CDA": return made(0, cda, nil)
    case "System": return made(0, 0, system)
    default: return made(0, 0, nil)
    }
  }
}
