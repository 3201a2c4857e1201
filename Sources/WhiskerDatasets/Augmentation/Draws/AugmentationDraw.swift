public import WhiskerTensors

/// What an ``Augmentation`` does to one use of one photo: every number that is drawn.
///
/// It is a pure function of a key, and so of the seed, the pass over the data and the photo; each number has
/// its own random stream, so that turning one change on doesn't affect the others.
public struct AugmentationDraw: Hashable, Sendable {
  /// The rotation in degrees, to the left if positive.
  public var rotation: Double = 0
  /// Rows that the photo moves up by, in pixels.
  public var heightShift: Double = 0
  /// Columns that the photo moves to the left by, in pixels.
  public var widthShift: Double = 0
  /// The shear in degrees.
  public var shear: Double = 0
  /// The factor of the columns; above 1 the picture gets narrower.
  public var columnZoom: Double = 1
  /// The factor of the rows; above 1 the picture gets lower.
  public var rowZoom: Double = 1
  /// Whether left and right are exchanged.
  public var flipsHorizontally = false
  /// Whether top and bottom are exchanged.
  public var flipsVertically = false
  /// The window that is enlarged to the whole photo; nil for all of it.
  public var crop: Window?

  /// What is added to every channel, of 255; nil for nothing.
  public var channelShift: Float?
  /// The factor of the brightness; nil for none.
  public var brightness: Float?
  /// Brightness, contrast, saturation and hue; nil for no change.
  public var jitter: Jitter?
  /// Whether the photo becomes gray.
  public var isGray = false
  /// The standard deviation of the blur in pixels; nil for none.
  public var blur: Float?
  /// What is painted over; nil for nothing.
  public var erasing: Erasing?
  /// The operations of RandAugment or TrivialAugment.
  public var policy: PolicyDraw = .none

  /// A draw that changes nothing.
  public init() {}

  /// A rectangle of a photo in pixels, from the outer edge of its first one.
  public struct Window: Hashable, Sendable {
    /// The distance from the top.
    public var top: Double
    /// The distance from the left.
    public var left: Double
    /// Rows.
    public var height: Double
    /// Columns.
    public var width: Double

    /// A rectangle.
    public init(top: Double, left: Double, height: Double, width: Double) {
      self.top = top
      self.left = left
      self.height = height
      self.width = width
    }
  }

  /// What a ``ColorJitter`` drew.
  public struct Jitter: Hashable, Sendable {
    /// The four changes.
    public enum Step: Int, Hashable, Sendable, CaseIterable {
      /// Each is done once.
      case brightness, contrast, saturation, hue
    }

    /// The factor of the brightness.
    public var brightness: Float = 1
    /// The factor of the contrast.
    public var contrast: Float = 1
    /// The factor of the saturation.
    public var saturation: Float = 1
    /// The turn of the hue in degrees.
    public var hue: Float = 0
    /// Which of the 24 orders of the four steps.
    public var order = 0

    /// No change.
    public init() {}

    /// The step at a place of the order.
    package func step(at place: Int) -> Step {
      // The digits of the order in base 4!, 3!, 2!, 1! pick from the steps that are left.
      var rest = order
      var left: SIMD4<Int8> = [0, 1, 2, 3]
      for position in 0..<4 {
        let remaining = 4 - position
        let pick = rest % remaining
        rest /= remaining
        let chosen = left[pick]
        for index in pick..<3 { left[index] = left[index + 1] }
        if position == place { return Step(rawValue: Int(chosen)) ?? .brightness }
      }
      return .brightness
    }
  }

  /// What a ``RandomErasing`` drew.
  public struct Erasing: Hashable, Sendable {
    /// The rectangle, rounded to whole pixels.
    public var rows: Range<Int>
    /// The rectangle, rounded to whole pixels.
    public var columns: Range<Int>
    /// One brightness, 0 to 255; nil for noise.
    public var value: Float?
    /// What noise is drawn from.
    public var key: RandomKey

    /// A rectangle of a photo, painted with a brightness or with noise.
    public init(rows: Range<Int>, columns: Range<Int>, value: Float?, key: RandomKey = RandomKey(seed: 0)) {
      self.rows = rows
      self.columns = columns
      self.value = value
      self.key = key
    }
  }
}

extension AugmentationDraw.Erasing {
  /// Paints the rectangle over input values of `[rows, width, channels]`.
  func paint(_ values: UnsafeMutableBufferPointer<Float>, width: Int, channels: Int, rescale: Float) {
    var noise = RandomStream(key)
    for row in rows {
      let places =
        (row * width + columns.lowerBound) * channels..<(row * width + columns.upperBound) * channels
      for place in places { values[place] = (value ?? 255 * noise.uniform()) * rescale }
    }
  }
}
