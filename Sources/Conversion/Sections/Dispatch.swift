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
  func isWithdrawn(_ resource: Cursor) -> Bool {
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
  func unknownModifier(of resource: Cursor) -> Cursor? {
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

  static let negationURL: StaticString =
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
}

extension Skeleton {
  static let act = Skeleton(.act, nil, "ACT", status: nil, needs: [.code])
  static let intendedAct = Skeleton(.act, nil, "ACT", "INT", status: nil, needs: [.code])
}
