import WhiskerDatasets
import WhiskerSystem

/// Finds photos that exist more than once: equal bytes first, then equal looks.
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
  /// - Parameters:
  ///   - path: Where a photo is, nil for one that isn't on the disk.
  ///   - report: Called with the work that the search took.
  /// - Throws: `CancellationError` if the task was cancelled.
  package func groups(
    at path: (InspectedPhoto) -> String? = { _ in nil }, report: ((Effort) -> Void)? = nil
  ) throws -> [DuplicateGroup] {
    var sets = DisjointSets(count: photos.count)
    for group in exact {
      for place in group.dropFirst() { sets.join(group[0], place) }
    }
    let exactGroups = Set(exact.map(Set.init))
    let effort = try joinNearDuplicates(&sets)
    report?(effort)
    return sets.groups.filter { $0.count > 1 }.map { group in
      DuplicateGroup(
        group.map { photos[$0].photo }, isExact: exactGroups.contains(Set(group)),
        origin: { photo in
          let path = path(photo)
          return (path.flatMap(FileIdentity.init(of:)), path.flatMap(FolderEntry.at)?.isLink == true)
        })
    }
  }

  /// What a search took: how many pairs, each flip by itself, were compared, and how many of them closely.
  package struct Effort: Sendable {
    package let pairs: Int
    package let closePairs: Int
  }

  private func joinNearDuplicates(_ sets: inout DisjointSets) throws -> Effort {
    // One of each group of equal files stands for all; flat pictures can't be distinguished by their looks.
    let copies = Set(exact.flatMap { $0.dropFirst() })
    let places = photos.indices.filter { !copies.contains($0) && photos[$0].thumbnail.isRecognizable }
    let hashes = places.map { photos[$0].thumbnail.hash }
    let reaches = places.map { photos[$0].thumbnail.reach }
    // What all flips share is looked for once, instead of eight times.
    let invariants = hashes.map(\.invariant)
    let tree = HashTree(invariants)
    let table = ThumbnailTable(places.map { photos[$0].thumbnail }, order: tree.order)
    var settled = SettledBranches(count: places.count)
    var candidateCount = 0
    for (number, place) in places.enumerated() {
      if number % 256 == 0 { try Task.checkCancellation() }
      // Most photos look like no others: then there is nothing to prepare.
      var flips: [PerceptualHash]?
      var queries = [ThumbnailQuery?](repeating: nil, count: Flip.allCases.count)
      tree.visit(
        near: invariants[number], within: reaches[number], beyond: number,
        passingOver: { branch in
          settled.contains(branch)
            && sets.root(of: place) == sets.root(of: places[tree.places(in: branch).first ?? number])
        },
        leaving: { branch in
          settled.update(branch, of: tree) { sets.root(of: places[$0]) }
        }
      ) { candidate in
        let other = places[candidate]
        guard sets.root(of: place) != sets.root(of: other) else { return }
        let limit = min(reaches[number], reaches[candidate])
        let hashesFlipped = flips ?? Flip.allCases.map { hashes[number].flipped($0) }
        flips = hashesFlipped
        for flip in Flip.allCases {
          let distance = hashesFlipped[flip.rawValue].squaredDistance(
            to: hashes[candidate], limit: limit * limit)
          guard distance <= limit * limit else { continue }
          candidateCount += 1
          let query = queries[flip.rawValue] ?? table.query(number, flipped: flip)
          queries[flip.rawValue] = query
          if table.isNearDuplicate(query, of: candidate) { return sets.join(place, other) }
        }
      }
    }
    return Effort(pairs: candidateCount, closePairs: table.closeComparisonCount)
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

  /// Checks whether both halves of a branch are in one set.
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
