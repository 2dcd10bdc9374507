/// A FHIR document that is being built: linked nodes, open at several places at once.
///
/// Children are added in any order and without regard to lists; ``freeze(with:)`` sorts them by the
/// order of the standard and makes lists where the standard says so. Texts are not copied: they must
/// live until the draft is frozen (texts of a source tree inside its `withCursor`, texts of
/// ``arena``, literals).
@usableFromInline
package final class Draft {
  /// A node of a draft.
  @usableFromInline
  package struct Slot: Hashable, Sendable {
    @usableFromInline package let index: Int32

    @inlinable
    init(_ index: Int32) { self.index = index }
  }

  @usableFromInline
  struct Entry {
    @usableFromInline var parent: Int32
    @usableFromInline var first: Int32 = -1
    @usableFromInline var last: Int32 = -1
    @usableFromInline var next: Int32 = -1
    @usableFromInline var name: Name
    @usableFromInline var kind: Node.Kind
    @usableFromInline var text: Text

    @usableFromInline
    init(parent: Int32, name: Name, kind: Node.Kind, text: Text) {
      self.parent = parent
      self.name = name
      self.kind = kind
      self.text = text
    }
  }

  package let arena = Arena()
  package let names: NameTable
  /// The name of the property that tells the type of a resource; it comes first in every one.
  package let resourceTypeName: Name
  @usableFromInline let entries: Entries

  /// Starts a draft with a resource of the given type at its root.
  package init(names: NameTable, capacity: Int = 1024) {
    self.names = names
    resourceTypeName = names.lookUp("resourceType") ?? .none
    entries = Entries(capacity: capacity)
    entries.append(Entry(parent: -1, name: .none, kind: .object, text: .empty))
  }

  deinit { entries.deallocate() }

  /// The nodes of a draft, in memory of their own: reading one costs a look at the bounds and no more.
  @usableFromInline
  struct Entries {
    @usableFromInline
    struct Header {
      @usableFromInline var base: UnsafeMutablePointer<Entry>
      @usableFromInline var count: Int
      @usableFromInline var capacity: Int
    }

    @usableFromInline let header: UnsafeMutablePointer<Header>

    init(capacity: Int) {
      let capacity = max(16, capacity)
      header = .allocate(capacity: 1)
      header.initialize(
        to: Header(base: .allocate(capacity: capacity), count: 0, capacity: capacity))
    }

    func deallocate() {
      header.pointee.base.deallocate()
      header.deallocate()
    }

    @inlinable var count: Int { header.pointee.count }

    @inlinable
    subscript(index: Int) -> Entry {
      get {
        precondition(index >= 0 && index < header.pointee.count)
        return header.pointee.base[index]
      }
      nonmutating _modify {
        precondition(index >= 0 && index < header.pointee.count)
        yield &header.pointee.base[index]
      }
    }

    @usableFromInline
    func append(_ entry: Entry) {
      let count = header.pointee.count
      if count == header.pointee.capacity {
        // Entries own nothing: their bytes can be moved.
        let grown = UnsafeMutablePointer<Entry>.allocate(capacity: count * 2)
        grown.moveInitialize(from: header.pointee.base, count: count)
        header.pointee.base.deallocate()
        header.pointee.base = grown
        header.pointee.capacity = count * 2
      }
      (header.pointee.base + count).initialize(to: entry)
      header.pointee.count = count + 1
    }
  }

  package var root: Slot { Slot(0) }

  /// The slot with a number that a slot of this draft has had.
  package func slot(at index: Int32) -> Slot { Slot(index) }

  package var count: Int { entries.count }

  /// Adds an object as the last child of another one.
  @inlinable
  package func addObject(_ name: Name, in parent: Slot) -> Slot {
    add(name, .object, .empty, in: parent)
  }

  /// Adds a primitive as the last child of an object; `null` with children is one without a value.
  @inlinable
  package func add(_ name: Name, _ kind: Node.Kind, _ text: Text, in parent: Slot) -> Slot {
    let slot = Int32(truncatingIfNeeded: entries.count)
    entries.append(Entry(parent: parent.index, name: name, kind: kind, text: text))
    link(slot, to: parent)
    return Slot(slot)
  }

  /// Makes an entry the last child of its parent.
  @inlinable
  func link(_ slot: Int32, to parent: Slot) {
    let above = Int(parent.index)
    if entries[above].last < 0 {
      entries[above].first = slot
    } else {
      entries[Int(entries[above].last)].next = slot
    }
    entries[above].last = slot
  }

  /// The first child with a name.
  @inlinable
  package func first(_ name: Name, in parent: Slot) -> Slot? {
    var child = entries[Int(parent.index)].first
    while child >= 0 {
      if entries[Int(child)].name == name { return Slot(child) }
      child = entries[Int(child)].next
    }
    return nil
  }

  /// The children of a node in the order in which they were added. What is added during a walk is not
  /// walked; the child in hand may be taken away.
  @inlinable
  package func children(of parent: Slot) -> Children {
    let entry = entries[Int(parent.index)]
    return Children(draft: self, first: entry.first, last: entry.last)
  }

  /// The children of a node.
  @usableFromInline
  package struct Children: Sequence, IteratorProtocol {
    @usableFromInline let draft: Draft
    @usableFromInline var following: Int32
    @usableFromInline let end: Int32

    @inlinable
    init(draft: Draft, first: Int32, last: Int32) {
      self.draft = draft
      following = first
      end = last
    }

    @inlinable
    package mutating func next() -> Slot? {
      guard following >= 0 else { return nil }
      let slot = following
      following = slot == end ? -1 : draft.entries[Int(slot)].next
      return Slot(slot)
    }
  }

  /// The last child of a node.
  package func lastChild(of parent: Slot) -> Slot? {
    let last = entries[Int(parent.index)].last
    return last < 0 ? nil : Slot(last)
  }

  /// The first child with a name, made now if there is none: for what stands at most once.
  @inlinable
  package func object(_ name: Name, in parent: Slot) -> Slot {
    first(name, in: parent) ?? addObject(name, in: parent)
  }

  @inlinable package func name(of slot: Slot) -> Name { entries[Int(slot.index)].name }
  @inlinable package func text(of slot: Slot) -> Text { entries[Int(slot.index)].text }
  @inlinable package func kind(of slot: Slot) -> Node.Kind { entries[Int(slot.index)].kind }
  @inlinable package func isEmpty(_ slot: Slot) -> Bool { entries[Int(slot.index)].first < 0 }

  package func parent(of slot: Slot) -> Slot? {
    let parent = entries[Int(slot.index)].parent
    return parent < 0 ? nil : Slot(parent)
  }

  /// Gives a primitive another value.
  package func replace(_ slot: Slot, _ kind: Node.Kind, _ text: Text) {
    entries[Int(slot.index)].kind = kind
    entries[Int(slot.index)].text = text
  }

  /// Takes the last child of a node away again, with what is below it.
  package func removeLast(_ slot: Slot) {
    let above = Int(entries[Int(slot.index)].parent)
    precondition(entries[above].last == slot.index, "only the last child can be removed")
    remove(slot)
  }

  /// Takes a node away, with what is below it. Costs a look at the siblings before it.
  package func remove(_ slot: Slot) {
    let above = Int(entries[Int(slot.index)].parent)
    var before: Int32 = -1
    var child = entries[above].first
    while child >= 0, child != slot.index {
      before = child
      child = entries[Int(child)].next
    }
    guard child == slot.index else { return }
    let next = entries[Int(child)].next
    if before < 0 { entries[above].first = next } else { entries[Int(before)].next = next }
    if next < 0 { entries[above].last = before }
    entries[Int(child)].next = -1
  }

  /// Takes a node from where it stands and makes it the last child of another one.
  package func move(_ slot: Slot, to parent: Slot) {
    remove(slot)
    entries[Int(slot.index)].parent = parent.index
    link(slot.index, to: parent)
  }

  /// Whether two nodes say the same: the same kind and text, and below them the same in the same order.
  package func areSame(_ a: Slot, _ b: Slot) -> Bool {
    guard kind(of: a) == kind(of: b), text(of: a) == text(of: b) else { return false }
    let (left, right) = (Array(children(of: a)), Array(children(of: b)))
    return left.count == right.count
      && zip(left, right).allSatisfy { name(of: $0) == name(of: $1) && areSame($0, $1) }
  }
}
