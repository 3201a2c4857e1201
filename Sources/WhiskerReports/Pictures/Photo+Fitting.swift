package import WhiskerImages

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
