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
    guard document.kind == .record else {
      self.init(try document.asFHIR().entries)
      return
    }
    do {
      self = try JSON.Decoder().decode(CREST.Record.self, from: document.tree)
    } catch {
      throw .notARecord(document.issues + [Converter.refused(error)])
    }
  }

  /// The record as a Bundle whose resources are linked to the guide by tags.
  public var linkedBundle: R4.Bundle {
    var bundle = bundle
    let links = Dictionary(
      grouping: CREST.Guide.links(in: bundle.tree(names: .standard)), by: \.resource)
    for place in bundle.entry.indices {
      guard let resource = bundle.entry[place].resource?.typed else { continue }
      let name = type(of: resource).resourceType + "/" + (resource.id?.value ?? "")
      guard let own = links[name] else { continue }
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
    let found = try document.asFHIR().places
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
    let fhir = try document.asFHIR()
    let places = fhir.places
    let reading = CREST.Record.reading(places.map { ($0.url, $0.resource) })
    let findings = validator.issues(in: document)
    self.init(
      reading.record, resources: places.map { ($0.path, $0.element) }, leftOver: reading.leftOver,
      scores: try CREST.Score.scores(in: fhir), links: CREST.Guide.links(in: fhir),
      findings: document.kind == .record
        ? findings : findings + Self.contradictions(in: fhir, beside: findings, validator))
  }

  /// Where parts of a record do not agree with each other, in documents that were not checked as records.
  private static func contradictions(
    in fhir: ClinicalDocument, beside findings: [Issue], _ validator: Validator
  ) -> [Issue] {
    let known = Set(findings.compactMap(\.constraint))
    return fhir.trees.flatMap {
      validator.adding(profiles: [CREST.recordProfile]).issues(inFHIR: $0)
    }.filter { issue in
      guard let rule = issue.constraint else { return false }
      return rule.hasPrefix("crest-rec-") && !known.contains(rule)
    }
  }
}

extension CREST.Guide {
  /// The links of a document to the guide; see ``CREST/Guide/links(in:)-(Tree)``.
  public static func links(in document: ClinicalDocument) -> [Link] {
    let document = document.kind == .record ? (try? document.asFHIR()) ?? document : document
    return document.trees.enumerated().flatMap { number, tree in
      links(in: tree).map { $0.moved(below: document.prefix(ofLine: number)) }
    }
  }

  /// Every statement of the guide with the number of records of a document that it speaks of.
  public static func coverage(of document: ClinicalDocument) -> [Coverage] {
    let links = links(in: document)
    return standard.statements.map { statement in
      Coverage(statement: statement, records: links.count { $0.statement == statement.id })
    }
  }
}

extension ClinicalDocument {
  /// The resources of a FHIR document: those of a Bundle, or of all lines.
  public var resources: [R4.Resource] { entries.map(\.resource) }

  /// The resources with the URLs that others refer to them by.
  var entries: [(url: String?, resource: R4.Resource)] { places.map { ($0.url, $0.resource) } }

  /// A resource of a FHIR document, as it stands there and as it was read.
  struct Place {
    let path: String
    let url: String?
    let resource: R4.Resource
    let element: Element
  }

  /// The resources of a FHIR document with their places.
  var places: [Place] {
    trees.enumerated().flatMap { number, tree -> [Place] in
      let prefix = prefix(ofLine: number)
      let (resource, _) = R4.Resource.reading(tree)
      guard case .bundle(let bundle) = resource else {
        let type = tree.root["resourceType"].first?.value ?? ""
        return [Place(path: prefix + type, url: nil, resource: resource, element: tree.root)]
      }
      let entries = tree.root["entry"]
      // Where entries that are none were passed over, those that are left are read one by one.
      let isWhole = entries.count == bundle.entry.count
      return entries.enumerated().compactMap { number, entry in
        guard let element = entry["resource"].first,
          let inner = isWhole
            ? bundle.entry[number].resource
            : R4.Resource.reading(tree.subtree(at: element.index)).value
        else { return nil }
        return Place(
          path: "\(prefix)Bundle.entry[\(number)].resource",
          url: entry["fullUrl"].first?.value, resource: inner, element: element)
      }
    }
  }

  /// What stands before the paths of a line of NDJSON; nothing in other documents.
  func prefix(ofLine number: Int) -> String { kind == .ndjson ? "[\(number)]." : "" }

  /// A document as FHIR: C-CDA and records are converted.
  func asFHIR() throws(Converter.ConversionError) -> ClinicalDocument {
    guard kind == .ccda || kind == .record else { return self }
    let made = try Converter().convert(self, to: .fhir)
    return ClinicalDocument(kind: .fhir, tree: made.tree, issues: issues)
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
