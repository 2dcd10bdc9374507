import ClinicalTree
import Definitions

// Paths through elements (section 5.1 and 5.8, and R4's fhirpath.html).

extension Machine {
  /// The members with a name of everything that a source gives.
  mutating func member(_ source: Int32, _ number: Int32) throws(FHIRPathError) {
    let step = program.steps[Int(number)]
    // The focus and constants need not go over the stack.
    if case .this = program.operations[Int(source)] {
      if let this { push(step, of: this) }
      return
    }
    let start = try result(of: source)
    let end = stack.count
    for place in start..<end {
      push(step, of: stack[place])
      try charge(source)
    }
    drop(start..<end)
  }

  /// The first name of a path: a type that the focus has, or a member of the focus.
  mutating func root(_ step: PathStep, of item: Item) {
    switch item {
    case .node(let node):
      if step.type != 0, facts.type(Int(node.type), is: Int(step.type)) {
        return stack.append(item)
      }
    case .cda(let cursor, let type):
      if cursor.name == step.name && cursor.index == 0 { return stack.append(item) }
      if type > 0, step.name != .none {
        let named = CDAFacts.r2.type(named: step.name)
        if named != 0, CDAFacts.r2.type(Int(type), is: named) { return stack.append(item) }
      }
    default: break
    }
    push(step, of: item)
  }

  /// The members with a name of an item.
  mutating func push(_ step: PathStep, of item: Item) {
    switch item {
    case .node(let node): push(step, of: node)
    case .cda(let cursor, let type): pushCDA(step, of: cursor, type)
    case .quantity(let number): pushPart(step, of: quantities[Int(number)])
    case .typeInfo(let isFHIR, let name):
      if step.spelling == "name" {
        stack.append(.string(name))
      } else if step.spelling == "namespace" {
        stack.append(.string(isFHIR ? Text("FHIR") : Text("System")))
      }
    default: break
    }
  }

  private mutating func pushPart(_ step: PathStep, of quantity: PathQuantity) {
    if step.name == .value { stack.append(.decimal(quantity.text)) }
    if step.name == .unit || step.name == .code { stack.append(.string(quantity.unit)) }
  }

  // MARK: FHIR

  private mutating func push(_ step: PathStep, of node: FHIRNode) {
    var object = node.cursor
    if object.kind != .object {
      guard node.shadow >= 0 else { return }
      object = object.at(Int(node.shadow))
      guard object.kind == .object else { return }
    }
    let type = Int(node.type)
    if type != 0, step.name != .none {
      if let member = facts.member(step.name, in: type) {
        return pushProperty(step.name, of: object, facts.type(of: member))
      }
      guard step.isChoice else { return }
      for child in object.children where !child.node.flags.contains(.shadow) {
        if let member = facts.member(child.name, in: type), facts.choice(of: member) == step.name {
          return pushProperty(child.name, of: object, facts.type(of: member))
        }
      }
      guard object.node.flags.contains(.hasShadows) else { return }
      for child in object.children where child.node.flags.contains(.shadow) {
        if let member = facts.member(child.name, in: type), facts.choice(of: member) == step.name {
          return pushProperty(child.name, of: object, facts.type(of: member))
        }
      }
    } else if type == 0 {
      for child in object.children
      where !child.node.flags.contains(.shadow) && child.nameText == step.spelling {
        return pushProperty(child.name, of: object, 0)
      }
    }
  }

  private mutating func pushProperty(_ name: Name, of object: Cursor, _ type: Int) {
    let value = object.property(name)
    var shadow: Cursor?
    if object.node.flags.contains(.hasShadows) { shadow = object.property(name, shadow: true) }
    push(value, shadow, type)
  }

