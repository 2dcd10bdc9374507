import ArgumentParser
import ClinicalTree
import CRESTKit
import CRESTRecords

/// `crest convert`.
struct Convert: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Converts C-CDA, FHIR and records into each other.",
    discussion: """
      The kind of an input is told by its content. Without --to, C-CDA becomes FHIR in JSON and everything
      else C-CDA. One input goes to standard output, several or a folder to the folder that -o names.
      """)

  @Option(help: "The kind of the inputs: ccda, fhir, fhir-xml, ndjson, record.")
  var from: ClinicalDocument.Kind?

  @Option(help: "The kind to make.")
  var to: ClinicalDocument.Kind?

  @Option(name: .shortAndLong, help: ArgumentHelp("Where to write.", valueName: "file|folder"))
  var output: String?

  @Option(help: ArgumentHelp("Where to write the ledger, as NDJSON.", valueName: "file"))
  var ledger: String?

  @Option(help: ArgumentHelp("Where to write the findings; .json or .txt.", valueName: "file"))
  var report: String?

  @Option(help: "How many inputs to work on at once.")
  var jobs = 1

  @Option(
    name: .customLong("timezone-policy"),
    help: ArgumentHelp("For times without offset: date, document or +HH:MM.", valueName: "policy"))
  var timeZonePolicy: TimeZoneArgument?

  @Option(help: ArgumentHelp("The instant for what FHIR requires one for.", valueName: "instant"))
  var now: String?

  @Option(help: "The severity from which findings make the run fail.")
  var failOn = FailLevel.never

  @Option(help: "Whether to tell how far a long run has come: auto, plain, json, off.")
  var progress = Progress.Style.auto

  @Option(
    name: .customLong("document"),
    help: ArgumentHelp("The C-CDA document to make; by default that of the Composition, or ccd."))
  var documentKind: Converter.Options.DocumentKind?

  @Option(help: ArgumentHelp("The Patient of FHIR that holds none, for C-CDA.", valueName: "file"))
  var patient: String?

  @Flag(
    help:
      "Make a C-CDA document, or a record, of each patient, with the patient's number in its name.")
  var splitPatients = false

  @Flag(help: "Put the C-CDA document itself into the bundle that is made of it.")
  var attachSource = false

  @Option(
    help: ArgumentHelp(
      "Convert the record of the disease alone, without what tells who the patient is.",
      discussion:
        "Names, free text, times of day and the days of birth and death are left out; of identifiers that of the system is kept, and the name of the organisation that keeps the record.",
      valueName: "system"))
  var pseudonymous: String?

  @Flag(
    help: ArgumentHelp(
      "Convert lines of standard input to lines of standard output.",
      discussion:
        "A line is a resource as JSON, or an object with a doc, C-CDA as text or in base64, and an id that names it in --errors."
    ))
  var stream = false

  @Option(
    help: ArgumentHelp(
      "Where --stream tells of lines that do not convert, as NDJSON of OperationOutcomes.",
      valueName: "file|fd:N"))
  var errors: String?

  @Flag(help: "With --stream, write a line for each line, also for one that does not convert.")
  var keepSlots = false

  @Flag(help: "Lay out JSON and XML with line ends.")
  var pretty = false

  @Flag(name: .shortAndLong, help: "Say nothing about findings that do not stop a conversion.")
  var quiet = false

  @OptionGroup var limitOptions: LimitOptions

  @Argument(help: ArgumentHelp("Files, folders, or - for standard input.", valueName: "input"))
  var inputs: [String] = []

  func validate() throws {
    guard jobs > 0 else { throw ValidationError("--jobs is above 0") }
    guard stream == inputs.isEmpty else {
      throw ValidationError(stream ? "--stream reads standard input only" : "no input is named")
    }
    if stream, to == .fhirXML || to == .ndjson || pretty || splitPatients {
      throw ValidationError("--stream writes one line of JSON for a line")
    }
    if pseudonymous != nil, ledger != nil || stream || attachSource || splitPatients {
      throw ValidationError(
        "--pseudonymous leaves out what --ledger, --attach-source, --split-patients and --stream show"
      )
    }
    if splitPatients, output == nil { throw ValidationError("--split-patients needs -o FOLDER") }
    if !stream, errors != nil || keepSlots {
      throw ValidationError("--errors and --keep-slots go with --stream")
    }
    if let now, PartialDateTime(fhir: now)?.offset == nil {
      throw ValidationError("--now is an instant such as 2026-11-25T12:00:00Z")
    }
    if let report, ReportFormat(fileName: report) == nil {
      throw ValidationError("--report ends in .json or .txt")
    }
  }

  func run() async throws {
    if stream {
      var run = try StreamRun(command: self)
      return try run.go()
    }
    let list = InputList(inputs)
    if list.isSeveral, output == nil {
      throw ValidationError("several inputs, or a folder, need -o FOLDER")
    }
    var run = try ConvertRun(command: self, list: list)
    try await run.go()
  }
}

