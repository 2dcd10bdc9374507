import FHIRModels

/// A field of a record that is a component of an observation: one row, read in both directions.
struct Part<Item>: Sendable {
  typealias Value = R4.Observation.Component.Value

  /// The code of the component.
  let code: CREST.Codes.Code
  /// The values that the field becomes, each in a component of its own.
  let write: @Sendable (Item) -> [Value]
  /// Takes a value that a component holds.
  let read: @Sendable (inout Item, Value) -> Void

  /// One value of a closed list.
  static func one<Member: Coded>(
    _ code: CREST.Codes.Code, _ path: any WritableKeyPath<Item, Member?> & Sendable
  ) -> Part {
    Part(code: code) { item in
      item[keyPath: path].map { [.codeableConcept($0.concept)] } ?? []
    } read: { item, value in
      if case .codeableConcept(let concept) = value { item[keyPath: path] = Member(concept) }
    }
  }

  /// Several values of a closed list.
  static func several<Member: Coded>(
    _ code: CREST.Codes.Code, _ path: any WritableKeyPath<Item, [Member]> & Sendable
  ) -> Part {
    Part(code: code) { item in
      item[keyPath: path].map { .codeableConcept($0.concept) }
    } read: { item, value in
      if case .codeableConcept(let concept) = value, let member = Member(concept) {
        item[keyPath: path].append(member)
      }
    }
  }

  /// Places on the body.
  static func sites(
    _ code: CREST.Codes.Code, _ path: any WritableKeyPath<Item, [CREST.Site]> & Sendable
  ) -> Part {
    Part(code: code) { item in
      item[keyPath: path].map { .codeableConcept($0.concept) }
    } read: { item, value in
      if case .codeableConcept(let concept) = value, let site = CREST.Site(concept) {
        item[keyPath: path].append(site)
      }
    }
  }

  /// Yes or no.
  static func flag(
    _ code: CREST.Codes.Code, _ path: any WritableKeyPath<Item, Bool?> & Sendable
  ) -> Part {
    Part(code: code) { item in
      item[keyPath: path].map { [.boolean(R4.Primitive($0))] } ?? []
    } read: { item, value in
      if case .boolean(let flag) = value { item[keyPath: path] = flag.value }
    }
  }

  /// A whole number.
  static func count(
    _ code: CREST.Codes.Code, _ path: any WritableKeyPath<Item, Int?> & Sendable
  ) -> Part {
    Part(code: code) { item in
      item[keyPath: path].map { [.integer(R4.Primitive($0))] } ?? []
    } read: { item, value in
      switch value {
      case .integer(let number): item[keyPath: path] = number.value
      case .quantity(let quantity):
        item[keyPath: path] = quantity.value?.value.flatMap { Int($0.fhir) }
      default: break
      }
    }
  }

  /// A quantity in a fixed unit of UCUM.
  static func quantity(
    _ code: CREST.Codes.Code, _ path: any WritableKeyPath<Item, R4.Decimal?> & Sendable,
    unit: String
  ) -> Part {
    Part(code: code) { item in
      item[keyPath: path].map { [.quantity(R4.Quantity($0, ucum: unit))] } ?? []
    } read: { item, value in
      if case .quantity(let quantity) = value, quantity.code?.value == unit {
        item[keyPath: path] = quantity.value?.value
      }
    }
  }
}

/// What is written as components of an observation.
protocol InParts {
  static var parts: [Part<Self>] { get }
}

extension InParts {
  /// The components that the fields become, in the order of the rows.
  var components: [R4.Observation.Component] {
    Self.parts.flatMap { part in
      part.write(self).map { value in
        var component = R4.Observation.Component(code: CREST.Codes(part.code).concept)
        component.value = value
        return component
      }
    }
  }

  /// Takes what components say; those of no row are passed over.
  mutating func read(_ components: [R4.Observation.Component]) {
    for component in components {
      guard let value = component.value else { continue }
      let codes = component.code?.codes ?? []
      for part in Self.parts
      where codes.contains(where: { $0.system == part.code.system && $0.code == part.code.code }) {
        part.read(&self, value)
      }
    }
  }
}

