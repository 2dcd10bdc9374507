import ClinicalTree
import Definitions

// The source itself beside what was made of it, on demand.

extension FHIRBuilder {
  /// Puts the source into the bundle as a Binary, with a DocumentReference that has its hash, and a
  /// Provenance that says that the Composition was made of it and by what.
  func attachSource(to composition: ResourceHandle) {
    let reason = Reason("the source is attached on demand")
    let type: StaticString = "application/xml; charset=utf-8"
    let bytes = sourceTree.source
    let text = bytes.withUnsafeBufferPointer { buffer in
      buffer.baseAddress.map { arena.base64(Text($0, buffer.count)) } ?? .empty
    }
    let key = idKey(of: source)
    let binary = addResource(.Binary, key: arena.join(Text("source"), key), content: source)
    put(rule: type, reason, as: .contentType, in: binary.slot)
    put(Sourced(text, .rule(reason)), as: .data, in: binary.slot)

    let document = addResource(
      .DocumentReference, key: arena.join(Text("source"), key), content: source)
    subject(of: document)
    put(rule: "current", reason, as: .status, in: document.slot)
    let attachment = draft.addObject(.attachment, in: draft.addObject(.content, in: document.slot))
    put(rule: type, reason, as: .contentType, in: attachment)
    put(Sourced(binary.url, .rule(reason)), as: .url, in: attachment)
    put(Sourced(arena.copy(String(bytes.count)), .rule(reason)), .number, as: .size, in: attachment)
    if let hash = NameTable.standard.lookUp("hash") {
      put(Sourced(digest(of: bytes), .rule(reason)), as: hash, in: attachment)
    }

    provenance(of: composition, from: document, reason)
  }

  private func digest(of bytes: [UInt8]) -> Text {
    var hash = SHA1()
    bytes.withUnsafeBufferPointer { buffer in
      if let start = buffer.baseAddress { hash.update(Text(start, buffer.count)) }
    }
    let digest = hash.finish()
    return digest.withUnsafeBufferPointer { buffer in
      buffer.baseAddress.map { arena.base64(Text($0, buffer.count)) } ?? .empty
    }
  }

  private func provenance(
    of composition: ResourceHandle, from document: ResourceHandle, _ reason: Reason
  ) {
    let device = addResource(.Device, key: Text("converter"), content: source)
    let name = draft.addObject(.deviceName, in: device.slot)
    put(rule: "CRESTKit", reason, as: .name, in: name)
    put(rule: "user-friendly-name", reason, as: .type, in: name)
    for (kind, version) in [
      ("software" as StaticString, Conversion.version),
      ("mapping tables" as StaticString, Conversion.tables),
    ] {
      let slot = draft.addObject(.version, in: device.slot)
      put(rule: kind, reason, as: .text, in: draft.addObject(.type, in: slot))
      put(rule: version, reason, as: .value, in: slot)
    }
    let provenance = addResource(
      .Provenance, key: arena.join(Text("source"), idKey(of: source)), content: source)
    refer(to: composition, as: .target, in: provenance.slot)
    if let time = draft.first(.timestamp, in: draft.root) {
      put(Sourced(draft.text(of: time), .rule(reason)), as: .recorded, in: provenance.slot)
    } else {
      absent(as: .recorded, in: provenance.slot)
    }
    let agent = draft.addObject(.agent, in: provenance.slot)
    concept(
      "http://terminology.hl7.org/CodeSystem/provenance-participant-type", "assembler", reason,
      as: .type, in: agent)
    refer(to: device, as: .who, in: agent)
    let entity = draft.addObject(.entity, in: provenance.slot)
    put(rule: "source", reason, as: .role, in: entity)
    refer(to: document, as: .what, in: entity)
  }
}

extension CDABuilder {
  /// A C-CDA document that is attached to what was made of it is no part of what is made of that: the
  /// resources that hold it are passed over.
  func passOverSource(of composition: Cursor?) {
    guard let composition else { return }
    for entry in resources.entries where entry.type == .Provenance {
      let provenance = entry.resource
      guard
        objects(.target, in: provenance).contains(where: {
          resolve($0)?.index == composition.index
        }),
        let entity = objects(.entity, in: provenance).first(where: {
          leaf(.role, in: $0).map { $0.text == "source" } ?? false
        }),
        let document = resolve(object(.what, in: entity)),
        let attachment = object(.attachment, in: object(.content, in: document)),
        let url = leaf(.url, in: attachment), let binary = resources.resource(at: url.text),
        leaf(.contentType, in: binary).map({ $0.text.hasPrefix("application/xml") }) ?? false
      else { continue }
      let makers = objects(.agent, in: provenance).compactMap { resolve(object(.who, in: $0)) }
      for part in [provenance, document, binary] + makers {
        passedOver.insert(part.index)
        markStructural(part)
      }
    }
  }
}
