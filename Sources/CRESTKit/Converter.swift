public import ClinicalTree
import Conformance
import CRESTRecords
import Conversion
import Definitions
import FHIRFormats
import FHIRModels
import XMLTree

/// Converts records into each other.
///
/// A value that is made once and used from many tasks. The same bytes give the same bytes: no clock, no
/// random ids, no locale.
public struct Converter: Sendable {
  /// What a conversion may be told.
  public struct Options: Sendable {
    /// What becomes of a time that states no offset from UTC, which FHIR does not allow.
    public enum TimeZonePolicy: Sendable, Equatable {
      /// The date alone becomes the value; the source form is kept in an extension.
      case date
      /// The one offset that the document itself states, when it states exactly one; else the date.
      case document
      /// A given offset in minutes east of UTC.
      case fixed(Int)
    }

    /// See ``TimeZonePolicy``.
    public var timeZonePolicy: TimeZonePolicy
    /// The instant for what FHIR requires one for, in FHIR's form; from the document's header if `nil`.
    public var now: String?
    /// Whether to record what becomes of each leaf of the source; costs up to as much time again.
    public var keepsLedger: Bool

    /// Whether a C-CDA document itself, as UTF-8, goes into the bundle that is made of it.
    public var attachesSource: Bool
    /// The C-CDA document to make of FHIR; `nil` for that of the Composition, or a CCD without one.
    public var documentKind: DocumentKind?
    /// The Patient whom FHIR without one is about; for C-CDA.
    public var patient: ClinicalDocument?

    /// The documents of C-CDA 2.1 that FHIR becomes.
    public enum DocumentKind: String, Sendable, CaseIterable {
      /// Continuity of Care Document.
      case ccd
      /// Referral Note.
      case referral
      /// Progress Note.
      case progress
      /// Consultation Note.
      case consult
      /// Discharge Summary.
      case discharge
    }

    /// Sets the options.
    public init(
      timeZonePolicy: TimeZonePolicy = .date, now: String? = nil, keepsLedger: Bool = false,
      attachesSource: Bool = false, documentKind: DocumentKind? = nil,
      patient: ClinicalDocument? = nil
    ) {
      self.timeZonePolicy = timeZonePolicy
      self.now = now
      self.keepsLedger = keepsLedger
      self.attachesSource = attachesSource
      self.documentKind = documentKind
      self.patient = patient
    }
  }

  /// What a conversion made.
  public struct Output: Sendable {
    /// The document that was made.
    public let tree: Tree
    /// What was found on the way, in the order of its places.
    public let issues: [Issue]
    /// What became of each leaf of the source, if it was asked for.
    public let ledger: Ledger?
    /// The bytes in the target's format.
    public let data: [UInt8]
  }

  /// Why there is no result.
  public enum ConversionError: Error, Sendable {
    /// There is no way between these kinds.
    case unavailable(from: ClinicalDocument.Kind, to: ClinicalDocument.Kind)
    /// A C-CDA document is about one patient, and so is a record. The FHIR holds none, does not say that none
    /// is known, and none was given; or it holds several, whom ``ClinicalDocument/split()`` takes apart.
    case notOnePatient([Issue])
    /// The JSON is not that of a record, for the reasons given.
    case notARecord([Issue])
  }

  private let options: Options

  /// Makes a converter.
  public init(options: Options = Options()) {
    self.options = options
  }