extension Convert {
  /// What the converter is told.
  ///
  /// - Throws: `ExitCode` when the patient's file cannot be read, which was told then.
  func options() throws -> Converter.Options {
    Converter.Options(
      timeZonePolicy: timeZonePolicy?.policy ?? .date, now: now, keepsLedger: ledger != nil,
      attachesSource: attachSource, documentKind: documentKind, patient: try readPatient())
  }

  private func readPatient() throws -> ClinicalDocument? {
    guard let patient else { return nil }
    do {
      let bytes = try Files.read(patient, limit: limitOptions.limits.size)
      let document = try ClinicalDocument(parsing: bytes, limits: limitOptions.limits)
      if document.tree.root["resourceType"].first?.value == "Patient" { return document }
      Console.say("\(patient): no Patient of FHIR")
    } catch let error as ClinicalDocument.ReadingError {
      for issue in error.issues { Console.say(TextReport.line(issue.placed, patient)) }
    } catch {
      Console.say("\(patient): cannot be read")
      throw Exit.noInput
    }
    throw Exit.badData
  }

  /// What an input becomes.
  func target(of document: ClinicalDocument) -> ClinicalDocument.Kind {
    to ?? (document.kind == .ccda ? .fhir : .ccda)
  }
}

/// One run of `crest convert`.
struct ConvertRun {
  private let command: Convert
  private let list: InputList
  private var report: ReportWriter?
  private let ledger: ByteSink?
  private var progress: Progress
  private var hasFindings = false
  private var done = 0
  private var failed: [ExitCode] = []
  private var counts: [String: (issue: Issue, count: Int)] = [:]
  private let converter: Converter

  init(command: Convert, list: InputList) throws {
    self.command = command
    converter = Converter(options: try command.options())
    self.list = list
    progress = Progress(command.progress, total: list.inputs.count)
    ledger = try command.ledger.map { try ByteSink($0) }
    if let path = command.report, let format = ReportFormat(fileName: path) {
      report = ReportWriter(format, to: try ByteSink(path), isSeveral: list.inputs.count > 1)
    }
  }

  /// A document that was made: of one of several patients, or of the input.
  struct Made: Sendable {
    let data: [UInt8]
    let kind: ClinicalDocument.Kind
    let ledger: [UInt8]
    /// The number of the patient.
    let patient: Int?
  }

  /// What became of one input.
  enum Outcome: Sendable {
    case converted([Made], issues: [Issue], size: Int)
    case skipped([Issue])
    case failed([Issue], Int32)
  }

  mutating func go() async throws {
    for folder in list.emptyFolders { Console.say("\(folder): no files in this folder") }
    if list.inputs.isEmpty { throw Exit.noInput }
    Interruption.listen()
    let outputs = outputPaths()
    let work = worker()
    var this = self
    let deadline = command.limitOptions.deadline
    try await inOrder(list.inputs, jobs: command.jobs, until: deadline, work: work) {
      index, outcome in
      try this.take(outcome, this.list.inputs[index], outputs[index])
    }
    self = this
    try finish()
  }

