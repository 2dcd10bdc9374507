import ClinicalTree
import Definitions

extension CDABuilder {
  /// The patient of the document; without one a record target of whom nothing is known.
  func recordTarget() {
    let role = add(.patientRole, in: add(.recordTarget, in: document))
    if let patient {
      let before = (owner, done)
      owner = patient
      done = []
      markIdentity(of: patient, as: role)
      statements[patient.index] = role
      apply(PatientTable.patient, patient, to: role)
      restore(patient, [.patientRole: [role]])
      (owner, done) = before
    }
    silentContact(role)
    completeAddresses(of: role)
    let person = self.person(in: role)
    silent(.name, in: person)
    for name in draft.children(of: person) where draft.name(of: name) == .name {
      guard attribute(.nullFlavor, of: name) == nil else { continue }
      let words = draft.children(of: name).filter { draft.kind(of: $0) == .text }
      if !words.isEmpty {
        // The profile wants parts: a name in one piece is a family name, so that whoever reads sees it.
        let family = add(.family, in: name)
        for word in words { draft.move(word, to: family) }
      }
      silent(.given, in: name)
      silent(.family, in: name)
    }
    carryWholeNames()
    silent(.administrativeGenderCode, in: person)
    silent(.birthTime, "UNK", in: person)
    silent(.raceCode, "UNK", in: person)
    silent(.ethnicGroupCode, "UNK", in: person)
    for guardian in draft.children(of: person) where draft.name(of: guardian) == .guardian {
      completeAddresses(of: guardian)
    }
  }

  /// That a name was in one piece is carried.
  private func carryWholeNames() {
    guard let patient else { return }
    for name in values(.name, in: patient) {
      guard let object = name.object, let text = leaf(.text, in: object) else { continue }
      let hasParts = [Name.prefix, .given, .family, .suffix].contains {
        value($0, in: object) != nil
      }
      if !hasParts { use[text.index] = .both }
    }
  }

  /// The person in a role.
  func person(in role: Draft.Slot) -> Draft.Slot {
    element(.patient, of: role)
  }

  func gender(of patient: Cursor, in role: Draft.Slot) {
    guard let gender = value(.gender, in: patient), let leaf = gender.leaf else { return }
    let code = add(.administrativeGenderCode, in: person(in: role))
    if let written = kept("@code", beside: gender.shadow),
      maps.translate(written.text, by: maps.map("cf-administrative-gender"))
        .map({ $0.code == leaf.text }) ?? (leaf.text == "unknown")
    {
      attribute(.code, Sourced(written.text, .leaves(written, leaf)), in: code)
      markKept("@code", beside: gender.shadow)
    } else if leaf.text == "unknown" {
      attribute(.nullFlavor, Sourced(Text("UNK"), .leaf(leaf)), in: code)
      return
    } else {
      mapped(gender, "cf-administrative-gender", into: code)
    }
    constant(.codeSystem, "2.16.840.1.113883.5.1", in: code)
  }

  func birthTime(of patient: Cursor, in role: Draft.Slot) {
    guard let date = value(.birthDate, in: patient) else { return }
    let element = add(.birthTime, in: person(in: role))
    let url: StaticString = "http://hl7.org/fhir/StructureDefinition/patient-birthTime"
    if let time = extended(url, in: date.shadow), let value = value(.valueDateTime, in: time),
      date.leaf.map({ value.leaf?.text.string.hasPrefix($0.text.string) ?? false }) ?? true
    {
      if ts(value, into: element), let leaf = date.leaf { note(.leaf(leaf), element) }
      markURL(time)
      // The source form says the same once more.
      if let written = extended(FHIRBuilder.sourceTime, in: date.shadow) { markStructural(written) }
      return
    }
    if !ts(date, into: element) { draft.removeLast(element) }
  }

  func deceased(of patient: Cursor, in role: Draft.Slot) {
    guard let (value, type) = choice(.deceased, in: patient) else { return }
    let person = person(in: role)
    if type == "DateTime" {
      constant(.value, "true", Reason("a time of death"), in: add(.deceasedInd, in: person))
      ts(value, as: .deceasedTime, in: person)
    } else if let leaf = value.leaf {
      attribute(.value, leaf.sourced, in: add(.deceasedInd, in: person))
      if leaf.text == "true" { silent(.deceasedTime, "UNK", in: person) }
    }
  }

  func multipleBirth(of patient: Cursor, in role: Draft.Slot) {
    guard let (value, type) = choice(.multipleBirth, in: patient), let leaf = value.leaf else {
      return
    }
    let name: Name = type == "Integer" ? .multipleBirthOrderNumber : .multipleBirthInd
    attribute(.value, leaf.sourced, in: add(name, in: person(in: role)))
  }

