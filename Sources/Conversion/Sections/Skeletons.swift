import ClinicalTree
import Definitions

/// What a template of C-CDA fixes about a statement, and what it requires to be there.
struct Skeleton: Sendable {
  /// The template's root below `2.16.840.1.113883.10.20.`, and its version if it has one.
  struct Template: Sendable {
    let root: String
    let version: String

    /// Author Participation.
    static let author = Template(root: "2.16.840.1.113883.10.20.22.4.119", version: "")
  }

  /// A code that the template fixes.
  struct Code: Sendable {
    let code: StaticString
    let system: StaticString
    var translation: (code: StaticString, system: StaticString)?

    static func loinc(_ code: StaticString) -> Code {
      Code(code: code, system: "2.16.840.1.113883.6.1")
    }
    static func snomed(_ code: StaticString, loinc: StaticString? = nil) -> Code {
      Code(
        code: code, system: "2.16.840.1.113883.6.96",
        translation: loinc.map { ($0, "2.16.840.1.113883.6.1") })
    }
    static func actCode(_ code: StaticString) -> Code {
      Code(code: code, system: "2.16.840.1.113883.5.4")
    }
    static let concern = Code(code: "CONC", system: "2.16.840.1.113883.5.6")
  }

  /// What is written, without information, where a resource has nothing.
  enum Need: Sendable {
    case id, code, loinc, status, time, low, high, dose, product, text
    /// The end of what is completed.
    case end
    /// A value of a data type.
    case value(StaticString)
    /// The kind of propensity of an allergy.
    case kind
    case negation
  }

  let element: Name
  let template: Template?
  let classCode: StaticString
  let moodCode: StaticString
  let code: Code?
  /// The status of a statement that gets none from its resource.
  let status: StaticString?
  let needs: [Need]
  /// How the statement hangs in another one.
  let relation: StaticString
  let isInverted: Bool

  /// `template` is the last part of the root, `4.4`, or `4.4:2015-08-01` with the version.
  init(
    _ element: Name, _ template: String?, _ classCode: StaticString,
    _ moodCode: StaticString = "EVN",
    code: Code? = nil, status: StaticString? = "completed", needs: [Need] = [.id],
    relation: StaticString = "COMP", isInverted: Bool = false
  ) {
    self.element = element
    self.template = template.map { text in
      let parts = text.split(separator: ":").map(String.init)
      return Template(
        root: "2.16.840.1.113883.10.20." + parts[0], version: parts.count > 1 ? parts[1] : "")
    }
    self.classCode = classCode
    self.moodCode = moodCode
    self.code = code
    self.status = status
    self.needs = needs
    self.relation = relation
    self.isInverted = isInverted
  }

  // MARK: Statements inside of others

