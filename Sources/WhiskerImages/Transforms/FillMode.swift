import WhiskerSystem

/// What lies beyond the edges of a photo: SciPy's and Keras's modes, drawn for a row of pixels `a b c d`.
public enum FillMode: String, Hashable, Sendable, CaseIterable, Codable {
  /// `a a a a | a b c d | d d d d`: the pixel at the edge.
  case nearest
  /// `k k k k | a b c d | k k k k`: one value, without interpolation between it and the photo: it begins where
  /// the centres of the outermost pixels end.
  case constant
  /// `d c b a | a b c d | d c b a`: the photo in a mirror that stands at its edge.
  case reflect
  /// `a b c | a b c d | b c d`: the photo again, its last pixel taking the place of the first, so that the
  /// period is one less than the size.
  ///
  /// It is what SciPy's `affine_transform`, and with it Keras, calls "wrap"; SciPy's "grid-wrap" is another mode.
  case wrap
}

extension FillMode {
  /// Reads a name.
  public init(from decoder: any Decoder) throws { self = try decodeChoice(from: decoder) }
}
