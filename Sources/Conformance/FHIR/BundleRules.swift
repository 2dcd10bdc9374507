import ClinicalTree
import Definitions
import FHIRPath

/// The rules of Bundles (bundle.html) that are no invariants, and bdl-7.
extension FHIRValidation {
  func bundle(_ bundle: Cursor) {
    let type = bundle.property(.type)?.text.string ?? ""
    let entries = bundle.values(.entry).filter { $0.kind == .object }
    fullUrls(entries, type)
    if options.isBaseOnly { return }
    links(bundle, type)
    switch type {
    case "document": document(bundle, entries)
    case "message": message(entries)
    case "searchset": search(bundle, entries)
    default: break
    }
  }

  private func fullUrls(_ entries: [Cursor], _ type: String) {
    var seen: Set<Text> = []
    var relative: (node: Int, count: Int)?
    for entry in entries {
      let resource = entry.property(.resource)
      guard let url = entry.property(.fullUrl), url.kind == .string else {
        if type == "document" || type == "message", !options.isBaseOnly {
          report(Conformance.badBundle, at: entry.index, "an entry without fullUrl")
        }
        continue
      }
      let version = resource?.property(.meta)?.property(.versionId)
      if type != "history", version == nil, !seen.insert(url.text).inserted {
        report(Conformance.repeatedFullUrl, at: url.index, "a fullUrl that stood before")
      }
      if options.isBaseOnly { continue }
      if !ResourceIndex.isAbsolute(url.text) {
        relative = (relative?.node ?? url.index, (relative?.count ?? 0) + 1)
      } else if let resource {
        restURL(url, of: resource)
      }
    }
    if let relative {
      report(
        Conformance.badBundle, at: relative.node,
        relative.count == 1
          ? "a fullUrl is absolute"
          : "\(relative.count) entries have a fullUrl that is not absolute")
    }
  }

  /// A fullUrl that looks like that of a server ends in the type and id of its resource.
  private func restURL(_ url: Cursor, of resource: Cursor) {
    guard url.text.hasPrefix("http"), let named = FHIRValidation.type(namedIn: url.text),
      resource.kind == .object
    else { return }
    let slash = url.text.lastIndex(of: UInt8(ascii: "/")) ?? 0
    let id = resource.property(.id)?.text
    let type = type(of: resource)
    if id == nil || type != named || url.text.slice(slash + 1..<url.text.count) != id {
      report(
        Conformance.badBundle, at: url.index,
        "a fullUrl of this form ends in the type and id of the resource")
    }
  }

  private func links(_ bundle: Cursor, _ type: String) {
    var seen: Set<Text> = []
    for link in bundle.values(.link) where link.kind == .object {
      guard let relation = link.property(.relation), relation.kind == .string else { continue }
      let isUnique = ["self", "first", "last", "next", "previous", "prev"]
        .contains(relation.text.string)
      if isUnique, !seen.insert(relation.text).inserted {
        report(Conformance.badBundle, at: link.index, "a relation that stood before")
      }
      if relation.text == "stylesheet", let url = link.property(.url), type == "document",
        !ResourceIndex.isAbsolute(url.text), resolve(url.text, from: bundle.index) == nil
      {
        report(Conformance.badBundle, at: url.index, "the stylesheet is not in the Bundle")
      }
    }
  }

  // MARK: Documents and messages

