/// An interned name of an element, attribute or JSON property.
///
/// Names that the standards know have the same number in every tree that was read with the same
/// ``NameTable``; other names have numbers that only their own tree can resolve. Comparing two names
/// costs one integer comparison.
public struct Name: Hashable, Sendable {
  /// The number of the name.
  public let rawValue: UInt32

  /// Wraps a number that a ``NameTable`` handed out.
  @inlinable
  public init(_ rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// The empty name, carried by texts and by the root of a JSON document.
  public static let none = Name(0)
}
