import ClinicalTree
import Definitions

extension CDABuilder {
  /// The element that holds the role of a participation.
  private func roleElement(of participation: Draft.Slot, for type: Name) -> Name {
    switch draft.name(of: participation) {
    case .author: .assignedAuthor
    case .informant: type == .RelatedPerson ? .relatedEntity : .assignedEntity
    case .informationRecipient: .intendedRecipient
    case .custodian: .assignedCustodian
    case .participant:
      draft.parent(of: participation) == document ? .associatedEntity : .participantRole
    default: .assignedEntity
    }
  }

  /// Writes whoever a reference leads to as the role of a participation; one that leads nowhere as what
  /// it says itself.
  @discardableResult
  func participation(_ reference: Cursor, into participation: Draft.Slot) -> Bool {
    if let resource = resolve(reference) {
      let type = ResourceTable.type(of: resource)
      guard let entity = self.participation(of: resource, type, into: participation) else {
        return false
      }
      note(reference: reference, entity)
      return true
    }
    let entity = add(roleElement(of: participation, for: .none), in: participation)
    guard unresolved(reference, into: entity) else {
      draft.remove(entity)
      return false
    }
    completeRole(entity)
    return true
  }

  /// Writes a resource as the role of a participation; `nil` where the role cannot hold it.
  @discardableResult
  func participation(
    of resource: Cursor, _ type: Name, into participation: Draft.Slot
  ) -> Draft.Slot? {
    let entity = add(roleElement(of: participation, for: type), in: participation)
    guard role(resource, type, into: entity, of: participation) else {
      draft.remove(entity)
      return nil
    }
    completeRole(entity)
    return entity
  }

  /// A reference without its resource: the identifier and the words that it has.
  private func unresolved(_ reference: Cursor, into entity: Draft.Slot) -> Bool {
    var isWritten = false
    if let identifier = value(.identifier, in: reference) {
      isWritten = ii(identifier, in: organization(in: entity) ?? entity) != nil
    }
    if let display = leaf(.display, in: reference) {
      if let organization = organization(in: entity) ?? organization(of: reference, in: entity) {
        text(display.sourced, in: add(.name, in: organization))
      } else if let holder = personElement(of: entity) {
        text(display.sourced, in: add(.name, in: add(holder, in: entity)))
      }
      isWritten = true
    }
    return isWritten
  }

  /// The organisation for which a role is held, where the reference says that it leads to one.
  private func organization(of reference: Cursor, in entity: Draft.Slot) -> Draft.Slot? {
    let isOne =
      leaf(.type, in: reference).map { $0.text == "Organization" }
      ?? leaf(.reference, in: reference).map { $0.text.hasPrefix("Organization/") } ?? false
    guard isOne, let name = organizationElement(of: entity) else { return nil }
    return add(name, in: entity)
  }

  private func organizationElement(of entity: Draft.Slot) -> Name? {
    switch draft.name(of: entity) {
    case .assignedAuthor, .assignedEntity: .representedOrganization
    case .associatedEntity: .scopingOrganization
    case .intendedRecipient: .receivedOrganization
    default: nil
    }
  }

  /// The organisation in a role that is always one.
  private func organization(in entity: Draft.Slot) -> Draft.Slot? {
    guard draft.name(of: entity) == .assignedCustodian else { return nil }
    return element(.representedCustodianOrganization, of: entity)
  }

  private func personElement(of entity: Draft.Slot) -> Name? {
    switch draft.name(of: entity) {
    case .assignedAuthor, .assignedEntity: .assignedPerson
    case .associatedEntity: .associatedPerson
    case .intendedRecipient: .informationRecipient
    case .relatedEntity: .relatedPerson
    case .participantRole: .playingEntity
    default: nil
    }
  }

  /// Fills the role of a participation from a resource; `false` where the role cannot hold it.
  private func role(
    _ resource: Cursor, _ type: Name, into entity: Draft.Slot, of participation: Draft.Slot
  ) -> Bool {
    let before = (owner, done)
    defer { (owner, done) = before }
    if !isContained(resource) { owner = resource }
    done = []
    markIdentity(of: resource, as: entity)
    switch (type, draft.name(of: entity)) {
    case (.Organization, .assignedCustodian):
      self.organization(resource, into: add(.representedCustodianOrganization, in: entity))
    case (_, .assignedCustodian): return false
    case (.Practitioner, _): apply(RoleTables.practitioner, resource, to: entity)
    case (.PractitionerRole, _): practitionerRole(resource, into: entity)
    case (.Organization, _): return organization(resource, of: entity)
    case (.Patient, _):
      // The ids say who it is.
      identifiers(of: resource, in: entity)
    case (.RelatedPerson, _):
      if draft.name(of: entity) != .assignedEntity {
        constant(.classCode, "PRS", Reason("somebody around the patient"), in: entity)
      }
      apply(RoleTables.relatedPerson, resource, to: entity)
      markSubject(of: resource, in: entity)
    case (.Device, .assignedAuthor):
      apply(RoleTables.authoringDevice, resource, to: entity)
      if let owner = object(.owner, in: resource), let organization = resolve(owner) {
        self.organization(organization, into: add(.representedOrganization, in: entity))
        note(reference: owner, entity)
      }
    case (.Device, .participantRole):
      constant(.classCode, "MANU", in: entity)
      apply(RoleTables.playingDevice, resource, to: entity)
      markSubject(of: resource, in: entity)
    case (.Location, .participantRole):
      constant(.classCode, "SDLOC", in: entity)
      apply(RoleTables.location, resource, to: entity)
      if let organization = object(.managingOrganization, in: resource).flatMap(resolve) {
        scope(organization, into: add(.scopingEntity, in: entity))
      }
    default: return false
    }
    leaveBehind(resource)
    return true
  }

