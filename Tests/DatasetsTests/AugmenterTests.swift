import Foundation
import Testing
import WhiskerDatasets
import WhiskerImages
import WhiskerSystem
import WhiskerTensors
import _TestSupport

/// What is done to one photo: the order of the operations, each against the same thing done by hand.
@Suite struct AugmenterTests {
  private let photo = Photo(
    height: 20, width: 26,
    pixels: Formula.bits("augmenter", count: 20 * 26 * 3).map { UInt8($0 >> 16) })

  private func result(
    _ draw: AugmentationDraw, _ augmentation: Augmentation = Augmentation(), rescale: Float = 1
  ) -> Tensor {
    photo.augmented(augmentation, draw, rescale: rescale)
  }

  private func pixel(_ tensor: Tensor, _ row: Int, _ column: Int) -> [Float] {
    Array(tensor.values[(row * 26 + column) * 3..<(row * 26 + column) * 3 + 3])
  }

  @Test func flipsMirror() {
    var draw = AugmentationDraw()
    draw.flipsHorizontally = true
    let mirrored = result(draw)
    draw.flipsVertically = true
    let both = result(draw)
    let original = result(AugmentationDraw())
    #expect(original.values == photo.pixels.map(Float.init))
    for (row, column) in [(0, 0), (3, 25), (19, 7)] {
      #expect(pixel(mirrored, row, column) == pixel(original, row, 25 - column))
      #expect(pixel(both, row, column) == pixel(original, 19 - row, 25 - column))
    }
  }

  @Test func shiftsMoveAlongTheirOwnAxisUnlessKerasExact() {
    var draw = AugmentationDraw()
    draw.heightShift = 4
    let original = result(AugmentationDraw())
    #expect(pixel(result(draw), 2, 9) == pixel(original, 6, 9))
    #expect(pixel(result(draw, Augmentation(kerasExact: true)), 2, 9) == pixel(original, 2, 13))
  }

  @Test func aCropIsEnlarged() {
    var draw = AugmentationDraw()
    draw.crop = .init(top: 5, left: 13, height: 10, width: 13)
    let cropped = result(draw, Augmentation(interpolation: .nearest))
    let original = result(AugmentationDraw())
    #expect(pixel(cropped, 0, 0) == pixel(original, 5, 13))
    #expect(pixel(cropped, 19, 25) == pixel(original, 14, 25))
    #expect(pixel(cropped, 8, 4) == pixel(original, 9, 15))
  }

  /// Channel shift, then brightness, then the jitter in its order, then gray; clamped once, then scaled.
  @Test func coloursChangeInOrder() {
    var draw = AugmentationDraw()
    draw.channelShift = 10
    draw.brightness = 1.5
    let shifted = result(draw, rescale: 0.5)
    for (value, byte) in zip(shifted.values, photo.pixels) {
      #expect(abs(value - 0.5 * min(255, (Float(byte) + 10) * 1.5)) < 0.01)
    }
    draw = AugmentationDraw()
    draw.isGray = true
    let gray = pixel(result(draw), 4, 4)
    let luma = zip(pixel(result(AugmentationDraw()), 4, 4), [0.299, 0.587, 0.114] as [Float])
      .reduce(0) { $0 + $1.0 * $1.1 }
    #expect(gray.allSatisfy { abs($0 - luma) < 0.01 })
  }

  @Test func contrastKeepsTheMeanWhateverTheOrder() {
    for order in 0..<24 {
      var draw = AugmentationDraw()
      var jitter = AugmentationDraw.Jitter()
      (jitter.contrast, jitter.order) = (0.5, order)
      draw.jitter = jitter
      let mean =
        photo.rgb.pixels.indices.reduce(0.0) { sum, place in
          sum + [0.299, 0.587, 0.114][place % 3] * Double(photo.pixels[place])
        } / 520
      let found = result(draw)
      for (value, byte) in zip(found.values, photo.pixels) {
        #expect(abs(value - Float(mean + (Double(byte) - mean) * 0.5)) < 0.01)
      }
    }
  }

  @Test func operationsOnPixelsComeFirstAndErasingLast() {
    var draw = AugmentationDraw()
    draw.blur = 1.5
    draw.flipsHorizontally = true
    draw.erasing = .init(rows: 2..<5, columns: 3..<9, value: 77)
    let blurred = photo.applying(.blur(sigma: 1.5))
    let result = result(draw, rescale: 0.5)
    for row in 0..<20 {
      for column in 0..<26 {
        let isErased = (2..<5).contains(row) && (3..<9).contains(column)
        let place = (row * 26 + 25 - column) * 3
        let expected =
          isErased ? [77, 77, 77] : blurred.pixels[place..<place + 3].map(Float.init)
        #expect(pixel(result, row, column) == expected.map { $0 * 0.5 })
      }
    }
  }

  @Test func noiseIsDrawnFromItsKey() throws {
    let augmentation = Augmentation(randomErasing: RandomErasing(probability: 1, value: .random))
    let draws = [1, 1, 2].map { augmentation.draw(RandomKey(seed: $0), height: 20, width: 26) }
    let results = draws.map { result($0, augmentation) }
    #expect(results[0] == results[1])
    #expect(results[0] != results[2])
    let erasing = try #require(draws[0].erasing)
    var changed = 0
    for row in erasing.rows {
      for column in erasing.columns {
        let values = pixel(results[0], row, column)
        #expect(values.allSatisfy { (0..<255).contains($0) })
        if values != pixel(result(AugmentationDraw()), row, column) { changed += 1 }
      }
    }
    #expect(changed == erasing.rows.count * erasing.columns.count)
  }

  /// Every operation of RandAugment runs, and its pixels are what the photo's own operations give.
  @Test func policiesAreAppliedInTheirOrder() {
    let augmentation = Augmentation(randAugment: RandAugment(number: 2, magnitude: 20))
    let draws = (0..<2000).map { augmentation.draw(RandomKey(seed: $0), height: 20, width: 26) }
    for draw in draws.prefix(100) {
      #expect(result(draw, augmentation).values.allSatisfy { (0...255).contains($0) })
    }
    var compared = 0
    for draw in draws {
      guard case (.solarize(let threshold), .posterize(let bits)) = (draw.policy[0], draw.policy[1]) else {
        continue
      }
      let expected = photo.applying(.solarize(threshold: threshold), .posterize(bits: bits))
      #expect(result(draw, augmentation).values == expected.pixels.map(Float.init))
      compared += 1
    }
    #expect(compared > 0)
  }

  @Test func onePhotoFlows() throws {
    let augmentation = Augmentation(rotationRange: .degrees(20), horizontalFlip: true)
    let flow = try augmentation.flow(photo, seed: 3, rescale: 1)
    let first = Array(flow.prefix(5))
    #expect(first.count == 5)
    #expect(first.allSatisfy { $0.shape == [1, 20, 26, 3] })
    #expect(Set(first).count == 5)
    #expect(Array(flow.prefix(5)) == first)
    #expect(first[2].values == result(flow.draw(of: 2), augmentation).values)
    #expect(throws: WhiskerError.self) { try Augmentation(cval: -1).flow(photo) }
    #expect(Photo(photo.tensor()) == photo)
  }
}
