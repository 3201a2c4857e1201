/// Finds the photos that are there more than once: equal bytes first, then equal looks.
package struct DuplicateSearch {
  /// The photos that could be read, with their thumbnails.
  private let photos: [(photo: InspectedPhoto, thumbnail: Thumbnail)]
  /// The groups of equal files, by their places in `photos`.
  private let exact: [[Int]]

  package init(photos: [(photo: InspectedPhoto, thumbnail: Thumbnail)], exact: [[Int]]) {
    self.photos = photos
    self.exact = exact
  }

  /// Groups the duplicates.
  ///
  /// - Throws: `CancellationError` if the task was cancelled.
  package func groups() throws -> [DuplicateGroup] {
    var sets = DisjointSets(count: photos.count)
    for group in exact {
      for place in group.dropFirst() { sets.join(group[0], place) }
    }
    let exactGroups = Set(exact.map(Set.init))
    try joinNearDuplicates(&sets)
    return sets.groups.filter { $0.count > 1 }.map { group in
      DuplicateGroup(group.map { photos[$0].photo }, isExact: exactGroups.contains(Set(group)))
    }
  }

  private func joinNearDuplicates(_ sets: inout DisjointSets) throws {
    // One of each group of equal files stands for all; flat pictures can't be told apart by their looks.
    let copies = Set(exact.flatMap { $0.dropFirst() })
    let places = photos.indices.filter { !copies.contains($0) && photos[$0].thumbnail.isRecognizable }
    let tree = HashTree(places.map { photos[$0].thumbnail.hash })
    var settled = SettledBranches(count: places.count)
    for (number, place) in places.enumerated() {
      if number % 256 == 0 { try Task.checkCancellation() }
      let thumbnail = photos[place].thumbnail
      for flip in Flip.allCases {
        tree.visit(
          near: thumbnail.hash.flipped(flip), within: thumbnail.reach,
          passingOver: { branch in
            settled.contains(branch)
              && sets.root(of: place) == sets.root(of: places[tree.places(in: branch).first ?? number])
          },
          leaving: { branch in
            settled.update(branch, of: tree) { sets.root(of: places[$0]) }
          }
        ) { candidate in
          let other = places[candidate]
          guard candidate > number, sets.root(of: place) != sets.root(of: other) else { return }
          if thumbnail.isNearDuplicate(of: photos[other].thumbnail, flipped: flip) { sets.join(place, other) }
        }
      }
    }
  }
}

/// The branches of a tree whose photos are all in one set: a search for more of that set needn't look into them.
///
/// Without it, many photos of one look would each be compared with all others, although the first comparisons have
/// shown already that they belong together. Sets only grow, so a branch that is settled remains so.
private struct SettledBranches {
  private var isSettled: [Bool]

  init(count: Int) { isSettled = Array(repeating: false, count: count) }

  func contains(_ branch: HashTree.Branch) -> Bool { isSettled[branch.middle] }

  /// Looks whether both halves of a branch are of one set.
  mutating func update(_ branch: HashTree.Branch, of tree: HashTree, setOf: (Int) -> Int) {
    guard let halves = branch.halves, let first = tree.places(in: branch).first else { return }
    let set = setOf(first)
    func isOfSet(_ half: HashTree.Branch) -> Bool {
      let places = tree.places(in: half)
      return half.halves == nil
        ? places.allSatisfy { setOf($0) == set } : contains(half) && places.first.map(setOf) == set
    }
    isSettled[branch.middle] = isOfSet(halves.lower) && isOfSet(halves.upper)
  }
}

/// Numbers in sets that only ever grow together (union-find).
struct DisjointSets {
  private var parents: [Int]

  /// Every number in a set of its own.
  init(count: Int) { parents = Array(0..<count) }

  /// The least number of a number's set.
  mutating func root(of number: Int) -> Int {
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
  mutating func join(_ first: Int, _ second: Int) {
    let (left, right) = (root(of: first), root(of: second))
    parents[max(left, right)] = min(left, right)
  }

  /// The sets, ordered by their least numbers.
  var groups: [[Int]] {
    var sets = self
    return Dictionary(grouping: parents.indices) { sets.root(of: $0) }.values.sorted { $0[0] < $1[0] }
  }
}