  /// Contacts who are guardians; CDA has no place for others.
  func guardians(of patient: Cursor, in role: Draft.Slot) {
    for contact in objects(.contact, in: patient) {
      let relations = values(.relationship, in: contact)
      func isGuardian(_ relation: FHIRValue) -> Bool {
        objects(.coding, in: relation.object).contains {
          leaf(.code, in: $0).map { $0.text == "GUARD" } ?? false
            && leaf(.system, in: $0).map {
              $0.text == "http://terminology.hl7.org/CodeSystem/v3-RoleClass"
            } ?? false
        }
      }
      guard let mark = relations.first(where: isGuardian) else { continue }
      let guardian = add(.guardian, in: person(in: role))
      if let object = mark.object { note(all: object, .carried, guardian) }
      let others = relations.filter { !isGuardian($0) }
      if let code = others.first { cd(code, as: .code, in: guardian) }
      for address in values(.address, in: contact).prefix(1) { ad(address, in: guardian) }
      for telecom in values(.telecom, in: contact) { tel(telecom, in: guardian) }
      if let reference = object(.organization, in: contact), let organization = resolve(reference) {
        let element = add(.guardianOrganization, in: guardian)
        self.organization(organization, into: element)
        note(reference: reference, element)
      }
      let name = value(.name, in: contact)
      if name != nil || others.count > 1 || child(.guardianOrganization, of: guardian) == nil {
        let person = add(.guardianPerson, in: guardian)
        if let name { pn(name, in: person) }
        silent(.name, in: person)
        if others.count > 1 {
          let relation = add(.asPatientRelationship, in: person)
          constant(.classCode, "PRS", in: relation)
          cd(others[1], as: .code, in: relation)
        }
      }
    }
  }

  func communications(of patient: Cursor, in role: Draft.Slot) {
    for communication in objects(.communication, in: patient) {
      guard let coding = object(.coding, in: object(.language, in: communication)),
        let code = leaf(.code, in: coding)
      else { continue }
      let element = add(.languageCommunication, in: person(in: role))
      let language = add(.languageCode, in: element)
      attribute(.code, code.sourced, in: language)
      if isOf("urn:ietf:bcp:47", coding) { markStructural(leaf(.system, in: coding)) }
      let url: StaticString = "http://hl7.org/fhir/StructureDefinition/patient-proficiency"
      if let proficiency = extended(url, in: communication) {
        for (name, part) in [
          (Name.modeCode, "type" as StaticString), (.proficiencyLevelCode, "level"),
        ] {
          guard let coding = object(.valueCoding, in: extended(part, in: proficiency)) else {
            continue
          }
          self.coding(coding, into: add(name, in: element))
        }
        for part in objects(.extension, in: proficiency) { markURL(part) }
        markURL(proficiency)
      }
      if let preferred = leaf(.preferred, in: communication) {
        attribute(.value, preferred.sourced, in: add(.preferenceInd, in: element))
      }
    }
  }

  // MARK: Race and ethnicity of US Core

  func raceAndEthnicity(of patient: Cursor, in role: Draft.Slot) {
    categories(
      "http://hl7.org/fhir/us/core/StructureDefinition/us-core-race", of: patient, as: .raceCode,
      in: role)
    categories(
      "http://hl7.org/fhir/us/core/StructureDefinition/us-core-ethnicity", of: patient,
      as: .ethnicGroupCode, in: role)
  }

  private func categories(
    _ url: StaticString, of patient: Cursor, as name: Name, in role: Draft.Slot
  ) {
    guard let extended = extended(url, in: patient) else { return }
    let person = self.person(in: role)
    var words: [Text] = []
    var first: Draft.Slot?
    for part in ["ombCategory", "detailed"] as [StaticString] {
      for detail in allExtended(part, in: extended) {
        guard let coding = object(.valueCoding, in: detail) else { continue }
        let code = leaf(.code, in: coding)?.text
        let element = add(name, in: person)
        first = first ?? element
        if code.map({ $0 == "UNK" || $0 == "ASKU" }) ?? false, let leaf = leaf(.code, in: coding) {
          attribute(.nullFlavor, leaf.sourced, in: element)
          markStructural(coding)
        } else {
          self.coding(coding, into: element)
        }
        if let display = leaf(.display, in: coding) ?? leaf(.code, in: coding) {
          words.append(display.text)
        }
        markURL(detail)
      }
    }
    if let text = self.extended("text", in: extended), let leaf = leaf(.valueString, in: text) {
      let element = first ?? add(name, in: person)
      // What the displays say together needs no words of its own.
      if joined(words) == leaf.text {
        note(.leaf(leaf), element)
      } else {
        if first == nil {
          constant(.nullFlavor, "OTH", Reason("words without a code"), in: element)
        }
        self.text(leaf.sourced, in: add(.originalText, in: element))
      }
      markURL(text)
    }
    markURL(extended)
  }

  private func joined(_ words: [Text]) -> Text {
    var seen: Set<Text> = []
    return joined(words.filter { seen.insert($0).inserted }, ", ")
  }

  /// Writes the concept of an extension.
  func concept(_ url: StaticString, of resource: Cursor, as name: Name, in element: Draft.Slot) {
    for extended in allExtended(url, in: resource) {
      guard let value = value(.valueCodeableConcept, in: extended) else { continue }
      if cd(value, as: name, in: element) != nil { markURL(extended) }
    }
  }
}
