import ClinicalTree
import Definitions

/// Allergy Intolerance Observation and AllergyIntolerance (conversion guide, "allergies").
enum AllergyTable {
  static let allergy = Mapping(
    "allergy-observation", "observation", templates: ["2.16.840.1.113883.10.20.22.4.7"],
    resource: .AllergyIntolerance,
    [
      .row("identifier", "id", .identifier),
      .row(
        "clinicalStatus", "entryRelationship/observation[code=33999-4]/value",
        .mappedConcept("cf-allergy-status")),
      .function("type", "value", "type and category") {
        $0.allergyKind($1, in: $2)
      } toCDA: {
        $0.allergyKind(of: $1, in: $2)
      },
      .function("type", "code", "type and category before R1.1") { $0.allergyKind($1, in: $2) },
      .row(
        "criticality", "entryRelationship/observation[code=82606-5]/value",
        .mappedCode("cf-criticality")),
      .row(
        "code", "participant[@typeCode=CSM]/participantRole/playingEntity/code", .codeableConcept),
      .function(
        "code", "participant[@typeCode=CSM]/participantRole/playingEntity/name",
        "name of the allergen"
      ) { builder, name, allergy in
        let concept = builder.draft.object(.code, in: allergy)
        if builder.draft.first(.text, in: concept) == nil {
          builder.plainText(name, as: .text, in: concept)
        } else if builder.isSame(name, as: concept) {
          builder.repeats(name, builder.draft.first(.text, in: concept))
        }
      },
      .row("onset[x]", "effectiveTime", .beginning),
      .function("extension", "effectiveTime/high", "abatement") { builder, high, allergy in
        guard let leaf = builder.nonBlank(high.attribute(.value)) else { return }
        builder.dateTime(
          leaf: leaf, as: .valueDateTime,
          in: builder.addExtension(
            "http://hl7.org/fhir/StructureDefinition/allergyintolerance-abatement", in: allergy))
      } toCDA: { builder, allergy, observation in
        guard
          let extended = builder.extended(
            "http://hl7.org/fhir/StructureDefinition/allergyintolerance-abatement", in: allergy)
        else { return }
        let time =
          builder.element(.effectiveTime, of: observation)
        builder.ts(builder.value(.valueDateTime, in: extended), as: .high, in: time)
        builder.markURL(extended)
      },
      .row("asserter", "informant", .participation),
      .row("note", "entryRelationship/act[code=48767-8]", .annotation),
      .function("reaction", "entryRelationship[@typeCode=MFST]/observation", "reaction") {
        $0.reaction($1, in: $2)
      } toCDA: {
        $0.reactions(of: $1, in: $2)
      },
      .function(
        "reaction.severity", "entryRelationship/observation[code=SEV]", "severity of all reactions"
      ) {
        $0.severityOfAll($1, in: $2)
      },
      .row("text", "text", .narrative),
    ])

  static let reaction = Mapping(
    "allergy-reaction", "observation", templates: ["2.16.840.1.113883.10.20.22.4.9"],
    resource: .AllergyIntolerance, of: "AllergyIntolerance.reaction",
    [
      .row("manifestation", "value", .codeableConcept),
      .row("severity", "entryRelationship/observation[code=SEV]/value", .mappedCode("cf-severity")),
      .row("onset", "effectiveTime", .beginning),
      .row("description", "text", .string),
      .row("note", "entryRelationship/act[code=48767-8]", .annotation),
    ])
}

extension FHIRBuilder {
  /// SNOMED CT's kinds of propensity are a type and a category of FHIR together; the code stays beside
  /// them, because each alone says less.
  func allergyKind(_ value: Cursor, in allergy: Draft.Slot) {
    guard isMissing(.type, in: allergy), isMissing(.category, in: allergy),
      let leaf = codeLeaf(value)
    else { return }
    // A propensity of any kind, in no words of the sender's own, says no more than the resource does.
    if leaf.text.trimmed == "420134006", value.attribute(.displayName) == nil,
      value.first(.originalText) == nil, value.first(.translation) == nil
    {
      return markSelector(value)
    }
    let isNegated = value.isInNegatedStatement
    let text = leaf.text.trimmed
    let type = maps.translate(text, by: maps.map("cf-allergy-type"))
    let category = maps.translate(text, by: maps.map("cf-allergy-category"))
    let slots = [
      type.map { put(Sourced($0.code, .leaf(leaf)), as: .type, in: allergy) },
      category.map { put(Sourced($0.code, .leaf(leaf)), as: .category, in: allergy) },
    ].compactMap { $0 }
    // One of the two alone is said by several codes.
    if slots.count == 1 { keep(leaf, in: slots[0]) }
    if slots.isEmpty, !isNegated || value.name == .code { return }
    markMapped(value)
  }

