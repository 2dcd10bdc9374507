import ClinicalTree
import Definitions

/// A table that says, field by field, where a statement of CDA and a resource of FHIR meet.
///
/// Rows are read from the top; each takes what no row before it has taken. What a row cannot say is a
/// function that stands beside the table.
struct Mapping: Sendable {
  /// The name by which `crest mapping` shows the table.
  let name: String
  /// The elements of CDA that the table reads, such as `observation`.
  let elements: [String]
  /// Roots of the templates that choose this table.
  let templates: [String]
  /// The type of the resource.
  let resource: Name
  /// The type that the rows fill: that of the resource, or of a part such as `Observation.component`.
  let type: String
  let rows: [Row]

  /// `elements` has `|` between several.
  init(
    _ name: String, _ elements: String, templates: [String] = [], resource: Name,
    of type: String? = nil, _ rows: [Row]
  ) {
    self.name = name
    self.elements = elements.split(separator: "|").map(String.init)
    self.templates = templates
    self.resource = resource
    self.type = type ?? NameTable.standard.text(of: resource).string
    self.rows = rows
  }
}

/// One row of a ``Mapping``.
struct Row: Sendable {
  let target: FHIRPath
  let source: CDAPath
  let kind: Kind
  /// Which of several codings CDA wants as the code.
  var choice = CodeChoice.any

  /// Where the row writes in CDA.
  let place: CDAPath

  private init(_ target: String, _ source: String, _ kind: Kind, choice: CodeChoice = .any) {
    self.target = FHIRPath(target)
    self.source = CDAPath(source)
    self.kind = kind
    self.choice = choice
    if case .beginning = kind { place = CDAPath(source + "/low") } else { place = self.source }
  }

  /// What a row does; each kind has one law, in both directions.
  enum Kind: Sendable {
    /// II and Identifier.
    case identifier
    /// CD and CodeableConcept.
    case codeableConcept
    /// CD and Coding.
    case coding
    /// A code by way of a concept map, into a `code` or, with the map's target system, into a
    /// CodeableConcept.
    case mappedCode(String)
    case mappedConcept(String)
    /// TS, or the low end of an IVL_TS, and dateTime.
    case dateTime
    /// The same, where CDA's template wants the low end of an interval.
    case beginning
    /// IVL_TS and Period.
    case period
    /// TS or IVL_TS and the dateTime or Period form of a choice element.
    case time
    /// PQ and Quantity.
    case quantity
    /// Any value and the form of a choice element that fits it.
    case value
    /// ST or ED and string; references into the narrative are resolved.
    case string
    /// ED and the narrative of the resource.
    case narrative
    /// BL and boolean.
    case boolean
    /// A Comment Activity and an Annotation.
    case annotation
    /// A participation and a reference to a person, organisation or device.
    case participation
    /// PN and HumanName, AD and Address, TEL and ContactPoint.
    case humanName
    case address
    case contactPoint
    /// ON and string.
    case organizationName
    /// A constant that FHIR asks for and no source says.
    case constant(StaticString)
    /// What no other kind can say: two functions, one for each direction. The way to CDA gets the resource
    /// and the statement; there is none where another row or the template writes what is meant.
    case function(String, ToFHIR, ToCDA?)

    /// Whether the kind writes a choice element that stands in a form such as `Period`.
    func takes(_ form: Text) -> Bool {
      switch self {
      case .dateTime, .beginning: form == "DateTime" || form == "Date" || form == "Instant"
      case .period: form == "Period"
      case .time: form == "Period" || form == "DateTime" || form == "Instant"
      case .quantity: form == "Quantity" || form == "Age"
      case .codeableConcept: form == "CodeableConcept"
      case .string: form == "String"
      case .boolean: form == "Boolean"
      default: true
      }
    }
  }

  typealias ToFHIR = @Sendable (FHIRBuilder, Cursor, Draft.Slot) -> Void
  typealias ToCDA = @Sendable (CDABuilder, Cursor, Draft.Slot) -> Void

  /// What the row does, for people.
  var rule: String {
    switch kind {
    case .identifier: "II, Identifier"
    case .codeableConcept: "CD, CodeableConcept"
    case .coding: "CD, Coding"
    case .mappedCode(let map): "code by ConceptMap \(map)"
    case .mappedConcept(let map): "concept by ConceptMap \(map)"
    case .dateTime: "TS or low of IVL_TS, dateTime"
    case .beginning: "low of IVL_TS, dateTime"
    case .period: "IVL_TS, Period"
    case .time: "TS, dateTime; IVL_TS, Period"
    case .quantity: "PQ, Quantity"
    case .value: "ANY by its type"
    case .string: "ST or ED, string"
    case .narrative: "ED, Narrative"
    case .boolean: "BL, boolean"
    case .annotation: "Comment Activity, Annotation"
    case .participation: "role, Reference"
    case .humanName: "PN, HumanName"
    case .address: "AD, Address"
    case .contactPoint: "TEL, ContactPoint"
    case .organizationName: "ON or ST, string"
    case .constant(let value): "the constant \(value)"
    case .function(let name, _, _): name
    }
  }

  /// Whether the row is read in both directions.
  var isTwoWay: Bool {
    switch kind {
    case .constant: false
    case .function(_, _, let toCDA): toCDA != nil
    default: true
    }
  }

  static func row(
    _ target: String, _ source: String, _ kind: Kind, choice: CodeChoice = .any
  ) -> Row {
    Row(target, source, kind, choice: choice)
  }

  /// Why something is done: a finding with its code or, without one, its words; and where the finding is
  /// a statement of its own, a reference to that.
  static let reason = Row.function(
    "reasonCode", "entryRelationship[@typeCode=RSON]/observation", "reason"
  ) { builder, finding, resource in
    // A priority preference is no reason.
    if finding.code().map({ $0 == "225773000" }) ?? false { return }
    if let value = finding.first(.value), builder.saysSomething(value) {
      builder.codeableConcept(value, as: .reasonCode, in: resource)
    } else if let text = finding.first(.text), builder.saysSomething(text) {
      builder.string(text, as: .text, in: builder.draft.addObject(.reasonCode, in: resource))
    }
    builder.reasons.append((finding, resource))
  } toCDA: { builder, resource, statement in
    builder.reasons(of: resource, in: statement)
  }

  static func function(
    _ target: String, _ source: String, _ name: String,
    _ toFHIR: @escaping ToFHIR, toCDA: ToCDA? = nil
  ) -> Row {
    Row(target, source, .function(name, toFHIR, toCDA))
  }
}

/// A path from a resource to the element that a row writes, by element names; `[x]` marks a choice.
struct FHIRPath: Sendable {
  let text: String
  /// The elements above the last one, each of which is made once.
  let parents: [Name]
  let last: Name
  /// The last name without `[x]`.
  let stem: String
  let isChoice: Bool

  init(_ text: String) {
    self.text = text
    var parts = text.split(separator: ".").map(String.init)
    let end = parts.popLast() ?? ""
    isChoice = end.hasSuffix("[x]")
    stem = isChoice ? String(end.dropLast(3)) : end
    parents = parts.map { FHIRPath.name($0) }
    last =
      stem.isEmpty
      ? .none : isChoice ? (NameTable.standard.lookUp(stem) ?? .none) : FHIRPath.name(stem)
  }

  private static func name(_ text: String) -> Name {
    guard let name = NameTable.standard.lookUp(text) else {
      preconditionFailure("FHIR has no name \(text)")
    }
    return name
  }

  /// The name of a form of a choice.
  func form(_ type: String) -> Name {
    isChoice ? FHIRPath.name(stem + type) : last
  }
}
