import ClinicalTree
import Definitions

/// Whose the resources of a Bundle are.
struct PatientIndex {
  private let table: ResourceTable
  /// The entries that are patients, in their order.
  let patients: [Int]
  /// What each entry refers to, as entries.
  private var references: [[Int]]
  /// The patients that each entry is about.
  private var owners: [Set<Int>]

  init(_ table: ResourceTable) {
    self.table = table
    patients = table.entries.indices.filter { table.entries[$0].type == .Patient }
    var numbers: [Int: Int] = [:]
    for (number, entry) in table.entries.enumerated() { numbers[entry.resource.index] = number }
    references = table.entries.map { entry in
      PatientIndex.references(in: entry.resource).compactMap { text in
        table.resource(at: text).flatMap { numbers[$0.index] }
      }
    }
    owners = Array(repeating: [], count: table.entries.count)
    let isPatient = Set(patients)
    for number in owners.indices {
      // Links between patients make none of them the other's.
      owners[number] =
        isPatient.contains(number) ? [number] : isPatient.intersection(references[number])
    }
    adopt()
  }

  /// What names no patient, and refers to what does, belongs there: a Provenance to its target.
  private mutating func adopt() {
    var isChanged = true
    while isChanged {
      isChanged = false
      for number in owners.indices where owners[number].isEmpty {
        let found = references[number].reduce(into: Set<Int>()) { $0.formUnion(owners[$1]) }
        if !found.isEmpty {
          owners[number] = found
          isChanged = true
        }
      }
    }
  }

  /// How many patients there are whose resources these are: those of the Composition if it is about one
  /// and nothing is another's; else all.
  var count: Int {
    let owned = owners.indices.filter { !patients.contains($0) }
      .reduce(into: Set<Int>()) { $0.formUnion(owners[$1]) }
    let hasComposition = table.entries.contains { $0.type == .Composition }
    return hasComposition && owned.count == 1 ? 1 : patients.count
  }

  /// The entries that make the record of a patient: the patient's own and, of those that are nobody's,
  /// what they refer to.
  func record(of patient: Int) -> [Int] {
    var found: Set<Int> = []
    var open = owners.indices.filter { owners[$0].contains(patient) }
    while let number = open.popLast() {
      guard found.insert(number).inserted else { continue }
      open += references[number].filter { owners[$0].isEmpty || owners[$0].contains(patient) }
    }
    return found.sorted()
  }

  private static func references(in value: Cursor) -> [Text] {
    switch value.kind {
    case .object, .array:
      return value.children.flatMap { child in
        child.name == .reference && child.kind == .string ? [child.text] : references(in: child)
      }
    default: return []
    }
  }
}
