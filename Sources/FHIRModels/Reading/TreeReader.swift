public import ClinicalTree

extension R4.Structure {
  /// Reads a JSON object; what does not fit is reported beside the value and is not in it.
  ///
  /// - Throws: `JSON.ParsingError` when the text is not JSON.
  public static func reading(
    json bytes: [UInt8]
  ) throws(JSON.ParsingError) -> (value: Self, issues: [Issue]) {
    let (tree, issues) = try Tree.json(bytes, names: .empty)
    let (value, more) = reading(tree)
    return (value, issues + more)
  }

  /// Reads the object at the root of a tree.
  public static func reading(_ tree: Tree) -> (value: Self, issues: [Issue]) {
    let findings = ReadingFindings()
    let value: Self = tree.withCursor { root in
      var value = Self(empty: R4.Empty())
      TreeReader(tree, root, findings).read(&value)
      return value
    }
    return (value, findings.issues(in: tree))
  }

  /// Reads a JSON object.
  ///
  /// - Throws: `JSON.ParsingError` when the text is not JSON, or with the issues of what does not fit.
  public init(json bytes: [UInt8]) throws(JSON.ParsingError) {
    let (value, issues) = try Self.reading(json: bytes)
    let errors = issues.filter { $0.severity == .error }
    guard errors.isEmpty else { throw JSON.ParsingError(errors) }
    self = value
  }
}

/// What does not fit, by node.
final class ReadingFindings {
  private var all: [(node: Int, message: String)] = []

  func add(_ node: Int, _ message: String) { all.append((node, message)) }

  func issues(in tree: Tree) -> [Issue] {
    if all.isEmpty { return [] }
    var paths = PathWriter(tree)
    var lines = LineTable(tree.source)
    return all.sorted { $0.node < $1.node }.map { finding in
      Issue(
        R4.unreadable, finding.message, path: paths.path(of: finding.node),
        position: lines.position(of: Int(tree.nodes[finding.node].place)))
    }
  }
}

extension R4 {
  static let unreadable = Issue.Code(
    "R4-0001", "A value does not fit its place in R4",
    explanation: "The models have no place for it, so it is not in the value that was read.",
    repair: "Validate the resource; the base standard says what is allowed here.")

  /// The codes that this module gives out.
  package static let issueCodes = [unreadable]
}

/// Fills structures from JSON objects.
final class TreeReader: R4.Visitor {
  private let tree: Tree
  private let object: Cursor
  private let findings: ReadingFindings
  /// The properties that some member has taken.
  private var taken: Set<Int> = []

  init(_ tree: Tree, _ object: Cursor, _ findings: ReadingFindings) {
    self.tree = tree
    self.object = object
    self.findings = findings
  }

  /// Reads all members, and reports properties that none of them is.
  func read<Value: R4.Structure>(_ value: inout Value) {
    guard object.kind == .object else { return findings.add(object.index, "expected an object") }
    if Value.self is any R4.ResourceType.Type, let type = find("resourceType") {
      taken.insert(type.index)
    }
    // The reader itself never throws.
    try? value.visit(self)
    for child in object.children where !taken.contains(child.index) {
      findings.add(child.index, "no member of this type")
    }
  }

  private func find(_ name: StaticString, shadow: Bool = false) -> Cursor? {
    guard let name = tree.name("\(name)"), let found = object.property(name, shadow: shadow) else {
      return nil
    }
    taken.insert(found.index)
    return found
  }

  func text(_ name: StaticString, _ member: inout String?) {
    guard let found = find(name) else { return }
    if found.kind == .string {
      member = found.text.string
    } else {
      findings.add(found.index, "expected a string")
    }
  }

  func primitive<Value>(_ name: StaticString, _ member: inout R4.Primitive<Value>?) {
    member = primitive(find(name), find(name, shadow: true))
  }

  func primitives<Value>(_ name: StaticString, _ member: inout [R4.Primitive<Value>]) {
    let values = find(name).map { Array($0.items) } ?? []
    let shadows = find(name, shadow: true).map { Array($0.items) } ?? []
    for place in 0..<max(values.count, shadows.count) {
      let shadow = place < shadows.count && shadows[place].kind != .null ? shadows[place] : nil
      let value = place < values.count ? values[place] : nil
      member.append(primitive(value, shadow) ?? R4.Primitive(nil))
    }
  }

