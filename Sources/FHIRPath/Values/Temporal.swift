import ClinicalTree

/// A date, a time of day or both, of the precision that was written (FHIRPath N1, section 4.1).
struct Temporal: Hashable {
  enum Kind: Hashable { case date, dateTime, time }

  let kind: Kind
  var year = 0
  var month: Int?
  var day: Int?
  var hour: Int?
  var minute: Int?
  var second: Int?
  /// Billionths of a second, and how many digits were written; `nil` without a fraction.
  var fraction: (nanoseconds: Int, digits: Int)?
  /// Minutes east of UTC.
  var offset: Int?

  init(_ kind: Kind) { self.kind = kind }

  static func == (a: Temporal, b: Temporal) -> Bool {
    a.kind == b.kind && a.text == b.text
  }

  func hash(into hasher: inout Hasher) { hasher.combine(text) }

  // MARK: Reading

  /// Reads `YYYY[-MM[-DD[Thh[:mm[:ss[.fff]]]]]][zone]`, or `hh[:mm[:ss[.fff]]]` for a time; fails for
  /// anything else and for what no calendar has.
  init?(_ text: Text, _ kind: Kind) {
    self.kind = kind
    var reader = Reader(text: text)
    if kind == .time {
      if reader.peek == UInt8(ascii: "T") { reader.position += 1 }
      guard clock(&reader), reader.isAtEnd else { return nil }
    } else {
      guard let year = reader.number(4) else { return nil }
      self.year = year
      if reader.take(UInt8(ascii: "-")) {
        guard let month = reader.number(2), (1...12).contains(month) else { return nil }
        self.month = month
        if reader.take(UInt8(ascii: "-")) {
          guard let day = reader.number(2), day >= 1, day <= Temporal.days(in: month, of: year)
          else { return nil }
          self.day = day
        }
      }
      if reader.take(UInt8(ascii: "T")) {
        guard kind == .dateTime else { return nil }
        if !reader.isAtEnd {
          guard day != nil, clock(&reader) else { return nil }
          if !reader.isAtEnd {
            guard let zone = reader.zone() else { return nil }
            offset = zone
          }
        }
      }
      guard reader.isAtEnd else { return nil }
    }
  }

  private mutating func clock(_ reader: inout Reader) -> Bool {
    guard let hour = reader.number(2), hour < 24 else { return false }
    self.hour = hour
    guard reader.take(UInt8(ascii: ":")) else { return true }
    guard let minute = reader.number(2), minute < 60 else { return false }
    self.minute = minute
    guard reader.take(UInt8(ascii: ":")) else { return true }
    guard let second = reader.number(2), second <= 60 else { return false }
    self.second = second
    if reader.take(UInt8(ascii: ".")) {
      guard let fraction = reader.fraction() else { return false }
      self.fraction = fraction
    }
    return true
  }

  private struct Reader {
    let text: Text
    var position = 0

    var isAtEnd: Bool { position == text.count }
    var peek: UInt8 { position < text.count ? text[position] : 0 }

    mutating func take(_ byte: UInt8) -> Bool {
      guard peek == byte else { return false }
      position += 1
      return true
    }

    mutating func number(_ digits: Int) -> Int? {
      guard position + digits <= text.count else { return nil }
      var value = 0
      for place in position..<position + digits {
        guard Bytes.isDigit(text[place]) else { return nil }
        value = value * 10 + Int(text[place] - 0x30)
      }
      position += digits
      return value
    }

    mutating func fraction() -> (Int, Int)? {
      var value = 0
      var digits = 0
      while Bytes.isDigit(peek) {
        if digits < 9 { value = value * 10 + Int(peek - 0x30) }
        digits += 1
        position += 1
      }
      guard digits > 0 else { return nil }
      for _ in min(digits, 9)..<9 { value *= 10 }
      return (value, min(digits, 9))
    }

    mutating func zone() -> Int? {
      if take(UInt8(ascii: "Z")) { return 0 }
      let isWest = peek == UInt8(ascii: "-")
      guard take(UInt8(ascii: "+")) || take(UInt8(ascii: "-")), let hours = number(2),
        take(UInt8(ascii: ":")), let minutes = number(2), hours <= 14, minutes < 60
      else { return nil }
      return (isWest ? -1 : 1) * (hours * 60 + minutes)
    }
  }

  // MARK: Writing

