import Archives
import ClinicalTree
import Definitions
import FHIRFormats
import Synchronization

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

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
  /// A resource of a package.
  struct Entry: Sendable {
    let resource: Element
    let type: String
    let url: String
    let version: String
  }

  private let byURL: [String: [Entry]]
  /// Resources by type and id, and by canonical URL, that references may lead to.
  private let byName: [String: Element]
  /// The implementation guides of the packages.
  let guides: [Element]
  private let embedded = Mutex<[Int: Element]>([:])

  /// No packages.
  init() {
    byURL = [:]
    byName = [:]
    guides = []
  }

  /// Reads packages: folders, archives (`.tgz`) and single files of JSON or XML.
  ///
  /// - Throws: ``PackageError`` for a path that cannot be read.
  init(packages: [String]) throws(PackageError) {
    var loader = PackageLoader()
    for path in packages { try loader.load(path) }
    byURL = loader.byURL
    byName = loader.byName
    guides = loader.byURL.values.joined().filter { $0.type == "ImplementationGuide" }
      .sorted { $0.url < $1.url }.map(\.resource)
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
    if let found = byURL[url]?.last { return found.resource }
    let range = EmbeddedDefinitions.shared.find(url)
    return range.first.flatMap(embeddedResource)
  }

  /// A resource of the packages by `Type/id` or by an absolute URL that ends in it.
  func resource(_ reference: String) -> Element? { byName[reference] }

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
  private static func isOlder(_ a: String, than b: String) -> Bool {
    let parts = { (version: String) in
      version.split(whereSeparator: { $0 == "." || $0 == "-" }).map { Int($0) ?? 0 }
    }
    return parts(a).lexicographicallyPrecedes(parts(b))
  }
}

/// Collects the resources of packages.
private struct PackageLoader {
  var byURL: [String: [DefinitionStore.Entry]] = [:]
  var byName: [String: Element] = [:]

  mutating func load(_ path: String) throws(PackageError) {
    var isFolder = false
    #if canImport(FoundationEssentials)
      var flag = false
      guard FileManager.default.fileExists(atPath: path, isDirectory: &flag) else {
        throw PackageError(path: path, message: "no such file or folder")
      }
      isFolder = flag
    #else
      var flag: ObjCBool = false
      guard FileManager.default.fileExists(atPath: path, isDirectory: &flag) else {
        throw PackageError(path: path, message: "no such file or folder")
      }
      isFolder = flag.boolValue
    #endif
    if isFolder {
      for name in walk(path) where name.hasSuffix(".json") || name.hasSuffix(".xml") {
        if let data = FileManager.default.contents(atPath: path + "/" + name) {
          add(Array(data), isXML: name.hasSuffix(".xml"))
        }
      }
      return
    }
    guard let data = FileManager.default.contents(atPath: path) else {
      throw PackageError(path: path, message: "cannot be read")
    }
    let bytes = Array(data)
    if bytes.starts(with: [0x1F, 0x8B]) {
      let files: [String: ArraySlice<UInt8>]
      do throws(TarGzip.ReadingError) {
        files = try TarGzip.files(in: bytes)
      } catch {
        throw error == .tooLarge
          ? PackageError(path: path, message: "unpacks to more than the limit", isLimit: true)
          : PackageError(path: path, message: "no archive of a package")
      }
      for (name, content) in files.sorted(by: { $0.key < $1.key })
      where name.hasSuffix(".json") && isResource(name) {
        add(Array(content), isXML: false)
      }
      return
    }
    let first = bytes.first { !Bytes.isSpace($0) && ![0xEF, 0xBB, 0xBF].contains($0) }
    guard add(bytes, isXML: first == UInt8(ascii: "<")) else {
      throw PackageError(path: path, message: "neither FHIR nor a package")
    }
  }

  private func walk(_ path: String) -> [String] {
    ((try? FileManager.default.subpathsOfDirectory(atPath: path)) ?? []).sorted()
  }

  /// Files of a package that are resources, not its manifest, its index or the tools' own.
  private func isResource(_ name: String) -> Bool {
    let parts = name.split(separator: "/")
    guard let file = parts.last, parts.count <= 3 else { return false }
    return file != "package.json" && !file.hasPrefix(".")
      && !parts.dropLast().contains { $0 == "openapi" || $0 == "xml" || $0 == "other" }
  }

  @discardableResult
  private mutating func add(_ bytes: [UInt8], isXML: Bool) -> Bool {
    let tree =
      isXML
      ? try? Tree.fhirXML(bytes).tree : try? Tree.json(bytes, names: .standard).tree
    guard let root = tree?.root, !root.text("resourceType").isEmpty else { return false }
    add(root)
    return true
  }

  private mutating func add(_ resource: Element) {
    let type = resource.text("resourceType")
    if type == "Bundle" {
      for entry in resource["entry"] {
        if let inner = entry["resource"].first {
          add(inner)
          let url = entry.text("fullUrl")
          if !url.isEmpty { byName[url] = inner }
        }
      }
    }
    let url = resource.text("url")
    if !url.isEmpty {
      byURL[url, default: []].append(
        DefinitionStore.Entry(
          resource: resource, type: type, url: url, version: resource.text("version")))
    }
    let id = resource.text("id")
    if !id.isEmpty { byName["\(type)/\(id)"] = resource }
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
