import ClinicalTree
import Definitions

/// recordTarget/patientRole and Patient.
enum PatientTable {
  static let patient = Mapping(
    "patient", "patientRole", resource: .Patient,
    [
      .row("identifier", "id", .identifier),
      .row("identifier", "patient/id", .identifier),
      .row("name", "patient/name", .humanName),
      .row("telecom", "telecom", .contactPoint),
      .function("gender", "patient/administrativeGenderCode", "gender") {
        $0.gender($1, in: $2)
      } toCDA: {
        $0.gender(of: $1, in: $2)
      },
      .function("birthDate", "patient/birthTime", "birthDate") {
        $0.birthDate($1, in: $2)
      } toCDA: {
        $0.birthTime(of: $1, in: $2)
      },
      .function("deceased[x]", "patient/deceasedTime", "deceased") {
        $0.dateTime($1, as: .deceasedDateTime, in: $2)
      } toCDA: {
        $0.deceased(of: $1, in: $2)
      },
      .function("deceased[x]", "patient/deceasedInd", "deceased") { builder, indicator, patient in
        if builder.draft.first(.deceasedDateTime, in: patient) == nil {
          builder.boolean(indicator, as: .deceasedBoolean, in: patient)
        }
      },
      .row("address", "addr", .address),
      .row("maritalStatus", "patient/maritalStatusCode", .codeableConcept),
      .function("multipleBirth[x]", "patient/multipleBirthOrderNumber", "multipleBirth") {
        builder, order, patient in
        guard let leaf = builder.nonBlank(order.attribute(.value)) else { return }
        _ = builder.integer(leaf, as: .multipleBirthInteger, in: patient)
      } toCDA: {
        $0.multipleBirth(of: $1, in: $2)
      },
      .function("multipleBirth[x]", "patient/multipleBirthInd", "multipleBirth") {
        builder, indicator, patient in
        if builder.draft.first(.multipleBirthInteger, in: patient) == nil {
          builder.boolean(indicator, as: .multipleBirthBoolean, in: patient)
        }
      },
      .function("contact", "patient/guardian", "guardian") {
        $0.guardian($1, in: $2)
      } toCDA: {
        $0.guardians(of: $1, in: $2)
      },
      .function("communication", "patient/languageCommunication", "communication") {
        $0.communication($1, in: $2)
      } toCDA: {
        $0.communications(of: $1, in: $2)
      },
      .function("managingOrganization", "providerOrganization", "managingOrganization") {
        builder, organization, patient in
        guard builder.saysSomething(organization),
          builder.draft.first(.managingOrganization, in: patient) == nil
        else { return }
        builder.refer(
          to: builder.organization(organization), as: .managingOrganization, in: patient)
      } toCDA: { builder, patient, role in
        guard let reference = builder.object(.managingOrganization, in: patient),
          let organization = builder.resolve(reference),
          ResourceTable.type(of: organization) == .Organization
        else { return }
        let element = builder.add(.providerOrganization, in: role)
        builder.organization(organization, into: element)
        builder.note(reference: reference, element)
      },
      .function("extension", "patient", "race and ethnicity") {
        $0.raceAndEthnicity($1, in: $2)
      } toCDA: {
        $0.raceAndEthnicity(of: $1, in: $2)
      },
      .function("extension", "patient/religiousAffiliationCode", "religion") {
        $0.conceptExtension($1, "http://hl7.org/fhir/StructureDefinition/patient-religion", in: $2)
      } toCDA: { builder, patient, role in
        builder.concept(
          "http://hl7.org/fhir/StructureDefinition/patient-religion", of: patient,
          as: .religiousAffiliationCode, in: builder.person(in: role))
      },
      .function("extension", "patient/birthplace/place/addr", "birthPlace") {
        builder, address, patient in
        guard builder.saysSomething(address) else { return }
        let added = builder.addExtension(
          "http://hl7.org/fhir/StructureDefinition/patient-birthPlace", in: patient)
        builder.address(address, as: .valueAddress, in: added)
        if let made = builder.draft.first(.valueAddress, in: added), builder.draft.isEmpty(made) {
          builder.draft.removeLast(added)
        }
      } toCDA: { builder, patient, role in
        guard
          let place = builder.extended(
            "http://hl7.org/fhir/StructureDefinition/patient-birthPlace", in: patient),
          let address = builder.value(.valueAddress, in: place)
        else { return }
        let birthplace = builder.add(.birthplace, in: builder.person(in: role))
        builder.ad(address, in: builder.add(.place, in: birthplace))
        builder.markURL(place)
      },
    ])
}

