import Testing
import WhiskerDatasets
import WhiskerImages
import WhiskerInspection
import WhiskerTensors
import _TestSupport

/// The search among very many photos, without reading any.
@Suite struct DuplicateSearchTests {
  private static let count = 2000

  private func groups(_ thumbnails: [Thumbnail]) throws -> [[String]] {
    let photos = thumbnails.enumerated().map { number, thumbnail in
      (photo: InspectedPhoto(path: "\(number)", split: nil, className: nil), thumbnail: thumbnail)
    }
    return try DuplicateSearch(photos: photos, exact: []).groups().map(\.paths)
  }

  private func photo(_ stream: inout RandomStream, over base: Photo? = nil, reach: Int = 256) -> Photo {
    let side = Thumbnail.side
    var photo = base ?? Photo(height: side, width: side, pixels: Array(repeating: 0, count: side * side * 3))
    for place in photo.pixels.indices {
      photo.pixels[place] = UInt8(min(255, Int(photo.pixels[place]) + stream.integer(below: reach)))
    }
    return photo
  }

  /// Frames of a camera that doesn't move: each is a near duplicate of each.
  @Test func veryManyPhotosOfOneLookAreOneGroup() throws {
    var stream = RandomStream(RandomKey(seed: 1))
    let base = photo(&stream)
    let frames = (0..<100).map { _ in Thumbnail(photo(&stream, over: base, reach: 8)) }
    let others = (0..<50).map { _ in Thumbnail(photo(&stream)) }
    let all: [Thumbnail] = (0..<Self.count).map { (number: Int) -> Thumbnail in
      if number % 1000 == 500 { return others[number / 1000] }
      return frames[number % 100]
    }
    let found = try groups(all)
    #expect(found.count == 1 && found.first?.count == Self.count - Self.count / 1000)
  }

  /// X-rays, faces, microscope slides: alike at a glance and yet different photos.
  @Test func veryManyPhotosThatLookSimilarAreToldApart() throws {
    var stream = RandomStream(RandomKey(seed: 2))
    let base = photo(&stream, reach: 200)
    let waves: [[Float]] = (0..<40).map { _ in
      (0..<Thumbnail.side).map { _ in Float(2) * stream.uniform() - 1 }
    }
    var all: [Thumbnail] = []
    for _ in 0..<Self.count {
      var copy = base
      // A few broad changes of its own for each.
      let down = waves[stream.integer(below: 40)]
      let across = waves[stream.integer(below: 40)]
      let first: Float = 70 * stream.uniform() - 35
      let second: Float = 70 * stream.uniform() - 35
      for place in copy.pixels.indices {
        let (row, column) = (place / 3 / Thumbnail.side, place / 3 % Thumbnail.side)
        let broad: Float = first * down[row] * across[column]
        let crossed: Float = second * down[column] * across[row]
        let level: Float = Float(copy.pixels[place]) + broad + crossed
        copy.pixels[place] = UInt8(max(0, min(255, level)))
      }
      all.append(Thumbnail(copy))
    }
    let found = try groups(all)
    #expect(found.allSatisfy { $0.count >= 2 })
    #expect(Set(found.joined()).count == found.joined().count)
    // Photos that share their broad changes may be near enough; of a few, those that comparing all with all finds.
    let few = Array(all.prefix(200))
    #expect(Set(try groups(few).map { Set($0) }) == groupsByComparingAll(few))
  }

  private func groupsByComparingAll(_ thumbnails: [Thumbnail]) -> Set<Set<String>> {
    var sets = thumbnails.indices.map { Set([$0]) }
    for first in thumbnails.indices {
      for second in thumbnails.indices where second > first && !sets[first].contains(second) {
        guard
          Flip.allCases.contains(where: { flip in
            thumbnails[first].isNearDuplicate(of: thumbnails[second], flipped: flip)
          })
        else { continue }
        let joined = sets[first].union(sets[second])
        for member in joined { sets[member] = joined }
      }
    }
    return Set(sets.filter { $0.count > 1 }.map { Set($0.map(String.init)) })
  }

  // MARK: Work

