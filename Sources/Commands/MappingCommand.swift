import ArgumentParser
import ClinicalTree
import Conversion

/// `crest mapping`: the tables of the conversion.
struct MappingCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mapping",
    abstract: "Prints the mapping tables between C-CDA and FHIR.",
    discussion: """
      Without a name, all tables. Each row: FHIR, CDA, and the rule between them. A row with <-> is read in
      both directions; one with <- leads to FHIR, and what it says is written to C-CDA by another row or by
      the template.
      """)

  /// How the tables are written.
  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, markdown, json, csv
  }

  @Argument(help: "The name of a table.")
  var name: String?

  @Option(help: "How to print: text, markdown, json or csv.")
  var format: Format = .text

  func run() throws {
    let tables = MappingTables.all.filter { name == nil || $0.name == name }
    if tables.isEmpty {
      let names = MappingTables.all.map(\.name).joined(separator: " ")
      throw ValidationError("there is no table of this name; there are \(names)")
    }
    switch format {
    case .text: tables.forEach(printText)
    case .markdown: tables.forEach(printMarkdown)
    case .json: printJSON(tables)
    case .csv:
      print("table,type,element,fhir,cda,rule,direction")
      for table in tables {
        for row in table.rows {
          let fields = [
            table.name, table.type, table.elements.joined(separator: "|"), row.fhir, row.cda,
            row.rule, direction(row),
          ]
          print(fields.map(csvField).joined(separator: ","))
        }
      }
    }
  }

  private func direction(_ row: MappingTables.Row) -> String { row.isTwoWay ? "both" : "to FHIR" }

  private func printText(_ table: MappingTables.Table) {
    print("\(table.name): \(table.elements.joined(separator: ", ")) and \(table.type)")
    if !table.templates.isEmpty {
      print("  templates " + table.templates.joined(separator: ", "))
    }
    for row in table.rows {
      print("  \(row.fhir)  \(row.isTwoWay ? "<->" : "<-")  \(row.cda)  (\(row.rule))")
    }
    print()
  }

  private func printMarkdown(_ table: MappingTables.Table) {
    func cell(_ text: String) -> String {
      text.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|")
    }
    print("## \(table.name)\n\n\(table.elements.joined(separator: ", ")) and \(table.type)\n")
    print("| FHIR | CDA | rule | direction |\n| --- | --- | --- | --- |")
    for row in table.rows {
      print(
        "| `\(cell(row.fhir))` | `\(cell(row.cda))` | \(cell(row.rule)) | \(direction(row)) |")
    }
    print()
  }

  private func printJSON(_ tables: [MappingTables.Table]) {
    struct Shape: Encodable {
      struct Row: Encodable {
        let fhir: String
        let cda: String
        let rule: String
        let direction: String
      }
      let name: String
      let type: String
      let elements: [String]
      let templates: [String]
      let rows: [Row]
    }
    let shapes = tables.map { table in
      Shape(
        name: table.name, type: table.type, elements: table.elements, templates: table.templates,
        rows: table.rows.map {
          Shape.Row(fhir: $0.fhir, cda: $0.cda, rule: $0.rule, direction: direction($0))
        })
    }
    // Nothing in these shapes can fail to be encoded.
    let bytes = (try? JSON.Encoder(layout: .indented).encode(shapes)) ?? []
    print(String(decoding: bytes, as: UTF8.self))
  }

  private func csvField(_ text: String) -> String {
    guard text.contains(where: { ",\"\n".contains($0) }) else { return text }
    return "\""
      + text.split(separator: "\"", omittingEmptySubsequences: false)
      .joined(separator: "\"\"") + "\""
  }
}
