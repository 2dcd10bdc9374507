public import ClinicalTree
public import FHIRModels

extension CREST {
  /// A date of the calendar, a part of one, or a point in time, with the precision that is known:
  /// `2014`, `2014-05`, `2014-05-31`, `2014-05-31T10:30:00+02:00` (FHIR R4, dateTime).
  public struct Date: Codable, Sendable, Hashable, ExpressibleByStringLiteral,
    CustomStringConvertible
  {
    /// The text in FHIR's form.
    public let text: String

    /// Reads a date; `nil` for what is none, 30 February among it.
    public init?(fhir text: String) {
      // UTC has three names.
      var plain = text
      if text.hasSuffix("Z") { plain = text.dropLast() + "+00:00" }
      if text.hasSuffix("-00:00") { plain = text.dropLast(6) + "+00:00" }
      guard let parts = PartialDateTime(fhir: text), parts.isInCalendar, parts.fhir == plain else {
        return nil
      }
      self.text = text
    }

    /// A date that is written in the program. It must be one.
    public init(stringLiteral text: String) {
      guard let date = Date(fhir: text) else { preconditionFailure("\(text) is not a date") }
      self = date
    }

    /// Reads a date.
    public init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      guard let date = Date(fhir: try container.decode(String.self)) else {
        throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a date")
      }
      self = date
    }

    /// Writes a string.
    public func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      try container.encode(text)
    }

    /// The text.
    public var description: String { text }
    /// Year, month and so on.
    public var components: PartialDateTime? { PartialDateTime(fhir: text) }
  }

  /// Whether something is there. What was not looked for is not absent.
  public enum Presence: String, Codable, Sendable, CaseIterable {
    /// It was found.
    case present
    /// It was looked for and not found.
    case absent
    /// It was not looked for.
    case notAssessed = "not-assessed"
    /// Nothing is said about it.
    case unknown

    /// A finding that is there outweighs one that is not, and any answer outweighs none.
    func outweighs(_ other: Presence) -> Bool {
      let order: [Presence] = [.unknown, .notAssessed, .absent, .present]
      return (order.firstIndex(of: self) ?? 0) > (order.firstIndex(of: other) ?? 0)
    }
  }

  /// A quantity of a substance in blood.
  public struct Concentration: Codable, Sendable, Hashable {
    /// The units that calcium and phosphate are given in.
    public enum Unit: String, Codable, Sendable, CaseIterable {
      /// Milligrams per decilitre.
      case milligramsPerDecilitre = "mg/dL"
      /// Millimoles per litre.
      case millimolesPerLitre = "mmol/L"
    }

    /// The number with the digits that were written.
    public var value: R4.Decimal
    /// Its unit, in UCUM.
    public var unit: Unit

    /// Describes a concentration.
    public init(_ value: R4.Decimal, _ unit: Unit) {
      self.value = value
      self.unit = unit
    }
  }

  /// A place on the body: a region that has a code, or any words.
  public struct Site: Codable, Sendable, Hashable, ExpressibleByStringLiteral {
    /// The region's name, or the words.
    public let name: String

    /// A region.
    public init(_ region: Region) { name = region.rawValue }
    /// A place in words; the name of a region is the region.
    public init(_ words: String) { name = words }
    /// A place in words; the name of a region is the region.
    public init(stringLiteral words: String) { name = words }

    /// The region; `nil` for a place in words.
    public var region: Region? { Region(rawValue: name) }

    /// Reads a string.
    public init(from decoder: any Decoder) throws {
      name = try decoder.singleValueContainer().decode(String.self)
    }

    /// Writes a string.
    public func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      try container.encode(name)
    }
  }

  /// The sides of the body.
  public enum Laterality: String, Codable, Sendable, CaseIterable {
    /// The left side.
    case left
    /// The right side.
    case right
    /// Both sides.
    case both
  }
}

/// Parts of a record that say nothing when JSON leaves them out.
protocol Blank: Hashable {
  init()
}

extension KeyedDecodingContainer {
  /// A list that JSON leaves out is empty. The synthesised readers of records find this one.
  func decode<Value: Decodable>(_: [Value].Type, forKey key: Key) throws -> [Value] {
    try decodeIfPresent([Value].self, forKey: key) ?? []
  }

  /// A part that JSON leaves out says nothing.
  func decode<Value: Decodable & Blank>(_: Value.Type, forKey key: Key) throws -> Value {
    try decodeIfPresent(Value.self, forKey: key) ?? Value()
  }
}

extension KeyedEncodingContainer {
  /// An empty list is left out.
  mutating func encode<Value: Encodable>(_ values: [Value], forKey key: Key) throws {
    if !values.isEmpty { try encodeIfPresent(Optional(values), forKey: key) }
  }
}
