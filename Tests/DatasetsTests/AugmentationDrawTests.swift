import Foundation
import Testing
import WhiskerDatasets
import WhiskerImages
import WhiskerTensors

/// What is drawn: ranges, distributions, and that only the key decides.
@Suite struct AugmentationDrawTests {
  private let classic = Augmentation(
    rotationRange: .degrees(40), widthShiftRange: 0.2, heightShiftRange: 0.1, shearRange: .radians(0.2),
    zoomRange: 0.2, horizontalFlip: true)

  private func draws(_ augmentation: Augmentation, _ count: Int, height: Int = 100, width: Int = 150)
    -> [AugmentationDraw]
  {
    (0..<count).map {
      augmentation.draw(RandomKey(seed: 9).derived(UInt64($0)), height: height, width: width)
    }
  }

  /// Checks that numbers fill a range evenly.
  private func expectUniform(
    _ values: [Double], _ range: ClosedRange<Double>, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let mean = values.reduce(0, +) / Double(values.count)
    let width = range.upperBound - range.lowerBound
    #expect(values.allSatisfy(range.contains), sourceLocation: sourceLocation)
    #expect(
      abs(mean - (range.lowerBound + range.upperBound) / 2) < 0.03 * width, sourceLocation: sourceLocation)
    #expect((values.min() ?? 0) < range.lowerBound + 0.02 * width, sourceLocation: sourceLocation)
    #expect((values.max() ?? 0) > range.upperBound - 0.02 * width, sourceLocation: sourceLocation)
  }

  @Test func rangesAreKeras() {
    let draws = draws(classic, 2000)
    expectUniform(draws.map(\.rotation), -40...40)
    expectUniform(draws.map(\.widthShift), -30.001...30.001)
    expectUniform(draws.map(\.heightShift), -10.001...10.001)
    expectUniform(draws.map(\.shear), -11.4592...11.4592)
    expectUniform(draws.map(\.columnZoom), 0.8 - 1e-6...1.2 + 1e-6)
    expectUniform(draws.map(\.rowZoom), 0.8 - 1e-6...1.2 + 1e-6)
    #expect((900...1100).contains(draws.count { $0.flipsHorizontally }))
    #expect(draws.allSatisfy { !$0.flipsVertically && $0.crop == nil && $0.erasing == nil })
    #expect(draws.allSatisfy { $0.columnZoom != $0.rowZoom })
  }

  @Test func shiftsAreFractionsPixelsOrLists() {
    func shifts(_ range: ShiftRange) -> Set<Double> {
      Set(draws(Augmentation(heightShiftRange: range), 500).map(\.heightShift))
    }
    #expect(shifts(4) == [-3, -2, -1, 0, 1, 2, 3])
    #expect(shifts([2, 7]) == [-7, -2, 2, 7])
    #expect(shifts([0.25, 0.5]) == [-50, -25, 25, 50])
    #expect(shifts([0.5, 2]) == [-2, -0.5, 0.5, 2])
    expectUniform(draws(Augmentation(heightShiftRange: 2.5), 2000).map(\.heightShift), -2.5...2.5)
    #expect(shifts(.none) == [0])
  }

  @Test func switchingSomethingOnLeavesTheRestAsItWas() {
    var more = classic
    more.verticalFlip = true
    more.colorJitter = ColorJitter(brightness: 0.4)
    more.randAugment = RandAugment()
    for (plain, changed) in zip(draws(classic, 20), draws(more, 20)) {
      #expect(plain.rotation == changed.rotation)
      #expect(plain.rowZoom == changed.rowZoom)
      #expect(plain.flipsHorizontally == changed.flipsHorizontally)
    }
  }

  /// The classic recipe's epoch: 3,200 uses of 2,000 photos.
  @Test func noAugmentationIsRepeated() {
    var plan = BatchPlan.training(count: 2000, batchSize: 32, key: RandomKey(seed: 0), fromStep: 0)
    let augmenter = Augmenter(
      classic, seed: 0, preparation: PhotoPreparation(height: 150, width: 150))
    let samples = (0..<100).flatMap { plan.draws(ofStep: $0) }
    #expect(Set(samples).count == 3200)
    #expect(Set(samples.map(\.index)).count == 2000)
    let draws = samples.map(augmenter.draw)
    #expect(Set(draws).count == 3200)
    #expect(Set(draws.map { [$0.rotation, $0.widthShift, $0.shear] }).count == 3200)
    #expect(samples.map(augmenter.draw) == draws)
    let other = Augmenter(classic, seed: 1, preparation: PhotoPreparation(height: 150, width: 150))
    #expect(Set(draws).isDisjoint(with: samples.map(other.draw)))
  }

  @Test(arguments: [(100, 150), (40, 300)]) func cropsLieWithinThePhoto(height: Int, width: Int) throws {
    let crop = RandomResizedCrop(scale: 0.2...0.8, ratio: 0.5...2)
    for draw in draws(Augmentation(randomResizedCrop: crop), 500, height: height, width: width) {
      let window = try #require(draw.crop)
      #expect(window.top >= 0 && window.top + window.height <= Double(height) + 1e-9)
      #expect(window.left >= 0 && window.left + window.width <= Double(width) + 1e-9)
      let share = window.height * window.width / Double(height * width)
      #expect((0.19...0.81).contains(share))
      #expect((0.49...2.01).contains(window.width / window.height))
    }
  }

  @Test func colorsAreDrawnFromTheirRanges() {
    let augmentation = Augmentation(
      channelShiftRange: 50, brightnessRange: 0.5...1.5,
      colorJitter: ColorJitter(brightness: 0.2, contrast: 2, saturation: 0.5, hue: 0.25), grayscale: 0.3,
      gaussianBlur: GaussianBlur(sigma: 1...3, probability: 0.4))
    let draws = draws(augmentation, 2000)
    expectUniform(draws.compactMap(\.channelShift).map(Double.init), -50...50)
    expectUniform(draws.compactMap(\.brightness).map(Double.init), 0.5...1.5)
    expectUniform(draws.compactMap(\.jitter?.brightness).map(Double.init), 0.7999...1.2001)
    expectUniform(draws.compactMap(\.jitter?.contrast).map(Double.init), 0...3)
    expectUniform(draws.compactMap(\.jitter?.hue).map(Double.init), -90...90)
    #expect(Set(draws.compactMap(\.jitter?.order)) == Set(0..<24))
    expectUniform(draws.compactMap(\.blur).map(Double.init), 1...3)
    #expect((500...700).contains(draws.count { $0.isGray }))
    #expect((700...900).contains(draws.count { $0.blur != nil }))
  }

  @Test func erasingStaysInThePhoto() {
    let draws = draws(
      Augmentation(randomErasing: RandomErasing(probability: 0.5)), 1000, height: 30, width: 20)
    let erasings = draws.compactMap(\.erasing)
    #expect((400...600).contains(erasings.count))
    for erasing in erasings {
      #expect(erasing.rows.lowerBound >= 0 && erasing.rows.upperBound <= 30 && !erasing.rows.isEmpty)
      #expect(erasing.columns.lowerBound >= 0 && erasing.columns.upperBound <= 20 && !erasing.columns.isEmpty)
      #expect(erasing.rows.count * erasing.columns.count <= 600 * 2 / 5)
    }
  }

  @Test func policiesDrawTheirOperations() {
    let policies = draws(Augmentation(randAugment: RandAugment(number: 3, magnitude: 30)), 500).map(\.policy)
    #expect(policies.allSatisfy { $0.count == 3 && Array($0) == Array($0) })
    let operations = Set(policies.flatMap { Array($0) })
    for operation: PolicyOperation in [
      .identity, .shearX(0.3), .shearX(-0.3), .shearY(0.3), .rotate(30), .rotate(-30), .brightness(1.9),
      .posterize(4), .solarize(0), .autoContrast, .equalize,
    ] {
      #expect(operations.contains(operation), "\(operation)")
    }
    let none = draws(Augmentation(randAugment: RandAugment(number: 2, magnitude: 0)), 200).map(\.policy)
    #expect(none.allSatisfy { $0.allSatisfy { $0 != .rotate(30) && $0 != .posterize(4) } })
    let trivial = draws(Augmentation(trivialAugment: true), 500).map(\.policy)
    #expect(trivial.allSatisfy { $0.count == 1 })
    #expect(Set(trivial.compactMap(\.first)).count > 150)
  }
}
