import CRESTKit
import CRESTRecords
import ClinicalTree

/// What a curator works from beside the single findings of a submission: how many there are of each rule, of
/// each site and of each patient, and how complete the records are.
///
/// Patients have the numbers of ``CREST/Submission``, or their pseudonyms where values may be shown.
struct SubmissionSummary {
  /// Findings of a rule, a site or a patient.
  struct Count {
    var errors = 0
    var warnings = 0
    var patients: Set<Int> = []

    mutating func add(_ issue: Issue, _ patient: Int) {
      if issue.severity == .error { errors += 1 }
      if issue.severity == .warning { warnings += 1 }
      patients.insert(patient)
    }
  }

  /// Whose record findings are about.
  struct Subject: Sendable {
    let patient: String
    let site: String
    /// The number of the record among those of the patient.
    let visit: Int
  }

  private var submission = CREST.Submission()
  private let showsPseudonyms: Bool
  /// The least count that tables show as it is.
  private let least: Int
  private var words: [String: String] = [:]
  private var rules: [String: Count] = [:]
  private var sites: [String: Count] = [:]
  private var patients: [Int: (subject: Subject, count: Count)] = [:]

  init(showsPseudonyms: Bool, least: Int?) {
    self.showsPseudonyms = showsPseudonyms
    self.least = least ?? 0
  }

  /// The rule that an issue is of: the key of a constraint, or its code.
  static func rule(of issue: Issue) -> String { issue.constraint ?? issue.code.id }

  /// Adds a record with its own findings, and answers with those that it has beside the other ones.
  mutating func add(
    _ outline: CREST.Submission.Outline, line: Int, _ issues: [Issue]
  ) -> (subject: Subject, issues: [Issue]) {
    let entry = submission.add(outline, line: line)
    let name = showsPseudonyms ? outline.pseudonym : nil
    let subject = Subject(
      patient: name ?? "patient \(entry.patient)", site: entry.site, visit: entry.visit)
    let all = issues + entry.issues
    var own = patients[entry.patient] ?? (subject, Count())
    for issue in all where issue.severity > .information {
      let rule = Self.rule(of: issue)
      rules[rule, default: Count()].add(issue, entry.patient)
      sites[entry.site, default: Count()].add(issue, entry.patient)
      own.count.add(issue, entry.patient)
      if words[rule] == nil {
        words[rule] =
          issue.constraint == nil
          ? issue.code.title : String(issue.message.dropFirst(rule.count + 2))
      }
    }
    if !own.count.patients.isEmpty { patients[entry.patient] = own }
    return (subject, all)
  }

  // MARK: Tables

  /// A table with the names of its columns first.
  struct Table {
    let name: String
    let title: String
    let columns: [String]
    let rows: [[String]]
  }

  var tables: [Table] {
    least > 0
      ? [ruleTable, siteTable, completenessTable]
      : [ruleTable, siteTable, patientTable, completenessTable]
  }

  private var recordCount: Int { submission.records.values.reduce(0, +) }

  /// What a page says before its tables.
  var heading: String {
    "\(recordCount) records of \(submission.patients) patients"
  }

  /// A count that may be of so few patients that it points at them.
  private func shown(_ count: Int) -> String {
    count > 0 && count < least ? "<\(least)" : String(count)
  }

  private var ruleTable: Table {
    let rows = rules.sorted {
      ($1.value.errors, $1.value.warnings, $0.key) < ($0.value.errors, $0.value.warnings, $1.key)
    }
    return Table(
      name: "rule", title: "Rules",
      columns: ["rule", "what", "errors", "warnings", "patients"],
      rows: rows.map { rule, count in
        [
          rule, words[rule] ?? "", shown(count.errors), shown(count.warnings),
          shown(count.patients.count),
        ]
      })
  }

  private var siteTable: Table {
    Table(
      name: "site", title: "Sites",
      columns: ["site", "records", "errors", "warnings", "patients with findings"],
      rows: submission.records.sorted { $0.key < $1.key }.map { site, records in
        let count = sites[site] ?? Count()
        return [
          site, shown(records), shown(count.errors), shown(count.warnings),
          shown(count.patients.count),
        ]
      })
  }

  private var patientTable: Table {
    Table(
      name: "patient", title: "Patients with findings",
      columns: ["patient", "site", "errors", "warnings"],
      rows: patients.sorted { ($1.value.count.errors, $0.key) < ($0.value.count.errors, $1.key) }
        .map { _, own in
          [
            own.subject.patient, own.subject.site, String(own.count.errors),
            String(own.count.warnings),
          ]
        })
  }

  /// A row a site, year and element.
  private var completenessTable: Table {
    struct Key: Hashable, Comparable {
      let site: String
      let year: String
      let element: Int

      static func < (a: Key, b: Key) -> Bool {
        (a.site, a.year, a.element) < (b.site, b.year, b.element)
      }
    }
    typealias State = CREST.Submission.Completeness
    let elements = CREST.Submission.Element.allCases
    var byKey: [Key: [State: Int]] = [:]
    for (cell, count) in submission.completeness {
      let key = Key(
        site: cell.site, year: cell.year, element: elements.firstIndex(of: cell.element) ?? 0)
      byKey[key, default: [:]][cell.state, default: 0] += count
    }
    return Table(
      name: "completeness", title: "Completeness",
      columns: ["site", "year", "element"] + State.allCases.map(\.rawValue),
      rows: byKey.sorted { $0.key < $1.key }.map { key, states in
        [key.site, key.year, elements[key.element].rawValue]
          + State.allCases.map { shown(states[$0] ?? 0) }
      })
  }

  /// The tables as one file of comma-separated values: the name of the table in the first column.
  var csv: String {
    tables.map { table in
      ([table.columns] + table.rows).enumerated().map { number, row in
        ([number == 0 ? "table" : table.name] + row).map(CSVReport.field).joined(separator: ",")
          + "\r\n"
      }.joined()
    }.joined(separator: "\r\n")
  }

  /// The tables for a page.
  var html: String {
    tables.map { table in
      let cells = table.rows.map { row in
        zip(table.columns, row).map { column, cell in
          let isUnnamed = column == "site" && cell.isEmpty
          return "<td>\(isUnnamed ? "not stated" : Markup.escaped(cell))</td>"
        }
      }
      let isLong = table.rows.count > 20
      let body = Markup.table(table.columns, cells)
      let heading = "<h2>\(table.title)</h2>"
      return isLong
        ? "\(heading)<details><summary>\(table.rows.count) rows</summary>\(body)</details>\n"
        : heading + body + "\n"
    }.joined()
  }

  /// The members that reports in JSON add.
  var json: String {
    JSONText.object([
      ("records", String(recordCount)),
      ("patients", String(submission.patients)),
      (
        "tables",
        JSONText.object(
          tables.map { table in
            let rows = table.rows.map { row in
              JSONText.object(zip(table.columns, row).map { ($0, JSONText.string($1)) })
            }
            return (table.name, JSONText.array(rows))
          })
      ),
    ])
  }
}
