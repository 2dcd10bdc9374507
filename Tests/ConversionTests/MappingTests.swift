import ClinicalTree
import Definitions
import Testing

@testable import Conversion

@Suite("Mapping tables")
struct MappingTests {
  @Test("Every path of FHIR is one of R4", arguments: MappingTables.all.map(\.name))
  func fhirPaths(name: String) throws {
    let facts = FHIRFacts.r4
    let mapping = try #require(MappingTables.mappings.first { $0.name == name })
    let start = facts.type(named: mapping.type)
    #expect(start != 0)
    for row in mapping.rows {
      var type = start
      for parent in row.target.parents {
        type = facts.member(parent, in: type).map(facts.type(of:)) ?? 0
      }
      let isKnown =
        row.target.isChoice
        ? facts.members(of: type).contains { member in
          facts.choice(of: member).map { NameTable.standard.text(of: $0) == row.target.stem }
            ?? false
        } : facts.member(row.target.last, in: type) != nil
      #expect(isKnown, "no \(row.target.text)")
    }
  }

  @Test("Every path of CDA is one of CDA R2 with SDTC", arguments: MappingTables.all.map(\.name))
  func cdaPaths(name: String) throws {
    let facts = CDAFacts.r2
    let mapping = try #require(MappingTables.mappings.first { $0.name == name })
    let all = Array(1..<facts.typeCount)
    /// The types, and those that `xsi:type` may put in their place.
    func derived(_ types: Set<Int>) -> Set<Int> {
      Set(all.filter { type in types.contains { facts.type(type, is: $0) } })
    }
    let starts = try Set(
      mapping.elements.flatMap { element in
        let plain = String(element.prefix { $0 != "[" })
        let name = try #require(NameTable.standard.lookUp(plain))
        return all.map { facts.elementType(name, in: $0) }.filter { $0 != 0 }
          + (plain == "ClinicalDocument"
            ? [facts.type(named: Text("ClinicalDocument"))] : [])
      })
    #expect(!starts.isEmpty)
    for row in mapping.rows {
      var types = starts
      for step in row.source.steps {
        let now = derived(types)
        if step.isAttribute {
          #expect(
            now.contains { facts.attribute(step.name, of: $0) != nil },
            "no \(row.source.text)")
        } else {
          types = Set(now.map { facts.elementType(step.name, in: $0) }.filter { $0 != 0 })
        }
      }
      #expect(!types.isEmpty, "no \(row.source.text)")
    }
  }

  @Test("Every concept map that a table names is there")
  func conceptMaps() {
    let names = Set(ConceptMaps.standard.names)
    for mapping in MappingTables.mappings {
      for row in mapping.rows {
        switch row.kind {
        case .mappedCode(let map), .mappedConcept(let map): #expect(names.contains(map))
        default: break
        }
      }
    }
  }

  @Test("No two kinds claim one template of one element")
  func templates() {
    var seen: [String: String] = [:]
    for kind in StatementKind.all {
      for template in kind.templates {
        let key = "\(kind.element.rawValue) \(template)"
        #expect(seen[key] == nil, "\(kind.name) and \(seen[key] ?? "") claim \(template)")
        seen[key] = kind.name
      }
    }
  }
}