  /// The values of a property and of its partner, arrays taken apart.
  private mutating func push(_ value: Cursor?, _ shadow: Cursor?, _ type: Int) {
    guard let value else {
      guard let shadow else { return }
      if shadow.kind == .array {
        for item in shadow.children where item.kind == .object {
          stack.append(.node(FHIRNode(item, type: type, shadow: item.index, hasValue: false)))
        }
      } else if shadow.kind == .object {
        stack.append(.node(FHIRNode(shadow, type: type, shadow: shadow.index, hasValue: false)))
      }
      return
    }
    guard value.kind == .array else { return pushOne(value, shadow, type) }
    guard let shadow, shadow.kind == .array else {
      for item in value.children { pushOne(item, nil, type) }
      return
    }
    var shadows = shadow.children
    for item in value.children { pushOne(item, shadows.next(), type) }
    while let rest = shadows.next() { pushOne(nil, rest, type) }
  }

  private mutating func pushOne(_ value: Cursor?, _ shadow: Cursor?, _ type: Int) {
    let partner = shadow.flatMap { $0.kind == .object ? $0.index : nil } ?? -1
    if let value, value.kind != .null {
      let own = facts.holdsResource(type) ? resourceType(value) : type
      stack.append(.node(FHIRNode(value, type: own, shadow: partner)))
    } else if partner >= 0, let shadow {
      stack.append(.node(FHIRNode(shadow, type: type, shadow: partner, hasValue: false)))
    }
  }

  /// The type that a resource states, or 0.
  func resourceType(_ object: Cursor) -> Int {
    guard object.kind == .object, let name = object.property(.resourceType) else { return 0 }
    return NameTable.standard.lookUp(name.text.start, name.text.count)
      .map { facts.type(named: $0) } ?? 0
  }

  /// All members of an item, in their order.
  mutating func pushChildren(of item: Item) {
    switch item {
    case .node(let node): pushChildren(of: node)
    case .cda(let cursor, let type):
      for child in cursor.children
      where child.kind == .element || child.kind == .attribute
        || child.kind == .text && !child.text.isBlank
      {
        stack.append(cdaItem(child, in: type))
      }
    default: break
    }
  }

  private mutating func pushChildren(of node: FHIRNode) {
    var object = node.cursor
    if object.kind != .object {
      guard node.shadow >= 0 else { return }
      object = object.at(Int(node.shadow))
      guard object.kind == .object else { return }
    }
    let hasShadows = object.node.flags.contains(.hasShadows)
    for child in object.children {
      if child.name == .resourceType, facts.kind(of: Int(node.type)) == .resource { continue }
      let isShadow = child.node.flags.contains(.shadow)
      if isShadow, object.property(child.name) != nil { continue }
      let type =
        node.type == 0
        ? 0 : facts.member(child.name, in: Int(node.type)).map { facts.type(of: $0) } ?? 0
      if isShadow {
        push(nil, child, type)
      } else {
        push(child, hasShadows ? object.property(child.name, shadow: true) : nil, type)
      }
    }
  }

  /// Everything below the items from a place on, level by level.
  mutating func pushDescendants(from start: Int, _ operation: Int32) throws(FHIRPathError) {
    var place = start
    let sources = stack.count - start
    while place < stack.count {
      pushChildren(of: stack[place])
      place += 1
      try charge(operation)
    }
    drop(start..<start + sources)
  }

  // MARK: CDA

  /// The members with a name: attributes and elements by their local names, those of the SDTC
  /// namespace with `sdtc` before, and `xmlText` for the text of an element.
  private mutating func pushCDA(_ step: PathStep, of cursor: Cursor, _ type: Int32) {
    guard cursor.kind == .element else { return }
    var isFound = false
    for child in cursor.children {
      guard child.kind == .element || child.kind == .attribute else { continue }
      let isNamed =
        step.name != .none ? child.name == step.name : child.nameText == step.spelling
      if isNamed, child.node.flags.space != .sdtc {
        stack.append(cdaItem(child, in: type))
        isFound = true
      }
    }
    if isFound { return }
    let spelling = step.spelling
    if spelling == "xmlText" {
      for child in cursor.children where child.kind == .text && !child.text.isBlank {
        stack.append(cdaItem(child, in: type))
      }
    } else if spelling.hasPrefix("sdtc"), spelling.count > 4 {
      let rest = spelling.slice(4..<spelling.count)
      for child in cursor.children
      where (child.kind == .element || child.kind == .attribute)
        && child.node.flags.space == .sdtc
        && child.nameText.count == rest.count && isCapitalized(rest, of: child.nameText)
      {
        stack.append(cdaItem(child, in: type))
      }
    }
  }

