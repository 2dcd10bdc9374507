import ClinicalTree
import Definitions

// CD, CE, CV, CO, CS and CodeableConcept, Coding, code.

extension FHIRBuilder {
  /// Writes a `CodeableConcept` for a CD: its code and translations as codings, its original text.
  @discardableResult
  func codeableConcept(_ code: Cursor, as name: Name, in parent: Draft.Slot) -> Draft.Slot {
    let concept = draft.addObject(name, in: parent)
    fill(concept, from: code)
    return concept
  }

  /// Adds the codings and the text of a CD to a concept.
  func fill(_ concept: Draft.Slot, from code: Cursor) {
    addCodings(code, to: concept)
    // That the code is among the translations or in words is what their places say.
    if let flavor = code.attribute(.nullFlavor), flavor.text == "OTH",
      code.first(.originalText) != nil || code.first(.translation) != nil
    {
      markStructural(flavor)
    }
    guard let original = code.first(.originalText) else { return }
    if draft.first(.text, in: concept) == nil { string(original, as: .text, in: concept) }
  }

  /// The code and its translations; one that says the same once more is not repeated.
  private func addCodings(_ code: Cursor, to concept: Draft.Slot) {
    coding(code, as: .coding, in: concept)
    for translation in code.all(.translation) {
      if isSameCode(translation, code) {
        for leaf in translation.children where leaf.kind == .attribute {
          note(.leaf(leaf), concept)
        }
      } else {
        addCodings(translation, to: concept)
      }
    }
  }

  private func isSameCode(_ a: Cursor, _ b: Cursor) -> Bool {
    [Name.code, .codeSystem, .displayName].allSatisfy { name in
      a.attribute(name)?.text ?? .empty == b.attribute(name)?.text ?? .empty
    } && nonBlank(a.attribute(.code)) != nil && !a.children.contains { $0.kind == .element }
  }

  /// Writes a `Coding` for the code of a CD, its translations aside.
  func coding(_ code: Cursor, as name: Name, in parent: Draft.Slot) {
    let value = nonBlank(code.attribute(.code))
    let display = nonBlank(code.attribute(.displayName))
    let system = nonBlank(code.attribute(.codeSystem))
    let version = nonBlank(code.attribute(.codeSystemVersion))
    guard value != nil || display != nil else {
      // A system without a code says nothing by itself; it stays with what is kept.
      return
    }
    let coding = draft.addObject(name, in: parent)
    if let system {
      self.system(system, beside: code, in: coding)
    } else {
      namedSystem(code, in: coding)
    }
    if let version { put(version.sourced, as: .version, in: coding) }
    if let value { put(Sourced(value.text.trimmed, .leaf(value)), as: .code, in: coding) }
    if let display { put(display.sourced, as: .display, in: coding) }
  }

  private func system(_ leaf: Cursor, beside code: Cursor, in coding: Draft.Slot) {
    let text = leaf.text.trimmed
    if let name = code.attribute(.codeSystemName) { markStructural(name) }
    if let known = codeSystems.system(oid: text) {
      if known.kind == .valueSet {
        report(Conversion.valueSetAsSystem, at: leaf, "the OID of a value set as a code system")
        // Where all codes of the value set are of one system, that is the system that is meant.
        if !known.uri.isEmpty {
          put(Sourced(known.uri, .leaf(leaf)), as: .system, in: coding)
          return keep(leaf, in: coding)
        }
      } else if !known.uri.isEmpty {
        put(Sourced(known.uri, .leaf(leaf)), as: .system, in: coding)
        // Where several OIDs stand for one URI, the one that was written is kept too.
        if codeSystems.oid(uri: known.uri).map({ $0 != text }) ?? true { keep(leaf, in: coding) }
        return
      }
    }
    if text.isOID {
      put(Sourced(arena.join(Text("urn:oid:"), text), .leaf(leaf)), as: .system, in: coding)
    } else if text.isUUID {
      put(
        Sourced(arena.join(Text("urn:uuid:"), lowercased(text)), .leaf(leaf)), as: .system,
        in: coding)
    } else if text.hasPrefix("http://") || text.hasPrefix("https://") || text.hasPrefix("urn:") {
      put(Sourced(text, .leaf(leaf)), as: .system, in: coding)
    } else {
      report(Conversion.unknownSystem, at: leaf, "a code system that is neither an OID nor a URI")
      if let uri = CodeSystemNames.uri(for: text) {
        put(Sourced(uri, .leaf(leaf)), as: .system, in: coding)
      }
      keep(leaf, in: coding)
    }
  }

  /// A code system that only its name tells.
  private func namedSystem(_ code: Cursor, in coding: Draft.Slot) {
    guard let name = nonBlank(code.attribute(.codeSystemName)) else { return }
    if name.text.trimmed.isAbsoluteURI {
      put(Sourced(name.text.trimmed, .leaf(name)), as: .system, in: coding)
      return
    }
    guard let uri = CodeSystemNames.uri(for: name.text.trimmed)
    else { return }
    put(Sourced(uri, .leaf(name)), as: .system, in: coding)
    keep(name, in: coding)
  }

