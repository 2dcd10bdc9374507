public import ClinicalTree
package import Definitions
import Synchronization

/// Checks documents: FHIR R4 against the base standard and profiles, CDA R2 against its schema.
///
/// A value that is made once and used from many tasks: what it compiles on the way is kept and shared.
/// It never touches the network.
///
/// ```swift
/// let validator = try Validator(packages: ["hl7.fhir.us.core-9.0.0.tgz"])
/// let issues = validator.issues(inFHIR: tree)
/// ```
public struct Validator: Sendable {
  /// What is checked, and how strictly.
  public struct Options: Sendable {
    /// Whether only the base standard counts: no profiles, no definitions of extensions, no code
    /// systems beyond required bindings.
    public var isBaseOnly = false
    /// Canonical URLs of profiles that every root resource must follow.
    public var profiles: [String] = []
    /// Whether a wrong display is an error instead of a warning.
    public var displayIsError = false
    /// Whether definitions are checked as if they were to be published.
    public var isForPublication = false
    /// The moment that rules about the present go by, as a FHIR dateTime.
    public var now = "2026-01-01T00:00:00Z"

    /// The base standard, and the profiles that resources claim.
    public init() {}
  }

  let library: Library
  /// What is checked, and how strictly.
  public let options: Options

  /// A validator that knows the base standards and our own profiles.
  public init(options: Options = Options()) {
    library = Library.base
    self.options = options
  }

  /// A validator that knows packages as well.
  ///
  /// - Parameters:
  ///   - packages: Paths of folders, of archives (`.tgz`) and of single definitions, in JSON or XML. What
  ///     they depend on is read from the folders that they lie in. Reading is linear in their size;
  ///     definitions are parsed, where a package has an index, and compiled when a resource needs them.
  ///   - terminology: What answers for code systems that no package holds.
  ///   - options: What is checked, and how strictly.
  /// - Throws: ``PackageError`` for a path that cannot be read.
  public init(
    packages: [String], terminology: (any ExternalTerminology)? = nil,
    options: Options = Options()
  ) throws(PackageError) {
    library = Library(try DefinitionStore(packages: packages), terminology)
    self.options = options
  }

  private init(library: Library, options: Options) {
    self.library = library
    self.options = options
  }

  /// The same validator that wants root resources to follow further profiles as well.
  ///
  /// - Parameter profiles: Their canonical URLs.
  /// - Returns: A validator with the same packages.
  public func adding(profiles: [String]) -> Validator {
    var more = options
    more.profiles += profiles
    return Validator(library: library, options: more)
  }

  /// The findings about a FHIR resource and all that is in it, in the order of their places. Linear in
  /// the size of the resource.
  public func issues(inFHIR tree: Tree) -> [Issue] {
    tree.withCursor { root in
      FHIRValidation(tree: tree, root: root, library: library, options: options).issues()
    }
  }

  /// The same findings, with the entries of a large Bundle shared among tasks. Of anything else one task
  /// does the work.
  public func issues(inFHIR tree: Tree, tasks: Int) async -> [Issue] {
    let parts = tree.withCursor { BundlePart.parts(of: $0, count: tasks) }
    guard parts.count > 1 else { return issues(inFHIR: tree) }
    let found = await withTaskGroup(of: (Int, BundlePart.Findings).self) { group in
      for (number, part) in parts.enumerated() {
        group.addTask {
          tree.withCursor { root in
            let walk = FHIRValidation(tree: tree, root: root, library: library, options: options)
            return (number, walk.findings(in: part))
          }
        }
      }
      var found: [Int: BundlePart.Findings] = [:]
      for await (number, findings) in group { found[number] = findings }
      return found
    }
    // What took more than the limit counts for the whole document, in its order.
    if found.values.contains(where: \.reachedLimit) { return issues(inFHIR: tree) }
    return tree.withCursor { root in
      let walk = FHIRValidation(tree: tree, root: root, library: library, options: options)
      for (number, part) in parts.enumerated() {
        if let found = found[number] { walk.expect(found, for: part) }
      }
      return walk.issues()
    }
  }

  /// The findings about a CDA document: those that HL7's schema `CDA_SDTC.xsd` would have too and, unless
  /// the base standard alone counts, the rules of the C-CDA templates that its elements claim. Linear in
  /// the size of the document.
  public func issues(inCDA tree: Tree) -> [Issue] {
    CDAStructure.issues(in: tree) + (options.isBaseOnly ? [] : CDATemplates.issues(in: tree))
  }

  /// The nodes at which a CDA document breaks a rule of its schema, or of a template that it claims, with
  /// the root of that. Linear in the size of the document.
  ///
  /// - Returns: The errors; warnings are not looked for.
  package func faults(inCDA tree: Tree, _ scope: CDAScope = .all) -> [CDAFault] {
    CDAStructure.faults(in: tree, scope) + CDATemplates.faults(in: tree, scope)
  }

  /// The packages that those of the validator depend on and that do not lie beside them, as
  /// `name#version`.
  public var missingDependencies: [String] { library.store.missingDependencies }

  /// The profiles of ``Options/profiles`` that are not at hand.
  public var missingProfiles: [String] {
    options.profiles.filter { library.profile($0) == nil && Library.baseType(of: $0) == nil }
  }
}

/// What validators share: definitions, terminology, compiled profiles.
final class Library: Sendable {
  static let base = Library(DefinitionStore(), nil)

  let store: DefinitionStore
  let terminology: Terminology
  private let profiles = Mutex<[String: Profile?]>([:])

  init(_ store: DefinitionStore, _ external: (any ExternalTerminology)?) {
    self.store = store
    terminology = Terminology(store, external: external)
  }

  /// The profile with a canonical URL, `nil` when it is not at hand.
  func profile(_ canonical: String) -> Profile? {
    if let known = profiles.withLock({ $0[canonical] }) { return known }
    let found = ProfileCompiler.profile(canonical, in: store)
    profiles.withLock { $0[canonical] = .some(found) }
    return found
  }

  /// The profiles that the implementation guides of the packages set for all resources of a type.
  func globalProfiles(of type: String) -> [String] {
    store.guides.flatMap { guide in
      guide["global"].filter { $0.text("type") == type }.map { $0.text("profile") }
    }
  }

  /// The type of R4 whose own definition a canonical URL names; `nil` for anything else.
  static func baseType(of canonical: String) -> Int? {
    let base = "http://hl7.org/fhir/StructureDefinition/"
    guard canonical.hasPrefix(base) else { return nil }
    let name = canonical.dropFirst(base.count).prefix { $0 != "|" }
    let type = FHIRFacts.r4.type(named: String(name))
    return type == 0 || name.contains(".") ? nil : type
  }
}
