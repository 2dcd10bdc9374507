import ClinicalTree
import Definitions
import FHIRPath

/// QuestionnaireResponses against their Questionnaires (questionnaireresponse.html).
extension FHIRValidation {
  func questionnaireResponse(_ response: Cursor) {
    guard let canonical = response.property(.questionnaire), canonical.kind == .string else {
      return
    }
    let questionnaire: Element
    if canonical.text.hasPrefix("#") {
      guard let found = resolve(canonical.text, from: response.index) else { return }
      questionnaire = Element(tree: tree, index: found.cursor.index)
    } else if let found = library.store.find(canonical.text.string, type: "Questionnaire") {
      questionnaire = found
    } else {
      if let other = library.store.findAny(canonical.text.string) {
        report(
          Conformance.badReference, at: canonical.index,
          "leads to a \(other.text("resourceType")), not to a Questionnaire")
      }
      return
    }
    let isComplete =
      response.says(.status, "completed") || response.says(.status, "amended")
    QuestionnaireWalk(self, response, isComplete: isComplete).check(
      questionnaire["item"], of: response)
  }
}

/// Walks the items of a response and of its questionnaire together.
private struct QuestionnaireWalk {
  private let validation: FHIRValidation
  private let response: Cursor
  private let isComplete: Bool
  /// The items around the one that is being checked, the response itself first.
  private var context: [Cursor]

  init(_ validation: FHIRValidation, _ response: Cursor, isComplete: Bool) {
    self.validation = validation
    self.response = response
    self.isComplete = isComplete
    context = [response]
  }

  private func report(_ code: Issue.Code, _ place: Cursor, _ message: String) {
    validation.report(code, at: place.index, message)
  }

  // MARK: Items

  /// Checks the items of a response, of one of its items or of one of its answers.
  func check(_ questions: [Element], of parent: Cursor) {
    let items = parent.values(.item).filter { $0.kind == .object }
    var last = -1
    for item in items {
      guard let linkId = item.property(.linkId), linkId.kind == .string else { continue }
      guard
        let place = questions.firstIndex(where: { linkId.text == $0.text("linkId") })
      else {
        report(
          Conformance.unknownItem, item, "no item of the Questionnaire has this linkId here")
        continue
      }
      if place < last {
        report(Conformance.unknownItem, item, "stands in another order than in the Questionnaire")
      }
      last = max(last, place)
    }
    for question in questions {
      let own = items.filter { item in
        item.property(.linkId).map { $0.text == question.text("linkId") } ?? false
      }
      check(question, own, in: parent)
    }
  }

  private func check(_ question: Element, _ items: [Cursor], in parent: Cursor) {
    let type = question.text("type")
    let isEnabled = isEnabled(question)
    if !isEnabled {
      for item in items where hasAnswer(item) {
        report(Conformance.disabledItem, item, "an answer to a question that is not enabled")
      }
      return
    }
    let repeats = question.text("repeats") == "true"
    if type == "group" ? items.count > 1 && !repeats : items.count > 1 {
      report(
        Conformance.badAnswer, items[1],
        "several items of this linkId, where one is allowed")
    }
    let isRequired = question.text("required") == "true"
    if items.isEmpty, isRequired, isComplete, type != "display" {
      report(Conformance.missingAnswer, parent, "a required item is missing")
    }
    for item in items {
      var inner = self
      inner.context.append(item)
      inner.check(item, question, type, isRequired: isRequired, repeats: repeats)
    }
  }

  private func hasAnswer(_ item: Cursor) -> Bool {
    !item.values(.answer).filter { $0.kind == .object }.isEmpty
      || item.values(.item).contains { $0.kind == .object && hasAnswer($0) }
  }

