import ClinicalTree
import Definitions

/// What an Observation is about, as FHIR's servers search for it.
struct ObservationCategory {
  let system: StaticString
  let code: StaticString

  private init(_ system: StaticString, _ code: StaticString) {
    self.system = system
    self.code = code
  }

  private init(_ code: StaticString) {
    self.init("http://terminology.hl7.org/CodeSystem/observation-category", code)
  }

  private init(usCore code: StaticString) {
    self.init("http://hl7.org/fhir/us/core/CodeSystem/us-core-category", code)
  }

  static let laboratory = Self("laboratory")
  static let vitalSigns = Self("vital-signs")
  static let socialHistory = Self("social-history")
  static let procedure = Self("procedure")
  static let survey = Self("survey")
  static let functionalStatus = Self(usCore: "functional-status")
  static let cognitiveStatus = Self(usCore: "cognitive-status")
  static let advanceDirective = Self(usCore: "observation-adi-documentation")
}

/// Observations of the sections beside results and vital signs: each kind has its category, and all have
/// the same rows.
enum ObservationKinds {
  static let all = [
    kind(
      "smoking-status", ["2.16.840.1.113883.10.20.22.4.78"], .socialHistory, assertion: "72166-2"),
    kind("tobacco-use", ["2.16.840.1.113883.10.20.22.4.85"], .socialHistory, assertion: "11367-0"),
    kind("pregnancy", ["2.16.840.1.113883.10.20.15.3.8"], .socialHistory, assertion: "82810-3"),
    kind(
      "functional-status",
      [
        "2.16.840.1.113883.10.20.22.4.67", "2.16.840.1.113883.10.20.22.4.68",
        "2.16.840.1.113883.10.20.22.4.127", "2.16.840.1.113883.10.20.22.4.128",
      ], .functionalStatus, sections: ["47420-5"]),
    kind(
      "mental-status",
      ["2.16.840.1.113883.10.20.22.4.74", "2.16.840.1.113883.10.20.22.4.73"], .cognitiveStatus,
      sections: ["10190-7"]),
    kind(
      "assessment-scale",
      ["2.16.840.1.113883.10.20.22.4.69", "2.16.840.1.113883.10.20.22.4.86"], .survey),
    kind(
      "advance-directive",
      ["2.16.840.1.113883.10.20.22.4.48", "2.16.840.1.113883.10.20.1.17"], .advanceDirective,
      sections: ["42348-3"]),
    kind(
      "status-observation",
      [
        "2.16.840.1.113883.10.20.22.4.5", "2.16.840.1.113883.10.20.22.4.144",
        "2.16.840.1.113883.10.20.22.4.124", "2.16.840.1.113883.10.20.22.4.109",
        "2.16.840.1.113883.10.20.22.4.114", "1.3.6.1.4.1.19376.1.5.3.1.4.13",
      ], nil),
    kind(
      "social-history",
      [
        "2.16.840.1.113883.10.20.22.4.38", "2.16.840.1.113883.10.20.1.33",
        "2.16.840.1.113883.10.20.22.4.72", "2.16.840.1.113883.10.20.22.4.111",
        "2.16.840.1.113883.10.20.22.4.200", "2.16.840.1.113883.10.20.22.4.501",
        "2.16.840.1.113883.10.20.22.4.503", "2.16.840.1.113883.10.20.22.4.504",
        "2.16.840.1.113883.10.20.22.4.506", "1.3.6.1.4.1.19376.1.5.3.1.4.13.4",
      ], .socialHistory, sections: ["29762-2"]),
    organizer(
      "functional-status-organizer", ["2.16.840.1.113883.10.20.22.4.66"], .functionalStatus,
      sections: ["47420-5"]),
    organizer(
      "mental-status-organizer", ["2.16.840.1.113883.10.20.22.4.75"], .cognitiveStatus,
      sections: ["10190-7"]),
    organizer(
      "advance-directive-organizer", ["2.16.840.1.113883.10.20.22.4.108"], .advanceDirective,
      sections: ["42348-3"]),
  ]

  /// An organizer as an observation that has the observations inside as its members.
  static let panel = Mapping(
    "observation-organizer", "organizer", resource: .Observation,
    [
      .row("identifier", "id", .identifier),
      .row("status", "statusCode", .mappedCode("cf-result-status")),
      .row("code", "code", .codeableConcept),
      .row("effective[x]", "effectiveTime", .time),
      .row("performer", "performer", .participation),
      .row("text", "text", .narrative),
    ])

  /// `assertion` is the LOINC code of the question, for senders that write only ASSERTION.
  private static func kind(
    _ name: String, _ templates: [String], _ category: ObservationCategory?,
    sections: [String] = [], assertion: StaticString? = nil
  ) -> StatementKind {
    let mapping = Mapping(
      name, "observation", templates: templates, resource: .Observation, ObservationRows.all)
    return StatementKind(
      name, .observation, templates: templates, sections: sections, tables: [mapping]
    ) { builder, observation, context in
      guard builder.isEvent(observation) else {
        return GeneralStatement.byClass(builder, observation, context)
      }
      if builder.patientFact(observation) { return [] }
      return [
        builder.resource(mapping, observation, context) { resource in
          if let assertion { builder.question(observation, assertion, in: resource) }
          builder.members(of: observation, of: resource, context)
          builder.completeObservation(observation, context, category: category, in: resource)
        }
      ]
    }
  }

  static func organizer(
    _ name: String, _ templates: [String], _ category: ObservationCategory?, sections: [String]
  ) -> StatementKind {
    StatementKind(
      name, .organizer, templates: templates, sections: sections, tables: [panel]
    ) { builder, organizer, context in
      [
        builder.resource(panel, organizer, context) { resource in
          builder.members(of: organizer, of: resource, context)
          builder.completeObservation(organizer, context, category: category, in: resource)
        }
      ]
    }
  }
}

extension FHIRBuilder {
  /// The observations that belong to an organizer or an assessment as its parts.
  func members(of whole: Cursor, of resource: Draft.Slot, _ context: StatementContext) {
    let inner = context.below(whole)
    for holder in whole.children where holder.kind == .element {
      let isPart =
        holder.name == .component
        || holder.name == .entryRelationship
          && holder.attribute(.typeCode).map { $0.text == "COMP" } ?? false
      guard isPart, let part = holder.first(.observation), use[part.index] != .elsewhere,
        StatementKind.kind(of: part, in: inner) != nil
      else { continue }
      for member in convert(part, in: inner) where member.type == .Observation {
        refer(to: member, as: .hasMember, in: resource)
      }
    }
  }

  /// The question that an observation answers, where the source says only that it asserts something.
  func question(_ observation: Cursor, _ code: StaticString, in resource: Draft.Slot) {
    guard observation.code().map({ $0 == "ASSERTION" }) ?? false,
      let concept = draft.first(.code, in: resource)
    else { return }
    let reason = Reason("the code of the guide for what this template asserts")
    let coding = draft.addObject(.coding, in: concept)
    put(rule: "http://loinc.org", reason, as: .system, in: coding)
    put(rule: code, reason, as: .code, in: coding)
  }
}
