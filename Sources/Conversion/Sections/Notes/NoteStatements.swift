import ClinicalTree
import Definitions

extension Skeleton {
  static let note = Skeleton(
    .act, "22.4.202:2016-11-01", "ACT", code: .loinc("34109-9"), status: nil,
    needs: [.status, .time])
  static let media = Skeleton(.observationMedia, nil, "OBS", status: nil, needs: [.id])
}

extension CDABuilder {
  /// A DocumentReference as a note.
  func note(_ note: Cursor, in holder: Draft.Slot, _ context: WritingContext) {
    let act = open(.note, in: holder)
    write(note, as: act, context) {
      if let status = leaf(.status, in: note), status.text == "current" {
        self.note(status, saidBy: act)
      }
      for category in values(.category, in: note) {
        for coding in objects(.coding, in: category.object)
        where leaf(.code, in: coding).map({ $0.text == "clinical-note" }) ?? false
          && isOf(
            "http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category", coding)
        {
          self.note(leaf(.code, in: coding), saidBy: act)
          self.note(leaf(.system, in: coding), saidBy: act)
        }
      }
      apply(NoteTable.note, note, to: act)
      let authors = draft.children(of: act).filter { draft.name(of: $0) == .author }
      let time = value(.date, in: note)
      for author in authors {
        claim(.author, on: author)
        if let time, child(.time, of: author) == nil { ts(time, as: .time, in: author) }
        silent(.time, in: author)
      }
      if authors.isEmpty { author(of: note, nil, .date, in: act) }
      if let encounter = object(.encounter, in: object(.context, in: note)) {
        self.encounter(encounter, of: act, context)
      }
    }
  }

  func noteType(of note: Cursor, in act: Draft.Slot) {
    guard let type = object(.type, in: note), let code = child(.code, of: act) else { return }
    let codings = objects(.coding, in: type)
    if codings.count == 1, leaf(.code, in: codings[0]).map({ $0.text == "34109-9" }) ?? false {
      coding(codings[0], into: code)
    } else {
      for coding in codings { self.coding(coding, into: add(.translation, in: code)) }
    }
    if let words = leaf(.text, in: type) { text(words.sourced, in: add(.originalText, in: code)) }
  }

  /// What a note holds, in base64.
  func content(of note: Cursor, in act: Draft.Slot) {
    guard let attachment = object(.attachment, in: object(.content, in: note)) else { return }
    self.attachment(attachment, into: element(.text, of: act))
  }

  func attachment(_ attachment: Cursor, into element: Draft.Slot) {
    markAbsent(FHIRValue(node: attachment, shadow: nil))
    if let data = leaf(.data, in: attachment) {
      let type = leaf(.contentType, in: attachment)
      if let type, CDAFormat.isValid(type.text, type: mediaType, cda) {
        attribute(.mediaType, type.sourced, in: element)
      }
      constant(.representation, "B64", Reason("bytes in base64"), in: element)
      text(data.sourced, in: element)
    } else if let url = leaf(.url, in: attachment) {
      attribute(.value, url.sourced, in: add(.reference, in: element))
    }
  }

  private var mediaType: Int { cda.attribute(.mediaType, of: cda.type(named: .ED))?.type ?? 0 }

  /// A picture.
  func media(_ media: Cursor, in holder: Draft.Slot, _ context: WritingContext) {
    let statement = open(.media, in: holder)
    write(media, as: statement, context) {
      if let status = leaf(.status, in: media), status.text == "completed" {
        note(status, saidBy: statement)
      }
      apply(NoteTable.media, media, to: statement)
      markAbsent(value(.content, in: media))
      silent(.value, in: statement)
    }
  }
}
