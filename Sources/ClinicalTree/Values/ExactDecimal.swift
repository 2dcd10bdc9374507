/// A decimal number as it is written: a whole coefficient and how many of its digits stand behind the
/// point. `1.10` and `1.1` are equal and keep their own texts.
///
/// Holds up to 38 digits; arithmetic that needs more gives `nil`.
package struct ExactDecimal: Sendable {
  package let coefficient: Int128
  /// How many digits of the coefficient stand behind the decimal point; never negative.
  package let scale: Int

  package init(_ coefficient: Int128, scale: Int = 0) {
    self.coefficient = coefficient
    self.scale = scale
  }

  package init(_ value: Int) { self.init(Int128(value)) }

  /// Reads `-12.50` or `1.5e3`; fails for anything else and for more digits than there is room for.
  package init?(_ text: Text) {
    var position = 0
    var isNegative = false
    if position < text.count, text[position] == UInt8(ascii: "-") || text[position] == 0x2B {
      isNegative = text[position] == UInt8(ascii: "-")
      position += 1
    }
    var coefficient: Int128 = 0
    var scale = 0
    var digits = 0
    var isFraction = false
    while position < text.count {
      let byte = text[position]
      if byte == UInt8(ascii: "."), !isFraction {
        isFraction = true
      } else if Bytes.isDigit(byte) {
        let (tens, isLarge) = coefficient.multipliedReportingOverflow(by: 10)
        let (sum, isLarger) = tens.addingReportingOverflow(Int128(byte - 0x30))
        if isLarge || isLarger { return nil }
        coefficient = sum
        digits += 1
        if isFraction { scale += 1 }
      } else {
        break
      }
      position += 1
    }
    guard digits > 0, !isFraction || scale > 0 else { return nil }
    if position < text.count {
      guard text[position] | 0x20 == UInt8(ascii: "e"),
        let exponent = Int(text.slice(position + 1..<text.count).string), abs(exponent) <= 38
      else { return nil }
      scale -= exponent
      if scale < 0 {
        guard let shifted = ExactDecimal.shift(coefficient, by: -scale) else { return nil }
        coefficient = shifted
        scale = 0
      }
    }
    self.init(isNegative ? -coefficient : coefficient, scale: scale)
  }

  /// The nearest decimal that a binary number prints as; `nil` for what is no number.
  package init?(_ value: Double) {
    guard value.isFinite, abs(value) < 1e30 else { return nil }
    var text = "\(value)"
    let parsed = text.withUTF8 { bytes in
      bytes.baseAddress.flatMap { ExactDecimal(Text($0, bytes.count)) }
    }
    guard let parsed else { return nil }
    self = parsed.shortened()
  }

  /// Ten to the power of a small number that is not negative; `nil` beyond 38.
  package static func power(of exponent: Int) -> Int128? {
    guard (0...38).contains(exponent) else { return nil }
    var result: Int128 = 1
    for _ in 0..<exponent { result *= 10 }
    return result
  }

  private static func shift(_ value: Int128, by digits: Int) -> Int128? {
    guard let factor = power(of: digits) else { return value == 0 ? 0 : nil }
    let (result, isLarge) = value.multipliedReportingOverflow(by: factor)
    return isLarge ? nil : result
  }

  private static func aligned(_ a: ExactDecimal, _ b: ExactDecimal) -> (Int128, Int128, Int)? {
    let scale = max(a.scale, b.scale)
    guard let left = shift(a.coefficient, by: scale - a.scale),
      let right = shift(b.coefficient, by: scale - b.scale)
    else { return nil }
    return (left, right, scale)
  }

  package var double: Double {
    var value = Double(coefficient)
    for _ in 0..<scale { value /= 10 }
    return value
  }

  /// Without zeros at the end of its fraction.
  package func shortened() -> ExactDecimal {
    var (coefficient, scale) = (coefficient, scale)
    while scale > 0, coefficient % 10 == 0 {
      coefficient /= 10
      scale -= 1
    }
    return ExactDecimal(coefficient, scale: scale)
  }

  /// The whole number that it is, `nil` with a fraction or outside 64 bits.
  package var integer: Int? {
    let short = shortened()
    return short.scale == 0 ? Int(exactly: short.coefficient) : nil
  }

  // MARK: Arithmetic

  package static func + (a: ExactDecimal, b: ExactDecimal) -> ExactDecimal? {
    guard let (left, right, scale) = aligned(a, b) else { return nil }
    let (sum, isLarge) = left.addingReportingOverflow(right)
    return isLarge ? nil : ExactDecimal(sum, scale: scale)
  }

  package static prefix func - (a: ExactDecimal) -> ExactDecimal {
    ExactDecimal(-a.coefficient, scale: a.scale)
  }

  package static func - (a: ExactDecimal, b: ExactDecimal) -> ExactDecimal? { a + -b }

  package static func * (a: ExactDecimal, b: ExactDecimal) -> ExactDecimal? {
    let (product, isLarge) = a.coefficient.multipliedReportingOverflow(by: b.coefficient)
    if !isLarge { return ExactDecimal(product, scale: a.scale + b.scale) }
    let (x, y) = (a.shortened(), b.shortened())
    let (short, isStillLarge) = x.coefficient.multipliedReportingOverflow(by: y.coefficient)
    return isStillLarge ? nil : ExactDecimal(short, scale: x.scale + y.scale)
  }

  /// The quotient to 20 digits behind the point, or as many as there is room for; `nil` by zero.
  package func divided(by other: ExactDecimal) -> ExactDecimal? {
    guard other.coefficient != 0 else { return nil }
    var numerator = coefficient
    var scale = scale - other.scale
    while scale < 20 {
      let (shifted, isLarge) = numerator.multipliedReportingOverflow(by: 10)
      if isLarge { break }
      numerator = shifted
      scale += 1
    }
    var (quotient, rest) = numerator.quotientAndRemainder(dividingBy: other.coefficient)
    if rest.magnitude > (other.coefficient.magnitude - 1) / 2 {
      quotient += (numerator < 0) == (other.coefficient < 0) ? 1 : -1
    }
    if scale < 0 {
      guard let shifted = ExactDecimal.shift(quotient, by: -scale) else { return nil }
      return ExactDecimal(shifted)
    }
    return ExactDecimal(quotient, scale: scale).shortened()
  }

  package enum Rounding { case halfUp, down, up, toZero }

  /// The decimal with so many digits behind the point; half of the last one counts away from zero.
  package func rounded(to digits: Int, _ rounding: Rounding = .halfUp) -> ExactDecimal {
    if digits >= scale {
      return ExactDecimal.shift(coefficient, by: digits - scale)
        .map { ExactDecimal($0, scale: digits) } ?? self
    }
    guard let factor = ExactDecimal.power(of: scale - digits) else { return ExactDecimal(0) }
    var (whole, rest) = coefficient.quotientAndRemainder(dividingBy: factor)
    switch rounding {
    case .halfUp:
      if rest.magnitude >= factor.magnitude / 2 { whole += coefficient < 0 ? -1 : 1 }
    case .down: if rest < 0 { whole -= 1 }
    case .up: if rest > 0 { whole += 1 }
    case .toZero: break
    }
    return ExactDecimal(whole, scale: digits)
  }
}

extension ExactDecimal: Hashable, Comparable {
  package static func == (a: ExactDecimal, b: ExactDecimal) -> Bool {
    let (x, y) = (a.shortened(), b.shortened())
    return x.coefficient == y.coefficient && x.scale == y.scale
  }

  package func hash(into hasher: inout Hasher) {
    let short = shortened()
    hasher.combine(short.coefficient)
    hasher.combine(short.scale)
  }

  package static func < (a: ExactDecimal, b: ExactDecimal) -> Bool {
    guard let (left, right, _) = aligned(a, b) else { return a.double < b.double }
    return left < right
  }
}

extension ExactDecimal: CustomStringConvertible {
  package var description: String {
    let digits = String(coefficient.magnitude)
    let sign = coefficient < 0 ? "-" : ""
    if scale == 0 { return sign + digits }
    let padded = String(repeating: "0", count: max(0, scale + 1 - digits.utf8.count)) + digits
    let point = padded.utf8.index(padded.endIndex, offsetBy: -scale)
    return sign + padded[..<point] + "." + padded[point...]
  }
}