extension FHIRBuilder {
  func gender(_ code: Cursor, in patient: Draft.Slot) {
    guard draft.first(.gender, in: patient) == nil else { return }
    guard let leaf = codeLeaf(code) else {
      // What is known not to be known has a word in FHIR; what is merely not said has none.
      if let flavor = code.attribute(.nullFlavor), flavor.text == "UNK" {
        put(Sourced(Text("unknown"), .leaf(flavor)), as: .gender, in: patient)
      }
      return
    }
    let text = leaf.text.trimmed
    if let target = maps.translate(text, by: maps.map("cf-administrative-gender")) {
      put(Sourced(target.code, .leaf(leaf)), as: .gender, in: patient)
    } else {
      let slot = put(
        Sourced(Text("unknown"), .partly(leaf, Reason("no gender of FHIR"))), as: .gender,
        in: patient)
      keep(leaf, in: slot)
    }
    markMapped(code)
    code.attribute(.displayName).map(markStructural)
  }

  func birthDate(_ time: Cursor, in patient: Draft.Slot) {
    guard draft.first(.birthDate, in: patient) == nil,
      let leaf = nonBlank(time.attribute(.value)),
      let slot = date(time, as: .birthDate, in: patient)
    else { return }
    guard let value = PartialDateTime(hl7: leaf.text.trimmed), value.hour != nil,
      value.minute != nil,
      value.offset != nil
    else { return }
    let added = addExtension("http://hl7.org/fhir/StructureDefinition/patient-birthTime", in: slot)
    put(Sourced(arena.copy(value.fhir), .leaf(leaf)), as: .valueDateTime, in: added)
  }

  func conceptExtension(_ code: Cursor, _ url: StaticString, in parent: Draft.Slot) {
    guard saysSomething(code) else { return }
    codeableConcept(code, as: .valueCodeableConcept, in: addExtension(url, in: parent))
  }

  func guardian(_ guardian: Cursor, in patient: Draft.Slot) {
    guard saysSomething(guardian) else { return }
    let contact = draft.addObject(.contact, in: patient)
    concept(
      "http://terminology.hl7.org/CodeSystem/v3-RoleClass", "GUARD",
      Reason("the guardian of the patient"),
      as: .relationship, in: contact)
    if let code = guardian.first(.code) { codeableConcept(code, as: .relationship, in: contact) }
    if let person = guardian.first(.guardianPerson) {
      if let relation = person.first(.asPatientRelationship)?.first(.code) {
        codeableConcept(relation, as: .relationship, in: contact)
      }
      if let name = person.first(.name) { humanName(name, as: .name, in: contact) }
    }
    for telecom in guardian.all(.telecom) { contactPoint(telecom, as: .telecom, in: contact) }
    if let address = guardian.first(.addr) { self.address(address, as: .address, in: contact) }
    if let organization = guardian.first(.guardianOrganization), saysSomething(organization) {
      refer(to: self.organization(organization), as: .organization, in: contact)
    }
  }