  private func check(
    _ item: Cursor, _ question: Element, _ type: String, isRequired: Bool, repeats: Bool
  ) {
    let answers = item.values(.answer).filter { $0.kind == .object }
    switch type {
    case "group":
      if let answer = answers.first {
        report(Conformance.badAnswer, answer, "a group has no answers")
      }
      if isRequired, isComplete, item.property(.item) == nil {
        report(Conformance.missingAnswer, item, "a required group without items")
      }
      return check(question["item"], of: item)
    case "display":
      if item.property(.item) != nil || !answers.isEmpty {
        report(Conformance.badAnswer, item, "what is for display has no answers")
      }
      return
    case "question":
      if !answers.isEmpty {
        report(Conformance.badAnswer, item, "an abstract question has no answers")
      }
    default: break
    }
    if answers.isEmpty, isRequired, isComplete {
      report(Conformance.missingAnswer, item, "a required item without an answer")
    }
    if answers.count > 1, !repeats {
      report(Conformance.badAnswer, answers[1], "several answers, where one is allowed")
    }
    let bounds = [("minOccurs", true), ("maxOccurs", false)]
    for (name, isLeast) in bounds {
      guard let limit = number(question, "questionnaire-\(name)") else { continue }
      if isLeast ? isComplete && answers.count < limit : answers.count > limit {
        report(
          Conformance.badAnswer, item,
          "\(answers.count) answers, \(isLeast ? "at least" : "at most") \(limit) are asked for")
      }
    }
    for answer in answers {
      self.answer(answer, question, type)
      var inner = self
      inner.context.append(answer)
      inner.check(question["item"], of: answer)
    }
    // Items below an item stand below its answers; older ones stand beside them.
    if answers.isEmpty { check(question["item"], of: item) }
  }

  // MARK: Conditions

  private func isEnabled(_ question: Element) -> Bool {
    for addition in question["extension"] {
      let url = addition.text("url")
      guard url.hasSuffix("enableWhenExpression") || url.hasSuffix("questionnaire-enablewhen"),
        let value = addition.choice("value"),
        let expression = try? FHIRPathExpression(value.value ?? value.text("expression"))
      else { continue }
      let node = FHIRNode(response, type: validation.type(of: response))
      if case .success(let holds) = validation.holds(expression, on: node), holds != true {
        return false
      }
    }
    let conditions = question["enableWhen"]
    if conditions.isEmpty { return true }
    let isAny = question.text("enableBehavior") == "any" || conditions.count == 1
    return isAny ? conditions.contains(where: holds) : conditions.allSatisfy(holds)
  }

  private func holds(_ condition: Element) -> Bool {
    let answers = answers(to: condition.text("question"))
    let isExistence = condition.text("operator") == "exists"
    guard let expected = condition.choice("answer") else { return true }
    if isExistence { return answers.isEmpty != (expected.value == "true") }
    switch condition.text("operator") {
    case "=": return answers.contains { order($0, expected) == 0 }
    case "!=": return !answers.contains { order($0, expected) == 0 }
    case ">": return answers.contains { order($0, expected).map { $0 > 0 } ?? false }
    case "<": return answers.contains { order($0, expected).map { $0 < 0 } ?? false }
    case ">=": return answers.contains { order($0, expected).map { $0 >= 0 } ?? false }
    case "<=": return answers.contains { order($0, expected).map { $0 <= 0 } ?? false }
    default: return true
    }
  }

  /// How an answer is ordered against an expected one; `nil` when they cannot be compared. For codes
  /// only equality counts.
  private func order(_ answer: FHIRNode, _ expected: Element) -> Int? {
    if answer.cursor.kind == .object, expected.value == nil {
      if answer.cursor.property(.value) != nil {
        return Bounds.order(answer, expected, now: "2000")
      }
      let code = answer.cursor.property(.code)?.text.string
      let system = answer.cursor.property(.system)?.text.string ?? ""
      return code == expected.text("code") && system == expected.text("system") ? 0 : nil
    }
    if answer.cursor.kind == .number, let own = ExactDecimal(answer.cursor.text),
      let value = expected.value
    {
      var text = value
      let other = text.withUTF8 { bytes in
        bytes.baseAddress.flatMap { ExactDecimal(Text($0, bytes.count)) }
      }
      return other.map { own < $0 ? -1 : own == $0 ? 0 : 1 }
    }
    let own =
      answer.cursor.kind == .true
      ? "true" : answer.cursor.kind == .false ? "false" : answer.cursor.text.string
    guard let value = expected.value else { return nil }
    return own == value ? 0 : own < value ? -1 : 1
  }

  /// The answers to a question, from the nearest items that have it.
  private func answers(to linkId: String) -> [FHIRNode] {
    for around in context.reversed() {
      var found: [FHIRNode] = []
      collect(linkId, in: around, &found)
      if !found.isEmpty { return found }
    }
    return []
  }

  private func collect(_ linkId: String, in parent: Cursor, _ found: inout [FHIRNode]) {
    for item in parent.values(.item) where item.kind == .object {
      let isOwn = item.property(.linkId).map { $0.text == linkId } ?? false
      for answer in item.values(.answer) where answer.kind == .object {
        if isOwn, let value = value(of: answer) { found.append(value) }
        collect(linkId, in: answer, &found)
      }
      collect(linkId, in: item, &found)
    }
  }

