import Testing
import WhiskerImages
import WhiskerTensors
import _TestSupport

@Suite struct WarpParityTests {
  @Test func theTablesAreThere() {
    #expect(WarpFixtures.warps.count == 240)
    #expect(WarpFixtures.enlargements.count == 3)
  }

  /// Every sampled value within 0.03 of 255 levels of SciPy's, and all of them together within 0.02 %.
  @Test(arguments: WarpFixtures.warps) func levelsEqualSciPys(expected: WarpFixtures.Warp) {
    let photo = Photo.formula(height: expected.height, width: expected.width, channels: expected.channels)
    let warp = PhotoWarp(
      map: expected.affineMap, sampling: expected.sampling, fill: expected.fill, fillValue: 37.5)
    let size = expected.result.shape
    let result = photo.warpedTensor(warp, height: size[0], width: size[1])
    let places = expected.result.indices ?? Array(result.values.indices)
    for (place, value) in zip(places, expected.result.values) {
      #expect(abs(result.values[place] - value) < 0.03)
    }
    #expect(expected.result.distance(to: result) < 2e-4)
  }

  @Test func bicubicEnlargesAsPillowDoes() {
    for expected in WarpFixtures.enlargements {
      let photo = Photo.formula(height: expected.height, width: expected.width, channels: 1)
      let map = AffineMap.crop(
        top: 0, left: 0, height: Double(expected.height), width: Double(expected.width),
        toHeight: expected.newHeight, width: expected.newWidth)
      let warp = PhotoWarp(map: map, sampling: .bicubic)
      let gray = photo.warpedTensor(warp, height: expected.newHeight, width: expected.newWidth)
      let color = photo.rgb.warpedTensor(warp, height: expected.newHeight, width: expected.newWidth)
      for (place, value) in zip(expected.places, expected.values) {
        #expect(abs(gray.values[place] - value) < 0.03)
        for channel in 0..<3 { #expect(abs(color.values[3 * place + channel] - value) < 0.03) }
      }
    }
  }
}
