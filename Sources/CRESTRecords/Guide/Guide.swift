import ClinicalTree
import Definitions

extension CREST {
  /// The guide as data: nine sections of atomic statements, each with what selects the records that it
  /// speaks of. The statements are the guide's; this library records and links, it recommends nothing.
  public struct Guide: Sendable {
    /// A section.
    public struct Section: Sendable {
      /// The stable id, such as `diagnosis`.
      public let id: String
      /// The heading in the guide.
      public let title: String
      /// The statements in their order.
      public let statements: [Statement]
    }

    /// What a statement is about.
    public enum Kind: String, Sendable, CaseIterable {
      /// A step of diagnosis.
      case diagnostic
      /// A treatment, lifestyle among it.
      case treatment
      /// A sign or symptom.
      case symptom
      /// A cause.
      case cause
      /// What the disease is.
      case overview
      /// Who cares and how.
      case care
    }

    /// A code of a code system.
    public struct Code: Hashable, Sendable {
      /// The URI of the code system.
      public let system: String
      /// The code.
      public let code: String

      /// Names a code.
      public init(system: String, code: String) {
        self.system = system
        self.code = code
      }
    }

    /// One statement.
    public struct Statement: Sendable {
      /// The stable id, such as `diagnosis.ct`.
      public let id: String
      /// The id of its section.
      public let section: String
      /// What it is about.
      public let kind: Kind
      /// The statement in our own words.
      public let text: String
      /// The codes of the records that it speaks of; the first that a record has is the reason.
      public let codes: [Code]
      /// The routes that a medicine must be given by, one of them, for a statement that speaks of a route.
      public let routes: [Code]
      /// Words that select a record that has no code.
      public let words: [String]
      /// Words beside which the others mean something else: ataxia beside telangiectasia.
      public let exceptions: [String]
      /// Whether the statement is contestable: what the guide claims, and not what is known.
      public let isClaim: Bool
    }

    /// The sections in the order of the guide.
    public let sections: [Section]

    /// All statements in the order of the guide.
    public var statements: [Statement] { sections.flatMap(\.statements) }

    /// The guide of this build.
    public static let standard = Guide()

    private init() {
      // The embedded resource was read when it was embedded, so it is JSON.
      guard let (tree, _) = try? Tree.json(Facts.guide, names: .standard) else {
        preconditionFailure("the embedded guide is JSON")
      }
      sections = tree.root["concept"].map { section in
        let id = section["code"].first?.value ?? ""
        return Section(
          id: id, title: section["display"].first?.value ?? "",
          statements: section["concept"].map { Guide.statement($0, section: id) })
      }
    }

    private static func code(_ coding: Element) -> Code {
      Code(system: coding["system"].first?.value ?? "", code: coding["code"].first?.value ?? "")
    }

    private static func statement(_ concept: Element, section: String) -> Statement {
      func properties(_ name: String) -> [Element] {
        concept["property"].filter { $0["code"].first?.value == name }
      }
      let kind = properties("kind").first?["valueCode"].first?.value ?? ""
      return Statement(
        id: concept["code"].first?.value ?? "", section: section,
        kind: Kind(rawValue: kind) ?? .overview,
        text: concept["display"].first?.value ?? "",
        codes: properties("selects").flatMap { $0["valueCoding"] }.map(code),
        routes: properties("requires").flatMap { $0["valueCoding"] }.map(code),
        words: properties("word").compactMap { $0["valueString"].first?.value },
        exceptions: properties("unless").compactMap { $0["valueString"].first?.value },
        isClaim: properties("claim").contains { $0["valueBoolean"].first?.value == "true" })
    }
  }
}
