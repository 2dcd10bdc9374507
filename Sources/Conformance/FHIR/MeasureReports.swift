import ClinicalTree
import Definitions

/// MeasureReports against their Measures (measurereport.html).
extension FHIRValidation {
  func measureReport(_ report: Element) {
    guard let measure = library.store.find(report.text("measure"), type: "Measure") else { return }
    let groups = measure["group"]
    for (place, group) in report["group"].enumerated() {
      let match =
        groups.first { FHIRValidation.isSame($0, group) }
        ?? (groups.count == 1
          ? groups[0]
          : place < groups.count && !FHIRValidation.isCoded(group) ? groups[place] : nil)
      guard let match else {
        fault(group, "no group of the measure has this code")
        continue
      }
      check(group, match, in: report, measure)
    }
  }

  private func fault(_ element: Element, _ message: String) {
    report(Conformance.badMeasure, at: element.index, message)
  }

  private static func isCoded(_ element: Element) -> Bool { element.first("code") != nil }

  /// Whether two parts have a code or a text in common.
  private static func isSame(_ a: Element, _ b: Element) -> Bool {
    guard let left = a.first("code"), let right = b.first("code") else {
      return a.first("code") == nil && b.first("code") == nil
    }
    let codes = { (concept: Element) in
      concept["coding"].map { "\($0.text("system"))|\($0.text("code"))" }
    }
    if codes(left).contains(where: codes(right).contains) { return true }
    return codes(left).isEmpty && codes(right).isEmpty && left.text("text") == right.text("text")
  }

  private func check(
    _ group: Element, _ definition: Element, in report: Element, _ measure: Element
  ) {
    for population in group["population"] {
      if !definition["population"].contains(where: { FHIRValidation.isSame($0, population) }) {
        fault(population, "no population of the measure has this code")
      }
      subjects(of: population, in: report)
    }
    for population in definition["population"] {
      if !group["population"].contains(where: { FHIRValidation.isSame(population, $0) }) {
        fault(group, "a population of the measure is missing")
      }
    }
    let scoring = measure.first("scoring")?["coding"].first?.text("code") ?? ""
    if scoring == "cohort", let score = group.first("measureScore") {
      fault(score, "a cohort has no score")
    }
    for stratifier in group["stratifier"] {
      let isKnown = definition["stratifier"].contains { own in
        let codes = own.first("code").map { [$0] } ?? []
        return codes.isEmpty
          ? false
          : stratifier["code"].contains { code in
            FHIRValidation.isSameConcept(code, codes[0])
          }
      }
      if !isKnown { fault(stratifier, "no stratifier of the measure has this code") }
    }
  }

  private static func isSameConcept(_ a: Element, _ b: Element) -> Bool {
    let codes = { (concept: Element) in
      concept["coding"].map { "\($0.text("system"))|\($0.text("code"))" }
    }
    return codes(a).contains(where: codes(b).contains)
      || !a.text("text").isEmpty && a.text("text") == b.text("text")
  }

  private func subjects(of population: Element, in report: Element) {
    guard let list = population.first("subjectResults") else { return }
    if report.text("type") != "subject-list" {
      return fault(population, "only a subject list lists its subjects")
    }
    guard let reference = list.first("reference")?.value, reference.hasPrefix("#"),
      let found = report["contained"].first(where: { "#" + $0.text("id") == reference }),
      let count = Int(population.text("count"))
    else { return }
    let subjects = found["entry"].count
    if subjects != count {
      fault(population, "the count is \(count), and \(subjects) subjects are listed")
    }
  }
}
