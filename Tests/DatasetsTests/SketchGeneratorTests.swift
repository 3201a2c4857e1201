import Testing
import WhiskerDatasets
import WhiskerImages
import WhiskerSketches
import WhiskerSystem

@Suite struct SketchGeneratorTests {
  @Test(arguments: Animal.allCases) func sameSeedDrawsTheSamePixels(animal: Animal) throws {
    let first = try SketchGenerator(seed: 7, size: 64)
    let second = try SketchGenerator(seed: 7, size: 64)
    let forwards = try (0..<12).map { try first.sketch(of: animal, index: $0) }
    let backwards = try (0..<12).reversed().map { try second.sketch(of: animal, index: $0) }
    #expect(forwards == Array(backwards.reversed()))
  }

  @Test func threadsDrawTheSamePixels() async throws {
    let generator = try SketchGenerator(seed: 3, size: 64)
    let alone = try (0..<24).map { try generator.sketch(of: .dog, index: $0).pixels }
    let together = try await withThrowingTaskGroup { group in
      for index in 0..<24 {
        group.addTask { (index, try generator.sketch(of: .dog, index: index).pixels) }
      }
      return try await group.reduce(into: [Int: [UInt8]]()) { $0[$1.0] = $1.1 }
    }
    for (index, pixels) in alone.enumerated() { #expect(together[index] == pixels) }
  }

  @Test func everySketchIsDifferent() throws {
    var seen: Set<[UInt8]> = []
    for seed in [0, 1, UInt64.max] {
      let generator = try SketchGenerator(seed: seed, size: 32)
      for animal in Animal.allCases {
        for index in 0..<20 { seen.insert(try generator.sketch(of: animal, index: index).pixels) }
      }
    }
    #expect(seen.count == 3 * 2 * 20)
  }

  @Test(arguments: [8, 33, 200, 1024]) func sizeIsHonoured(size: Int) throws {
    let photo = try SketchGenerator(seed: 0, size: size).sketch(of: .cat, index: 0)
    #expect(photo.shape == [size, size, 3])
    #expect(Set(photo.pixels).count > 20, "a sketch is no plain surface")
  }

  /// What is drawn doesn't depend on the size: the large sketch, shrunk, is close to the small one.
  @Test func sizesShowTheSameScene() throws {
    for index in 0..<6 {
      let small = try SketchGenerator(seed: 5, size: 100).sketch(of: .cat, index: index)
      let large = try SketchGenerator(seed: 5, size: 400).sketch(of: .cat, index: index)
      let other = try SketchGenerator(seed: 5, size: 100).sketch(of: .cat, index: index + 100)
      let same = distance(cells(small), cells(large))
      #expect(same < 12)
      #expect(same < distance(cells(small), cells(other)))
    }
  }

  @Test(arguments: [-1, 0, 7, 4097, Int.max]) func absurdSizesAreRefused(size: Int) {
    let error = #expect(throws: WhiskerError.self) { try SketchGenerator(seed: 0, size: size) }
    #expect(error?.code == .invalidSetting)
    #expect(error?.message.contains("\(size)") == true)
  }

  /// Colours must not give the animals away: the mean of each channel and the mean brightness of the middle
  /// differ by no more than chance allows.
  @Test func coloursAreShared() throws {
    let generator = try SketchGenerator(seed: 0, size: 40)
    let count = 500
    let features = try Animal.allCases.map { animal in
      try (0..<count).map { Self.colours(of: try generator.sketch(of: animal, index: $0)) }
    }
    for channel in 0..<6 {
      let (cats, dogs) = (features[0].map { $0[channel] }, features[1].map { $0[channel] })
      let error = ((variance(cats) + variance(dogs)) / Double(count)).squareRoot()
      // Six comparisons, 3.5 standard errors each: chance alone fails one seed in 350, and the seed is fixed.
      #expect(abs(mean(cats) - mean(dogs)) < 3.5 * error, "channel \(channel)")
      // And chance allows little: the test would see a difference of a sixth of a deviation.
      #expect(error < variance(cats).squareRoot() / 12)
      // Photos are neither dark nor blown out, and the blur and noise keep them so.
      #expect((80...160).contains(mean(cats)))
    }
  }

  /// The mean of each channel, over the whole picture and over its middle quarter.
  private static func colours(of photo: Photo) -> [Double] {
    var sums = [Double](repeating: 0, count: 6)
    let middle = photo.height / 4..<photo.height * 3 / 4
    for row in 0..<photo.height {
      for column in 0..<photo.width {
        for channel in 0..<3 {
          let value = Double(photo.pixels[(row * photo.width + column) * 3 + channel])
          sums[channel] += value / Double(photo.height * photo.width)
          if middle.contains(row) && middle.contains(column) {
            sums[channel + 3] += value / Double(middle.count * middle.count)
          }
        }
      }
    }
    return sums
  }

  private func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

  private func variance(_ values: [Double]) -> Double {
    let middle = mean(values)
    return values.reduce(0) { $0 + ($1 - middle) * ($1 - middle) } / Double(values.count - 1)
  }

  /// The mean brightness of each of 10 × 10 cells.
  private func cells(_ photo: Photo) -> [Double] {
    let side = photo.height / 10
    var sums = [Double](repeating: 0, count: 100)
    for row in 0..<photo.height {
      for column in 0..<photo.width {
        for channel in 0..<3 {
          sums[row / side * 10 + column / side] += Double(
            photo.pixels[(row * photo.width + column) * 3 + channel])
        }
      }
    }
    return sums.map { $0 / Double(3 * side * side) }
  }

  private func distance(_ a: [Double], _ b: [Double]) -> Double {
    mean(zip(a, b).map { abs($0 - $1) })
  }
}
