import ClinicalTree
import Definitions
import FHIRPath

extension FHIRValidation {
  /// What a reference leads to inside the document.
  func resolve(_ reference: Text, from place: Int) -> FHIRNode? {
    guard case .found(let number) = index.target(of: reference, from: place, in: root) else {
      return nil
    }
    let object = root.at(index.resources[number].index)
    return FHIRNode(object, type: type(of: object))
  }

  /// Checks a Reference: that it leads somewhere where it must, and to a type that is allowed.
  func reference(_ value: Cursor, _ member: Int) {
    guard let reference = value.property(.reference), reference.kind == .string else { return }
    let text = reference.text
    let targets = facts.targets(of: member)
    if text.hasPrefix("#") {
      guard let found = resolve(text, from: value.index) else {
        return report(
          Conformance.badReference, at: reference.index,
          "ref-1: no contained resource has this id")
      }
      return target(Int(found.type), of: targets, at: reference.index)
    }
    if let found = resolve(text, from: value.index) {
      return target(Int(found.type), of: targets, at: reference.index)
    }
    if let type = FHIRValidation.type(namedIn: text) {
      target(type, of: targets, at: reference.index)
    }
  }

  private func target(_ type: Int, of targets: [Int], at place: Int) {
    if type == 0 || targets.isEmpty { return }
    if !targets.contains(where: { facts.type(type, is: $0) }) {
      let names = targets.map { facts.title(of: $0).string }.joined(separator: ", ")
      report(
        Conformance.badReference, at: place,
        "leads to a \(facts.title(of: type).string), allowed are \(names)")
    }
  }

  /// The type of resource that a reference names: `Patient/1`, `http://…/Patient/1/_history/2`.
  static func type(namedIn reference: Text) -> Int? {
    if reference.hasPrefix("urn:") || reference.hasPrefix("#") { return nil }
    let end = reference.firstPlace(of: "/_history") ?? reference.count
    let path = reference.slice(0..<end)
    guard let slash = path.lastIndex(of: UInt8(ascii: "/")), slash > 0 else { return nil }
    let before = path.slice(0..<slash)
    let start = before.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0
    let name = before.slice(start..<before.count)
    guard let number = NameTable.standard.lookUp(name.start, name.count) else { return nil }
    let type = FHIRFacts.r4.type(named: number)
    return type != 0 && FHIRFacts.r4.kind(of: type) == .resource ? type : nil
  }
}
