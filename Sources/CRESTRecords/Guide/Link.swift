public import ClinicalTree

extension CREST.Guide {
  /// This record, this section, this statement, because of this code.
  public struct Link: Hashable, Sendable {
    /// `Type/id` for FHIR, the name of the element for CDA.
    public let resource: String
    /// The place of the record in the document.
    public let path: String
    /// The id of the section.
    public let section: String
    /// The id of the statement.
    public let statement: String
    /// What the statement is about.
    public let kind: Kind
    /// The code that is the reason; `nil` for a match by words.
    public let code: Code?
    /// The node of the record in its tree.
    package let node: Int

    /// The same link with a path below another one.
    package func moved(below prefix: String) -> Link {
      prefix.isEmpty
        ? self
        : Link(
          resource: resource, path: prefix + path, section: section, statement: statement,
          kind: kind, code: code, node: node)
    }
  }

  /// How many records one statement has.
  public struct Coverage: Sendable {
    /// The statement.
    public let statement: Statement
    /// How many records it speaks of.
    public let records: Int

    package init(statement: Statement, records: Int) {
      self.statement = statement
      self.records = records
    }
  }

  /// The links of a document to the guide, one a record and statement, in document order.
  ///
  /// - Parameter tree: A FHIR resource or Bundle, or a CDA document. What is negated, refuted, entered in
  ///   error, cancelled, not done or not assessed, and what is said of family members, gives no link; a
  ///   test that was done does, whatever its result.
  /// - Returns: At most one link for a record and a statement.
  public static func links(in tree: Tree) -> [Link] {
    let nodes = LinkIndex.standard.links(in: tree)
    if nodes.isEmpty { return [] }
    var paths = PathWriter(tree)
    let statements = LinkIndex.standard.statements
    return nodes.map { found in
      let statement = statements[found.statement]
      return Link(
        resource: found.resource, path: paths.path(of: found.node), section: statement.section,
        statement: statement.id, kind: statement.kind,
        code: found.code.map { statement.codes[$0] }, node: found.node)
    }
  }

  /// Every statement of the guide with the number of records that it speaks of.
  public static func coverage(of tree: Tree) -> [Coverage] {
    let links = links(in: tree)
    return standard.statements.map { statement in
      Coverage(statement: statement, records: links.count { $0.statement == statement.id })
    }
  }
}
