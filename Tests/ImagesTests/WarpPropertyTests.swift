import Testing
import WhiskerImages
import WhiskerTensors

@Suite struct WarpPropertyTests {
  static let modes = Sampling.allCases.flatMap { sampling in FillMode.allCases.map { (sampling, $0) } }

  private func eachPhoto(_ body: (Photo) throws -> Void) rethrows {
    for channels in [1, 3] {
      for (height, width) in [(1, 1), (1, 6), (5, 1), (2, 2), (17, 23), (40, 140)] {
        try body(.formula(height: height, width: width, channels: channels))
      }
    }
  }

  @Test(arguments: modes) func theIdentityChangesNothing(sampling: Sampling, fill: FillMode) {
    eachPhoto { #expect($0.warped(PhotoWarp(sampling: sampling, fill: fill)) == $0) }
  }

  @Test(arguments: modes) func flipsExchangePixelsAndUndoThemselves(sampling: Sampling, fill: FillMode) {
    eachPhoto { photo in
      let maps = [AffineMap.horizontalFlip(width: photo.width), .verticalFlip(height: photo.height)]
      for (map, isHorizontal) in zip(maps, [true, false]) {
        let warp = PhotoWarp(map: map, sampling: sampling, fill: fill)
        let flipped = photo.warped(warp)
        #expect(flipped.warped(warp) == photo)
        let expected = photo.rearranged(height: photo.height, width: photo.width) { row, column in
          isHorizontal ? (row, photo.width - 1 - column) : (photo.height - 1 - row, column)
        }
        #expect(flipped == expected)
      }
    }
  }

  @Test(arguments: modes) func quarterTurnsExchangeRowsAndColumns(sampling: Sampling, fill: FillMode) {
    for side in [1, 2, 17, 70] {
      for channels in [1, 3] {
        let photo = Photo.formula(height: side, width: side, channels: channels)
        for turns in -3...3 {
          var expected = photo
          for _ in 0..<((turns + 4) % 4) {
            expected = expected.rearranged(height: side, width: side) { ($1, side - 1 - $0) }
          }
          let map = AffineMap.rotation(degrees: 90 * Double(turns)).centred(onHeight: side, width: side)
          #expect(photo.warped(PhotoWarp(map: map, sampling: sampling, fill: fill)) == expected)
        }
      }
    }
  }

  @Test func bilinearLevelsStayWithinThePhotos() {
    var random = RandomStream(RandomKey(seed: 7))
    for _ in 0..<200 {
      let photo = Photo.formula(height: 9, width: 14, channels: 3)
      let (low, high) = (photo.pixels.min() ?? 0, photo.pixels.max() ?? 0)
      let map = Self.map(&random, size: 3)
      for fill in [FillMode.nearest, .reflect, .wrap] {
        let values = photo.warpedTensor(PhotoWarp(map: map, fill: fill), height: 20, width: 20).values
        // A mean of means may be off by a rounding.
        #expect(values.allSatisfy { $0 >= Float(low) - 1e-4 && $0 <= Float(high) + 1e-4 })
      }
    }
  }

  /// Maps from tame to absurd: nothing beyond the photo is read, everything in the output and no more is written.
  @Test(arguments: modes) func noMapLeadsBeyondTheBuffers(sampling: Sampling, fill: FillMode) throws {
    var random = RandomStream(RandomKey(seed: 1))
    var maps = [1, 3, 1e2, 1e4, 1e7, 1e9].flatMap { size in
      (0..<12).map { _ in Self.map(&random, size: size) }
    }
    maps.append(AffineMap(rowFromRow: 0, columnFromColumn: 0))
    maps.append(AffineMap(rowFromRow: 1e-300, rowOffset: -1e-300, columnFromColumn: -.leastNonzeroMagnitude))
    maps.append(AffineMap(rowFromRow: -1e9, rowFromColumn: 1e9, columnFromRow: 1e9, columnFromColumn: -1e9))
    try eachPhoto { photo in
      for atEnd in [false, true] {
        let guarded = try #require(GuardedBytes(photo, atEnd: atEnd))
        let view = PixelView(
          height: photo.height, width: photo.width, channels: photo.channels,
          pixels: UnsafeBufferPointer(guarded.bytes))
        for map in maps {
          let warp = PhotoWarp(map: map, sampling: sampling, fill: fill, fillValue: 300)
          let count = 7 * 67 * photo.channels
          var values = [Float](repeating: -1, count: count + 8)
          values.withUnsafeMutableBufferPointer {
            warp.write(
              view, height: 7, width: 67, into: UnsafeMutableBufferPointer(rebasing: $0[4..<(count + 4)]))
          }
          #expect(values.prefix(4).allSatisfy { $0 == -1 } && values.suffix(4).allSatisfy { $0 == -1 })
          #expect(values.dropFirst(4).dropLast(4).allSatisfy { $0 >= -1e-4 && ($0 <= 255.001 || $0 == 300) })
        }
      }
    }
  }

  @Test func onlySaneMapsAreUsable() {
    #expect(AffineMap.identity.isUsable)
    for number in [Double.nan, .infinity, -.infinity, 1.1e9] {
      #expect(!AffineMap(rowOffset: number).isUsable)
      #expect(!AffineMap(columnFromRow: number).isUsable)
    }
  }

  @Test func aGrayPhotoIsWarpedAsOneOfItsColors() {
    var random = RandomStream(RandomKey(seed: 3))
    let gray = Photo.formula(height: 21, width: 34, channels: 1)
    for (sampling, fill) in Self.modes {
      for _ in 0..<10 {
        let warp = PhotoWarp(
          map: Self.map(&random, size: 2), sampling: sampling, fill: fill, fillValue: 9, scale: 0.5)
        let color = gray.rgb.warpedTensor(warp, height: 21, width: 80)
        let level = gray.warpedTensor(warp, height: 21, width: 80)
        #expect(zip(0..., level.values).allSatisfy { abs(color.values[3 * $0] - $1) < 1e-3 })
      }
    }
  }

  @Test func theFillGoesThroughColorsAndScale() {
    let photo = Photo(height: 2, width: 2, channels: 3, pixels: Array(repeating: 7, count: 12))
    let warp = PhotoWarp(
      map: .shift(rows: 9), fill: .constant, fillValue: 100, color: .channelOffsets([10, -200, 0]), scale: 0.1
    )
    #expect(photo.warpedTensor(warp, height: 1, width: 2).values == [11, 0, 10, 11, 0, 10])
  }

  @Test func aPhotoComesBackFromItsTensor() {
    let photo = Photo.formula(height: 9, width: 11, channels: 3)
    let tensor = photo.warpedTensor(PhotoWarp(scale: 1 / 255), height: 9, width: 11)
    #expect(Photo(tensor) == photo)
    #expect(
      Photo(Tensor(shape: [1, 4, 1], values: [-3, .nan, 2, 0.4999]), rescale: 1).pixels == [0, 0, 2, 0])
    #expect(Photo(Tensor(shape: [1, 2, 1], values: [1e30, 254.5]), rescale: 1).pixels == [255, 255])
  }

  /// Coefficients and offsets of up to `size`.
  private static func map(_ random: inout RandomStream, size: Float) -> AffineMap {
    func next() -> Double { Double(random.uniform(in: -size...size)) }
    return AffineMap(
      rowFromRow: next(), rowFromColumn: next(), rowOffset: next(),
      columnFromRow: next(), columnFromColumn: next(), columnOffset: next())
  }
}

extension Photo {
  /// The photo whose pixel at (row, column) is this one's at `place(row, column)`.
  fileprivate func rearranged(height: Int, width: Int, place: (Int, Int) -> (Int, Int)) -> Photo {
    var result = Photo(
      height: height, width: width, channels: channels,
      pixels: Array(repeating: 0, count: height * width * channels))
    for row in 0..<height {
      for column in 0..<width {
        let source = place(row, column)
        for channel in 0..<channels {
          result.pixels[(row * width + column) * channels + channel] =
            pixels[(source.0 * self.width + source.1) * channels + channel]
        }
      }
    }
    return result
  }
}
