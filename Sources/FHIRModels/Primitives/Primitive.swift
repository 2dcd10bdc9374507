extension R4 {
  /// A primitive of FHIR: a value, and rarely an id or extensions, which sit behind one reference.
  ///
  /// Literals are primitives: `name.family = "Ekholm"`. A primitive without a value has extensions that
  /// say why.
  public struct Primitive<Value: PrimitiveValue>: Sendable, Hashable {
    /// The value.
    public var value: Value?
    private var extras: Extras?

    private final class Extras: Sendable, Hashable {
      let id: Swift.String?
      let extensions: [Extension]

      init(id: Swift.String?, extensions: [Extension]) {
        self.id = id
        self.extensions = extensions
      }

      static func == (a: Extras, b: Extras) -> Bool {
        a === b || a.id == b.id && a.extensions == b.extensions
      }

      func hash(into hasher: inout Hasher) {
        hasher.combine(id)
        hasher.combine(extensions)
      }
    }

    /// Makes a primitive.
    public init(_ value: Value?, id: Swift.String? = nil, extension extensions: [Extension] = []) {
      self.value = value
      setExtras(id, extensions)
    }

    /// The id by which others can refer to the element.
    public var id: Swift.String? {
      get { extras?.id }
      set { setExtras(newValue, `extension`) }
    }

    /// Extensions of the element.
    public var `extension`: [Extension] {
      get { extras?.extensions ?? [] }
      set { setExtras(id, newValue) }
    }

    /// Whether there is an id or an extension.
    package var hasExtras: Bool { extras != nil }

    private mutating func setExtras(_ id: Swift.String?, _ extensions: [Extension]) {
      extras = id == nil && extensions.isEmpty ? nil : Extras(id: id, extensions: extensions)
    }
  }

  /// A type of values that JSON writes as a string, a number or a boolean.
  public protocol PrimitiveValue: Sendable, Hashable, Codable {
    /// Reads the text of a value; `nil` when it is none of this type.
    init?(fhir text: Swift.String)
    /// The text of the value.
    var fhir: Swift.String { get }
    /// Whether JSON writes the value in quotes.
    static var isQuoted: Bool { get }
  }
}

extension R4.Primitive: ExpressibleByUnicodeScalarLiteral
where Value: ExpressibleByStringLiteral, Value.StringLiteralType == String {
  /// A primitive with this value.
  public init(unicodeScalarLiteral value: String) { self.init(Value(stringLiteral: value)) }
}

extension R4.Primitive: ExpressibleByExtendedGraphemeClusterLiteral
where Value: ExpressibleByStringLiteral, Value.StringLiteralType == String {
  /// A primitive with this value.
  public init(extendedGraphemeClusterLiteral value: String) {
    self.init(Value(stringLiteral: value))
  }
}

extension R4.Primitive: ExpressibleByStringLiteral
where Value: ExpressibleByStringLiteral, Value.StringLiteralType == String {
  /// A primitive with this value.
  public init(stringLiteral value: String) { self.init(Value(stringLiteral: value)) }
}

extension R4.Primitive: ExpressibleByBooleanLiteral where Value == Bool {
  /// A primitive with this value.
  public init(booleanLiteral value: Bool) { self.init(value) }
}

extension R4.Primitive: ExpressibleByIntegerLiteral
where Value: ExpressibleByIntegerLiteral, Value.IntegerLiteralType == Int {
  /// A primitive with this value.
  public init(integerLiteral value: Int) { self.init(Value(integerLiteral: value)) }
}
