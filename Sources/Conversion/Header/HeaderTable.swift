import ClinicalTree
import Definitions

/// The header of a ClinicalDocument and Composition (conversion guide, "header").
enum HeaderTable {
  static let composition = Mapping(
    "header", "ClinicalDocument", resource: .Composition,
    [
      .row("identifier", "setId", .identifier),
      .function("extension", "versionNumber", "version") { builder, version, composition in
        guard let leaf = builder.nonBlank(version.attribute(.value)) else { return }
        builder.put(
          leaf.sourced, as: .valueString,
          in: builder.addExtension(
            "http://hl7.org/fhir/StructureDefinition/composition-clinicaldocument-versionNumber",
            in: composition))
      } toCDA: {
        $0.version(of: $1, in: $2)
      },
      .function("status", "statusCode", "final where CDA is silent", { _, _, _ in }) {
        builder, composition, _ in builder.status(of: composition)
      },
      .row("status", "statusCode", .mappedCode("cf-composition-status")),
      .row("type", "code", .codeableConcept),
      .row("category", "category", .codeableConcept),
      .row("date", "effectiveTime", .dateTime),
      .row("title", "title", .string),
      .function("confidentiality", "confidentialityCode", "confidentiality") {
        $0.confidentiality($1, in: $2)
      } toCDA: {
        $0.confidentiality(of: $1, in: $2)
      },
      .function("language", "languageCode", "language") { builder, code, composition in
        guard builder.draft.first(.language, in: composition) == nil,
          let leaf = builder.codeLeaf(code)
        else { return }
        builder.put(Sourced(leaf.text.trimmed, .leaf(leaf)), as: .language, in: composition)
      } toCDA: { builder, composition, document in
        guard let leaf = builder.leaf(.language, in: composition) else { return }
        builder.attribute(.code, leaf.sourced, in: builder.add(.languageCode, in: document))
      },
      .row("author", "author", .participation),
      .function("date", "author/time", "where it is the time of the document") {
        builder, time, composition in
        let own = builder.source.first(.effectiveTime)?.attribute(.value)
        guard let leaf = time.attribute(.value), let own, leaf.text.trimmed == own.text.trimmed,
          let date = builder.draft.first(.date, in: composition)
        else { return }
        builder.note(.partly(leaf, Reason("repeats the time of the document")), date)
      },
      .row("custodian", "custodian", .participation),
      .function("attester", "legalAuthenticator", "attester") {
        $0.attester($1, "legal", in: $2)
      } toCDA: {
        $0.attesters(of: $1, "legal", in: $2)
      },
      .function("attester", "authenticator", "attester") {
        $0.attester($1, "professional", in: $2)
      } toCDA: {
        $0.attesters(of: $1, "professional", in: $2)
      },
      .function("extension", "dataEnterer", "participant") { $0.headerParticipant($1, in: $2) },
      .function("extension", "informant", "participant") { $0.headerParticipant($1, in: $2) },
      .function("extension", "informationRecipient", "participant") {
        $0.headerParticipant($1, in: $2)
      },
      .function("extension", "participant", "participant") {
        $0.headerParticipant($1, in: $2)
      } toCDA: {
        $0.headerParticipants(of: $1, in: $2)
      },
      .function("event", "documentationOf/serviceEvent", "event") {
        $0.serviceEvent($1, in: $2)
      } toCDA: {
        $0.serviceEvents(of: $1, in: $2)
      },
      .function("relatesTo", "relatedDocument", "relatesTo") {
        $0.relatedDocument($1, in: $2)
      } toCDA: {
        $0.relatedDocuments(of: $1, in: $2)
      },
      .function("encounter", "componentOf/encompassingEncounter", "encounter") {
        $0.encompassingEncounter($1, in: $2)
      } toCDA: {
        $0.encompassingEncounter(of: $1, in: $2)
      },
    ])
}

extension FHIRBuilder {
  static let participantURL: StaticString =
    "https://crestkit.example/fhir/StructureDefinition/composition-participant"

  func confidentiality(_ code: Cursor, in composition: Draft.Slot) {
    guard let leaf = codeLeaf(code) else { return }
    let text = leaf.text.trimmed
    // Required codes are those of version 3, which CDA uses too.
    guard ["U", "L", "M", "N", "R", "V"].contains(where: { text == $0 }) else {
      report(Conversion.unknownCode, at: leaf, "not a code of confidentiality that FHIR has")
      return
    }
    put(Sourced(text, .leaf(leaf)), as: .confidentiality, in: composition)
    markMapped(code)
  }

