import ArgumentParser
import ClinicalTree
import Conformance
import CRESTKit
import FHIRFormats
import XMLTree

/// `crest validate`.
struct Validate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Checks FHIR and CDA documents and says what is wrong, and where.",
    discussion: """
      FHIR is checked against R4, the profiles that resources claim and those of --profile, with the
      definitions of --package; CDA by the verdict of its schema. Nothing is fetched from a network.
      """)

  @Option(
    help: ArgumentHelp(
      "A profile that every input must follow, the short name of one of our own, or base for the base standard alone.",
      valueName: "url"))
  var profile: [String] = []

  @Option(
    help: ArgumentHelp(
      "Definitions to know: a folder, a package (.tgz) or a single file.", valueName: "path"))
  var package: [String] = []

  @Option(help: "Whether a wrong display is a warning or an error.")
  var display = DisplaySeverity.warning

  @Option(
    help: ArgumentHelp("A report in json whose findings are known and left out.", valueName: "file")
  )
  var baseline: String?

  @Option(
    help: ArgumentHelp(
      "A severity for a code, such as FHIR-0120=warning; off leaves it out.",
      valueName: "code=level")
  )
  var severity: [String] = []

  @Flag(help: "Check definitions as if they were to be published.")
  var publication = false

  @Option(help: ArgumentHelp("An XML schema to check by as well.", valueName: "xsd"))
  var schema: String?

  @Option(
    help: ArgumentHelp("Rules of ISO Schematron to check CDA by as well.", valueName: "sch"))
  var schematron: String?

  @Option(help: ArgumentHelp("The phase of the Schematron file.", valueName: "phase"))
  var phase: String?

  @Option(help: "How to write the findings: text, json, outcome, sarif, junit, csv, html.")
  var format = ReportFormat.text

  @Option(name: .shortAndLong, help: ArgumentHelp("Where to write.", valueName: "file"))
  var output: String?

  @Option(
    help: ArgumentHelp(
      "For a submission: where to write its tables as comma-separated values.", valueName: "file"))
  var summary: String?

  @Option(
    help: ArgumentHelp(
      "For a submission: in its tables, show smaller counts as less than this, and no single patients.",
      discussion: "For --summary; the findings themselves still name patients by a number.",
      valueName: "count"))
  var suppressBelow: Int?

  @Option(help: "The severity from which findings make the run fail.")
  var failOn = FailLevel.error

  @Option(help: "How many inputs, or parts of a single Bundle, to work on at once.")
  var jobs = 1

  @Option(help: "The kind of the inputs: ccda, fhir, fhir-xml, ndjson.")
  var from: ClinicalDocument.Kind?

  @Option(help: "Whether text reports have colours: auto, always, never.")
  var color = ColorChoice.auto

  @Option(help: "Whether to tell how far a long run has come: auto, plain, json, off.")
  var progress = Progress.Style.auto

  @Flag(help: "Show lines of the input beside findings; they may hold values of patients.")
  var showValues = false

  @OptionGroup var limitOptions: LimitOptions

  @Argument(help: ArgumentHelp("Files, folders, or - for standard input.", valueName: "input"))
  var inputs: [String]

  func validate() throws {
    if let suppressBelow, suppressBelow < 2 || summary == nil {
      throw ValidationError("--suppress-below is 2 or more, and goes with --summary")
    }
    guard jobs > 0 else { throw ValidationError("--jobs is above 0") }
  }

  /// How much a wrong display weighs.
  enum DisplaySeverity: String, ExpressibleByArgument, CaseIterable {
    case warning, error
  }

  /// Whether an input is read line by line.
  private func isLines(_ input: InputList.Input) -> Bool {
    guard input.fault == nil else { return false }
    if from == .ndjson { return true }
    return from == nil && LineValidation.isNDJSON(input.path, limit: 1 << 24)
  }

  /// The profiles by their URLs; a name without a colon is one of our own.
  private var profiles: [String] {
    profile.filter { $0 != "base" }.map {
      $0.contains(":") ? $0 : CREST.canonicalBase + "/StructureDefinition/" + $0
    }
  }

  private var isSubmission: Bool { profiles.contains(CREST.submissionProfile) }

  private func validator() throws -> Validator {
    var options = Validator.Options()
    options.isBaseOnly = profile.contains("base")
    options.profiles = profiles
    options.displayIsError = display == .error
    options.isForPublication = publication
    let validator: Validator
    do {
      validator =
        package.isEmpty
        ? Validator(options: options) : try Validator(packages: package, options: options)
    } catch {
      Console.say("\(error.path): \(error.message)")
      throw error.isLimit ? Exit.limit : Exit.unavailable
    }
    for missing in validator.missingDependencies {
      Console.say("\(missing): a package depends on it, and it does not lie beside that package")
    }
    if let missing = validator.missingProfiles.first {
      Console.say("profile \(missing): not at hand; --package loads the package that holds it")
      throw Exit.unavailable
    }
    return validator
  }

  func run() async throws {
    let list = InputList(inputs)
    for folder in list.emptyFolders { Console.say("\(folder): no files in this folder") }
    Interruption.listen()
    var report = ReportWriter(
      format, to: try ByteSink(output), isSeveral: list.inputs.count > 1, showsSource: showValues,
      isColored: color.isColored(on: output == nil ? 1 : -1), isSubmission: isSubmission)
    if isSubmission {
      report.summary = SubmissionSummary(showsPseudonyms: showValues, least: suppressBelow)
    }
    var progress = Progress(self.progress, total: list.inputs.count)
    var code: Int32 = 0
    var hasFindings = false
    let (from, limits, schema) = (from, limitOptions.limits, schema)
    let validator = try validator()
    let rules: XML.Schematron?
    do {
      rules = try schematron.map { try XML.Schematron(path: $0, phase: phase) }
    } catch let error as XML.ParsingError {
      for issue in error.issues { Console.say(TextReport.line(issue, schematron ?? "")) }
      throw Exit.unavailable
    }
    let values = showValues
    let known = try FindingRules(baseline: baseline, severities: severity)
    // The entries of a single Bundle are shared among the jobs.
    let tasks = list.inputs.count == 1 ? jobs : 1
    let isSubmission = isSubmission
    let work: @Sendable (InputList.Input) async -> Verdict = {
      await Verdict(
        $0, as: from, limits, validator, tasks: tasks, schema: schema, rules, showsValues: values,
        isSubmission: isSubmission)
    }
    let lines = LineValidation(
      validator: validator, limits: limits, jobs: jobs, isSubmission: isSubmission)
    var rest = list.inputs[...]
    while let first = rest.first {
      if isLines(first) {
        rest = rest.dropFirst()
        try report.open(first.source)
        var notes = RepeatedNotes(isSubmission: isSubmission)
        try await lines.run(first.path) { found, size in
          progress.advance(bytes: size)
          let issues = known.applied(to: notes.fresh(of: found.issues), of: first.source)
          let part = report.part(
            of: first.source, issues, outline: found.outline, line: found.line)
          hasFindings = hasFindings || part.issues.contains(where: failOn.counts)
          try report.append(part)
        }
        try report.close()
        continue
      }
      let group = Array(rest.prefix { !isLines($0) })
      rest = rest.dropFirst(group.count)
      try await inOrder(group, jobs: jobs, until: limitOptions.deadline, work: work) {
        _, verdict in
        progress.advance(bytes: verdict.part.text.count)
        if verdict.isSkipped {
          return Console.say("\(verdict.part.source): skipped, it is no record")
        }
        let part = report.part(
          of: verdict.part.source,
          known.applied(to: verdict.part.issues, of: verdict.part.source),
          outline: verdict.outline, line: report.inputs + 1, text: verdict.part.text)
        try report.add(part)
        hasFindings = hasFindings || part.issues.contains(where: failOn.counts)
        if verdict.code != 0 { code = list.inputs.count > 1 ? 1 : verdict.code }
      }
    }
    progress.finish()
    try report.finish()
    if let summary, let tables = report.summary {
      try ByteSink.write(Array(tables.csv.utf8), to: summary)
    }
    if code != 0 { throw ExitCode(code) }
    if hasFindings { throw Exit.findings }
  }
}

