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
    let inner = context.below(act)
    var conditions: [ResourceHandle] = []
    for relationship in act.all(.entryRelationship) {
      guard let nested = builder.statement(in: relationship),
        builder.use[nested.index] != .elsewhere,
        let kind = StatementKind.kind(of: nested, in: StatementContext()),
        ["problem-observation", "problem-concern"].contains(kind.name)
      else { continue }
      conditions += builder.convert(nested, in: inner).filter { $0.type == .Condition }
    }
    if let first = conditions.first {
      markQuestion(builder, act)
      builder.relateNested(act, of: first, context)
      builder.keepRemainder(of: act, in: first.slot)
      for condition in conditions { category(builder, in: condition.slot) }
      return conditions
    }
    return [
      builder.resource(HealthConcernTable.concern, act, context) { condition in
        markQuestion(builder, act)
        category(builder, in: condition)
        builder.negated(act, in: condition)
        builder.recorder(
          of: act, in: context, as: .recorder, date: .recordedDate, in: condition, type: .Condition)
        builder.implied(act)
      }
    ]
  }

  /// The code of the template says no more than that this is a health concern.
  private static func markQuestion(_ builder: FHIRBuilder, _ act: Cursor) {
    if act.code().map({ $0 == "75310-3" || $0 == "281694009" }) ?? false {
      act.first(.code).map(builder.markSelector)
    }
  }

  private static func category(_ builder: FHIRBuilder, in condition: Draft.Slot) {
    let hasIt = builder.draft.children(of: condition).contains { category in
      builder.draft.name(of: category) == .category
        && builder.draft.first(.coding, in: category).flatMap { builder.draft.first(.code, in: $0) }
          .map { builder.draft.text(of: $0) == "health-concern" } ?? false
    }
    if hasIt { return }
    builder.concept(
      "http://hl7.org/fhir/us/core/CodeSystem/condition-category", "health-concern",
      Reason("the category that the template stands for"), as: .category, in: condition)
  }
}