  func attester(_ participation: Cursor, _ mode: StaticString, in composition: Draft.Slot) {
    guard saysSomething(participation) else { return }
    let attester = draft.addObject(.attester, in: composition)
    put(rule: mode, .mapped, as: .mode, in: attester)
    if let time = participation.first(.time) { dateTime(time, as: .time, in: attester) }
    let targets =
      facts.member(.party, in: facts.type(named: "Composition.attester"))
      .map(facts.targets(of:)) ?? []
    self.participation(participation, as: .party, in: attester, targets: targets)
    if let code = participation.first(.signatureCode) { markSelector(code) }
  }

  /// Whoever else takes part in a document: an extension with the kind of part, the function, the time
  /// and the party.
  func headerParticipant(_ participation: Cursor, in composition: Draft.Slot) {
    guard saysSomething(participation) else { return }
    let added = addExtension(Self.participantURL, in: composition)
    let type = addExtension("type", in: added)
    if let code = participation.attribute(.typeCode) {
      put(code.sourced, as: .valueCode, in: type)
    } else {
      put(Sourced(typeCode(of: participation.name), .rule(.mapped)), as: .valueCode, in: type)
    }
    if let function = participation.first(.functionCode), saysSomething(function) {
      codeableConcept(function, as: .valueCodeableConcept, in: addExtension("function", in: added))
    }
    if let time = participation.first(.time), hasTime(time) {
      if time.attribute(.value) != nil {
        dateTime(time, as: .valueDateTime, in: addExtension("time", in: added))
      } else {
        period(time, as: .valuePeriod, in: addExtension("time", in: added))
      }
    }
    let party = addExtension("party", in: added)
    if self.participation(participation, as: .valueReference, in: party, targets: []) == nil {
      draft.removeLast(party)
    }
  }

  private func typeCode(of name: Name) -> Text {
    switch name {
    case .dataEnterer: Text("ENT")
    case .informant: Text("INF")
    case .informationRecipient: Text("PRCP")
    default: Text("PART")
    }
  }

  func serviceEvent(_ event: Cursor, in composition: Draft.Slot) {
    guard saysSomething(event) else { return }
    let slot = draft.addObject(.event, in: composition)
    if let code = event.first(.code) { codeableConcept(code, as: .code, in: slot) }
    if let time = event.first(.effectiveTime) { period(time, as: .period, in: slot) }
    for performer in event.all(.performer) where saysSomething(performer) {
      let added = addExtension(
        "https://crestkit.example/fhir/StructureDefinition/event-performer", in: slot)
      if let function = performer.first(.functionCode), saysSomething(function) {
        codeableConcept(
          function, as: .valueCodeableConcept, in: addExtension("function", in: added))
      }
      if let time = performer.first(.time), hasTime(time) {
        period(time, as: .valuePeriod, in: addExtension("time", in: added))
      }
      let party = addExtension("party", in: added)
      if participation(performer, as: .valueReference, in: party, targets: []) == nil {
        draft.removeLast(party)
      }
    }
  }

  func relatedDocument(_ related: Cursor, in composition: Draft.Slot) {
    guard let kind = related.attribute(.typeCode), let parent = related.first(.parentDocument)
    else { return }
    let slot = draft.addObject(.relatesTo, in: composition)
    guard mappedCode(kind, "cf-related-document", as: .code, in: slot) != nil else {
      return draft.removeLast(slot)
    }
    if let id = parent.first(.id) { identifier(id, as: .targetIdentifier, in: slot) }
  }

  /// The members that R4 requires of a Composition and the source does not give.
  func completeComposition(_ composition: Draft.Slot) {
    let required = Reason("R4 requires Composition.status; the source is silent: final")
    if draft.first(.status, in: composition) == nil {
      put(rule: "final", required, as: .status, in: composition)
    }
    if draft.first(.title, in: composition) == nil {
      let display = source.first(.code)?.attribute(.displayName)
      if let display = nonBlank(display) {
        put(display.sourced, as: .title, in: composition)
      } else {
        absent(as: .title, in: composition)
      }
    }
    if draft.first(.date, in: composition) == nil { absent(as: .date, in: composition) }
    if isMissing(.type, in: composition) { absentObject(.type, in: composition) }
    if isMissing(.author, in: composition) { absentObject(.author, in: composition) }
  }

  /// Whether a member is missing or came out empty.
  func isMissing(_ name: Name, in slot: Draft.Slot) -> Bool {
    draft.children(of: slot).allSatisfy { draft.name(of: $0) != name || hasNothing($0) }
  }

  func hasNothing(_ slot: Draft.Slot) -> Bool {
    draft.kind(of: slot) == .object && draft.children(of: slot).allSatisfy(hasNothing)
  }

  /// A required member that only says why it is missing.
  func absentObject(_ name: Name, in parent: Draft.Slot) {
    let slot = draft.addObject(name, in: parent)
    put(
      rule: "unknown", Reason("R4 requires a value; the source is silent"), as: .valueCode,
      in: addExtension(Self.dataAbsentReason, in: slot))
  }
}