  func reaction(_ observation: Cursor, in allergy: Draft.Slot) {
    guard saysSomething(observation) else { return }
    let reaction = draft.addObject(.reaction, in: allergy)
    apply(AllergyTable.reaction, observation, to: reaction)
    if isMissing(.manifestation, in: reaction) { absentObject(.manifestation, in: reaction) }
    for relationship in observation.all(.entryRelationship) {
      if let severity = relationship.first(.observation),
        severity.code().map({ $0 == "SEV" }) ?? false,
        let value = severity.first(.value)
      {
        severityInWords(value, in: reaction)
      }
    }
    if let code = observation.first(.code),
      code.attribute(.code).map({ $0.text == "ASSERTION" }) ?? false
    {
      markSelector(code)
    }
    implied(observation)
  }

  /// A severity of the allergy as a whole holds for every reaction without one of its own.
  func severityOfAll(_ observation: Cursor, in allergy: Draft.Slot) {
    guard let value = observation.first(.value), saysSomething(value) else { return }
    var reactions = draft.children(of: allergy).filter { draft.name(of: $0) == .reaction }
    if reactions.isEmpty {
      let reaction = draft.addObject(.reaction, in: allergy)
      absentObject(.manifestation, in: reaction)
      reactions = [reaction]
    }
    for reaction in reactions where draft.first(.severity, in: reaction) == nil {
      mappedCode(value, "cf-severity", as: .severity, in: reaction)
      severityInWords(value, in: reaction)
    }
  }

  /// A severity between those that FHIR has stays as a note, and is kept as the code that it is.
  private func severityInWords(_ value: Cursor, in reaction: Draft.Slot) {
    guard draft.first(.severity, in: reaction) == nil, draft.first(.note, in: reaction) == nil,
      let words = nonBlank(value.attribute(.displayName))
    else { return }
    put(words.sourced, as: .text, in: draft.addObject(.note, in: reaction))
    use[words.index] = .untouched
  }

  /// Whether the text of an element is what a concept's text says already.
  func isSame(_ element: Cursor, as concept: Draft.Slot) -> Bool {
    guard let text = draft.first(.text, in: concept),
      let own = element.children.first(where: { $0.kind == .text && !$0.text.isBlank })
    else { return false }
    return own.text.trimmed == draft.text(of: text)
  }

  /// Notes that a text repeats one that was written: it says nothing more, but would if it changed.
  func repeats(_ element: Cursor, _ slot: Draft.Slot?) {
    guard let slot,
      let own = element.children.first(where: { $0.kind == .text && !$0.text.isBlank })
    else { return }
    note(.partly(own, Reason("repeats the text of the code")), slot)
  }
}

extension Cursor {
  /// Whether the statement that a value belongs to is negated. A value knows its place in the tree only
  /// by what stands before it, so the nearest element with a negation that contains it is looked for.
  fileprivate var isInNegatedStatement: Bool {
    var index = self.index - 1
    while index >= 0 {
      let node = at(index)
      if node.kind == .element, node.end > self.index, node.name == .observation {
        return node.attribute(.negationInd).map { $0.text == "true" } ?? false
      }
      index -= 1
    }
    return false
  }
}

