import ClinicalTree
import Definitions

/// Immunization Activity and Immunization (conversion guide, "immunizations").
enum ImmunizationTable {
  static let immunization = Mapping(
    "immunization-activity", "substanceAdministration",
    templates: ["2.16.840.1.113883.10.20.22.4.52"], resource: .Immunization,
    [
      .row("identifier", "id", .identifier),
      .function("status", "@negationInd", "not done") { builder, indicator, immunization in
        guard indicator.text == "true" else { return }
        builder.put(Sourced(Text("not-done"), .leaf(indicator)), as: .status, in: immunization)
      },
      .row("status", "statusCode", .mappedCode("cf-immunization-status")),
      .row(
        "statusReason",
        "entryRelationship/observation[templateId=2.16.840.1.113883.10.20.22.4.53]/code",
        .codeableConcept),
      .row(
        "vaccineCode", "consumable/manufacturedProduct/manufacturedMaterial/code", .codeableConcept),
      .function(
        "vaccineCode", "consumable/manufacturedProduct/manufacturedMaterial/name", "name"
      ) { $0.nameAsText($1, in: $2, .vaccineCode) },
      .row("occurrence[x]", "effectiveTime", .dateTime),
      .function("manufacturer", "consumable/manufacturedProduct/manufacturerOrganization", "maker")
      {
        builder, organization, immunization in
        guard builder.saysSomething(organization),
          builder.draft.first(.manufacturer, in: immunization) == nil
        else { return }
        builder.refer(to: builder.organization(organization), as: .manufacturer, in: immunization)
      },
      .row(
        "lotNumber", "consumable/manufacturedProduct/manufacturedMaterial/lotNumberText", .string),
      .row("site", "approachSiteCode", .codeableConcept),
      .row("route", "routeCode", .codeableConcept),
      .row("doseQuantity", "doseQuantity", .quantity),
      .function("performer", "performer", "administering provider") {
        $0.administrator($1, in: $2)
      } toCDA: {
        $0.performers(of: $1, in: $2)
      },
      .row("note", "entryRelationship/act[code=48767-8]", .annotation),
      .reason,
      .function("protocolApplied.doseNumber[x]", "repeatNumber", "dose number") {
        $0.doseNumber($1, in: $2)
      } toCDA: {
        $0.doseNumber(of: $1, in: $2)
      },
      .function(
        "protocolApplied.doseNumber[x]", "entryRelationship/sequenceNumber", "dose number"
      ) { $0.doseNumber($1, in: $2) },
      .row("text", "text", .narrative),
    ])
}

extension FHIRBuilder {
  /// Which dose of a series it was.
  fileprivate func doseNumber(_ number: Cursor, in immunization: Draft.Slot) {
    guard draft.first(.protocolApplied, in: immunization) == nil,
      let leaf = nonBlank(number.attribute(.value)), (Int32(leaf.text.trimmed.string) ?? 0) > 0
    else { return }
    put(
      Sourced(leaf.text.trimmed, .leaf(leaf)), .number, as: .doseNumberPositiveInt,
      in: draft.addObject(.protocolApplied, in: immunization))
  }

  /// A reason for not giving a vaccine that is said to have been given: one of the two is wrong, and the
  /// safe reading is that it was not.
  fileprivate func refusal(_ activity: Cursor, in immunization: Draft.Slot) {
    guard draft.first(.statusReason, in: immunization) != nil,
      let status = draft.first(.status, in: immunization),
      draft.text(of: status) == "completed"
    else { return }
    report(
      Conversion.contradiction, at: activity, "a vaccine that was given, and why it was not given")
    let stated = draft.text(of: status)
    draft.replace(status, .string, Text("not-done"))
    keep(path: Text("statusCode/@code"), content: stated, in: status) {
      note(.rule(Reason("the status that the source states, against its own refusal")), $0)
    }
  }

  /// Who gave the vaccine.
  func administrator(_ participation: Cursor, in immunization: Draft.Slot) {
    guard saysSomething(participation), let entity = participation.first(.assignedEntity) else {
      return
    }
    let performer = draft.addObject(.performer, in: immunization)
    concept(
      "http://terminology.hl7.org/CodeSystem/v2-0443", "AP",
      Reason("the performer of an immunization gave it"), as: .function, in: performer)
    let member = facts.member(.actor, in: facts.type(named: "Immunization.performer"))
    role(
      entity, of: participation, as: .actor, in: performer,
      targets: member.map(facts.targets(of:)) ?? [])
  }

  /// Observations of what the vaccine did to the patient.
  func reactions(to vaccination: Cursor, in immunization: Draft.Slot, _ context: StatementContext) {
    let inner = context.below(vaccination)
    for relationship in vaccination.all(.entryRelationship)
    where relationship.attribute(.typeCode).map({ $0.text == "MFST" || $0.text == "CAUS" }) ?? false
    {
      guard let observation = relationship.first(.observation), isEvent(observation),
        saysSomething(observation)
      else { continue }
      markElsewhere(observation)
      let finding = resource(GeneralStatement.observation, observation, inner) {
        completeObservation(observation, inner, category: nil, in: $0)
      }
      refer(to: finding, as: .detail, in: draft.addObject(.reaction, in: immunization))
    }
  }
}

enum ImmunizationKinds {
  static let all = [
    StatementKind(
      "immunization-activity", .substanceAdministration,
      templates: ["2.16.840.1.113883.10.20.22.4.52", "1.3.6.1.4.1.19376.1.5.3.1.4.12"],
      sections: ["11369-6"], tables: [ImmunizationTable.immunization], convert: convert)
  ]

  static func convert(
    _ builder: FHIRBuilder, _ activity: Cursor, _ context: StatementContext
  ) -> [ResourceHandle] {
    // A vaccine that is planned has not been given.
    guard builder.isEvent(activity) else {
      return [MedicationKinds.request(builder, activity, context)]
    }
    return [
      builder.resource(ImmunizationTable.immunization, activity, context) { immunization in
        if builder.draft.first(.status, in: immunization) == nil {
          builder.absent(as: .status, in: immunization)
        }
        builder.refusal(activity, in: immunization)
        builder.absent(as: .primarySource, in: immunization)
        if builder.isMissing(.vaccineCode, in: immunization) {
          builder.absentObject(.vaccineCode, in: immunization)
        }
        if builder.draft.first(.occurrenceDateTime, in: immunization) == nil {
          if let flavor = activity.first(.effectiveTime)?.attribute(.nullFlavor) {
            builder.absent(flavor, as: .occurrenceDateTime, in: immunization)
          } else {
            builder.absent(as: .occurrenceDateTime, in: immunization)
          }
        }
        builder.recorder(
          of: activity, in: context, as: nil, date: .recorded, in: immunization,
          type: .Immunization)
        builder.reactions(to: activity, in: immunization, context)
        builder.impliedByNegation(activity)
        if let indicator = activity.attribute(.negationInd), indicator.text == "false",
          let status = builder.draft.first(.status, in: immunization)
        {
          builder.note(.leaf(indicator), status)
        }
        builder.implied(activity)
      }
    ]
  }
}