  /// Converts a document.
  ///
  /// - Parameters:
  ///   - document: The source.
  ///   - target: What to make.
  ///   - layout: How JSON and XML are laid out.
  /// - Returns: What was made, with what was found on the way.
  /// - Throws: ``ConversionError`` for a direction that there is not, and for FHIR that is not about one
  ///   patient where C-CDA or a record is to be made.
  public func convert(
    _ document: ClinicalDocument, to target: ClinicalDocument.Kind, layout: JSON.Layout = .compact
  ) throws(ConversionError) -> Output {
    switch (document.kind, target) {
    case (.ccda, .fhir), (.ccda, .fhirXML), (.ccda, .ndjson), (.ccda, .record):
      return fromCDA(document, to: target, layout)
    case (.fhir, .ccda), (.fhirXML, .ccda), (.ndjson, .ccda), (.record, .ccda):
      return try toCDA(document, layout)
    case (.fhir, .record), (.fhirXML, .record), (.ndjson, .record):
      _ = try patientCount(document.trees, document.issues)
      return record(
        document.entries, document.tree, document.issues + Self.misshapen(document), layout)
    case (.record, .record), (.record, .fhir), (.record, .fhirXML), (.record, .ndjson):
      return try fromRecord(document, to: target, layout)
    case (.fhir, .fhir), (.fhir, .fhirXML), (.fhir, .ndjson), (.fhirXML, .fhir),
      (.fhirXML, .fhirXML), (.fhirXML, .ndjson), (.ndjson, .ndjson), (.ndjson, .fhir):
      let (data, issues) = write(document.trees, as: target, layout)
      return Output(tree: document.tree, issues: document.issues + issues, ledger: nil, data: data)
    default:
      throw .unavailable(from: document.kind, to: target)
    }
  }

  private func fromCDA(
    _ document: ClinicalDocument, to target: ClinicalDocument.Kind, _ layout: JSON.Layout
  ) -> Output {
    let result = CDAConverter(options: conversionOptions)
      .convert(document.tree, keepsLedger: options.keepsLedger) { $0.guideTags() }
    if target == .record {
      let fhir = ClinicalDocument(kind: .fhir, tree: result.tree, issues: [])
      return record(
        fhir.entries, result.tree, document.issues + result.issues, layout,
        ledger: result.ledger.map(Ledger.init))
    }
    let trees = target == .ndjson ? result.tree.bundledResources() : [result.tree]
    let (data, issues) = write(trees, as: target, layout)
    return Output(
      tree: result.tree, issues: document.issues + result.issues + issues,
      ledger: result.ledger.map(Ledger.init), data: data)
  }

  private func toCDA(
    _ document: ClinicalDocument, _ layout: JSON.Layout
  ) throws(ConversionError) -> Output {
    var trees = document.trees
    var issues = document.issues
    if document.kind == .record {
      let bundle = try fromRecord(document, to: .fhir, layout)
      trees = [bundle.tree]
      issues = bundle.issues
    }
    let count = try patientCount(trees, issues)
    if count == 0, options.patient == nil, !FHIRConverter.isPatientUnknown(trees) {
      throw .notOnePatient(issues + [Issue(Conversion.noPatient, "no Patient")])
    }
    let kind = options.documentKind.flatMap { Conversion.DocumentKind(rawValue: $0.rawValue) }
    let validator = Validator()
    let result = FHIRConverter(options: conversionOptions, kind: kind)
      .convert(
        trees, patient: count == 0 ? options.patient?.tree : nil, keepsLedger: options.keepsLedger
      ) { validator.faults(inCDA: $0, $1) }
    return Output(
      tree: result.tree, issues: issues + result.issues, ledger: result.ledger.map(Ledger.init),
      data: result.tree.xml(layout == .compact ? .document : .indented))
  }

  /// How many patients resources are about, none or one. Several are refused: their records would become
  /// one.
  private func patientCount(_ trees: [Tree], _ issues: [Issue]) throws(ConversionError) -> Int {
    let count = FHIRConverter.patientCount(trees)
    if count > 1 {
      throw .notOnePatient(issues + [Issue(Conversion.mixedPatients, "\(count) patients")])
    }
    return count
  }

  /// The record that resources mean, with a finding for each type of which some gave it nothing.
  private func record(
    _ entries: [(url: String?, resource: R4.Resource)], _ tree: Tree, _ issues: [Issue],
    _ layout: JSON.Layout, ledger: Ledger? = nil
  ) -> Output {
    let reading = CREST.Record.reading(entries)
    func counts(_ places: [Int]) -> [(type: String, count: Int)] {
      let types = places.map { entries[$0].resource.typed.map { type(of: $0).resourceType } ?? "" }
      return Dictionary(grouping: types) { $0 }.map { ($0.key, $0.value.count) }.sorted { $0 < $1 }
    }
    let left = counts(reading.leftOver).map { type, count in
      Issue(Self.notInRecord, "\(type): \(count) without a place in the record")
    }
    let told = counts(reading.byWords).map { type, count in
      Issue(Self.readByWords, "\(type): \(count) without a code, read by the words")
    }
    return Output(
      tree: tree, issues: issues + left + told, ledger: ledger, data: reading.record.json(layout))
  }

