import WhiskerSystem

/// How a resized picture's pixels are made from the original's; the names are Keras's.
public enum Interpolation: String, Codable, Hashable, Sendable, CaseIterable {
  /// The one pixel under the centre of each new pixel: `⌊(i + ½) · in / out⌋`. Fast; Keras's default.
  case nearest
  /// A weighted mean of the pixels around the centre of each new pixel.
  ///
  /// The weights fall off linearly with distance. When the picture shrinks, the neighbourhood widens in
  /// proportion, so that every pixel counts and fine patterns don't alias.
  case bilinear
  /// As ``bilinear``, with a cubic fall-off over twice as many pixels, which keeps more fine detail.
  case bicubic
}

extension Photo {
  /// The picture at another size, equal to Pillow's `resize` pixel for pixel.
  ///
  /// - Parameters:
  ///   - height: Rows of the result, at least 1.
  ///   - width: Columns of the result, at least 1.
  ///   - interpolation: How the new pixels are made.
  public func resized(height: Int, width: Int, interpolation: Interpolation = .nearest) -> Photo {
    if height == self.height && width == self.width { return self }
    return withPixelView { $0.resized(height: height, width: width, interpolation: interpolation) }
  }
}

extension PixelView {
  package func resized(height: Int, width: Int, interpolation: Interpolation) -> Photo {
    precondition(height > 0 && width > 0, "a photo can't be resized to \(height) × \(width)")
    precondition(self.height > 0 && self.width > 0, "a photo without pixels can't be resized")
    return switch interpolation {
    case .nearest: nearest(height: height, width: width)
    case .bilinear: filtered(height: height, width: width, .triangle)
    case .bicubic: filtered(height: height, width: width, .cubic)
    }
  }
}

extension Interpolation {
  /// Reads a name.
  public init(from decoder: any Decoder) throws { self = try decodeChoice(from: decoder) }
}

extension Photo {
  /// The photo, made smaller if one of its sides is longer than this, in its proportions.
  package func fitted(within side: Int) -> Photo {
    let longest = max(height, width)
    guard longest > side, side > 0 else { return self }
    let scale = Double(side) / Double(longest)
    func scaled(_ length: Int) -> Int { max(1, Int((Double(length) * scale).rounded())) }
    return resized(height: scaled(height), width: scaled(width), interpolation: .bilinear)
  }
}
