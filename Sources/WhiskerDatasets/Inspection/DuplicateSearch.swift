/// Finds the photos that are there more than once: equal bytes first, then equal looks.
struct DuplicateSearch {
  /// The photos that could be read, with their thumbnails.
  let photos: [(photo: InspectedPhoto, thumbnail: Thumbnail)]
  /// The groups of equal files, by their places in `photos`.
  let exact: [[Int]]

  /// Groups the duplicates.
  ///
  /// - Throws: `CancellationError` if the task was cancelled.
  func groups() throws -> [DuplicateGroup] {
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
    for (number, place) in places.enumerated() {
      if number % 256 == 0 { try Task.checkCancellation() }
      let thumbnail = photos[place].thumbnail
      for isMirrored in [false, true] {
        let hash = isMirrored ? thumbnail.hash.mirrored : thumbnail.hash
        tree.visit(near: hash, within: PerceptualHash.radius) { candidate in
          let other = places[candidate]
          guard candidate > number, sets.root(of: place) != sets.root(of: other) else { return }
          if thumbnail.isNearDuplicate(of: photos[other].thumbnail, mirrored: isMirrored) {
            sets.join(place, other)
          }
        }
      }
    }
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
