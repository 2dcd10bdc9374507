package import ClinicalTree
import Definitions

/// The resources of one document, by what references name them with: entries of Bundles by fullUrl and
/// by type and id, contained resources by their ids. Made in one pass over what holds resources.
package final class ResourceIndex {
  /// A resource and where its nodes end.
  package struct Resource {
    package let index: Int
    package let end: Int
    /// The entry's fullUrl.
    package let fullUrl: Text?
    /// The place of the resource that it is contained in, or of the Bundle that it is an entry of.
    package let container: Int?
    package let isContained: Bool
  }

  /// In the order of the document.
  package private(set) var resources: [Resource] = []
  private var byURL: [Text: [Int]] = [:]
  private var byTypeAndId: [String: [Int]] = [:]

  package init(_ root: Cursor) {
    collect(root, fullUrl: nil, container: nil, isContained: false)
  }

  private func collect(_ object: Cursor, fullUrl: Text?, container: Int?, isContained: Bool) {
    guard object.kind == .object, let type = object.property(.resourceType) else { return }
    let number = resources.count
    resources.append(
      Resource(
        index: object.index, end: object.end, fullUrl: fullUrl, container: container,
        isContained: isContained))
    if let fullUrl { byURL[fullUrl, default: []].append(number) }
    if !isContained, let id = object.property(.id) {
      byTypeAndId["\(type.text.string)/\(id.text.string)", default: []].append(number)
    }
    for resource in object.values(.contained) {
      collect(resource, fullUrl: nil, container: number, isContained: true)
    }
    if type.text == "Bundle" {
      for entry in object.values(.entry) where entry.kind == .object {
        guard let resource = entry.property(.resource) else { continue }
        collect(
          resource, fullUrl: entry.property(.fullUrl)?.text, container: number, isContained: false)
      }
    } else if type.text == "Parameters" {
      parameters(object, number)
    }
  }

  private func parameters(_ object: Cursor, _ number: Int) {
    for name in [Name.parameter, .part] {
      for parameter in object.values(name) where parameter.kind == .object {
        if let resource = parameter.property(.resource) {
          collect(resource, fullUrl: nil, container: number, isContained: false)
        }
        self.parameters(parameter, number)
      }
    }
  }

  /// The number of the innermost resource around a place.
  package func resource(around index: Int) -> Int? {
    var low = 0
    var high = resources.count
    while low < high {
      let middle = (low + high) / 2
      if resources[middle].index <= index { low = middle + 1 } else { high = middle }
    }
    var number = low - 1
    while number >= 0 {
      if index < resources[number].end { return number }
      guard let container = resources[number].container else { return nil }
      number = container
    }
    return nil
  }

  /// The resource that contains others, from one of them.
  package func holder(of number: Int) -> Int {
    var number = number
    while resources[number].isContained, let container = resources[number].container {
      number = container
    }
    return number
  }

  /// What a reference can lead to.
  package enum Target {
    case found(Int)
    /// Several entries go by the same name.
    case ambiguous([Int])
    case missing
  }

  /// The resource that a reference leads to, from a place in the document.
  package func target(of reference: Text, from place: Int, in tree: Cursor) -> Target {
    guard let own = resource(around: place) else { return .missing }
    let holder = holder(of: own)
    if reference.hasPrefix("#") {
      if reference.count == 1 { return .found(holder) }
      let id = reference.slice(1..<reference.count)
      return match(
        resources.indices.filter {
          resources[$0].isContained && self.holder(of: $0) == holder
            && tree.at(resources[$0].index).property(.id)?.text == id
        })
    }
    let (name, _) = ResourceIndex.parts(of: reference)
    if ResourceIndex.isAbsolute(name) {
      if let found = byURL[name] { return match(found) }
      return .missing
    }
    // A relative reference goes by the base of its own entry, where that is one.
    if let fullUrl = resources[holder].fullUrl, ResourceIndex.isAbsolute(fullUrl),
      !fullUrl.hasPrefix("urn:")
    {
      // All before the type and the id.
      if let slash = fullUrl.lastIndex(of: UInt8(ascii: "/")),
        let base = fullUrl.slice(0..<slash).lastIndex(of: UInt8(ascii: "/"))
      {
        let url = Array(fullUrl.slice(0..<base + 1).bytes) + name.bytes
        let found = url.withUnsafeBufferPointer { bytes in
          bytes.baseAddress.flatMap { byURL[Text($0, bytes.count)] }
        }
        if let found { return match(found) }
      }
    }
    guard let found = byTypeAndId[name.string] else { return .missing }
    return match(found)
  }

  private func match(_ found: [Int]) -> Target {
    found.count == 1 ? .found(found[0]) : found.isEmpty ? .missing : .ambiguous(found)
  }

  /// A reference without its version and without a fragment, and the fragment.
  private static func parts(of reference: Text) -> (Text, Text?) {
    var name = reference
    var fragment: Text?
    if let hash = name.firstIndex(of: UInt8(ascii: "#")) {
      fragment = name.slice(hash + 1..<name.count)
      name = name.slice(0..<hash)
    }
    if let history = name.firstPlace(of: "/_history/") { name = name.slice(0..<history) }
    return (name, fragment)
  }

  /// Whether a reference begins with a scheme that leads somewhere by itself.
  package static func isAbsolute(_ reference: Text) -> Bool {
    reference.hasPrefix("urn:") || reference.hasPrefix("http:") || reference.hasPrefix("https:")
      || reference.hasPrefix("file:") || reference.firstPlace(of: "://") != nil
  }
}