/// What was found about one input.
struct Verdict: Sendable {
  let part: InputReport
  /// The exit code of a single input that could not be read, or 0.
  let code: Int32
  let isSkipped: Bool
  /// What a submission needs of the record.
  let outline: CREST.Submission.Outline?

  init(
    _ input: InputList.Input, as kind: ClinicalDocument.Kind?, _ limits: ClinicalDocument.Limits,
    _ validator: Validator, tasks: Int, schema: String?, _ schematron: XML.Schematron?,
    showsValues: Bool, isSubmission: Bool
  ) async {
    func unread(_ issues: [Issue], _ code: ExitCode) -> Verdict {
      Verdict(part: InputReport(source: input.source, issues: issues), code: code.rawValue)
    }
    if let fault = input.fault {
      self = unread([Issue(FileCodes.unreadable, fault)], Exit.noInput)
      return
    }
    let bytes: [UInt8]
    do {
      bytes = try Files.read(input.path, limit: limits.size)
    } catch {
      self =
        switch error {
        case .tooLarge: unread([Issue(FileCodes.tooLarge, "more bytes than the limit")], Exit.limit)
        case .unreadable(let reason): unread([Issue(FileCodes.unreadable, reason)], Exit.noInput)
        }
      return
    }
    do {
      let document = try ClinicalDocument(parsing: bytes, as: kind, limits: limits)
      var issues = document.issues + (await validator.issues(in: document, tasks: tasks))
      if let schema { issues += try XML.Schema(path: schema).issues(in: bytes) }
      if let schematron, document.kind == .ccda {
        issues += schematron.issues(in: document.tree, showsValues: showsValues)
      }
      let part = InputReport(source: input.source, issues: issues, text: document.tree.source)
      let isCut = issues.contains { $0.code.isLimit }
      self.init(
        part: part, code: isCut ? Exit.limit.rawValue : 0,
        outline: isSubmission ? CREST.Submission.Outline(document.tree) : nil)
    } catch let error as ClinicalDocument.ReadingError {
      let isLimit = error.issues.contains { $0.code.isLimit }
      if input.isFound, error.issues.contains(where: { $0.code.id == "FILE-0001" }) {
        self.init(
          part: InputReport(source: input.source, issues: error.issues), code: 0, isSkipped: true)
      } else {
        self = unread(error.issues, isLimit ? Exit.limit : Exit.badData)
      }
    } catch let error as XML.ParsingError {
      self = unread(error.issues, Exit.badData)
    } catch {
      self = unread([], Exit.badData)
    }
  }

