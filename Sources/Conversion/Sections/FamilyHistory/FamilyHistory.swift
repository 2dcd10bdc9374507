import ClinicalTree
import Definitions

/// Family History Organizer and FamilyMemberHistory.
enum FamilyHistoryTable {
  static let history = Mapping(
    "family-history-organizer", "organizer", templates: ["2.16.840.1.113883.10.20.22.4.45"],
    resource: .FamilyMemberHistory,
    [
      .row("identifier", "id", .identifier),
      .row("status", "statusCode", .mappedCode("cf-family-history-status")),
      .row("date", "effectiveTime", .dateTime),
      .row("name", "subject/relatedSubject/subject/name", .organizationName),
      .row("relationship", "subject/relatedSubject/code", .codeableConcept),
      .row(
        "sex", "subject/relatedSubject/subject/administrativeGenderCode",
        .mappedConcept("cf-administrative-gender")),
      .function("born[x]", "subject/relatedSubject/subject/birthTime", "born") {
        builder, time, history in
        if builder.draft.first(.bornDate, in: history) == nil {
          builder.date(time, as: .bornDate, in: history)
        }
      } toCDA: {
        $0.relative(of: $1, in: $2)
      },
      .function("deceased[x]", "subject/relatedSubject/subject/deceasedTime", "deceased") {
        builder, time, history in
        if builder.draft.first(.deceasedDate, in: history) == nil {
          builder.date(time, as: .deceasedDate, in: history)
        }
      },
      .function("deceased[x]", "subject/relatedSubject/subject/deceasedInd", "deceased") {
        builder, indicator, history in
        if builder.draft.first(.deceasedDate, in: history) == nil,
          builder.draft.first(.deceasedBoolean, in: history) == nil
        {
          builder.boolean(indicator, as: .deceasedBoolean, in: history)
        }
      },
      .row("text", "text", .narrative),
    ])

  static let condition = Mapping(
    "family-history-observation", "observation", templates: ["2.16.840.1.113883.10.20.22.4.46"],
    resource: .FamilyMemberHistory, of: "FamilyMemberHistory.condition",
    [
      .row("code", "value", .codeableConcept),
      .function(
        "onset[x]", "entryRelationship/observation[code=445518008|397659008]/value", "age at onset"
      ) { builder, value, condition in
        guard builder.isMissing(.onsetAge, in: condition),
          let leaf = builder.nonBlank(value.attribute(.value))
        else { return }
        if value.attribute(.unit) == nil {
          // An Age has a unit.
          builder.put(leaf.sourced, as: .onsetString, in: condition)
        } else {
          builder.quantity(value, as: .onsetAge, in: condition)
        }
      },
      .row("onset[x]", "effectiveTime", .period),
      .function(
        "contributedToDeath",
        "entryRelationship/observation[templateId=2.16.840.1.113883.10.20.22.4.47]",
        "cause of death"
      ) { builder, death, condition in
        guard builder.draft.first(.contributedToDeath, in: condition) == nil,
          let value = death.first(.value)?.attribute(.code)
        else { return }
        builder.put(
          Sourced(Text("true"), .leaf(value)), .true, as: .contributedToDeath, in: condition)
        builder.keep(value, in: condition)
      },
      .row("note", "entryRelationship/act[code=48767-8]", .annotation),
    ])
}

enum FamilyHistoryKinds {
  static let all = [
    StatementKind(
      "family-history-organizer", .organizer,
      templates: [
        "2.16.840.1.113883.10.20.22.4.45", "2.16.840.1.113883.10.20.1.23",
        "1.3.6.1.4.1.19376.1.5.3.1.4.15",
      ], sections: ["10157-6"], tables: [FamilyHistoryTable.history, FamilyHistoryTable.condition],
      convert: organizer),
    // An observation of the family history that stands by itself is about a relative all the same.
    StatementKind(
      "family-history-observation", .observation,
      templates: ["2.16.840.1.113883.10.20.22.4.46", "2.16.840.1.113883.10.20.1.22"],
      sections: ["10157-6"], tables: [FamilyHistoryTable.condition]
    ) { builder, observation, context in
      let history = builder.addResource(.FamilyMemberHistory, from: observation)
      builder.subject(of: history)
      builder.relative(observation, in: history.slot)
      builder.condition(observation, of: history, context)
      builder.completeHistory(history.slot)
      return [history]
    },
  ]

  private static func organizer(
    _ builder: FHIRBuilder, _ organizer: Cursor, _ context: StatementContext
  ) -> [ResourceHandle] {
    let history = builder.addResource(.FamilyMemberHistory, from: organizer)
    builder.subject(of: history)
    builder.apply(FamilyHistoryTable.history, organizer, to: history.slot)
    builder.completeHistory(history.slot)
    let inner = context.below(organizer)
    for component in organizer.all(.component) {
      guard let observation = component.first(.observation),
        builder.use[observation.index] != .elsewhere
      else { continue }
      builder.markElsewhere(observation)
      builder.condition(observation, of: history, inner)
    }
    builder.keepRemainder(of: organizer, in: history.slot)
    return [history]
  }
}

extension FHIRBuilder {
  /// Whom an observation outside of an organizer is about.
  fileprivate func relative(_ observation: Cursor, in history: Draft.Slot) {
    let type = facts.type(named: .FamilyMemberHistory)
    for row in FamilyHistoryTable.history.rows where row.source.text.hasPrefix("subject/") {
      apply(row, observation, to: history, type)
    }
  }

  /// A disease of a relative; one that is denied is marked so that nobody takes it for one.
  fileprivate func condition(
    _ observation: Cursor, of history: ResourceHandle, _ context: StatementContext
  ) {
    let condition = draft.addObject(.condition, in: history.slot)
    apply(FamilyHistoryTable.condition, observation, to: condition)
    if isMissing(.code, in: condition) { absentObject(.code, in: condition) }
    if draft.first(.contributedToDeath, in: condition) != nil,
      [.deceasedBoolean, .deceasedDate].allSatisfy({ isMissing($0, in: history.slot) })
    {
      put(
        rule: "true", Reason("the relative died of a disease"), .true, as: .deceasedBoolean,
        in: history.slot)
    }
    negated(observation, in: condition)
    if let code = observation.first(.code),
      code.attribute(.code).map({ $0.text == "ASSERTION" }) ?? false
    {
      markSelector(code)
    }
    implied(observation)
    keepRemainder(of: observation, in: condition)
  }

  fileprivate func completeHistory(_ history: Draft.Slot) {
    if draft.first(.status, in: history) == nil { absent(as: .status, in: history) }
    if isMissing(.relationship, in: history) { absentObject(.relationship, in: history) }
  }
}
