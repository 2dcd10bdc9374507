package import ClinicalTree

/// Which OID and which URI stand for the same code system or identifier system.
package struct CodeSystems: Sendable {
  private let systems: Facts.Numbers
  private let oids: TextSlots
  private let uris: TextSlots
  private let strings: FactStrings

  /// The table of this build.
  package static let standard = CodeSystems(Facts.shared)

  init(_ facts: Facts) {
    systems = facts.numbers(.systems)
    oids = TextSlots(facts.numbers(.oidSlots))
    uris = TextSlots(facts.numbers(.uriSlots))
    strings = FactStrings(facts)
  }

  /// What an OID stands for.
  package enum Kind: Int, Sendable {
    case codeSystem, identifierSystem
    /// A value set, which senders write where a code system belongs.
    case valueSet
    case other
  }

  /// The URI and the kind of an OID; the URI is empty where none is registered.
  package func system(oid: Text) -> (uri: Text, kind: Kind)? {
    guard let found = oids.find(0, oid, { strings[systems[$0 * 4]] == oid }) else { return nil }
    return (strings[systems[found * 4 + 1]], Kind(rawValue: systems[found * 4 + 2]) ?? .other)
  }

  /// The OID to write for a URI.
  package func oid(uri: Text) -> Text? {
    uris.find(0, uri) { strings[systems[$0 * 4 + 1]] == uri && systems[$0 * 4 + 3] == 1 }
      .map { strings[systems[$0 * 4]] }
  }

  /// Whether a URI is that of a registered system.
  package func isKnown(uri: Text) -> Bool {
    uris.find(0, uri) { strings[systems[$0 * 4 + 1]] == uri } != nil
  }
}
