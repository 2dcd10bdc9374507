import ClinicalTree

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

// Math (section 5.7).

extension Machine {
  mutating func math(_ function: Function, _ call: Call, _ start: Int) throws(FHIRPathError) {
    let item = try singleValue(start, call.operation)
    drop(to: start)
    guard let item else { return }
    if function == .abs, case .quantity(let place)? = asQuantity(item) {
      let old = quantities[Int(place)]
      let value = old.value.coefficient < 0 ? -old.value : old.value
      return stack.append(quantity(value, old.unit, old.calendar))
    }
    guard let value = number(item) else {
      throw fault(.wrongType, "a number is expected", call.operation)
    }
    if let result = try math(function, value, item, call) { stack.append(result) }
  }

  private mutating func math(
    _ function: Function, _ value: ExactDecimal, _ item: Item, _ call: Call
  ) throws(FHIRPathError) -> Item? {
    func whole(_ rounding: ExactDecimal.Rounding) -> Item? {
      value.rounded(to: 0, rounding).integer.map { .integer($0) }
    }
    func real(_ value: Double) -> Item? { ExactDecimal(value).map { decimal($0) } }
    switch function {
    case .abs:
      if case .integer(let number) = item { return .integer(Swift.abs(number)) }
      return decimal(value.coefficient < 0 ? -value : value)
    case .ceiling: return whole(.up)
    case .floor: return whole(.down)
    case .truncate: return whole(.toZero)
    case .round:
      let digits = call.count > 0 ? try integer(0, call) ?? 0 : 0
      guard digits >= 0 else {
        throw fault(.wrongType, "a precision is not negative", call.operation)
      }
      if digits == 0 { return whole(.halfUp) }
      return decimal(value.rounded(to: min(digits, 38)))
    case .exp: return real(exponential(value.double))
    case .ln: return value.coefficient > 0 ? real(logarithm(value.double)) : nil
    case .sqrt: return value.coefficient >= 0 ? real(value.double.squareRoot()) : nil
    case .log:
      guard let item = try self.value(0, call), let base = number(item), base.coefficient > 0,
        value.coefficient > 0
      else { return nil }
      return real(logarithm(value.double) / logarithm(base.double))
    default: return try power(value, item, call)
    }
  }

  private mutating func power(_ value: ExactDecimal, _ item: Item, _ call: Call)
    throws(FHIRPathError) -> Item?
  {
    guard let argument = try self.value(0, call), let exponent = number(argument) else {
      return nil
    }
    if let count = exponent.integer, count >= 0, count <= 128 {
      var result = ExactDecimal(1)
      for _ in 0..<count {
        guard let product = result * value else { return nil }
        result = product
      }
      if case .integer = item, case .integer = argument {
        return result.integer.map { .integer($0) }
      }
      return decimal(result)
    }
    return ExactDecimal(raised(value.double, exponent.double)).map { decimal($0) }
  }
}

// The functions of the C library, whose names the cases of `Function` shadow.
private func exponential(_ value: Double) -> Double { exp(value) }
private func logarithm(_ value: Double) -> Double { log(value) }
private func raised(_ value: Double, _ exponent: Double) -> Double { pow(value, exponent) }
