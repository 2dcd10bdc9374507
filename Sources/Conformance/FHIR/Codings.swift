import ClinicalTree
import Definitions
import FHIRPath

/// Codes of code systems and value sets, by what is at hand.
extension FHIRValidation {
  // MARK: Codes and their systems

  /// Checks that a Coding's system has its code, with its display.
  func coding(_ value: Cursor, _ member: Int) {
    if !options.isBaseOnly { system(of: value) }
    bound(value, member, codings: [value])
  }

  func concept(_ value: Cursor, _ member: Int) {
    let codings = value.values(.coding).filter { $0.kind == .object }
    bound(value, member, codings: codings)
  }

  func quantity(_ value: Cursor, _ member: Int) {
    guard !options.isBaseOnly, let system = value.property(.system),
      let code = value.property(.code),
      system.kind == .string, code.kind == .string,
      system.text == "http://unitsofmeasure.org", UCUMUnit(code.text) == nil
    else { return }
    report(Conformance.unknownCode, at: code.index, "not a unit of UCUM", severity: .warning)
  }

  private func system(of coding: Cursor) {
    guard let system = coding.property(.system), system.kind == .string else { return }
    if !ResourceIndex.isAbsolute(system.text) {
      report(Conformance.badIdentifier, at: system.index, "the system of a code is an absolute URI")
      return
    }
    guard let code = coding.property(.code), code.kind == .string else { return }
    let url = system.text.string
    switch library.terminology.contains(code.text.string, in: url) {
    case true?: break
    case false?:
      // HL7's own terminology has grown since R4 took its copy.
      let isLater =
        url.hasPrefix("http://terminology.hl7.org/") && library.store.isBuiltIn(url)
      report(
        Conformance.unknownCode, at: code.index,
        "not a code of \(url)" + (isLater ? " as R4 has it" : ""),
        severity: isLater ? .warning : .error)
      return
    case nil:
      if library.terminology.codeSystem(url) == nil, library.terminology.hasValueSet(url) {
        return report(
          Conformance.unknownCode, at: system.index, "the system is a value set, not a code system")
      }
      count(1, uncheckedIn: url, from: system.index)
    }
    guard let display = coding.property(.display), display.kind == .string else { return }
    if let expected = library.terminology.expectedDisplay(
      of: code.text.string, in: url, given: display.text.string)
    {
      report(
        Conformance.wrongDisplay, at: display.index, "the display of this code is \(expected)",
        severity: options.displayIsError ? .error : .warning)
    }
  }

  // MARK: Bindings of the base

  private func bound(_ value: Cursor, _ member: Int, codings: [Cursor]) {
    guard let binding = facts.binding(of: member) else { return }
    if !binding.isRequired, options.isBaseOnly { return }
    if codings.isEmpty {
      // A concept in words only is allowed where the binding is extensible.
      if binding.isRequired, value.property(.extension) == nil {
        report(
          Conformance.badCode, at: value.index,
          "no code, where one of \(binding.valueSet.string) is required")
      }
      return
    }
    var isOpen = false
    for coding in codings {
      guard let code = coding.property(.code), code.kind == .string else { continue }
      let system = coding.property(.system)?.text
      if let set = binding.codeSet {
        if facts.codeSet(set, contains: code.text, system: system ?? Text("")) { return }
        continue
      }
      let answer = library.terminology.isMember(
        code.text.string, system: system?.string, of: binding.valueSet.string)
      switch answer {
      case .member: return
      case .unknown: isOpen = true
      case .notMember: break
      }
    }
    if isOpen { return }
    report(
      binding.isRequired ? Conformance.badCode : Conformance.preferredCode, at: value.index,
      "no code of \(binding.valueSet.string)")
  }

  // MARK: Bindings of profiles

  func check(_ binding: Rule.Binding, on node: FHIRNode, _ profile: Profile) {
    guard binding.isRequired || binding.isExtensible, !binding.valueSet.isEmpty, node.hasValue
    else {
      return
    }
    let codes = codes(of: node)
    if codes.isEmpty {
      if binding.isRequired, node.cursor.kind == .object,
        node.cursor.property(.extension) == nil
      {
        report(
          Conformance.codeByProfile, at: node.cursor.index,
          "no code, where one of \(binding.valueSet) is required", profile: profile.url)
      }
      return
    }
    var unknown: String?
    for (code, system) in codes {
      switch library.terminology.isMember(code, system: system, of: binding.valueSet) {
      case .member: return
      case .unknown(let system): unknown = system
      case .notMember: break
      }
    }
    if let unknown {
      return count(1, uncheckedIn: unknown, from: node.cursor.index)
    }
    if binding.isRequired {
      report(
        Conformance.codeByProfile, at: node.cursor.index, "no code of \(binding.valueSet)",
        profile: profile.url)
    } else {
      report(
        Conformance.preferredCode, at: node.cursor.index, "no code of \(binding.valueSet)",
        profile: profile.url)
    }
  }

  /// The codes of a code, Coding, CodeableConcept or Quantity; a primitive has no system.
  func codes(of node: FHIRNode) -> [(code: String, system: String?)] {
    let cursor = node.cursor
    guard cursor.kind == .object else { return [(cursor.text.string, nil)] }
    func code(_ object: Cursor) -> (String, String?)? {
      guard object.kind == .object, let code = object.property(.code), code.kind == .string else {
        return nil
      }
      // A code without a system is of no system, not of any.
      return (code.text.string, object.property(.system)?.text.string ?? "")
    }
    if let own = code(cursor) { return [own] }
    return cursor.values(.coding).compactMap(code)
  }
}
