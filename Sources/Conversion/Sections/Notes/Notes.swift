import ClinicalTree
import Definitions

/// Note Activity, a body that is not XML, and DocumentReference (conversion guide, "notes").
enum NoteTable {
  static let note = Mapping(
    "note-activity", "act", templates: ["2.16.840.1.113883.10.20.22.4.202"],
    resource: .DocumentReference,
    [
      .row("identifier", "id", .identifier),
      .row("docStatus", "statusCode", .mappedCode("cf-document-status")),
      .function("type", "code", "kind of note") {
        $0.noteType($1, in: $2)
      } toCDA: {
        $0.noteType(of: $1, in: $2)
      },
      .row("author", "author", .participation),
      .function("date", "author/time/@value", "a time that is an instant") {
        guard $0.draft.first(.date, in: $2) == nil else { return }
        _ = $0.instantIfWhole($1, as: .date, in: $2)
      },
      .function("content.attachment", "text", "attachment") {
        $0.content($1, in: $2)
      } toCDA: {
        $0.content(of: $1, in: $2)
      },
      .row("context.period", "effectiveTime", .period),
    ])

  static let media = Mapping(
    "observation-media", "observationMedia", resource: .Media,
    [
      .row("identifier", "id", .identifier),
      .function("content", "value", "attachment") { builder, value, media in
        if builder.draft.first(.content, in: media) == nil {
          builder.attachment(value, in: builder.draft.addObject(.content, in: media))
        }
      } toCDA: { builder, media, statement in
        guard let attachment = builder.object(.content, in: media) else { return }
        builder.attachment(attachment, into: builder.add(.value, in: statement))
      },
    ])

  static let body = Mapping(
    "non-xml-body", "nonXMLBody", resource: .DocumentReference,
    [.function("content.attachment", "text", "attachment") { $0.content($1, in: $2) }])
}

enum NoteKinds {
  static let all = [
    StatementKind(
      "note-activity", .act, templates: ["2.16.840.1.113883.10.20.22.4.202"],
      tables: [NoteTable.note, NoteTable.body]
    ) { builder, act, context in
      [
        builder.resource(NoteTable.note, act, context) { note in
          builder.completeReference(note)
          builder.concept(
            "http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category",
            "clinical-note", Reason("the category that the template stands for"), as: .category,
            in: note)
        }
      ]
    },
    StatementKind(
      "observation-media", .observationMedia, templates: ["2.16.840.1.113883.10.20.6.2.13"],
      tables: [NoteTable.media], convert: media),
  ]

  static func media(
    _ builder: FHIRBuilder, _ media: Cursor, _ context: StatementContext
  ) -> [ResourceHandle] {
    [
      builder.resource(NoteTable.media, media, context) { resource in
        let reason = Reason("R4 requires Media.status: the picture is there")
        builder.put(rule: "completed", reason, as: .status, in: resource)
        if builder.isMissing(.content, in: resource) {
          builder.absentObject(.content, in: resource)
        }
      }
    ]
  }
}

extension FHIRBuilder {
  /// The code of the template says that this is a note; its translation says of which kind.
  fileprivate func noteType(_ code: Cursor, in note: Draft.Slot) {
    let translations = code.all(.translation).filter(saysSomething)
    if translations.isEmpty {
      codeableConcept(code, as: .type, in: note)
      return
    }
    let type = draft.addObject(.type, in: note)
    for translation in translations { coding(translation, as: .coding, in: type) }
    if let original = code.first(.originalText) { string(original, as: .text, in: type) }
    markSelector(code)
  }

  fileprivate func content(_ text: Cursor, in note: Draft.Slot) {
    let content = draft.object(.content, in: note)
    guard draft.first(.attachment, in: content) == nil else { return }
    attachment(text, in: draft.addObject(.attachment, in: content))
  }

