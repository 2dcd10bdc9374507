import ClinicalTree
import Definitions

/// Finds what cannot be right in an expression from the types of R4 alone, without a document.
struct StaticCheck {
  private let facts = FHIRFacts.r4
  private let model = PathModel.shared
  private var faults: [FHIRPathError] = []
  /// The types of `$this`, the innermost last.
  private var contexts: [Types] = []
  private var totals: [Types] = []

  /// What an expression may give; nothing is known about it when it has no types.
  struct Types {
    var all: Set<Kind> = []
    var isOrdered = true

    static let any = Types()
    static func of(_ system: SystemType) -> Types { Types(all: [.system(system)]) }

    var isKnown: Bool { !all.isEmpty }
  }

  enum Kind: Hashable {
    case fhir(Int)
    case system(SystemType)
    case typeInfo
    case nothing
  }

  static func faults(of syntax: Syntax, on type: Int) -> [FHIRPathError] {
    var check = StaticCheck()
    check.contexts = [type == 0 ? .any : Types(all: [.fhir(type)])]
    _ = check.types(of: syntax)
    return check.faults
  }

  private mutating func report(_ code: FHIRPathError.Code, _ message: String, _ syntax: Syntax) {
    faults.append(FHIRPathError(code, message, at: syntax.offset))
  }

  private var context: Types { contexts.last ?? .any }

  // MARK: Expressions

  private mutating func types(of syntax: Syntax) -> Types {
    switch syntax.kind {
    case .empty: return Types(all: [.nothing])
    case .literal(let literal): return Types(all: [.system(literal.type)])
    case .this: return context
    case .index: return .of(.integer)
    case .total: return totals.last ?? .any
    case .external(let name):
      let texts =
        ["ucum", "sct", "loinc"].contains(name) || name.hasPrefix("vs-")
        || name.hasPrefix("ext-")
      return texts ? .of(.string) : .any
    case .member(nil, let name): return root(name, syntax)
    case .member(let source?, let name): return member(name, of: types(of: source), syntax)
    case .indexer(let source, let index):
      _ = types(of: index)
      let found = types(of: source)
      requireOrder(found, syntax)
      return found
    case .polarity(_, let operand): return types(of: operand)
    case .isType(let source, let name):
      _ = types(of: source)
      check(name, syntax)
      return .of(.boolean)
    case .asType(let source, let name): return narrowed(types(of: source), to: name, syntax)
    case .binary(let symbol, let left, let right):
      return binary(symbol, types(of: left), types(of: right), syntax)
    case .call(let source, let name, let arguments):
      let found = source.map { types(of: $0) } ?? context
      guard let function = Function(rawValue: name) else { return .any }
      return call(function, found, arguments, syntax)
    }
  }

  private mutating func requireOrder(_ found: Types, _ syntax: Syntax) {
    if !found.isOrdered { report(.wrongType, "an order is asked of what has none", syntax) }
  }

  // MARK: Members

  private mutating func root(_ name: String, _ syntax: Syntax) -> Types {
    let number = NameTable.standard.lookUp(name).map { facts.type(named: $0) } ?? 0
    if number != 0, name.first?.isUppercase == true {
      if contexts.count == 1 || context.all.contains(.fhir(number)) {
        let fits = context.all.contains {
          if case .fhir(let own) = $0 { facts.type(own, is: number) } else { false }
        }
        if context.isKnown, !fits {
          report(.wrongType, "the focus is not a \(name)", syntax)
        }
        return Types(all: [.fhir(number)])
      }
    }
    return member(name, of: context, syntax)
  }

  private mutating func member(_ name: String, of source: Types, _ syntax: Syntax) -> Types {
    guard source.isKnown else { return Types(all: [], isOrdered: source.isOrdered) }
    var found: Set<Kind> = []
    var isKnown = false
    var isOpen = false
    guard let step = NameTable.standard.lookUp(name) else {
      if !source.all.contains(.nothing) { report(.unknown, "there is no \(name) here", syntax) }
      return .any
    }
    for type in source.all {
      switch type {
      case .fhir(let number):
        let members = members(step, of: number)
        if members.isEmpty, facts.kind(of: number) == .resource, facts.isAbstract(number) {
          isOpen = true
        }
        isKnown = isKnown || !members.isEmpty
        for member in members {
          if facts.holdsResource(facts.type(of: member)) { isOpen = true }
          found.insert(.fhir(facts.type(of: member)))
        }
      case .system(.quantity):
        isKnown = true
        found.insert(.system(name == "value" ? .decimal : .string))
      case .typeInfo:
        isKnown = true
        found.insert(.system(.string))
      case .nothing: isOpen = true
      case .system: break
      }
    }
    if !isKnown, !isOpen { report(.unknown, "there is no \(name) here", syntax) }
    return Types(all: isOpen ? [] : found, isOrdered: source.isOrdered)
  }

