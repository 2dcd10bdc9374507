import ClinicalTree
import Definitions

// CodeableConcept, Coding, code to CD, CE, CV, CO, CS.

/// Code systems of which a template wants its code; see the value sets of C-CDA 2.1.
struct CodeChoice {
  let systems: [StaticString]
  /// Whether no other code may stand as the code itself: others become translations.
  let isStrict: Bool

  static let any = CodeChoice(systems: [], isStrict: false)
  static let problems = CodeChoice(systems: ["http://snomed.info/sct"], isStrict: false)
  static let medicines = CodeChoice(
    systems: ["http://www.nlm.nih.gov/research/umls/rxnorm"], isStrict: false)
  static let vaccines = CodeChoice(systems: ["http://hl7.org/fhir/sid/cvx"], isStrict: false)
  static let loinc = CodeChoice(systems: ["http://loinc.org"], isStrict: false)
}

extension CDABuilder {
  /// Writes a CD for a CodeableConcept: the coding that fits best as the code, others as translations,
  /// the text as the original text.
  @discardableResult
  func cd(
    _ concept: FHIRValue, as name: Name, _ choice: CodeChoice = .any, type: StaticString? = nil,
    in parent: Draft.Slot
  ) -> Draft.Slot? {
    guard let object = concept.object else { return nil }
    let element = add(name, in: parent)
    if let type { constant(.type, type, in: element) }
    fill(element, from: object, choice)
    if draft.isEmpty(element) || attribute(.code, of: element) == nil {
      nullFlavor(concept, in: element)
    }
    return element
  }

  /// Whether the first coding stands as the code though LOINC is asked for: a code of SNOMED CT may, with
  /// that of LOINC as its translation, but for vital signs and the use of tobacco.
  private func takesFirst(
    _ codings: [Cursor], _ choice: CodeChoice, _ element: Draft.Slot
  ) -> Bool {
    guard choice.systems.contains(where: { Text($0) == "http://loinc.org" }),
      leaf(.system, in: codings.first).map({ $0.text == "http://snomed.info/sct" }) ?? false,
      let statement = draft.parent(of: element)
    else { return false }
    return !["22.4.27", "22.4.78", "22.4.85"].contains { claims($0, statement) }
  }

  /// Writes the codings and the text of a concept into a CD.
  func fill(_ element: Draft.Slot, from concept: Cursor, _ choice: CodeChoice = .any) {
    let codings = objects(.coding, in: concept)
    let main = takesFirst(codings, choice, element) ? 0 : self.main(of: codings, choice)
    if let main { coding(codings[main], into: element) }
    if main == nil, !codings.isEmpty {
      constant(
        .nullFlavor, "OTH", Reason("no coding is of a system that the template asks for"),
        in: element)
    }
    for (number, coding) in codings.enumerated() where number != main {
      self.coding(coding, into: add(.translation, in: element))
    }
    if let text = leaf(.text, in: concept) {
      self.text(text.sourced, in: add(.originalText, in: element))
      if codings.isEmpty {
        constant(.nullFlavor, "OTH", Reason("words without a code"), in: element)
      }
    }
  }

  /// The coding to write as the code: that of a wanted system, else the one that the user chose, else the
  /// first with a code.
  private func main(of codings: [Cursor], _ choice: CodeChoice) -> Int? {
    func hasCode(_ coding: Cursor) -> Bool { leaf(.code, in: coding) != nil }
    for system in choice.systems {
      let found = codings.firstIndex {
        hasCode($0) && leaf(.system, in: $0).map { $0.text == system } ?? false
      }
      if let found { return found }
    }
    if choice.isStrict { return nil }
    return codings.firstIndex {
      hasCode($0) && leaf(.userSelected, in: $0).map { $0.text == "true" } ?? false
    } ?? codings.firstIndex(where: hasCode) ?? (codings.isEmpty ? nil : 0)
  }

  /// Writes a Coding into the attributes of a CD.
  func coding(_ coding: Cursor, into element: Draft.Slot) {
    if let code = leaf(.code, in: coding) { attribute(.code, code.sourced, in: element) }
    if let system = value(.system, in: coding) {
      // What the sender of a C-CDA wrote where several OIDs stand for one URI.
      if let written = kept("@codeSystem", beside: coding), let leaf = system.leaf,
        written.text.isOID || written.text.isUUID,
        codeSystems.system(oid: written.text).map({ $0.uri == leaf.text }) ?? false
      {
        attribute(.codeSystem, Sourced(written.text, .leaves(written, leaf)), in: element)
        markKept("@codeSystem", beside: coding)
      } else if let named = kept("@codeSystemName", beside: coding), let leaf = system.leaf,
        CodeSystemNames.uri(for: named.text.trimmed).map({ $0 == leaf.text }) ?? false
      {
        attribute(.codeSystemName, Sourced(named.text, .leaves(named, leaf)), in: element)
        markKept("@codeSystemName", beside: coding)
      } else if let leaf = system.leaf {
        codeSystem(leaf, in: element)
      }
    }
    if let version = leaf(.version, in: coding) {
      attribute(.codeSystemVersion, version.sourced, in: element)
    }
    if let display = leaf(.display, in: coding) {
      attribute(.displayName, display.sourced, in: element)
    }
  }

