import ClinicalTree

extension Conversion {
  /// The kinds of documents that can be made of FHIR: templates of C-CDA 2.1.
  package enum DocumentKind: String, Sendable, CaseIterable {
    case ccd, referral, progress, consult, discharge
  }
}

/// What a document template of C-CDA asks for.
struct DocumentTemplate: Sendable {
  let kind: Conversion.DocumentKind
  let template: Skeleton.Template
  /// The LOINC code of the document.
  let code: StaticString
  let title: StaticString
  /// The codes of the sections that must be there: of each group all of one alternative.
  let sections: [[[StaticString]]]

  private init(
    _ kind: Conversion.DocumentKind, _ root: String, _ code: StaticString, _ title: StaticString,
    _ sections: [StaticString], _ groups: [[StaticString]]...
  ) {
    self.kind = kind
    template = Skeleton.Template(
      root: "2.16.840.1.113883.10.20.22.1." + root, version: "2015-08-01")
    self.code = code
    self.title = title
    self.sections = sections.map { [[$0]] } + groups
  }

  private static let assessmentAndPlan: [[StaticString]] = [["51847-2"], ["51848-0", "18776-5"]]
  private static let reason: [[StaticString]] = [["42349-1"], ["29299-5"]]

  /// The codes that are missing among those of the sections that stand.
  func missing(_ codes: Set<Text>) -> [StaticString] {
    sections.flatMap { alternatives -> [StaticString] in
      let missing = alternatives.map { $0.filter { !codes.contains(Text($0)) } }
      if missing.contains(where: \.isEmpty) { return [] }
      // Of several ways the one that has begun.
      let begun = missing.indices.first { missing[$0].count < alternatives[$0].count }
      return missing[begun ?? 0]
    }
  }

  static let all = [
    DocumentTemplate(
      .ccd, "2", "34133-9", "Continuity of Care Document",
      ["48765-2", "10160-0", "11450-4", "30954-2", "29762-2", "8716-3"]),
    DocumentTemplate(
      .referral, "14", "57133-1", "Referral Note",
      ["42349-1", "11450-4", "48765-2", "10160-0"], assessmentAndPlan),
    DocumentTemplate(
      .progress, "9", "11506-3", "Progress Note", [], assessmentAndPlan),
    DocumentTemplate(
      .consult, "4", "11488-4", "Consultation Note",
      ["10164-2", "48765-2", "11450-4"], assessmentAndPlan, reason),
    DocumentTemplate(
      .discharge, "8", "18842-5", "Discharge Summary",
      ["48765-2", "8648-8", "11535-2", "18776-5"]),
  ]

  static func of(_ kind: Conversion.DocumentKind) -> DocumentTemplate {
    all.first { $0.kind == kind } ?? all[0]
  }
}

/// The sections of C-CDA 2.1, by their LOINC codes.
struct SectionTemplate: Sendable {
  let code: StaticString
  let title: StaticString
  /// The template that requires entries, and the one that does not.
  let templates: [Skeleton.Template]

  private init(
    _ code: StaticString, _ title: StaticString, _ roots: [String], _ version: String = ""
  ) {
    self.code = code
    self.title = title
    templates = roots.map { root in
      let parts = root.split(separator: ":").map(String.init)
      return Skeleton.Template(
        root: parts[0].count > 8 ? parts[0] : "2.16.840.1.113883.10.20.22.2." + parts[0],
        version: parts.count > 1 ? parts[1] : version)
    }
  }

  static func of(_ code: Text) -> SectionTemplate? { all.first { code == $0.code } }

