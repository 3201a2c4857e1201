import Testing
import WhiskerImages

@Suite struct ColorTests {
  @Test func grayIsTheLumaRounded() {
    let photo = Photo(height: 1, width: 4, pixels: [255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255])
    #expect(photo.gray.pixels == [76, 150, 29, 255])
    #expect(photo.gray.gray == photo.gray)
  }

  @Test func grayToRGBAndBackIsTheSame() {
    let gray = Photo.formula(height: 9, width: 5, channels: 1)
    #expect(gray.rgb.shape == [9, 5, 3])
    #expect(gray.rgb.gray == gray)
  }
}
