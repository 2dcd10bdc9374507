import ClinicalTree
import Conformance
import Definitions
import Foundation
import TestSupport
import Testing

/// A validator that knows some definitions, each given as JSON.
private func validator(_ definitions: [String], options: Validator.Options = .init()) throws
  -> Validator
{
  try withTemporaryFolder { folder in
    for (number, definition) in definitions.enumerated() {
      try Data(definition.utf8).write(to: folder.appending(path: "d\(number).json"))
    }
    return try Validator(packages: [folder.path()], options: options)
  }
}

/// A profile of invented rules on a type.
private func profile(_ elements: String, type: String = "Observation", name: String = "p") -> String
{
  """
  {"resourceType":"StructureDefinition","url":"http://example.org/\(name)","name":"P","status":"draft",
  "kind":"resource","abstract":false,"type":"\(type)","derivation":"constraint",
  "baseDefinition":"http://hl7.org/fhir/StructureDefinition/\(type)",
  "differential":{"element":[\(elements)]}}
  """
}

/// An Observation with some members more.
private func observation(_ members: String = "", code: String = #"{"text":"x"}"#) -> String {
  """
  {"resourceType":"Observation","meta":{"profile":["http://example.org/p"]},"status":"final",
  "code":\(code)\(members.isEmpty ? "" : "," + members)}
  """
}

private func errors(_ resource: String, _ definitions: String...) throws -> [String] {
  let (tree, _) = try Tree.json(resource.bytes, names: .standard)
  return try validator(definitions).issues(inFHIR: tree).filter { $0.severity == .error }
    .map { "\($0.code.id) \($0.path)" }
}

