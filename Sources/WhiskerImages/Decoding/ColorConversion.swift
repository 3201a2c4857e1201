import Foundation

/// RGB of pixels in other colours, with Pillow's arithmetic.
enum ColorConversion {
  /// Colours that were multiplied by an alpha behind them: `255·v / alpha`, at most 255; 0 where alpha is 0.
  static func divided(_ samples: [UInt8], height: Int, width: Int, channels: Int) -> Photo {
    Photo(height: height, width: width, channels: channels) { output in
      for pixel in 0..<height * width {
        let alpha = Int(samples[pixel * (channels + 1) + channels])
        for channel in 0..<channels {
          let value = Int(samples[pixel * (channels + 1) + channel])
          output[pixel * channels + channel] = alpha == 0 ? 0 : UInt8(min(255, value * 255 / alpha))
        }
      }
    }
  }

  /// Ink, of which 255 is the most, without colour management.
  static func rgb(ofCMYK samples: [UInt8], height: Int, width: Int) -> Photo {
    let inverted = samples.map { 255 - $0 }
    return inverted.withUnsafeBufferPointer {
      PixelView(height: height, width: width, channels: 4, pixels: $0).rgbFromInvertedCMYK
    }
  }

  /// Brightness and two differences of JPEG's full range (JFIF, ITU-R BT.601), in units of 1/64; Pillow rounds half
  /// a unit up and then towards 0.
  static func rgb(ofYCbCr samples: [UInt8], height: Int, width: Int) -> Photo {
    func table(_ factor: Double) -> [Int] { (0..<256).map { Int(factor * 64 * Double($0 - 128) + 0.5) } }
    let (red, greenOfRed, greenOfBlue, blue) = (table(1.402), table(-0.71414), table(-0.34414), table(1.772))
    return Photo(height: height, width: width, channels: 3) { output in
      for pixel in 0..<height * width {
        let light = Int(samples[3 * pixel])
        let (cb, cr) = (Int(samples[3 * pixel + 1]), Int(samples[3 * pixel + 2]))
        output[3 * pixel] = UInt8(max(0, min(255, light + red[cr] >> 6)))
        output[3 * pixel + 1] = UInt8(max(0, min(255, light + (greenOfRed[cr] + greenOfBlue[cb]) >> 6)))
        output[3 * pixel + 2] = UInt8(max(0, min(255, light + blue[cb] >> 6)))
      }
    }
  }

  /// CIELAB of 8 bits (L from 0 to 255, a and b signed, white D50), brought to sRGB.
  static func rgb(ofLab samples: [UInt8], height: Int, width: Int) -> Photo {
    func cubed(_ value: Double) -> Double {
      value > 6.0 / 29 ? value * value * value : (value - 4.0 / 29) * 108 / 841
    }
    func level(_ light: Double) -> UInt8 {
      let light = max(0, min(1, light))
      let value = light <= 0.0031308 ? 12.92 * light : 1.055 * pow(light, 1 / 2.4) - 0.055
      return UInt8((value * 255).rounded())
    }
    return Photo(height: height, width: width, channels: 3) { output in
      for pixel in 0..<height * width {
        let lightness = (Double(samples[3 * pixel]) * 100 / 255 + 16) / 116
        let a = Double(Int8(bitPattern: samples[3 * pixel + 1]))
        let b = Double(Int8(bitPattern: samples[3 * pixel + 2]))
        let x = 0.9642 * cubed(lightness + a / 500)
        let y = cubed(lightness)
        let z = 0.8249 * cubed(lightness - b / 200)
        // sRGB's primaries, adapted to D50 by Bradford's method.
        output[3 * pixel] = level(3.1338561 * x - 1.6168667 * y - 0.4906146 * z)
        output[3 * pixel + 1] = level(-0.9787684 * x + 1.9161415 * y + 0.0334540 * z)
        output[3 * pixel + 2] = level(0.0719453 * x - 0.2289914 * y + 1.4052427 * z)
      }
    }
  }
}
