import ClinicalTree
import Definitions

/// Goal Observation and Goal.
enum GoalTable {
  static let goal = Mapping(
    "goal-observation", "observation", templates: ["2.16.840.1.113883.10.20.22.4.121"],
    resource: .Goal,
    [
      .row("identifier", "id", .identifier),
      .row("lifecycleStatus", "statusCode", .mappedCode("cf-goal-status")),
      .row(
        "achievementStatus",
        "entryRelationship/observation[templateId=2.16.840.1.113883.10.20.22.4.110]/value",
        .codeableConcept),
      .row(
        "priority",
        "entryRelationship/observation[templateId=2.16.840.1.113883.10.20.22.4.143]/value",
        .codeableConcept),
      .row("description", "code", .codeableConcept),
      .function("target.detail[x]", "value", "target") {
        $0.target($1, in: $2)
      } toCDA: {
        $0.target(of: $1, in: $2)
      },
      .function("start[x]", "effectiveTime", "start") { builder, time, goal in
        let point =
          builder.nonBlank(time.attribute(.value)) != nil
          ? time : time.first(.low) ?? time.first(.center)
        guard let point, builder.draft.first(.startDate, in: goal) == nil else { return }
        builder.date(point, as: .startDate, in: goal)
      } toCDA: { builder, goal, observation in
        guard let start = builder.value(.startDate, in: goal) else { return }
        let time =
          builder.element(.effectiveTime, of: observation)
        builder.ts(start, as: .low, in: time)
      },
      .function("target.due[x]", "effectiveTime/high", "due") { builder, high, goal in
        guard builder.nonBlank(high.attribute(.value)) != nil else { return }
        builder.date(high, as: .dueDate, in: builder.draft.object(.target, in: goal))
      } toCDA: { builder, goal, observation in
        guard let target = builder.object(.target, in: goal),
          let due = builder.value(.dueDate, in: target)
        else { return }
        let time =
          builder.element(.effectiveTime, of: observation)
        builder.ts(due, as: .high, in: time)
      },
      .row("expressedBy", "author", .participation),
      .row("note", "entryRelationship/act[code=48767-8]", .annotation),
      .row("text", "text", .narrative),
    ])
}

enum GoalKinds {
  static let all = [
    StatementKind(
      "goal-observation", .observation, templates: ["2.16.840.1.113883.10.20.22.4.121"],
      sections: ["61146-7"], tables: [GoalTable.goal]
    ) { [convert($0, $1, $2)] }
  ]

  static func convert(
    _ builder: FHIRBuilder, _ observation: Cursor, _ context: StatementContext
  ) -> ResourceHandle {
    builder.resource(GoalTable.goal, observation, context) { goal in
      if builder.draft.first(.lifecycleStatus, in: goal) == nil {
        builder.absent(as: .lifecycleStatus, in: goal)
      }
      builder.wordsOfText(observation, as: .description, in: goal)
      if builder.isMissing(.description, in: goal) { builder.absentObject(.description, in: goal) }
      builder.negated(observation, in: goal)
      for nested in observation.all(.entryRelationship).compactMap({ $0.first(.observation) })
      where nested.hasTemplate(["2.16.840.1.113883.10.20.22.4.143"]) {
        if nested.code().map({ $0 == "225773000" }) ?? false {
          nested.first(.code).map(builder.markSelector)
        }
      }
      builder.implied(observation)
    }
  }
}

extension FHIRBuilder {
  /// What is to be reached: words say what the goal is; anything else is how much of what its code
  /// measures.
  fileprivate func target(_ value: Cursor, in goal: Draft.Slot) {
    guard saysSomething(value) else { return }
    if value.attribute(.value) == nil, value.attribute(.code) == nil, value.first(.low) == nil,
      value.first(.high) == nil
    {
      let description = draft.object(.description, in: goal)
      if draft.first(.text, in: description) == nil {
        string(value, as: .text, in: description)
        return
      }
    }
    let target = draft.object(.target, in: goal)
    self.value(value, FHIRPath("detail[x]"), in: target)
    // R4 wants to know what a detail measures.
    guard isMissing(.measure, in: target) else { return }
    if let code = draft.first(.description, in: goal), draft.first(.coding, in: code) != nil {
      repeatConcept(
        code, as: .measure, Reason("the code of the goal says what its target measures"), in: target
      )
    } else {
      absentObject(.measure, in: target)
    }
  }
}
