package import ClinicalTree

/// A unit of UCUM taken apart: how much of its base units it stands for.
///
/// `mg/dl` has the factor 10⁻³·10·10³ and the dimension g¹·m⁻³.
package struct UCUMUnit: Sendable {
  /// How many base units one of this unit is.
  package var factor: Double
  /// What is added to a value before it is multiplied; other than 0 for Cel and [degF] only.
  package var shift: Double = 0
  /// The exponents of the base units; arbitrary units, and units on a scale of their own, count as
  /// base units.
  package var dimension: [String: Int]

  /// Reads a unit by the grammar of UCUM 2.2, case-sensitive; `nil` for anything else. Linear in the
  /// length of the text.
  package init?(_ text: Text) {
    guard !text.isEmpty, text.count <= 256, text.bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      return nil
    }
    var parser = UCUMParser(text: Array(text.bytes))
    guard let unit = parser.term(), parser.isAtEnd else { return nil }
    self = unit
  }

  /// Reads a unit of UCUM.
  package init?(_ text: String) {
    var text = text
    let unit = text.withUTF8 { bytes in
      bytes.baseAddress.flatMap { UCUMUnit(Text($0, bytes.count)) }
    }
    guard let unit else { return nil }
    self = unit
  }

  init(factor: Double, dimension: [String: Int] = [:]) {
    self.factor = factor
    self.dimension = dimension
  }

  /// A value of this unit in base units.
  package func canonical(_ value: Double) -> Double { (value + shift) * factor }

  static func * (a: UCUMUnit, b: UCUMUnit) -> UCUMUnit {
    var dimension = a.dimension
    for (base, exponent) in b.dimension {
      let sum = (dimension[base] ?? 0) + exponent
      dimension[base] = sum == 0 ? nil : sum
    }
    return UCUMUnit(factor: a.factor * b.factor, dimension: dimension)
  }

  func raised(to exponent: Int) -> UCUMUnit {
    if exponent == 1 { return self }
    var power = 1.0
    for _ in 0..<min(abs(exponent), 400) { power *= factor }
    return UCUMUnit(
      factor: exponent < 0 ? 1 / power : power,
      dimension: exponent == 0 ? [:] : dimension.mapValues { $0 * exponent })
  }

  /// Whether a text is a unit as a health record uses it; a number alone is a factor and no unit.
  package static func isUnit(_ text: Text) -> Bool {
    if text.count > 1, text.bytes.allSatisfy(Bytes.isDigit) { return false }
    return UCUMUnit(text) != nil
  }
}

/// The grammar of UCUM (section 2.1): terms of components, with annotations that mean nothing.
struct UCUMParser {
  let text: [UInt8]
  private var position = 0
  private var depth = 0

  init(text: [UInt8]) { self.text = text }

  var isAtEnd: Bool { position == text.count }

  private var next: UInt8? { position < text.count ? text[position] : nil }

  /// Components with `.` and `/` between, each `/` dividing by the one component after it.
  mutating func term() -> UCUMUnit? {
    depth += 1
    defer { depth -= 1 }
    guard depth < 32 else { return nil }
    var result = UCUMUnit(factor: 1)
    var divides = false
    if next == UInt8(ascii: "/") {
      divides = true
      position += 1
    }
    var count = 0
    while true {
      guard let part = component() else { return nil }
      count += 1
      // A scale such as Cel keeps its shift only when it stands alone.
      result = count == 1 && !divides ? part : result * (divides ? part.raised(to: -1) : part)
      guard next == UInt8(ascii: ".") || next == UInt8(ascii: "/") else { return result }
      divides = next == UInt8(ascii: "/")
      position += 1
    }
  }

  private mutating func component() -> UCUMUnit? {
    if next == UInt8(ascii: "(") {
      position += 1
      guard let inner = term(), next == UInt8(ascii: ")") else { return nil }
      position += 1
      return inner
    }
    if next == UInt8(ascii: "{") { return annotation() ? UCUMUnit(factor: 1) : nil }
    guard let unit = atom() else { return nil }
    return next == UInt8(ascii: "{") && !annotation() ? nil : unit
  }

  private mutating func annotation() -> Bool {
    guard let end = text[position...].firstIndex(of: UInt8(ascii: "}")) else { return false }
    position = end + 1
    return true
  }

  /// A number, or a unit with its prefix and exponent.
  private mutating func atom() -> UCUMUnit? {
    let rest = text[position...]
    if rest.starts(with: Array("10*".utf8)) || rest.starts(with: Array("10^".utf8)) {
      position += 3
      return exponent().map { UCUMUnit(factor: 10).raised(to: $0) }
    }
    let start = position
    if let byte = next, Bytes.isDigit(byte) {
      while let byte = next, Bytes.isDigit(byte) { position += 1 }
      return Double(String(decoding: text[start..<position], as: UTF8.self))
        .map { UCUMUnit(factor: $0) }
    }
    var isBracketed = false
    while let byte = next {
      if byte == UInt8(ascii: "[") { isBracketed = true }
      if byte == UInt8(ascii: "]") { isBracketed = false }
      let ends =
        byte == 0x2E || byte == 0x2F || byte == 0x7B || byte == 0x28 || byte == 0x29
        || byte == 0x2B || byte == 0x2D || Bytes.isDigit(byte)
      if !isBracketed && ends { break }
      position += 1
    }
    let name = String(decoding: text[start..<position], as: UTF8.self)
    guard let unit = UCUMTable.shared.unit(name), let power = exponent() else { return nil }
    return power == 1 ? unit : unit.raised(to: power)
  }

  /// The exponent after an atom, 1 where there is none.
  private mutating func exponent() -> Int? {
    let start = position
    if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
    let digits = position
    while let byte = next, Bytes.isDigit(byte) { position += 1 }
    if position == start { return 1 }
    guard position > digits, position - digits < 4 else { return nil }
    return Int(String(decoding: text[start..<position], as: UTF8.self))
  }
}
