/// Numbers in sets that only ever grow together (union-find).
package struct DisjointSets {
  private var parents: [Int]

  /// Every number in a set of its own.
  package init(count: Int) { parents = Array(0..<count) }

  /// The least number of a number's set.
  package mutating func root(of number: Int) -> Int {
    var root = number
    while parents[root] != root { root = parents[root] }
    var step = number
    while parents[step] != root {
      let next = parents[step]
      parents[step] = root
      step = next
    }
    return root
  }

  /// Makes the sets of two numbers one.
  package mutating func join(_ first: Int, _ second: Int) {
    let (left, right) = (root(of: first), root(of: second))
    parents[max(left, right)] = min(left, right)
  }

  /// The sets, ordered by their least numbers.
  package var groups: [[Int]] {
    var sets = self
    return Dictionary(grouping: parents.indices) { sets.root(of: $0) }.values.sorted { $0[0] < $1[0] }
  }
}
