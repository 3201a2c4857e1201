import Foundation
import Testing
import WhiskerImages

/// The photos that `Tools/reference/images.py` drew, and what Pillow reads in them.
enum Fixtures {
  /// What Pillow reads in one file.
  struct Expectation: Decodable, Sendable, CustomTestStringConvertible {
    let file: String
    let format: PhotoFormat
    let storedHeight: Int
    let storedWidth: Int
    let height: Int
    let width: Int
    let rgb: String
    let gray: String
    let corner: [UInt8]

    var testDescription: String { file }
  }

  /// Pillow's result for one formula photo at another size.
  struct Resize: Decodable, Sendable, CustomTestStringConvertible {
    let height: Int
    let width: Int
    let channels: Int
    let newHeight: Int
    let newWidth: Int
    let interpolation: Interpolation
    let hash: String

    var testDescription: String {
      "\(width)×\(height)×\(channels) → \(newWidth)×\(newHeight), \(interpolation)"
    }
  }

  static let photos: [Expectation] = table("expected.json")
  static let resizes: [Resize] = table("resize.json")

  static func url(_ name: String) -> URL {
    Bundle.module.bundleURL.appendingPathComponent("Fixtures").appendingPathComponent(name)
  }

  static func bytes(_ name: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: url(name))) }

  /// Empty if it can't be read; a test counts the rows.
  static func table<Row: Decodable>(_ name: String) -> [Row] {
    (try? JSONDecoder().decode([Row].self, from: Data(contentsOf: url(name)))) ?? []
  }
}

extension Photo {
  /// Pixels that change at every scale; the script's `formula` is the same.
  static func formula(height: Int, width: Int, channels: Int) -> Photo {
    var pixels: [UInt8] = []
    for row in 0..<height {
      for column in 0..<width {
        for channel in 0..<channels {
          let wave = row * 7 + column * 5 + channel * 83 + (row * column) / 11
          let spark = ((row * 31 + column * 17 + channel * 13) % 29) * 3
          pixels.append(UInt8((wave + spark) % 256))
        }
      }
    }
    return Photo(height: height, width: width, channels: channels, pixels: pixels)
  }

  /// 64-bit FNV-1a of the pixels, as the script writes it.
  var hash: String {
    var value: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in pixels { value = (value ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
