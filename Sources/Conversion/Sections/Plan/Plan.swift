import ClinicalTree
import Definitions

/// What is planned, asked for or promised: acts, observations and procedures of moods other than EVN, and
/// ServiceRequest.
enum PlanTable {
  static let request = Mapping(
    "planned-act", "act|observation|procedure",
    templates: [
      "2.16.840.1.113883.10.20.22.4.39", "2.16.840.1.113883.10.20.22.4.41",
      "2.16.840.1.113883.10.20.22.4.44", "2.16.840.1.113883.10.20.22.4.20",
    ], resource: .ServiceRequest,
    [
      .row("identifier", "id", .identifier),
      .row("status", "statusCode", .mappedCode("cf-request-status")),
      .row("intent", "@moodCode", .mappedCode("cf-request-intent")),
      .function("doNotPerform", "@negationInd", "only where true") { builder, indicator, request in
        if indicator.text == "true" { builder.boolean(indicator, as: .doNotPerform, in: request) }
      } toCDA: { builder, request, statement in
        guard let leaf = builder.leaf(.doNotPerform, in: request) else { return }
        builder.attribute(.negationInd, leaf.sourced, in: statement)
      },
      .row("priority", "priorityCode", .mappedCode("cf-priority")),
      .row("code", "code", .codeableConcept),
      .row("occurrence[x]", "effectiveTime", .time),
      .row("bodySite", "targetSiteCode", .codeableConcept),
      .row("performer", "performer", .participation),
      .reason,
      .function("occurrence[x]", "effectiveTime/center", "day of the plan") {
        builder, center, request in
        if builder.isMissing(.occurrenceDateTime, in: request),
          builder.isMissing(.occurrencePeriod, in: request)
        {
          builder.dateTime(center, as: .occurrenceDateTime, in: request)
        }
      },
      .row(
        "patientInstruction",
        "entryRelationship/act[templateId=2.16.840.1.113883.10.20.22.4.20]/text", .string),
      .row("note", "entryRelationship/act[code=48767-8]", .annotation),
      .row("text", "text", .narrative),
    ])
}

enum PlanKinds {
  static let all = [
    kind(
      "planned-act", .act,
      [
        "2.16.840.1.113883.10.20.22.4.39", "2.16.840.1.113883.10.20.22.4.20",
        "2.16.840.1.113883.10.20.22.4.130", "2.16.840.1.113883.10.20.22.4.140",
        "2.16.840.1.113883.10.20.22.4.146", "2.16.840.1.113883.10.20.22.4.129",
        "2.16.840.1.113883.10.20.1.49",
      ]),
    kind("planned-procedure", .procedure, ["2.16.840.1.113883.10.20.22.4.41"]),
    kind("planned-observation", .observation, ["2.16.840.1.113883.10.20.22.4.44"]),
  ]

  private static func kind(_ name: String, _ element: Name, _ templates: [String]) -> StatementKind
  {
    StatementKind(
      name, element, templates: templates, tables: [PlanTable.request],
      convert: GeneralStatement.byClass)
  }

  static func convert(
    _ builder: FHIRBuilder, _ statement: Cursor, _ context: StatementContext
  ) -> [ResourceHandle] {
    [
      builder.resource(PlanTable.request, statement, context) { request in
        builder.completeStatus(of: "ServiceRequest", in: request)
        if statement.hasTemplate(["2.16.840.1.113883.10.20.22.4.20"]),
          let text = statement.first(.text),
          builder.draft.first(.patientInstruction, in: request) == nil
        {
          builder.string(text, as: .patientInstruction, in: request)
        }
        builder.wordsOfText(statement, as: .code, in: request)
        if builder.draft.first(.intent, in: request) == nil {
          builder.absent(as: .intent, in: request)
        }
        builder.recorder(
          of: statement, in: context, as: .requester, date: .authoredOn, in: request,
          type: .ServiceRequest)
        builder.implied(statement)
      }
    ]
  }
}
