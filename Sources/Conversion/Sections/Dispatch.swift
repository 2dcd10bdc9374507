import ClinicalTree
import Definitions

extension CDABuilder {
  /// Writes the statement that a resource is into what holds it; `false` for types that are none.
  func statement(_ resource: Cursor, in holder: Draft.Slot, _ context: WritingContext) -> Bool {
    if isWithdrawn(resource) {
      report(Conversion.withdrawn, at: resource, "entered in error")
      return false
    }
    if let modifier = unknownModifier(of: resource) {
      report(Conversion.unknownModifier, at: modifier, "a modifier extension that is not known")
      return false
    }
    switch ResourceTable.type(of: resource) {
    case .Condition: problem(resource, in: holder, context)
    case .AllergyIntolerance: allergy(resource, in: holder, context)
    case .MedicationRequest, .MedicationStatement: medication(resource, in: holder, context)
    case .MedicationAdministration: administration(resource, in: holder, context)
    case .MedicationDispense: dispense(resource, in: holder, context)
    case .Immunization: immunization(resource, in: holder, context)
    case .DiagnosticReport: report(resource, in: holder, context)
    case .Observation: observation(resource, in: holder, context)
    case .Procedure: procedure(resource, in: holder, context)
    case .Encounter: encounter(resource, in: holder, context)
    case .FamilyMemberHistory: familyHistory(resource, in: holder, context)
    case .Goal: goal(resource, in: holder, context)
    case .CareTeam: careTeam(resource, in: holder, context)
    case .Coverage: coverage(resource, in: holder, context)
    case .DeviceUseStatement: deviceUse(resource, in: holder, context)
    case .DeviceRequest: deviceRequest(resource, in: holder, context)
    case .ServiceRequest: request(resource, in: holder, context)
    case .DocumentReference: note(resource, in: holder, context)
    case .Media: media(resource, in: holder, context)
    case .none, .Patient, .Composition, .Bundle: return false
    default: other(resource, in: holder, context)
    }
    return true
  }

  /// Whether a resource says that it was entered in error, for which the template has no code: it must not
  /// read as true.
  private func isWithdrawn(_ resource: Cursor) -> Bool {
    let status: Text? =
      switch ResourceTable.type(of: resource) {
      case .Condition, .AllergyIntolerance:
        objects(.coding, in: object(.verificationStatus, in: resource)).lazy
          .compactMap { self.leaf(.code, in: $0)?.text }.first
      case .Procedure, .CarePlan: leaf(.status, in: resource)?.text
      default: nil
      }
    return status.map { $0 == "entered-in-error" } ?? false
  }

  /// An extension that may change what a resource says, in a way that nobody here knows.
  private func unknownModifier(of resource: Cursor) -> Cursor? {
    objects(.modifierExtension, in: resource).first { modifier in
      leaf(.url, in: modifier).map { !($0.text == Self.negationURL) } ?? true
    }
  }

  /// A statement by its class alone: what has a code, and whatever else there is beside it.
  private func other(_ resource: Cursor, in holder: Draft.Slot, _ context: WritingContext) {
    let isPlan = ResourceTable.type(of: resource) == .CarePlan
    let act = open(isPlan ? .intendedAct : .act, in: holder)
    write(resource, as: act, context) {
      apply(GeneralStatement.basic, resource, to: act)
      if isPlan { requestStatus(resource, in: act) }
      author(of: resource, .author, nil, in: act)
    }
  }

  private static let negationURL: StaticString =
    "https://crestkit.example/fhir/StructureDefinition/cda-negation"

  /// A statement that is denied.
  func negation(of resource: Cursor, in statement: Draft.Slot) {
    for extended in objects(.modifierExtension, in: resource) {
      guard let url = leaf(.url, in: extended),
        url.text == Self.negationURL,
        let value = leaf(.valueBoolean, in: extended)
      else { continue }
      attribute(.negationInd, Sourced(value.text, .leaf(value)), in: statement)
      markURL(extended)
    }
  }

  /// The first step of the paths at which a resource keeps content: the element that it was made from.
  func keptElement(of resource: Cursor) -> Text? {
    for kept in allExtended(FHIRBuilder.cdaContent, in: resource) {
      if let path = leaf(.valueString, in: extended("path", in: kept)),
        let end = path.text.firstIndex(of: UInt8(ascii: "/"))
      {
        return path.text.slice(0..<end)
      }
    }
    return nil
  }

