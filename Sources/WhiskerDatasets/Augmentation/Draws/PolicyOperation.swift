/// One of the fourteen operations of RandAugment and TrivialAugment, with its strength.
public enum PolicyOperation: Hashable, Sendable {
  /// Nothing.
  case identity
  /// Columns slide by this many for each row.
  case shearX(Float)
  /// Rows slide by this many for each column.
  case shearY(Float)
  /// A shift by columns, in pixels.
  case translateX(Float)
  /// A shift by rows, in pixels.
  case translateY(Float)
  /// A rotation in degrees.
  case rotate(Float)
  /// A factor of the brightness.
  case brightness(Float)
  /// A factor of the saturation.
  case color(Float)
  /// A factor of the contrast.
  case contrast(Float)
  /// A factor of the sharpness: 0 is smooth, 1 the original.
  case sharpness(Float)
  /// The upper bits that are kept, 2 to 8.
  case posterize(Int)
  /// Levels from this one on are inverted.
  case solarize(Float)
  /// The levels of each channel are stretched to 0…255.
  case autoContrast
  /// The levels of each channel are spread evenly.
  case equalize

  /// The number of operations.
  static let kinds = 14
  /// Strengths are counted from 0 to this.
  static let largestMagnitude = 30

  /// How strong operations become at the largest magnitude; the numbers are torchvision's.
  struct Strengths: Hashable, Sendable {
    let shear: Float
    /// In pixels.
    let rows: Float
    /// In pixels.
    let columns: Float
    /// In degrees.
    let rotation: Float
    /// How far factors leave 1.
    let enhancement: Float
    /// How many bits posterizing takes.
    let bits: Float

    /// RandAugment's, for photos of a size.
    static func randAugment(height: Int, width: Int) -> Strengths {
      Strengths(
        shear: 0.3, rows: 150 / 331 * Float(height), columns: 150 / 331 * Float(width), rotation: 30,
        enhancement: 0.9, bits: 4)
    }

    /// TrivialAugment's.
    static let trivialAugment = Strengths(
      shear: 0.99, rows: 32, columns: 32, rotation: 135, enhancement: 0.99, bits: 6)
  }

  /// The operation of a number below ``kinds``.
  ///
  /// - Parameters:
  ///   - level: The strength, 0 to 1.
  ///   - sign: 1 or −1, for operations that have two directions.
  init(kind: Int, level: Float, sign: Float, strengths: Strengths) {
    let enhancement = 1 + sign * level * strengths.enhancement
    switch kind {
    case 1: self = .shearX(sign * level * strengths.shear)
    case 2: self = .shearY(sign * level * strengths.shear)
    case 3: self = .translateX(sign * level * strengths.columns)
    case 4: self = .translateY(sign * level * strengths.rows)
    case 5: self = .rotate(sign * level * strengths.rotation)
    case 6: self = .brightness(enhancement)
    case 7: self = .color(enhancement)
    case 8: self = .contrast(enhancement)
    case 9: self = .sharpness(enhancement)
    case 10: self = .posterize(8 - Int((level * strengths.bits).rounded()))
    case 11: self = .solarize(255 * (1 - level))
    case 12: self = .autoContrast
    case 13: self = .equalize
    default: self = .identity
    }
  }
}
