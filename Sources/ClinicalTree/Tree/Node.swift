/// One node of a tree: 24 bytes, in document order, with everything below it right behind it.
@usableFromInline
package struct Node: Sendable {
  /// The name of the element, attribute or property; an item of a JSON array has its property's name.
  @usableFromInline package var name: Name
  /// The index of the first node that is not below this one.
  @usableFromInline package var end: UInt32
  /// Where the value starts: in the source, or in the tree's second buffer when it had to be decoded.
  @usableFromInline package var offset: UInt32
  /// How many bytes the value has.
  @usableFromInline package var length: UInt32
  /// Where the node starts in the source.
  @usableFromInline package var place: UInt32
  @usableFromInline package var kind: Kind
  @usableFromInline package var flags: Flags
  /// The prefix and the namespace of an XML name, as an index into the tree's qualifiers.
  @usableFromInline package var qualifier: UInt16

  /// What a node is.
  @usableFromInline
  package enum Kind: UInt8, Sendable {
    case object, array, string, number, `true`, `false`, null
    case element, attribute, text, instruction, namespace
  }

  @usableFromInline
  package struct Flags: OptionSet, Sendable {
    @usableFromInline package let rawValue: UInt8

    @inlinable
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The value is in the tree's second buffer, because it was written with escapes or entities.
    @inlinable package static var decoded: Flags { Flags(rawValue: 1) }
    /// A JSON property whose name begins with an underscore: id and extensions of a primitive.
    @inlinable package static var shadow: Flags { Flags(rawValue: 2) }
    /// An object that has at least one property with ``shadow``.
    @inlinable package static var hasShadows: Flags { Flags(rawValue: 4) }
    /// A JSON string that can be written as it stands in the source.
    @inlinable package static var plain: Flags { Flags(rawValue: 8) }
    /// An XML name whose prefix was not declared.
    @inlinable package static var undeclared: Flags { Flags(rawValue: 16) }
    private static let spaceShift: UInt8 = 5

    @inlinable
    package init(space: Namespace) { self.rawValue = space.rawValue << 5 }

    package var space: Namespace { Namespace(rawValue: rawValue >> Flags.spaceShift) ?? .other }
  }

  @inlinable
  package init(
    _ kind: Kind, name: Name, offset: UInt32 = 0, length: UInt32 = 0, place: UInt32,
    flags: Flags = [], qualifier: UInt16 = 0
  ) {
    self.name = name
    self.end = 0
    self.offset = offset
    self.length = length
    self.place = place
    self.kind = kind
    self.flags = flags
    self.qualifier = qualifier
  }
}

/// The namespaces that this package gives a meaning to.
@usableFromInline
package enum Namespace: UInt8, Sendable, CaseIterable {
  case none, v3, sdtc, fhir, xhtml, xsi, xml, other

  /// The URI, empty where the namespace has none of its own.
  package var uri: String {
    switch self {
    case .v3: "urn:hl7-org:v3"
    case .sdtc: "urn:hl7-org:sdtc"
    case .fhir: "http://hl7.org/fhir"
    case .xhtml: "http://www.w3.org/1999/xhtml"
    case .xsi: "http://www.w3.org/2001/XMLSchema-instance"
    case .xml: "http://www.w3.org/XML/1998/namespace"
    case .none, .other: ""
    }
  }

  package init(uri: String) {
    self = Namespace.allCases.first { $0.uri == uri } ?? (uri.isEmpty ? .none : .other)
  }
}

/// A prefix and what it stood for where it was used.
package struct Qualifier: Hashable, Sendable {
  package let prefix: String
  package let uri: String

  package init(prefix: String, uri: String) {
    self.prefix = prefix
    self.uri = uri
  }
}