  static func padded(_ number: Int, _ width: Int = 2) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
  }

  /// The form of FHIR, without `@`; a time has no `T`.
  var text: String {
    var out = ""
    if kind != .time {
      out = Temporal.padded(year, 4)
      if let month { out += "-" + Temporal.padded(month) }
      if let day { out += "-" + Temporal.padded(day) }
      if hour != nil { out += "T" }
    }
    if let hour { out += Temporal.padded(hour) }
    if let minute { out += ":" + Temporal.padded(minute) }
    if let second { out += ":" + Temporal.padded(second) }
    if let fraction {
      out += "." + Temporal.padded(fraction.nanoseconds, 9).prefix(fraction.digits)
    }
    if let offset {
      if offset == 0 { return out + "Z" }
      out += (offset < 0 ? "-" : "+") + Temporal.padded(abs(offset) / 60) + ":"
      out += Temporal.padded(abs(offset) % 60)
    }
    return out
  }

  // MARK: Calendar

  static func isLeap(_ year: Int) -> Bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
  }

  static func days(in month: Int, of year: Int) -> Int {
    [31, isLeap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
  }

  /// Days since 1 March of year 0 of the proleptic calendar, and back.
  static func dayNumber(_ year: Int, _ month: Int, _ day: Int) -> Int {
    let y = month <= 2 ? year - 1 : year
    let era = (y >= 0 ? y : y - 399) / 400
    let yearOfEra = y - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
  }

  private mutating func setDay(_ number: Int) {
    let era = (number >= 0 ? number : number - 146_096) / 146_097
    let dayOfEra = number - era * 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * shifted + 2) / 5 + 1
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    self.month = month
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }

  private static let nanosecondsPerDay = 86_400_000_000_000

  private var nanosecondsOfDay: Int {
    (((hour ?? 0) * 60 + (minute ?? 0)) * 60 + (second ?? 0)) * 1_000_000_000
      + (fraction?.nanoseconds ?? 0)
  }

  /// Nanoseconds since the beginning of the calendar, missing parts being the first ones; without
  /// regard to the offset.
  private var instant: Int128 {
    let days = kind == .time ? 0 : Temporal.dayNumber(year, month ?? 1, day ?? 1)
    return Int128(days) * Int128(Temporal.nanosecondsPerDay) + Int128(nanosecondsOfDay)
  }

  private mutating func setInstant(_ value: Int128) {
    let perDay = Int128(Temporal.nanosecondsPerDay)
    var days = value / perDay
    var rest = value % perDay
    if rest < 0 {
      rest += perDay
      days -= 1
    }
    if kind != .time, day != nil || hour != nil { setDay(Int(days)) }
    let nanoseconds = Int(rest)
    if hour != nil { hour = nanoseconds / 3_600_000_000_000 }
    if minute != nil { minute = nanoseconds / 60_000_000_000 % 60 }
    if second != nil { second = nanoseconds / 1_000_000_000 % 60 }
    if let digits = fraction?.digits { fraction = (nanoseconds % 1_000_000_000, digits) }
  }

  /// Adds calendar months, the day being the last one of the month at most; fails beyond year 9999.
  func adding(months: Int) -> Temporal? {
    var result = self
    let total = year * 12 + (month ?? 1) - 1 + months
    guard (12...119_999).contains(total) else { return nil }
    result.year = total / 12
    if month != nil { result.month = total % 12 + 1 }
    if let day, let month = result.month {
      result.day = min(day, Temporal.days(in: month, of: result.year))
    }
    return result
  }

  /// Adds a duration; a time of day goes around the clock. Fails beyond year 9999.
  func adding(nanoseconds: Int128) -> Temporal? {
    var result = self
    result.setInstant(instant + nanoseconds)
    guard kind == .time || (1...9999).contains(result.year) else { return nil }
    return result
  }

  // MARK: Comparing

  /// The parts from the largest to the smallest; seconds with their fraction are one.
  private var parts: [Int?] {
    let seconds = second.map { $0 * 1_000_000_000 + (fraction?.nanoseconds ?? 0) }
    return kind == .time ? [hour, minute, seconds] : [year, month, day, hour, minute, seconds]
  }

  /// How two values of the same kind are ordered: -1, 0 or 1; `nil` when their precision, or an offset
  /// that one of them lacks, leaves it open.
  func compared(to other: Temporal) -> Int? {
    var (a, b) = (self, other)
    if let x = a.offset, let y = b.offset {
      if x != y {
        guard let left = a.adding(nanoseconds: Int128(-x) * 60_000_000_000),
          let right = b.adding(nanoseconds: Int128(-y) * 60_000_000_000)
        else { return nil }
        (a, b) = (left, right)
      }
    } else if (a.offset == nil) != (b.offset == nil), a.hour != nil, b.hour != nil {
      // The unknown offset lies between -12 and +14 hours.
      let known = a.offset ?? b.offset ?? 0
      let difference = (a.instant - b.instant) / 60_000_000_000
      let (low, high) =
        a.offset == nil ? (-14 * 60 + known, 12 * 60 + known) : (-12 * 60 - known, 14 * 60 - known)
      if difference + Int128(low) > 0 { return 1 }
      if difference + Int128(high) < 0 { return -1 }
      return nil
    }
    for (left, right) in zip(a.parts, b.parts) {
      switch (left, right) {
      case (nil, nil): return 0
      case (let left?, let right?): if left != right { return left < right ? -1 : 1 }
      default: return nil
      }
    }
    return 0
  }
}
