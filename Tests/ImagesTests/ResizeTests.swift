import Testing
import WhiskerImages

@Suite struct ResizeTests {
  @Test func theTableIsThere() { #expect(Fixtures.resizes.count == 108) }

  @Test(arguments: Fixtures.resizes) func pixelsEqualPillows(expected: Fixtures.Resize) {
    let photo = Photo.formula(height: expected.height, width: expected.width, channels: expected.channels)
    let resized = photo.resized(
      height: expected.newHeight, width: expected.newWidth, interpolation: expected.interpolation)
    #expect(resized.shape == [expected.newHeight, expected.newWidth, expected.channels])
    #expect(resized.hash == expected.hash)
  }

  @Test func bilinearShrinksARampAsPublished() {
    let ramp = Photo(height: 1, width: 10, channels: 1, pixels: (0..<10).map { UInt8($0 * 25) })
    #expect(ramp.resized(height: 1, width: 4, interpolation: .bilinear).pixels == [25, 81, 144, 200])
  }

  @Test(arguments: Interpolation.allCases) func aFlatPhotoStaysFlat(interpolation: Interpolation) {
    let flat = Photo(height: 13, width: 7, pixels: Array(repeating: 201, count: 13 * 7 * 3))
    for (height, width) in [(1, 1), (13, 7), (40, 3), (3, 40), (64, 64)] {
      let resized = flat.resized(height: height, width: width, interpolation: interpolation)
      #expect(resized.pixels.allSatisfy { $0 == 201 })
      #expect(resized.pixels.count == height * width * 3)
    }
  }
}
