import ClinicalTree
import Definitions

/// What a row of the narrative says of an entry, and the rows of what stands in it.
struct EntryWords {
  /// The node of the resource, or of the part of one, that the row is about.
  let node: Int
  var what: Text
  var when: Text
  var details: [Text]
  var parts: [EntryWords] = []
}

extension CDABuilder {
  /// What an entry is about, when it was, and what else a reader must know, from the resource alone.
  ///
  /// `others` are resources that have rows of their own.
  func entryWords(of resource: Cursor, besides others: Set<Int> = []) -> EntryWords {
    let before = owner
    if !isContained(resource) { owner = resource }
    defer { owner = before }
    let type = ResourceTable.type(of: resource)
    var words = EntryWords(
      node: resource.index, what: what(resource, type), when: when(resource), details: [])
    if isRefuted(resource) {
      words.what = refuted(words.what, resource, type)
    } else if leaf(.status, in: resource).map({ $0.text == "not-done" }) ?? false {
      words.what =
        deniesItself(words.what) ? words.what : arena.join(Text("NOT done: "), words.what)
    } else {
      words.details = standing(of: resource, type)
    }
    words.details += details(resource, type, words.what)
    words.details.removeAll { $0.isBlank }
    words.parts = parts(of: resource, others.union([resource.index]))
    return words
  }

  /// Members, results and components, which have rows of their own below that of the whole.
  private func parts(of resource: Cursor, _ others: Set<Int>) -> [EntryWords] {
    var parts: [EntryWords] = []
    var seen = others
    for name in [Name.hasMember, .result] {
      for reference in objects(name, in: resource) {
        guard let target = resolve(reference) else {
          if let display = leaf(.display, in: reference) {
            parts.append(
              EntryWords(node: reference.index, what: display.text, when: .empty, details: []))
          }
          continue
        }
        if seen.insert(target.index).inserted {
          parts.append(entryWords(of: target, besides: seen))
        }
      }
    }
    for component in objects(.component, in: resource) {
      let name = value(.code, in: component).map(words(of:)) ?? .empty
      parts.append(
        EntryWords(
          node: component.index, what: name, when: .empty,
          details: result(component).filter { !$0.isBlank }))
    }
    return parts
  }

  // MARK: What

  private func what(_ resource: Cursor, _ type: Name) -> Text {
    let concepts: [Name] = [
      .code, .vaccineCode, .medicationCodeableConcept, .codeCodeableConcept, .title, .description,
      .type, .relationship, .name,
    ]
    // The type of an allergy, or of what was handed out, is not what it is about.
    let hasType = type != .AllergyIntolerance && type != .MedicationDispense
    for name in concepts where name != .type || hasType {
      if let words = value(name, in: resource).map(words(of:)), !words.isEmpty { return words }
    }
    for name in [Name.medicationReference, .device, .codeReference] {
      guard let reference = object(name, in: resource) else { continue }
      if let target = resolve(reference) {
        for name in [Name.code, .type, .deviceName] {
          if let words = value(name, in: target).map(words(of:)), !words.isEmpty { return words }
        }
        let parts = objects(.ingredient, in: target).map(ingredient).filter { !$0.isEmpty }
        if !parts.isEmpty {
          let form = value(.form, in: target).map(words(of:)) ?? .empty
          return joined(parts + (form.isEmpty ? [] : [form]), ", ")
        }
      }
      if let display = leaf(.display, in: reference) { return display.text }
    }
    let kind = kind(of: resource, type)
    if type == .Condition || type == .AllergyIntolerance { return kind }
    let categories = values(.category, in: resource).map(words(of:)).filter { !$0.isEmpty }
    return categories.isEmpty ? kind : arena.join(kind, Text(", "), joined(categories, ", "))
  }

  private func ingredient(_ ingredient: Cursor) -> Text {
    let parts = [
      value(.itemCodeableConcept, in: ingredient).map(words(of:))
        ?? object(.itemReference, in: ingredient).map(name(of:)) ?? .empty,
      value(.strength, in: ingredient).map(words(of:)) ?? .empty,
    ]
    return joined(parts.filter { !$0.isEmpty }, " ")
  }

