import ClinicalTree
import Definitions

extension Skeleton {
  static let immunization = Skeleton(
    .substanceAdministration, "22.4.52:2015-08-01", "SBADM", status: nil,
    needs: [.id, .negation, .status, .time, .product])
}

extension CDABuilder {
  /// An Immunization as an immunization activity.
  func immunization(_ immunization: Cursor, in holder: Draft.Slot, _ context: WritingContext) {
    let activity = open(.immunization, in: holder)
    write(immunization, as: activity, context) {
      status(ofVaccine: immunization, in: activity)
      vaccine(immunization, in: activity)
      apply(ImmunizationTable.immunization, immunization, to: activity)
      if let occurrence = choice(.occurrence, in: immunization) {
        if occurrence.type == "DateTime" { markAbsent(occurrence.value) }
      }
      markAbsent(value(.primarySource, in: immunization))
      markAbsent(value(.vaccineCode, in: immunization))
      for reaction in objects(.reaction, in: immunization) {
        if let detail = object(.detail, in: reaction) {
          relation(to: detail, "MFST", from: activity, context)
        }
      }
      author(of: immunization, nil, .recorded, in: activity)
    }
  }

  private func status(ofVaccine immunization: Cursor, in activity: Draft.Slot) {
    guard let status = value(.status, in: immunization), let leaf = status.leaf else { return }
    let element = add(.statusCode, in: activity)
    if leaf.text == "not-done" {
      if let written = kept("statusCode/@code", beside: status.shadow) {
        // Its source said that it was given and why it was not.
        attribute(.code, Sourced(written.text, .leaves(written, leaf)), in: element)
        markKept("statusCode/@code", beside: status.shadow)
      } else if let written = kept("@code", beside: status.shadow) {
        attribute(.code, Sourced(written.text, .leaves(written, leaf)), in: element)
        markKept("@code", beside: status.shadow)
      } else {
        attribute(.negationInd, Sourced(Text("true"), .leaf(leaf)), in: activity)
        constant(
          .code, "completed",
          Reason("the record is complete; the negation says that nothing was given"), in: element)
      }
      done.insert(status.key)
    } else if mapped(status, "cf-immunization-status", into: element) {
      note(.leaf(leaf), activity)
      done.insert(status.key)
    } else {
      draft.removeLast(element)
    }
  }

  private func vaccine(_ immunization: Cursor, in activity: Draft.Slot) {
    let product = add(.manufacturedProduct, in: add(.consumable, in: activity))
    constant(.classCode, "MANU", in: product)
    claim(
      Skeleton.Template(root: "2.16.840.1.113883.10.20.22.4.54", version: "2014-06-09"), on: product
    )
    let material = add(.manufacturedMaterial, in: product)
    if let code = value(.vaccineCode, in: immunization), absentReason(code) == nil {
      if cd(code, as: .code, .vaccines, in: material) != nil { done.insert(code.key) }
    }
    silent(.code, in: material)
    manufacturer(of: immunization, in: product)
  }

  /// The organisation that made a product.
  func manufacturer(of resource: Cursor, in product: Draft.Slot) {
    guard draft.name(of: product) == .manufacturedProduct,
      let reference = object(.manufacturer, in: resource),
      child(.manufacturerOrganization, of: product) == nil
    else { return }
    if let organization = resolve(reference) {
      let element = add(.manufacturerOrganization, in: product)
      self.organization(organization, into: element)
      note(reference: reference, element)
    } else if let display = leaf(.display, in: reference) {
      text(display.sourced, in: add(.name, in: add(.manufacturerOrganization, in: product)))
    }
  }

  /// Who did what a statement tells: a performer for each, with its function.
  func performers(of resource: Cursor, in statement: Draft.Slot) {
    for performer in objects(.performer, in: resource) where !done.contains(performer.index) {
      guard let actor = object(.actor, in: performer) else { continue }
      let element = add(.performer, in: statement)
      guard participation(actor, into: element) else {
        draft.removeLast(element)
        continue
      }
      if let function = value(.function, in: performer) {
        let isAdministrator = hasCode(
          "AP", function.object, of: "http://terminology.hl7.org/CodeSystem/v2-0443")
        if isAdministrator, ResourceTable.type(of: resource) == .Immunization,
          let object = function.object
        {
          note(object, saidBy: element)
        } else {
          cd(function, as: .functionCode, in: element)
        }
      }
      if let behalf = object(.onBehalfOf, in: performer), let organization = resolve(behalf),
        let entity = child(.assignedEntity, of: element),
        child(.representedOrganization, of: entity) == nil
      {
        let slot = add(.representedOrganization, in: entity)
        self.organization(organization, into: slot)
        note(reference: behalf, slot)
      }
      done.insert(performer.index)
    }
  }

  func doseNumber(of immunization: Cursor, in activity: Draft.Slot) {
    guard let protocolApplied = object(.protocolApplied, in: immunization),
      let leaf = leaf(.doseNumberPositiveInt, in: protocolApplied),
      child(.repeatNumber, of: activity) == nil
    else { return }
    attribute(.value, leaf.sourced, in: add(.repeatNumber, in: activity))
  }
}
