package import ClinicalTree
import Definitions

/// All elements of a type as a profile leaves them: those of its base with what the profile says of them
/// (profiling.html#snapshot). Other tools want this beside the differential.
///
/// What only people read of R4's own elements is not among the facts, so that their definitions name the
/// element and no more.
package struct Snapshot {
  /// One element, with its members as JSON.
  package struct Part {
    package var id: String
    package var path: String
    /// The members as JSON, id and path apart.
    package var members: [String: String]
    /// The type whose members are the children of the element; 0 where it has none, or several types.
    var type: Int

    /// The id without the last slice's name; `nil` where the last segment has none.
    static func unsliced(_ id: String) -> String? {
      guard let colon = id.lastIndex(of: ":"), !id[colon...].contains(".") else { return nil }
      return String(id[..<colon])
    }

    func isPart(of parent: String) -> Bool { id.hasPrefix(parent + ".") }
  }

  private var facts: FHIRFacts { .r4 }
  package private(set) var parts: [Part] = []

  /// The elements of a type of R4.
  package init?(type name: String) {
    let type = facts.type(named: name)
    guard type != 0 else { return nil }
    let rules = constraints(facts.invariants(ofType: type), source: name)
    let members = bounds(name, min: 0, max: nil).merging(rules) { $1 }
    parts = [Part(id: name, path: name, members: members, type: type)]
    parts += children(of: type, "", name)
  }

  /// The elements of a profile.
  ///
  /// - Parameters:
  ///   - definition: The StructureDefinition of the profile, with its differential.
  ///   - resolve: Finds the profile that another one is based on; types of R4 need not be found.
  package init?(_ definition: Element, resolve: (String) -> Element?) {
    if definition.text("derivation") == "specialization" {
      self.init(model: definition)
      return
    }
    let type = definition.text("type")
    let baseURL = definition.text("baseDefinition")
    if let base = resolve(baseURL), let snapshot = Snapshot(base, resolve: resolve) {
      self = snapshot
    } else if let snapshot = Snapshot(type: type) {
      self = snapshot
    } else {
      return nil
    }
    for element in definition["differential"].flatMap({ $0["element"] }) { apply(element) }
  }

  /// The elements of a logical model: its own, behind those that every element has.
  private init?(model definition: Element) {
    let elements = definition["differential"].flatMap { $0["element"] }
    guard let root = elements.first?.text("path") else { return nil }
    for (number, element) in elements.enumerated() {
      let path = element.text("path")
      var members = bounds(path, min: 0, max: nil)
      for child in element.children where child.name != "id" && child.name != "path" {
        members[child.name] = child.jsonText
      }
      parts.append(Part(id: element.text("id"), path: path, members: members, type: 0))
      if number == 0 { parts += children(of: facts.type(named: "Element"), "", root) }
    }
  }

  // MARK: R4's own elements

  private func children(of type: Int, _ idPrefix: String, _ path: String) -> [Part] {
    let id = idPrefix.isEmpty ? path : idPrefix
    var out: [Part] = []
    var member = facts.members(of: type).lowerBound
    let end = facts.members(of: type).upperBound
    while member < end {
      // The forms of a choice stand one after the other.
      var forms = [member]
      if let choice = facts.choice(of: member) {
        while forms[forms.count - 1] + 1 < end,
          facts.choice(of: forms[forms.count - 1] + 1) == choice
        {
          forms.append(forms[forms.count - 1] + 1)
        }
      }
      out += element(forms, of: type, id, path)
      member += forms.count
    }
    return out
  }

  private func element(_ forms: [Int], of type: Int, _ id: String, _ path: String) -> [Part] {
    let member = forms[0]
    let choice = facts.choice(of: member)
    let name =
      choice.map { NameTable.standard.string($0) + "[x]" }
      ?? NameTable.standard.string(facts.name(of: member))
    let own = facts.type(of: member)
    var part = Part(id: "\(id).\(name)", path: "\(path).\(name)", members: [:], type: 0)
    part.members = bounds(
      origin(of: member, in: type, path) + "." + name, min: facts.min(of: member),
      max: facts.max(of: member))
    let flags = facts.flags(of: member)
    if flags.contains(.modifier) {
      part.members["isModifier"] = "true"
      part.members["isModifierReason"] = "\"It changes what the element that holds it means.\""
    }
    if flags.contains(.summary) { part.members["isSummary"] = "true" }
    let isBackbone = facts.kind(of: own) == .backbone
    if isBackbone, facts.title(of: own).string != part.path, !path.hasSuffix("[x]") {
      let title = facts.title(of: own).string
      if title.split(separator: ".").first == path.split(separator: ".").first {
        // An element that is defined elsewhere in the same type: `Questionnaire.item.item`.
        part.members["contentReference"] = "\"#\(title)\""
        part.members.merge(constraints(facts.invariants(ofMember: member), source: path)) { $1 }
        return [part]
      }
    }
    part.members["type"] = JSONText.array(forms.map { typeReference($0, in: type) })
    if let binding = facts.binding(of: member) {
      part.members["binding"] =
        "{\"strength\":\"\(binding.isRequired ? "required" : "extensible")\",\"valueSet\":\"\(binding.valueSet.string)\"}"
    }
    // A type's own rules hold by the type; those of all elements stand at each of them.
    let ruled = isBackbone || own == facts.extensionType ? own : facts.type(named: "Element")
    let hasRules = facts.name(of: member) != .id && !facts.holdsResource(own)
    let typeRules =
      hasRules ? facts.invariants(ofType: ruled).map { ($0, facts.title(of: ruled).string) } : []
    var keys: Set<String> = []
    let rules = (typeRules + facts.invariants(ofMember: member).map { ($0, path) })
      .filter { keys.insert($0.0.key.string).inserted }
    if !rules.isEmpty {
      part.members["constraint"] = JSONText.array(rules.map { constraint($0, source: $1) })
    }
    if choice == nil { part.type = own }
    return isBackbone ? [part] + children(of: own, part.id, part.path) : [part]
  }

  /// The type that first has a member: `Element` for an id, `DomainResource` for a text.
  private func origin(of member: Int, in type: Int, _ path: String) -> String {
    var found = type
    let name = facts.name(of: member)
    while facts.base(of: found) != 0, facts.member(name, in: facts.base(of: found)) != nil {
      found = facts.base(of: found)
    }
    let isInside = found == type && facts.kind(of: type) == .backbone
    return isInside ? path : facts.title(of: found).string
  }

  /// How often an element may stand, and where it is first defined with these bounds.
  private func bounds(_ origin: String, min: Int, max: Int?) -> [String: String] {
    let most = "\"\(max.map(String.init) ?? "*")\""
    return [
      "min": String(min), "max": most,
      "base": "{\"path\":\"\(origin)\",\"min\":\(min),\"max\":\(most)}",
    ]
  }

  private func typeReference(_ member: Int, in type: Int) -> String {
    let own = facts.type(of: member)
    let name: String
    switch facts.kind(of: own) {
    case .backbone: name = facts.title(of: facts.base(of: own)).string
    case .resource: name = "Resource"
    case .primitive, .complex: name = facts.title(of: own).string
    }
    if facts.flags(of: member).contains(.attribute) || facts.name(of: member) == .id {
      let url = "http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type"
      return
        "{\"extension\":[{\"url\":\"\(url)\",\"valueUrl\":\"\(name)\"}],\"code\":\"http://hl7.org/fhirpath/System.String\"}"
    }
    let targets = facts.targets(of: member).map {
      "\"http://hl7.org/fhir/StructureDefinition/\(facts.title(of: $0).string)\""
    }
    let profiles = targets.isEmpty ? "" : ",\"targetProfile\":" + JSONText.array(targets)
    return "{\"code\":\"\(name)\"\(profiles)}"
  }

  private func constraints(_ rules: [FHIRFacts.Invariant], source: String) -> [String: String] {
    rules.isEmpty
      ? [:] : ["constraint": JSONText.array(rules.map { constraint($0, source: source) })]
  }

  private func constraint(_ rule: FHIRFacts.Invariant, source: String) -> String {
    let type = source.split(separator: ".").first.map(String.init) ?? source
    return JSONText.object([
      ("key", JSONText.string(rule.key.string)),
      ("severity", rule.isError ? "\"error\"" : "\"warning\""),
      ("human", JSONText.string("\(rule.key.string) of FHIR R4")),
      ("expression", JSONText.string(rule.expression.string)),
      ("source", JSONText.string("http://hl7.org/fhir/StructureDefinition/" + type)),
    ])
  }

  // MARK: What a profile says

  private mutating func apply(_ element: Element) {
    let path = element.text("path")
    var id = element.text("id")
    if id.isEmpty {
      let slice = element.text("sliceName")
      id = slice.isEmpty ? path : path + ":" + slice
    }
    guard let place = ensure(id, path: path) else { return }
    for child in element.children where child.name != "id" && child.name != "path" {
      let name = child.name
      if name == "constraint", let old = parts[place].members[name] {
        parts[place].members[name] = old.dropLast() + "," + child.jsonText.dropFirst()
      } else {
        parts[place].members[name] = child.jsonText
      }
    }
    let codes = element["type"].map { $0.text("code") }
    if codes.count == 1 { parts[place].type = facts.type(named: codes[0]) }
  }

  /// The place of an element, which is made where the profile is the first to speak of it.
  private mutating func ensure(_ id: String, path: String) -> Int? {
    if let place = parts.firstIndex(where: { $0.id == id }) { return place }
    if let whole = Part.unsliced(id) {
      guard let original = ensure(whole, path: path) else { return nil }
      return slice(original, as: id)
    }
    guard let dot = id.lastIndex(of: ".") else { return nil }
    let parent = String(id[..<dot])
    let parentPath = path.lastIndex(of: ".").map { String(path[..<$0]) } ?? path
    guard let place = ensure(parent, path: parentPath) else { return nil }
    unfold(place)
    if let found = parts.firstIndex(where: { $0.id == id }) { return found }
    return choice(id, parent: parent)
  }

  /// A copy of an element as a slice of it, after those that there are.
  private mutating func slice(_ original: Int, as id: String) -> Int {
    let whole = parts[original].id
    var part = parts[original]
    part.id = id
    part.members["slicing"] = nil
    part.members["min"] = "0"
    let last =
      parts.lastIndex { $0.id == whole || $0.id.hasPrefix(whole + ":") || $0.isPart(of: whole) }
      ?? original
    parts.insert(part, at: last + 1)
    return last + 1
  }

  /// `valueQuantity` in a differential is a slice of `value[x]` by its type.
  private mutating func choice(_ id: String, parent: String) -> Int? {
    let name = id[id.index(id.startIndex, offsetBy: parent.count + 1)...]
    guard
      let place = parts.firstIndex(where: { part in
        guard part.id.hasPrefix(parent + "."), part.id.hasSuffix("[x]") else { return false }
        let stem = part.id.dropFirst(parent.count + 1).dropLast(3)
        return !stem.contains(".") && name.hasPrefix(stem)
      })
    else { return nil }
    let stem = parts[place].id.dropLast(3)
    let code = String(id.dropFirst(stem.count))
    let lower = code.prefix(1).lowercased() + code.dropFirst()
    let type = facts.type(named: code) != 0 ? code : lower
    parts[place].members["slicing"] =
      "{\"discriminator\":[{\"type\":\"type\",\"path\":\"$this\"}],\"ordered\":false,\"rules\":\"open\"}"
    let made = slice(place, as: parts[place].id + ":" + name)
    parts[made].members["sliceName"] = JSONText.string(String(name))
    parts[made].members["type"] = "[{\"code\":\"\(type)\"}]"
    parts[made].type = facts.type(named: type)
    return made
  }

  /// Gives an element its children: those of the element that it is a slice of, or of its type.
  private mutating func unfold(_ place: Int) {
    let parent = parts[place]
    if parts.contains(where: { $0.isPart(of: parent.id) }) { return }
    var made: [Part] = []
    if let whole = Part.unsliced(parent.id) {
      made = parts.filter { $0.isPart(of: whole) }.map { part in
        var copy = part
        copy.id = parent.id + part.id.dropFirst(whole.count)
        return copy
      }
    }
    if made.isEmpty, parent.type != 0 {
      made = children(of: parent.type, parent.id, parent.path)
    }
    parts.insert(contentsOf: made, at: place + 1)
  }
}

extension Snapshot {
  /// The members of an ElementDefinition in their order.
  private static let order: [String: Int] = {
    let facts = FHIRFacts.r4
    let members = facts.members(of: facts.type(named: "ElementDefinition"))
    let names = members.map { NameTable.standard.string(facts.name(of: $0)) }
    return Dictionary(zip(names, 0...)) { first, _ in first }
  }()

  /// The value of `StructureDefinition.snapshot`.
  package var json: String {
    let elements = parts.map { part in
      var members = part.members
      members["id"] = JSONText.string(part.id)
      members["path"] = JSONText.string(part.path)
      if members["definition"] == nil {
        members["definition"] =
          members["short"] ?? JSONText.string("\(part.path) of FHIR R4")
      }
      let ordered = members.sorted {
        (Self.order[$0.key] ?? .max, $0.key) < (Self.order[$1.key] ?? .max, $1.key)
      }
      return JSONText.object(ordered.map { (name: $0.key, value: $0.value) })
    }
    return "{\"element\":[" + elements.joined(separator: ",\n") + "]}"
  }
}
