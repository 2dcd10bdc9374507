/// The tables of the conversion, for people who want to know what goes where.
package enum MappingTables {
  /// One table.
  package struct Table: Sendable {
    package let name: String
    /// The elements of CDA that it reads.
    package let elements: [String]
    /// Roots of the templates that choose it.
    package let templates: [String]
    /// The type that it fills: a resource, or a part of one.
    package let type: String
    package let rows: [Row]
  }

  /// One row: a path of FHIR, a path of CDA, and the law between them.
  package struct Row: Sendable {
    package let fhir: String
    package let cda: String
    package let rule: String
    /// Whether the row itself leads to CDA as well; where it does not, another row or the template writes
    /// what is meant.
    package let isTwoWay: Bool
  }

  /// All tables by their names, each once.
  package static let all: [Table] = {
    var seen: Set<String> = []
    return mappings.filter { seen.insert($0.name).inserted }.map { mapping in
      Table(
        name: mapping.name, elements: mapping.elements, templates: mapping.templates,
        type: mapping.type,
        rows: mapping.rows.map { row in
          Row(fhir: row.target.text, cda: row.source.text, rule: row.rule, isTwoWay: row.isTwoWay)
        })
    }
  }()

  static let mappings: [Mapping] =
    [HeaderTable.composition, PatientTable.patient] + RoleTables.all
    + [EncounterTable.encompassing, EncounterTable.facility]
    + StatementKind.all.flatMap(\.tables) + PatientFactTables.all.map(\.table)
    + [GeneralStatement.observation, GeneralStatement.basic]
}
