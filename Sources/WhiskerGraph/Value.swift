/// One single-assignment value of a ``Graph``: the result of its node number `index`.
public struct Value: Hashable, Sendable {
  /// The number of the node that makes the value; operands always have smaller numbers.
  public let index: Int

  package init(index: Int) { self.index = index }
}

extension Value: CustomStringConvertible {
  /// `%12`.
  public var description: String { "%\(index)" }
}