extension R4.Quantity {
  /// A quantity in a unit of UCUM.
  init(_ value: R4.Decimal, ucum unit: String) {
    self.init()
    self.value = R4.Primitive(value)
    self.unit = R4.Primitive(unit)
    system = "http://unitsofmeasure.org"
    code = R4.Primitive(unit)
  }
}

extension CREST.Site {
  /// The code of the region, or the words.
  var concept: R4.CodeableConcept { region?.concept ?? R4.CodeableConcept(words: name) }

  /// The region whose code a concept has, or its words; `nil` for a concept without either.
  init?(_ concept: R4.CodeableConcept?) {
    if let region = CREST.Region(concept) {
      self.init(region)
    } else if let words = concept?.words {
      self.init(words)
    } else {
      return nil
    }
  }
}

// MARK: The rows

extension CREST.CalcinosisDetails: InParts {
  static let parts: [Part<Self>] = [.sites(.local("site", "Site"), \.sites)]
}

extension CREST.RaynaudDetails: InParts {
  static let parts: [Part<Self>] = [
    .several(.local("raynaud-trigger", "What brings Raynaud's phenomenon on"), \.triggers),
    .several(.local("raynaud-colour", "Colour in an attack of Raynaud's phenomenon"), \.phases),
    .flag(
      .init(
        system: CREST.ScoreCodes.criteria, code: "objective-raynaud",
        display: "Raynaud's phenomenon that was seen or measured"), \.isObserved),
  ]
}

extension CREST.EsophagealDetails: InParts {
  static let parts: [Part<Self>] = [
    .several(.local("esophageal-test", "Test of the esophagus"), \.tests),
    .several(.local("esophageal-symptom", "Symptom of the esophagus"), \.symptoms),
  ]
}

extension CREST.SclerodactylyDetails: InParts {
  static let parts: [Part<Self>] = [
    .one(.local("thick-skin-of-fingers", "Extent of thick skin of the fingers"), \.fingers),
    .one(.local("thick-skin-of-toes", "Thick skin of the toes"), \.toes),
  ]
}

extension CREST.TelangiectasiaDetails: InParts {
  static let parts: [Part<Self>] = [.sites(.local("site", "Site"), \.sites)]
}

extension CREST.Lesion.Description: InParts {
  static let parts: [Part<Self>] = [
    .quantity(.local("lesion-size", "Largest diameter of a deposit"), \.diameter, unit: "mm"),
    .count(.local("lesion-count", "Number of deposits"), \.count),
    .one(.local("lesion-form", "Form of a deposit"), \.form),
    .one(.local("lesion-colour", "Colour of a deposit"), \.colour),
    .one(.local("lesion-consistency", "Consistency of a deposit"), \.consistency),
    .one(.snomed("278999000", "Skin tenderness"), \.tenderness),
    .one(.snomed("65124004", "Swelling"), \.swelling),
    .one(.local("chalky-drainage", "Drainage of chalky material"), \.drainage),
    .one(.snomed("46742003", "Skin ulcer"), \.ulceration),
    .one(.snomed("108365000", "Infection of skin"), \.infection),
  ]
}

extension CREST.Examination: InParts {
  static let parts: [Part<Self>] = [
    .one(.local("skin-changes", "Changes of the skin"), \.skinChanges),
    .one(.snomed("113011001", "Palpation"), \.palpableDeposits),
  ]
}

/// What of an image stands in the observation of calcium.
struct ImageFinding: InParts {
  var extent: CREST.Imaging.Extent?
  var laterality: CREST.Laterality?

  static let parts: [Part<Self>] = [
    .one(.local("extent-of-calcification", "Extent of calcification"), \.extent),
    .one(.local("laterality", "Side of the body"), \.laterality),
  ]
}

/// What of a test for an antibody stands beside its result.
struct AntibodyFinding: InParts {
  var titre: R4.Decimal?

  static let parts: [Part<Self>] = [
    .quantity(.local("titre", "Titre, as the number after 1:"), \.titre, unit: "{titer}")
  ]
}
