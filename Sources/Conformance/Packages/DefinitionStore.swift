import ClinicalTree
import Definitions
import Synchronization

/// Why a package could not be read.
public struct PackageError: Error, Sendable {
  /// The path as given.
  public let path: String
  /// What is wrong with it.
  public let message: String
  /// Whether a limit of size was reached.
  public var isLimit = false
}

/// The definitions that a validator knows: those of its packages, then those that the library carries.
///
/// Sendable and shared; what is parsed on demand is kept.
final class DefinitionStore: Sendable {
  private let byURL: [String: [PackagedResource]]
  /// The implementation guides of the packages.
  let guides: [Element]
  /// Packages that others depend on and that are not at hand, as `name#version`.
  let missingDependencies: [String]
  private let embedded = Mutex<[Int: Element]>([:])

  /// No packages.
  init() {
    byURL = [:]
    guides = []
    missingDependencies = []
  }

  /// Reads packages: folders, archives (`.tgz`) and single files of JSON or XML, and the packages that
  /// they depend on where those lie beside them.
  ///
  /// - Throws: ``PackageError`` for a path that cannot be read.
  init(packages: [String]) throws(PackageError) {
    var loader = PackageLoader()
    for path in packages { try loader.load(path) }
    missingDependencies = try loader.loadDependencies()
    byURL = loader.byURL
    guides = loader.byURL.values.joined().filter { $0.type == "ImplementationGuide" }
      .sorted { $0.url < $1.url }.compactMap(\.resource)
  }

  /// The definition with a canonical URL, which may end in `|` and a version: the same version, or the
  /// latest where none is asked for.
  func find(_ canonical: String, type: String) -> Element? {
    let parts = canonical.split(separator: "|", maxSplits: 1).map(String.init)
    guard let url = parts.first else { return nil }
    let version = parts.count > 1 ? parts[1] : nil
    let candidates = (byURL[url] ?? []).filter { $0.type == type }
    if let version {
      if let exact = candidates.last(where: { $0.version == version }) { return exact.resource }
      if let near = candidates.last(where: { $0.version.hasPrefix(version + ".") }) {
        return near.resource
      }
    } else if let latest = candidates.max(by: {
      DefinitionStore.isOlder($0.version, than: $1.version)
    }) {
      return latest.resource
    }
    if let own = ownResource(url, type) { return own }
    return version != nil ? candidates.last?.resource : nil
  }

  /// Any resource with a canonical URL.
  func findAny(_ canonical: String) -> Element? {
    let url = String(canonical.prefix { $0 != "|" })
    if let found = byURL[url]?.last?.resource { return found }
    let range = EmbeddedDefinitions.shared.find(url)
    return range.first.flatMap(embeddedResource)
  }

  /// Whether no package defines a canonical URL, so that what the library carries counts.
  func isBuiltIn(_ url: String) -> Bool { byURL[url] == nil }

  private func ownResource(_ url: String, _ type: String) -> Element? {
    for entry in EmbeddedDefinitions.shared.find(url) {
      if let found = embeddedResource(entry), found.text("resourceType") == type { return found }
    }
    return nil
  }

  private func embeddedResource(_ entry: Int) -> Element? {
    if let known = embedded.withLock({ $0[entry] }) { return known }
    let bytes = Array(EmbeddedDefinitions.shared.resource(entry).bytes)
    guard let tree = try? Tree.json(bytes, names: .standard).tree else { return nil }
    embedded.withLock { $0[entry] = tree.root }
    return tree.root
  }

  /// Whether a version comes before another one, number by number.
  static func isOlder(_ a: String, than b: String) -> Bool {
    let parts = { (version: String) in
      version.split(whereSeparator: { $0 == "." || $0 == "-" }).map { Int($0) ?? 0 }
    }
    return parts(a).lexicographicallyPrecedes(parts(b))
  }
}

extension Element {
  /// The value of the first property with a name, empty when there is none.
  func text(_ name: String) -> String { self[name].first?.value ?? "" }

  /// The first property with a name.
  func first(_ name: String) -> Element? { self[name].first }

  /// The first property whose name begins so: a choice element with its name.
  func choice(_ stem: String) -> Element? {
    children.first { child in
      child.name.hasPrefix(stem) && child.name.count > stem.count
        && !child.node.flags.contains(.shadow)
        && child.name.dropFirst(stem.count).first?.isUppercase == true
    }
  }
}
