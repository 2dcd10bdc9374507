import ClinicalTree
import Definitions

extension CDABuilder {
  /// Writes the header of a document: what a Composition says, or what C-CDA requires without one.
  func header(_ composition: Cursor?, _ template: DocumentTemplate?) {
    constant(.code, "US", in: add(.realmCode, in: document))
    let type = add(.typeId, in: document)
    constant(.root, "2.16.840.1.113883.1.3", in: type)
    constant(.extension, "POCD_HD000040", in: type)
    claim(
      Skeleton.Template(root: "2.16.840.1.113883.10.20.22.1.1", version: "2015-08-01"), on: document
    )
    if let template { claim(template.template, on: document) }
    documentID(composition)
    if let composition {
      if !isContained(composition) { owner = composition }
      done = []
      markIdentity(of: composition, as: document)
      apply(HeaderTable.composition, composition, to: document)
    }
    completeHeader(composition, template)
  }

  /// The identifier of the Bundle is that of the document.
  private func documentID(_ composition: Cursor?) {
    markStructural(source.property(.resourceType))
    markStructural(source.property(.type))
    for entry in source.values(.entry) { markStructural(entry.property(.fullUrl)) }
    if let identifier = value(.identifier, in: source), ResourceTable.type(of: source) == .Bundle {
      markAbsent(identifier)
      if ii(identifier, in: document) != nil { return }
    }
    // Without one the content is the identity.
    let id = add(.id, in: document)
    let reason = Reason("an identity made of the content, where the source has none")
    attribute(.root, Sourced(identity(), .rule(reason)), in: id)
  }

  private func identity() -> Text {
    var hash = SHA1()
    for index in 0..<source.treeCount {
      let node = source.at(index)
      if node.kind == .object || node.kind == .array { continue }
      hash.update(node.text)
      hash.update(0)
    }
    return uppercased(arena.copy(String(decoding: hash.finishAsUUID(), as: UTF8.self)))
  }

  private func completeHeader(_ composition: Cursor?, _ template: DocumentTemplate?) {
    if child(.code, of: document) == nil {
      let code = add(.code, in: document)
      if let template {
        constant(.code, template.code, .required, in: code)
        constant(.codeSystem, "2.16.840.1.113883.6.1", .required, in: code)
      } else {
        constant(.nullFlavor, "NI", .required, in: code)
      }
    }
    if child(.title, of: document) == nil {
      let title = add(.title, in: document)
      if composition == nil {
        text(
          Sourced(Text(template?.title ?? "Clinical Document"), .rule(.required)), in: title)
      } else {
        constant(.nullFlavor, "NI", .required, in: title)
      }
    }
    if child(.effectiveTime, of: document) == nil {
      let time = add(.effectiveTime, in: document)
      if let now = options.now, let value = PartialDateTime(fhir: now) {
        attribute(.value, Sourced(arena.copy(value.hl7), .rule(.required)), in: time)
      } else if let stamp = value(.timestamp, in: source), composition == nil, ts(stamp, into: time)
      {
      } else {
        constant(.nullFlavor, "NI", .required, in: time)
      }
    }
    markStructural(source.property(.timestamp))
    silent(.confidentialityCode, in: document)
    silent(.languageCode, in: document)
    if child(.setId, of: document) != nil, child(.versionNumber, of: document) == nil {
      silent(.versionNumber, in: document)
    }
    if child(.versionNumber, of: document) != nil { silent(.setId, in: document) }
    recordTarget()
    if child(.author, of: document) == nil {
      let author = add(.author, in: document)
      silent(.time, in: author)
      silentContact(add(.assignedAuthor, in: author))
    }
    for author in draft.children(of: document) where draft.name(of: author) == .author {
      silent(.time, in: author)
      guard let entity = child(.assignedAuthor, of: author),
        child(.assignedPerson, of: entity) == nil,
        child(.assignedAuthoringDevice, of: entity) == nil
      else { continue }
      silent(.name, in: add(.assignedPerson, in: entity))
    }
    if child(.custodian, of: document) == nil {
      let custodian = add(.assignedCustodian, in: add(.custodian, in: document))
      let organization = add(.representedCustodianOrganization, in: custodian)
      for name in [Name.id, .name, .telecom, .addr] { silent(name, in: organization) }
    }
    if template?.kind == .ccd, child(.documentationOf, of: document) == nil {
      let event = add(.serviceEvent, in: add(.documentationOf, in: document))
      constant(.classCode, "PCPR", in: event)
      let time = add(.effectiveTime, in: event)
      silent(.low, in: time)
      silent(.high, in: time)
    }
  }

