import ClinicalTree
import Foundation
import TestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The contract of the command: what scripts rely on.
@Suite("The command")
struct CommandTests {
  private func crest(
    _ arguments: String..., input: String? = nil, in folder: URL? = nil,
    environment: [String: String] = [:]
  ) throws -> Finished {
    try run(
      Place.product("crest"), arguments, input: input?.bytes, in: folder, environment: environment)
  }

  private let example = Place.root.appending(path: "Examples/crest-record.xml").path()
  /// An invented document with a value that no message may show.
  private let secret = """
    <ClinicalDocument xmlns="urn:hl7-org:v3"><recordTarget><patientRole>
    <id root="1.2.3.4" extension="SECRET-ID"/><patient><name><family>SECRET-NAME</family></name>
    <birthTime value="SECRET-TIME"/></patient></patientRole></recordTarget></ClinicalDocument>
    """

  private func write(_ text: String, _ name: String, in folder: URL) throws {
    let file = folder.appending(path: name)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: file)
  }

  private func names(in folder: URL) -> [String] {
    (FileManager.default.enumerator(atPath: folder.path())?.compactMap { $0 as? String } ?? [])
      .sorted()
  }

  // MARK: Conversion

  @Test("One input goes to standard output, which carries data only")
  func standardOutput() throws {
    let done = try crest("convert", example)
    #expect(done.code == 0)
    #expect(done.text.hasPrefix(#"{"resourceType":"Bundle""#))
    let piped = try crest(
      "convert", "-",
      input: String(decoding: try Data(contentsOf: URL(filePath: example)), as: UTF8.self))
    #expect(piped.output == done.output)
  }

  @Test("Other kinds by --to, and the way back between the formats of FHIR")
  func kinds() throws {
    try withTemporaryFolder { folder in
      let json = folder.appending(path: "a.json").path()
      let xml = folder.appending(path: "a.xml").path()
      #expect(try crest("convert", example, "-o", json).code == 0)
      #expect(try crest("convert", "--to", "fhir-xml", json, "-o", xml).code == 0)
      let back = try crest("convert", "--to", "fhir", xml)
      #expect(Data(back.output) == (try Data(contentsOf: URL(filePath: json))))
      let lines = try crest("convert", "--to", "ndjson", example)
      #expect(lines.text.split(separator: "\n").allSatisfy { $0.hasPrefix(#"{"resourceType":"#) })
      let record = try crest("convert", "--to", "record", example)
      #expect(record.text.hasPrefix(#"{"manifestations":{"calcinosis":{"state":"present""#))
    }
  }

  @Test("Bytes do not depend on jobs, time zone or locale")
  func deterministic() throws {
    try withTemporaryFolder { folder in
      let source = Place.root.appending(path: "Examples").path()
      for (number, (jobs, zone, locale)) in [
        ("1", "UTC", "C"), ("4", "Pacific/Auckland", "tr_TR.UTF-8"),
      ].enumerated() {
        let done = try crest(
          "convert", "--jobs", jobs, "--to", "fhir", source, "-o", "out\(number)", in: folder,
          environment: ["TZ": zone, "LC_ALL": locale, "LANG": locale])
        #expect(done.code == 0)
      }
      let files = names(in: folder.appending(path: "out0"))
      #expect(!files.isEmpty)
      #expect(files == names(in: folder.appending(path: "out1")))
      for file in files where file.hasSuffix("json") {
        #expect(
          FileManager.default.contents(atPath: folder.appending(path: "out0/\(file)").path())
            == FileManager.default.contents(atPath: folder.appending(path: "out1/\(file)").path()))
      }
    }
  }

  @Test("A folder keeps its shape; a broken input harms no other, and the code says so")
  func folders() throws {
    try withTemporaryFolder { folder in
      try write(secret, "in/a/one.xml", in: folder)
      try write("<ClinicalDocument", "in/b/broken.xml", in: folder)
      try write("just notes", "in/readme.txt", in: folder)
      let done = try crest("convert", "in", "-o", "out", "--report", "r.json", in: folder)
      #expect(done.code == 2)
      #expect(names(in: folder.appending(path: "out")) == ["a", "a/one.json"])
      #expect(done.messages.contains("in/b/broken.xml:1:"))
      #expect(done.messages.contains("XML-"))
      let report = try Tree.json(
        Array(Data(contentsOf: folder.appending(path: "r.json"))), names: .empty
      ).tree.root
      #expect(report["issues"].contains { $0["source"].first?.value == "in/b/broken.xml" })
    }
  }

  @Test("Outputs of one name keep their whole names")
  func collisions() throws {
    try withTemporaryFolder { folder in
      try write(secret, "in/x.xml", in: folder)
      try write(#"{"resourceType":"Patient"}"#, "in/x.json", in: folder)
      #expect(try crest("convert", "--to", "fhir-xml", "in", "-o", "out", in: folder).code == 0)
      #expect(names(in: folder.appending(path: "out")) == ["x.json.xml", "x.xml.xml"])
    }
  }

  @Test("The ledger has a line for each leaf, with the path as it was given")
  func ledger() throws {
    try withTemporaryFolder { folder in
      try write(secret, "a.xml", in: folder)
      #expect(try crest("convert", "a.xml", "--ledger", "l.ndjson", in: folder).code == 0)
      let text = String(
        decoding: try Data(contentsOf: folder.appending(path: "l.ndjson")), as: UTF8.self)
      let lines = try text.split(separator: "\n").map {
        try Tree.json(Array($0.utf8), names: .empty).tree.root
      }
      let leaves = lines.filter { $0["status"].first?.value != "added" }
      #expect(leaves.count == 4)
      #expect(lines.allSatisfy { $0["source"].first?.value == "a.xml" })
      #expect(
        leaves.contains {
          $0["path"].first?.value
            == "/ClinicalDocument/recordTarget/patientRole/patient/name/family/text()"
            && $0["status"].first?.value == "carried" && $0["line"].first?.value == "2"
        })
      #expect(!text.contains("SECRET"))
    }
  }

  // MARK: Bad input

  @Test(
    "A single bad input has the code of its cause and a place, and nothing is written",
    arguments: [
      ("", 65, "FILE-0001"), ("<ClinicalDocument><a>", 65, ":1:"),
      (#"{"resourceType":"#, 65, "JSON-"), ("no record at all", 65, "FILE-0001"),
      ("<!DOCTYPE a [<!ENTITY b \"SECRET\">]><a>&b;</a>", 65, "XML-"),
      ("<a>&undefined;</a>", 65, "XML-"), ("\u{FF}\u{FE}<a/>", 65, "-"),
      (String(repeating: "<a>", count: 300), 75, "XML-"),
      (String(repeating: "[", count: 300), 75, "JSON-"),
    ])
  func badInput(text: String, code: Int32, expected: String) throws {
    try withTemporaryFolder { folder in
      try write(text, "bad", in: folder)
      let done = try crest("convert", "bad", "-o", "out.json", in: folder)
      #expect(done.code == code)
      #expect(done.messages.contains("bad"))
      #expect(done.messages.contains(expected))
      #expect(!done.messages.contains("SECRET"))
      #expect(names(in: folder) == ["bad"])
    }
  }

  @Test("A document cut anywhere is refused or converted, without a crash or half a file")
  func truncated() throws {
    try withTemporaryFolder { folder in
      let whole = Array(secret.utf8)
      for end in stride(from: 1, to: whole.count, by: 41) {
        let file = folder.appending(path: "cut.xml")
        try Data(whole[..<end]).write(to: file)
        let done = try crest("convert", "cut.xml", "-o", "out.json", in: folder)
        #expect(done.code == 65)
        #expect(!done.messages.contains("SECRET"))
        #expect(names(in: folder) == ["cut.xml"])
      }
    }
  }

  @Test(
    "What is missing, unreadable, a pipe without writer or an unbuilt direction has its own code")
  func otherCodes() throws {
    try withTemporaryFolder { folder in
      #expect(try crest("convert", "nowhere.xml", in: folder).code == 66)
      #expect(mkfifo(folder.appending(path: "pipe").path(), 0o600) == 0)
      #expect(try crest("convert", "pipe", in: folder).code == 66)
      try write(#"{"resourceType":"Patient"}"#, "p.json", in: folder)
      #expect(try crest("convert", "--to", "ccda", example, in: folder).code == 69)
      #expect(try crest("convert", "--to", "nonsense", "p.json", in: folder).code == 64)
      #expect(try crest("nonsense").code == 64)
      #expect(try crest("convert", "p.json", "p.json", in: folder).code == 64)
      #expect(
        try crest("convert", "--to", "fhir", "p.json", "-o", "p.json/x.json", in: folder).code == 73
      )
      try FileManager.default.createDirectory(
        at: folder.appending(path: "empty"), withIntermediateDirectories: true)
      #expect(try crest("convert", "empty", "-o", "out", in: folder).code == 66)
      #expect(try crest("validate", "empty", in: folder).code == 0)
    }
  }

  @Test("FHIR becomes C-CDA with the patient that is given, and none without")
  func patient() throws {
    try withTemporaryFolder { folder in
      try write(#"{"resourceType":"Patient","name":[{"family":"Sample"}]}"#, "p.json", in: folder)
      try write(#"{"resourceType":"Condition","code":{"text":"Cough"}}"#, "c.json", in: folder)
      let without = try crest("convert", "c.json", in: folder)
      #expect(without.code == 65)
      #expect(without.messages.contains("CONV-0013"))
      let done = try crest(
        "convert", "c.json", "--patient", "p.json", "--document", "referral", "--pretty",
        in: folder)
      #expect(done.code == 0)
      #expect(done.text.contains("<family>Sample</family>\n"))
      #expect(done.text.contains(#"code="57133-1""#))
      #expect(try crest("convert", "c.json", "--patient", "c.json", in: folder).code == 65)
      #expect(try crest("convert", "c.json", "--patient", "none.json", in: folder).code == 66)
    }
  }

  @Test("The documents of several patients are files with numbers")
  func splitPatients() throws {
    try withTemporaryFolder { folder in
      try write(
        #"""
        {"resourceType":"Bundle","type":"collection","entry":[
        {"resource":{"resourceType":"Patient","id":"a","name":[{"family":"First"}]}},
        {"resource":{"resourceType":"Patient","id":"b","name":[{"family":"Second"}]}}]}
        """#, "two.json", in: folder)
      #expect(try crest("convert", "two.json", in: folder).code == 65)
      #expect(try crest("convert", "two.json", "--split-patients", in: folder).code == 64)
      let done = try crest("convert", "two.json", "--split-patients", "-o", "out", in: folder)
      #expect(done.code == 0)
      #expect(names(in: folder.appending(path: "out")) == ["two-1.xml", "two-2.xml"])
    }
  }

  @Test("C-CDA of a stream is a line with the document in it, which a stream reads back")
  func streamOfDocuments() throws {
    let source = #"{"resourceType":"Patient","name":[{"family":"Sample"}]}"# + "\n"
    let made = try crest("convert", "--stream", input: source)
    #expect(made.text.hasPrefix(#"{"doc":"<?xml"#))
    #expect(made.text.split(separator: "\n").count == 1)
    let back = try crest("convert", "--stream", input: made.text)
    #expect(back.text.contains(#""family":"Sample""#))
  }

  @Test("Limits can be set, and reaching one is 75")
  func limits() throws {
    #expect(try crest("convert", example, "--max-depth", "5").code == 75)
    #expect(try crest("convert", example, "--max-input-size", "100").code == 75)
  }

  @Test("Messages hold places and codes, never values of the patient")
  func privacy() throws {
    let done = try crest("convert", "-", input: secret)
    #expect(done.code == 0)
    #expect(done.messages.contains("CONV-0005"))
    #expect(!done.messages.contains("SECRET"))
    let checked = try crest("validate", "-", input: secret)
    #expect(checked.code == 1)
    #expect(!checked.messages.contains("SECRET"))
    #expect(!checked.text.contains("SECRET"))
    let seen = try crest("inspect", "-", input: secret)
    #expect(!seen.text.contains("SECRET"))
  }

  // MARK: Streams and long runs

  @Test("A stream is one line for one line, and says elsewhere what does not convert")
  func stream() throws {
    try withTemporaryFolder { folder in
      let quoted = String(decoding: try JSONEncoder().encode(secret), as: UTF8.self)
      let lines = """
        {"id":"a","doc":\(quoted)}
        {"id":"b","doc":"<ClinicalDocument"}

        {"id":"c","doc":"\(Data(secret.utf8).base64EncodedString())"}
        {"resourceType":"Patient","active":true}

        """
      let done = try crest(
        "convert", "--stream", "--to", "fhir", "--keep-slots", "--errors", "e.ndjson", input: lines,
        in: folder)
      #expect(done.code == 0)
      let output = done.text.split(separator: "\n")
      #expect(output.count == 4)
      #expect(output[1] == #"{"id":"b","error":"XML-0001"}"#)
      #expect(output[0] == output[2])
      #expect(output[3] == #"{"resourceType":"Patient","active":true}"#)
      let errors = try String(contentsOf: folder.appending(path: "e.ndjson"), encoding: .utf8)
      #expect(errors.split(separator: "\n").count == 1)
      #expect(errors.contains("line 2, byte"))
      #expect(try crest("validate", "--profile", "base", "-", input: errors).code == 0)
      let without = try crest("convert", "--stream", "--to", "fhir", input: lines)
      #expect(without.text.split(separator: "\n").count == 3)
      #expect(try crest("convert", "--stream", "x.xml").code == 64)
      #expect(try crest("convert").code == 64)
    }
  }

  @Test("An interrupted run leaves whole files only, says 130, and completes when run again")
  func interruption() throws {
    try withTemporaryFolder { folder in
      for number in 0..<400 { try write(secret, "in/\(number).xml", in: folder) }
      let process = Process()
      process.executableURL = Place.product("crest")
      process.arguments = ["convert", "-q", "in", "-o", "out", "--ledger", "l.ndjson"]
      process.currentDirectoryURL = folder
      try process.run()
      let first = folder.appending(path: "out/0.json").path()
      while process.isRunning, !FileManager.default.fileExists(atPath: first) {}
      process.interrupt()
      process.waitUntilExit()
      let code = process.terminationStatus
      #expect(code == 130 || code == 0)
      let names = names(in: folder)
      #expect(!names.contains { $0.contains(".part") })
      #expect(names.contains("l.ndjson") == (code == 0))
      for name in names where name.hasPrefix("out/") && name.hasSuffix(".json") {
        let bytes = try Array(Data(contentsOf: folder.appending(path: name)))
        #expect(throws: Never.self) { try Tree.json(bytes, names: .empty) }
      }
      #expect(try crest("convert", "-q", "in", "-o", "out", in: folder).code == 0)
      #expect(self.names(in: folder.appending(path: "out")).count == 400)
    }
  }

  @Test("Progress is told when asked for")
  func progress() throws {
    try withTemporaryFolder { folder in
      try write(secret, "in/a.xml", in: folder)
      try write(secret, "in/b.xml", in: folder)
      let done = try crest(
        "convert", "-q", "--progress", "json", "in", "-o", "out", in: folder)
      #expect(done.messages.contains(#""files":2,"of":2"#))
      #expect(try crest("convert", "-q", "in", "-o", "out", in: folder).messages.isEmpty)
    }
  }

  @Test("The mapping tables are printed in four forms")
  func mapping() throws {
    #expect(
      try crest("mapping", "goal-observation").text.contains("lifecycleStatus  <->  statusCode"))
    #expect(
      try crest("mapping", "--format", "csv").text.hasPrefix("table,type,element,fhir,cda,rule"))
    #expect(try crest("mapping", "--format", "markdown").text.contains("| `code` | `value` |"))
    let json = try crest("mapping", "--format", "json").output
    #expect(throws: Never.self) { try Tree.json(json, names: .empty) }
    #expect(try crest("mapping", "nonsense").code == 64)
  }

  // MARK: Validation

  @Test("Findings decide the exit code by --fail-on")
  func failOn() throws {
    let bad = #"{"resourceType":"Patient","gender":"feminine"}"#
    #expect(try crest("validate", "--profile", "base", "-", input: bad).code == 1)
    #expect(
      try crest("validate", "--profile", "base", "--fail-on", "never", "-", input: bad).code == 0)
    #expect(
      try crest("validate", "--profile", "base", "-", input: #"{"resourceType":"Patient"}"#).code
        == 0)
    #expect(try crest("convert", "--fail-on", "warning", "-", input: secret).code == 1)
  }

  @Test("Reports in json and outcome")
  func reports() throws {
    let bad = #"{"resourceType":"Patient","gender":"feminine"}"#
    let json = try crest("validate", "--profile", "base", "--format", "json", "-", input: bad)
    let report = try Tree.json(json.output, names: .empty).tree.root
    #expect(report["errors"].first?.value == "1")
    let issue = try #require(report["issues"].last)
    #expect(issue["code"].first?.value == "FHIR-0107")
    #expect(issue["path"].first?.value == "Patient.gender")
    #expect(issue["line"].first?.value == "1")
    let outcome = try crest("validate", "--format", "outcome", "-", input: bad)
    #expect(outcome.text.hasPrefix(#"{"resourceType":"OperationOutcome""#))
    #expect(try crest("validate", "-", input: outcome.text).code == 0)
    let several = try withTemporaryFolder { folder in
      for name in ["a.json", "b.json"] {
        try Data(bad.utf8).write(to: folder.appending(path: name))
      }
      return try crest("validate", "--format", "outcome", "a.json", "b.json", in: folder)
    }
    #expect(several.text.contains(#""fullUrl":"file:b.json""#))
    #expect(try crest("validate", "-", input: several.text).code == 0)
    let unreadable = try crest("validate", "--format", "json", "-", input: "<a>")
    #expect(unreadable.code == 65)
    #expect(unreadable.text.contains("XML-"))
  }

  // MARK: The rest

  @Test("Scores of FHIR and of C-CDA are the same, with what each point is for")
  func score() throws {
    let json = Place.root.appending(path: "Examples/crest-record.json").path
    let xml = Place.root.appending(path: "Examples/crest-record.xml").path
    let scores = try Tree.json(crest("score", json, "--format", "json").output, names: .empty).tree
    let first = try #require(scores.root.children.first)
    #expect(first["instrument"].first?.value == "acr-eular-2013")
    #expect(first["lower"].first?.value == "12")
    #expect(first["classification"].first?.value == "yes")
    let items = first["items"].filter { $0["path"].first?.value != nil }
    #expect(items.contains { $0["item"].first?.value == "anticentromere" })
    let other = try crest("score", xml, "--format", "json").text
    #expect(other.contains(#""instrument":"acr-eular-2013""#))
    #expect(
      try crest("score", xml).text.replacing(xml, with: "x")
        == crest("score", json).text.replacing(json, with: "x"))
    #expect(try crest("score", "nowhere.json").code == 66)
  }

  @Test("The implementation guide is listed, shown and packed, the same bytes each time")
  func profiles() throws {
    #expect(try crest("profiles", "list").text.contains("CodeSystem/score-site: "))
    let shown = try crest("profiles", "show", "CodeSystem/score-site").output
    let file = Place.root.appending(path: "Profiles/package/CodeSystem-score-site.json")
    let source = try Data(contentsOf: file)
    #expect(Data(shown) == source)
    #expect(try crest("profiles", "show", "nonsense").code == 64)
    try withTemporaryFolder { folder in
      let paths = ["a.tgz", "b.tgz"].map { folder.appending(path: $0) }
      for path in paths { #expect(try crest("profiles", "pack", "-o", path.path()).code == 0) }
      let packed = try paths.map { try Data(contentsOf: $0) }
      #expect(packed[0] == packed[1])
      let nowhere = folder.appending(path: "a.tgz/c.tgz").path()
      #expect(try crest("profiles", "pack", "-o", nowhere).code == 73)
    }
  }

  @Test("A submission is checked line by line, and its records beside each other")
  func submission() throws {
    let source = try String(
      contentsOf: Place.root.appending(path: "Profiles/examples/crest-bundle-submission.json"),
      encoding: .utf8
    ).split(separator: "\n").joined()
    func record(_ pseudonym: String, _ changes: [String: String] = [:]) -> String {
      changes.reduce(source.replacing("P-0017", with: pseudonym)) {
        $0.replacing($1.key, with: $1.value)
      }
    }
    let lines = [
      record("P-1"), record("P-1", [#""gender": "female""#: #""gender": "male""#]),
      record("P-2", [#""gender": "female","#: "", "2014-02-11": "2015-01"]),
      record("P-3"), record("P-4", [#""value": 2.31"#: #""value": 9.4"#, "2009": "2008"]),
    ]
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "submission.ndjson")
      let tables = folder.appending(path: "tables.csv")
      try Data(lines.joined(separator: "\n").utf8).write(to: file)
      let found = try crest(
        "validate", "--profile", "crest-bundle-submission", "--format", "csv", "--summary",
        tables.path(), file.path())
      #expect(found.code == 1)
      let rows = found.text.split(separator: "\r\n").map { $0.split(separator: ",") }
      #expect(rows[0].suffix(4) == ["rule", "patient", "site", "visit"])
      let findings = rows.dropFirst().filter { $0[3] != "information" }
      // Line, rule, patient and visit; the site is empty, and the rest may have commas in quotes.
      #expect(
        findings.map { [$0[1], $0[$0.count - 3], $0[$0.count - 2], $0[$0.count - 1]] }
          .map { $0.joined(separator: " ") } == [
            "2 SUBM-0102 patient 1 2", "3 crest-sub-30 patient 2 1", "4 SUBM-0104 patient 3 1",
            "5 crest-cal-1 patient 4 1",
          ])
      // One note a code system, not one a line.
      #expect(rows.count { $0[4] == "FHIR-0118" } == 3)
      let summary = try String(contentsOf: tables, encoding: .utf8)
      #expect(summary.contains("\r\nrule,crest-cal-1,"))
      #expect(summary.contains("completeness,,2026,sex,4,0,0,1\r\n"))
      _ = try crest(
        "validate", "--profile", "crest-bundle-submission", "--suppress-below", "5", "--summary",
        tables.path(), file.path())
      let coarse = try String(contentsOf: tables, encoding: .utf8)
      #expect(coarse.contains("completeness,,2026,sex,<5,0,0,<5\r\n"))
      #expect(coarse.contains("completeness,,2026,birth,5,0,0,0\r\n"))
      #expect(!coarse.contains("patient 4"))
      let page = try crest(
        "validate", "--profile", "crest-bundle-submission", "--format", "html", file.path()
      ).text
      #expect(page.contains("<h2>Patients with findings</h2>") && !page.contains("P-1"))
      let shown = try crest(
        "validate", "--profile", "crest-bundle-submission", "--format", "json", "--show-values",
        file.path()
      ).text
      #expect(shown.contains(#""submission":{"records":"#) && shown.contains("P-1"))
    }
    #expect(try crest("validate", "--profile", "crest-nonsense", example).code == 69)
  }

  @Test("The guide: sections, statements, links, coverage")
  func guide() throws {
    #expect(try crest("guide", "list", "--format", "json").text.contains(#""diagnosis""#))
    let shown = try Tree.json(
      crest("guide", "show", "diagnosis", "--format", "json").output, names: .empty
    ).tree.root
    #expect(shown.children.contains { $0["id"].first?.value == "diagnosis.ct" })
    let links = try Tree.json(
      crest("guide", "link", example, "--format", "json").output, names: .empty
    ).tree.root
    let first = try #require(links.children.first)
    #expect(
      first.children.map(\.name)
        == ["source", "resource", "path", "section", "statement", "kind", "code"])
    let coverage = try Tree.json(
      crest("guide", "coverage", example, "--format", "json").output, names: .empty
    ).tree.root
    #expect(
      coverage.children.contains {
        $0["statement"].first?.value == "diagnosis.x-ray" && $0["records"].first?.value == "1"
      })
    #expect(try crest("guide", "show", "nonsense").code == 64)
  }

  @Test("Codes and exit codes are explained")
  func explain() throws {
    #expect(try crest("explain", "exit-codes").text.contains("130"))
    let known = try crest("explain", "CONV-0005")
    #expect(known.code == 0)
    #expect(known.text.contains("Repair:"))
    #expect(try crest("explain", "NO-0000").code == 64)
    #expect(try crest("--version").text.hasPrefix("crest "))
  }

  @Test("A closed standard output ends the command silently")
  func closedPipe() throws {
    let shell = try run(
      URL(filePath: "/bin/sh"),
      [
        "-c", "\"$0\" convert \"$1\" | head -c 10 >/dev/null; echo ok",
        Place.product("crest").path(), example,
      ])
    #expect(shell.messages.isEmpty)
    #expect(shell.text == "ok\n")
  }

  // MARK: Reports, baselines and FHIRPath

  private let faulty =
    #"{"resourceType":"Patient","gender":"feminine","contact":[{"gender":"male"}]}"#

  @Test("Each form of report can be read by what reads it")
  func forms() throws {
    let sarif = try crest("validate", "--format", "sarif", "-", input: faulty)
    let run = try #require(try Tree.json(sarif.output, names: .empty).tree.root["runs"].first)
    let results = run["results"]
    #expect(results.contains { $0["ruleId"].first?.value == "FHIR-0107" })
    let rules = run["tool"].first?["driver"].first?["rules"] ?? []
    for result in results {
      let number = Int(result["ruleIndex"].first?.value ?? "") ?? -1
      #expect(rules[number]["id"].first?.value == result["ruleId"].first?.value)
    }
    let junit = try crest("validate", "--format", "junit", "-", input: faulty).text
    #expect(junit.contains(#"<testsuite name="crest validate" tests="1" failures="1""#))
    #expect(junit.split(separator: "<testcase ").count == 2)
    let csv = try crest("validate", "--format", "csv", "-", input: faulty).text
    #expect(csv.hasPrefix("source,line,column,severity,code,message,path,profile\r\n"))
    #expect(csv.split(separator: "\r\n").allSatisfy { $0.contains(",") })
    let html = try crest("validate", "--format", "html", "-", input: faulty).text
    #expect(html.hasPrefix("<!DOCTYPE html>"))
    #expect(html.hasSuffix("</html>\n"))
    #expect(html.contains("default-src 'none'") && !html.contains("src="))
  }

  @Test("Known findings are left out, and codes weigh what they are told to")
  func baseline() throws {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "baseline.json")
      try Data(crest("validate", "--format", "json", "-", input: faulty).output).write(to: file)
      let again = try crest("validate", "--baseline", file.path(), "-", input: faulty)
      #expect(again.code == 0)
      #expect(again.text == "1 checked: 0 errors, 0 warnings\n")
    }
    let lighter = try crest(
      "validate", "--severity", "FHIR-0107=warning", "--severity", "FHIR-0110=off", "-",
      input: faulty)
    #expect(lighter.code == 0)
    #expect(lighter.text.hasSuffix("1 checked: 0 errors, 1 warnings\n"))
    #expect(try crest("validate", "--severity", "nonsense", "-", input: faulty).code == 64)
  }

  @Test("Lines of NDJSON keep their numbers, whatever the number of jobs")
  func lines() throws {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "patients")
      let good = #"{"resourceType":"Patient"}"#
      try Data([good, faulty, "", good, "{", faulty].joined(separator: "\n").utf8).write(to: file)
      let one = try crest("validate", "--profile", "base", "--format", "json", file.path())
      let two = try crest(
        "validate", "--profile", "base", "--format", "json", "--jobs", "2", file.path())
      #expect(one.output == two.output)
      let errors = try Tree.json(one.output, names: .empty).tree.root["issues"]
        .filter { $0["severity"].first?.value == "error" }
      #expect(errors.compactMap { $0["line"].first?.value } == ["2", "2", "5", "6", "6"])
    }
  }

  @Test("Packages and profiles that are not there are 69")
  func unavailable() throws {
    let patient = #"{"resourceType":"Patient"}"#
    #expect(try crest("validate", "--package", "/no/such", "-", input: patient).code == 69)
    #expect(
      try crest("validate", "--profile", "http://example.org/p", "-", input: patient).code == 69)
  }

  @Test("FHIRPath has its values, its forms and its exit codes")
  func fhirpath() throws {
    let patient =
      #"{"resourceType":"Patient","birthDate":"1971-02-28","name":[{"family":"Ekholm"}]}"#
    #expect(try crest("fhirpath", "name.family", "-", input: patient).text == "Ekholm\n")
    #expect(
      try crest("fhirpath", "--format", "json", "--", "name | (1.10)", "-", input: patient).text
        == #"[{"type":"FHIR.HumanName","value":{"family":"Ekholm"}},{"type":"System.Decimal","value":1.10}]"#
        + "\n")
    #expect(
      try crest("fhirpath", "--now", "2020-01-01T00:00:00Z", "today()").text == "2020-01-01\n")
    #expect(try crest("fhirpath", "1 +").code == 64)
    #expect(try crest("fhirpath", "--strict", "nam", "-", input: patient).code == 64)
    #expect(try crest("fhirpath", "1 < 'a'").code == 65)
  }
}
