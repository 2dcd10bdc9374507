import CRESTKit
import ClinicalTree

/// Checks the lines of NDJSON one after the other, however many there are: memory does not grow with
/// the file, and findings keep the lines of the file.
struct LineValidation {
  let validator: Validator
  let limits: ClinicalDocument.Limits
  let jobs: Int
  /// Whether the lines are records of a submission.
  let isSubmission: Bool

  /// What was found on one line.
  struct Findings: Sendable {
    let line: Int
    let issues: [Issue]
    /// What a submission needs of the record; `nil` for what cannot be read.
    let outline: CREST.Submission.Outline?
  }

  /// Whether a file is NDJSON: its first line is a resource, and something follows.
  static func isNDJSON(_ path: String, limit: Int) -> Bool {
    guard path != "-", let file = Files.Descriptor(path) else { return false }
    var reader = LineReader(descriptor: file.number, limit: limit)
    guard let first = try? reader.next(), first.first == UInt8(ascii: "{"),
      let second = try? reader.next(), second.first == UInt8(ascii: "{"),
      let document = try? ClinicalDocument(parsing: first), document.kind == .fhir
    else { return false }
    return true
  }

  private struct Line: Sendable {
    let number: Int
    let offset: Int
    let bytes: [UInt8]
  }

  /// Hands on the findings of the lines, in their order, with the bytes that were read for them.
  func run(_ path: String, each: (Findings, Int) throws -> Void) async throws {
    let file = path == "-" ? nil : Files.Descriptor(path)
    var reader = LineReader(descriptor: file?.number ?? 0, limit: limits.size)
    var number = 0
    var batch: [Line] = []
    let size = jobs > 1 ? jobs * 64 : 1
    while true {
      let offset = reader.offset
      let bytes = try reader.next()
      number += 1
      if let bytes, !bytes.allSatisfy(Bytes.isSpace) {
        batch.append(Line(number: number, offset: offset, bytes: bytes))
      }
      guard bytes == nil || batch.count >= size else { continue }
      if jobs > 1 {
        let lines = batch
        try await inOrder(lines, jobs: jobs, work: { findings(on: $0) }) { index, findings in
          try each(findings, lines[index].bytes.count)
        }
      } else {
        for line in batch { try each(findings(on: line), line.bytes.count) }
      }
      if Interruption.hasCome { throw Exit.interrupted }
      batch.removeAll(keepingCapacity: true)
      if bytes == nil { return }
    }
  }

  @Sendable
  private func findings(on line: Line) -> Findings {
    let issues: [Issue]
    var outline: CREST.Submission.Outline?
    do {
      let document = try ClinicalDocument(parsing: line.bytes, as: .fhir, limits: limits)
      issues = document.issues + validator.issues(in: document)
      if isSubmission { outline = CREST.Submission.Outline(document.tree) }
    } catch {
      issues = error.issues
    }
    let placed = issues.map { issue in
      var issue = issue
      issue.position = SourcePosition(
        line: line.number, column: issue.position?.column ?? 1,
        offset: line.offset + (issue.position?.offset ?? 0))
      return issue
    }
    return Findings(line: line.number, issues: placed, outline: outline)
  }
}
