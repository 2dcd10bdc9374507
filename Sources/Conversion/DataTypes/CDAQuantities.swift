import ClinicalTree
import Definitions

// Quantity, Range, Ratio to PQ, IVL_PQ, RTO.

extension CDABuilder {
  /// Writes value and unit of a PQ. A unit that is not of UCUM stands in a translation.
  @discardableResult
  func pq(_ quantity: FHIRValue, into element: Draft.Slot) -> Bool {
    guard let object = quantity.object else { return false }
    // A number that FHIR could not hold, and CDA's schema cannot either, stays with FHIR's value.
    guard let leaf = leaf(.value, in: object) else { return nullFlavor(quantity, in: element) }
    let code = self.leaf(.code, in: object)
    let system = self.leaf(.system, in: object)
    let unit = self.leaf(.unit, in: object)
    let isUCUM = system.map { $0.text == "http://unitsofmeasure.org" } ?? false
    if let code, isUCUM {
      attribute(.value, leaf.sourced, in: element)
      let slot = attribute(.unit, code.sourced, in: element)
      if let system { note(.leaf(system), slot) }
      if let unit {
        if unit.text == code.text {
          note(.leaf(unit), slot)
          note(.leaf(unit), element)
        } else {
          // The unit as people read it.
          let translation = add(.translation, in: element)
          attribute(.value, Sourced(leaf.text, .leaf(leaf)), in: translation)
          constant(.nullFlavor, "OTH", Reason("the unit in words"), in: translation)
          text(unit.sourced, in: add(.originalText, in: translation))
        }
      }
    } else if code == nil, let unit, unit.text.isUnitOfSchema {
      attribute(.value, leaf.sourced, in: element)
      attribute(.unit, unit.sourced, in: element)
    } else if code == nil, unit == nil {
      attribute(.value, leaf.sourced, in: element)
    } else {
      constant(.nullFlavor, "OTH", Reason("a unit that is not of UCUM"), in: element)
      let translation = add(.translation, in: element)
      attribute(.value, leaf.sourced, in: translation)
      if let code {
        attribute(.code, code.sourced, in: translation)
      } else {
        constant(.nullFlavor, "OTH", Reason("a unit without a code"), in: translation)
      }
      if let system { codeSystem(system, in: translation) }
      if let unit { text(unit.sourced, in: add(.originalText, in: translation)) }
    }
    return true
  }

  /// Adds a PQ, or an IVL_PQ where the quantity is only a bound.
  @discardableResult
  func pq(
    _ quantity: FHIRValue?, as name: Name, type: StaticString? = nil, in parent: Draft.Slot
  ) -> Draft.Slot? {
    guard let quantity, let object = quantity.object else { return nil }
    let element = add(name, in: parent)
    guard let comparator = leaf(.comparator, in: object) else {
      if let type { constant(.type, type, in: element) }
      if pq(quantity, into: element) { return element }
      draft.removeLast(element)
      return nil
    }
    if type != nil { constant(.type, "IVL_PQ", in: element) }
    let isUpper = comparator.text.hasPrefix("<")
    let bound = add(isUpper ? .high : .low, in: element)
    let isInclusive = comparator.text.hasSuffix("=")
    attribute(
      .inclusive, Sourced(Text(isInclusive ? "true" : "false"), .leaf(comparator)), in: bound)
    pq(quantity, into: bound)
    return element
  }

  /// Adds an IVL_PQ for a Range.
  @discardableResult
  func ivlPQ(
    _ range: Cursor, as name: Name, type: StaticString? = nil, in parent: Draft.Slot
  ) -> Draft.Slot {
    let element = add(name, in: parent)
    if let type { constant(.type, type, in: element) }
    bounds(of: range, into: element)
    return element
  }

  func bounds(of range: Cursor, into element: Draft.Slot) {
    for name in [Name.low, .high] {
      guard let value = value(name, in: range) else { continue }
      let slot = add(name, in: element)
      if !pq(value, into: slot) { draft.removeLast(slot) }
    }
  }

  /// Adds an RTO for a Ratio.
  @discardableResult
  func rto(
    _ ratio: Cursor, as name: Name, type: StaticString? = nil, in parent: Draft.Slot
  ) -> Draft.Slot {
    let element = add(name, in: parent)
    if let type { constant(.type, type, in: element) }
    for name in [Name.numerator, .denominator] {
      guard let value = value(name, in: ratio), value.object != nil else { continue }
      let slot = add(name, in: element)
      constant(.type, "PQ", in: slot)
      if !pq(value, into: slot) { draft.removeLast(slot) }
    }
    return element
  }

  /// Adds the value of an Observation in the data type that fits its form; `nil` for forms that CDA has
  /// no type for.
  @discardableResult
  func any(_ stem: Name, of object: Cursor, as name: Name = .value, in parent: Draft.Slot)
    -> Draft.Slot?
  {
    guard let (value, type) = choice(stem, in: object), !done.contains(value.key) else {
      return nil
    }
    let made: Draft.Slot?
    switch type.string {
    case "Quantity": made = pq(value, as: name, type: "PQ", in: parent)
    case "CodeableConcept": made = cd(value, as: name, type: "CD", in: parent)
    case "String", "Markdown": made = st(value, as: name, type: "ST", in: parent)
    case "Boolean": made = simple(value, as: name, type: "BL", in: parent)
    case "Integer": made = simple(value, as: name, type: "INT", in: parent)
    case "Range": made = value.object.map { ivlPQ($0, as: name, type: "IVL_PQ", in: parent) }
    case "Ratio": made = value.object.map { rto($0, as: name, type: "RTO_PQ_PQ", in: parent) }
    case "DateTime", "Date":
      made = ts(value, as: name, in: parent)
      if let made { constant(.type, "TS", in: made) }
    case "Period":
      made = value.object.map { period in
        let element = add(name, in: parent)
        constant(.type, "IVL_TS", in: element)
        ivlTS(period, into: element)
        return element
      }
    default: made = nil
    }
    if made != nil { done.insert(value.key) }
    return made
  }

  private func simple(
    _ value: FHIRValue, as name: Name, type: StaticString, in parent: Draft.Slot
  ) -> Draft.Slot? {
    guard let leaf = value.leaf else { return nil }
    let element = add(name, in: parent)
    constant(.type, type, in: element)
    attribute(.value, leaf.sourced, in: element)
    return element
  }

  /// Adds an ST or another element whose content is a string.
  @discardableResult
  func st(_ value: FHIRValue?, as name: Name, type: StaticString? = nil, in parent: Draft.Slot)
    -> Draft.Slot?
  {
    guard let value, let leaf = value.leaf else { return nil }
    let element = add(name, in: parent)
    if let type { constant(.type, type, in: element) }
    text(leaf.sourced, in: element)
    return element
  }
}

extension Text {
  /// Whether CDA's schema takes the text as a unit: it has no white space.
  var isUnitOfSchema: Bool { !isEmpty && !bytes.contains(where: Bytes.isSpace) }
}