  /// Writes what a text holds, or the narrative that it refers to, as the data of an attachment.
  fileprivate func attachment(_ text: Cursor, in attachment: Draft.Slot) {
    if let reference = text.first(.reference)?.attribute(.value), nonBlank(reference) != nil {
      guard let place = resolve(reference) else {
        if !reference.text.trimmed.hasPrefix("#") {
          put(reference.sourced, as: .url, in: attachment)
        }
        return
      }
      var buffer = ByteBuffer(capacity: 4096)
      buffer.append("<div xmlns=\"http://www.w3.org/1999/xhtml\">")
      narrative.writeFragment(source.at(place), to: &buffer)
      buffer.append("</div>")
      put(
        rule: "application/xhtml+xml", Reason("the narrative as XHTML"), as: .contentType,
        in: attachment)
      let data = arena.base64(buffer.text)
      put(Sourced(data, .leaf(reference)), as: .data, in: attachment)
      return
    }
    let texts = text.children.filter { $0.kind == .text && !$0.text.isBlank }
    guard let first = texts.first else { return }
    if let type = text.attribute(.mediaType) {
      put(type.sourced, as: .contentType, in: attachment)
    } else {
      put(rule: "text/plain", Reason("CDA's own default"), as: .contentType, in: attachment)
    }
    let isEncoded = text.attribute(.representation).map { $0.text == "B64" } ?? false
    let data = isEncoded ? arena.withoutSpace(first.text) : arena.base64(first.text.trimmed)
    put(Sourced(data, .leaf(first)), as: .data, in: attachment)
    text.attribute(.representation).map(markStructural)
  }

  fileprivate func completeReference(_ note: Draft.Slot) {
    let reason = Reason("R4 requires DocumentReference.status: the reference itself is current")
    put(rule: "current", reason, as: .status, in: note)
    let content = draft.object(.content, in: note)
    if isMissing(.attachment, in: content) { absentObject(.attachment, in: content) }
  }

  /// A body that is not XML: the document's content as an attachment, in a section of its own.
  func nonXMLBody(_ body: Cursor, in composition: Draft.Slot) {
    let reference = addResource(.DocumentReference, from: body)
    markElsewhere(body)
    subject(of: reference)
    apply(NoteTable.body, body, to: reference.slot)
    completeReference(reference.slot)
    keepRemainder(of: body, in: reference.slot)
    refer(to: reference, as: .entry, in: draft.addObject(.section, in: composition))
  }
}

extension Arena {
  /// Bytes in base64 (RFC 4648, section 4).
  func base64(_ text: Text) -> Text {
    let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var buffer = ByteBuffer(capacity: (text.count + 2) / 3 * 4)
    var at = 0
    while at < text.count {
      let rest = min(3, text.count - at)
      var bits = 0
      for step in 0..<3 { bits = bits << 8 | (step < rest ? Int(text[at + step]) : 0) }
      for step in 0..<4 {
        buffer.append(step <= rest ? digits[bits >> (18 - 6 * step) & 63] : UInt8(ascii: "="))
      }
      at += 3
    }
    return copy(buffer.text)
  }

  /// What a text in base64 stands for; `nil` for what is none, or no UTF-8.
  func decoded(base64 text: Text) -> Text? {
    guard FHIRFormat.isBase64(text) else { return nil }
    var buffer = ByteBuffer(capacity: text.count / 4 * 3)
    var (bits, count) = (0, 0)
    for byte in text.bytes {
      let digit: Int
      switch byte {
      case 0x41...0x5A: digit = Int(byte) - 0x41
      case 0x61...0x7A: digit = Int(byte) - 0x61 + 26
      case 0x30...0x39: digit = Int(byte) - 0x30 + 52
      case UInt8(ascii: "+"): digit = 62
      case UInt8(ascii: "/"): digit = 63
      default: continue
      }
      (bits, count) = (bits << 6 | digit, count + 6)
      if count >= 8 {
        count -= 8
        buffer.append(UInt8(truncatingIfNeeded: bits >> count))
      }
    }
    guard String(validating: buffer.text.bytes, as: UTF8.self) != nil else { return nil }
    return copy(buffer.text)
  }

  /// A text without its white space.
  fileprivate func withoutSpace(_ text: Text) -> Text {
    var buffer = ByteBuffer(capacity: text.count)
    for byte in text.bytes where !Bytes.isSpace(byte) { buffer.append(byte) }
    return copy(buffer.text)
  }
}
