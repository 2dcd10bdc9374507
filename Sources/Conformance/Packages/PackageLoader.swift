import Archives
import ClinicalTree
import Definitions

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Collects the resources of packages, and of the packages that they depend on.
///
/// What the index of a package (`.index.json`) says of a file is believed, so that only definitions that
/// are asked for are parsed.
struct PackageLoader {
  private(set) var byURL: [String: [PackagedResource]] = [:]
  /// The names of the packages that are loaded. R4's own is part of the library.
  private var loaded: Set = ["hl7.fhir.r4.core"]
  private var wanted: [Dependency] = []

  private struct Dependency {
    let name: String
    let version: String
    /// Where the package lies that asks for it.
    let folder: String
  }

  /// Reads a folder, an archive or a single definition.
  mutating func load(_ path: String) throws(PackageError) {
    if PackageFiles.isFolder(path) { return loadFolder(path) }
    guard FileManager.default.fileExists(atPath: path) else {
      throw PackageError(path: path, message: "no such file or folder")
    }
    guard let data = FileManager.default.contents(atPath: path) else {
      throw PackageError(path: path, message: "cannot be read")
    }
    let bytes = Array(data)
    if bytes.starts(with: [0x1F, 0x8B]) { return try loadArchive(bytes, path) }
    let first = bytes.first { !Bytes.isSpace($0) && ![0xEF, 0xBB, 0xBF].contains($0) }
    guard let resource = PackagedResource.parse(bytes, isXML: first == UInt8(ascii: "<")) else {
      throw PackageError(path: path, message: "neither FHIR nor a package")
    }
    add(resource)
  }

  /// Loads what the packages depend on from the folders that they lie in, as `name#version` or
  /// `name-version.tgz`; gives back what is not there.
  mutating func loadDependencies() throws(PackageError) -> [String] {
    var missing: Set<String> = []
    while let next = wanted.popLast() {
      guard !loaded.contains(next.name) else { continue }
      if let path = PackageFiles.package(next.name, next.version, in: next.folder) {
        try load(path)
        loaded.insert(next.name)
      } else {
        missing.insert("\(next.name)#\(next.version)")
      }
    }
    return missing.filter { !loaded.contains(String($0.prefix { $0 != "#" })) }.sorted()
  }

  // MARK: Forms of packages

  private mutating func loadFolder(_ path: String) {
    let names = PackageFiles.names(below: path)
    for name in names where name == "package.json" || name == "package/package.json" {
      manifest(PackageFiles.bytes(path + "/" + name), at: path)
    }
    var known: Set<String> = []
    for name in names where name == ".index.json" || name.hasSuffix("/.index.json") {
      let folder = String(name.dropLast(".index.json".count))
      for file in index(PackageFiles.bytes(path + "/" + name)) {
        let own = folder + file.name
        guard names.contains(own) else { continue }
        known.insert(own)
        add(file, .file(path + "/" + own))
      }
    }
    for name in names where !known.contains(name) {
      let isXML = name.hasSuffix(".xml")
      guard isXML || name.hasSuffix(".json") else { continue }
      if let found = PackagedResource.parse(PackageFiles.bytes(path + "/" + name), isXML: isXML) {
        add(found)
      }
    }
  }

  private mutating func loadArchive(_ bytes: [UInt8], _ path: String) throws(PackageError) {
    let files: [String: ArraySlice<UInt8>]
    do throws(TarGzip.ReadingError) {
      files = try TarGzip.files(in: bytes)
    } catch {
      throw error == .tooLarge
        ? PackageError(path: path, message: "unpacks to more than the limit", isLimit: true)
        : PackageError(path: path, message: "no archive of a package")
    }
    if let text = files["package/package.json"] { manifest(Array(text), at: path) }
    var known: Set<String> = []
    for file in files["package/.index.json"].map({ index(Array($0)) }) ?? [] {
      let name = "package/" + file.name
      guard let text = files[name] else { continue }
      known.insert(name)
      add(file, .json(text))
    }
    for (name, content) in files.sorted(by: { $0.key < $1.key })
    where name.hasSuffix(".json") && isResource(name) && !known.contains(name) {
      if let found = PackagedResource.parse(Array(content), isXML: false) { add(found) }
    }
  }

