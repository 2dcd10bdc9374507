import ClinicalTree
import Definitions

/// One step of a compiled expression; the numbers name other steps, or places in tables.
enum Operation {
  case nothing
  case constant(Int32)
  case this, index, total
  case external(Int32)
  /// The first name of a path: the type of the focus, or one of its members.
  case root(Int32)
  case member(Int32, Int32)
  case call(Function, source: Int32, arguments: Int32, count: Int32)
  case indexer(Int32, Int32)
  case polarity(Int32, isMinus: Bool)
  case binary(BinaryOperator, Int32, Int32)
  case isType(Int32, Int32)
  case asType(Int32, Int32)
}

/// A name that a path steps through.
struct PathStep {
  /// The number of the name, `.none` when no standard knows it.
  let name: Name
  let spelling: Text
  /// Whether the name stands for the forms of some choice element.
  let isChoice: Bool
  /// The FHIR type of this name, or 0.
  let type: Int32
}

/// A type that an expression names, resolved.
struct PathType {
  /// The type in the facts of R4, or 0.
  var fhir: Int
  /// The type in the facts of CDA, or 0.
  var cda: Int
  var system: SystemType?
  /// Whether there is such a type, or nothing could be of it for certain.
  var isKnown: Bool
}

/// The types of FHIRPath itself.
enum SystemType: String, Sendable {
  case boolean = "Boolean"
  case string = "String"
  case integer = "Integer"
  case decimal = "Decimal"
  case date = "Date"
  case dateTime = "DateTime"
  case time = "Time"
  case quantity = "Quantity"
}

/// What a `%name` stands for.
enum External {
  case context, resource, rootResource
  case constant(Text)
  /// Given from outside, or defined in the expression.
  case variable(String)
}

/// A compiled expression: immutable, and shared by every evaluation.
final class Program: @unchecked Sendable {
  // Sound to share: nothing changes after `init`, the memory of `arena` among it.
  let operations: [Operation]
  let root: Int32
  let offsets: [Int32]
  let arguments: [Int32]
  let constants: [Item]
  let quantities: [PathQuantity]
  let steps: [PathStep]
  let types: [PathType]
  let externals: [External]
  /// Patterns of `matches` that are literals, by the operation of the call.
  let patterns: [Int32: Pattern]
  /// Sort keys that are in descending order, by their operations.
  let descending: Set<Int32>
  let definesVariables: Bool
  private let arena: Arena

  /// The program of `{}`.
  static let nothing = Program(Compiler(), root: 0)

  convenience init(_ syntax: Syntax) throws(FHIRPathError) {
    var compiler = Compiler()
    let root = try compiler.compile(syntax)
    self.init(compiler, root: root)
  }

  private init(_ compiler: Compiler, root: Int32) {
    self.root = root
    let isEmpty = compiler.operations.isEmpty
    operations = isEmpty ? [.nothing] : compiler.operations
    offsets = isEmpty ? [0] : compiler.offsets
    arguments = compiler.arguments
    constants = compiler.constants
    quantities = compiler.quantities
    steps = compiler.steps
    types = compiler.types
    externals = compiler.externals
    patterns = compiler.patterns
    descending = compiler.descending
    definesVariables = compiler.definesVariables
    arena = compiler.arena
  }
}

/// Lays the tree of an expression out as operations.
private struct Compiler {
  var operations: [Operation] = []
  var offsets: [Int32] = []
  var arguments: [Int32] = []
  var constants: [Item] = []
  var quantities: [PathQuantity] = []
  var steps: [PathStep] = []
  var types: [PathType] = []
  var externals: [External] = []
  var patterns: [Int32: Pattern] = [:]
  var descending: Set<Int32> = []
  var definesVariables = false
  let arena = Arena()

  private mutating func add(_ operation: Operation, _ syntax: Syntax) -> Int32 {
    operations.append(operation)
    offsets.append(Int32(syntax.offset))
    return Int32(operations.count - 1)
  }

  private mutating func constant(_ item: Item, _ syntax: Syntax) -> Int32 {
    constants.append(item)
    return add(.constant(Int32(constants.count - 1)), syntax)
  }

  private mutating func step(_ spelling: String) -> Int32 {
    let name = NameTable.standard.lookUp(spelling) ?? .none
    steps.append(
      PathStep(
        name: name, spelling: arena.copy(spelling),
        isChoice: PathModel.shared.isChoice(name),
        type: Int32(FHIRFacts.r4.type(named: name))))
    return Int32(steps.count - 1)
  }

  mutating func compile(_ syntax: Syntax) throws(FHIRPathError) -> Int32 {
    switch syntax.kind {
    case .empty: return add(.nothing, syntax)
    case .literal(let literal): return try compile(literal, syntax)
    case .this: return add(.this, syntax)
    case .index: return add(.index, syntax)
    case .total: return add(.total, syntax)
    case .external(let name):
      externals.append(external(name))
      return add(.external(Int32(externals.count - 1)), syntax)
    case .member(nil, let name): return add(.root(step(name)), syntax)
    case .member(let source?, let name):
      let source = try compile(source)
      return add(.member(source, step(name)), syntax)
    case .indexer(let source, let index):
      let source = try compile(source)
      let index = try compile(index)
      return add(.indexer(source, index), syntax)
    case .polarity(let isMinus, let operand):
      return add(.polarity(try compile(operand), isMinus: isMinus), syntax)
    case .binary(let symbol, let left, let right):
      let left = try compile(left)
      let right = try compile(right)
      return add(.binary(symbol, left, right), syntax)
    case .isType(let source, let name):
      let source = try compile(source)
      return add(.isType(source, type(name)), syntax)
    case .asType(let source, let name):
      let source = try compile(source)
      return add(.asType(source, type(name)), syntax)
    case .call(let source, let name, let arguments):
      return try call(source, name, arguments, syntax)
    }
  }

