public import WhiskerSystem

extension Inspection: ShortDescription {
  /// Where the photos are, and how many are noteworthy.
  public var description: String {
    "Inspection(\(root.path), \(count) photos, \(unreadable.count) unreadable, \(duplicates.count) groups of "
      + "duplicates, \(leaks.count) leaks, \(constant.count) constant, \(tiny.count) tiny)"
  }
}

extension SplitPlan: ShortDescription {
  /// How many photos go where.
  public var description: String {
    let totals = zip(table.splits, table.totals).map { "\($0.rawValue) \($1)" }
    return "SplitPlan(\(moves.count) moves: \(totals.joined(separator: ", ")))"
  }
}