  static let problemStatus = Skeleton(
    .observation, "22.4.6:2019-06-20", "OBS", code: .loinc("33999-4"), needs: [.value("CD")],
    relation: "REFR")
  static let allergyStatus = Skeleton(
    .observation, "22.4.28:2019-06-20", "OBS", code: .loinc("33999-4"), needs: [.value("CE")],
    relation: "SUBJ", isInverted: true)
  static let medicationStatus = Skeleton(
    .observation, nil, "OBS", code: .loinc("33999-4"), needs: [], relation: "REFR")
  static let severity = Skeleton(
    .observation, "22.4.8:2014-06-09", "OBS", code: .actCode("SEV"), needs: [.value("CD")],
    relation: "SUBJ", isInverted: true)
  static let criticality = Skeleton(
    .observation, "22.4.145", "OBS", code: .loinc("82606-5"), needs: [.value("CD")],
    relation: "SUBJ", isInverted: true)
  static let reaction = Skeleton(
    .observation, "22.4.9:2014-06-09", "OBS", code: .actCode("ASSERTION"),
    needs: [.id, .value("CD")], relation: "MFST", isInverted: true)
  static let age = Skeleton(
    .observation, "22.4.31", "OBS", code: .snomed("445518008"), needs: [.value("PQ")],
    relation: "SUBJ", isInverted: true)
  static let dateOfDiagnosis = Skeleton(
    .act, "22.4.502:2022-06-01", "ACT", code: .loinc("77975-1"), needs: [.time])
  static let comment = Skeleton(
    .act, nil, "ACT", code: .loinc("48767-8"), needs: [.text], relation: "SUBJ", isInverted: true)
  static let indication = Skeleton(
    .observation, "22.4.19:2014-06-09", "OBS", needs: [.id, .code], relation: "RSON")
  static func freeTextSig(_ mood: StaticString) -> Skeleton {
    Skeleton(
      .substanceAdministration, "22.4.147", "SBADM", mood, code: .loinc("76662-6"), status: nil,
      needs: [.product])
  }
  static let instruction = Skeleton(
    .act, "22.4.20:2014-06-09", "ACT", "INT", needs: [.code], relation: "SUBJ", isInverted: true)
  static let supplyOrder = Skeleton(
    .supply, "22.4.17:2014-06-09", "SPLY", "INT", status: nil, needs: [.id, .status],
    relation: "REFR")
  static let refusal = Skeleton(
    .observation, "22.4.53", "OBS", needs: [.id, .code], relation: "RSON")
  static let progress = Skeleton(
    .observation, "22.4.110", "OBS", code: .actCode("ASSERTION"),
    needs: [.id, .time, .value("CD")],
    relation: "REFR")
  static let priority = Skeleton(
    .observation, "22.4.143", "OBS", code: .snomed("225773000"), needs: [.id, .value("CD")],
    relation: "REFR")
  static let causeOfDeath = Skeleton(
    .observation, "22.4.47", "OBS", code: .actCode("ASSERTION"), needs: [.id, .value("CD")],
    relation: "CAUS")
  static let entryReference = Skeleton(.act, "22.4.122", "ACT", status: "completed", needs: [.id])
}

extension Skeleton {
  /// The statement that the entries of a section are, if it is this element.
  static func entry(of section: Text, _ element: Name) -> Skeleton? {
    let skeleton: Skeleton
    switch section.string {
    case "10160-0": skeleton = .medication("EVN")
    case "48765-2": skeleton = .allergyConcern
    case "11450-4": skeleton = .problemConcern
    case "11369-6": skeleton = .immunization
    case "47519-4": skeleton = .procedure
    case "46240-8": skeleton = .encounter
    case "30954-2": skeleton = .resultOrganizer
    case "8716-3": skeleton = .vitalSigns
    default: return nil
    }
    return skeleton.element == element ? skeleton : nil
  }
}

extension CDABuilder {
  /// The skeleton of a statement that a step of a table selects.
  func skeleton(for step: CDAPath.Step, in holder: Draft.Slot) -> Skeleton? {
    for selector in step.selectors {
      switch selector {
      case .code(_, let codes):
        switch (codes.first ?? "", step.name) {
        case ("33999-4", _):
          let around = draft.parent(of: holder)
          if around.map({ claims("22.4.7", $0) }) ?? false { return .allergyStatus }
          return around.map { claims("22.4.4", $0) } ?? false ? .problemStatus : .medicationStatus
        case ("SEV", _): return .severity
        case ("82606-5", _): return .criticality
        case ("445518008", _): return .age
        case ("77975-1", _): return .dateOfDiagnosis
        case ("48767-8", _): return .comment
        case ("76662-6", _):
          // It has the mood of the statement that it is about.
          let around = draft.parent(of: holder).flatMap { attribute(.moodCode, of: $0) }
          let mood = mood(around.map { draft.text(of: $0) }, of: ["INT", "RQO", "PRP", "PRMS"])
          return .freeTextSig(mood ?? "EVN")
        default: continue
        }
      case .template(let roots):
        for skeleton in [
          Skeleton.instruction, .refusal, .progress, .priority, .causeOfDeath, .indication,
        ] where skeleton.template.map({ roots.contains($0.root) }) ?? false { return skeleton }
      case .attribute: continue
      }
    }
    return nil
  }

  /// Whether an element claims a template.
  func claims(_ template: String, _ element: Draft.Slot) -> Bool {
    draft.children(of: element).contains { child in
      draft.name(of: child) == .templateId
        && [Name.root, .extension].contains { name in
          attribute(name, of: child).map {
            draft.text(of: $0) == "2.16.840.1.113883.10.20." + template
          } ?? false
        }
    }
  }

