import ClinicalTree
import Definitions

// Types (section 6.3) and reflection (10).

extension Machine {
  mutating func types(_ function: Function, _ call: Call, _ start: Int) throws(FHIRPathError) {
    if function == .type {
      for place in start..<stack.count { stack[place] = typeInfo(of: stack[place]) }
      return
    }
    let type = program.types[Int(argument(0, call))]
    guard let item = try single(start, call.operation) else { return }
    let holds = try matches(item, type, exactly: function == .as, call.operation)
    if function == .is {
      drop(to: start)
      push(holds)
    } else if !holds {
      drop(to: start)
    }
  }

  private func typeInfo(of item: Item) -> Item {
    switch item {
    case .node(let node): .typeInfo(isFHIR: true, typeName(of: node))
    case .cda(_, let type) where type > 0:
      .typeInfo(isFHIR: true, CDAFacts.r2.title(of: Int(type)))
    default: .typeInfo(isFHIR: false, Text(systemName(of: item)))
    }
  }

  /// The name of an element's type; parts of a resource are BackboneElement.
  func typeName(of node: FHIRNode) -> Text {
    let type = Int(node.type)
    if type == 0 { return Text("Element") }
    if facts.kind(of: type) == .backbone {
      return facts.type(type, is: facts.type(named: .BackboneElement))
        ? Text("BackboneElement") : Text("Element")
    }
    return facts.title(of: type)
  }

  func systemName(of item: Item) -> StaticString {
    switch systemType(of: item) {
    case .boolean: "Boolean"
    case .string: "String"
    case .integer: "Integer"
    case .decimal: "Decimal"
    case .date: "Date"
    case .dateTime: "DateTime"
    case .time: "Time"
    case .quantity: "Quantity"
    case nil: "Any"
    }
  }
}
