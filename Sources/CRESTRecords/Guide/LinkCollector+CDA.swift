import ClinicalTree
import Definitions

extension LinkCollector {
  private static let statements: Set<Name> = [
    .act, .observation, .organizer, .procedure, .substanceAdministration, .supply, .encounter,
  ]

  /// States in which a statement says that nothing was found or done.
  private static let voided = ["aborted", "cancelled", "nullified", "new"]

  mutating func collectCDA(_ root: Cursor) {
    for child in root.children where child.kind == .element { collect(child, isFamily: false) }
    if Self.statements.contains(root.name) { statement(root) }
  }

  private mutating func collect(_ element: Cursor, isFamily: Bool) {
    // What is said of relatives is not said of the patient.
    let isFamily =
      isFamily
      || element.name == .section
        && element.first(.code)?.attribute(.code)
          .map { $0.text == "10157-6" } ?? false
      || element.first(.subject)?.first(.relatedSubject) != nil
    if isFamily { return }
    if Self.statements.contains(element.name) {
      if isVoid(element) { return }
      statement(element)
    }
    for child in element.children where child.kind == .element && child.name != .text {
      collect(child, isFamily: isFamily)
    }
  }

  private func isVoid(_ statement: Cursor) -> Bool {
    if statement.attribute(.negationInd).map({ $0.text == "true" }) ?? false { return true }
    let status = statement.first(.statusCode)?.attribute(.code)
    return status.map { code in Self.voided.contains { code.text == $0 } } ?? false
  }

  private mutating func statement(_ statement: Cursor) {
    if isVoid(statement) { return }
    var answer = Answer.present
    if let code = statement.first(.code) { note(cda: code) }
    for value in statement.all(.value) {
      note(cda: value)
      switch Self.answer(value) {
      case .present: break
      case .absent: answer = .absent
      case .notDone: return drop()
      }
    }
    for code in statement.all(.interpretationCode).compactMap({ $0.attribute(.code)?.text })
    where code == "NEG" || code == "ND" {
      answer = .absent
    }
    if let route = statement.first(.routeCode) {
      for code in [route] + route.all(.translation) {
        guard let value = code.attribute(.code)?.text.trimmed else { continue }
        note(route: value, of: Self.system(of: code))
      }
    }
    // Links that are written in a statement, such as those of parts that C-CDA has no element for.
    for document in statement.all(.reference).compactMap({ $0.first(.externalDocument) }) {
      for id in document.all(.id) {
        let system = id.attribute(.root).flatMap { CodeSystems.standard.system(oid: $0.text) }
        if system.map({ $0.uri == index.guideSystem }) ?? false,
          let name = id.attribute(.extension)
        {
          note(statement: name.text)
        }
      }
    }
    // The members of a care team stand in acts of their own, and speak of the team.
    for member in statement.all(.component).compactMap({ $0.first(.act) }) {
      for performer in member.all(.performer) {
        if let function = performer.first(.functionCode) { note(cda: function) }
      }
    }
    for product in statement.all(.consumable).compactMap({ $0.first(.manufacturedProduct) }) {
      guard let material = product.first(.manufacturedMaterial) else { continue }
      let code = material.first(.code)
      if let code { note(cda: code) }
      if code?.attribute(.code) == nil, let name = material.first(.name) {
        for text in Self.texts(below: name) { note(text: text) }
      }
    }
    finish(
      node: statement.index, resource: statement.nameText.string, isPresent: answer == .present)
  }

  /// The URI of a code's system; its OID where no URI is known, and without one its name.
  private static func system(of code: Cursor) -> Text {
    guard let oid = code.attribute(.codeSystem)?.text.trimmed else {
      return code.attribute(.codeSystemName)?.text.trimmed ?? .empty
    }
    return CodeSystems.standard.system(oid: oid)?.uri ?? oid
  }

  /// What a value answers.
  private static func answer(_ value: Cursor) -> Answer {
    let codes = [value] + value.all(.translation)
    for code in codes {
      if let name = code.attribute(.displayName), isAbsent(name.text) { return .absent }
      guard let text = code.attribute(.code)?.text.trimmed else { continue }
      if text == "not-assessed" { return .notDone }
      if absentCodes.contains(where: { text == $0 }) { return .absent }
    }
    let isSilent =
      codes.allSatisfy { $0.attribute(.code) == nil } && value.first(.originalText) == nil
    if let flavor = value.attribute(.nullFlavor)?.text, isSilent {
      return flavor == "NA" || flavor == "NASK" ? .notDone : .absent
    }
    if value.attribute(.value).map({ $0.text == "false" }) ?? false { return .absent }
    let words = value.children.first { $0.kind == .text }
    return words.map { isAbsent($0.text) } ?? false ? .absent : .present
  }

  private mutating func note(cda code: Cursor) {
    let all = [code] + code.all(.translation)
    let codes = all.compactMap { code in
      code.attribute(.code).map { (system: Self.system(of: code), code: $0.text.trimmed) }
    }
    note(codes: codes) { collector in
      for original in all.compactMap({ $0.first(.originalText) }) {
        let reference = original.first(.reference)?.attribute(.value)?.text.trimmed
        let part = reference.flatMap { collector.narrative($0, in: code) } ?? original
        let texts = Self.texts(below: part)
        if !texts.isEmpty { return texts }
      }
      return all.compactMap { $0.attribute(.displayName)?.text }
    }
  }

  private static func texts(below element: Cursor) -> [Text] {
    (element.index..<element.end).map { element.at($0) }.filter {
      $0.kind == .text && !$0.text.isBlank
    }
    .map(\.text)
  }

  /// The part of the narrative that a reference leads to, with `#` or, as some write, without.
  private mutating func narrative(_ reference: Text, in element: Cursor) -> Cursor? {
    if narrativeIDs == nil {
      var places: [Text: Int] = [:]
      var parent = 0
      for index in 0..<element.treeCount {
        let node = element.at(index)
        if node.kind == .element {
          parent = index
        } else if node.kind == .attribute, node.name == .ID, places[node.text] == nil {
          places[node.text] = parent
        }
      }
      narrativeIDs = places
    }
    let id = reference.hasPrefix("#") ? reference.slice(1..<reference.count) : reference
    return narrativeIDs?[id].map { element.at($0) }
  }
}