@Suite("Profiles")
struct ProfileTests {
  @Test("Cardinality, fixed values, patterns, types and lengths")
  func values() throws {
    let rules = profile(
      """
      {"path":"Observation.subject","min":1},{"path":"Observation.note","max":"0"},
      {"path":"Observation.status","fixedCode":"final"},
      {"path":"Observation.code","patternCodeableConcept":{"coding":[{"system":"urn:s","code":"c"}]}},
      {"path":"Observation.value[x]","type":[{"code":"Quantity"}]},
      {"path":"Observation.valueQuantity.value","minValueDecimal":1,"maxValueDecimal":5},
      {"path":"Observation.bodySite.text","maxLength":3}
      """)
    let good = observation(
      #""subject":{"display":"p"},"valueQuantity":{"value":2}"#,
      code:
        #"{"coding":[{"system":"urn:t","code":"d"},{"system":"urn:s","code":"c","display":"D"}]}"#)
    #expect(try errors(good, rules) == [])
    let bad = observation(#""note":[{"text":"n"}],"valueString":"s","bodySite":{"text":"long"}"#)
      .replacingOccurrences(of: "final", with: "amended")
    #expect(
      try errors(bad, rules) == [
        "PROF-0101 Observation", "PROF-0103 Observation.status", "PROF-0103 Observation.code",
        "PROF-0102 Observation.note[0]", "PROF-0104 Observation.valueString",
        "PROF-0103 Observation.bodySite.text",
      ])
    let outside = observation(
      #""subject":{"display":"p"},"valueQuantity":{"value":5.5}"#,
      code: #"{"coding":[{"system":"urn:s","code":"c"}]}"#)
    #expect(try errors(outside, rules) == ["PROF-0103 Observation.valueQuantity.value"])
  }

  @Test("Slices by value, with their counts, and a closed slicing")
  func slicing() throws {
    let rules = profile(
      """
      {"id":"Observation.component","path":"Observation.component","slicing":{"discriminator":
        [{"type":"value","path":"code"}],"rules":"closed","ordered":true}},
      {"id":"Observation.component:a","path":"Observation.component","sliceName":"a","min":1,"max":"1"},
      {"id":"Observation.component:a.code","path":"Observation.component.code",
       "patternCodeableConcept":{"coding":[{"system":"urn:s","code":"a"}]}},
      {"id":"Observation.component:a.value[x]","path":"Observation.component.value[x]","min":1},
      {"id":"Observation.component:b","path":"Observation.component","sliceName":"b","max":"1"},
      {"id":"Observation.component:b.code","path":"Observation.component.code",
       "patternCodeableConcept":{"coding":[{"system":"urn:s","code":"b"}]}}
      """)
    func part(_ code: String, _ value: String = #","valueString":"v""#) -> String {
      #"{"code":{"coding":[{"system":"urn:s","code":"\#(code)"}]}\#(value)}"#
    }
    func found(_ parts: String...) throws -> [String] {
      try errors(observation(#""component":[\#(parts.joined(separator: ","))]"#), rules)
    }
    #expect(try found(part("a"), part("b")) == [])
    #expect(try found(part("b")) == ["PROF-0101 Observation"])
    #expect(try found(part("a", "")) == ["PROF-0101 Observation.component[0]"])
    #expect(try found(part("a"), part("a")) == ["PROF-0102 Observation.component[1]"])
    #expect(try found(part("a"), part("c")) == ["PROF-0105 Observation.component[1]"])
    #expect(try found(part("b"), part("a")) == ["PROF-0106 Observation.component[1]"])
  }

  @Test("Slices by type, by existence and by profile")
  func otherSlicing() throws {
    let bundle = profile(
      """
      {"id":"Bundle.entry","path":"Bundle.entry","slicing":{"discriminator":[{"type":"profile","path":"resource"}],
       "rules":"open"}},
      {"id":"Bundle.entry:active","path":"Bundle.entry","sliceName":"active","min":1,"max":"1"},
      {"id":"Bundle.entry:active.resource","path":"Bundle.entry.resource",
       "type":[{"code":"Patient","profile":["http://example.org/active"]}]}
      """, type: "Bundle")
    let patient = profile(
      #"{"path":"Patient.active","min":1,"fixedBoolean":true}"#, type: "Patient", name: "active")
    func entries(_ patients: String...) -> String {
      let list = patients.enumerated().map { number, text in
        #"{"fullUrl":"urn:x:\#(number)","resource":{"resourceType":"Patient"\#(text)}}"#
      }
      return """
        {"resourceType":"Bundle","meta":{"profile":["http://example.org/p"]},"type":"collection",
        "entry":[\(list.joined(separator: ","))]}
        """
    }
    #expect(try errors(entries(#","active":true"#, ""), bundle, patient) == [])
    #expect(try errors(entries(""), bundle, patient) == ["PROF-0101 Bundle"])
    #expect(
      try errors(entries(#","active":true"#, #","active":true"#), bundle, patient)
        == ["PROF-0102 Bundle.entry[1]"])
    let forms = profile(
      """
      {"id":"Observation.value[x]","path":"Observation.value[x]","slicing":{"discriminator":[{"type":"type","path":"$this"}],
       "rules":"closed"}},
      {"id":"Observation.value[x]:valueString","path":"Observation.value[x]","sliceName":"valueString",
       "type":[{"code":"string"}],"maxLength":2}
      """)
    #expect(try errors(observation(#""valueString":"ok""#), forms) == [])
    #expect(
      try errors(observation(#""valueString":"long""#), forms) == [
        "PROF-0103 Observation.valueString"
      ])
    #expect(
      try errors(observation(#""valueBoolean":true"#), forms) == [
        "PROF-0105 Observation.valueBoolean"
      ])
  }

  @Test("A form of a choice element in a path, also where other types have a member of that name")
  func forms() throws {
    let rules = profile(
      #"{"path":"Observation.valueQuantity.value","minValueDecimal":1,"maxValueDecimal":5}"#)
    #expect(try errors(observation(#""valueQuantity":{"value":2}"#), rules) == [])
    #expect(
      try errors(observation(#""valueQuantity":{"value":6}"#), rules)
        == ["PROF-0103 Observation.valueQuantity.value"])
    let device = profile(#"{"path":"Device.property.valueQuantity","max":"1"}"#, type: "Device")
    #expect(
      try errors(
        """
        {"resourceType":"Device","meta":{"profile":["http://example.org/p"]},
        "property":[{"type":{"text":"x"},"valueQuantity":[{"value":1},{"value":2}]}]}
        """, device) == ["PROF-0102 Device.property[0].valueQuantity[1]"])
  }

  @Test("Slices by position: the first two, and the rest")
  func positions() throws {
    let rules = profile(
      """
      {"id":"Observation.component","path":"Observation.component",
      "slicing":{"discriminator":[{"type":"position","path":"$this"}],"rules":"open"}},
      {"id":"Observation.component:two","path":"Observation.component","sliceName":"two","min":2,
      "max":"2"},
      {"id":"Observation.component:two.interpretation","path":"Observation.component.interpretation",
      "min":1},
      {"id":"Observation.component:rest","path":"Observation.component","sliceName":"rest"},
      {"id":"Observation.component:rest.interpretation",
      "path":"Observation.component.interpretation","max":"0"}
      """)
    let with = #"{"code":{"text":"x"},"valueString":"v","interpretation":[{"text":"i"}]}"#
    let without = #"{"code":{"text":"x"},"valueString":"v"}"#
    func found(_ parts: String...) throws -> [String] {
      try errors(observation(#""component":[\#(parts.joined(separator: ","))]"#), rules)
    }
    #expect(try found(with, with, without) == [])
    #expect(try found(with) == ["PROF-0101 Observation"])
    #expect(
      try found(with, without, with) == [
        "PROF-0101 Observation.component[1]",
        "PROF-0102 Observation.component[2].interpretation[0]",
      ])
  }

  @Test("Slices by an extension of which the slices name slices")
  func extensionSlices() throws {
    let kind = """
      {"resourceType":"StructureDefinition","url":"http://example.org/kind","name":"K","status":"draft",
      "kind":"complex-type","abstract":false,"type":"Extension","derivation":"constraint",
      "context":[{"type":"element","expression":"Observation.component"}],
      "baseDefinition":"http://hl7.org/fhir/StructureDefinition/Extension",
      "differential":{"element":[{"path":"Extension.url","fixedUri":"http://example.org/kind"}]}}
      """
    let rules = profile(
      """
      {"id":"Observation.component","path":"Observation.component","slicing":{"discriminator":[
      {"type":"value","path":"extension('http://example.org/kind').value"}],"rules":"open"}},
      {"id":"Observation.component.extension:kind","path":"Observation.component.extension",
      "sliceName":"kind","type":[{"code":"Extension","profile":["http://example.org/kind"]}]},
      {"id":"Observation.component:one","path":"Observation.component","sliceName":"one","min":1,
      "max":"1"},
      {"id":"Observation.component:one.extension:kind/one","path":"Observation.component.extension",
      "sliceName":"kind/one","min":1},
      {"id":"Observation.component:one.extension:kind/one.valueCode",
      "path":"Observation.component.extension.valueCode","min":1,"fixedCode":"one"}
      """)
    func part(_ code: String) -> String {
      """
      {"code":{"text":"x"},"valueString":"v",
      "extension":[{"url":"http://example.org/kind","valueCode":"\(code)"}]}
      """
    }
    func found(_ parts: String...) throws -> [String] {
      try errors(observation(#""component":[\#(parts.joined(separator: ","))]"#), rules, kind)
    }
    #expect(try found(part("one"), part("two"), part("two")) == [])
    #expect(try found(part("two")) == ["PROF-0101 Observation"])
    #expect(try found(part("one"), part("one")) == ["PROF-0102 Observation.component[1]"])
  }

  @Test("Constraints, with the resource around and the profiles of references")
  func constraints() throws {
    let rules = profile(
      """
      {"path":"Observation","constraint":[{"key":"x-1","severity":"error","expression":"value.exists() or note.exists()"},
       {"key":"x-2","severity":"warning","expression":"issued.exists()"},
       {"key":"x-3","severity":"error","expression":"this is no expression"}]},
      {"path":"Observation.subject","type":[{"code":"Reference","targetProfile":["http://example.org/active"]}]}
      """)
    let patient = profile(
      #"{"path":"Patient.active","min":1}"#, type: "Patient", name: "active")
    #expect(try errors(observation(#""valueString":"v""#), rules, patient) == [])
    #expect(try errors(observation(), rules, patient) == ["PROF-0107 Observation"])
    let contained =
      ##""valueString":"v","contained":[{"resourceType":"Patient","id":"a"}],"subject":{"reference":"#a"}"##
    #expect(
      try errors(observation(contained), rules, patient)
        == ["PROF-0110 Observation.subject.reference"])
    #expect(
      try errors(
        observation(#""valueString":"v","subject":{"reference":"Group/1"}"#), rules, patient)
        == ["PROF-0110 Observation.subject.reference"])
  }

  @Test("A profile says what its base says")
  func inheritance() throws {
    let base = profile(#"{"path":"Observation.subject","min":1}"#, name: "base")
    let derived = profile(#"{"path":"Observation.note","max":"0"}"#)
      .replacingOccurrences(
        of: "http://hl7.org/fhir/StructureDefinition/Observation", with: "http://example.org/base")
    #expect(
      try errors(observation(#""note":[{"text":"n"}]"#), base, derived)
        == ["PROF-0101 Observation", "PROF-0102 Observation.note[0]"])
  }

  @Test("Value sets by lists, filters and other value sets")
  func terminology() throws {
    let system = """
      {"resourceType":"CodeSystem","url":"urn:s","status":"active","content":"complete","concept":[
      {"code":"a","display":"A","concept":[{"code":"b"},{"code":"c"}]},{"code":"d"}]}
      """
    let below = """
      {"resourceType":"ValueSet","url":"http://example.org/below","status":"active","compose":{
      "include":[{"system":"urn:s","filter":[{"property":"concept","op":"is-a","value":"a"}]}],
      "exclude":[{"system":"urn:s","concept":[{"code":"c"}]}]}}
      """
    let rules = profile(
      #"{"path":"Observation.code","binding":{"strength":"required","valueSet":"http://example.org/below"}}"#
    )
    func found(_ code: String) throws -> [String] {
      try errors(
        observation(code: #"{"coding":[{"system":"urn:s","code":"\#(code)"}]}"#), system, below,
        rules)
    }
    #expect(try found("b") == [])
    #expect(try found("a") == [])
    #expect(try found("c") == ["PROF-0108 Observation.code"])
    #expect(try found("d") == ["PROF-0108 Observation.code"])
    #expect(
      try found("x") == ["PROF-0108 Observation.code", "FHIR-0116 Observation.code.coding[0].code"])
  }

  @Test("Definitions that lead in circles come to an end", .timeLimit(.minutes(1)))
  func circles() throws {
    let a = profile(#"{"path":"Patient.active","min":1}"#, type: "Patient", name: "a")
      .replacingOccurrences(
        of: "http://hl7.org/fhir/StructureDefinition/Patient", with: "http://example.org/b")
    let b = profile(#"{"path":"Patient.name","min":1}"#, type: "Patient", name: "b")
      .replacingOccurrences(
        of: "http://hl7.org/fhir/StructureDefinition/Patient", with: "http://example.org/a")
    let own = profile(
      #"{"path":"Patient.link.other","type":[{"code":"Reference","targetProfile":["http://example.org/p"]}]}"#,
      type: "Patient")
    let sets = """
      {"resourceType":"ValueSet","url":"http://example.org/v","status":"active","compose":{"include":
      [{"valueSet":["http://example.org/v"]}]}}
      """
    let bundle = """
      {"resourceType":"Bundle","type":"collection","entry":[
      {"fullUrl":"urn:x:1","resource":{"resourceType":"Patient","meta":{"profile":["http://example.org/p","http://example.org/a"]},
       "link":[{"type":"seealso","other":{"reference":"urn:x:2"}}]}},
      {"fullUrl":"urn:x:2","resource":{"resourceType":"Patient","meta":{"profile":["http://example.org/p"]},
       "link":[{"type":"seealso","other":{"reference":"urn:x:1"}}]}}]}
      """
    let found = try errors(bundle, a, b, own, sets)
    // What a and b themselves say still counts.
    #expect(found == Array(repeating: "PROF-0101 Bundle.entry[0].resource", count: 2))
  }

  @Test("A package brings those that it depends on and that lie beside it, by their indexes")
  func dependencies() throws {
    try withTemporaryFolder { folder in
      func write(_ text: String, _ path: String) throws {
        let file = folder.appending(path: path)
        try FileManager.default.createDirectory(
          at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
      }
      let manifest = """
        {"name":"one","version":"1.0.0","dependencies":{"hl7.fhir.r4.core":"4.0.1","two":"2.1.x",
        "three":"3.0.0"}}
        """
      try write(manifest, "one#1.0.0/package/package.json")
      let own = profile(
        #"{"path":"Observation.code","type":[{"code":"CodeableConcept","profile":["http://example.org/c"]}]}"#
      )
      try write(own, "one#1.0.0/package/p.json")
      // Only the latest of 2.1 demands anything.
      for (version, min) in [("2.0.9", 0), ("2.1.0", 0), ("2.1.10", 1)] {
        let other = profile(
          #"{"path":"CodeableConcept.text","min":\#(min)}"#, type: "CodeableConcept", name: "c")
        try write(other, "two#\(version)/package/c.json")
        try write(
          """
          {"files":[{"filename":"c.json","resourceType":"StructureDefinition",
          "url":"http://example.org/c"}]}
          """, "two#\(version)/package/.index.json")
        try write(#"{"name":"two","version":"\#(version)"}"#, "two#\(version)/package/package.json")
      }
      let validator = try Validator(packages: [
        folder.appending(path: "one#1.0.0").path(percentEncoded: false)
      ])
      #expect(validator.missingDependencies == ["three#3.0.0"])
      let coded = observation(code: #"{"coding":[{"code":"c"}]}"#)
      let (tree, _) = try Tree.json(coded.bytes, names: .standard)
      let found = validator.issues(inFHIR: tree).filter { $0.severity == .error }
      #expect(found.map { "\($0.code.id) \($0.path)" } == ["PROF-0101 Observation.code"])
    }
  }

  @Test("What is no package says so")
  func packages() throws {
    try withTemporaryFolder { folder in
      let path = folder.appending(path: "bad.tgz").path()
      try Data([0x1F, 0x8B, 0, 1, 2, 3]).write(to: URL(filePath: path))
      #expect(throws: PackageError.self) { try Validator(packages: [path]) }
      #expect(throws: PackageError.self) { try Validator(packages: [path + ".missing"]) }
    }
  }
}
