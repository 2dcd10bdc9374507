import ClinicalTree
import Definitions

/// Procedure Activity Procedure, Act and Observation (conversion guide, "procedures").
enum ProcedureTable {
  static let procedure = Mapping(
    "procedure-activity", "procedure",
    templates: ["2.16.840.1.113883.10.20.22.4.14", "2.16.840.1.113883.10.20.22.4.12"],
    resource: .Procedure,
    [
      .row("identifier", "id", .identifier),
      .function("status", "@negationInd", "not done") { builder, indicator, procedure in
        guard indicator.text == "true" else { return }
        builder.put(Sourced(Text("not-done"), .leaf(indicator)), as: .status, in: procedure)
      },
      .row("status", "statusCode", .mappedCode("cf-procedure-status")),
      .row("code", "code", .codeableConcept),
      .row("performed[x]", "effectiveTime", .time),
      .row("bodySite", "targetSiteCode", .codeableConcept),
      .function("performer", "performer", "performer") {
        $0.performer($1, in: $2)
      } toCDA: {
        $0.performers(of: $1, in: $2)
      },
      .function("usedReference", "participant", "device, unless nothing was done") {
        builder, device, procedure in
        guard let role = device.first(.participantRole), role.first(.playingDevice) != nil,
          builder.draft.first(.status, in: procedure).map({
            builder.draft.text(of: $0) != Text("not-done")
          })
            ?? true
        else { return }
        let targets = [Name.Device].map(builder.facts.type(named:))
        builder.participation(device, as: .usedReference, in: procedure, targets: targets)
      } toCDA: {
        $0.usedDevices(of: $1, in: $2)
      },
      .function("location", "participant[@typeCode=LOC]", "place") {
        $0.place($1, in: $2)
      } toCDA: {
        $0.locations(of: $1, in: $2)
      },
      .function("extension", "methodCode", "method") {
        $0.conceptExtension($1, "http://hl7.org/fhir/StructureDefinition/procedure-method", in: $2)
      } toCDA: {
        $0.concept(
          "http://hl7.org/fhir/StructureDefinition/procedure-method", of: $1, as: .methodCode,
          in: $2)
      },
      .reason,
      .row("asserter", "informant", .participation),
      .row("note", "entryRelationship/act[code=48767-8]", .annotation),
      .row("text", "text", .narrative),
    ])
}

extension FHIRBuilder {
  /// The place of a procedure.
  fileprivate func place(_ participation: Cursor, in procedure: Draft.Slot) {
    guard draft.first(.location, in: procedure) == nil else { return }
    let member = facts.member(.location, in: facts.type(named: .Procedure))
    self.participation(
      participation, as: .location, in: procedure, targets: member.map(facts.targets(of:)) ?? [])
  }

  func performer(_ participation: Cursor, in procedure: Draft.Slot) {
    guard saysSomething(participation), let entity = participation.first(.assignedEntity) else {
      return
    }
    let performer = draft.addObject(.performer, in: procedure)
    if let function = participation.first(.functionCode), saysSomething(function) {
      codeableConcept(function, as: .function, in: performer)
    }
    let member = facts.member(.actor, in: facts.type(named: "Procedure.performer"))
    role(
      entity, of: participation, as: .actor, in: performer,
      targets: member.map(facts.targets(of:)) ?? [])
  }
}

enum ProcedureKinds {
  static let all = [
    StatementKind(
      "procedure-activity", .procedure,
      templates: [
        "2.16.840.1.113883.10.20.22.4.14", "2.16.840.1.113883.10.20.1.29",
        "1.3.6.1.4.1.19376.1.5.3.1.4.19",
      ], sections: ["47519-4", "29554-3"], tables: [ProcedureTable.procedure], convert: convert),
    StatementKind(
      "procedure-activity-act", .act,
      templates: ["2.16.840.1.113883.10.20.22.4.12", "2.16.840.1.113883.10.20.22.4.131"],
      sections: ["47519-4"], tables: [ProcedureTable.procedure], convert: convert),
    StatementKind(
      "procedure-activity-observation", .observation,
      templates: ["2.16.840.1.113883.10.20.22.4.13"], sections: ["47519-4"],
      tables: [GeneralStatement.observation], convert: observation),
  ]

  static func convert(
    _ builder: FHIRBuilder, _ procedure: Cursor, _ context: StatementContext
  ) -> [ResourceHandle] {
    // What is intended or ordered has not been done.
    if !builder.isEvent(procedure) { return GeneralStatement.byClass(builder, procedure, context) }
    return [
      builder.resource(ProcedureTable.procedure, procedure, context) { resource in
        builder.completeStatus(of: "Procedure", in: resource)
        if builder.isMissing(.performedDateTime, in: resource),
          builder.isMissing(.performedPeriod, in: resource),
          let flavor = procedure.first(.effectiveTime)?.attribute(.nullFlavor)
        {
          builder.absent(flavor, as: .performedDateTime, in: resource)
        }
        builder.recorder(
          of: procedure, in: context, as: .recorder, date: nil, in: resource, type: .Procedure)
        builder.impliedByNegation(procedure)
        builder.implied(procedure)
      }
    ]
  }

  private static func observation(
    _ builder: FHIRBuilder, _ observation: Cursor, _ context: StatementContext
  ) -> [ResourceHandle] {
    if !builder.isEvent(observation) {
      return GeneralStatement.byClass(builder, observation, context)
    }
    return [
      builder.resource(GeneralStatement.observation, observation, context) {
        builder.completeObservation(observation, context, category: .procedure, in: $0)
      }
    ]
  }
}