  /// The paths of the outputs without the extensions that their kinds give them, or as they were named.
  private func outputPaths() -> [OutputPath] {
    guard let output = command.output else { return list.inputs.map { _ in .standardOutput } }
    guard list.isSeveral || command.splitPatients else { return [.file(output)] }
    return list.outputNames().map { .folder(output + "/" + $0) }
  }

  /// Where the documents of an input go.
  enum OutputPath {
    case standardOutput
    case file(String)
    /// A path without its extension.
    case folder(String)

    func path(of made: Made) -> String? {
      switch self {
      case .standardOutput: nil
      case .file(let path): path
      case .folder(let path):
        path + (made.patient.map { "-\($0)" } ?? "") + OutputPath.suffix(of: made.kind)
      }
    }

    private static func suffix(of kind: ClinicalDocument.Kind) -> String {
      switch kind {
      case .ccda, .fhirXML: ".xml"
      case .ndjson: ".ndjson"
      case .fhir, .record: ".json"
      }
    }
  }

  // MARK: One input

  private func worker() -> @Sendable (InputList.Input) -> Outcome {
    let (command, converter) = (command, converter)
    let limits = command.limitOptions.limits
    let layout: JSON.Layout = command.pretty ? .indented : .compact
    return { input in
      if let fault = input.fault {
        return .failed([Issue(FileCodes.unreadable, fault)], Exit.noInput.rawValue)
      }
      do {
        let bytes = try Files.read(input.path, limit: limits.size)
        var document = try ClinicalDocument(parsing: bytes, as: command.from, limits: limits)
        let target = command.target(of: document)
        var notes: [Issue] = []
        if let system = command.pseudonymous {
          let output = try converter.convert(document, to: .record)
          notes = output.issues
          let record = try CREST.Record(json: output.data).pseudonymous(keeping: system)
          let count = record.patient.identifiers.count
          guard count == 1 else {
            let issue = Issue(Converter.noPseudonym, "\(count) identifiers of the system")
            return .failed([issue], Exit.badData.rawValue)
          }
          document = try ClinicalDocument(parsing: record.json())
        }
        var (documents, issues) =
          command.splitPatients && (target == .ccda || target == .record)
          ? document.split() : ([document], [])
        issues += notes
        let made = try documents.enumerated().map { number, document in
          let output = try converter.convert(document, to: target, layout: layout)
          issues += output.issues
          let patient = documents.count > 1 ? number + 1 : nil
          let source = input.source + (patient.map { "#\($0)" } ?? "")
          return Made(
            data: output.data, kind: target, ledger: output.ledger?.ndjson(source: source) ?? [],
            patient: patient)
        }
        return .converted(made, issues: issues, size: bytes.count)
      } catch let error as ClinicalDocument.ReadingError {
        return ConvertRun.refused(error.issues, input)
      } catch Files.ReadError.unreadable(let reason) {
        return .failed([Issue(FileCodes.unreadable, reason)], Exit.noInput.rawValue)
      } catch Files.ReadError.tooLarge {
        let message = "more bytes than the limit of \(limits.size)"
        return .failed([Issue(FileCodes.tooLarge, message)], Exit.limit.rawValue)
      } catch Converter.ConversionError.unavailable(let source, let target) {
        return .failed([.unavailable(source, target)], Exit.unavailable.rawValue)
      } catch Converter.ConversionError.notARecord(let issues),
        Converter.ConversionError.notOnePatient(let issues)
      {
        return .failed(issues, Exit.badData.rawValue)
      } catch {
        return .failed([Issue(FileCodes.unreadable, "cannot be read")], Exit.inputOutput.rawValue)
      }
    }
  }