  /// Whether a name is another one with its first letter in upper case.
  private func isCapitalized(_ name: Text, of other: Text) -> Bool {
    name[0] | 0x20 == other[0] | 0x20
      && name.slice(1..<name.count) == other.slice(1..<other.count)
  }

  /// A child of CDA with its type: that of `xsi:type` where it is given.
  func cdaItem(_ cursor: Cursor, in type: Int32) -> Item {
    guard cursor.kind == .element else {
      let attribute =
        cursor.kind == .attribute && type > 0
        ? CDAFacts.r2.attribute(cursor.name, of: Int(type)) : nil
      return .cda(cursor, type: Int32(-(attribute?.type ?? 0)))
    }
    if let named = cursor.attribute(.type), named.node.flags.space == .xsi {
      let name = named.text.trimmed
      let local =
        name.lastIndex(of: UInt8(ascii: ":")).map { name.slice($0 + 1..<name.count) } ?? name
      let derived = CDAFacts.r2.type(named: local)
      if derived != 0 { return .cda(cursor, type: Int32(derived)) }
    }
    let own = type > 0 ? CDAFacts.r2.elementType(cursor.name, in: Int(type)) : 0
    return .cda(cursor, type: Int32(own))
  }

  // MARK: Values

  /// The value of an item as a system type; an element that has parts is its own value, an element
  /// without a value has none.
  func value(of item: Item) -> Item? {
    switch item {
    case .node(let node): return value(of: node)
    case .cda(let cursor, let type):
      if cursor.kind == .element { return item }
      let text = cursor.text
      guard type < 0 else { return .string(text) }
      switch CDAFacts.r2.simpleType(-Int(type)).title {
      case let title where title == "bl" || title == "bn" || title == "boolean":
        return text == "true" ? .boolean(true) : text == "false" ? .boolean(false) : .string(text)
      case let title where title == "int" || title == "integer":
        return Int(text.string).map { .integer($0) } ?? .string(text)
      case let title where title == "real" || title == "decimal":
        return ExactDecimal(text) == nil ? .string(text) : .decimal(text)
      default: return .string(text)
      }
    default: return item
    }
  }

  private func value(of node: FHIRNode) -> Item? {
    guard node.hasValue else { return nil }
    let cursor = node.cursor
    switch cursor.kind {
    case .true: return .boolean(true)
    case .false: return .boolean(false)
    case .number:
      if model.systemType(of: node.type) != .decimal, let whole = integer(cursor.text) {
        return .integer(whole)
      }
      return .decimal(cursor.text)
    case .string:
      switch model.systemType(of: node.type) {
      case .date: return .date(cursor.text)
      case .dateTime: return .dateTime(cursor.text)
      case .time: return .time(cursor.text)
      default: return .string(cursor.text)
      }
    default: return .node(node)
    }
  }

  private func integer(_ text: Text) -> Int? {
    var value = 0
    var position = text.hasPrefix("-") ? 1 : 0
    guard position < text.count, text.count < 19 else { return nil }
    while position < text.count {
      guard Bytes.isDigit(text[position]) else { return nil }
      value = value * 10 + Int(text[position] - 0x30)
      position += 1
    }
    return text.hasPrefix("-") ? -value : value
  }

  /// A quantity of FHIR as one of FHIRPath; `nil` for anything else, and with a comparator.
  mutating func asQuantity(_ item: Item) -> Item? {
    switch item {
    case .quantity: return item
    case .node(let node):
      guard node.cursor.kind == .object, facts.type(Int(node.type), is: model.quantity),
        let value = node.cursor.property(.value), value.kind == .number,
        let number = ExactDecimal(value.text), node.cursor.property(.comparator) == nil
      else { return nil }
      let unit = node.cursor.property(.code) ?? node.cursor.property(.unit)
      return quantity(number, unit?.text ?? Text("1"), nil)
    default: return nil
    }
  }
}
