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
      let other = source.at(known.start)
      for part in [Name.representedOrganization, .scopingOrganization, .receivedOrganization] {
        guard let own = entity.first(part), let same = other.first(part),
          let organization = known.handles.organization
        else { continue }
        note(own, sameAs: same.index, reference: reference, resource: organization.slot)
      }
      let person = known.handles.person ?? handle
      note(entity, sameAs: known.start, reference: reference, resource: person.slot)
      return reference
    }
    let ids = entity.all(.id).compactMap { StatementIndex.key(of: $0, arena) }
    if let patient, isPatient(entity, ids), allows(patient, targets) {
      return refer(to: patient, byIDsOf: entity, as: name, in: parent)
    }
    let earlier = roles.entries(withIDs: ids)
    if saysOnlyIDs(entity),
      let handle = earlier.lazy.compactMap({ $0.handles.choose(targets, self.facts) }).first
    {
      return refer(to: handle, byIDsOf: entity, as: name, in: parent)
    }
    let same = earlier.filter { $0.handles.person != nil && areOne(source.at($0.start), entity) }
    let handles = makeResources(entity, of: participation, targets, same: same)
    roles.add(handles, entity, digest, ids: ids)
    return handles.choose(targets, facts).map { chosen in
      let reference = refer(to: chosen, as: name, in: parent)
      // What was told of the person before is where this reference leads to in the end.
      for handle in [handles.person, handles.organization].compactMap({ $0 }) {
        settleAliases(of: handle, at: reference)
      }
      return reference
    }
  }

  private func allows(_ handle: ResourceHandle, _ targets: [Int]) -> Bool {
    targets.isEmpty || targets.contains(facts.type(named: handle.type))
      || targets.contains(facts.type(named: .Resource))
  }

  /// A reference to what an element names by its ids.
  private func refer(
    to handle: ResourceHandle, byIDsOf entity: Cursor, as name: Name, in parent: Draft.Slot
  ) -> Draft.Slot {
    let reference = refer(to: handle, as: name, in: parent)
    let ids = entity.all(.id).filter(saysSomething)
    // Of several ids none is the reason alone; they are kept.
    guard ids.count == 1 else { return reference }
    for part in [Name.root, .`extension`] {
      if let leaf = ids[0].attribute(part) { note(.leaf(leaf), reference) }
    }
    return reference
  }

  /// Whether a role is that of the patient, by an id of the header or by the code for oneself.
  private func isPatient(_ entity: Cursor, _ ids: [Text]) -> Bool {
    if entity.code().map({ $0 == "SELF" }) ?? false { return true }
    return ids.contains { patientIDs.contains($0) }
  }

  /// Whether two roles of one id can be one person: of the same name, or one of them without.
  private func areOne(_ a: Cursor, _ b: Cursor) -> Bool {
    let (left, right) = (personName(a), personName(b))
    return left.isEmpty || right.isEmpty || left == right
  }

  /// The letters of a person's first name and family name; empty where there is none.
  private func personName(_ entity: Cursor) -> String {
    for holder in [
      Name.assignedPerson, .informationRecipient, .associatedPerson, .playingEntity, .relatedPerson,
    ] {
      guard let name = entity.first(holder)?.first(.name) else { continue }
      let parts = [name.first(.given), name.first(.family)].compactMap { $0 }
      let texts = (parts.isEmpty ? [name] : parts).map {
        narrative.plainText(of: $0, arena).string.lowercased()
      }
      return texts.joined(separator: " ")
    }
    return ""
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

  /// `same` are earlier roles of the same person.
  private func makeResources(
    _ entity: Cursor, of participation: Cursor, _ targets: [Int], same: [RoleIndex.Entry]
  ) -> RoleHandles {
    var handles = RoleHandles()
    if participation.attribute(.typeCode).map({ $0.text == "LOC" }) ?? false,
      entity.first(.playingDevice) == nil
    {
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
      if let known = sameDevice(entity) {
        handles.device = known
        return handles
      }
      let device = make(RoleTables.playingDevice, entity)
      handles.device = device
      // An instrument is not the patient's; an implant or an aid is.
      let isPatients =
        draft.first(.udiCarrier, in: device.slot) != nil
        || participation.attribute(.typeCode).map { $0.text == "PRD" } ?? false
      if isPatients, let patient { refer(to: patient, as: .patient, in: device.slot) }
      return handles
    }
    if let custodian = entity.first(.representedCustodianOrganization) {
      handles.organization = organization(custodian)
      return handles
    }
    if isRelative(entity) {
      handles.person = make(RoleTables.relatedPerson, entity, same)
      if let person = handles.person, same.isEmpty { subject(of: person) }
      return handles
    }
    let hasPerson = [Name.assignedPerson, .informationRecipient, .associatedPerson, .playingEntity]
      .contains { entity.first($0).map(saysSomething) ?? false }
    handles.organization = scopingOrganization(entity)
    // An organisation without a person is the organisation, where that may stand.
    if !hasPerson, same.isEmpty, let organization = handles.organization,
      allows(organization, targets)
    {
      return handles
    }
    handles.person = make(RoleTables.practitioner, entity, same)
    if handles.organization != nil || entity.first(.code).map(saysSomething) ?? false {
      if let known = sameRole(entity, handles, same) {
        handles.role = known
        return handles
      }
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

  /// The role that a person was told to have before: for the same organisation, with the same code.
  private func sameRole(
    _ entity: Cursor, _ handles: RoleHandles, _ same: [RoleIndex.Entry]
  ) -> ResourceHandle? {
    for entry in same where entry.handles.person?.slot == handles.person?.slot {
      let other = source.at(entry.start)
      guard let role = entry.handles.role,
        entry.handles.organization?.slot == handles.organization?.slot
      else { continue }
      let areAlike = [Name.code, .specialty].allSatisfy { name in
        let (left, right) = (Array(entity.all(name)), Array(other.all(name)))
        return left.count == right.count
          && zip(left, right).allSatisfy { RoleIndex.areSame($0, $1) }
      }
      guard areAlike else { continue }
      noteSameParts(of: entity, as: other, in: role)
      return role
    }
    return nil
  }

  /// The device of an earlier role with the same id and code: it is one device however often it is told.
  private func sameDevice(_ entity: Cursor) -> ResourceHandle? {
    let ids = entity.all(.id).compactMap { StatementIndex.key(of: $0, arena) }
    let code = entity.first(.playingDevice)?.code()
    for entry in roles.entries(withIDs: ids) {
      let other = source.at(entry.start)
      guard let device = entry.handles.device, let before = other.first(.playingDevice),
        before.code() == code
      else { continue }
      noteSameParts(of: entity, as: other, in: device, besides: [.playingDevice])
      if let playing = entity.first(.playingDevice) {
        noteSameParts(of: playing, as: before, in: device)
      }
      return device
    }
    return nil
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

  /// The resource of a role; what it says beyond an earlier role of the same person is added to that.
  private func make(
    _ mapping: Mapping, _ entity: Cursor, _ same: [RoleIndex.Entry] = []
  ) -> ResourceHandle {
    let persons = same.compactMap(\.handles.person)
    if let known = persons.first(where: { $0.type == mapping.resource }) {
      for entry in same where entry.handles.person?.slot == known.slot {
        let other = source.at(entry.start)
        // What belongs to the role and not to the person is told by each role.
        noteSameParts(
          of: entity, as: other, in: known, besides: [.code, .specialty, .representedOrganization])
        for holder in [Name.assignedPerson, .associatedPerson, .playingEntity, .relatedPerson] {
          guard let person = entity.first(holder), let before = other.first(holder) else {
            continue
          }
          noteSameParts(of: person, as: before, in: known)
        }
      }
      apply(mapping, entity, to: known.slot)
      return known
    }
    let resource = addResource(mapping.resource, from: entity)
    apply(mapping, entity, to: resource.slot)
    return resource
  }

  private func owner(_ element: Cursor, of device: ResourceHandle?) {
    guard let device, saysSomething(element) else { return }
    refer(to: organization(element), as: .owner, in: device.slot)
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

  /// The resource of an organisation; one that is met again, by content or by id and name, is the same.
  func organization(_ element: Cursor) -> ResourceHandle {
    let digest = RoleIndex.digest(element)
    if let known = roles.entry(sameAs: element, digest), let handle = known.handles.organization {
      pendingAliases[handle.slot, default: []].append((element, known.start))
      return handle
    }
    let ids = element.all(.id).compactMap { StatementIndex.key(of: $0, arena) }
    func name(_ element: Cursor) -> Text {
      element.first(.name).map { narrative.plainText(of: $0, arena) } ?? .empty
    }
    let resource: ResourceHandle
    if let same = roles.entries(withIDs: ids).first(where: { entry in
      guard entry.handles.organization != nil, entry.handles.person == nil else { return false }
      let (left, right) = (name(source.at(entry.start)), name(element))
      return left == right || left.isEmpty || right.isEmpty
    }), let known = same.handles.organization {
      noteSameParts(of: element, as: source.at(same.start), in: known)
      apply(RoleTables.organization, element, to: known.slot)
      resource = known
    } else {
      resource = make(RoleTables.organization, element)
    }
    if let whole = element.first(.asOrganizationPartOf)?.first(.wholeOrganization),
      saysSomething(whole), draft.first(.partOf, in: resource.slot) == nil
    {
      refer(to: organization(whole), as: .partOf, in: resource.slot)
    }
    roles.add(RoleHandles(organization: resource), element, digest, ids: ids)
    return resource
  }
}
