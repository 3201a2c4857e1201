import Foundation
import Testing
import WhiskerImages
import WhiskerTensors
import _TestSupport

/// What SciPy and Pillow make of formula photos; `Tools/reference/transforms.py` wrote it down.
enum WarpFixtures {
  /// One photo through one affine map, by SciPy.
  struct Warp: Decodable, Sendable, CustomTestStringConvertible {
    let height: Int
    let width: Int
    let channels: Int
    let map: String
    let coefficients: [Double]
    let fill: FillMode
    let sampling: Sampling
    let result: TensorDigest

    var affineMap: AffineMap {
      AffineMap(
        rowFromRow: coefficients[0], rowFromColumn: coefficients[1], rowOffset: coefficients[2],
        columnFromRow: coefficients[3], columnFromColumn: coefficients[4], columnOffset: coefficients[5])
    }

    var testDescription: String { "\(height)×\(width)×\(channels) \(map), \(fill), \(sampling)" }
  }

  /// A gray photo enlarged by Pillow's cubic, and its values at some places.
  struct Enlargement: Decodable, Sendable {
    let height: Int
    let width: Int
    let newHeight: Int
    let newWidth: Int
    let places: [Int]
    let values: [Float]
  }

  /// A photo blurred by SciPy.
  struct Blur: Decodable, Sendable {
    let height: Int
    let width: Int
    let channels: Int
    let sigma: Float
    let result: TensorDigest
  }

  /// A photo changed by Pillow.
  struct Operation: Decodable, Sendable, CustomTestStringConvertible {
    let height: Int
    let width: Int
    let channels: Int
    let low: Int
    let high: Int
    let operation: String
    let strength: Float
    let hash: String

    /// The formula photo with its levels squeezed into `low ... high`.
    var photo: Photo {
      var photo = Photo.formula(height: height, width: width, channels: channels)
      photo.pixels = photo.pixels.map { UInt8(Int($0) * (high - low) / 255 + low) }
      return photo
    }

    var pixelOperation: PixelOperation? {
      switch operation {
      case "autocontrast": .autocontrast
      case "equalize": .equalize
      case "invert": .invert
      case "posterize": .posterize(bits: Int(strength))
      case "solarize": .solarize(threshold: strength)
      case "brightness": .brightness(strength)
      case "contrast": .contrast(strength)
      case "saturation": .saturation(strength)
      case "sharpness": .sharpness(strength)
      default: nil
      }
    }

    var testDescription: String { "\(operation)(\(strength)) of \(height)×\(width)×\(channels)" }
  }

  static let warps: [Warp] = Fixtures.table("warps.json")
  static let enlargements: [Enlargement] = Fixtures.table("enlargements.json")
  static let blurs: [Blur] = Fixtures.table("blurs.json")
  static let operations: [Operation] = Fixtures.table("operations.json")
}

extension Photo {
  /// What a warp writes, `[height, width, channels]`.
  func warpedTensor(_ warp: PhotoWarp, height: Int, width: Int) -> Tensor {
    var tensor = Tensor(shape: [height, width, channels], repeating: .nan)
    tensor.values.withUnsafeMutableBufferPointer { values in
      withPixelView { warp.write($0, height: height, width: width, into: values) }
    }
    return tensor
  }
}
