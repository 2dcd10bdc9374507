import ClinicalTree
import Definitions

/// Health Concern Act and Risk Concern Act: the problems inside, or a Condition of their own.
enum HealthConcernTable {
  static let concern = Mapping(
    "health-concern-act", "act",
    templates: ["2.16.840.1.113883.10.20.22.4.132", "2.16.840.1.113883.10.20.22.4.136"],
    resource: .Condition,
    [
      .row("identifier", "id", .identifier),
      .row("clinicalStatus", "statusCode", .mappedConcept("cf-condition-clinical-status")),
      .row("code.text", "text", .string),
      .row("onset[x]", "effectiveTime", .dateTime),
      .row("abatement[x]", "effectiveTime/high", .dateTime),
      .row("note", "entryRelationship/act[code=48767-8]", .annotation),
      .row("text", "text", .narrative),
    ])
}

enum HealthConcernKinds {
  static let all = [
    StatementKind(
      "health-concern-act", .act,
      templates: ["2.16.840.1.113883.10.20.22.4.132", "2.16.840.1.113883.10.20.22.4.136"],
      tables: [HealthConcernTable.concern], convert: convert)
  ]

  private static func convert(
    _ builder: FHIRBuilder, _ act: Cursor, _ context: StatementContext
  ) -> [ResourceHandle] {
    guard builder.isEvent(act) else { return GeneralStatement.byClass(builder, act, context) }
    let conditions = problems(builder, act, context.below(act))
    if let first = conditions.first {
      markQuestion(builder, act)
      builder.relateNested(act, of: first, context)
      builder.keepRemainder(of: act, in: first.slot)
      return conditions
    }
    return [
      builder.resource(HealthConcernTable.concern, act, context) { condition in
        markQuestion(builder, act)
        _ = category(builder, in: condition)
        builder.abatement(act, in: condition)
        builder.negated(act, in: condition)
        builder.recorder(
          of: act, in: context, as: .recorder, date: .recordedDate, in: condition, type: .Condition)
        builder.implied(act)
      }
    ]
  }

  /// The problems that a concern is about: those inside, and those of other sections that it refers to.
  private static func problems(
    _ builder: FHIRBuilder, _ act: Cursor, _ inner: StatementContext
  ) -> [ResourceHandle] {
    var conditions: [ResourceHandle] = []
    for relationship in act.all(.entryRelationship) {
      guard let nested = builder.statement(in: relationship),
        builder.use[nested.index] != .elsewhere
      else { continue }
      if builder.isReference(nested) {
        let known = builder.statements.entries(like: nested, builder.arena).map(\.handle)
          .filter { $0.type == .Condition }
        if known.isEmpty { continue }
        builder.markElsewhere(nested)
        builder.markReference(nested)
        for condition in known {
          let code = category(builder, in: condition.slot)
          builder.note(idsOf: nested, leadingTo: known, code)
          if !conditions.contains(where: { $0.slot == condition.slot }) {
            conditions.append(condition)
          }
        }
        builder.keepRemainder(of: nested, in: known[0].slot)
        continue
      }
      switch StatementKind.kind(of: nested, in: StatementContext())?.name {
      case "problem-observation":
        builder.markElsewhere(nested)
        conditions.append(ProblemKinds.problem(builder, nested, inner, concern: act))
      case "problem-concern":
        conditions += builder.convert(nested, in: inner).filter { $0.type == .Condition }
      default: continue
      }
      conditions.last.map { _ = category(builder, in: $0.slot) }
    }
    return conditions
  }

  /// The code of the template says no more than that this is a health concern.
  private static func markQuestion(_ builder: FHIRBuilder, _ act: Cursor) {
    if act.code().map({ $0 == "75310-3" || $0 == "281694009" }) ?? false {
      act.first(.code).map(builder.markSelector)
    }
  }

  private static func category(_ builder: FHIRBuilder, in condition: Draft.Slot) -> Draft.Slot {
    builder.addCategory(
      Text("http://hl7.org/fhir/us/core/CodeSystem/condition-category"), Text("health-concern"),
      Reason("the category that the template stands for"), in: condition)
  }
}
