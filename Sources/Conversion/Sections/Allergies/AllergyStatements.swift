import ClinicalTree
import Definitions

extension Skeleton {
  static let allergyConcern = Skeleton(
    .act, "22.4.30:2015-08-01", "ACT", code: .concern, status: nil,
    needs: [.id, .status, .low, .end])
  static let allergyObservation = Skeleton(
    .observation, "22.4.7:2014-06-09", "OBS", code: .actCode("ASSERTION"),
    needs: [.id, .low, .kind], relation: "SUBJ")
}

extension CDABuilder {
  /// An AllergyIntolerance as an allergy in its concern.
  func allergy(_ allergy: Cursor, in holder: Draft.Slot, _ context: WritingContext) {
    let act = open(.allergyConcern, in: holder)
    let observation = relate(.allergyObservation, to: act)
    write(allergy, as: observation, levels: [.act: act], context) {
      allergyConcernStatus(allergy, act)
      noKnownAllergy(allergy, in: observation)
      apply(AllergyTable.allergy, allergy, to: observation)
      refuted(.verificationStatus, of: allergy, in: observation)
      if let onset = object(.onsetPeriod, in: allergy),
        child(.effectiveTime, of: observation) == nil
      {
        ts(value(.start, in: onset), as: .low, in: add(.effectiveTime, in: observation))
      }
      participant(observation)
      author(of: allergy, .recorder, .recordedDate, in: observation)
      markAbsent(value(.clinicalStatus, in: allergy))
    }
  }

  private func allergyConcernStatus(_ allergy: Cursor, _ act: Draft.Slot) {
    guard let stated = clinicalStatus(ofConcern: allergy) else { return }
    let status = add(.statusCode, in: act)
    if isOf("http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical", stated.coding),
      let written = kept(
        "@code", beside: stated.code.shadow, leadingTo: stated.leaf,
        by: "cf-allergy-concern-status")
    {
      return concernStatus(written, "@code", stated, in: status)
    }
    followingStatus(stated, in: status)
  }

  /// The substance is required; where the allergy names none it is not known.
  private func participant(_ observation: Draft.Slot) {
    let participants = draft.children(of: observation).filter { draft.name(of: $0) == .participant }
    let consumable = participants.first { claimsType("CSM", $0) }
    guard let participant = consumable else {
      let made = add(.participant, in: observation)
      constant(.typeCode, "CSM", in: made)
      let role = add(.participantRole, in: made)
      constant(.classCode, "MANU", in: role)
      let entity = add(.playingEntity, in: role)
      constant(.classCode, "MMAT", in: entity)
      silent(.code, in: entity)
      return
    }
    guard let role = child(.participantRole, of: participant) else { return }
    constant(.classCode, "MANU", in: role)
    guard let entity = child(.playingEntity, of: role) else { return }
    constant(.classCode, "MMAT", in: entity)
    silent(.code, in: entity)
  }

  func claimsType(_ code: StaticString, _ participation: Draft.Slot) -> Bool {
    attribute(.typeCode, of: participation).map { draft.text(of: $0) == code } ?? false
  }

  /// No known allergy of a kind: the kind, negated.
  private func noKnownAllergy(_ allergy: Cursor, in observation: Draft.Slot) {
    guard let concept = value(.code, in: allergy) else { return }
    for coding in objects(.coding, in: concept.object) {
      guard let code = leaf(.code, in: coding), isOf("http://snomed.info/sct", coding),
        let kind = maps.sources(of: code.text, by: maps.map("cf-no-known-allergies")).first
      else { continue }
      let element = add(.value, in: observation)
      constant(.type, "CD", in: element)
      attribute(.code, Sourced(kind.code, .leaf(code)), in: element)
      constant(.codeSystem, "2.16.840.1.113883.6.96", in: element)
      attribute(.negationInd, Sourced(Text("true"), .leaf(code)), in: observation)
      note(leaf(.system, in: coding), saidBy: observation)
      done.insert(concept.key)
      markKind(kind.code, of: allergy, element)
      return
    }
    // What else denies an allergy must not read as one to it. The code travels beside it.
    let words = words(of: concept)
    guard deniesItself(words) else { return }
    let element = add(.value, in: observation)
    constant(.type, "CD", in: element)
    constant(.nullFlavor, "OTH", Reason("an allergy that is denied by its name"), in: element)
    text(Sourced(words, .rule(.words)), in: add(.originalText, in: element))
    done.insert(concept.key)
  }

