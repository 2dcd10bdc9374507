import ClinicalTree

/// Drawings with dates from left to right, as inline SVG that keeps the size of its letters at every width:
/// places across are parts of a hundred, places down are pixels.
struct TimeLine {
  /// A stretch of time in years; what is known to the day is a day long.
  struct Span: Equatable {
    let start: Double
    let end: Double

    init?(_ date: CREST.Date?) {
      guard let parts = date?.components else { return nil }
      let year = Double(parts.year)
      guard let month = parts.month else {
        (start, end) = (year, year + 1)
        return
      }
      let first = year + Double(month - 1) / 12
      guard let day = parts.day else {
        (start, end) = (first, first + 1.0 / 12)
        return
      }
      start = first + Double(day - 1) / 372
      end = start + 1.0 / 372
    }

    var middle: Double { (start + end) / 2 }
  }

  /// A number at a time.
  struct Point {
    let date: CREST.Date
    let value: Double
    /// The value as the record writes it.
    let text: String
  }

  /// Something that happened.
  struct Event {
    let date: CREST.Date
    let words: String
  }

  /// The first and the last year that is drawn.
  private let first: Double
  private let last: Double

  /// A time line on which dates have room; `nil` where there is none.
  init?(_ dates: [CREST.Date]) {
    // A year that nobody lived in would leave no room for the others.
    let spans = dates.compactMap(Span.init).filter { $0.start > 1850 && $0.end < 2200 }
    guard let first = spans.map(\.start).min(), let last = spans.map(\.end).max() else {
      return nil
    }
    let margin = max((last - first) * 0.04, 0.05)
    self.first = first - margin
    self.last = last + margin
  }

  private static let left = 12.0
  private static let right = 98.0

  private func x(_ time: Double) -> Double {
    Self.left + (Self.right - Self.left) * (time - first) / (last - first)
  }

  private static func text(_ number: Double) -> String { CREST.Score.text(number) }

  // MARK: Values

  /// A curve of values, the lowest and the highest written beside it.
  ///
  /// - Parameters:
  ///   - title: What is measured, with its unit.
  ///   - points: The values.
  ///   - range: What the values may be, where there is such a range.
  /// - Returns: The drawing; nothing where there are no values.
  func curve(_ title: String, _ points: [Point], range: ClosedRange<Double>?) -> String {
    let values = points.map(\.value)
    guard let lowest = values.min(), let highest = values.max() else { return "" }
    let isFlat = highest - lowest < 1e-9
    let room = isFlat ? abs(highest) * 0.1 + 0.1 : (highest - lowest) * 0.1
    let low = min(range?.lowerBound ?? lowest - room, lowest)
    let high = max(range?.upperBound ?? highest + room, highest)
    let (top, bottom) = (12.0, 88.0)
    func y(_ value: Double) -> Double { bottom - (bottom - top) * (value - low) / (high - low) }

    var out = svg(height: 116, "\(title), \(points.count) values")
    for (value, place) in [(high, top), (low, bottom)] {
      out += line("grid", Self.left, place, Self.right, place)
      out += label("axis", 0, place + 4, Self.text(value))
    }
    out += years(below: bottom)
    let ordered = points.compactMap { point in Span(point.date).map { (point, $0) } }
      .filter { (first...last).contains($0.1.middle) }.sorted { $0.1.middle < $1.1.middle }
    for (before, after) in zip(ordered, ordered.dropFirst()) {
      out += line(
        "curve", x(before.1.middle), y(before.0.value), x(after.1.middle), y(after.0.value))
    }
    for (point, span) in ordered {
      if span.end - span.start > 0.02 {
        out += line("span", x(span.start), y(point.value), x(span.end), y(point.value))
      }
      out += mark(x(span.middle), y(point.value), "\(point.date): \(point.text)")
    }
    return out + "</svg>"
  }

  // MARK: Events

  /// Rows of events, one below the other.
  func rows(_ title: String, _ rows: [(name: String, events: [Event])]) -> String {
    let height = Double(rows.count) * 34 + 24
    let bottom = height - 24
    var out = svg(height: height, title)
    for (number, row) in rows.enumerated() {
      let place = Double(number) * 34 + 26
      out += label("axis", 0, place - 10, row.name)
      out += line("grid", Self.left, place, Self.right, place)
      for event in row.events {
        guard let span = Span(event.date), (first...last).contains(span.middle) else { continue }
        if span.end - span.start > 0.02 {
          out += line("span", x(span.start), place, x(span.end), place)
        }
        out += mark(x(span.middle), place, "\(event.date): \(event.words)")
      }
    }
    return out + years(below: bottom) + "</svg>"
  }

  // MARK: Parts

  /// The names of as many years as have room.
  private func years(below bottom: Double) -> String {
    let (from, to) = (Int(first.rounded(.up)), Int(last.rounded(.down)))
    guard from <= to else {
      return label("axis", Self.left, bottom + 20, String(Int(first)))
    }
    let step = [1, 2, 5, 10, 20, 50].first { (to - from) / $0 < 5 } ?? 100
    let starts = (from...to).filter { $0 % step == 0 }
    return (starts.isEmpty ? [from] : starts).map { year in
      line("tick", x(Double(year)), bottom, x(Double(year)), bottom + 5)
        + label("axis year", x(Double(year)), bottom + 20, String(year))
    }.joined()
  }

  private func svg(height: Double, _ title: String) -> String {
    "<svg role=\"img\" width=\"100%\" height=\"\(Self.text(height))\" aria-label=\"\(Markup.escaped(title))\">"
  }

  private func line(
    _ kind: String, _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double
  ) -> String {
    "<line class=\"\(kind)\" x1=\"\(Self.text(x1))%\" y1=\"\(Self.text(y1))\" x2=\"\(Self.text(x2))%\" y2=\"\(Self.text(y2))\"/>"
  }

  private func label(_ kind: String, _ x: Double, _ y: Double, _ words: String) -> String {
    "<text class=\"\(kind)\" x=\"\(Self.text(x))%\" y=\"\(Self.text(y))\">\(Markup.escaped(words))</text>"
  }

  private func mark(_ x: Double, _ y: Double, _ title: String) -> String {
    "<circle class=\"mark\" cx=\"\(Self.text(x))%\" cy=\"\(Self.text(y))\" r=\"4.5\"><title>\(Markup.escaped(title))</title></circle>"
  }
}