  /// What a row is about where the resource does not say it.
  private func kind(of resource: Cursor, _ type: Name) -> Text {
    switch type {
    case .Condition:
      hasCategory("health-concern", resource)
        ? Text("Health concern, not stated which") : Text("Problem, not stated which")
    case .AllergyIntolerance: Text("Allergy, not stated to what")
    case .MedicationRequest, .MedicationStatement, .MedicationAdministration, .MedicationDispense:
      Text("Medication, not stated which")
    case .Immunization: Text("Vaccine, not stated which")
    case .Procedure: Text("Procedure, not stated which")
    case .DiagnosticReport: Text("Report")
    case .Encounter: Text("Encounter")
    case .Goal: Text("Goal, not stated which")
    case .Observation: Text("Observation, not stated of what")
    case .CareTeam: Text("Care team")
    case .CarePlan: Text("Plan")
    default: resource.property(.resourceType)?.text ?? .empty
    }
  }

  /// Whether a resource says of a thing that it is not there.
  private func isRefuted(_ resource: Cursor) -> Bool {
    hasCode("refuted", object(.verificationStatus, in: resource))
  }

  /// What is not there, so that nobody reads it as something that is. Words that deny already stay.
  private func refuted(_ what: Text, _ resource: Cursor, _ type: Name) -> Text {
    if deniesItself(what) { return what }
    let isAllergy = type == .AllergyIntolerance
    let concept = object(.code, in: resource)
    let general: [StaticString] = isAllergy ? ["105590001", "410942007"] : ["55607006"]
    if concept == nil || general.contains(where: { hasCode($0, concept) }) {
      return isAllergy ? Text("No known allergies") : Text("No known problems")
    }
    return arena.join(Text("NOT present: "), what)
  }

  /// Whether words say by themselves that there is nothing.
  func deniesItself(_ words: Text) -> Bool {
    words.hasPrefix("No ") || words.hasPrefix("no ") || words.hasPrefix("NO ")
  }

  // MARK: Details

  /// How a statement stands, each word with what it is about.
  private func standing(of resource: Cursor, _ type: Name) -> [Text] {
    var said: [Text] = []
    if leaf(.doNotPerform, in: resource).map({ $0.text == "true" }) ?? false {
      said.append(Text("NOT to be done"))
    }
    if isDenied(resource) { said.append(Text("NOT so: this is denied")) }
    said += result(resource)
    let isAnswered = [Name.hasMember, .component].contains { value($0, in: resource) != nil }
    if type == .Observation, said.allSatisfy(\.isEmpty), !isAnswered {
      said.append(Text("No value"))
    }
    if leaf(.isSubpotent, in: resource).map({ $0.text == "true" }) ?? false {
      said.append(Text("SUBPOTENT dose"))
    }
    let names: [(Name, StaticString)] = [
      (.status, "Status: "), (.lifecycleStatus, "Status: "), (.clinicalStatus, "Status: "),
      (.achievementStatus, "Achievement: "), (.verificationStatus, "Verification: "),
      (.intent, "Intent: "), (.docStatus, "Document status: "),
      (.securityLabel, "Confidentiality: "),
    ]
    for (name, label) in names { said.append(labelled(label, values(name, in: resource))) }
    return said
  }

  private func isDenied(_ resource: Cursor) -> Bool {
    objects(.modifierExtension, in: resource).contains { extended in
      leaf(.url, in: extended).map { $0.text == Self.negationURL } ?? false
        && leaf(.valueBoolean, in: extended).map { $0.text == "true" } ?? false
    }
  }

