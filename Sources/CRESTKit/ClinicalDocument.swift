public import ClinicalTree
import Conversion
import Definitions
package import FHIRFormats
import XMLTree

/// A record in memory: C-CDA, FHIR in JSON or XML, or the JSON of a ``CREST/Record``.
public struct ClinicalDocument: Sendable {
  /// What a document is.
  public enum Kind: String, Sendable, CaseIterable {
    /// C-CDA, a whole document or a part of one.
    case ccda
    /// A FHIR R4 resource in JSON.
    case fhir
    /// A FHIR R4 resource in XML.
    case fhirXML = "fhir-xml"
    /// FHIR R4 resources in JSON, one a line.
    case ndjson
    /// The JSON of a ``CREST/Record``.
    case record
  }

  /// What the document is, told by its content.
  public let kind: Kind
  /// The document; for NDJSON its first resource. FHIR in XML has the tree of its JSON.
  public let tree: Tree
  /// What the readers found.
  public let issues: [Issue]
  /// The further resources of NDJSON.
  package let more: [Tree]

  /// The trees of all resources: one, or for NDJSON one a line.
  package var trees: [Tree] { [tree] + more }

  package init(kind: Kind, tree: Tree, issues: [Issue], more: [Tree] = []) {
    self.kind = kind
    self.tree = tree
    self.issues = issues
    self.more = more
  }

  /// What reading gives up at.
  public struct Limits: Sendable {
    /// How deep elements, arrays and objects may be nested.
    public var depth: Int
    /// How many bytes a document may have.
    public var size: Int

    /// Sets the limits.
    public init(depth: Int = 200, size: Int = 1 << 30) {
      self.depth = depth
      self.size = size
    }

    /// 200 levels and one gibibyte.
    public static let standard = Limits()

    var json: JSON.Limits { JSON.Limits(depth: depth, size: size) }
    var xml: XML.Limits { XML.Limits(depth: depth, size: size) }
  }

  /// Why bytes could not be read as a document.
  public struct ReadingError: Error, Sendable {
    /// At least one issue with the place of the fault.
    public let issues: [Issue]
  }