  // MARK: Rows of the header

  func version(of composition: Cursor, in document: Draft.Slot) {
    guard
      let version = extended(
        "http://hl7.org/fhir/StructureDefinition/composition-clinicaldocument-versionNumber",
        in: composition), let leaf = leaf(.valueString, in: version), Int32(leaf.text.string) != nil
    else { return }
    attribute(.value, leaf.sourced, in: add(.versionNumber, in: document))
    markURL(version)
  }

  func confidentiality(of composition: Cursor, in document: Draft.Slot) {
    guard let code = leaf(.confidentiality, in: composition) else { return }
    let slot = add(.confidentialityCode, in: document)
    attribute(.code, code.sourced, in: slot)
    constant(.codeSystem, "2.16.840.1.113883.5.25", in: slot)
  }

  func status(of composition: Cursor) {
    // What is final is what CDA means by saying nothing.
    guard let status = leaf(.status, in: composition) else { return }
    if status.text == "final" { note(status, saidBy: document) }
  }

  func attesters(of composition: Cursor, _ mode: StaticString, in document: Draft.Slot) {
    for attester in objects(.attester, in: composition) where !done.contains(attester.index) {
      guard let code = leaf(.mode, in: attester) else { continue }
      // CDA has one legal authenticator; the schema knows no further modes.
      let isLegal = code.text == "legal" && child(.legalAuthenticator, of: document) == nil
      guard isLegal == (Text(mode) == "legal") else { continue }
      let slot = add(isLegal ? .legalAuthenticator : .authenticator, in: document)
      if ts(value(.time, in: attester), as: .time, in: slot) == nil { silent(.time, in: slot) }
      constant(.code, "S", in: add(.signatureCode, in: slot))
      if let party = object(.party, in: attester) { participation(party, into: slot) }
      if child(.assignedEntity, of: slot) == nil {
        silentContact(add(.assignedEntity, in: slot))
      }
      if let entity = child(.assignedEntity, of: slot), child(.assignedPerson, of: entity) == nil {
        silent(.name, in: add(.assignedPerson, in: entity))
      }
      let expected = isLegal ? Text("legal") : Text("professional")
      if code.text == expected {
        note(.leaf(code), slot)
      } else {
        // The exact word is carried beside it.
        note(.partly(code, Reason("a mode that CDA does not tell apart")), slot)
        use[code.index] = .both
      }
      done.insert(attester.index)
    }
  }

  /// Who else takes part in a document.
  func headerParticipants(of composition: Cursor, in document: Draft.Slot) {
    for extended in allExtended(FHIRBuilder.participantURL, in: composition)
    where !done.contains(extended.index) {
      guard let code = leaf(.valueCode, in: self.extended("type", in: extended)) else { continue }
      let name: Name
      switch code.text.string {
      case "ENT" where child(.dataEnterer, of: document) == nil: name = .dataEnterer
      case "INF": name = .informant
      case "PRCP", "TRC": name = .informationRecipient
      default: name = .participant
      }
      let slot = add(name, in: document)
      let typeCode = attribute(.typeCode, code.sourced, in: slot)
      if name == .dataEnterer || name == .informant {
        // The schema fixes the type.
        draft.remove(typeCode)
        note(.leaf(code), slot)
      }
      participant(extended, into: slot)
      completeParticipant(slot)
      done.insert(extended.index)
      markStructural(extended)
    }
  }