  /// What was found, or why nothing was, with what is normal.
  private func result(_ observation: Cursor) -> [Text] {
    var said: [Text] = []
    if let (found, type) = choice(.value, in: observation) { said.append(words(of: found, type)) }
    said.append(labelled("No value: ", values(.dataAbsentReason, in: observation)))
    said.append(labelled("Interpretation: ", values(.interpretation, in: observation)))
    for range in objects(.referenceRange, in: observation) {
      let parts = [
        value(.type, in: range).map(words(of:)) ?? .empty, rangeWords(range) ?? .empty,
        leaf(.text, in: range)?.text ?? .empty,
      ]
      said.append(labelled("Reference range: ", joined(parts.filter { !$0.isEmpty }, " ")))
    }
    return said
  }

  private func details(_ resource: Cursor, _ type: Name, _ what: Text) -> [Text] {
    var said: [Text] = []
    let labels: [(Name, StaticString)] = [
      (.statusReason, "Reason for this: "), (.criticality, "Criticality: "),
      (.severity, "Severity: "), (.bodySite, "Site: "), (.site, "Site: "), (.route, "Route: "),
      (.method, "Method: "), (.conclusion, "Conclusion: "), (.conclusionCode, "Conclusion: "),
      (.outcome, "Outcome: "),
      (.lotNumber, "Lot: "), (.expirationDate, "Expires: "),
      (.reasonCode, "Reason: "), (.orderDetail, "Order: "), (.patientInstruction, "Instruction: "),
    ]
    for (name, label) in labels { said.append(labelled(label, values(name, in: resource))) }
    said.append(labelled("Reason: ", names(of: objects(.reasonReference, in: resource))))
    said.append(labelled("Of: ", names(of: objects(.focus, in: resource))))
    let evidence = objects(.evidence, in: resource).flatMap { objects(.detail, in: $0) }
    said.append(labelled("Seen in: ", names(of: evidence)))
    if leaf(.reportedBoolean, in: resource).map({ $0.text == "true" }) ?? false {
      said.append(Text("Reported, not ordered here"))
    }
    said += objects(.extension, in: resource).map(ownExtension)
    switch type {
    case .AllergyIntolerance: said += objects(.reaction, in: resource).map(reaction)
    case .FamilyMemberHistory: said += objects(.condition, in: resource).map(familyCondition)
    case .Encounter: said += visit(resource)
    case .Goal: said += objects(.target, in: resource).map(target)
    case .MedicationDispense: said += handedOut(resource)
    case .Immunization: said += objects(.protocolApplied, in: resource).map(series)
    case .Condition: said += objects(.stage, in: resource).map(stage)
    case .CarePlan: said += plan(resource)
    case .CareTeam: said += objects(.participant, in: resource).map(member)
    case .Coverage: said += coverage(resource)
    case .DiagnosticReport: said += objects(.presentedForm, in: resource).map(file)
    case .DocumentReference: said += objects(.content, in: resource).compactMap(document)
    default: break
    }
    for name in [Name.dosageInstruction, .dosage] {
      said += objects(name, in: resource).map { dosage($0, of: what) }
    }
    if let supply = object(.dispenseRequest, in: resource) { said.append(supplyWords(supply)) }
    said.append(labelled("Dose: ", object(.doseQuantity, in: resource).flatMap(quantity) ?? .empty))
    said.append(labelled("By: ", performers(of: resource)))
    said.append(labelled("Ordered by: ", names(of: objects(.requester, in: resource))))
    said.append(labelled("Author: ", names(of: objects(.author, in: resource))))
    said.append(
      labelled("Interpreted by: ", names(of: objects(.resultsInterpreter, in: resource))))
    said.append(labelled("At: ", names(of: objects(.location, in: resource))))
    said.append(labelled("Expressed by: ", names(of: objects(.expressedBy, in: resource))))
    said.append(labelled("About: ", names(of: objects(.supportingInfo, in: resource))))
    for note in objects(.note, in: resource) {
      said.append(labelled("Note: ", leaf(.text, in: note)?.text ?? .empty))
    }
    // What the author added in words, beyond what the elements say.
    if let narrative = object(.text, in: resource), let div = leaf(.div, in: narrative),
      leaf(.status, in: narrative).map({ $0.text == "additional" }) ?? false
    {
      said.append(words(ofDiv: div.text))
    }
    return said
  }

