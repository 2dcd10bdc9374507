import ClinicalTree
import Definitions
import FHIRPath

/// What a profile says of one element, beyond what its base type says.
///
/// Rules form a tree like the elements they speak of. What a profile leaves open is `nil` or empty.
final class Rule: Sendable {
  /// The place in the profile, such as `Observation.component:systolic.code`.
  let id: String
  let min: Int?
  /// `Int.max` without a bound.
  let max: Int?
  /// The types that are allowed; `nil` where the base decides.
  let types: [TypeRule]?
  let fixed: Element?
  let pattern: Element?
  let minValue: Element?
  let maxValue: Element?
  let maxLength: Int?
  let binding: Binding?
  let constraints: [Constraint]
  let slicing: Slicing?
  let slices: [Slice]
  let children: [Child]
  /// What the profile asks of narrative beyond R4.
  let narrative: [NarrativeControl]
  /// Extensions of which one must stand where there is no value.
  let valueAlternatives: [String]

  enum NarrativeControl: Sendable {
    /// Parts in languages: `_yes`, `_no`, `_resource`, or the language itself.
    case language(String)
    /// Every part says by its class where it is from.
    case source
  }

  struct TypeRule: Sendable {
    let code: String
    let profiles: [String]
    let targetProfiles: [String]
    let aggregation: [String]
    let versioning: String
    /// The type in the facts; 0 for types of FHIRPath itself and of logical models.
    let type: Int
    /// The types of R4 whose own definitions the targets are, `nil` for other profiles.
    let targetTypes: [Int?]

    init(
      code: String, profiles: [String] = [], targetProfiles: [String] = [],
      aggregation: [String] = [], versioning: String = ""
    ) {
      self.code = code
      self.profiles = profiles
      self.targetProfiles = targetProfiles
      self.aggregation = aggregation
      self.versioning = versioning
      type = FHIRFacts.r4.type(named: code.split(separator: "/").last.map(String.init) ?? "")
      targetTypes = targetProfiles.map(Library.baseType(of:))
    }
  }

  struct Binding: Sendable {
    let isRequired: Bool
    let isExtensible: Bool
    let valueSet: String
  }

  struct Constraint: Sendable {
    let key: String
    let isError: Bool
    /// What it demands, in the words of its author.
    let human: String
    /// `nil` where the expression could not be read; the message says why.
    let expression: FHIRPathExpression?
    let fault: String
  }

  struct Slicing: Sendable {
    let discriminators: [Discriminator]
    let isClosed: Bool
    let isOpenAtEnd: Bool
    let isOrdered: Bool
  }

  struct Discriminator: Sendable {
    enum Kind: String, Sendable {
      case value, pattern, exists, type, profile, position
    }
    let kind: Kind
    let path: String
    let expression: FHIRPathExpression?
  }

  struct Slice: Sendable {
    let name: String
    let rule: Rule
  }

  struct Child: Sendable {
    /// The name of the element; that of a choice element without `[x]`.
    let name: String
    let isChoice: Bool
    let step: MemberStep
    let rule: Rule
  }

  init(
    id: String, min: Int?, max: Int?, types: [TypeRule]?, fixed: Element?, pattern: Element?,
    minValue: Element?, maxValue: Element?, maxLength: Int?, binding: Binding?,
    constraints: [Constraint], slicing: Slicing?, slices: [Slice], children: [Child],
    narrative: [NarrativeControl] = [], valueAlternatives: [String] = []
  ) {
    self.id = id
    self.min = min
    self.max = max
    self.types = types
    self.fixed = fixed
    self.pattern = pattern
    self.minValue = minValue
    self.maxValue = maxValue
    self.maxLength = maxLength
    self.binding = binding
    self.constraints = constraints
    self.slicing = slicing
    self.slices = slices
    self.children = children
    self.narrative = narrative
    self.valueAlternatives = valueAlternatives
  }

  func child(_ name: String) -> Rule? { children.first { $0.name == name }?.rule }
}

/// A profile, compiled.
final class Profile: Sendable {
  let url: String
  let version: String
  /// The type that it constrains.
  let type: String
  let root: Rule
  /// Where an extension may stand.
  let contexts: [(kind: String, expression: String)]
  let contextInvariants: [FHIRPathExpression]
  /// Whether an extension changes the meaning of what it stands in.
  let isModifier: Bool
  /// Whether only some of what the profile says could be read, and why.
  let faults: [String]

  init(
    url: String, version: String, type: String, root: Rule,
    contexts: [(kind: String, expression: String)], contextInvariants: [FHIRPathExpression],
    isModifier: Bool, faults: [String]
  ) {
    self.url = url
    self.version = version
    self.type = type
    self.root = root
    self.contexts = contexts
    self.contextInvariants = contextInvariants
    self.isModifier = isModifier
    self.faults = faults
  }
}