  private init(
    part: InputReport, code: Int32, isSkipped: Bool = false,
    outline: CREST.Submission.Outline? = nil
  ) {
    self.part = part
    self.code = code
    self.isSkipped = isSkipped
    self.outline = outline
  }
}

/// Notes that every line of a file would have, each told once: code systems that are not at hand and, in a
/// submission, all that is worth knowing and no reason to act.
private struct RepeatedNotes {
  let isSubmission: Bool
  private var told: Set<String> = []

  init(isSubmission: Bool) { self.isSubmission = isSubmission }

  mutating func fresh(of issues: [Issue]) -> [Issue] {
    issues.filter { issue in
      guard issue.severity == .information, isSubmission || issue.code == Conformance.unchecked
      else { return true }
      return told.insert(issue.code.id + issue.message.prefix { $0 != " " }).inserted
    }
  }
}

extension ReportWriter {
  /// The findings of a record; of one that belongs to a submission with what it has beside the others.
  fileprivate mutating func part(
    of source: String, _ issues: [Issue], outline: CREST.Submission.Outline?, line: Int,
    text: [UInt8] = []
  ) -> InputReport {
    guard let outline, let added = summary?.add(outline, line: line, issues) else {
      return InputReport(source: source, issues: issues, text: text)
    }
    let placed = added.issues.map { issue in
      var issue = issue
      issue.position = issue.position ?? SourcePosition(line: line, column: 1, offset: 0)
      return issue
    }
    return InputReport(source: source, issues: placed, text: text, subject: added.subject)
  }
}