  /// What an extension of our own guide says; those of others are not for people.
  private func ownExtension(_ extended: Cursor) -> Text {
    let labels: [(StaticString, StaticString)] = [
      ("/target-lesion", "Deposit: "), ("/cause-of-calcinosis", "Cause: "),
      ("/onset-raynaud", "Raynaud's phenomenon since: "),
      ("/onset-first-non-raynaud", "First other sign: "),
    ]
    guard let url = leaf(.url, in: extended)?.text,
      url.hasPrefix("https://crestkit.example/fhir/StructureDefinition/"),
      let (_, label) = labels.first(where: { url.hasSuffix($0.0) })
    else { return .empty }
    if let reference = object(.valueReference, in: extended) {
      return labelled(label, name(of: reference))
    }
    guard let (value, type) = choice(.value, in: extended) else { return .empty }
    return labelled(label, words(of: value, type))
  }

  private func reaction(_ reaction: Cursor) -> Text {
    let found = joined(
      values(.manifestation, in: reaction).map(words(of:)).filter { !$0.isEmpty }, ", ")
    let severity = leaf(.severity, in: reaction)?.text
    guard !found.isEmpty else { return labelled("Severity: ", severity ?? .empty) }
    let words = severity.map { arena.join(found, Text(" ("), $0, Text(")")) } ?? found
    return labelled("Reaction: ", words)
  }

  private func familyCondition(_ condition: Cursor) -> Text {
    let name = value(.code, in: condition).map(words(of:)) ?? .empty
    let onset = choice(.onset, in: condition)
    let began = onset.map { words(of: $0.value, $0.type) } ?? Text.empty
    let isAge = onset.map { $0.type == "Age" } ?? false
    let isFatal = leaf(.contributedToDeath, in: condition).map { $0.text == "true" } ?? false
    let notes = objects(.note, in: condition).compactMap { leaf(.text, in: $0)?.text }
    let parts =
      [
        name, isAge ? labelled("onset at age ", began) : labelled("onset ", began),
        value(.outcome, in: condition).map(words(of:)) ?? .empty,
        isFatal ? Text("contributed to death") : .empty,
      ] + notes
    return labelled("Condition: ", joined(parts.filter { !$0.isEmpty }, ", "))
  }

  private func handedOut(_ dispense: Cursor) -> [Text] {
    [
      Text("Handed out"), labelled("Kind: ", values(.type, in: dispense)),
      labelled("Quantity: ", object(.quantity, in: dispense).flatMap(quantity) ?? .empty),
      labelled("For: ", object(.daysSupply, in: dispense).flatMap(quantity) ?? .empty),
    ]
  }

  /// `HepA dose 1 of 2`.
  private func series(_ applied: Cursor) -> Text {
    let number = choice(.doseNumber, in: applied).map { words(of: $0.value) } ?? .empty
    let count = choice(.seriesDoses, in: applied).map { words(of: $0.value) } ?? .empty
    let targets = values(.targetDisease, in: applied).map(words(of:))
    let parts = [
      joined(targets.filter { !$0.isEmpty }, ", "), labelled("dose ", number),
      labelled("of ", count),
    ]
    return joined(parts.filter { !$0.isEmpty }, " ")
  }

  private func stage(_ stage: Cursor) -> Text {
    labelled("Stage: ", value(.summary, in: stage).map(words(of:)) ?? .empty)
  }

  private func plan(_ plan: Cursor) -> [Text] {
    var said = [
      labelled("For: ", names(of: objects(.addresses, in: plan))),
      labelled("Goal: ", names(of: objects(.goal, in: plan))),
    ]
    for activity in objects(.activity, in: plan) {
      if let reference = object(.reference, in: activity) {
        said.append(labelled("Activity: ", name(of: reference)))
      }
      guard let detail = object(.detail, in: activity) else { continue }
      let isForbidden = leaf(.doNotPerform, in: detail).map { $0.text == "true" } ?? false
      let scheduled = choice(.scheduled, in: detail)
      let time = scheduled.map { found in
        let words = words(of: found.value, found.type)
        return words.isEmpty ? found.value.object.map(timingWords) ?? .empty : words
      }
      let parts = [
        isForbidden ? Text("NOT to be done:") : .empty,
        value(.code, in: detail).map(words(of:)) ?? .empty,
        leaf(.description, in: detail)?.text ?? .empty, time ?? Text.empty,
        labelled("status ", leaf(.status, in: detail)?.text ?? .empty),
      ]
      said.append(labelled("Activity: ", joined(parts.filter { !$0.isEmpty }, " ")))
    }
    return said
  }

