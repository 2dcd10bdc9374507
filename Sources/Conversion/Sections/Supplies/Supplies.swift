import ClinicalTree
import Definitions

/// Supplies: medicines that were ordered or handed out, and devices that are used or asked for.
enum SupplyTable {
  static let dispense = Mapping(
    "medication-dispense", "supply", templates: ["2.16.840.1.113883.10.20.22.4.18"],
    resource: .MedicationDispense,
    [
      .row("identifier", "id", .identifier),
      .row("status", "statusCode", .mappedCode("cf-dispense-status")),
      .function("medication[x]", "product/manufacturedProduct", "medication") {
        $0.medication($1, in: $2)
      },
      .function("performer", "performer", "performer") { builder, participation, dispense in
        let slot = builder.draft.addObject(.performer, in: dispense)
        let member = builder.facts.member(
          .actor, in: builder.facts.type(named: "MedicationDispense.performer"))
        builder.participation(
          participation, as: .actor, in: slot,
          targets: member.map(builder.facts.targets(of:)) ?? [])
      } toCDA: {
        $0.performers(of: $1, in: $2)
      },
      .row("quantity", "quantity", .quantity),
      .row("whenHandedOver", "effectiveTime", .dateTime),
      .row("note", "entryRelationship/act[code=48767-8]", .annotation),
      .row("text", "text", .narrative),
    ])

  static let order = Mapping(
    "medication-supply-order", "supply", templates: ["2.16.840.1.113883.10.20.22.4.17"],
    resource: .MedicationRequest,
    [
      .row("identifier", "id", .identifier),
      .row("status", "statusCode", .mappedCode("cf-medication-status")),
      .row("intent", "@moodCode", .mappedCode("cf-medication-mood")),
      .function("medication[x]", "product/manufacturedProduct", "medication") {
        $0.medication($1, in: $2)
      },
      .row(
        "dosageInstruction.patientInstruction",
        "entryRelationship/act[templateId=2.16.840.1.113883.10.20.22.4.20]/text", .string),
      .function("dispenseRequest", ".", "dispense request") { $0.dispenseRequest($1, in: $2) },
      .row("note", "entryRelationship/act[code=48767-8]", .annotation),
      .row("text", "text", .narrative),
    ])

  static let deviceUse = Mapping(
    "supply-activity", "supply", templates: ["2.16.840.1.113883.10.20.22.4.50"],
    resource: .DeviceUseStatement,
    [
      .row("identifier", "id", .identifier),
      .function("status", "statusCode", "of the use, where the code tells") {
        builder, status, use in
        // That the supply is completed does not say that the device is used no more.
        guard !(status.attribute(.code).map { $0.text == "completed" } ?? false) else { return }
        builder.mappedCode(status, "cf-device-use-status", as: .status, in: use)
      },
      .function("timing[x]", "effectiveTime", "the day of the supply, or since when") {
        builder, time, use in
        let low = builder.nonBlank(time.first(.low)?.attribute(.value))
        let high = builder.nonBlank(time.first(.high)?.attribute(.value))
        if let point = builder.nonBlank(
          time.attribute(.value) ?? time.first(.center)?.attribute(.value))
          ?? (low == nil ? high : nil)
        {
          builder.dateTime(leaf: point, as: .timingDateTime, in: use)
        } else {
          builder.period(time, as: .timingPeriod, in: use)
        }
      } toCDA: { builder, use, supply in
        if let time = builder.time(.timing, of: use, in: supply) { builder.typeInterval(time) }
      },
      .function("device", "participant[@typeCode=PRD]", "device") {
        $0.deviceInUse($1, in: $2)
      } toCDA: { builder, use, supply in
        guard let reference = builder.object(.device, in: use) else { return }
        builder.device(reference, in: supply)
      },
      .row("device", "participant[@typeCode=DEV]", .participation),
      .reason,
      .row("note", "entryRelationship/act[code=48767-8]", .annotation),
      .row("text", "text", .narrative),
    ])

