import WhiskerSystem

/// How a pixel of the result is made of the pixels around the point of the source that it is read at.
public enum Sampling: String, Hashable, Sendable, CaseIterable, Codable {
  /// The one pixel whose centre is nearest, `⌊x + ½⌋`: SciPy's order 0.
  case nearest
  /// The weighted mean of the four pixels around, the weights falling linearly to 0 at a distance of 1 along
  /// each axis: SciPy's order 1.
  case bilinear
  /// Sixteen pixels, weighted by Keys's cubic of a = −½ along each axis, and clamped to 0…255.
  ///
  /// It is the kernel of Pillow's `BICUBIC` resampling (and not of SciPy's order 3, which is a spline): for a
  /// distance t the weight is `1 + (1.5·t − 2.5)·t²` up to 1, then `2 + ((2.5 − 0.5·t)·t − 4)·t` up to 2.
  case bicubic
}

extension Sampling {
  /// Reads a name.
  public init(from decoder: any Decoder) throws { self = try decodeChoice(from: decoder) }
}