  /// Writes a FHIR code by way of a concept map. A code that shares its target with others is kept too.
  @discardableResult
  func mappedCode(_ code: Cursor, _ map: String, as name: Name, in parent: Draft.Slot) -> Draft
    .Slot?
  {
    guard let leaf = codeLeaf(code) else { return nil }
    guard let target = maps.translate(leaf.text.trimmed, by: maps.map(map)) else {
      report(Conversion.unknownCode, at: leaf, "the map \(map) has no such code")
      return nil
    }
    let slot = put(Sourced(target.code, .leaf(leaf)), as: name, in: parent)
    if !target.isUnique { keep(leaf, in: slot) }
    // The system that the map reads from follows from the code of FHIR.
    let source = maps.sources(of: target.code, by: maps.map(map)).first {
      $0.code == leaf.text.trimmed
    }
    if code.kind == .element, let system = code.attribute(.codeSystem), let source,
      codeSystems.oid(uri: source.system).map({ $0 == system.text.trimmed }) ?? false
    {
      markStructural(system)
    }
    return slot
  }

  /// Writes a CodeableConcept by way of a concept map, with the map's target system.
  @discardableResult
  func mappedConcept(_ code: Cursor, _ map: String, as name: Name, in parent: Draft.Slot) -> Draft
    .Slot?
  {
    guard let leaf = codeLeaf(code) else { return nil }
    guard let target = maps.translate(leaf.text.trimmed, by: maps.map(map)) else {
      report(Conversion.unknownCode, at: leaf, "the map \(map) has no such code")
      return nil
    }
    let concept = draft.addObject(name, in: parent)
    let coding = draft.addObject(.coding, in: concept)
    put(Sourced(target.system, .rule(.mapped)), as: .system, in: coding)
    let slot = put(Sourced(target.code, .leaf(leaf)), as: .code, in: coding)
    if !target.isUnique { keep(leaf, in: slot) }
    if code.kind == .element {
      markMapped(code)
      // The source's own word for the code.
      if let display = nonBlank(code.attribute(.displayName)) {
        put(display.sourced, as: .text, in: concept)
      }
    }
    return concept
  }

  /// The code itself: of a CD its attribute, an attribute as it is.
  func codeLeaf(_ code: Cursor) -> Cursor? {
    nonBlank(code.kind == .attribute ? code : code.attribute(.code))
  }

  /// The system and the display of a code that a map has put into FHIR's words have no more to say.
  func markMapped(_ code: Cursor) {
    for name in [Name.codeSystem, .codeSystemName] { code.attribute(name).map(markStructural) }
  }

  /// Writes a concept once more, by rule.
  func repeatConcept(
    _ concept: Draft.Slot, as name: Name, _ reason: Reason, in parent: Draft.Slot
  ) {
    let copy = draft.addObject(name, in: parent)
    for part in draft.children(of: concept) {
      switch draft.name(of: part) {
      case .coding:
        let slot = draft.addObject(.coding, in: copy)
        for member in draft.children(of: part) where draft.kind(of: member) == .string {
          put(Sourced(draft.text(of: member), .rule(reason)), as: draft.name(of: member), in: slot)
        }
      case .text: put(Sourced(draft.text(of: part), .rule(reason)), as: .text, in: copy)
      default: continue
      }
    }
  }

  /// Writes a concept with one coding of the standard, by rule.
  @discardableResult
  func concept(
    _ system: StaticString, _ code: StaticString, _ reason: Reason = .mapped, as name: Name,
    in parent: Draft.Slot
  ) -> Draft.Slot {
    let coding = draft.addObject(.coding, in: draft.addObject(name, in: parent))
    put(rule: system, reason, as: .system, in: coding)
    return put(rule: code, reason, as: .code, in: coding)
  }
}

/// Code systems by the names that senders write where an OID belongs.
enum CodeSystemNames {
  static func uri(for name: Text) -> Text? {
    let plain = name.bytes.filter { Bytes.isDigit($0) || Bytes.isLetter($0) }.map {
      $0 | 0x20
    }
    let key = String(decoding: plain, as: UTF8.self)
    return table[key].map { Text($0) }
  }

  private static let table: [String: StaticString] = [
    "snomedct": "http://snomed.info/sct", "snomed": "http://snomed.info/sct",
    "loinc": "http://loinc.org", "rxnorm": "http://www.nlm.nih.gov/research/umls/rxnorm",
    "icd9": "http://hl7.org/fhir/sid/icd-9-cm", "icd9cm": "http://hl7.org/fhir/sid/icd-9-cm",
    "icd10": "http://hl7.org/fhir/sid/icd-10-cm", "icd10cm": "http://hl7.org/fhir/sid/icd-10-cm",
    "cpt": "http://www.ama-assn.org/go/cpt", "cpt4": "http://www.ama-assn.org/go/cpt",
    "cvx": "http://hl7.org/fhir/sid/cvx", "mvx": "http://hl7.org/fhir/sid/mvx",
    "ndc": "http://hl7.org/fhir/sid/ndc", "unii": "http://fdasis.nlm.nih.gov",
    "ucum": "http://unitsofmeasure.org",
  ]
}