  private func member(_ participant: Cursor) -> Text {
    let name = object(.member, in: participant).map(name(of:)) ?? .empty
    let roles = joined(values(.role, in: participant).map(words(of:)), ", ")
    return labelled("Member: ", joined([name, roles].filter { !$0.isEmpty }, ", "))
  }

  private func coverage(_ coverage: Cursor) -> [Text] {
    let classes = objects(.class, in: coverage).map { named in
      let parts = [
        value(.type, in: named).map(words(of:)) ?? .empty, leaf(.value, in: named)?.text ?? .empty,
        leaf(.name, in: named)?.text ?? .empty,
      ]
      return joined(parts.filter { !$0.isEmpty }, " ")
    }
    let identifiers = objects(.identifier, in: coverage).compactMap { leaf(.value, in: $0)?.text }
    return [
      labelled("Payer: ", names(of: objects(.payor, in: coverage))),
      labelled("Member: ", leaf(.subscriberId, in: coverage)?.text ?? .empty),
      labelled("Number: ", joined(identifiers, ", ")),
      labelled("Relationship: ", values(.relationship, in: coverage)),
    ] + classes
  }

  private func file(_ attachment: Cursor) -> Text {
    let parts = [Name.title, .contentType, .url].compactMap { leaf($0, in: attachment)?.text }
    return labelled("Attached: ", joined(parts, ", "))
  }

  private func visit(_ encounter: Cursor) -> [Text] {
    let places = objects(.location, in: encounter).compactMap { object(.location, in: $0) }
    let diagnoses = objects(.diagnosis, in: encounter).compactMap { object(.condition, in: $0) }
    let discharge = objects(.hospitalization, in: encounter).lazy
      .compactMap { self.value(.dischargeDisposition, in: $0) }.first
    return [
      labelled("Class: ", values(.class, in: encounter)),
      labelled("By: ", names(of: objects(.participant, in: encounter).compactMap(individual))),
      labelled("At: ", names(of: places)), labelled("Diagnosis: ", names(of: diagnoses)),
      labelled("Discharged to: ", discharge.map(words(of:)) ?? .empty),
    ]
  }

  private func individual(_ participant: Cursor) -> Cursor? { object(.individual, in: participant) }

  private func target(_ target: Cursor) -> Text {
    let parts = [
      value(.measure, in: target).map(words(of:)) ?? .empty,
      choice(.detail, in: target).map { words(of: $0.value, $0.type) } ?? .empty,
      labelled("due ", choice(.due, in: target).map { words(of: $0.value, $0.type) } ?? .empty),
    ]
    return labelled("Target: ", joined(parts.filter { !$0.isEmpty }, " "))
  }

  /// The words of a document, or what kind of document it is.
  private func document(_ content: Cursor) -> Text? {
    guard let attachment = object(.attachment, in: content) else { return nil }
    let type = leaf(.contentType, in: attachment)?.text ?? .empty
    if let data = leaf(.data, in: attachment), type.hasPrefix("text/plain"),
      let words = arena.decoded(base64: data.text)
    {
      return words
    }
    let parts = [Name.title, .url].compactMap { leaf($0, in: attachment)?.text }
    return joined(([type] + parts).filter { !$0.isEmpty }, ", ")
  }

  private func performers(of resource: Cursor) -> Text {
    let references = objects(.performer, in: resource).map { performer in
      object(.actor, in: performer) ?? performer
    }
    return names(of: references)
  }
}
