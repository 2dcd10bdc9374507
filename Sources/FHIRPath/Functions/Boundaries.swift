import ClinicalTree

// Boundaries, precision and parts of dates (section 5.9 and 5.10).

extension Machine {
  mutating func boundary(_ function: Function, _ call: Call, _ start: Int) throws(FHIRPathError) {
    let item = try singleValue(start, call.operation)
    drop(to: start)
    guard let item else { return }
    if function == .precision {
      if let precision = precision(item) { stack.append(.integer(precision)) }
      return
    }
    let isLow = function == .lowBoundary
    let digits = call.count > 0 ? try integer(0, call) : nil
    if let number = number(item) {
      if let bound = bound(number, digits, isLow) { stack.append(bound) }
    } else if let temporal = temporal(item) {
      if let bound = bound(temporal, digits, isLow) { stack.append(self.item(bound)) }
    } else if case .quantity(let place)? = asQuantity(item) {
      let old = quantities[Int(place)]
      guard case .decimal(let text)? = bound(old.value, digits, isLow),
        let value = ExactDecimal(text)
      else { return }
      stack.append(quantity(value, old.unit, old.calendar))
    } else {
      throw fault(.wrongType, "a number, date or quantity is expected", call.operation)
    }
  }

  private func precision(_ item: Item) -> Int? {
    if let temporal = temporal(item) { return Boundary.precision(temporal) }
    return number(item).map(\.scale)
  }

  /// The smallest or largest number that would be written like this one, to so many digits: the
  /// boundary of a negative number is that of its mirror image.
  private func bound(_ value: ExactDecimal, _ digits: Int?, _ isLow: Bool) -> Item? {
    let digits = digits ?? 8
    guard (0...28).contains(digits) else { return nil }
    let isNegative = value.coefficient < 0
    let magnitude = isNegative ? -value : value
    let half = ExactDecimal(5, scale: value.scale + 1)
    let goesDown = isLow != isNegative
    guard let bound = goesDown ? magnitude - half : magnitude + half else { return nil }
    let rounded = bound.rounded(to: digits, goesDown ? .down : .halfUp)
    guard isNegative else { return decimal(rounded) }
    // Zero keeps the sign of the number that it bounds.
    return rounded.coefficient == 0
      ? .decimal(arena.join(Text("-"), arena.copy(rounded.description))) : decimal(-rounded)
  }

  private func bound(_ value: Temporal, _ digits: Int?, _ isLow: Bool) -> Temporal? {
    var bound = value
    let full = value.kind == .time ? 9 : value.kind == .date ? 8 : 17
    let digits = digits ?? full
    let isTime = value.kind == .time
    let levels = isTime ? [2, 4, 6, 9] : [4, 6, 8, 10, 12, 14, 17]
    guard levels.contains(digits) else { return nil }
    func wants(_ level: Int) -> Bool { digits >= level }
    if !isTime {
      bound.month = wants(6) ? value.month ?? (isLow ? 1 : 12) : nil
      let last = bound.month.map { Temporal.days(in: $0, of: value.year) } ?? 31
      bound.day = wants(8) ? value.day ?? (isLow ? 1 : last) : nil
    }
    let shift = isTime ? 8 : 0
    bound.hour = wants(10 - shift) ? value.hour ?? (isLow ? 0 : 23) : nil
    bound.minute =
      wants(12 - shift) ? value.minute ?? (isLow ? 0 : value.hour == nil ? 59 : 0) : nil
    bound.second = wants(14 - shift) ? value.second ?? (isLow ? 0 : 59) : nil
    if wants(17 - shift) {
      bound.fraction =
        value.fraction ?? (isLow ? 0 : value.second == nil ? 999_000_000 : 999_000_000, 3)
    } else {
      bound.fraction = nil
    }
    if !isTime {
      bound.offset = wants(10) ? value.offset ?? (isLow ? 14 * 60 : -12 * 60) : nil
    }
    return Boundary.changed(bound, to: digits > 8 && !isTime ? .dateTime : value.kind)
  }

  // MARK: Parts

  mutating func component(_ function: Function, _ call: Call, _ start: Int) throws(FHIRPathError) {
    let item = try singleValue(start, call.operation)
    drop(to: start)
    guard let item else { return }
    guard let value = temporal(item) else {
      throw fault(.wrongType, "a date or time is expected", call.operation)
    }
    let part: Int?
    switch function {
    case .yearOf: part = value.kind == .time ? nil : value.year
    case .monthOf: part = value.month
    case .dayOf: part = value.day
    case .hourOf: part = value.hour
    case .minuteOf: part = value.minute
    case .secondOf: part = value.second
    case .millisecondOf: part = value.fraction.map { $0.nanoseconds / 1_000_000 }
    case .timezoneOffsetOf:
      if let offset = value.offset,
        let hours = ExactDecimal(offset).divided(by: ExactDecimal(60))
      {
        stack.append(decimal(hours.scale == 0 ? hours.rounded(to: 1) : hours))
      }
      return
    case .dateOf:
      if value.kind != .time { stack.append(self.item(date(of: value))) }
      return
    default:
      guard value.hour != nil else { return }
      var time = Temporal(.time)
      (time.hour, time.minute, time.second) = (value.hour, value.minute, value.second)
      time.fraction = value.fraction
      return stack.append(self.item(time))
    }
    if let part { stack.append(.integer(part)) }
  }
}

private enum Boundary {
  static func precision(_ value: Temporal) -> Int {
    let base = value.kind == .time ? 0 : 8
    if let fraction = value.fraction { return base + 6 + fraction.digits }
    if value.second != nil { return base + 6 }
    if value.minute != nil { return base + 4 }
    if value.hour != nil { return base + 2 }
    if value.day != nil { return 8 }
    return value.month != nil ? 6 : 4
  }

  /// The same parts as a value of another kind.
  static func changed(_ value: Temporal, to kind: Temporal.Kind) -> Temporal {
    var changed = Temporal(kind)
    (changed.year, changed.month, changed.day) = (value.year, value.month, value.day)
    (changed.hour, changed.minute, changed.second) = (value.hour, value.minute, value.second)
    (changed.fraction, changed.offset) = (value.fraction, value.offset)
    return changed
  }
}
