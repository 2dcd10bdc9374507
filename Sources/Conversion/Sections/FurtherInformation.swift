import ClinicalTree
import Definitions

// What has no statement of its own stands in a section at the end: in words, and as the JSON of FHIR.

extension CDABuilder {
  /// Remembers what of a resource is nowhere, for a section of its own.
  func leaveBehind(_ resource: Cursor, at path: Text = .empty, besides: Name? = nil) {
    var parts: [(path: Text, node: Cursor)] = []
    collect(resource, path: path, besides: besides, &parts)
    for part in parts where !left.contains(where: { $0.node.index == part.node.index }) {
      left.append((resource, part.path, part.node))
    }
  }

  /// Resources that are no statement of C-CDA and that nothing refers to: people around the patient take
  /// part in the document, what is clinical goes along whole, the rest has no business here.
  func leaveWholeResourcesBehind() {
    for entry in resources.entries where isUntouched(entry.resource) {
      if entry.type == .RelatedPerson, isOfPatient(entry.resource) {
        support(entry.resource)
      } else if FurtherTypes.all.contains(entry.type) || isWithdrawn(entry.resource)
        || unknownModifier(of: entry.resource) != nil
      {
        left.append((entry.resource, .empty, entry.resource))
      } else {
        let type = entry.resource.property(.resourceType)?.text.string ?? "?"
        report(Conversion.noStatement, at: entry.resource, "\(type) has no place in C-CDA")
      }
    }
  }

  private func isUntouched(_ resource: Cursor) -> Bool {
    statements[resource.index] == nil && !passedOver.contains(resource.index)
      && !(resource.index..<resource.end).contains { use[$0] == .taken }
  }

  private func isOfPatient(_ person: Cursor) -> Bool {
    resolve(object(.patient, in: person)).map { $0.index == patient?.index } ?? false
  }

  /// Somebody around the patient, who takes part as such (US Realm Header, `participant`).
  private func support(_ person: Cursor) {
    let participant = add(.participant, in: document)
    constant(.typeCode, "IND", Reason("somebody around the patient"), in: participant)
    participation(of: person, .RelatedPerson, into: participant)
  }

  /// A section of what resources without a statement say and CDA has no element for: in words, and as the
  /// JSON of FHIR.
  func leftSection(in body: Draft.Slot) {
    let parts = left.filter { part in
      (part.node.index..<part.node.end).contains { use[$0] == .untouched || use[$0] == .both }
    }
    guard !parts.isEmpty else { return }
    let section = add(.section, in: add(.component, in: body))
    let code = add(.code, in: section)
    constant(.code, Conversion.contentCode, .carrier, in: code)
    constant(.codeSystem, Conversion.contentOID, .carrier, in: code)
    text(Sourced(Text("Further Information"), .rule(.carrier)), in: add(.title, in: section))
    let words = add(.text, in: section)
    let list = add(.list, in: words)
    var byResource: [(resource: Cursor, parts: [(path: Text, node: Cursor)])] = []
    for part in parts {
      if byResource.last?.resource.index == part.resource.index {
        byResource[byResource.count - 1].parts.append((part.path, part.node))
      } else {
        byResource.append((part.resource, [(part.path, part.node)]))
      }
    }
    for (resource, parts) in byResource {
      let type = resource.property(.resourceType)?.text ?? Text("Composition")
      for part in parts {
        let item = add(.item, in: list)
        text(Sourced(furtherWords(of: resource, type, part), .rule(.carrier)), in: item)
      }
      let act = add(.act, in: add(.entry, in: section))
      let number = objects(.identifier, in: resource).lazy.compactMap { self.leaf(.value, in: $0) }
        .first
      let name = value(.name, in: resource).map { name in
        name.object.map(personWords) ?? self.words(of: name)
      }
      carry(parts, of: type, named: number?.text ?? name ?? .empty, in: act)
    }
  }

  // MARK: Words

  private func furtherWords(
    of resource: Cursor, _ type: Text, _ part: (path: Text, node: Cursor)
  ) -> Text {
    let before = owner
    if !isContained(resource) { owner = resource }
    defer { owner = before }
    if !part.path.isEmpty {
      // Sections have titles; other resources may have names.
      let title = leaf(.title, in: resource) ?? leaf(.name, in: resource)
      let place = title.map { arena.join($0.text, Text(", "), part.path) }
      return arena.join(
        place ?? arena.join(type, Text("."), part.path), Text(": "), plain(part.node))
    }
    if ResourceTable.type(of: resource) == .QuestionnaireResponse {
      return arena.join(Text("Questionnaire: "), joined(answers(in: resource), "; "))
    }
    let isRole = ResourceTable.type(of: resource) == .PractitionerRole
    return arena.join(type, Text(": "), isRole ? roleWords(resource) : plain(part.node))
  }

  /// The questions that have an answer, each with it.
  private func answers(in holder: Cursor) -> [Text] {
    objects(.item, in: holder).flatMap { item -> [Text] in
      let question = leaf(.text, in: item) ?? leaf(.linkId, in: item)
      let found = objects(.answer, in: item)
      let words = found.compactMap { answer in
        choice(.value, in: answer).map { self.words(of: $0.value, $0.type) }
      }
      let own =
        words.isEmpty
        ? []
        : [
          arena.join(question?.text ?? .empty, Text(": "), joined(words, ", "))
        ]
      return own + answers(in: item) + found.flatMap(answers)
    }
  }

  /// The values below a node that people can read.
  private func plain(_ node: Cursor) -> Text {
    var found: [Text] = []
    collectPlain(node, &found)
    return joined(found, ", ")
  }

  private func collectPlain(_ node: Cursor, _ found: inout [Text]) {
    switch node.kind {
    case .object:
      let name = node.property(.family) ?? node.property(.given)
      if name != nil { return found.append(personWords(node)) }
      if let number = quantity(node) { return found.append(number) }
      let isCoded = node.property(.display) != nil || node.property(.text)?.kind == .string
      for child in node.children
      where !FurtherTypes.unread.contains(child.name)
        && !(isCoded && [.code, .coding].contains(child.name))
      {
        collectPlain(child, &found)
      }
    case .array: for item in node.items { collectPlain(item, &found) }
    case .null: break
    default:
      if node.name == .div {
        found.append(words(ofDiv: node.text))
      } else if node.name == .data {
        found.append(arena.copy("\(node.text.count) characters of data"))
      } else {
        found.append(node.text)
      }
    }
  }
}

/// What goes along in the section at the end of a document.
enum FurtherTypes {
  /// The types of R4 for which C-CDA has no statement, and people and places that no statement names;
  /// they go along whole.
  static let all: Set<Name> = [
    .AdverseEvent, .ClinicalImpression, .DetectedIssue, .Flag, .Media, .Specimen, .BodyStructure,
    .ImagingStudy, .QuestionnaireResponse, .MolecularSequence, .Medication,
    .ImmunizationEvaluation, .ImmunizationRecommendation, .NutritionOrder, .VisionPrescription,
    .RiskAssessment, .RequestGroup, .Communication, .CommunicationRequest, .Device,
    .GuidanceResponse, .SupplyRequest, .SupplyDelivery, .EpisodeOfCare, .Consent, .RelatedPerson,
    .Practitioner, .PractitionerRole, .Organization, .Location, .HealthcareService,
  ]

  /// Elements that machines read and people do not.
  static let unread: Set<Name> = [
    .id, .resourceType, .meta, .system, .url, .reference, .use, .status, .rank, .profile, .version,
    .contentType, .language, .linkId, .questionnaire, .userSelected,
  ]
}
