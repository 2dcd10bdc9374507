import ClinicalTree
import Definitions
import FHIRFormats
import Synchronization

/// A resource of a package, parsed when it is asked for.
final class PackagedResource: Sendable {
  /// How the text of a resource is come by.
  enum Source: Sendable {
    case parsed(Element)
    case json(ArraySlice<UInt8>)
    case file(String)
  }

  let type: String
  let url: String
  let version: String
  private let state: Mutex<Source?>

  init(type: String, url: String, version: String, _ source: Source) {
    self.type = type
    self.url = url
    self.version = version
    state = Mutex(source)
  }

  convenience init(_ resource: Element) {
    self.init(
      type: resource.text("resourceType"), url: resource.text("url"),
      version: resource.text("version"), .parsed(resource))
  }

  /// The resource; `nil` when its text cannot be read.
  var resource: Element? {
    state.withLock { state in
      let found: Element?
      switch state {
      case .parsed(let resource): return resource
      case .json(let bytes): found = PackagedResource.parse(Array(bytes), isXML: false)
      case .file(let path): found = PackagedResource.parse(PackageFiles.bytes(path), isXML: false)
      case nil: return nil
      }
      state = found.map { .parsed($0) }
      return found
    }
  }

  /// A resource read from its text.
  static func parse(_ bytes: [UInt8], isXML: Bool) -> Element? {
    let tree =
      isXML ? try? Tree.fhirXML(bytes).tree : try? Tree.json(bytes, names: .standard).tree
    guard let root = tree?.root, !root.text("resourceType").isEmpty else { return nil }
    return root
  }
}