  /// One scene in other colours each time, as it is and of two symmetries: the luma, which is searched by, is the same.
  private func recoloured(_ count: Int, isSymmetric: Bool) -> [Thumbnail] {
    var stream = RandomStream(RandomKey(seed: 3))
    let base = photo(&stream, reach: 60)
    let side = Thumbnail.side
    return (0..<count).map { _ in
      var copy = base
      for place in 0..<side * side {
        let (row, column) = (place / side, place % side)
        let mirrored = min(row, side - 1 - row) * side + min(column, side - 1 - column)
        let luma = Float(base.pixels[3 * (isSymmetric ? mirrored : place)]) + 80
        let (red, blue) = (60 * stream.uniform() - 30, 60 * stream.uniform() - 30)
        let green: Float = -(0.299 * red + 0.114 * blue) / 0.587
        for (channel, change) in [red, green, blue].enumerated() {
          copy.pixels[3 * place + channel] = UInt8((luma + change).rounded())
        }
      }
      return Thumbnail(copy)
    }
  }

  private func effort(_ thumbnails: [Thumbnail]) throws -> (groups: Int, effort: DuplicateSearch.Effort?) {
    let photos = thumbnails.enumerated().map { number, thumbnail in
      (photo: InspectedPhoto(path: "\(number)", split: nil, className: nil), thumbnail: thumbnail)
    }
    var effort: DuplicateSearch.Effort?
    let groups = try DuplicateSearch(photos: photos, exact: []).groups(report: { effort = $0 })
    return (groups.count, effort)
  }

  /// Look-alikes are compared each with each, once, and none of them closely.
  @Test(arguments: [false, true]) func whatLooksAlikeIsComparedOnceAndCheaply(isSymmetric: Bool) throws {
    let count = 1000
    let found = try effort(recoloured(count, isSymmetric: isSymmetric))
    #expect(found.groups == 0)
    let effort = try #require(found.effort)
    #expect(effort.pairs <= (isSymmetric ? 4 : 1) * count * (count - 1) / 2)
    #expect(effort.closePairs == 0)
  }

  /// Photos of one look form one group after few comparisons, without comparing all pairs.
  @Test func whatIsOneLookIsComparedAFewTimes() throws {
    var stream = RandomStream(RandomKey(seed: 4))
    let base = photo(&stream, reach: 240)
    let all = (0..<Self.count).map { _ in Thumbnail(photo(&stream, over: base, reach: 8)) }
    let found = try effort(all)
    #expect(found.groups == 1)
    let effort = try #require(found.effort)
    #expect(effort.pairs <= 20 * Self.count && effort.closePairs <= Self.count, "\(effort)")
  }

  /// The answers are those of comparing every pair in full, whatever the photos.
  @Test(arguments: 0..<6) func theGroupsAreThoseOfEveryPair(seed: Int) throws {
    var stream = RandomStream(RandomKey(seed: UInt64(seed)).derived("pairs"))
    let bases = (0..<4).map { _ in photo(&stream, reach: 200) }
    let all: [Thumbnail] = (0..<150).map { (number: Int) -> Thumbnail in
      // Around the limit of what counts as near, where rounding decides.
      var copy = photo(&stream, over: bases[stream.integer(below: 4)], reach: 18 + stream.integer(below: 12))
      if number % 7 == 0 { copy = copy.flipped(Flip.allCases[stream.integer(below: 8)]) }
      if number % 5 == 0 {
        for place in stride(from: 0, to: copy.pixels.count, by: 3) {
          (copy.pixels[place + 1], copy.pixels[place + 2]) = (copy.pixels[place], copy.pixels[place])
        }
      }
      return Thumbnail(copy)
    }
    var sets = DisjointSets(count: all.count)
    for first in all.indices {
      for second in all.indices where second > first {
        for flip in Flip.allCases where all[first].isNearDuplicate(of: all[second], flipped: flip) {
          sets.join(first, second)
        }
      }
    }
    let expected = sets.groups.filter { $0.count > 1 }.map { Set($0.map(String.init)) }
    let found = try groups(all).map(Set.init)
    #expect(Set(found) == Set(expected))
  }
}
