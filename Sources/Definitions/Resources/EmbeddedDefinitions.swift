import CDefinitions
package import ClinicalTree

/// Definitions that the binary carries as resources: R4's extensions, profiles, value sets and code
/// systems, and those of our own guide. Their texts lie in read-only memory and are parsed when they
/// are asked for.
///
/// The file is an index and the resources behind it: a version, a count, for each resource where its
/// URL and its JSON lie and how long they are, in the order of the URLs. That of the guide's files has
/// their names instead.
package struct EmbeddedDefinitions: @unchecked Sendable {
  // Sound to share: the memory is a constant of the program.
  private let base: UnsafeRawPointer
  package let count: Int

  /// Told apart from any other layout.
  package static let version: UInt32 = 0x4352_4401

  package static let shared = EmbeddedDefinitions(crest_definitions())
  /// The files of our own guide, as they are, by their names.
  package static let guide = EmbeddedDefinitions(crest_profiles())

  private init(_ base: UnsafeRawPointer) {
    self.base = base
    precondition(
      base.load(as: UInt32.self) == EmbeddedDefinitions.version,
      "definitions.bin or profiles.bin has another layout: run generate-definitions")
    count = Int(base.load(fromByteOffset: 4, as: UInt32.self))
  }

  private func text(_ entry: Int, _ field: Int) -> Text {
    let record = base + 8 + entry * 16 + field * 8
    let start = Int(record.load(as: UInt32.self))
    let length = Int(record.load(fromByteOffset: 4, as: UInt32.self))
    return Text((base + start).assumingMemoryBound(to: UInt8.self), length)
  }

  package func url(_ entry: Int) -> Text { text(entry, 0) }

  /// The JSON of a resource.
  package func resource(_ entry: Int) -> Text { text(entry, 1) }

  /// The resources with a canonical URL, without a version: one, or several of different types.
  package func find(_ url: String) -> Range<Int> {
    let key = Array(url.utf8)
    func place(isUpper: Bool) -> Int {
      var low = 0
      var high = count
      while low < high {
        let middle = (low + high) / 2
        let other = self.url(middle).bytes
        let isBelow =
          isUpper
          ? !key.lexicographicallyPrecedes(other) : other.lexicographicallyPrecedes(key)
        if isBelow { low = middle + 1 } else { high = middle }
      }
      return low
    }
    let start = place(isUpper: false)
    return start..<max(start, place(isUpper: true))
  }

  /// Writes the file from resources as JSON, with their URLs.
  package static func encode(_ resources: [(url: String, json: String)]) -> [UInt8] {
    let sorted = resources.enumerated().sorted {
      $0.element.url == $1.element.url
        ? $0.offset < $1.offset
        : $0.element.url.utf8.lexicographicallyPrecedes($1.element.url.utf8)
    }.map(\.element)
    var index: [UInt8] = []
    index.append(littleEndian: version)
    index.append(littleEndian: UInt32(sorted.count))
    let start = 8 + sorted.count * 16
    var bytes: [UInt8] = []
    for (url, json) in sorted {
      for text in [url, json] {
        index.append(littleEndian: UInt32(start + bytes.count))
        index.append(littleEndian: UInt32(text.utf8.count))
        bytes += Array(text.utf8)
      }
    }
    return index + bytes
  }
}