enum AllergyKinds {
  static let all = [
    StatementKind(
      "allergy-concern", .act,
      templates: [
        "2.16.840.1.113883.10.20.22.4.30", "1.3.6.1.4.1.19376.1.5.3.1.4.5.3",
      ], sections: ["48765-2"], tables: [AllergyTable.allergy, AllergyTable.reaction],
      convert: concern),
    StatementKind(
      "allergy-observation", .observation,
      templates: [
        "2.16.840.1.113883.10.20.22.4.7", "2.16.840.1.113883.10.20.1.18",
        "1.3.6.1.4.1.19376.1.5.3.1.4.6", "2.16.840.1.113883.10.20.24.3.90",
      ], sections: ["48765-2"], tables: [AllergyTable.allergy]
    ) { [allergy($0, $1, $2, concern: nil)] },
  ]

  static func concern(
    _ builder: FHIRBuilder, _ act: Cursor, _ context: StatementContext
  ) -> [ResourceHandle] {
    let inner = context.below(act)
    var allergies: [ResourceHandle] = []
    for relationship in act.all(.entryRelationship) {
      guard let observation = relationship.first(.observation),
        builder.use[observation.index] != .elsewhere,
        observation.attribute(.nullFlavor) == nil,
        StatementKind.kind(of: observation, in: context)?.name == "allergy-observation"
      else { continue }
      builder.markElsewhere(observation)
      allergies.append(allergy(builder, observation, inner, concern: act))
    }
    guard let first = allergies.first else {
      return GeneralStatement.convert(builder, act, context)
    }
    if act.code().map({ $0 == "CONC" || $0 == "48765-2" }) ?? false {
      act.first(.code).map(builder.markSelector)
    }
    builder.relateNested(act, of: first, context)
    builder.keepRemainder(of: act, in: first.slot)
    return allergies
  }

  private static func allergy(
    _ builder: FHIRBuilder, _ observation: Cursor, _ context: StatementContext, concern: Cursor?
  ) -> ResourceHandle {
    builder.resource(AllergyTable.allergy, observation, context) { allergy in
      builder.negation(observation, in: allergy)
      if builder.hasStatusObservation(observation) {
        builder.repeatsStatus(concern, of: allergy)
      } else if builder.isMissing(.clinicalStatus, in: allergy),
        let status = concern?.first(.statusCode)
      {
        builder.mappedConcept(status, "cf-allergy-concern-status", as: .clinicalStatus, in: allergy)
      }
      // R4 requires it of an allergy that is no error.
      if builder.isMissing(.clinicalStatus, in: allergy) {
        builder.absentObject(.clinicalStatus, in: allergy)
      }
      builder.recorder(
        of: observation, in: context, as: .recorder, date: .recordedDate, in: allergy,
        type: .AllergyIntolerance)
      if let code = observation.first(.code),
        code.attribute(.code).map({ $0.text == "ASSERTION" }) ?? false
      {
        builder.markSelector(code)
      }
      builder.implied(observation)
    }
  }
}

extension FHIRBuilder {
  /// A negated allergy: to nothing of its kind, which has a code of its own, or not to this substance.
  func negation(_ observation: Cursor, in allergy: Draft.Slot) {
    guard let indicator = observation.attribute(.negationInd), indicator.text == "true" else {
      return
    }
    let substance = draft.first(.code, in: allergy).flatMap {
      draft.first(.coding, in: $0) ?? draft.first(.text, in: $0)
    }
    if substance == nil {
      guard let value = observation.first(.value), let leaf = codeLeaf(value),
        let target = maps.translate(leaf.text.trimmed, by: maps.map("cf-no-known-allergies"))
      else { return refute(indicator, in: allergy) }
      let concept = draft.object(.code, in: allergy)
      let coding = draft.addObject(.coding, in: concept)
      put(Sourced(target.system, .rule(.mapped)), as: .system, in: coding)
      put(Sourced(target.code, .leaves(leaf, indicator)), as: .code, in: coding)
      put(Sourced(target.display, .rule(.mapped)), as: .display, in: coding)
      return
    }
    refute(indicator, in: allergy)
  }

  private func refute(_ indicator: Cursor, in allergy: Draft.Slot) {
    let coding = draft.addObject(.coding, in: draft.addObject(.verificationStatus, in: allergy))
    put(
      rule: "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification", .mapped,
      as: .system, in: coding)
    put(Sourced(Text("refuted"), .leaf(indicator)), as: .code, in: coding)
  }
}