  /// Files of a package that are resources, not its manifest, its index or the tools' own.
  private func isResource(_ name: String) -> Bool {
    let parts = name.split(separator: "/")
    guard let file = parts.last, parts.count <= 3 else { return false }
    return file != "package.json" && !file.hasPrefix(".")
      && !parts.dropLast().contains { $0 == "openapi" || $0 == "xml" || $0 == "other" }
  }

  // MARK: What packages say of themselves

  private mutating func manifest(_ bytes: [UInt8], at path: String) {
    guard let root = try? Tree.json(bytes, names: .standard).tree.root else { return }
    loaded.insert(root.text("name"))
    for dependency in root.first("dependencies")?.children ?? [] {
      wanted.append(
        Dependency(
          name: dependency.name, version: dependency.value ?? "",
          folder: PackageFiles.folder(around: path)))
    }
  }

  private struct IndexedFile {
    let name: String
    let type: String
    let url: String
    let version: String
  }

  /// The files of an index that have all that is needed to find them; Bundles hold more than they say.
  private func index(_ bytes: [UInt8]) -> [IndexedFile] {
    guard let root = try? Tree.json(bytes, names: .standard).tree.root else { return [] }
    return root["files"].compactMap { file in
      let name = file.text("filename")
      let (type, url) = (file.text("resourceType"), file.text("url"))
      guard name.hasSuffix(".json"), !name.contains("/"), !type.isEmpty, !url.isEmpty,
        type != "Bundle"
      else { return nil }
      return IndexedFile(name: name, type: type, url: url, version: file.text("version"))
    }
  }

  // MARK: Resources

  private mutating func add(_ file: IndexedFile, _ source: PackagedResource.Source) {
    byURL[file.url, default: []].append(
      PackagedResource(type: file.type, url: file.url, version: file.version, source))
  }

  private mutating func add(_ resource: Element) {
    if resource.text("resourceType") == "Bundle" {
      for entry in resource["entry"] {
        if let inner = entry["resource"].first { add(inner) }
      }
    }
    let own = PackagedResource(resource)
    if !own.url.isEmpty { byURL[own.url, default: []].append(own) }
  }
}

/// Files that packages are in.
enum PackageFiles {
  static func isFolder(_ path: String) -> Bool {
    #if canImport(FoundationEssentials)
      var isFolder = false
      return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder
    #else
      var isFolder: ObjCBool = false
      return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        && isFolder.boolValue
    #endif
  }

  /// The bytes of a file, none when it cannot be read.
  static func bytes(_ path: String) -> [UInt8] {
    FileManager.default.contents(atPath: path).map { Array($0) } ?? []
  }

  /// The names of the files below a folder, in order.
  static func names(below path: String) -> [String] {
    ((try? FileManager.default.subpathsOfDirectory(atPath: path)) ?? []).sorted()
  }

  /// The folder that a package lies in; that of an unpacked one may be called `package`.
  static func folder(around path: String) -> String {
    var parts = path.split(separator: "/", omittingEmptySubsequences: false)
    while parts.count > 1, parts.last?.isEmpty == true { parts.removeLast() }
    if parts.last == "package" { parts.removeLast() }
    parts.removeLast(min(1, parts.count))
    if parts.isEmpty { return path.hasPrefix("/") ? "/" : "." }
    return parts == [""] ? "/" : parts.joined(separator: "/")
  }

  /// The package of a name and version in a folder; `5.1.x` stands for the latest of `5.1`.
  static func package(_ name: String, _ version: String, in folder: String) -> String? {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    let prefix = version.hasSuffix(".x") ? String(version.dropLast()) : nil
    let fitting = names.filter { file in
      let stem = file.hasSuffix(".tgz") ? String(file.dropLast(4)) : file
      guard stem.hasPrefix(name), let mark = stem.dropFirst(name.count).first,
        mark == "#" || mark == "-"
      else { return stem == name }
      let own = stem.dropFirst(name.count + 1)
      return own == version || prefix.map { own.hasPrefix($0) } ?? false
    }
    let latest = fitting.max { DefinitionStore.isOlder($0, than: $1) }
    return latest.map { folder + "/" + $0 }
  }
}