  /// Reads a document; what it is is told by its content, or is given.
  ///
  /// - Throws: ``ReadingError`` when the bytes are not well-formed, are neither FHIR nor CDA nor a
  ///   record, or exceed a limit. Cost is linear in the size of the document.
  public init(
    parsing bytes: [UInt8], as kind: Kind? = nil, limits: Limits = .standard
  ) throws(ReadingError) {
    // What a byte order mark, or a part of one, stands before.
    let first = bytes.first {
      !Bytes.isSpace($0) && ![0, 0xEF, 0xBB, 0xBF, 0xFE, 0xFF].contains($0)
    }
    switch kind {
    case .ccda, .fhirXML: try self.init(xml: bytes, kind, limits)
    case .fhir, .record: try self.init(json: bytes, kind, limits)
    case .ndjson: try self.init(ndjson: bytes, limits)
    case nil:
      switch first {
      case UInt8(ascii: "<") where Self.isPage(bytes):
        throw ReadingError(issues: [Issue(Self.notARecord, "a page of HTML")])
      case UInt8(ascii: "<"): try self.init(xml: bytes, nil, limits)
      case UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: "\""):
        try self.init(json: bytes, nil, limits)
      case nil: throw ReadingError(issues: [Issue(Self.notARecord, "the input is empty")])
      default:
        throw ReadingError(issues: [Issue(Self.notARecord, "text that is neither XML nor JSON")])
      }
    }
  }

  /// Whether bytes begin as HTML does, whose end tags XML would only complain of.
  private static func isPage(_ bytes: [UInt8]) -> Bool {
    let start = bytes.prefix(64).map { $0 &- 0x41 < 26 ? $0 | 0x20 : $0 }
    let text = start.drop { $0 != UInt8(ascii: "<") }
    return text.starts(with: "<!doctype html".utf8) || text.starts(with: "<html".utf8)
  }

  private init(xml bytes: [UInt8], _ kind: Kind?, _ limits: Limits) throws(ReadingError) {
    let (tree, issues): (Tree, [Issue])
    do {
      (tree, issues) = try Tree.xml(bytes, names: .standard, limits: limits.xml)
    } catch {
      throw ReadingError(issues: error.issues)
    }
    let isFHIR = tree.withCursor { $0.node.flags.space == .fhir }
    if isFHIR, kind != .ccda {
      self.init(kind: .fhirXML, tree: tree.fhirFromXML(), issues: issues)
    } else if CDAConverter.isCDA(tree), kind != .fhirXML {
      self.init(kind: .ccda, tree: tree, issues: issues)
    } else {
      throw ReadingError(
        issues: issues + [
          Issue(
            Self.notARecord,
            kind == nil
              ? "well-formed XML, but neither FHIR nor CDA" : "not what it was said to be",
            position: SourcePosition(line: 1, column: 1, offset: 0))
        ])
    }
  }

  private init(json bytes: [UInt8], _ kind: Kind?, _ limits: Limits) throws(ReadingError) {
    let (tree, issues): (Tree, [Issue])
    do {
      (tree, issues) = try Tree.json(bytes, names: .standard, limits: limits.json)
    } catch {
      // Several values one after the other are NDJSON, if each line is one.
      if kind == nil, error.issues.first?.code.id == "JSON-0008",
        let lines = try? ClinicalDocument(ndjson: bytes, limits)
      {
        self = lines
        return
      }
      throw ReadingError(issues: error.issues)
    }
    let isResource = tree.withCursor { $0.kind == .object && $0.property(.resourceType) != nil }
    let isRecord =
      tree.name("manifestations").map { name in
        tree.withCursor { $0.kind == .object && $0.property(name) != nil }
      } ?? false
    if isResource, kind != .record {
      self.init(kind: .fhir, tree: tree, issues: issues)
    } else if isRecord, kind != .fhir {
      self.init(kind: .record, tree: tree, issues: issues)
    } else {
      throw ReadingError(
        issues: issues + [
          Issue(
            Self.notARecord, "well-formed JSON, but no resource of FHIR and no record",
            position: SourcePosition(line: 1, column: 1, offset: 0))
        ])
    }
  }

  private init(ndjson bytes: [UInt8], _ limits: Limits) throws(ReadingError) {
    var trees: [Tree] = []
    var issues: [Issue] = []
    for line in NDJSON.lines(of: bytes) {
      do {
        let (tree, found) = try Tree.json(Array(line.bytes), names: .standard, limits: limits.json)
        guard tree.withCursor({ $0.kind == .object && $0.property(.resourceType) != nil }) else {
          throw ReadingError(issues: [
            Issue(
              FHIRFormats.lineWithoutResource, "a line that is not a resource",
              position: SourcePosition(line: line.number, column: 1, offset: line.offset))
          ])
        }
        trees.append(tree)
        issues += found.map { $0.moved(to: line) }
      } catch let error as JSON.ParsingError {
        throw ReadingError(issues: error.issues.map { $0.moved(to: line) })
      } catch let error as ReadingError {
        throw error
      } catch {
        throw ReadingError(issues: [])
      }
    }
    guard let first = trees.first else {
      throw ReadingError(issues: [Issue(Self.notARecord, "no line holds a resource")])
    }
    self.init(kind: .ndjson, tree: first, issues: issues, more: Array(trees.dropFirst()))
  }

  /// The records of several patients taken apart.
  ///
  /// What refers to a patient is that patient's, and what refers to that; resources that name no patient,
  /// such as practitioners, go with everyone who refers to them. Linear in the size of the document but
  /// for chains of resources that only lead to a patient through each other.
  ///
  /// - Returns: A Bundle of type collection for each Patient of FHIR, in their order, and an issue for each
  ///   resource that is in none of them. The document itself when it is not FHIR or has one patient.
  public func split() -> (documents: [ClinicalDocument], issues: [Issue]) {
    guard kind == .fhir || kind == .fhirXML || kind == .ndjson else { return ([self], []) }
    guard FHIRConverter.patientCount(trees) > 1 else { return ([self], []) }
    let (bundles, left) = FHIRConverter.split(trees)
    let documents = bundles.map { ClinicalDocument(kind: .fhir, tree: $0, issues: []) }
    return (documents, issues + left)
  }

  static let notARecord = Issue.Code(
    "FILE-0001", "The input is neither FHIR nor CDA",
    explanation:
      "The content was looked at, not the name. It is no FHIR resource in JSON or XML, no CDA document or part of one, and no record of this library.",
    repair: "Check which file this is; --from names the kind where the content alone does not tell."
  )

  /// The codes that this module gives out.
  package static let issueCodes = [
    notARecord, Converter.notInRecord, Converter.readByWords, Converter.noPseudonym,
  ]
}

extension Issue {
  /// The issue of a line at its place in the file.
  package func moved(to line: NDJSON.Line) -> Issue {
    var issue = self
    let column = position?.column ?? 1
    issue.position = SourcePosition(
      line: line.number, column: column, offset: line.offset + (position?.offset ?? 0))
    return issue
  }
}