  private func value(of answer: Cursor) -> FHIRNode? {
    for child in answer.children where child.nameText.hasPrefix("value") {
      let type = FHIRFacts.r4.type(named: "QuestionnaireResponse.item.answer")
      let member = FHIRFacts.r4.member(child.name, in: type)
      return FHIRNode(child, type: member.map { FHIRFacts.r4.type(of: $0) } ?? 0)
    }
    return nil
  }

  // MARK: Answers

  private static let types: [String: Set<String>] = [
    "boolean": ["boolean"], "decimal": ["decimal"], "integer": ["integer"], "date": ["date"],
    "dateTime": ["dateTime"], "time": ["time"], "string": ["string"], "text": ["string"],
    "url": ["uri"], "choice": ["Coding"], "open-choice": ["Coding", "string"],
    "attachment": ["Attachment"], "reference": ["Reference"], "quantity": ["Quantity"],
  ]

  private func answer(_ answer: Cursor, _ question: Element, _ type: String) {
    guard let value = value(of: answer) else { return }
    let facts = FHIRFacts.r4
    let own = facts.title(of: Int(value.type)).string
    let options = question["answerOption"].compactMap { $0.choice("value") }
    if let allowed = QuestionnaireWalk.types[type], !allowed.contains(own) {
      return report(
        Conformance.badAnswer, value.cursor,
        "a \(own), the question asks for \(allowed.sorted().joined(separator: " or "))")
    }
    let isFree = type == "open-choice" && own == "string"
    if !options.isEmpty, !isFree || !options.contains(where: { $0.name == "valueString" }) {
      if isFree, !options.isEmpty {
        // Free text beside options is what an open choice is for; the options must not be texts only.
        if question.text("type") == "choice" {
          report(Conformance.badAnswer, answer, "none of the options")
        }
      } else if !options.contains(where: { matches(value.cursor, $0) }) {
        report(Conformance.badAnswer, answer, "none of the options")
      }
    }
    if let set = question.first("answerValueSet")?.value { member(value, of: set, question) }
    bounds(value, question, own)
  }

  private func matches(_ value: Cursor, _ option: Element) -> Bool {
    guard value.kind == .object else {
      return option.value.map {
        value.text == $0 || value.kind == .number && Double(value.text.string) == Double($0)
      } ?? false
    }
    guard let code = value.property(.code) else { return false }
    let system = value.property(.system)?.text.string ?? ""
    return code.text == option.text("code") && system == option.text("system")
  }

  private func member(_ value: FHIRNode, of set: String, _ question: Element) {
    let url: String
    if set.hasPrefix("#") {
      // A value set that the Questionnaire contains.
      guard let contained = contained(set, question) else { return }
      let answer = ValueSetMembership.isMember(
        validation.codes(of: value), of: contained, validation.library.terminology)
      if answer == false {
        report(Conformance.badAnswer, value.cursor, "no code of the options")
      }
      return
    }
    url = set
    if value.cursor.kind == .string, question.text("type") == "open-choice" { return }
    for (code, system) in validation.codes(of: value) {
      let answer = validation.library.terminology.isMember(code, system: system, of: url)
      if answer == .notMember {
        report(Conformance.badAnswer, value.cursor, "no code of \(url)")
      }
    }
  }

  private func contained(_ reference: String, _ question: Element) -> Element? {
    question.tree.root["contained"].first { "#" + $0.text("id") == reference }
  }

  /// The value of an extension of a question, by the end of its URL.
  private func additions(_ question: Element, _ name: String) -> [Element] {
    question["extension"].filter { $0.text("url").hasSuffix("/" + name) }
      .compactMap { $0.choice("value") }
  }

  private func number(_ question: Element, _ name: String) -> Int? {
    additions(question, name).first?.value.flatMap(Int.init)
  }