  /// The function, the time and the party of a participation that an extension tells.
  private func participant(_ extended: Cursor, into slot: Draft.Slot) {
    let function = self.extended("function", in: extended) ?? extended
    if let function = value(.valueCodeableConcept, in: function) {
      cd(function, as: .functionCode, in: slot)
    }
    participantTime(extended, in: slot)
    if let party = object(.valueReference, in: self.extended("party", in: extended)) {
      participation(party, into: slot)
    }
  }

  private func participantTime(_ extended: Cursor, in slot: Draft.Slot) {
    guard let time = self.extended("time", in: extended),
      let (value, type) = choice(.value, in: time)
    else { return }
    let element = add(.time, in: slot)
    let isWritten =
      type == "Period"
      ? value.object.map { ivlTS($0, into: element) } ?? false : ts(value, into: element)
    if !isWritten { draft.removeLast(element) }
  }

  private func completeParticipant(_ slot: Draft.Slot) {
    switch draft.name(of: slot) {
    case .participant:
      let entity = element(.associatedEntity, of: slot)
      if attribute(.classCode, of: entity) == nil { constant(.classCode, "ASSIGNED", in: entity) }
      if child(.associatedPerson, of: entity) == nil, child(.scopingOrganization, of: entity) == nil
      {
        silent(.name, in: add(.associatedPerson, in: entity))
      }
    case .informationRecipient:
      _ = element(.intendedRecipient, of: slot)
    case .dataEnterer:
      let entity = element(.assignedEntity, of: slot)
      silentContact(entity)
      if child(.assignedPerson, of: entity) == nil {
        silent(.name, in: add(.assignedPerson, in: entity))
      }
    default:
      if child(.assignedEntity, of: slot) == nil, child(.relatedEntity, of: slot) == nil {
        silent(.id, in: add(.assignedEntity, in: slot))
      }
    }
  }

  func serviceEvents(of composition: Cursor, in document: Draft.Slot) {
    for event in objects(.event, in: composition) {
      let slot = add(.serviceEvent, in: add(.documentationOf, in: document))
      constant(.classCode, "PCPR", in: slot)
      let codes = values(.code, in: event)
      if let code = codes.first { cd(code, as: .code, in: slot) }
      let time = add(.effectiveTime, in: slot)
      if let period = object(.period, in: event) { ivlTS(period, into: time) }
      silent(.low, in: time)
      silent(.high, in: time)
      let url: StaticString = "https://crestkit.example/fhir/StructureDefinition/event-performer"
      for extended in allExtended(url, in: event) {
        let performer = add(.performer, in: slot)
        constant(.typeCode, "PRF", in: performer)
        participant(extended, into: performer)
        if child(.assignedEntity, of: performer) == nil {
          silent(.id, in: add(.assignedEntity, in: performer))
        }
        markStructural(extended)
      }
    }
  }

  func relatedDocuments(of composition: Cursor, in document: Draft.Slot) {
    for related in objects(.relatesTo, in: composition) {
      guard let code = value(.code, in: related),
        let identifier = value(.targetIdentifier, in: related)
      else { continue }
      let slot = add(.relatedDocument, in: document)
      guard mapped(code, "cf-related-document", into: slot, attribute: .typeCode) else {
        draft.removeLast(slot)
        continue
      }
      let parent = add(.parentDocument, in: slot)
      ii(identifier, in: parent)
      silent(.id, in: parent)
    }
  }

  func encompassingEncounter(of composition: Cursor, in document: Draft.Slot) {
    guard let reference = object(.encounter, in: composition), let encounter = resolve(reference),
      ResourceTable.type(of: encounter) == .Encounter
    else { return }
    encompassing = encounter
    let slot = add(.encompassingEncounter, in: add(.componentOf, in: document))
    note(reference: reference, slot)
    self.encompassing(encounter, into: slot)
  }
}
