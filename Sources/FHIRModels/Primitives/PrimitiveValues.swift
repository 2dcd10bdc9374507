public import ClinicalTree

extension String: R4.PrimitiveValue {
  /// The text itself.
  public init?(fhir text: String) { self = text }
  /// The text itself.
  public var fhir: String { self }
  /// Strings stand in quotes.
  public static var isQuoted: Bool { true }
}

extension Bool: R4.PrimitiveValue {
  /// Reads `true` or `false`.
  public init?(fhir text: String) { self.init(text) }
  /// `true` or `false`.
  public var fhir: String { self ? "true" : "false" }
  /// Booleans stand without quotes.
  public static var isQuoted: Bool { false }
}

extension Int: R4.PrimitiveValue {
  /// Reads a whole number.
  public init?(fhir text: String) { self.init(text) }
  /// The number in decimal digits.
  public var fhir: String { String(self) }
  /// Numbers stand without quotes.
  public static var isQuoted: Bool { false }
}

extension R4 {
  /// A decimal number with the digits that were written: `1.10` is not `1.1`.
  public struct Decimal: PrimitiveValue, JSON.NumberText, ExpressibleByIntegerLiteral,
    ExpressibleByStringLiteral, CustomStringConvertible
  {
    /// The number as JSON writes it.
    public let fhir: Swift.String

    /// Reads a number as JSON writes it, with any number of digits.
    public init?(fhir text: Swift.String) {
      var copy = text
      guard
        copy.withUTF8({ bytes in bytes.baseAddress.map { Text($0, bytes.count).isNumber } ?? false }
        )
      else { return nil }
      fhir = text
    }

    /// Reads a number as JSON writes it.
    public init?(jsonNumber text: Swift.String) { self.init(fhir: text) }

    /// The number as JSON writes it.
    public var jsonNumber: Swift.String { fhir }

    /// A whole number.
    public init(integerLiteral value: Int) { fhir = Swift.String(value) }

    /// A number that is written in the program with the digits that count. It must be one.
    public init(stringLiteral value: Swift.String) {
      guard let number = Decimal(fhir: value) else { preconditionFailure("\(value) is no number") }
      self = number
    }

    /// The nearest binary floating-point number.
    public var double: Double { Double(fhir) ?? .nan }

    /// The digits.
    public var description: Swift.String { fhir }

    /// Numbers stand without quotes.
    public static var isQuoted: Bool { false }

    /// Reads a number; Foundation's decoder has lost trailing zeros by then.
    public init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let whole = try? container.decode(Int.self) {
        fhir = Swift.String(whole)
      } else {
        fhir = "\(try container.decode(Double.self))"
      }
    }

    /// Writes a number as exactly as a binary floating-point number is.
    public func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      if let whole = Int(fhir) { try container.encode(whole) } else { try container.encode(double) }
    }
  }
}

extension R4 {
  /// A date, a date with time, or an instant, with the precision that was written.
  public struct DateTime: PrimitiveValue, ExpressibleByStringLiteral, CustomStringConvertible {
    /// The text, such as `2026-11` or `2026-11-25T12:30:00+01:00`.
    public let fhir: Swift.String

    /// Keeps any text, so that what is not a date can be read and written too; see ``components``.
    public init?(fhir text: Swift.String) { fhir = text }

    /// A date written as text.
    public init(stringLiteral value: Swift.String) { fhir = value }

    /// A date of its parts.
    public init(_ components: PartialDateTime) { fhir = components.fhir }

    /// Year, month and so on; `nil` when the text is no date of the calendar.
    public var components: PartialDateTime? { PartialDateTime(fhir: fhir) }

    /// The text.
    public var description: Swift.String { fhir }

    /// Dates stand in quotes.
    public static var isQuoted: Bool { true }

    /// Reads a string.
    public init(from decoder: any Decoder) throws {
      fhir = try decoder.singleValueContainer().decode(Swift.String.self)
    }

    /// Writes a string.
    public func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      try container.encode(fhir)
    }
  }
}

extension Text {
  /// Whether the text is a number as JSON writes it.
  fileprivate var isNumber: Bool {
    guard let (tree, _) = try? Tree.json(Array(bytes), names: .empty) else { return false }
    return tree.nodes[0].kind == .number && tree.nodes[0].length == UInt32(count)
  }
}