  /// Adds a statement to what holds it.
  func open(_ skeleton: Skeleton, in holder: Draft.Slot) -> Draft.Slot {
    let element = add(skeleton.element, in: holder)
    dress(element, as: skeleton)
    return element
  }

  /// Adds a statement as a relation of another one.
  func relate(
    _ skeleton: Skeleton, to statement: Draft.Slot, type: Sourced<Text>? = nil
  ) -> Draft.Slot {
    let isOrganizer = draft.name(of: statement) == .organizer
    let holder = add(isOrganizer ? .component : .entryRelationship, in: statement)
    if let type, !isOrganizer { attribute(.typeCode, type, in: holder) }
    return open(skeleton, in: holder)
  }

  /// Gives a statement what its template fixes.
  func dress(_ element: Draft.Slot, as skeleton: Skeleton) {
    if let holder = draft.parent(of: element), draft.name(of: holder) == .entryRelationship {
      let type = attribute(.typeCode, of: holder)
      if type == nil { constant(.typeCode, skeleton.relation, in: holder) }
      if skeleton.isInverted, type.map({ draft.text(of: $0) == skeleton.relation }) ?? true {
        constant(.inversionInd, "true", in: holder)
      }
    }
    constant(.classCode, skeleton.classCode, in: element)
    constant(.moodCode, skeleton.moodCode, in: element)
    claim(skeleton, on: element)
    if let code = skeleton.code { fixed(code, in: add(.code, in: element)) }
    unfinished.append((element, skeleton))
  }

  private func claim(_ skeleton: Skeleton, on element: Draft.Slot) {
    guard let template = skeleton.template else { return }
    claim(template, on: element)
  }

  /// Claims a template in its version and, for receivers of release 1.1, without one; `false` where it
  /// is known that the element does not satisfy it.
  @discardableResult
  func claim(_ template: Skeleton.Template, on element: Draft.Slot) -> Bool {
    // Of several statements of a resource each has a claim of its own.
    let first = Bans.Claim(resource: owner.index, root: template.root, number: 0)
    let number = claimCounts[first, default: 0]
    claimCounts[first] = number + 1
    let key = Bans.Claim(resource: first.resource, root: first.root, number: number)
    if bans.claims.contains(key) {
      nameShape(template.root, of: element)
      return false
    }
    claims[element, default: []].append(key)
    for version in template.version.isEmpty ? [""] : [template.version, ""] {
      let id = add(.templateId, in: element)
      attribute(.root, Sourced(arena.copy(template.root), .rule(.template)), in: id)
      if !version.isEmpty {
        attribute(.extension, Sourced(arena.copy(version), .rule(.template)), in: id)
      }
    }
    return true
  }

  /// Names the template whose shape an element has without satisfying it.
  private func nameShape(_ root: String, of element: Draft.Slot) {
    guard draft.name(of: element) != .section, element != document else { return }
    let id = add(.templateId, in: element)
    constant(.root, Conversion.contentOID, .template, in: id)
    attribute(.extension, Sourced(arena.copy(root), .rule(.template)), in: id)
  }

  /// What an element claims instead of a template that it has given up: a section the next one for its
  /// code.
  func reclaim(_ root: String, on element: Draft.Slot) {
    guard draft.name(of: element) == .section else { return nameShape(root, of: element) }
    let code = child(.code, of: element).flatMap { attribute(.code, of: $0) }
    if let code {
      claimSection(SectionTemplate.of(draft.text(of: code)), on: element, behind: root)
    }
  }

  private func fixed(_ code: Skeleton.Code, in element: Draft.Slot) {
    constant(.code, code.code, in: element)
    constant(.codeSystem, code.system, in: element)
    if let translation = code.translation {
      let slot = add(.translation, in: element)
      constant(.code, translation.code, in: slot)
      constant(.codeSystem, translation.system, in: slot)
    }
  }

