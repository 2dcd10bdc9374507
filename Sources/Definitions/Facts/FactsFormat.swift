/// The layout of the embedded facts: what `generate-definitions` writes and this module reads.
///
/// A file is a directory (one offset and one count a section), then the sections, each aligned to
/// eight bytes. All numbers are little-endian. Records are runs of 16-bit numbers.
package enum FactsFormat {
  /// Told apart from any other layout; a change of the layout changes it.
  package static let version: UInt32 = 0x4352_0005

  package enum Section: Int, CaseIterable {
    /// A ``ClinicalTree/NameTable``.
    case names
    /// Offsets of the strings, then their bytes.
    case strings
    /// FHIR types, 8 numbers each: see ``TypeField``.
    case types
    /// For each name the type that it names, or 0.
    case typesByName
    /// Members of FHIR types, 10 numbers each: see ``MemberField``.
    case members
    /// Hash slots from (type, name) to a member plus one.
    case memberSlots
    /// Bindings: strength, string of the value set, code set plus one.
    case bindings
    /// Codes of code sets: set, string of the system, string of the code.
    case codes
    /// Hash slots from (set, code) to a code plus one.
    case codeSlots
    /// Lists of numbers, each with its length before it: targets of references, invariants.
    case lists
    /// Invariants: string of the key, severity, string of the expression.
    case invariants
    /// Code systems and identifier systems: string of the OID, string of the URI, kind, is preferred.
    case systems
    /// Hash slots from an OID to a system plus one.
    case oidSlots
    /// Hash slots from a URI to a system plus one.
    case uriSlots
    /// Entries of concept maps: map, source system, source code, target system, target code,
    /// display of the target, whether no other source code of the map has this target.
    case mapEntries
    /// Hash slots from (map, source code) to an entry plus one.
    case mapSlots
    /// Concept maps: string of the name, string of the URL.
    case maps
    /// CDA types, 10 numbers each: see ``CDATypeField``.
    case cdaTypes
    /// For each name the CDA type that it names, or 0.
    case cdaTypesByName
    /// Particles of content models, 6 numbers each.
    case cdaParticles
    /// Attributes of CDA types, 6 numbers each.
    case cdaAttributes
    /// Simple types of CDA, 5 numbers each.
    case cdaSimpleTypes
    /// Pages of the disease module: see `GuideFacts`.
    case guide
    /// The units of UCUM as CSV: code, whether it is metric, kind, value, unit.
    case ucum
    /// The rules of C-CDA's templates, a line each: element, root, extension, id, severity, path,
    /// condition.
    case templates
  }

  package enum TypeField: Int {
    case name, title, kind, base, firstMember, memberCount, isAbstract, invariants
    package static let count = 8
  }

  package enum MemberField: Int {
    case name, type, min, max, order, flags, choice, binding, targets, invariants
    package static let count = 10
  }

  package enum CDATypeField: Int {
    case name, title, base, flags, firstAttribute, attributeCount, content, simpleType
    package static let count = 8
  }

  package enum ParticleField: Int {
    case kind, min, max, name, type, next
    package static let count = 6
  }

  package enum AttributeField: Int {
    case name, space, type, use, fixed, fallback
    package static let count = 6
  }

  package enum SimpleTypeField: Int {
    case title, kind, base, list, pattern
    package static let count = 5
  }

  package static let unbounded: UInt16 = 0xFFFF

  /// The hash by which slots are found for a pair of numbers.
  @inlinable
  package static func hash(_ a: Int, _ b: Int) -> Int {
    let mixed = UInt64(truncatingIfNeeded: a << 20 ^ b) &* 0x9E37_79B9_7F4A_7C15
    return Int(truncatingIfNeeded: mixed >> 40)
  }
}