  /// The paths at which a resource keeps content.
  func keptPaths(of resource: Cursor) -> [Text] {
    allExtended(FHIRBuilder.cdaContent, in: resource).compactMap {
      leaf(.valueString, in: extended("path", in: $0))?.text
    }
  }

  /// Whether who performed something was its author in the source of the FHIR: its time is kept.
  func performerIsAuthor(_ resource: Cursor) -> Bool {
    let paths = keptPaths(of: resource) + objects(.component, in: resource).flatMap(keptPaths)
    return paths.contains { $0.firstPlace(of: "/author/") != nil }
      && !paths.contains { $0.firstPlace(of: "/performer") != nil }
      && values(.performer, in: resource).count == 1
  }

  // MARK: What has no statement of its own

  /// Remembers what of a resource is nowhere, for a section of its own.
  func leaveBehind(_ resource: Cursor, at path: Text = .empty, besides: Name? = nil) {
    var parts: [(path: Text, node: Cursor)] = []
    collect(resource, path: path, besides: besides, &parts)
    for part in parts where !left.contains(where: { $0.node.index == part.node.index }) {
      left.append((resource, part.path, part.node))
    }
  }

  /// Resources that are no statement of C-CDA and that nothing refers to: what is clinical goes along whole,
  /// the rest has no business in a clinical document.
  func leaveWholeResourcesBehind() {
    for entry in resources.entries where isUntouched(entry.resource) {
      if ClinicalTypes.all.contains(entry.type) || isWithdrawn(entry.resource)
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

  /// A section of what resources without a statement say and CDA has no element for: in words, and as the
  /// JSON of FHIR.
  func leftSection(in body: Draft.Slot) {
    let parts = left.filter { part in
      (part.node.index..<part.node.end).contains { use[$0] == .untouched || use[$0] == .both }
    }
    guard !parts.isEmpty else { return }
    let section = add(.section, in: add(.component, in: body))
    let code = add(.code, in: section)
    constant(.code, "fhir-content", .carrier, in: code)
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
        let place = part.path.isEmpty ? type : arena.join(type, Text("."), part.path)
        let words = arena.join(place, Text(": "), plain(part.node))
        text(Sourced(words, .rule(.carrier)), in: item)
      }
      let act = add(.act, in: add(.entry, in: section))
      carry(parts, of: type, in: act)
    }
  }

  /// The values below a node, for people.
  private func plain(_ node: Cursor) -> Text {
    var buffer = ByteBuffer(capacity: 128)
    for index in node.index..<node.end {
      let leaf = source.at(index)
      switch leaf.kind {
      case .object, .array, .null: continue
      default:
        if buffer.count > 0 { buffer.append(", ") }
        if leaf.name == .div { words(of: leaf.text, to: &buffer) } else { buffer.append(leaf.text) }
      }
    }
    return arena.copy(buffer.text)
  }

  /// The words of a narrative, without markup and with single blanks.
  private func words(of markup: Text, to buffer: inout ByteBuffer) {
    var isTag = false
    var isGap = false
    var hasWords = false
    for byte in markup.bytes {
      if byte == UInt8(ascii: "<") { isTag = true }
      if isTag || Bytes.isSpace(byte) {
        isGap = true
      } else {
        if isGap, hasWords { buffer.append(UInt8(ascii: " ")) }
        buffer.append(byte)
        (isGap, hasWords) = (false, true)
      }
      if byte == UInt8(ascii: ">") { isTag = false }
    }
  }
}

extension Skeleton {
  static let act = Skeleton(.act, nil, "ACT", status: nil, needs: [.code])
  static let intendedAct = Skeleton(.act, nil, "ACT", "INT", status: nil, needs: [.code])
}

/// The types of R4's clinical module for which C-CDA has no statement; they go along whole.
enum ClinicalTypes {
  static let all: Set<Name> = [
    .AdverseEvent, .ClinicalImpression, .DetectedIssue, .Flag, .Media, .Specimen, .BodyStructure,
    .ImagingStudy, .QuestionnaireResponse, .MolecularSequence, .Medication,
    .ImmunizationEvaluation, .ImmunizationRecommendation, .NutritionOrder, .VisionPrescription,
    .RiskAssessment, .RequestGroup, .Communication, .CommunicationRequest, .Device,
    .GuidanceResponse, .SupplyRequest, .SupplyDelivery, .EpisodeOfCare, .Consent, .RelatedPerson,
  ]
}