  private func practitionerRole(_ role: Cursor, into entity: Draft.Slot) {
    if let reference = object(.practitioner, in: role), let person = resolve(reference) {
      let before = done
      done = []
      markIdentity(of: person, as: entity)
      apply(RoleTables.practitioner, person, to: entity)
      done = before
      note(reference: reference, entity)
      leaveBehind(person)
    }
    apply(RoleTables.practitionerRole, role, to: entity)
    if let reference = object(.organization, in: role), let organization = resolve(reference) {
      if self.organization(organization, of: entity) { note(reference: reference, entity) }
    }
  }

  /// An organisation as the one that a role is held for.
  private func organization(_ organization: Cursor, of entity: Draft.Slot) -> Bool {
    if draft.name(of: entity) == .participantRole {
      scope(organization, into: add(.scopingEntity, in: entity))
      return true
    }
    guard let name = organizationElement(of: entity) else { return false }
    self.organization(organization, into: add(name, in: entity))
    return true
  }

  private func scope(_ organization: Cursor, into entity: Draft.Slot) {
    let before = done
    done = []
    defer { done = before }
    markIdentity(of: organization, as: entity)
    apply(RoleTables.scopingEntity, organization, to: entity)
    leaveBehind(organization)
  }

  /// Fills an organisation.
  func organization(_ organization: Cursor, into element: Draft.Slot) {
    let before = (owner, done)
    defer { (owner, done) = before }
    if !isContained(organization) { owner = organization }
    done = []
    markIdentity(of: organization, as: element)
    apply(RoleTables.organization, organization, to: element)
    if let reference = object(.partOf, in: organization), let whole = resolve(reference),
      whole.index != organization.index, depth(of: element) < 40,
      draft.name(of: element) != .representedCustodianOrganization
    {
      let part = add(.asOrganizationPartOf, in: element)
      self.organization(whole, into: add(.wholeOrganization, in: part))
      note(reference: reference, part)
    }
    completeOrganization(element)
    leaveBehind(organization)
  }

  private func depth(of slot: Draft.Slot) -> Int {
    var depth = 0
    var slot = slot
    while let parent = draft.parent(of: slot) {
      depth += 1
      slot = parent
    }
    return depth
  }

  func isContained(_ resource: Cursor) -> Bool {
    !resources.holds(resource)
  }

  // MARK: What roles require

  private func completeRole(_ entity: Draft.Slot) {
    switch draft.name(of: entity) {
    case .assignedAuthor, .assignedEntity: silentContact(entity)
    case .assignedCustodian:
      if let organization = child(.representedCustodianOrganization, of: entity) {
        completeOrganization(organization)
      }
    case .relatedEntity, .associatedEntity:
      if attribute(.classCode, of: entity) == nil {
        constant(
          .classCode, draft.name(of: entity) == .relatedEntity ? "PRS" : "ASSIGNED", in: entity)
      }
    default: break
    }
    completeAddresses(of: entity)
  }

  private func completeOrganization(_ element: Draft.Slot) {
    silent(.id, in: element)
    silent(.name, in: element)
    silent(.telecom, in: element)
    silent(.addr, in: element)
    completeAddresses(of: element)
  }

  /// Completes the addresses that an element has.
  func completeAddresses(of element: Draft.Slot) {
    for part in draft.children(of: element) where draft.name(of: part) == .addr {
      completeAddress(part)
    }
  }

  /// An address has a line and a city, in the United States by its profile also a state and a code.
  private func requiredParts(of address: Draft.Slot) -> [Name] {
    let country = child(.country, of: address).flatMap { draft.lastChild(of: $0) }
    let isAmerican = country.map { draft.text(of: $0) == "US" } ?? true
    return [.streetAddressLine, .city] + (isAmerican ? [.state, .postalCode] : [])
  }

  private func words(in address: Draft.Slot) -> [Draft.Slot] {
    draft.children(of: address).filter { draft.kind(of: $0) == .text }
  }

  /// Whether an address has the parts that its profile wants, and no words beside them.
  func isComplete(_ address: Draft.Slot) -> Bool {
    attribute(.nullFlavor, of: address) != nil
      || requiredParts(of: address).allSatisfy { child($0, of: address) != nil }
        && words(in: address).isEmpty
  }

  func completeAddress(_ address: Draft.Slot) {
    guard attribute(.nullFlavor, of: address) == nil else { return }
    let words = words(in: address)
    if !words.isEmpty {
      // No words may stand beside the parts: an address in one piece is its line.
      let line = add(.streetAddressLine, in: address)
      for word in words { draft.move(word, to: line) }
    }
    for part in requiredParts(of: address) { silent(part, in: address) }
    // The schema wants the times at the end, and has no order for the rest.
    for period in draft.children(of: address) where draft.name(of: period) == .useablePeriod {
      draft.move(period, to: address)
    }
  }

  // MARK: Authors

  /// An author from whoever a member names and the time that another one has.
  func author(of resource: Cursor, _ who: Name?, _ when: Name?, in statement: Draft.Slot) {
    let reference = who.flatMap { object($0, in: resource) }
    let time = when.flatMap { value($0, in: resource) }
    guard reference != nil || time != nil else { return }
    let author = add(.author, in: statement)
    claim(.author, on: author)
    ts(time, as: .time, in: author)
    silent(.time, in: author)
    if let reference, participation(reference, into: author) { return }
    if child(.time, of: author).flatMap({ attribute(.value, of: $0) }) == nil {
      draft.remove(author)
      return
    }
    silent(.id, in: add(.assignedAuthor, in: author))
  }
}