  private func document(_ bundle: Cursor, _ entries: [Cursor]) {
    guard let first = entries.first?.property(.resource), first.kind == .object else { return }
    compositionLinks(first)
    // What can be reached from the Composition, in either direction.
    let numbers = entries.compactMap { entry in
      entry.property(.resource).flatMap { resource in
        index.resources.firstIndex { $0.index == resource.index }
      }
    }
    var near: [Int: Set<Int>] = [:]
    for number in numbers {
      for target in targets(in: number) {
        near[number, default: []].insert(target)
        near[target, default: []].insert(number)
      }
    }
    guard let start = numbers.first else { return }
    // The Bundle itself links to its stylesheets.
    let stylesheets = bundle.values(.link).compactMap { link -> Int? in
      guard link.kind == .object, link.says(.relation, "stylesheet"), let url = link.property(.url),
        case .found(let target) = index.target(of: url.text, from: bundle.index, in: root)
      else { return nil }
      return target
    }
    var reached: Set<Int> = Set(stylesheets + [start])
    var open = Array(reached)
    while let number = open.popLast() {
      for next in near[number] ?? [] where reached.insert(next).inserted { open.append(next) }
    }
    for (entry, number) in zip(entries, numbers) where !reached.contains(number) {
      report(
        Conformance.badBundle, at: entry.index, "no link leads from the Composition to this entry")
    }
  }

  /// The entries that a resource refers to, by the strings in it that are references.
  private func targets(in number: Int) -> Set<Int> {
    let resource = index.resources[number]
    var found: Set<Int> = []
    for position in resource.index..<resource.end {
      let node = root.at(position)
      guard node.kind == .string else { continue }
      let isReference =
        node.name == .reference || node.name == .uri || node.name == .url
        || node.name == .valueUri || node.name == .valueUrl || node.name == .valueCanonical
      guard isReference,
        case .found(let target) = index.target(of: node.text, from: position, in: root)
      else { continue }
      found.insert(index.holder(of: target))
    }
    return found
  }

  /// The references of a Composition lead to entries of its document.
  private func compositionLinks(_ composition: Cursor) {
    func require(_ reference: Cursor?) {
      guard let text = reference?.property(.reference), text.kind == .string else { return }
      switch index.target(of: text.text, from: composition.index, in: root) {
      case .found: break
      case .ambiguous:
        report(Conformance.badBundle, at: text.index, "several entries go by this reference")
      case .missing:
        report(
          Conformance.badBundle, at: text.index, "no entry of the document goes by this reference")
      }
    }
    func sections(_ parent: Cursor) {
      for section in parent.values(.section) where section.kind == .object {
        for entry in section.values(.entry) { require(entry) }
        sections(section)
      }
    }
    guard composition.says(.resourceType, "Composition") else { return }
    for name in [Name.subject, .encounter, .author, .custodian] {
      for reference in composition.values(name) where reference.kind == .object {
        require(reference)
      }
    }
    sections(composition)
  }

  private func message(_ entries: [Cursor]) {
    guard let header = entries.first?.property(.resource), header.kind == .object else { return }
    for focus in header.values(.focus) where focus.kind == .object {
      guard let reference = focus.property(.reference), reference.kind == .string else { continue }
      if resolve(reference.text, from: header.index) == nil {
        report(
          Conformance.badBundle, at: reference.index,
          "no entry of the message goes by this reference")
      }
    }
  }

  private func search(_ bundle: Cursor, _ entries: [Cursor]) {
    // The type that was searched for, where the link to the search itself tells.
    let own = bundle.values(.link).first { $0.kind == .object && $0.says(.relation, "self") }
    let path = own?.property(.url)?.text.string.prefix { $0 != "?" } ?? ""
    let searched = path.split(separator: "/").last.map { FHIRFacts.r4.type(named: String($0)) } ?? 0
    for entry in entries {
      guard let resource = entry.property(.resource), resource.kind == .object else { continue }
      let mode = entry.property(.search)?.property(.mode)?.text
      let isMatch = mode.map { $0 == "match" } ?? true
      let type = type(of: resource)
      let isOutcome = resource.says(.resourceType, "OperationOutcome")
      if resource.property(.id) == nil, !isOutcome {
        report(Conformance.badBundle, at: resource.index, "what a search finds has an id")
      }
      if isMatch, searched != 0, facts.kind(of: searched) == .resource, type != searched,
        !isOutcome
      {
        report(
          Conformance.badBundle, at: resource.index, "a match of another type than was searched for"
        )
      }
    }
  }
}
