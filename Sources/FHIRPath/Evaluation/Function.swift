/// The functions that expressions may call, with how many arguments each takes.
enum Function: String, Sendable, CaseIterable {
  // Existence (section 5.1)
  case empty, exists, all, allTrue, anyTrue, allFalse, anyFalse, subsetOf, supersetOf, count
  case distinct, isDistinct
  // Filtering and projection (5.2)
  case `where`, select, `repeat`, repeatAll, ofType
  // Subsetting (5.3)
  case single, first, last, tail, skip, take, intersect, exclude
  // Combining (5.4)
  case union, combine, coalesce
  // Conversion (5.5)
  case iif, toBoolean, convertsToBoolean, toInteger, convertsToInteger, toLong, convertsToLong
  case toDate, convertsToDate, toDateTime, convertsToDateTime, toTime, convertsToTime
  case toDecimal, convertsToDecimal, toQuantity, convertsToQuantity, toString, convertsToString
  // Strings (5.6)
  case indexOf, lastIndexOf, substring, startsWith, endsWith, contains, upper, lower, replace
  case matches, matchesFull, replaceMatches, length, toChars, encode, decode, escape, unescape
  case trim, split, join
  // Math (5.7)
  case abs, ceiling, exp, floor, ln, log, power, round, sqrt, truncate
  // Tree navigation (5.8)
  case children, descendants
  // Utility (5.9)
  case trace, now, timeOfDay, today, defineVariable, lowBoundary, highBoundary, precision
  case comparable, sort
  case yearOf, monthOf, dayOf, hourOf, minuteOf, secondOf, millisecondOf, timezoneOffsetOf
  case dateOf, timeOf
  // Boolean logic and types (6.3, 6.5)
  case not, `is`, `as`, type
  // Aggregates (7)
  case aggregate, sum, min, max, avg
  // FHIR's own (R4 fhirpath.html, section 2.9.1.5)
  case `extension`, hasValue, getValue, resolve, elementDefinition, slice, checkModifiers
  case conformsTo, memberOf, subsumes, subsumedBy, htmlChecks, getResourceKey, getReferenceKey
  // C-CDA's own
  case hasTemplateIdOf

  /// How many arguments a call may have.
  var arity: ClosedRange<Int> {
    switch self {
    case .exists, .trace, .round, .substring, .lowBoundary, .highBoundary, .join, .toQuantity,
      .convertsToQuantity, .getReferenceKey:
      switch self {
      case .trace, .substring: 1...2
      default: 0...1
      }
    case .all, .subsetOf, .supersetOf, .where, .select, .repeat, .repeatAll, .ofType, .skip, .take,
      .intersect, .exclude, .union, .combine, .indexOf, .lastIndexOf, .startsWith, .endsWith,
      .contains, .encode, .decode, .escape, .unescape, .split, .log, .power, .comparable, .is, .as,
      .extension, .elementDefinition, .conformsTo, .memberOf, .subsumes, .subsumedBy,
      .hasTemplateIdOf:
      1...1
    case .matches, .matchesFull: 1...2
    case .replace, .slice: 2...2
    case .replaceMatches: 2...3
    case .iif: 2...3
    case .defineVariable, .aggregate: 1...2
    case .sort, .coalesce: 0...16
    case .checkModifiers: 0...64
    default: 0...0
    }
  }

  /// Whether it asks if a conversion is possible.
  var isTest: Bool {
    switch self {
    case .convertsToBoolean, .convertsToInteger, .convertsToLong, .convertsToDate,
      .convertsToDateTime, .convertsToTime, .convertsToDecimal, .convertsToQuantity,
      .convertsToString:
      true
    default: false
    }
  }

  /// Whether the argument is a type and no expression.
  var takesType: Bool { self == .is || self == .as || self == .ofType }
}