  static let all = [
    SectionTemplate("48765-2", "Allergies and Intolerances", ["6.1", "6"], "2015-08-01"),
    SectionTemplate("10160-0", "Medications", ["1.1", "1"], "2014-06-09"),
    SectionTemplate("11450-4", "Problems", ["5.1", "5"], "2015-08-01"),
    SectionTemplate("11369-6", "Immunizations", ["2.1", "2"], "2015-08-01"),
    SectionTemplate("30954-2", "Results", ["3.1", "3"], "2015-08-01"),
    SectionTemplate("8716-3", "Vital Signs", ["4.1", "4"], "2015-08-01"),
    SectionTemplate("47519-4", "Procedures", ["7.1", "7"], "2014-06-09"),
    SectionTemplate("46240-8", "Encounters", ["22.1", "22"], "2015-08-01"),
    SectionTemplate("29762-2", "Social History", ["17"], "2015-08-01"),
    SectionTemplate("47420-5", "Functional Status", ["14"], "2014-06-09"),
    SectionTemplate("10190-7", "Mental Status", ["56"], "2015-08-01"),
    SectionTemplate("10157-6", "Family History", ["15"], "2015-08-01"),
    SectionTemplate("18776-5", "Plan of Treatment", ["10"], "2014-06-09"),
    SectionTemplate("61146-7", "Goals", ["60"]),
    SectionTemplate("75310-3", "Health Concerns", ["58"], "2015-08-01"),
    SectionTemplate("85847-2", "Care Teams", ["500"], "2022-06-01"),
    SectionTemplate("48768-6", "Payers", ["18"], "2015-08-01"),
    SectionTemplate("42348-3", "Advance Directives", ["21.1", "21"], "2015-08-01"),
    SectionTemplate("46264-8", "Medical Equipment", ["23"], "2014-06-09"),
    SectionTemplate("51848-0", "Assessment", ["8"]),
    SectionTemplate("51847-2", "Assessment and Plan", ["9"], "2014-06-09"),
    SectionTemplate("10183-2", "Discharge Medications", ["11.1"], "2015-08-01"),
    SectionTemplate("42346-7", "Admission Medications", ["44"], "2015-08-01"),
    SectionTemplate("29549-3", "Medications Administered", ["38"], "2014-06-09"),
    SectionTemplate("46241-6", "Admission Diagnosis", ["43"], "2015-08-01"),
    SectionTemplate("11535-2", "Discharge Diagnosis", ["24"], "2015-08-01"),
    SectionTemplate("10219-4", "Preoperative Diagnosis", ["34"], "2015-08-01"),
    SectionTemplate("10218-6", "Postoperative Diagnosis", ["35"]),
    SectionTemplate("59769-0", "Postprocedure Diagnosis", ["36"], "2015-08-01"),
    SectionTemplate("11348-0", "Past Medical History", ["20"], "2015-08-01"),
    SectionTemplate("29299-5", "Reason for Visit", ["12"]),
    SectionTemplate(
      "42349-1", "Reason for Referral", ["1.3.6.1.4.1.19376.1.5.3.1.3.1"], "2014-06-09"),
    SectionTemplate("10164-2", "History of Present Illness", ["1.3.6.1.4.1.19376.1.5.3.1.3.4"]),
    SectionTemplate("8648-8", "Hospital Course", ["1.3.6.1.4.1.19376.1.5.3.1.3.5"]),
    SectionTemplate("34109-9", "Notes", ["65"], "2016-11-01"),
    SectionTemplate("69730-0", "Instructions", ["45"], "2014-06-09"),
    SectionTemplate("8653-8", "Hospital Discharge Instructions", ["41"]),
    SectionTemplate("46239-0", "Chief Complaint and Reason for Visit", ["13"]),
    SectionTemplate("10154-3", "Chief Complaint", ["1.3.6.1.4.1.19376.1.5.3.1.1.13.2.1"]),
    SectionTemplate("10187-3", "Review of Systems", ["1.3.6.1.4.1.19376.1.5.3.1.3.18"]),
    SectionTemplate("29545-1", "Physical Exam", ["2.16.840.1.113883.10.20.2.10"], "2015-08-01"),
    SectionTemplate("10210-3", "General Status", ["2.16.840.1.113883.10.20.2.5"]),
    SectionTemplate("61149-1", "Objective", ["2.16.840.1.113883.10.20.21.2.1"]),
    SectionTemplate("61150-9", "Subjective", ["2.16.840.1.113883.10.20.21.2.2"]),
    SectionTemplate("62387-6", "Interventions", ["2.16.840.1.113883.10.20.21.2.3"], "2015-08-01"),
    SectionTemplate("11383-7", "Health Status Evaluations and Outcomes", ["61"]),
    SectionTemplate("61144-2", "Nutrition", ["57"]),
    SectionTemplate("11493-4", "Hospital Discharge Studies Summary", ["16"]),
    SectionTemplate("18841-7", "Hospital Consultations", ["42"]),
    SectionTemplate("55109-3", "Complications", ["37"], "2015-08-01"),
    SectionTemplate("11329-0", "Medical (General) History", ["39"]),
    SectionTemplate("55122-6", "Implants", ["33"], "2014-06-09"),
    SectionTemplate("10184-0", "Hospital Discharge Physical", ["1.3.6.1.4.1.19376.1.5.3.1.3.26"]),
    SectionTemplate(
      "42344-2", "Discharge Diet", ["1.3.6.1.4.1.19376.1.5.3.1.3.33"], "2014-06-09"),
  ]
}
