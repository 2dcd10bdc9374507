import ClinicalTree
import Definitions

extension Skeleton {
  static let supply = Skeleton(
    .supply, "22.4.50:2014-06-09", "SPLY", status: nil, needs: [.id, .status])
  static func plannedSupply(_ mood: StaticString) -> Skeleton {
    Skeleton(.supply, "22.4.43:2014-06-09", "SPLY", mood, status: nil, needs: [.id, .status])
  }
}

extension CDABuilder {
  /// A device that the patient uses, as a supply.
  func deviceUse(_ use: Cursor, in holder: Draft.Slot, _ context: WritingContext) {
    let supply = open(.supply, in: holder)
    write(use, as: supply, context) {
      if let status = value(.status, in: use), status.leaf != nil {
        let element = add(.statusCode, in: supply)
        if mapped(status, "cf-device-use-status", into: element) {
          done.insert(status.key)
        } else {
          draft.removeLast(element)
        }
      }
      markAbsent(value(.status, in: use))
      markAbsent(value(.device, in: use))
      apply(SupplyTable.deviceUse, use, to: supply)
      author(of: use, .source, .recordedOn, in: supply)
    }
  }

  /// A device that is asked for.
  func deviceRequest(_ request: Cursor, in holder: Draft.Slot, _ context: WritingContext) {
    let supply = open(.plannedSupply(mood(of: request)), in: holder)
    write(request, as: supply, context) {
      requestStatus(request, in: supply)
      apply(SupplyTable.deviceRequest, request, to: supply)
      markIntent(request, supply)
      markAbsent(value(.codeCodeableConcept, in: request))
      author(of: request, .requester, .authoredOn, in: supply)
    }
  }

  /// A device as a participant of a supply.
  func device(_ reference: Cursor, in supply: Draft.Slot) {
    let participant = add(.participant, in: supply)
    let isDevice = keptPaths(of: owner).contains {
      $0.firstPlace(of: "participant[@typeCode=DEV]") != nil
    }
    constant(.typeCode, isDevice ? "DEV" : "PRD", in: participant)
    guard participation(reference, into: participant) else { return draft.removeLast(participant) }
    done.insert(reference.index)
    productInstance(participant)
  }

  func deviceNames(of device: Cursor, in role: Draft.Slot, _ holder: Name) {
    for name in objects(.deviceName, in: device) {
      guard let type = leaf(.type, in: name), let text = leaf(.name, in: name) else { continue }
      let target: Name = type.text == "model-name" ? .manufacturerModelName : .softwareName
      let element = element(holder, of: role)
      guard child(target, of: element) == nil else { continue }
      self.text(text.sourced, in: add(target, in: element))
      if type.text == "model-name" || type.text == "other" { markStructural(type) }
    }
    if holder == .assignedAuthoringDevice {
      let element = element(holder, of: role)
      for name in [Name.manufacturerModelName, .softwareName] { silent(name, in: element) }
    }
  }

  /// The unique device identifier as people read it holds its parts.
  func udi(of device: Cursor, in role: Draft.Slot) {
    for carrier in objects(.udiCarrier, in: device).prefix(1) {
      guard let text = leaf(.carrierHRF, in: carrier) else { continue }
      let id = values(.identifier, in: device).first { identifier in
        leaf(.value, in: identifier.object).map { $0.text == text.text } ?? false
      }
      // It stands among the identifiers as well.
      let element: Draft.Slot
      if let id, let made = ii(id, in: role) {
        done.insert(id.key)
        element = made
      } else {
        element = add(.id, in: role)
        constant(.root, "2.16.840.1.113883.3.3719", in: element)
        attribute(.extension, text.sourced, in: element)
      }
      note(.leaf(text), element)
      let parts = UDI(text.text.string)
      for (name, part, holder) in [
        (Name.deviceIdentifier, parts.device, carrier), (.manufactureDate, parts.made, device),
        (.expirationDate, parts.expires, device), (.lotNumber, parts.lot, device),
        (.serialNumber, parts.serial, device),
      ] {
        if let leaf = leaf(name, in: holder), let part, leaf.text == part {
          markStructural(leaf)
        }
      }
    }
  }
}