  private func bounds(_ value: FHIRNode, _ question: Element, _ type: String) {
    let cursor = value.cursor
    func wrong(_ message: String) { report(Conformance.badAnswer, cursor, message) }
    let length = cursor.text.string.unicodeScalars.count
    if type == "string" {
      if let most = Int(question.text("maxLength")), length > most {
        wrong("longer than \(most) characters")
      }
      if let least = number(question, "minLength"), length < least {
        wrong("shorter than \(least) characters")
      }
      if let pattern = additions(question, "regex").first?.value,
        let expression = try? FHIRPathExpression("matchesFull(\(FHIRValidation.quoted(pattern)))"),
        case .success(false?) = validation.holds(expression, on: value)
      {
        wrong("not of the format that is asked for")
      }
    }
    if type == "decimal", let places = number(question, "maxDecimalPlaces"),
      let own = ExactDecimal(cursor.text), own.scale > places
    {
      wrong("more than \(places) decimal places")
    }
    for (name, isLeast) in [("minValue", true), ("maxValue", false)] {
      guard let limit = additions(question, name).first,
        let order = Bounds.order(value, limit, now: "2000")
      else { continue }
      if isLeast ? order < 0 : order > 0 {
        wrong(isLeast ? "less than the least value" : "more than the greatest value")
      }
    }
    for (name, isLeast) in [("minQuantity", true), ("maxQuantity", false)] {
      guard let limit = additions(question, "sdc-questionnaire-\(name)").first else { continue }
      guard cursor.property(.code) != nil, !limit.text("code").isEmpty,
        let order = Bounds.order(value, limit, now: "2000")
      else {
        wrong("cannot be compared with the \(isLeast ? "least" : "greatest") quantity")
        continue
      }
      if isLeast ? order < 0 : order > 0 {
        wrong(isLeast ? "less than the least value" : "more than the greatest value")
      }
    }
    if type == "Attachment" { attachment(cursor, question) }
    if type == "Reference" { reference(cursor, question) }
    if type == "Quantity" { unit(cursor, question) }
  }

  private func attachment(_ value: Cursor, _ question: Element) {
    if let most = additions(question, "maxSize").first?.value.flatMap(Double.init),
      let size = value.property(.size).flatMap({ Double($0.text.string) }), size > most
    {
      report(Conformance.badAnswer, value, "larger than \(Int(most)) bytes")
    }
    let types = additions(question, "mimeType").compactMap(\.value)
    if !types.isEmpty, let own = value.property(.contentType), !types.contains(own.text.string) {
      report(Conformance.badAnswer, value, "of none of the types \(types.joined(separator: ", "))")
    }
  }

  private func reference(_ value: Cursor, _ question: Element) {
    guard let reference = value.property(.reference), reference.kind == .string else { return }
    let text = reference.text.string
    if text.contains(" ") { report(Conformance.badAnswer, value, "not a reference") }
    if text.hasPrefix("#") || text.hasPrefix("urn:") { return }
    let parts = text.split(separator: "/")
    guard parts.count >= 2 else { return }
    let name = String(parts[parts.count - 2])
    guard let type = FHIRValidation.type(namedIn: reference.text) else {
      if name.first?.isUppercase == true {
        report(Conformance.badAnswer, value, "R4 has no resource of the type that is named")
      }
      return
    }
    let allowed = additions(question, "questionnaire-referenceResource").compactMap(\.value)
    let title = FHIRFacts.r4.title(of: type).string
    if !allowed.isEmpty, !allowed.contains(title) {
      report(
        Conformance.badAnswer, value,
        "leads to a \(title), allowed are \(allowed.joined(separator: ", "))")
    }
  }

  private func unit(_ value: Cursor, _ question: Element) {
    let units = additions(question, "questionnaire-unitOption")
    guard !units.isEmpty, let code = value.property(.code) else { return }
    if !units.contains(where: { code.text == $0.text("code") }) {
      report(Conformance.badAnswer, value, "of none of the units that are offered")
    }
  }
}

/// Membership in a value set that stands in another resource.
enum ValueSetMembership {
  /// Whether one of some codes is in a value set that lists its codes; `nil` when it does not.
  static func isMember(
    _ codes: [(code: String, system: String?)], of resource: Element, _ terminology: Terminology
  ) -> Bool? {
    let set = ValueSet(resource)
    for part in set.includes where part.codes == nil { return nil }
    return codes.contains { code, system in
      set.includes.contains { part in
        (system == nil || system == "" || part.system == system)
          && part.codes?.contains(code) ?? false
      }
    }
  }
}

extension FHIRValidation {
  /// A text as a FHIRPath literal.
  static func quoted(_ text: String) -> String {
    "'" + text.map { $0 == "\\" || $0 == "'" ? "\\\($0)" : String($0) }.joined() + "'"
  }
}