  /// What of FHIR has not the form of its type: dates that are none, and the like. A record cannot hold it.
  private static func misshapen(_ document: ClinicalDocument) -> [Issue] {
    var options = Validator.Options()
    options.isBaseOnly = true
    return Validator(options: options).issues(in: document).filter {
      $0.code.id == "FHIR-0104" || $0.code.id == "FHIR-0106"
    }
  }

  static let notInRecord = Issue.Code(
    "CONV-0301", "Resources have no place in a record", severity: .information,
    explanation:
      "The record of the disease holds what is said of calcinosis cutis and CREST syndrome. Other diseases, what was entered in error, and what names no code or words of this field are not in it.",
    repair: "Convert to FHIR or C-CDA where everything is to be kept.")
  static let readByWords = Issue.Code(
    "CONV-0302", "The words of resources were read, as they have no code", severity: .information,
    explanation:
      "A resource without any code was taken for what its words say. Words are less sure than codes.",
    repair: "Check what was made of it, and send codes.")
  package static let noPseudonym = Issue.Code(
    "CONV-0303", "A record has no pseudonym, or several",
    explanation:
      "A pseudonymous record keeps the identifier of one system, and the patient has none of it or more than one.",
    repair:
      "Name the system as the record does; in C-CDA it is the root of the id, as urn:oid: where no other URI is known."
  )

  private func fromRecord(
    _ document: ClinicalDocument, to target: ClinicalDocument.Kind, _ layout: JSON.Layout
  ) throws(ConversionError) -> Output {
    let record = try CREST.Record(document)
    if target == .record {
      return Output(
        tree: document.tree, issues: document.issues, ledger: nil, data: record.json(layout))
    }
    let bundle = record.linkedBundle.tree(names: .standard)
    let trees = target == .ndjson ? bundle.bundledResources() : [bundle]
    let (data, issues) = write(trees, as: target, layout)
    return Output(tree: bundle, issues: document.issues + issues, ledger: nil, data: data)
  }

  /// Why JSON is no record, with the place.
  static func refused(_ error: any Error) -> Issue {
    let context: DecodingError.Context? =
      switch error as? DecodingError {
      case .dataCorrupted(let context), .keyNotFound(_, let context),
        .typeMismatch(_, let context), .valueNotFound(_, let context):
        context
      default: nil
      }
    let path = (context?.codingPath ?? []).reduce("") { path, key in
      if let place = key.intValue { return path + "[\(place)]" }
      return path.isEmpty ? key.stringValue : path + "." + key.stringValue
    }
    var issue = Issue(ClinicalDocument.notARecord, "not what a record may say here")
    issue.path = path
    return issue
  }

  private var conversionOptions: Conversion.Options {
    let policy: Conversion.Options.TimeZonePolicy =
      switch options.timeZonePolicy {
      case .date: .date
      case .document: .document
      case .fixed(let offset): .fixed(offset)
      }
    return Conversion.Options(
      timeZonePolicy: policy, now: options.now,
      attachesSource: options.attachesSource)
  }

  private func write(
    _ trees: [Tree], as target: ClinicalDocument.Kind, _ layout: JSON.Layout
  ) -> (data: [UInt8], issues: [Issue]) {
    switch target {
    case .fhirXML:
      let written = trees.map { $0.fhirXML(layout) }
      return (written.flatMap(\.data), written.flatMap(\.issues))
    case .ndjson: return (trees.flatMap { $0.json(.compact) }, [])
    default: return (trees.flatMap { $0.json(layout) }, [])
    }
  }
}

extension Tree {
  /// The resources of a Bundle, each as a tree of its own; the resource itself where it is none.
  package func bundledResources() -> [Tree] {
    guard let entry = name("entry"), let resource = name("resource") else { return [self] }
    let nodes: [Int] = withCursor { root in
      root.values(entry).compactMap { $0.property(resource)?.index }
    }
    return nodes.isEmpty ? [self] : nodes.map { subtree(at: $0) }
  }
}
