extension PixelView {
  /// RGB of CMYK pixels as JPEG files hold them, inverted: 255 means no ink (Adobe's convention, which every
  /// program that writes such files follows).
  ///
  /// Each colour is `black − ink · black / 255`, with Pillow's rounding of the quotient.
  var rgbFromInvertedCMYK: Photo {
    precondition(channels == 4, "CMYK has four channels, got \(channels)")
    return Photo(height: height, width: width, channels: 3) { output in
      for index in 0..<height * width {
        let light = Int(pixels[4 * index + 3])
        for channel in 0..<3 {
          let ink = 255 - Int(pixels[4 * index + channel])
          let product = ink * light + 128
          output[3 * index + channel] = UInt8(max(0, light - ((product >> 8) + product) >> 8))
        }
      }
    }
  }
}