  func communication(_ communication: Cursor, in patient: Draft.Slot) {
    guard let code = communication.first(.languageCode), let leaf = codeLeaf(code) else { return }
    let slot = draft.addObject(.communication, in: patient)
    let coding = draft.addObject(.coding, in: draft.addObject(.language, in: slot))
    put(rule: "urn:ietf:bcp:47", .mapped, as: .system, in: coding)
    put(Sourced(leaf.text.trimmed, .leaf(leaf)), as: .code, in: coding)
    if let display = nonBlank(code.attribute(.displayName)) {
      put(display.sourced, as: .display, in: coding)
    }
    if let preferred = communication.first(.preferenceInd) {
      boolean(preferred, as: .preferred, in: slot)
    }
    let mode = communication.first(.modeCode).flatMap { saysSomething($0) ? $0 : nil }
    let level = communication.first(.proficiencyLevelCode).flatMap { saysSomething($0) ? $0 : nil }
    guard mode != nil || level != nil else { return }
    let proficiency = addExtension(
      "http://hl7.org/fhir/StructureDefinition/patient-proficiency", in: slot)
    if let level {
      self.coding(level, as: .valueCoding, in: addExtension("level", in: proficiency))
    }
    if let mode { self.coding(mode, as: .valueCoding, in: addExtension("type", in: proficiency)) }
  }

  // MARK: Race and ethnicity of US Core

  func raceAndEthnicity(_ person: Cursor, in patient: Draft.Slot) {
    categories(
      person, .raceCode, "http://hl7.org/fhir/us/core/StructureDefinition/us-core-race",
      ["1002-5", "2028-9", "2054-5", "2076-8", "2106-3", "2131-1"], in: patient)
    categories(
      person, .ethnicGroupCode, "http://hl7.org/fhir/us/core/StructureDefinition/us-core-ethnicity",
      ["2135-2", "2186-5"], in: patient)
  }

  /// One extension for all codes: categories of the Office of Management and Budget, details, and a text.
  private func categories(
    _ person: Cursor, _ name: Name, _ url: StaticString, _ known: [String], in patient: Draft.Slot
  ) {
    let codes = person.all(name).filter(saysSomething)
    guard !codes.isEmpty else { return }
    let added = addExtension(url, in: patient)
    var words: [(text: Text, leaf: Cursor)] = []
    var seen: [(text: Text, slot: Draft.Slot)] = []
    for code in codes {
      let isCategory =
        code.attribute(.code).map { code in known.contains { code.text == $0 } } ?? false
      if let value = code.attribute(.code) {
        // A code that stands twice is said once.
        if isCategory, let first = seen.first(where: { $0.text == value.text }) {
          note(.leaf(value), first.slot)
        } else {
          let part = addExtension(isCategory ? "ombCategory" : "detailed", in: added)
          coding(code, as: .valueCoding, in: part)
          if isCategory, let made = draft.first(.valueCoding, in: part) {
            seen.append((value.text, draft.first(.code, in: made) ?? made))
          }
        }
      }
      for translation in code.all(.translation) where saysSomething(translation) {
        coding(translation, as: .valueCoding, in: addExtension("detailed", in: added))
      }
      if let flavor = code.attribute(.nullFlavor), flavor.text == "OTH",
        code.first(.originalText) != nil
      {
        markStructural(flavor)
      }
      let original = code.first(.originalText)?.children.first {
        $0.kind == .text && !$0.text.isBlank
      }
      if let word = original ?? nonBlank(code.attribute(.displayName))
        ?? nonBlank(code.attribute(.code)),
        !words.contains(where: { $0.text == word.text.trimmed })
      {
        words.append((word.text.trimmed, word))
      }
    }
    guard let first = words.first else {
      // Codes that say why there is none are no race.
      if draft.first(.extension, in: added) == nil { draft.removeLast(added) }
      return
    }
    let text = words.dropFirst().reduce(first.text) { arena.join($0, Text(", "), $1.text) }
    let slot = put(
      Sourced(text, .leaf(first.leaf)), as: .valueString, in: addExtension("text", in: added))
    for word in words.dropFirst() { note(.leaf(word.leaf), slot) }
  }
}
