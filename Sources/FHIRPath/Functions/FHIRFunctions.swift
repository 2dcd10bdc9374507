import ClinicalTree
import Definitions

// The functions that FHIR adds (R4 fhirpath.html), and those of C-CDA's definitions.

extension Machine {
  mutating func fhir(_ function: Function, _ call: Call, _ start: Int) throws(FHIRPathError) {
    switch function {
    case .extension: try extensions(call, start)
    case .hasValue:
      let has: Bool
      if stack.count == start + 1, case .node(let node) = stack[start] {
        has = node.hasValue && node.cursor.kind != .object
      } else if stack.count == start + 1, case .cda(let cursor, _) = stack[start] {
        has = cursor.kind != .element
      } else {
        has = stack.count == start + 1
      }
      drop(to: start)
      push(has)
    case .getValue:
      let item = try singleValue(start, call.operation)
      drop(to: start)
      if let item, !item.isNode { stack.append(item) }
    case .resolve: try resolve(call, start)
    case .conformsTo: try conformsTo(call, start)
    case .memberOf: try memberOf(call, start)
    case .subsumes, .subsumedBy: try subsumption(function, call, start)
    case .htmlChecks: try htmlChecks(call, start)
    case .hasTemplateIdOf: try hasTemplateId(call, start)
    case .getResourceKey, .getReferenceKey: try key(function, call, start)
    case .checkModifiers: try checkModifiers(call, start)
    default:
      throw fault(
        .unavailable, "\(function.rawValue) needs definitions that are not at hand", call.operation)
    }
  }

  private mutating func extensions(_ call: Call, _ start: Int) throws(FHIRPathError) {
    guard let url = try text(0, call) else { return drop(to: start) }
    let end = stack.count
    for place in start..<end {
      guard case .node(let node) = stack[place] else { continue }
      var object = node.cursor
      if object.kind != .object {
        guard node.shadow >= 0 else { continue }
        object = object.at(Int(node.shadow))
        guard object.kind == .object else { continue }
      }
      for item in object.values(.extension) where item.kind == .object {
        if let own = item.property(.url), own.text == url {
          stack.append(.node(FHIRNode(item, type: facts.extensionType)))
        }
      }
    }
    drop(start..<end)
  }

  private mutating func resolve(_ call: Call, _ start: Int) throws(FHIRPathError) {
    let items = Array(stack[start...])
    drop(to: start)
    for item in items {
      var place: Cursor?
      var reference: Text?
      if case .node(let node) = item {
        place = node.cursor
        if node.cursor.kind == .object { reference = node.cursor.property(.reference)?.text }
      }
      if reference == nil, case .string(let text)? = value(of: item) { reference = text }
      if let reference, let found = host.resolve(reference, from: place) {
        stack.append(.node(found))
      }
    }
  }

  private mutating func conformsTo(_ call: Call, _ start: Int) throws(FHIRPathError) {
    let item = try single(start, call.operation)
    drop(to: start)
    guard let profile = try text(0, call), let item else { return }
    guard case .node(let node) = item, let answer = host.conforms(node, to: profile) else {
      throw fault(.unavailable, "a profile that is not at hand", call.operation)
    }
    push(answer)
  }

  private mutating func memberOf(_ call: Call, _ start: Int) throws(FHIRPathError) {
    let item = try single(start, call.operation)
    drop(to: start)
    guard let valueSet = try text(0, call), let item else { return }
    var answer: Bool? = false
    for (code, system) in codings(of: item) {
      guard let isMember = host.isMember(code, of: system, in: valueSet) else {
        answer = nil
        continue
      }
      if isMember { return push(true) }
    }
    push(answer)
  }

  /// The codes of a code, Coding or CodeableConcept, or of a CD of CDA.
  private func codings(of item: Item) -> [(code: Text, system: Text?)] {
    switch item {
    case .node(let node) where node.cursor.kind == .object:
      if let code = node.cursor.property(.code), code.kind == .string {
        return [(code.text, node.cursor.property(.system)?.text)]
      }
      return node.cursor.values(.coding).compactMap { coding in
        guard coding.kind == .object, let code = coding.property(.code) else { return nil }
        return (code.text, coding.property(.system)?.text)
      }
    case .cda(let cursor, _) where cursor.kind == .element:
      guard let code = cursor.attribute(.code) else { return [] }
      return [(code.text, cursor.attribute(.codeSystem)?.text)]
    default:
      guard case .string(let text)? = value(of: item) else { return [] }
      return [(text, nil)]
    }
  }

  private mutating func subsumption(_ function: Function, _ call: Call, _ start: Int)
    throws(FHIRPathError)
  {
    let item = try single(start, call.operation)
    drop(to: start)
    let middle = try result(of: argument(0, call))
    let other = try single(middle, call.operation)
    drop(to: middle)
    guard let item, let other else { return }
    var answer: Bool? = false
    for (a, system) in codings(of: item) {
      for (b, otherSystem) in codings(of: other) where system == otherSystem {
        guard let system else { continue }
        let (upper, lower) = function == .subsumes ? (a, b) : (b, a)
        guard let holds = host.subsumes(upper, lower, in: system) else {
          answer = nil
          continue
        }
        if holds { return push(true) }
      }
    }
    push(answer)
  }

  private mutating func htmlChecks(_ call: Call, _ start: Int) throws(FHIRPathError) {
    let item = try singleValue(start, call.operation)
    drop(to: start)
    guard case .string(let text)? = item else { return }
    push(host.isNarrative(text))
  }

  private mutating func hasTemplateId(_ call: Call, _ start: Int) throws(FHIRPathError) {
    let item = try single(start, call.operation)
    drop(to: start)
    guard let profile = try text(0, call), let item else { return }
    guard case .cda(let cursor, _) = item else { return push(false) }
    guard let answer = host.hasTemplateId(cursor, of: profile) else {
      throw fault(.unavailable, "a profile that is not at hand", call.operation)
    }
    push(answer)
  }

  /// Keys that join resources and references to them, as SQL on FHIR has them.
  private mutating func key(_ function: Function, _ call: Call, _ start: Int)
    throws(FHIRPathError)
  {
    let item = try single(start, call.operation)
    drop(to: start)
    guard case .node(let node)? = item, node.cursor.kind == .object else { return }
    if function == .getResourceKey {
      guard let id = node.cursor.property(.id) else { return }
      return stack.append(
        .string(arena.join(facts.title(of: Int(node.type)), Text("/"), id.text)))
    }
    guard let reference = node.cursor.property(.reference)?.text else { return }
    let parts = reference.string.split(separator: "/")
    guard parts.count >= 2 else { return }
    if call.count > 0, case .root(let number) = program.operations[Int(argument(0, call))],
      !(program.steps[Int(number)].spelling == String(parts[parts.count - 2]))
    {
      return
    }
    stack.append(string(parts.suffix(2).joined(separator: "/")))
  }

  private mutating func checkModifiers(_ call: Call, _ start: Int) throws(FHIRPathError) {
    var allowed: [Text] = []
    for number in 0..<call.count {
      if let url = try text(number, call) { allowed.append(url) }
    }
    for item in stack[start...] {
      guard case .node(let node) = item, node.cursor.kind == .object else { continue }
      for modifier in node.cursor.values(.modifierExtension) where modifier.kind == .object {
        guard let url = modifier.property(.url)?.text, allowed.contains(url) else {
          throw fault(.wrongType, "a modifier extension that is not understood", call.operation)
        }
      }
    }
  }
}
