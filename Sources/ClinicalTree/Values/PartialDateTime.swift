/// A date, or a date with time, of the precision that was written.
///
/// What was not written is not known: a date without a day has none, a time without an offset from
/// UTC has none. Seconds keep their text, so that `05.120` does not become `5.12`.
public struct PartialDateTime: Hashable, Sendable {
  /// The year, 0 to 9999.
  public var year: Int
  /// The month, 1 to 12.
  public var month: Int?
  /// The day of the month.
  public var day: Int?
  /// The hour, 0 to 23.
  public var hour: Int?
  /// The minute, 0 to 59.
  public var minute: Int?
  /// The second, 0 to 60, with its leading zero and its fraction as written.
  public var second: String?
  /// Minutes east of UTC.
  public var offset: Int?

  /// Makes a date of the given precision; whether it stands in the calendar is ``isInCalendar``.
  public init(
    year: Int, month: Int? = nil, day: Int? = nil, hour: Int? = nil, minute: Int? = nil,
    second: String? = nil, offset: Int? = nil
  ) {
    self.year = year
    self.month = month
    self.day = day
    self.hour = hour
    self.minute = minute
    self.second = second
    self.offset = offset
  }

  /// Whether the calendar and the clock have this date: no thirteenth month, no 30 February.
  public var isInCalendar: Bool {
    if let month, !(1...12).contains(month) { return false }
    if let month, let day {
      let days = [31, isLeapYear ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
      if !(1...days[month - 1]).contains(day) { return false }
    }
    if let hour, !(0...23).contains(hour) { return false }
    if let minute, !(0...59).contains(minute) { return false }
    if let whole = second.flatMap({ Int($0.prefix(2)) }), whole > 60 { return false }
    if let offset, abs(offset) > 14 * 60 { return false }
    return true
  }

  private var isLeapYear: Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

  /// The date alone.
  public var date: PartialDateTime { PartialDateTime(year: year, month: month, day: day) }
}

// MARK: - The form of HL7 version 3: 20261125, 202611251230+0100

extension PartialDateTime {
  /// Reads a `TS` value of HL7 version 3: `YYYY[MM[DD[HH[MM[SS[.f…]]]]]][±ZZ[ZZ]]`.
  ///
  /// Fails for anything else, a date outside the calendar among it.
  public init?(hl7 text: String) {
    var copy = text
    guard
      let value = copy.withUTF8({ bytes in
        bytes.baseAddress.flatMap { PartialDateTime(hl7: Text($0, bytes.count)) }
      })
    else { return nil }
    self = value
  }

  package init?(hl7 text: Text) {
    var digits = 0
    while digits < text.count, Bytes.isDigit(text[digits]) { digits += 1 }
    guard digits >= 4, digits % 2 == 0, digits <= 14 else { return nil }
    self.init(year: text.number(0..<4))
    if digits >= 6 { month = text.number(4..<6) }
    if digits >= 8 { day = text.number(6..<8) }
    if digits >= 10 { hour = text.number(8..<10) }
    if digits >= 12 { minute = text.number(10..<12) }
    var position = digits
    if digits == 14 {
      if position < text.count, text[position] == UInt8(ascii: ".") {
        position += 1
        let start = position
        while position < text.count, Bytes.isDigit(text[position]) { position += 1 }
        guard position > start else { return nil }
      }
      second = text.slice(12..<position).string
    }
    if position < text.count {
      let sign =
        text[position] == UInt8(ascii: "+") ? 1 : text[position] == UInt8(ascii: "-") ? -1 : 0
      let zone = text.slice(position + 1..<text.count)
      guard sign != 0, zone.count == 4, zone.bytes.allSatisfy(Bytes.isDigit), digits >= 10 else {
        return nil
      }
      offset = sign * (zone.number(0..<2) * 60 + zone.number(2..<4))
    }
    guard isInCalendar else { return nil }
  }

  /// The `TS` form of HL7 version 3.
  public var hl7: String {
    var text = PartialDateTime.padded(year, 4)
    for part in [month, day, hour, minute] {
      guard let part else { break }
      text += PartialDateTime.padded(part, 2)
    }
    if let second { text += second }
    if let offset { text += zone(offset, separator: "") }
    return text
  }
}

// MARK: - The form of FHIR: 2026-11-25, 2026-11-25T12:30:00+01:00

extension PartialDateTime {
  /// Reads a FHIR `date`, `dateTime` or `instant`.
  ///
  /// Fails for anything else, a date outside the calendar or a time without seconds or offset among it.
  public init?(fhir text: String) {
    let parts = text.split(separator: "T", maxSplits: 1, omittingEmptySubsequences: false)
    let days = parts[0].split(separator: "-", omittingEmptySubsequences: false)
    func number(_ text: Substring, _ digits: Int) -> Int? {
      text.utf8.count == digits && text.utf8.allSatisfy(Bytes.isDigit) ? Int(text) : nil
    }
    guard days.count <= 3, let year = number(days[0], 4) else { return nil }
    self.init(year: year)
    if days.count > 1 {
      guard let value = number(days[1], 2) else { return nil }
      month = value
    }
    if days.count > 2 {
      guard let value = number(days[2], 2) else { return nil }
      day = value
    }
    if parts.count > 1 {
      guard days.count == 3 else { return nil }
      var clock = parts[1]
      if clock.hasSuffix("Z") {
        offset = 0
        clock = clock.dropLast()
      } else if let sign = clock.lastIndex(where: { $0 == "+" || $0 == "-" }) {
        let zone = clock[clock.index(after: sign)...].split(
          separator: ":", omittingEmptySubsequences: false)
        guard zone.count == 2, let hours = number(zone[0], 2), let minutes = number(zone[1], 2)
        else { return nil }
        offset = (clock[sign] == "-" ? -1 : 1) * (hours * 60 + minutes)
        clock = clock[..<sign]
      } else {
        return nil
      }
      let units = clock.split(separator: ":", omittingEmptySubsequences: false)
      guard units.count == 3, let hours = number(units[0], 2), let minutes = number(units[1], 2)
      else { return nil }
      let seconds = units[2].split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
      guard number(seconds[0], 2) != nil else { return nil }
      if seconds.count > 1 {
        guard !seconds[1].isEmpty, seconds[1].utf8.allSatisfy(Bytes.isDigit) else { return nil }
      }
      hour = hours
      minute = minutes
      second = String(units[2])
    }
    guard isInCalendar else { return nil }
  }

  /// The FHIR form of the date and, where hour, minute and offset are known, of the time.
  ///
  /// FHIR R4 has no time without seconds or without an offset: missing seconds are written as `00`,
  /// and a time without an offset is left out.
  public var fhir: String {
    var text = PartialDateTime.padded(year, 4)
    guard let month else { return text }
    text += "-" + PartialDateTime.padded(month, 2)
    guard let day else { return text }
    text += "-" + PartialDateTime.padded(day, 2)
    guard let hour, let offset else { return text }
    text += "T" + PartialDateTime.padded(hour, 2)
    text += ":" + PartialDateTime.padded(minute ?? 0, 2) + ":" + (second ?? "00")
    return text + zone(offset, separator: ":")
  }

  private func zone(_ offset: Int, separator: String) -> String {
    (offset < 0 ? "-" : "+") + PartialDateTime.padded(abs(offset) / 60, 2) + separator
      + PartialDateTime.padded(abs(offset) % 60, 2)
  }

  private static func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
  }
}

extension Text {
  /// The number that the decimal digits in a range form.
  fileprivate func number(_ range: Range<Int>) -> Int {
    range.reduce(0) { $0 * 10 + Int(self[$1] - 0x30) }
  }
}
