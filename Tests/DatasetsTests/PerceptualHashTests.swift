import Testing
import WhiskerDatasets
import WhiskerImages
import WhiskerInspection
import WhiskerTensors

@Suite struct PerceptualHashTests {
  private static let photos = SketchPool.all

  private func thumbnail(_ photo: Photo) -> Thumbnail {
    Thumbnail(photo.resized(height: Thumbnail.side, width: Thumbnail.side, interpolation: .bilinear))
  }

  private func distance(_ first: PerceptualHash, _ second: PerceptualHash) -> Float {
    first.squaredDistance(to: second).squareRoot()
  }

  @Test func aFlippedPicturesHashIsTheHashFlipped() {
    #expect(Self.photos.count == 24)
    for photo in Self.photos {
      let hash = thumbnail(photo).hash
      for flip in Flip.allCases {
        // Resizing rounds symmetrically but for the last bit.
        #expect(distance(thumbnail(photo.flipped(flip)).hash, hash.flipped(flip)) < 16)
        let back: Flip = flip == .right ? .left : flip == .left ? .right : flip
        #expect(distance(hash.flipped(flip).flipped(back), hash) == 0)
        #expect(distance(hash.flipped(flip).invariant, hash.invariant) == 0)
        #expect(flip == .none || distance(hash, hash.flipped(flip)) > 16)
      }
    }
  }

  @Test func theHashIsStableUnderScale() {
    for photo in Self.photos {
      let original = thumbnail(photo)
      for (height, width) in [(48, 48), (52, 48), (96, 90), (192, 192), (150, 170)] {
        let copy = thumbnail(photo.resized(height: height, width: width, interpolation: .bilinear))
        #expect(distance(copy.hash, original.hash) < PerceptualHash.radius / 2)
        #expect(copy.isNearDuplicate(of: original, flipped: .none))
      }
    }
  }

  /// The promise that makes the search complete: hashes are never further apart than thumbnails.
  @Test func hashesAreNoFurtherApartThanThumbnails() {
    var stream = RandomStream(RandomKey(seed: 5))
    for _ in 0..<300 {
      let first = randomPhoto(&stream)
      var second = first
      let reach = stream.integer(below: 120) + 1
      for place in second.pixels.indices {
        second.pixels[place] = UInt8(
          max(0, min(255, Int(first.pixels[place]) + stream.integer(below: reach))))
      }
      let (left, right) = (Thumbnail(first), Thumbnail(second))
      for flip in Flip.allCases {
        let pixels = Float(Thumbnail.coarseSide) * left.difference(from: right, flipped: flip)
        let hashes = distance(left.hash.flipped(flip), right.hash)
        #expect(hashes <= pixels * 1.0001 + 0.01)
        #expect(distance(left.hash.invariant, right.hash.invariant) <= hashes * 1.0001 + 0.01)
        // Where it is over a limit it may be cut short, but not to below it.
        let limit = pixels * pixels / 4
        let cut = left.hash.flipped(flip).squaredDistance(to: right.hash, limit: limit)
        #expect((cut > limit) == (hashes * hashes > limit) && cut <= hashes * hashes * 1.0001)
      }
    }
  }

  @Test func differentSketchesDiffer() {
    let thumbnails = Self.photos.map(thumbnail)
    for (index, first) in thumbnails.enumerated() {
      for second in thumbnails[..<index] {
        for flip in Flip.allCases { #expect(!first.isNearDuplicate(of: second, flipped: flip)) }
      }
    }
  }

  /// Two pictures of the same luma in different colours are different pictures; a gray one is a copy of either.
  @Test func coloursCount() {
    var photo = Self.photos[0]
    // Paler, so that there is room on both sides.
    photo.pixels = photo.pixels.map { 64 + $0 / 2 }
    var other = photo
    for place in stride(from: 0, to: photo.pixels.count, by: 3) {
      // Half as much more green as less red: the luma hardly changes.
      other.pixels[place] = photo.pixels[place] - 50
      other.pixels[place + 1] = photo.pixels[place + 1] + 25
    }
    let (first, second, gray) = (thumbnail(photo), thumbnail(other), thumbnail(photo.gray.rgb))
    #expect(first.difference(from: second, flipped: .none) < Thumbnail.largestDifference)
    #expect(!first.isNearDuplicate(of: second, flipped: .none))
    #expect(first.isNearDuplicate(of: gray, flipped: .none))
    #expect(gray.isGray && !first.isGray)
  }

  @Test func theTreeFindsWhatComparingAllFinds() {
    var stream = RandomStream(RandomKey(seed: 6))
    for count in [0, 1, 16, 17, 300] {
      let hashes = (0..<count).map { _ in
        // Few different values, so that there are ties.
        PerceptualHash(
          luma: (0..<256).map { Float(($0 / 64 + 1) * stream.integer(below: 3)) })
      }
      let tree = HashTree(hashes)
      for hash in hashes.prefix(40) {
        for radius in [Float(0), 10, 25, 1000] {
          var found: [Int] = []
          tree.visit(near: hash, within: radius) { found.append($0) }
          let expected = hashes.indices.filter { hashes[$0].squaredDistance(to: hash) <= radius * radius }
          #expect(found.sorted() == expected)
        }
      }
    }
  }

  private func randomPhoto(_ stream: inout RandomStream) -> Photo {
    let count = Thumbnail.side * Thumbnail.side * 3
    return Photo(
      height: Thumbnail.side, width: Thumbnail.side,
      pixels: (0..<count).map { _ in UInt8(stream.integer(below: 256)) })
  }
}