  static let deviceRequest = Mapping(
    "planned-supply", "supply", templates: ["2.16.840.1.113883.10.20.22.4.43"],
    resource: .DeviceRequest,
    [
      .row("identifier", "id", .identifier),
      .row("status", "statusCode", .mappedCode("cf-request-status")),
      .row("intent", "@moodCode", .mappedCode("cf-request-intent")),
      .row("priority", "priorityCode", .mappedCode("cf-priority")),
      .function("code[x]", "participant[@typeCode=PRD]", "device") {
        builder, participation, request in
        guard builder.draft.first(.codeReference, in: request) == nil else { return }
        builder.participation(
          participation, as: .codeReference, in: request,
          targets: [builder.facts.type(named: .Device)])
      } toCDA: { builder, request, supply in
        guard let reference = builder.object(.codeReference, in: request) else { return }
        builder.device(reference, in: supply)
      },
      .row("occurrence[x]", "effectiveTime", .time),
      .row("performer", "performer", .participation),
      .reason,
      .row("note", "entryRelationship/act[code=48767-8]", .annotation),
      .row("text", "text", .narrative),
    ])
}

enum SupplyKinds {
  static let all = [
    StatementKind(
      "supply", .supply,
      templates: [
        "2.16.840.1.113883.10.20.22.4.18", "2.16.840.1.113883.10.20.22.4.17",
        "2.16.840.1.113883.10.20.22.4.50", "2.16.840.1.113883.10.20.22.4.43",
        "2.16.840.1.113883.10.20.1.34", "1.3.6.1.4.1.19376.1.5.3.1.4.7.3",
      ], sections: ["46264-8"],
      tables: [
        SupplyTable.dispense, SupplyTable.order, SupplyTable.deviceUse, SupplyTable.deviceRequest,
      ]
    ) { [convert($0, $1, $2)] },
    ObservationKinds.organizer(
      "medical-equipment-organizer", ["2.16.840.1.113883.10.20.22.4.135"], nil,
      sections: ["46264-8"]),
  ]

  /// By what is supplied, a medicine or something else, and by the mood.
  static func convert(
    _ builder: FHIRBuilder, _ supply: Cursor, _ context: StatementContext
  ) -> ResourceHandle {
    let isMedicine =
      supply.first(.product)?.first(.manufacturedProduct).map(builder.saysSomething) ?? false
      || supply.hasTemplate(["2.16.840.1.113883.10.20.22.4.18", "2.16.840.1.113883.10.20.22.4.17"])
    switch (isMedicine, builder.isEvent(supply)) {
    case (true, true):
      return builder.resource(SupplyTable.dispense, supply, context) { dispense in
        builder.completeStatus(of: "MedicationDispense", in: dispense)
        builder.completeMedication(context, in: dispense)
        if let around = context.parents.last, let request = builder.statements.handle(of: around),
          request.type == .MedicationRequest
        {
          builder.refer(to: request, as: .authorizingPrescription, in: dispense)
        }
        builder.negated(supply, in: dispense)
      }
    case (true, false):
      return builder.resource(SupplyTable.order, supply, context) { request in
        builder.completeRequest(supply, context, in: request)
      }
    case (false, true):
      return builder.resource(SupplyTable.deviceUse, supply, context) { use in
        if builder.draft.first(.status, in: use) == nil { builder.absent(as: .status, in: use) }
        if builder.isMissing(.device, in: use) { builder.absentObject(.device, in: use) }
        builder.negated(supply, in: use)
        builder.recorder(
          of: supply, in: context, as: .source, date: .recordedOn, in: use,
          type: .DeviceUseStatement)
      }
    case (false, false):
      return builder.resource(SupplyTable.deviceRequest, supply, context) { request in
        if builder.draft.first(.intent, in: request) == nil {
          builder.absent(as: .intent, in: request)
        }
        if builder.isMissing(.codeReference, in: request) {
          builder.absentObject(.codeCodeableConcept, in: request)
        }
        builder.negated(supply, in: request)
        builder.recorder(
          of: supply, in: context, as: .requester, date: .authoredOn, in: request,
          type: .DeviceRequest)
      }
    }
  }
}

extension FHIRBuilder {
  /// The device that a patient uses.
  fileprivate func deviceInUse(_ participation: Cursor, in use: Draft.Slot) {
    guard draft.first(.device, in: use) == nil else { return }
    let member = facts.member(.device, in: facts.type(named: .DeviceUseStatement))
    self.participation(
      participation, as: .device, in: use, targets: member.map(facts.targets(of:)) ?? [])
  }
}