  /// The members of a type with a name; a form of a choice element has none by its own name.
  private func members(_ name: Name, of type: Int) -> [Int] {
    if let member = facts.member(name, in: type) {
      return facts.choice(of: member) == nil ? [member] : []
    }
    guard model.isChoice(name) else { return [] }
    return facts.members(of: type).filter { facts.choice(of: $0) == name }
  }

  // MARK: Types

  private mutating func check(_ name: TypeName, _ syntax: Syntax) {
    if !model.type(name).isKnown { report(.unknown, "there is no type \(name.name)", syntax) }
  }

  private mutating func narrowed(_ source: Types, to name: TypeName, _ syntax: Syntax) -> Types {
    check(name, syntax)
    let type = model.type(name)
    if type.fhir != 0, source.isKnown {
      // A type that the value cannot have is nothing that anyone means.
      let fits = source.all.contains {
        switch $0 {
        case .fhir(let own): facts.type(own, is: type.fhir) || facts.type(type.fhir, is: own)
        case .nothing: true
        default: type.system != nil
        }
      }
      if !fits { report(.wrongType, "the value is never a \(name.name)", syntax) }
    }
    if type.fhir != 0 { return Types(all: [.fhir(type.fhir)], isOrdered: source.isOrdered) }
    return type.system.map { Types.of($0) } ?? .any
  }

  /// The system types that values of these types have; `nil` when it is not known.
  private func systemTypes(_ types: Types) -> Set<SystemType?>? {
    guard types.isKnown, !types.all.contains(.nothing) else { return nil }
    var found: Set<SystemType?> = []
    for type in types.all {
      switch type {
      case .fhir(let number):
        if facts.type(number, is: model.quantity) {
          found.insert(.quantity)
        } else {
          found.insert(model.systemType(of: Int32(number)))
        }
      case .system(let system): found.insert(system)
      case .typeInfo: found.insert(nil)
      case .nothing: return nil
      }
    }
    return found
  }

  // MARK: Operators

  private mutating func binary(
    _ symbol: BinaryOperator, _ left: Types, _ right: Types, _ syntax: Syntax
  ) -> Types {
    switch symbol {
    case .union:
      if !left.isKnown || !right.isKnown { return .any }
      let all = left.all.union(right.all).subtracting([.nothing])
      return Types(all: all, isOrdered: false || left.isOrdered && right.isOrdered)
    case .and, .or, .xor, .implies, .in, .contains, .equal, .notEqual, .equivalent, .notEquivalent,
      .less, .lessOrEqual, .greater, .greaterOrEqual:
      return .of(.boolean)
    case .concatenate: return .of(.string)
    default: break
    }
    guard let a = systemTypes(left), let b = systemTypes(right), a.count == 1, b.count == 1,
      let x = a.first, let y = b.first
    else { return .any }
    guard let result = StaticCheck.result(symbol, x, y) else {
      report(.wrongType, "\(symbol.rawValue) does not take these types", syntax)
      return .any
    }
    return .of(result)
  }

  /// The type of arithmetic on two types, `nil` where there is none.
  private static func result(_ symbol: BinaryOperator, _ x: SystemType?, _ y: SystemType?)
    -> SystemType?
  {
    guard let x, let y else { return nil }
    switch (x, y) {
    case (.integer, .integer): return symbol == .divide ? .decimal : .integer
    case (.integer, .decimal), (.decimal, .integer), (.decimal, .decimal):
      return symbol == .div ? .integer : .decimal
    case (.string, .string): return symbol == .add ? .string : nil
    case (.date, .quantity), (.dateTime, .quantity), (.time, .quantity):
      return symbol == .add || symbol == .subtract ? x : nil
    case (.quantity, .quantity): return symbol == .div || symbol == .mod ? nil : .quantity
    case (.quantity, .integer), (.quantity, .decimal), (.integer, .quantity),
      (.decimal, .quantity):
      return .quantity
    default: return nil
    }
  }

  // MARK: Functions

  private mutating func inside(_ source: Types, _ syntax: Syntax) -> Types {
    contexts.append(source)
    defer { contexts.removeLast() }
    return types(of: syntax)
  }

