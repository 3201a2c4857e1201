import Testing
import WhiskerImages
import _TestSupport

@Suite struct PixelOperationTests {
  @Test func theTablesAreThere() {
    #expect(WarpFixtures.operations.count == 322)
    #expect(WarpFixtures.blurs.count == 15)
  }

  @Test(arguments: WarpFixtures.operations) func pixelsEqualPillows(expected: WarpFixtures.Operation) throws {
    let operation = try #require(expected.pixelOperation)
    #expect(expected.photo.applying(operation).hash == expected.hash)
  }

  /// A byte is at most one half from the level it was rounded from.
  @Test func blursEqualSciPys() {
    for expected in WarpFixtures.blurs {
      let photo = Photo.formula(height: expected.height, width: expected.width, channels: expected.channels)
      let blurred = photo.applying(.blur(sigma: expected.sigma)).warpedTensor(
        PhotoWarp(), height: expected.height, width: expected.width)
      let places = expected.result.indices ?? Array(blurred.values.indices)
      for (place, value) in zip(places, expected.result.values) {
        #expect(abs(blurred.values[place] - value) < 0.51)
      }
      #expect(expected.result.distance(to: blurred) < 0.01)
    }
  }

  @Test func nothingIsChangedWhereNothingIsAsked() {
    let photo = Photo.formula(height: 12, width: 19, channels: 3)
    #expect(
      photo.applying(
        .blur(sigma: 0), .posterize(bits: 8), .solarize(threshold: 256), .brightness(1), .contrast(1),
        .saturation(1),
        .sharpness(1)) == photo)
    #expect(photo.applying(.invert, .invert) == photo)
    let flat = Photo(height: 4, width: 5, pixels: Array(repeating: 99, count: 60))
    #expect(flat.applying(.autocontrast, .equalize, .blur(sigma: 3), .sharpness(4), .saturation(0)) == flat)
  }

  /// What an earlier, larger photo left in the scratch memory doesn't show.
  @Test func scratchIsReused() {
    var scratch = PixelScratch()
    for operation in [PixelOperation.blur(sigma: 1.5), .sharpness(2)] {
      for (height, width) in [(60, 70), (9, 4), (61, 71)] {
        var photo = Photo.formula(height: height, width: width, channels: 3)
        let expected = photo.applying(operation)
        photo.pixels.withUnsafeMutableBufferPointer {
          operation.apply(
            to: MutablePixelView(height: height, width: width, channels: 3, bytes: $0), scratch: &scratch)
        }
        #expect(photo == expected)
      }
    }
  }

  @Test func operationsStayWithinTheirPixels() throws {
    for (height, width, channels) in [(1, 1, 1), (1, 1, 3), (2, 3, 3), (3, 3, 1), (8, 5, 3)] {
      let photo = Photo.formula(height: height, width: width, channels: channels)
      for atEnd in [false, true] {
        var scratch = PixelScratch()
        for operation: PixelOperation in [
          .blur(sigma: 40), .blur(sigma: 1), .sharpness(2), .saturation(2), .equalize,
        ] {
          let guarded = try #require(GuardedBytes(photo, atEnd: atEnd))
          operation.apply(
            to: MutablePixelView(height: height, width: width, channels: channels, bytes: guarded.bytes),
            scratch: &scratch)
          #expect(Array(guarded.bytes) == photo.applying(operation).pixels)
        }
      }
    }
  }
}