  private mutating func compile(_ literal: Syntax.Literal, _ syntax: Syntax) throws(FHIRPathError)
    -> Int32
  {
    func checked(_ text: String, _ kind: Temporal.Kind) throws(FHIRPathError) -> Text {
      let copy = arena.copy(text)
      guard Temporal(copy, kind) != nil else {
        throw FHIRPathError(.syntax, "not in the calendar", at: syntax.offset)
      }
      return copy
    }
    switch literal {
    case .boolean(let value): return constant(.boolean(value), syntax)
    case .string(let text): return constant(.string(arena.copy(text)), syntax)
    case .integer(let value): return constant(.integer(value), syntax)
    case .decimal(let text): return constant(.decimal(arena.copy(text)), syntax)
    case .date(let text): return constant(.date(try checked(text, .date)), syntax)
    case .dateTime(let text): return constant(.dateTime(try checked(text, .dateTime)), syntax)
    case .time(let text): return constant(.time(try checked(text, .time)), syntax)
    case .quantity(let value, let unit, let isCalendar):
      let text = arena.copy(value)
      guard let number = ExactDecimal(text) else {
        throw FHIRPathError(.syntax, "too many digits", at: syntax.offset)
      }
      quantities.append(
        PathQuantity(
          value: number, text: text, unit: arena.copy(unit),
          calendar: isCalendar ? CalendarUnit(rawValue: unit) : nil))
      return constant(.quantity(Int32(quantities.count - 1)), syntax)
    }
  }

  private func external(_ name: String) -> External {
    func url(_ prefix: String, _ base: String) -> External? {
      name.hasPrefix(prefix)
        ? .constant(arena.copy(base + name.dropFirst(prefix.count))) : nil
    }
    switch name {
    case "context": return .context
    case "resource": return .resource
    case "rootResource": return .rootResource
    case "ucum": return .constant(Text("http://unitsofmeasure.org"))
    case "sct": return .constant(Text("http://snomed.info/sct"))
    case "loinc": return .constant(Text("http://loinc.org"))
    default:
      return url("vs-", "http://hl7.org/fhir/ValueSet/")
        ?? url("ext-", "http://hl7.org/fhir/StructureDefinition/") ?? .variable(name)
    }
  }

  private mutating func type(_ name: TypeName) -> Int32 {
    types.append(PathModel.shared.type(name))
    return Int32(types.count - 1)
  }

  // MARK: Calls

  private mutating func call(
    _ source: Syntax?, _ name: String, _ parts: [Syntax], _ syntax: Syntax
  ) throws(FHIRPathError) -> Int32 {
    guard let function = Function(rawValue: name) else {
      throw FHIRPathError(.unknown, "there is no function \(name)", at: syntax.offset)
    }
    guard function.arity.contains(parts.count) else {
      throw FHIRPathError(
        .unknown,
        "\(name) takes \(function.arity.lowerBound) to \(function.arity.upperBound) arguments",
        at: syntax.offset)
    }
    let focus: Int32
    if let source { focus = try compile(source) } else { focus = add(.this, syntax) }
    if function.takesType {
      guard let type = Compiler.typeName(parts[0]) else {
        throw FHIRPathError(.unknown, "\(name) takes the name of a type", at: parts[0].offset)
      }
      arguments.append(self.type(type))
      return add(
        .call(function, source: focus, arguments: Int32(arguments.count - 1), count: 1), syntax)
    }
    var compiled: [Int32] = []
    for part in parts {
      var part = part
      var isDescending = false
      if function == .sort, case .polarity(let isMinus, let key) = part.kind, isMinus {
        part = key
        isDescending = true
      }
      compiled.append(try compile(part))
      if isDescending, let key = compiled.last { descending.insert(key) }
    }
    definesVariables = definesVariables || function == .defineVariable
    let first = Int32(arguments.count)
    arguments += compiled
    let made = add(
      .call(function, source: focus, arguments: first, count: Int32(parts.count)), syntax)
    if function == .matches || function == .matchesFull || function == .replaceMatches,
      case .literal(.string(let text)) = parts[0].kind
    {
      do { patterns[made] = try Pattern(text) } catch {
        throw FHIRPathError(.unknown, error.message, at: parts[0].offset)
      }
    }
    return made
  }

  /// The type that an argument names.
  static func typeName(_ syntax: Syntax) -> TypeName? {
    switch syntax.kind {
    case .member(nil, let name): TypeName(namespace: nil, name: name)
    case .member(let source?, let name):
      if case .member(nil, let namespace) = source.kind {
        TypeName(namespace: namespace, name: name)
      } else {
        nil
      }
    default: nil
    }
  }
}