  fileprivate func primitive<Value>(_ value: Cursor?, _ shadow: Cursor?) -> R4.Primitive<Value>? {
    var made: R4.Primitive<Value>?
    if let value, value.kind != .null {
      let isQuoted = value.kind == .string
      if value.kind == .object || value.kind == .array || isQuoted != Value.isQuoted {
        findings.add(value.index, "expected another kind of value")
      } else if let read = Value(fhir: value.text.string) {
        made = R4.Primitive(read)
      } else {
        findings.add(value.index, "not a value of this type")
      }
    }
    guard let shadow else { return made }
    var extras = PrimitiveExtras(empty: R4.Empty())
    TreeReader(tree, shadow, findings).read(&extras)
    return R4.Primitive(made?.value, id: extras.id, extension: extras.`extension`)
  }

  func structure<Value: R4.Structure>(_ name: StaticString, _ member: inout Value?) {
    if let found = find(name) { member = structure(found) }
  }

  func boxed<Value: R4.Structure>(_ name: StaticString, _ member: inout R4.Box<Value>?) {
    if let found = find(name) { member = R4.Box(structure(found)) }
  }

  fileprivate func structure<Value: R4.Structure>(_ found: Cursor) -> Value {
    var value = Value(empty: R4.Empty())
    TreeReader(tree, found, findings).read(&value)
    return value
  }

  func structures<Value: R4.Structure>(_ name: StaticString, _ member: inout [Value]) {
    guard let found = find(name) else { return }
    if found.kind != .array { findings.add(found.index, "expected an array") }
    for item in found.items { member.append(structure(item)) }
  }

  func choice<Value: R4.Choice>(_ stem: StaticString, _ member: inout Value?) {
    for child in object.children where !taken.contains(child.index) {
      let name = child.nameText
      guard name.count > stem.utf8CodeUnitCount, name.hasPrefix(stem) else { continue }
      let form = name.slice(stem.utf8CodeUnitCount..<name.count).string
      let isShadow = child.node.flags.contains(.shadow)
      let partner = object.property(child.name, shadow: !isShadow)
      let reader = TreeFormReader(
        self, value: isShadow ? partner : child, shadow: isShadow ? child : partner)
      guard let value = try? Value(form: form, from: reader) else { continue }
      taken.insert(child.index)
      if let partner { taken.insert(partner.index) }
      if member == nil {
        member = value
      } else {
        findings.add(child.index, "a second form of a choice")
      }
    }
  }

  func resource(_ name: StaticString, _ member: inout R4.Resource?) {
    if let found = find(name) { member = R4.Resource(tree, found, findings) }
  }

  func resources(_ name: StaticString, _ member: inout [R4.Resource]) {
    guard let found = find(name) else { return }
    for item in found.items { member.append(R4.Resource(tree, item, findings)) }
  }
}

private final class TreeFormReader: R4.FormReader {
  private let reader: TreeReader
  private let value: Cursor?
  private let shadow: Cursor?

  init(_ reader: TreeReader, value: Cursor?, shadow: Cursor?) {
    self.reader = reader
    self.value = value
    self.shadow = shadow
  }

  func primitive<Value>() -> R4.Primitive<Value> {
    reader.primitive(value, shadow) ?? R4.Primitive(nil)
  }

  func structure<Value: R4.Structure>() -> Value {
    value.map { reader.structure($0) } ?? Value(empty: R4.Empty())
  }
}

/// The id and the extensions of a primitive, as its underscore partner holds them.
struct PrimitiveExtras: R4.Structure {
  var id: String?
  var `extension`: [R4.Extension] = []

  init(empty: R4.Empty) {}

  init(id: String?, extension extensions: [R4.Extension]) {
    self.id = id
    self.`extension` = extensions
  }

  mutating func visit(_ visitor: any R4.Visitor) throws {
    try visitor.text("id", &id)
    try visitor.structures("extension", &`extension`)
  }
}
