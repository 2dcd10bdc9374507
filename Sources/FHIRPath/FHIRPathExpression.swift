public import ClinicalTree
import Definitions

/// A FHIRPath expression (normative release 1, with what R4 adds), read once and evaluated often.
///
/// Evaluation works on FHIR in JSON or XML and on CDA. It takes no longer than its limits allow, and
/// patterns run in time linear in the text.
public struct FHIRPathExpression: Sendable {
  /// The expression as it was written.
  public let text: String
  let syntax: Syntax
  let program: Program

  /// Reads an expression. Linear in its length.
  ///
  /// - Throws: ``FHIRPathError`` when it is none, or calls what does not exist.
  public init(_ text: String) throws(FHIRPathError) {
    self.text = text
    syntax = try Parser.parse(text)
    program = try Program(syntax)
  }

  /// What an evaluation is given beside the document.
  public struct Environment: Sendable {
    /// The moment of `now()`, in the form of a FHIR dateTime.
    public var now: String
    /// How many operations an evaluation may take.
    public var steps = PathLimits().steps
    /// Gets what `trace()` shows: the name and the values.
    public var trace: @Sendable (String, [FHIRPathValue]) -> Void

    /// An environment; without `now` the moment is the beginning of 2000, so that nothing depends on
    /// a clock unless it is asked for.
    public init(
      now: String = "2000-01-01T00:00:00.000Z",
      trace: @escaping @Sendable (String, [FHIRPathValue]) -> Void = { _, _ in }
    ) {
      self.now = now
      self.trace = trace
    }

    var limits: PathLimits {
      var limits = PathLimits()
      limits.steps = steps
      return limits
    }
  }

  /// The values that the expression has on a document, in their order.
  ///
  /// - Throws: ``FHIRPathError`` when the evaluation fails or reaches a limit.
  public func evaluate(
    on tree: Tree?, _ environment: Environment = Environment()
  ) throws(FHIRPathError) -> [FHIRPathValue] {
    guard let tree else {
      var machine = Machine(
        host: DocumentHost(environment, tree: nil, root: nil), limits: environment.limits)
      let range = try machine.evaluate(program, on: nil)
      return machine.stack[range].map { FHIRPathValue($0, machine) }
    }
    return try tree.withCursor { root throws(FHIRPathError) in
      var machine = Machine(
        host: DocumentHost(environment, tree: tree, root: root), limits: environment.limits)
      machine.tree = tree
      let item = machine.item(root)
      machine.resource = item
      machine.rootResource = item
      let range = try machine.evaluate(program, on: item)
      return machine.stack[range].map { FHIRPathValue($0, machine) }
    }
  }

  /// What is wrong with the expression for a type of R4 such as `Patient`: unknown names, operands of
  /// wrong types, an order asked of what has none.
  public func faults(on type: String) -> [FHIRPathError] {
    StaticCheck.faults(of: syntax, on: FHIRFacts.r4.type(named: type))
  }
}

extension Machine {
  /// The root of a document as an item.
  func item(_ root: Cursor) -> Item {
    if root.kind == .element {
      let type = CDAFacts.r2.type(named: root.name)
      let own = root.name == .ClinicalDocument ? CDAFacts.r2.clinicalDocument : type
      return .cda(root, type: Int32(own))
    }
    return .node(FHIRNode(root, type: resourceType(root)))
  }
}

/// The world of an expression that is evaluated on its own: one document.
struct DocumentHost: PathHost {
  private let environment: FHIRPathExpression.Environment
  private let root: Cursor?
  private let index: ResourceIndex?
  var now: String { environment.now }

  init(_ environment: FHIRPathExpression.Environment, tree: Tree?, root: Cursor?) {
    self.environment = environment
    self.root = root
    index = root.map { ResourceIndex($0) }
  }

  func resolve(_ reference: Text, from place: Cursor?) -> FHIRNode? {
    guard let root, let index,
      case .found(let number) = index.target(of: reference, from: place?.index ?? 0, in: root)
    else { return nil }
    let object = root.at(index.resources[number].index)
    let type = object.property(.resourceType)
      .flatMap { NameTable.standard.lookUp($0.text.start, $0.text.count) }
      .map { FHIRFacts.r4.type(named: $0) }
    return FHIRNode(object, type: type ?? 0)
  }

  /// The profiles of R4's own types are known: a resource conforms to that of its type.
  func conforms(_ node: FHIRNode, to profile: Text) -> Bool? {
    let base = "http://hl7.org/fhir/StructureDefinition/"
    let url = profile.string
    guard url.hasPrefix(base) else { return nil }
    let type = FHIRFacts.r4.type(named: String(url.dropFirst(base.count)))
    return type == 0 ? nil : FHIRFacts.r4.type(Int(node.type), is: type)
  }

  func isMember(_ code: Text, of system: Text?, in valueSet: Text) -> Bool? {
    FHIRFacts.r4.codeSet(named: valueSet).map {
      FHIRFacts.r4.codeSet($0, contains: code, system: system)
    }
  }

  func subsumes(_ code: Text, _ other: Text, in system: Text) -> Bool? {
    code == other ? true : nil
  }

  func isNarrative(_ text: Text) -> Bool { text.hasPrefix("<div") }

  func hasTemplateId(_ element: Cursor, of profile: Text) -> Bool? {
    // The templates of C-CDA have their ids in the ends of their URLs.
    let url = profile.string
    guard let slash = url.lastIndex(of: "/") else { return nil }
    let parts = url[url.index(after: slash)...].split(separator: "|")
    return parts.first.map { root in
      element.all(.templateId).contains {
        $0.attribute(.root).map { $0.text == String(root) } ?? false
      }
    }
  }

  func trace(_ name: String, _ values: () -> [FHIRPathValue]) {
    environment.trace(name, values())
  }
}
