import CZlib
import ClinicalTree
import Definitions

/// The implementation guide of this project as a FHIR package (hl7.org/fhir/packages.html).
public struct GuidePackage: Sendable {
  /// A file of the package.
  public struct File: Sendable, Hashable {
    /// The name, such as `CodeSystem-crest-guide.json`.
    public let name: String
    /// The JSON.
    public let json: String
    /// The type of the resource; empty for `package.json`.
    public let type: String
    /// The logical id.
    public let id: String
    /// The canonical URL; empty for a NamingSystem, which has none.
    public let url: String
    /// The title for people.
    public let title: String
    fileprivate let version: String
    fileprivate let kind: String
    fileprivate let definedType: String
  }

  /// The files, in the order of their names.
  public let files: [File]
  /// The canonical base that the files are written with.
  public let canonical: String

  /// The guide that this build carries.
  ///
  /// - Parameter canonical: Another base for all canonical URLs of the guide, for those who publish it
  ///   under their own.
  public init(canonical: String? = nil) {
    let guide = EmbeddedDefinitions.guide
    let base = Self.ownCanonical
    self.canonical = canonical ?? base
    files = (0..<guide.count).map { number in
      var json = guide.resource(number).string
      if let canonical { json = json.replacing(base, with: canonical) }
      let root = (try? Tree.json(Array(json.utf8), names: .standard))?.tree.root
      func text(_ name: String) -> String { root?.text(name) ?? "" }
      return File(
        name: guide.url(number).string, json: json, type: text("resourceType"), id: text("id"),
        url: text("url"), title: text("title"), version: text("version"), kind: text("kind"),
        definedType: text("type"))
    }
  }

  private static let ownCanonical = "https://crestkit.example/fhir"

  /// The resource files, without `package.json`.
  public var resources: [File] { files.filter { !$0.type.isEmpty } }

  /// The package as a `.tgz`: the same bytes in every run and on every machine. Files are in the order of
  /// their names, times are the beginning of 1970, nothing is compressed. Profiles have snapshots, and
  /// value sets whose codes are all known have expansions.
  public var archive: [UInt8] {
    var tar = TarWriter()
    let packed = PackedResources(files)
    let all = files.map { ($0.name, Array(packed.json(of: $0).utf8)) } + [(".index.json", index)]
    for (name, bytes) in all.sorted(by: { $0.0.utf8.lexicographicallyPrecedes($1.0.utf8) }) {
      tar.add("package/" + name, bytes)
    }
    return GzipWriter.stored(tar.finished())
  }

  /// The index by which tools find the resources of a package without reading them.
  private var index: [UInt8] {
    let lines = resources.map { file in
      var members = [
        ("filename", file.name), ("resourceType", file.type), ("id", file.id), ("url", file.url),
        ("version", file.version),
      ]
      if file.type == "StructureDefinition" {
        members += [("kind", file.kind), ("type", file.definedType)]
      }
      let texts = members.filter { !$0.1.isEmpty }.map { name, value in
        "\"\(name)\": \(JSONText.string(value))"
      }
      return "    {" + texts.joined(separator: ", ") + "}"
    }
    let text =
      "{\n  \"index-version\": 2,\n  \"files\": [\n" + lines.joined(separator: ",\n") + "\n  ]\n}\n"
    return Array(text.utf8)
  }
}

/// Writes the archive format ustar (IEEE Std 1003.1, `pax`), with fixed owners, modes and times.
private struct TarWriter {
  private var bytes: [UInt8] = []

  mutating func add(_ name: String, _ content: [UInt8]) {
    var header = [UInt8](repeating: 0, count: 512)
    func put(_ text: String, at place: Int) {
      header.replaceSubrange(place..<place + text.utf8.count, with: Array(text.utf8))
    }
    func octal(_ number: Int, _ digits: Int) -> String {
      let text = String(number, radix: 8)
      return String(repeating: "0", count: digits - text.count) + text
    }
    precondition(name.utf8.count < 100, "a name of the guide is too long for the archive")
    put(name, at: 0)
    put(octal(0o644, 7), at: 100)
    put(octal(0, 7), at: 108)
    put(octal(0, 7), at: 116)
    put(octal(content.count, 11), at: 124)
    put(octal(0, 11), at: 136)
    put("        ", at: 148)
    put("0", at: 156)
    put("ustar", at: 257)
    put("00", at: 263)
    put(octal(header.reduce(0) { $0 + Int($1) }, 6) + "\0 ", at: 148)
    bytes += header
    bytes += content
    bytes += [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
  }

  /// The archive, with the two empty blocks at its end.
  func finished() -> [UInt8] { bytes + [UInt8](repeating: 0, count: 1024) }
}

/// Writes gzip (RFC 1952) of blocks that are not compressed (RFC 1951, section 3.2.4).
private enum GzipWriter {
  static func stored(_ content: [UInt8]) -> [UInt8] {
    var out: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255]
    var place = 0
    repeat {
      let count = min(65_535, content.count - place)
      out.append(place + count == content.count ? 1 : 0)
      for number in [UInt16(count), ~UInt16(count)] {
        out.append(UInt8(number & 0xFF))
        out.append(UInt8(number >> 8))
      }
      out += content[place..<place + count]
      place += count
    } while place < content.count
    let check = content.withUnsafeBufferPointer { buffer in
      crc32(0, buffer.baseAddress, UInt32(buffer.count))
    }
    for number in [UInt32(truncatingIfNeeded: check), UInt32(truncatingIfNeeded: content.count)] {
      for shift in stride(from: 0, to: 32, by: 8) {
        out.append(UInt8(truncatingIfNeeded: number >> UInt32(shift)))
      }
    }
    return out
  }
}