  /// Type and category that follow from a kind of propensity.
  private func markKind(_ code: Text, of allergy: Cursor, _ element: Draft.Slot) {
    for (value, map) in [
      (value(.type, in: allergy), "cf-allergy-type"),
      (values(.category, in: allergy).first, "cf-allergy-category"),
    ] {
      guard let value, let leaf = value.leaf,
        maps.translate(code, by: maps.map(map)).map({ $0.code == leaf.text }) ?? false
      else { continue }
      note(.leaf(leaf), draft.parent(of: element) ?? element)
      done.insert(value.key)
      if let written = kept("@code", beside: value.shadow), written.text == code {
        note(.leaf(written), element)
        markKept("@code", beside: value.shadow)
      }
    }
  }

  /// Whether a kind of propensity is what type and category were made of.
  private func isKind(_ code: Text, _ type: FHIRValue?, _ category: FHIRValue?) -> Bool {
    [(type, "cf-allergy-type"), (category, "cf-allergy-category")].allSatisfy { value, map in
      let target = maps.translate(code, by: maps.map(map))?.code
      guard let leaf = value?.leaf else { return true }
      return target.map { $0 == leaf.text } ?? false
    }
  }

  /// Type and category as one of SNOMED CT's kinds of propensity.
  func allergyKind(of allergy: Cursor, in observation: Draft.Slot) {
    guard child(.value, of: observation) == nil else { return }
    let type = value(.type, in: allergy)
    let category = values(.category, in: allergy).first
    if type == nil, category == nil { return }
    let element = add(.value, in: observation)
    constant(.type, "CD", in: element)
    constant(.codeSystem, "2.16.840.1.113883.6.96", in: element)
    let holder = type?.shadow ?? category?.shadow
    if let written = kept("@code", beside: holder), isKind(written.text, type, category) {
      let slot = attribute(.code, Sourced(written.text, .leaf(written)), in: element)
      markKept("@code", beside: holder)
      for leaf in [type?.leaf, category?.leaf] { if let leaf { note(.leaf(leaf), slot) } }
      return
    }
    let code: StaticString
    switch (category?.leaf?.text.string, type?.leaf?.text.string) {
    case ("food", "allergy"): code = "414285001"
    case ("food", "intolerance"): code = "235719002"
    case ("food", _): code = "418471000"
    case ("medication", "allergy"): code = "416098002"
    case ("medication", "intolerance"): code = "59037007"
    case ("medication", _): code = "419511003"
    case ("environment", "allergy"), ("biologic", "allergy"), (nil, "allergy"): code = "419199007"
    case ("environment", _), ("biologic", _): code = "418038007"
    default: code = "420134006"
    }
    let slot = attribute(
      .code,
      Sourced(Text(code), .rule(Reason("the kind of propensity that type and category are"))),
      in: element)
    let back = (
      maps.translate(Text(code), by: maps.map("cf-allergy-type")),
      maps.translate(Text(code), by: maps.map("cf-allergy-category"))
    )
    if let leaf = type?.leaf, back.0.map({ $0.code == leaf.text }) ?? false {
      note(.leaf(leaf), slot)
    }
    if let leaf = category?.leaf, back.1.map({ $0.code == leaf.text }) ?? false {
      note(.leaf(leaf), slot)
    }
  }

  func reactions(of allergy: Cursor, in observation: Draft.Slot) {
    for reaction in objects(.reaction, in: allergy) {
      let manifestations = values(.manifestation, in: reaction)
      let hadReaction = keptPaths(of: owner).contains {
        $0.firstPlace(of: "[@typeCode=MFST]") != nil
      }
      if !hadReaction, manifestations.allSatisfy({ absentReason($0) != nil }),
        let severity = value(.severity, in: reaction)
      {
        // A severity without a reaction is that of the allergy.
        for manifestation in manifestations { markAbsent(manifestation) }
        let nested = relate(.severity, to: observation)
        self.severity(severity, in: nested)
        continue
      }
      let nested = relate(.reaction, to: observation)
      if let first = manifestations.first, cd(first, as: .value, type: "CD", in: nested) != nil {
        done.insert(first.key)
      }
      for row in AllergyTable.reaction.rows where row.target.text != "manifestation" {
        apply(row, reaction, to: nested)
      }
    }
  }

  private func severity(_ severity: FHIRValue, in observation: Draft.Slot) {
    let element = add(.value, in: observation)
    constant(.type, "CD", in: element)
    mapped(severity, "cf-severity", into: element)
    constant(.codeSystem, "2.16.840.1.113883.6.96", in: element)
  }
}
