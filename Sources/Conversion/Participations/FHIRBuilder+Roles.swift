import ClinicalTree
import Definitions

extension FHIRBuilder {
  /// The elements that hold the role of a participation.
  private static let roleElements: [Name] = [
    .assignedAuthor, .assignedEntity, .relatedEntity, .associatedEntity, .participantRole,
    .intendedRecipient, .assignedCustodian, .assignedPerson, .healthCareFacility,
  ]

  /// Writes a reference to whoever takes part; nothing where the source says nothing of them, or only
  /// what the reference cannot lead to.
  @discardableResult
  func participation(
    _ participation: Cursor, as name: Name, in parent: Draft.Slot, targets: [Int]
  ) -> Draft.Slot? {
    for element in Self.roleElements {
      if let entity = participation.first(element) {
        return role(entity, of: participation, as: name, in: parent, targets: targets)
      }
    }
    return nil
  }

  /// Writes a reference to the resources of a role; they are made when the role is met first.
  @discardableResult
  func role(
    _ entity: Cursor, of participation: Cursor, as name: Name, in parent: Draft.Slot, targets: [Int]
  ) -> Draft.Slot? {
    guard saysSomething(entity) else { return nil }
    let digest = RoleIndex.digest(entity)
    if let known = roles.entry(sameAs: entity, digest) {
      guard let handle = known.handles.choose(targets, facts) else { return nil }
      let reference = refer(to: handle, as: name, in: parent)
      note(entity, sameAs: known.start, reference: reference)
      return reference
    }
    let key = idKey(of: entity)
    if saysOnlyIDs(entity), let known = roles.handles(withID: key),
      let handle = known.choose(targets, facts)
    {
      let reference = refer(to: handle, as: name, in: parent)
      for id in entity.all(.id) {
        for leaf in id.children where leaf.kind == .attribute { note(.leaf(leaf), reference) }
      }
      return reference
    }
    let handles = makeResources(entity, of: participation)
    roles.add(handles, entity, digest, idKey: key)
    return handles.choose(targets, facts).map { refer(to: $0, as: name, in: parent) }
  }

  /// Whether an element has any leaf that is a value and not a constant of the model.
  func saysSomething(_ element: Cursor) -> Bool {
    (element.index..<element.end).contains { index in
      let node = source.at(index)
      switch node.kind {
      case .text: return !node.text.isBlank
      case .attribute:
        return !Structural.isConstant(node) && node.name != .nullFlavor && !node.text.isBlank
      default: return false
      }
    }
  }

  private func saysOnlyIDs(_ entity: Cursor) -> Bool {
    entity.children.allSatisfy { child in
      guard child.kind == .element, child.name != .templateId else { return true }
      guard child.name == .id else { return !saysSomething(child) }
      return child.children.allSatisfy {
        $0.name == .root || $0.name == .`extension` || $0.text.isBlank
      }
    }
  }

  // MARK: Making resources

  private func makeResources(_ entity: Cursor, of participation: Cursor) -> RoleHandles {
    var handles = RoleHandles()
    if participation.attribute(.typeCode).map({ $0.text == "LOC" }) ?? false {
      handles.location = make(RoleTables.location, entity)
      handles.organization = scopingOrganization(entity)
      return handles
    }
    if entity.first(.assignedAuthoringDevice) != nil {
      let device = make(RoleTables.authoringDevice, entity)
      handles.device = device
      if let organization = entity.first(.representedOrganization) {
        owner(organization, of: device)
      }
      return handles
    }
    if entity.first(.playingDevice) != nil {
      handles.device = make(RoleTables.playingDevice, entity)
      if let scope = entity.first(.scopingEntity) { owner(scope, of: handles.device) }
      return handles
    }
    if let custodian = entity.first(.representedCustodianOrganization) {
      handles.organization = organization(custodian)
      return handles
    }
    if isRelative(entity) {
      handles.person = make(RoleTables.relatedPerson, entity)
      if let person = handles.person { subject(of: person) }
      return handles
    }
    let hasPerson = [Name.assignedPerson, .informationRecipient, .associatedPerson, .playingEntity]
      .contains { entity.first($0).map(saysSomething) ?? false }
    handles.organization = scopingOrganization(entity)
    if !hasPerson, let organization = handles.organization,
      !entity.children.contains(where: { child in
        child.kind == .element && [.id, .addr, .telecom, .code].contains(child.name)
          && saysSomething(child)
      })
    {
      handles.organization = organization
      return handles
    }
    handles.person = make(RoleTables.practitioner, entity)
    if handles.organization != nil || entity.first(.code).map(saysSomething) ?? false {
      let role = addResource(.PractitionerRole, from: entity, salt: "role")
      handles.role = role
      if let person = handles.person { refer(to: person, as: .practitioner, in: role.slot) }
      if let organization = handles.organization {
        refer(to: organization, as: .organization, in: role.slot)
      }
      apply(RoleTables.practitionerRole, entity, to: role.slot)
    }
    return handles
  }

  /// Whether a role is that of somebody around the patient and not of somebody who works there.
  private func isRelative(_ entity: Cursor) -> Bool {
    if entity.name == .relatedEntity { return true }
    let relations = [
      "NOK", "ECON", "PRS", "CAREGIVER", "AGNT", "GUARD", "GUAR", "POLHOLD", "COVPTY",
    ]
    if let code = entity.attribute(.classCode),
      ["PRS", "NOK", "ECON", "CAREGIVER", "AGNT", "GUARD"].contains(where: { code.text == $0 })
    {
      return relations.contains { code.text == $0 }
    }
    return false
  }

  private func make(_ mapping: Mapping, _ entity: Cursor) -> ResourceHandle {
    let resource = addResource(mapping.resource, from: entity)
    apply(mapping, entity, to: resource.slot)
    return resource
  }

  private func owner(_ element: Cursor, of device: ResourceHandle?) {
    guard let device, saysSomething(element) else { return }
    let owner =
      element.name == .scopingEntity
      ? make(RoleTables.scopingEntity, element) : organization(element)
    refer(to: owner, as: .owner, in: device.slot)
  }

  private func scopingOrganization(_ entity: Cursor) -> ResourceHandle? {
    for name in [
      Name.representedOrganization, .receivedOrganization, .scopingOrganization,
      .serviceProviderOrganization,
    ] {
      if let element = entity.first(name), saysSomething(element) { return organization(element) }
    }
    if let scope = entity.first(.scopingEntity), saysSomething(scope) {
      return make(RoleTables.scopingEntity, scope)
    }
    return nil
  }

  /// The resource of an organisation; one that is met again is the same.
  func organization(_ element: Cursor) -> ResourceHandle {
    let digest = RoleIndex.digest(element)
    if let known = roles.entry(sameAs: element, digest), let handle = known.handles.organization {
      pendingAliases[handle.slot, default: []].append((element, known.start))
      return handle
    }
    let resource = make(RoleTables.organization, element)
    if let whole = element.first(.asOrganizationPartOf)?.first(.wholeOrganization),
      saysSomething(whole)
    {
      refer(to: organization(whole), as: .partOf, in: resource.slot)
    }
    roles.add(RoleHandles(organization: resource), element, digest, idKey: .empty)
    return resource
  }
}