  private static func refused(_ issues: [Issue], _ input: InputList.Input) -> Outcome {
    if input.isFound, issues.contains(where: { $0.code.id == "FILE-0001" }) {
      return .skipped(issues)
    }
    let isLimit = issues.contains { $0.code.isLimit }
    return .failed(issues, isLimit ? Exit.limit.rawValue : Exit.badData.rawValue)
  }

  // MARK: All inputs

  private mutating func take(
    _ outcome: Outcome, _ input: InputList.Input, _ output: OutputPath
  ) throws {
    switch outcome {
    case .converted(let documents, let issues, let size):
      for made in documents {
        try ByteSink.write(made.data, to: output.path(of: made))
        try ledger?.write(made.ledger)
      }
      done += 1
      progress.advance(bytes: size)
      try note(issues, input)
    case .skipped(let issues):
      Console.say("\(input.source): skipped, it is no record")
      progress.advance(bytes: 0)
      try tell(issues.map(ConvertRun.asWarning), of: input)
    case .failed(let issues, let code):
      for issue in issues { Console.say(TextReport.line(issue.placed, input.source)) }
      progress.advance(bytes: 0)
      try tell(issues, of: input)
      failed.append(ExitCode(code))
    }
  }

  private mutating func tell(_ issues: [Issue], of input: InputList.Input) throws {
    hasFindings = hasFindings || issues.contains(where: command.failOn.counts)
    try report?.add(InputReport(source: input.source, issues: issues))
  }

  private static func asWarning(_ issue: Issue) -> Issue {
    Issue(issue.code, severity: .warning, issue.message, path: issue.path, position: issue.position)
  }

  private mutating func note(_ issues: [Issue], _ input: InputList.Input) throws {
    try tell(issues, of: input)
    guard !command.quiet else { return }
    if list.isSeveral {
      for issue in issues { counts[issue.code.id, default: (issue, 0)].count += 1 }
    } else {
      for issue in issues where issue.severity > .information || issue.code.id == "CONV-0001" {
        Console.say(TextReport.line(issue, input.source))
      }
    }
  }

  private mutating func finish() throws {
    progress.finish()
    try ledger?.finish()
    try report?.finish()
    if list.isSeveral, !command.quiet { summary() }
    if !failed.isEmpty { throw list.inputs.count > 1 ? Exit.someFailed : failed[0] }
    if hasFindings { throw Exit.findings }
  }

  private func summary() {
    for (code, found) in counts.sorted(by: { $0.key < $1.key }) {
      Console.say(
        "\(found.count) x \(found.issue.severity.rawValue) \(code): \(found.issue.code.title)")
    }
    Console.say("\(done) converted, \(failed.count) failed")
  }
}

extension Issue {
  /// That there is no way from one kind to another.
  static func unavailable(_ source: ClinicalDocument.Kind, _ target: ClinicalDocument.Kind) -> Issue
  {
    Issue(FileCodes.unavailable, "no way from \(source.rawValue) to \(target.rawValue)")
  }

  /// The issue with a place, if only the beginning of the input.
  var placed: Issue {
    var issue = self
    if issue.position == nil { issue.position = SourcePosition(line: 1, column: 1, offset: 0) }
    return issue
  }
}

/// The codes of faults of files, not of their contents.
enum FileCodes {
  static let unreadable = Issue.Code(
    "FILE-0002", "The input cannot be read",
    explanation: "There is no such file, it may not be read, or nobody writes to the pipe.",
    repair: "Check the path and the permissions.")
  static let tooLarge = Issue.Code(
    "FILE-0003", "The input is too large",
    explanation: "The input has more bytes than the limit.",
    repair: "Raise the limit with --max-input-size.",
    isLimit: true)
  static let unavailable = Issue.Code(
    "FILE-0004", "There is no way between these kinds",
    explanation:
      "C-CDA becomes FHIR or a record; FHIR and records become each other and C-CDA. A document does not become its own kind of C-CDA.",
    repair: "Name another kind with --to.")

  static let all = [unreadable, tooLarge, unavailable]
}
