public import CRESTRecords
import ClinicalTree
public import Conformance
import Conversion
import Definitions
public import FHIRModels

extension CREST {
  /// The version of this library, of the command, and of their tables.
  public static var version: String { Conversion.version.description }
}

extension CREST.Record {
  /// Reads a record from a document of any kind; C-CDA is converted to FHIR first.
  ///
  /// - Throws: ``Converter/ConversionError`` for JSON that claims to be a record and is none.
  public init(_ document: ClinicalDocument) throws(Converter.ConversionError) {
    switch document.kind {
    case .ccda: self.init(fhir: try Converter().convert(document, to: .fhir).tree)
    case .fhir, .fhirXML, .ndjson: self.init(document.entries)
    case .record:
      do {
        self = try JSON.Decoder().decode(CREST.Record.self, from: document.tree)
      } catch {
        throw .notARecord(document.issues)
      }
    }
  }

  /// The record as a Bundle whose resources are linked to the guide by tags.
  public var linkedBundle: R4.Bundle {
    var bundle = bundle
    let links = CREST.Guide.links(in: bundle.tree(names: .standard))
    for place in bundle.entry.indices {
      guard let resource = bundle.entry[place].resource?.typed else { continue }
      let name = type(of: resource).resourceType + "/" + (resource.id?.value ?? "")
      let own = links.filter { $0.resource == name }
      if own.isEmpty { continue }
      bundle.entry[place].resource?.updateMeta { meta in
        var changed = meta ?? R4.Meta()
        changed.tag += own.map { link in
          var tag = R4.Coding()
          tag.system = R4.Primitive(CREST.guideSystem)
          tag.code = R4.Primitive(link.statement)
          return tag
        }
        meta = changed
      }
    }
    return bundle
  }
}

extension CREST.Score {
  /// The scores and classifications of a document of any kind; see ``CREST/Score/scores(of:path:)``.
  ///
  /// The places are those of a FHIR document, for NDJSON with the number of the line from 0 before them,
  /// or those of the Bundle that C-CDA or a record becomes.
  ///
  /// - Throws: ``Converter/ConversionError`` for JSON that claims to be a record and is none.
  public static func scores(
    in document: ClinicalDocument
  ) throws(Converter.ConversionError) -> [CREST.Score] {
    var trees = [document.tree] + document.more
    if document.kind == .ccda || document.kind == .record {
      trees = [try Converter().convert(document, to: .fhir).tree]
    }
    var found: [(resource: R4.Resource, path: String)] = []
    for (number, tree) in trees.enumerated() {
      let prefix = document.kind == .ndjson ? "[\(number)]." : ""
      let (resource, _) = R4.Resource.reading(tree)
      if case .bundle(let bundle) = resource {
        for (number, entry) in bundle.entry.enumerated() {
          if let inner = entry.resource {
            found.append((inner, prefix + "Bundle.entry[\(number)].resource"))
          }
        }
      } else {
        found.append((resource, prefix + (tree.root["resourceType"].first?.value ?? "")))
      }
    }
    return scores(of: found.map(\.resource)) { found[$0].path }
  }
}

extension CREST.Page {
  /// Makes the page of a document of any kind; C-CDA and records are converted to FHIR first, and findings
  /// are about the document itself.
  ///
  /// - Parameters:
  ///   - document: The document.
  ///   - validator: What checks it.
  /// - Throws: ``Converter/ConversionError`` for JSON that claims to be a record and is none.
  public init(
    _ document: ClinicalDocument, validator: Validator = Validator()
  ) throws(Converter.ConversionError) {
    var fhir = document
    if document.kind == .ccda || document.kind == .record {
      let tree = try Converter().convert(document, to: .fhir).tree
      fhir = ClinicalDocument(kind: .fhir, tree: tree, issues: document.issues)
    }
    let reading = CREST.Record.reading(fhir.entries)
    self.init(
      reading.record, resources: fhir.places, leftOver: reading.leftOver,
      scores: try CREST.Score.scores(in: fhir), links: CREST.Guide.links(in: fhir),
      findings: validator.issues(in: document) + Self.contradictions(fhir, document, validator))
  }

  /// Where parts of a record do not agree with each other, for documents that are not checked as records.
  private static func contradictions(
    _ fhir: ClinicalDocument, _ document: ClinicalDocument, _ validator: Validator
  ) -> [Issue] {
    if document.kind == .record { return [] }
    return validator.adding(profiles: [CREST.recordProfile]).issues(inFHIR: fhir.tree)
      .filter { $0.constraint?.hasPrefix("crest-rec-") ?? false }
  }
}

extension CREST.Guide {
  /// The links of a document to the guide; see ``CREST/Guide/links(in:)-(Tree)``.
  public static func links(in document: ClinicalDocument) -> [Link] {
    ([document.tree] + document.more).flatMap { links(in: $0) }
  }

  /// Every statement of the guide with the number of records of a document that it speaks of.
  public static func coverage(of document: ClinicalDocument) -> [Coverage] {
    let trees = [document.tree] + document.more
    let parts = trees.map { coverage(of: $0) }
    return standard.statements.enumerated().map { place, statement in
      Coverage(statement: statement, records: parts.reduce(0) { $0 + $1[place].records })
    }
  }
}

extension ClinicalDocument {
  /// The resources of a FHIR document: those of a Bundle, or of all lines.
  public var resources: [R4.Resource] { entries.map(\.resource) }

  /// The resources with the URLs that others refer to them by.
  var entries: [(url: String?, resource: R4.Resource)] {
    ([tree] + more).flatMap { tree -> [(url: String?, resource: R4.Resource)] in
      let (resource, _) = R4.Resource.reading(tree)
      guard case .bundle(let bundle) = resource else { return [(nil, resource)] }
      return bundle.entry.compactMap { entry in
        entry.resource.map { (entry.fullUrl?.value, $0) }
      }
    }
  }
}

extension ClinicalDocument {
  /// The resources of a FHIR document with their places.
  fileprivate var places: [(path: String, resource: Element)] {
    if kind == .ndjson {
      return ([tree] + more).enumerated().map { number, tree in ("[\(number)]", tree.root) }
    }
    let type = tree.root["resourceType"].first?.value ?? ""
    guard type == "Bundle" else { return [(type, tree.root)] }
    return tree.root["entry"].enumerated().compactMap { number, entry in
      entry["resource"].first.map { ("Bundle.entry[\(number)].resource", $0) }
    }
  }
}

extension Tree {
  /// A tag for every link of the resources of this Bundle to the guide.
  func guideTags() -> [CDAConverter.Annotation] {
    CREST.Guide.links(in: self).map { link in
      CDAConverter.Annotation(
        node: link.node, system: CREST.guideSystem, code: link.statement,
        reason: "the guide's statement \(link.statement) speaks of this record")
    }
  }
}