  /// The OID of a system; a URI that has none stands as the name of the system.
  func codeSystem(_ leaf: Cursor, in element: Draft.Slot) {
    if let oid = oid(of: leaf.text) {
      attribute(.codeSystem, Sourced(oid, .leaf(leaf)), in: element)
    } else {
      attribute(.codeSystemName, leaf.sourced, in: element)
    }
  }

  /// The OID or UUID that stands for a URI; `nil` where none is registered.
  func oid(of uri: Text) -> Text? {
    if uri.hasPrefix("urn:oid:") {
      let oid = uri.slice(8..<uri.count)
      return oid.isOID ? oid : nil
    }
    if uri.hasPrefix("urn:uuid:") {
      let uuid = uri.slice(9..<uri.count)
      return uuid.isUUID ? uppercased(uuid) : nil
    }
    return codeSystems.oid(uri: uri)
  }

  func uppercased(_ text: Text) -> Text {
    arena.copy(
      String(decoding: text.bytes.map { $0 &- 0x61 < 26 ? $0 & 0xDF : $0 }, as: UTF8.self))
  }

  /// The code of CDA for a code of FHIR, by a map read backwards: the one that the source of the FHIR
  /// had, if that is known, else the first that leads there.
  func source(
    of leaf: Cursor, beside extended: Cursor?, by map: String
  ) -> (system: Text, code: Sourced<Text>)? {
    let found = maps.sources(of: leaf.text, by: maps.map(map))
    guard let first = found.first else { return nil }
    if let written = kept("@code", beside: extended) ?? kept("@moodCode", beside: extended)
      ?? kept("@typeCode", beside: extended),
      let same = found.first(where: { $0.code == written.text })
    {
      for path in ["@code", "@moodCode", "@typeCode"] as [StaticString]
      where kept(path, beside: extended) != nil {
        markKept(path, beside: extended)
        break
      }
      return (same.system, Sourced(written.text, .leaves(leaf, written)))
    }
    return (first.system, Sourced(first.code, .leaf(leaf)))
  }

  /// Writes a code by a map read backwards: into the attributes of an element, or into an attribute.
  @discardableResult
  func mapped(
    _ value: FHIRValue, _ map: String, into element: Draft.Slot, attribute name: Name = .code
  )
    -> Bool
  {
    guard let leaf = value.leaf, let found = source(of: leaf, beside: value.shadow, by: map) else {
      return false
    }
    attribute(name, found.code, in: element)
    return true
  }

  /// Writes the code of a concept by a map read backwards, with its system.
  @discardableResult
  func mappedConcept(_ concept: FHIRValue, _ map: String, into element: Draft.Slot) -> Bool {
    for coding in objects(.coding, in: concept.object) {
      guard let code = value(.code, in: coding), let leaf = code.leaf else { continue }
      // A status that its source stated against its own end date.
      if let stated = kept("statusCode/@code", beside: code.shadow), leaf.text == "inactive",
        let first = maps.sources(of: stated.text, by: maps.map(map)).first
      {
        mapped(first.system, Sourced(first.code, .leaves(stated, leaf)), of: coding, into: element)
        markKept("statusCode/@code", beside: code.shadow)
        return true
      }
      guard let found = source(of: leaf, beside: code.shadow, by: map),
        let back = maps.translate(found.code.value, by: maps.map(map)),
        self.leaf(.system, in: coding).map({ $0.text == back.system }) ?? true
      else { continue }
      mapped(found.system, found.code, of: coding, into: element)
      if let text = self.leaf(.text, in: concept.object) {
        attribute(.displayName, text.sourced, in: element)
      }
      return true
    }
    return false
  }

  /// Writes the code that a coding was mapped to, with its system.
  private func mapped(
    _ system: Text, _ code: Sourced<Text>, of coding: Cursor, into element: Draft.Slot
  ) {
    attribute(.code, code, in: element)
    if let oid = oid(of: system) {
      attribute(.codeSystem, Sourced(oid, .rule(.mapped)), in: element)
    }
    if let stated = leaf(.system, in: coding) { note(.leaf(stated), element) }
  }
}
