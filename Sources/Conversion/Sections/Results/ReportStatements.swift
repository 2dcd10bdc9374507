import ClinicalTree
import Definitions

extension CDABuilder {
  /// A DiagnosticReport as an organizer with its results.
  func report(_ report: Cursor, in holder: Draft.Slot, _ context: WritingContext) {
    let organizer = open(.resultOrganizer, in: holder)
    let inner = WritingContext(section: Text("30954-2"), isNested: context.isNested)
    write(report, as: organizer, context) {
      for category in values(.category, in: report) {
        for coding in objects(.coding, in: category.object)
        where leaf(.code, in: coding).map({ $0.text == "LAB" }) ?? false
          && isOf("http://terminology.hl7.org/CodeSystem/v2-0074", coding)
        {
          note(leaf(.code, in: coding), saidBy: organizer)
          note(leaf(.system, in: coding), saidBy: organizer)
        }
      }
      if performerIsAuthor(report) {
        author(of: report, .performer, nil, in: organizer)
        values(.performer, in: report).first.map { _ = done.insert($0.key) }
      }
      apply(ResultTable.report, report, to: organizer)
      markAbsent(value(.code, in: report))
      reportStatus(report, in: organizer)
      interval(of: organizer)
      specimen(of: report, in: organizer)
      for result in objects(.result, in: report) { component(result, in: organizer, inner) }
    }
  }

  private func reportStatus(_ report: Cursor, in organizer: Draft.Slot) {
    guard let status = value(.status, in: report), !done.contains(status.key),
      let leaf = status.leaf
    else { return }
    let element = add(.statusCode, in: organizer)
    if let found = maps.translate(leaf.text, by: maps.map("fc-observation-status")) {
      attribute(
        .code, Sourced(found.code, .rule(Reason("CDA's status does not tell this one apart"))),
        in: element)
    } else {
      attribute(.nullFlavor, Sourced(Text("UNK"), .leaf(leaf)), in: element)
      if !(leaf.text == "unknown") { use[leaf.index] = .untouched }
    }
    done.insert(status.key)
  }

  /// The template of reports wants an interval: a point is its beginning and its end.
  private func interval(of organizer: Draft.Slot) {
    guard let time = child(.effectiveTime, of: organizer) else { return }
    if let point = attribute(.value, of: time) {
      let low = add(.low, in: time)
      draft.move(point, to: low)
      let high = add(.high, in: time)
      attribute(
        .value,
        Sourced(draft.text(of: point), .rule(Reason("the end of a point is its beginning"))),
        in: high)
    } else {
      silent(.low, in: time)
      silent(.high, in: time)
    }
  }
}
