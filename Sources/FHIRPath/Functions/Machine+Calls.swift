import ClinicalTree

// Which function goes where.

extension Machine {
  mutating func call(_ function: Function, _ call: Call) throws(FHIRPathError) {
    switch function {
    case .iif: return try iif(call)
    case .defineVariable: return try defineVariable(call)
    default: break
    }
    let start = try result(of: call.source)
    switch function {
    case .empty, .exists, .all, .allTrue, .anyTrue, .allFalse, .anyFalse, .subsetOf, .supersetOf,
      .count, .distinct, .isDistinct, .not:
      try existence(function, call, start)
    case .where, .select, .repeat, .repeatAll, .ofType:
      try filtering(function, call, start)
    case .single, .first, .last, .tail, .skip, .take, .intersect, .exclude, .union, .combine,
      .coalesce:
      try subsetting(function, call, start)
    case .toBoolean, .convertsToBoolean, .toInteger, .convertsToInteger, .toLong, .convertsToLong,
      .toDate, .convertsToDate, .toDateTime, .convertsToDateTime, .toTime, .convertsToTime,
      .toDecimal, .convertsToDecimal, .toQuantity, .convertsToQuantity, .toString,
      .convertsToString:
      try conversion(function, call, start)
    case .indexOf, .lastIndexOf, .substring, .startsWith, .endsWith, .contains, .upper, .lower,
      .replace, .matches, .matchesFull, .replaceMatches, .length, .toChars, .encode, .decode,
      .escape, .unescape, .trim, .split, .join:
      try strings(function, call, start)
    case .abs, .ceiling, .exp, .floor, .ln, .log, .power, .round, .sqrt, .truncate:
      try math(function, call, start)
    case .children, .descendants: try tree(function, call, start)
    case .trace, .now, .timeOfDay, .today, .sort, .comparable:
      try utility(function, call, start)
    case .lowBoundary, .highBoundary, .precision: try boundary(function, call, start)
    case .yearOf, .monthOf, .dayOf, .hourOf, .minuteOf, .secondOf, .millisecondOf,
      .timezoneOffsetOf, .dateOf, .timeOf:
      try component(function, call, start)
    case .is, .as, .type: try types(function, call, start)
    case .aggregate, .sum, .min, .max, .avg: try aggregates(function, call, start)
    default: try fhir(function, call, start)
    }
  }

  /// The operation of an argument.
  func argument(_ number: Int32, _ call: Call) -> Int32 {
    program.arguments[Int(call.first + number)]
  }

  /// Runs a body with an item as `$this`.
  mutating func with<Result>(
    _ item: Item?, index: Int = 0, _ body: (inout Machine) throws(FHIRPathError) -> Result
  ) throws(FHIRPathError) -> Result {
    let (outer, outerIndex, scope) = (this, self.index, program.definesVariables ? variables : [:])
    this = item
    self.index = index
    defer {
      this = outer
      self.index = outerIndex
      if program.definesVariables { variables = scope }
    }
    return try body(&self)
  }

  /// The single value of an argument, `nil` for none.
  mutating func value(_ number: Int32, _ call: Call) throws(FHIRPathError) -> Item? {
    let start = try result(of: argument(number, call))
    let item = try single(start, call.operation)
    drop(to: start)
    return item.flatMap { value(of: $0) }
  }

  mutating func integer(_ number: Int32, _ call: Call) throws(FHIRPathError) -> Int? {
    guard let value = try value(number, call) else { return nil }
    guard case .integer(let result) = value else {
      throw fault(.wrongType, "a whole number is expected", call.operation)
    }
    return result
  }

  mutating func text(_ number: Int32, _ call: Call) throws(FHIRPathError) -> Text? {
    guard let value = try value(number, call) else { return nil }
    guard case .string(let result) = value else {
      throw fault(.wrongType, "a text is expected", call.operation)
    }
    return result
  }
}
