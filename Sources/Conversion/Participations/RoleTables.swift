import ClinicalTree
import Definitions

/// The tables for people, organisations, devices and places (conversion guide, "participations").
enum RoleTables {
  static let practitioner = Mapping(
    "practitioner",
    "assignedEntity|assignedAuthor|intendedRecipient|associatedEntity|participantRole",
    resource: .Practitioner,
    [
      .row("identifier", "id", .identifier),
      .row("name", "assignedPerson/name", .humanName),
      .row("name", "informationRecipient/name", .humanName),
      .row("name", "associatedPerson/name", .humanName),
      .row("name", "playingEntity/name", .humanName),
      .row("telecom", "telecom", .contactPoint),
      .row("address", "addr", .address),
    ])

  static let practitionerRole = Mapping(
    "practitioner-role", "assignedEntity|assignedAuthor|associatedEntity|intendedRecipient",
    resource: .PractitionerRole,
    [
      // Codes of the NUCC's provider taxonomy are specialties.
      .row("specialty", "code[@codeSystem=2.16.840.1.113883.6.101]", .codeableConcept),
      .row("code", "code", .codeableConcept),
      .row("specialty", "specialty", .codeableConcept),
    ])

  static let relatedPerson = Mapping(
    "related-person", "relatedEntity|associatedEntity|assignedEntity|participantRole",
    resource: .RelatedPerson,
    [
      .row("identifier", "id", .identifier),
      .row("relationship", "code", .codeableConcept),
      .row("name", "relatedPerson/name", .humanName),
      .row("name", "associatedPerson/name", .humanName),
      .row("name", "assignedPerson/name", .humanName),
      .row("name", "playingEntity/name", .humanName),
      .row("telecom", "telecom", .contactPoint),
      .row("address", "addr", .address),
      .row("period", "effectiveTime", .period),
    ])

  static let organization = Mapping(
    "organization", "representedOrganization|representedCustodianOrganization",
    resource: .Organization,
    [
      .row("identifier", "id", .identifier),
      .row("type", "standardIndustryClassCode", .codeableConcept),
      .row("name", "name", .organizationName),
      .row("telecom", "telecom", .contactPoint),
      .row("address", "addr", .address),
    ])

  static let scopingEntity = Mapping(
    "scoping-entity", "scopingEntity", resource: .Organization,
    [
      .row("identifier", "id", .identifier),
      .row("type", "code", .codeableConcept),
      .row("name", "desc", .string),
    ])

  static let authoringDevice = Mapping(
    "authoring-device", "assignedAuthor", resource: .Device,
    [
      .row("identifier", "id", .identifier),
      .row("type", "assignedAuthoringDevice/code", .codeableConcept),
      .function("deviceName", "assignedAuthoringDevice/manufacturerModelName", "modelName") {
        $0.deviceName($1, "model-name", in: $2)
      } toCDA: {
        $0.deviceNames(of: $1, in: $2, .assignedAuthoringDevice)
      },
      .function("deviceName", "assignedAuthoringDevice/softwareName", "softwareName") {
        $0.deviceName($1, "other", in: $2)
      },
      .row("contact", "telecom", .contactPoint),
    ])

  static let playingDevice = Mapping(
    "playing-device", "participantRole", resource: .Device,
    [
      .function("udiCarrier", "id", "unique device identifier") {
        $0.udi($1, in: $2)
      } toCDA: {
        $0.udi(of: $1, in: $2)
      },
      .row("identifier", "id", .identifier),
      .row("type", "playingDevice/code", .codeableConcept),
      .row("manufacturer", "scopingEntity/desc", .string),
      .function("deviceName", "playingDevice/manufacturerModelName", "modelName") {
        $0.deviceName($1, "model-name", in: $2)
      } toCDA: {
        $0.deviceNames(of: $1, in: $2, .playingDevice)
      },
      .function("deviceName", "playingDevice/softwareName", "softwareName") {
        $0.deviceName($1, "other", in: $2)
      },
      .row("contact", "telecom", .contactPoint),
    ])

  static let location = Mapping(
    "location", "participantRole", resource: .Location,
    [
      .row("identifier", "id", .identifier),
      .row("type", "code", .codeableConcept),
      .row("name", "playingEntity/name", .organizationName),
      .row("description", "playingEntity/desc", .string),
      .row("telecom", "telecom", .contactPoint),
      .row("address", "addr", .address),
    ])

  static let all = [
    practitioner, practitionerRole, relatedPerson, organization, scopingEntity, authoringDevice,
    playingDevice, location,
  ]
}

extension FHIRBuilder {
  /// The FDA's unique device identifier in the form of GS1: its parts have names in brackets.
  func udi(_ id: Cursor, in device: Draft.Slot) {
    guard id.attribute(.root).map({ $0.text == "2.16.840.1.113883.3.3719" }) ?? false,
      let leaf = nonBlank(id.attribute(.`extension`)), isMissing(.udiCarrier, in: device)
    else { return }
    let parts = UDI(leaf.text.trimmed.string)
    let carrier = draft.addObject(.udiCarrier, in: device)
    func put(_ text: String?, as name: Name, in slot: Draft.Slot) {
      if let text { self.put(Sourced(arena.copy(text), .leaf(leaf)), as: name, in: slot) }
    }
    put(parts.device, as: .deviceIdentifier, in: carrier)
    self.put(leaf.sourced, as: .carrierHRF, in: carrier)
    put(parts.made, as: .manufactureDate, in: device)
    put(parts.expires, as: .expirationDate, in: device)
    put(parts.lot, as: .lotNumber, in: device)
    put(parts.serial, as: .serialNumber, in: device)
  }

  func deviceName(_ name: Cursor, _ type: StaticString, in device: Draft.Slot) {
    let slot = draft.addObject(.deviceName, in: device)
    let text =
      plainText(name, as: .name, in: slot)
      ?? nonBlank(name.attribute(.displayName)).map { put($0.sourced, as: .name, in: slot) }
    if text != nil { put(rule: type, .mapped, as: .type, in: slot) }
  }
}