  private mutating func call(
    _ function: Function, _ source: Types, _ arguments: [Syntax], _ syntax: Syntax
  ) -> Types {
    switch function {
    case .where, .all, .exists:
      if let criterion = arguments.first { _ = inside(source, criterion) }
      return function == .where ? source : .of(.boolean)
    case .select: return arguments.first.map { inside(source, $0) } ?? .any
    case .repeat, .repeatAll:
      if let projection = arguments.first { _ = inside(.any, projection) }
      return .any
    case .iif: return iif(source, arguments)
    case .aggregate:
      let start = arguments.count > 1 ? types(of: arguments[1]) : .any
      totals.append(start)
      defer { totals.removeLast() }
      if let body = arguments.first { _ = inside(source, body) }
      return .any
    case .ofType, .as:
      guard let name = arguments.first.flatMap(StaticCheck.typeName) else { return .any }
      return narrowed(source, to: name, syntax)
    case .is:
      if let name = arguments.first.flatMap(StaticCheck.typeName) { check(name, syntax) }
      return .of(.boolean)
    case .sort, .trace, .defineVariable:
      for argument in arguments { _ = inside(source, argument) }
      return Types(all: source.all, isOrdered: function == .sort || source.isOrdered)
    default: break
    }
    let given = arguments.map { types(of: $0) }
    return result(function, source, given, syntax)
  }

  private static func typeName(_ syntax: Syntax) -> TypeName? {
    switch syntax.kind {
    case .member(nil, let name): TypeName(namespace: nil, name: name)
    case .member(let source?, let name):
      if case .member(nil, let space) = source.kind {
        TypeName(namespace: space, name: name)
      } else {
        nil
      }
    default: nil
    }
  }

  private mutating func iif(_ source: Types, _ arguments: [Syntax]) -> Types {
    guard let criterion = arguments.first else { return .any }
    let found = inside(source, criterion)
    if let types = systemTypes(found), !types.contains(.boolean) {
      report(.wrongType, "the criterion of iif is a boolean", criterion)
    }
    let branches = arguments.dropFirst().map { inside(source, $0) }
    guard branches.allSatisfy(\.isKnown) else { return .any }
    return Types(all: branches.reduce([]) { $0.union($1.all) })
  }

  private mutating func result(
    _ function: Function, _ source: Types, _ given: [Types], _ syntax: Syntax
  ) -> Types {
    switch function {
    case .skip, .take, .first, .last, .tail:
      requireOrder(source, syntax)
      return source
    case .single, .distinct, .exclude, .intersect, .checkModifiers: return source
    case .union, .combine, .coalesce:
      guard source.isKnown, given.allSatisfy(\.isKnown) else { return .any }
      return Types(all: given.reduce(source.all) { $0.union($1.all) })
    case .children, .descendants: return Types(all: [], isOrdered: false)
    case .startsWith, .endsWith, .contains, .indexOf, .lastIndexOf, .substring, .upper, .lower,
      .matches, .matchesFull, .replaceMatches, .replace, .length, .toChars, .trim, .split, .encode,
      .decode, .escape, .unescape, .join:
      // Dates and numbers are written as texts where a text is asked for.
      if let types = systemTypes(source), types.allSatisfy({ $0 == nil || $0 == .quantity }) {
        report(.wrongType, "\(function.rawValue) works on texts", syntax)
      }
      switch function {
      case .startsWith, .endsWith, .contains, .matches, .matchesFull: return .of(.boolean)
      case .indexOf, .lastIndexOf, .length: return .of(.integer)
      default: return .of(.string)
      }
    case .empty, .allTrue, .anyTrue, .allFalse, .anyFalse, .subsetOf, .supersetOf, .isDistinct,
      .convertsToBoolean, .convertsToInteger, .convertsToLong, .convertsToDate,
      .convertsToDateTime, .convertsToTime, .convertsToDecimal, .convertsToQuantity,
      .convertsToString, .toBoolean, .not, .hasValue, .memberOf, .subsumes, .subsumedBy,
      .conformsTo, .htmlChecks, .hasTemplateIdOf, .comparable:
      return .of(.boolean)
    case .count, .toInteger, .toLong, .precision, .yearOf, .monthOf, .dayOf, .hourOf, .minuteOf,
      .secondOf, .millisecondOf:
      return .of(.integer)
    case .toDecimal, .exp, .ln, .log, .sqrt, .timezoneOffsetOf: return .of(.decimal)
    case .toDate, .today, .dateOf: return .of(.date)
    case .toDateTime, .now: return .of(.dateTime)
    case .toTime, .timeOfDay, .timeOf: return .of(.time)
    case .toQuantity: return .of(.quantity)
    case .toString, .getResourceKey, .getReferenceKey: return .of(.string)
    case .type: return Types(all: [.typeInfo])
    case .extension: return Types(all: [.fhir(facts.extensionType)])
    default: return .any
    }
  }
}

extension Syntax.Literal {
  fileprivate var type: SystemType {
    switch self {
    case .boolean: .boolean
    case .string: .string
    case .integer: .integer
    case .decimal: .decimal
    case .date: .date
    case .dateTime: .dateTime
    case .time: .time
    case .quantity: .quantity
    }
  }
}