  /// The data type of a coded value in a statement.
  func codedType(in statement: Draft.Slot) -> StaticString {
    claims("22.4.28", statement) ? "CE" : "CD"
  }

  // MARK: What is required

  /// Fills in what templates require and no resource gave: as having no information.
  func finish() {
    for (element, skeleton) in unfinished { finish(element, skeleton) }
  }

  private func finish(_ element: Draft.Slot, _ skeleton: Skeleton) {
    if let status = skeleton.status, child(.statusCode, of: element) == nil {
      constant(.code, status, in: add(.statusCode, in: element))
    }
    for need in skeleton.needs {
      switch need {
      case .id: silent(.id, in: element)
      case .code: silent(.code, in: element)
      case .loinc:
        // A code of another system has one of LOINC beside it, or says that none is known.
        guard let code = child(.code, of: element),
          attribute(.codeSystem, of: code).map({ !(draft.text(of: $0) == "2.16.840.1.113883.6.1") })
            ?? true
        else { continue }
        silent(.translation, in: code)
      case .status: silent(.statusCode, in: element)
      case .text: silent(.text, in: element)
      case .time: silent(.effectiveTime, in: element)
      case .low, .high:
        let time = self.element(.effectiveTime, of: element)
        // A time that was none in the source has no bounds either.
        if attribute(.nullFlavor, of: time) != nil { continue }
        if let point = attribute(.value, of: time), child(.low, of: time) == nil {
          // The template wants an interval: it begins at the point.
          let low = add(.low, in: time)
          draft.move(point, to: low)
        }
        silent(need.isLow ? .low : .high, in: time)
      case .end:
        let status = child(.statusCode, of: element).flatMap { attribute(.code, of: $0) }
        if status.map({ draft.text(of: $0) == "completed" }) ?? false {
          silent(.high, in: self.element(.effectiveTime, of: element))
        }
      case .dose: silent(.doseQuantity, in: element)
      case .product: product(element)
      case .value(let type):
        if child(.value, of: element) == nil {
          let value = add(.value, in: element)
          constant(.type, type, .required, in: value)
          constant(.nullFlavor, "NI", .required, in: value)
        }
      case .kind:
        if child(.value, of: element).map({ child(.originalText, of: $0) != nil }) ?? false {
          continue
        }
        if child(.value, of: element).flatMap({ attribute(.code, of: $0) }) == nil {
          child(.value, of: element).map(draft.remove)
          let value = add(.value, in: element)
          constant(.type, "CD", .required, in: value)
          constant(.code, "420134006", .required, in: value)
          constant(.codeSystem, "2.16.840.1.113883.6.96", .required, in: value)
        } else if let value = child(.value, of: element), attribute(.codeSystem, of: value) == nil {
          constant(.codeSystem, "2.16.840.1.113883.6.96", .required, in: value)
        }
      case .negation:
        if attribute(.negationInd, of: element) == nil {
          constant(.negationInd, "false", .required, in: element)
        }
      }
    }
  }

  /// An element of which nothing is known, where there is none.
  func silent(_ name: Name, _ flavor: StaticString = "NI", in element: Draft.Slot) {
    guard child(name, of: element) == nil else { return }
    constant(.nullFlavor, flavor, .required, in: add(name, in: element))
  }

  /// Who somebody is and how to reach them, where it is not known.
  func silentContact(_ entity: Draft.Slot) {
    for name in [Name.id, .addr, .telecom] { silent(name, in: entity) }
  }

  private func product(_ element: Draft.Slot) {
    guard child(.consumable, of: element) == nil else { return }
    let product = add(.manufacturedProduct, in: add(.consumable, in: element))
    let code = child(.code, of: element).flatMap { attribute(.code, of: $0) }
    if code.map({ draft.text(of: $0) == "76662-6" }) ?? false {
      constant(.nullFlavor, "NA", .template, in: add(.manufacturedLabeledDrug, in: product))
      return
    }
    constant(
      .nullFlavor, "NI", .required, in: add(.code, in: add(.manufacturedMaterial, in: product)))
  }
}

extension Skeleton.Need {
  fileprivate var isLow: Bool {
    if case .low = self { return true }
    return false
  }
}
