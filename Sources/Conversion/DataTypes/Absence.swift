import ClinicalTree
import Definitions

// Null flavors and data-absent-reason, and what is kept beside a value.

extension FHIRBuilder {
  static let dataAbsentReason: StaticString =
    "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
  static let cdaContent: StaticString =
    "https://crestkit.example/fhir/StructureDefinition/cda-content"
  static let sourceTime: StaticString =
    "https://crestkit.example/fhir/StructureDefinition/source-time"

  /// Adds an extension with this URL; the caller gives it its value.
  func addExtension(_ url: StaticString, in parent: Draft.Slot, _ reason: Reason = .mapped)
    -> Draft.Slot
  {
    let added = draft.addObject(.`extension`, in: parent)
    put(rule: url, reason, as: .url, in: added)
    return added
  }

  /// Writes a primitive without a value and with the reason for that, from a null flavor.
  @discardableResult
  func absent(_ flavor: Cursor, as name: Name, in parent: Draft.Slot) -> Draft.Slot {
    let slot = draft.add(name, .null, .empty, in: parent)
    let reason = addExtension(Self.dataAbsentReason, in: slot)
    if let target = maps.translate(flavor.text.trimmed, by: maps.map("cf-null-flavor")) {
      let origin: Origin =
        target.isUnique
        ? .leaf(flavor)
        : .partly(flavor, Reason("several null flavors are \(target.code.string) in FHIR"))
      put(Sourced(target.code, origin), as: .valueCode, in: reason)
    } else {
      put(rule: "unknown", Reason("an illegal null flavor"), as: .valueCode, in: reason)
    }
    return slot
  }

  /// Writes a primitive without a value because the source is silent where FHIR requires one.
  @discardableResult
  func absent(as name: Name, in parent: Draft.Slot) -> Draft.Slot {
    let slot = draft.add(name, .null, .empty, in: parent)
    put(
      rule: "unknown", Reason("R4 requires a value; the source is silent"), as: .valueCode,
      in: addExtension(Self.dataAbsentReason, in: slot))
    return slot
  }

  /// A CodeableConcept that says why there is none, for an observation's `dataAbsentReason`.
  func absentConcept(_ flavor: Cursor, as name: Name, in parent: Draft.Slot) {
    guard let target = maps.translate(flavor.text.trimmed, by: maps.map("cf-null-flavor")) else {
      return
    }
    let coding = draft.addObject(.coding, in: draft.addObject(name, in: parent))
    put(Sourced(target.system, .rule(.mapped)), as: .system, in: coding)
    let origin: Origin =
      target.isUnique
      ? .leaf(flavor)
      : .partly(flavor, Reason("several null flavors are \(target.code.string) in FHIR"))
    put(Sourced(target.code, origin), as: .code, in: coding)
  }

  /// Keeps a leaf beside the element that it belongs to, for what FHIR has no place for.
  func keep(_ leaf: Cursor, in parent: Draft.Slot) {
    let path = leaf.kind == .text ? Text("text()") : arena.join(Text("@"), leaf.nameText)
    keep(path: path, content: leaf.text, in: parent) { note(.kept(leaf), $0) }
  }

  func keep(
    path: Text, content: Text, in parent: Draft.Slot, _ note: (Draft.Slot) -> Void
  ) {
    let kept = addExtension(Self.cdaContent, in: parent, Reason("keeps content of the source"))
    let where_ = addExtension("path", in: kept, Reason("the place of what is kept"))
    put(Sourced(path, .rule(Reason("the place of what is kept"))), as: .valueString, in: where_)
    let what = addExtension("content", in: kept, Reason("keeps content of the source"))
    note(draft.add(.valueString, .string, content, in: what))
  }
}
