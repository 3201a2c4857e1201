public import WhiskerImages

/// Random changes that make a training photo look different each time it is used.
///
/// ```swift
/// let augmentation = Augmentation(
///   rotationRange: .degrees(40), widthShiftRange: 0.2, heightShiftRange: 0.2, shearRange: .radians(0.2),
///   zoomRange: 0.2, horizontalFlip: true)
/// ```
/// Given to a ``PhotoDataset`` it changes only the training batches: evaluation sees unchanged photos. The
/// names and meanings are those of Keras's `ImageDataGenerator`, with some more; in a recipe they are written
/// in snake case. The changes of one use of a photo are an ``AugmentationDraw``, a pure function of the seed,
/// the pass over the data and the photo.
///
/// All geometry (crop, rotation, shift, shear, zoom, flips) is one affine map about the middle of the photo, sampled
/// once. The colours change in the same pass: channel shift, brightness, jitter, gray. RandAugment's operations on
/// pixels and the blur come before it, erasing after it, mixing last.
public struct Augmentation: Hashable, Sendable {
  // MARK: Geometry

  /// Rotation by up to this angle to either side, at most 180°.
  public var rotationRange: Angle
  /// Shift along the rows of pixels, to the left or right.
  public var widthShiftRange: ShiftRange
  /// Shift up or down.
  public var heightShiftRange: ShiftRange
  /// Shear by up to this angle to either side, at most 89°.
  public var shearRange: Angle
  /// Factors for rows and columns, drawn independently; above 1 the picture gets smaller.
  public var zoomRange: ZoomRange
  /// Whether half of the photos are mirrored left to right.
  public var horizontalFlip: Bool
  /// Whether half of the photos are mirrored top to bottom.
  public var verticalFlip: Bool
  /// A random window, enlarged; nil for none.
  public var randomResizedCrop: RandomResizedCrop?
  /// What lies beyond a photo's edges.
  public var fillMode: FillMode
  /// The level beyond the edges for the fill mode `constant`, 0 to 255, before `rescale`.
  public var cval: Float
  /// How pixels are made from those around them.
  public var interpolation: Sampling

  // MARK: Colour

  /// A number of up to ± this is added to every channel, 0 to 255.
  ///
  /// Results are clamped to 0…255.
  public var channelShiftRange: Float
  /// The factors of a photo's brightness, at least 0; nil leaves it.
  ///
  /// Results are clamped to 0…255.
  public var brightnessRange: ClosedRange<Float>?
  /// Brightness, contrast, saturation and hue; nil leaves them.
  public var colorJitter: ColorJitter?
  /// How often a photo loses its colours, 0 to 1.
  public var grayscale: Float
  /// A blur; nil for none.
  public var gaussianBlur: GaussianBlur?
  /// A rectangle painted over; nil for none.
  public var randomErasing: RandomErasing?

  // MARK: Policies

  /// A few operations out of fourteen, of one strength; nil for none.
  public var randAugment: RandAugment?
  /// One operation out of fourteen, of random strength (Müller and Hutter, "TrivialAugment", 2021).
  public var trivialAugment: Bool

  // MARK: Mixing

  /// How evenly each photo is blended with another of its batch, and their labels with them.
  ///
  /// The parts are drawn from Beta(α, α) with this α; 0 doesn't blend (Zhang and others, "mixup", 2017).
  public var mixupAlpha: Float
  /// How large a rectangle each photo takes from another of its batch, whose label takes as large a part.
  ///
  /// The part is drawn from Beta(α, α) with this α; 0 takes none (Yun and others, "CutMix", 2019). With mixup too, each
  /// photo gets one of the two.
  public var cutMixAlpha: Float
  /// How often a photo is blended or takes a rectangle at all, 0 to 1.
  public var mixProbability: Float

  // MARK: Keras

  /// Whether Keras's known bugs are reproduced.
  ///
  /// The centre of photos that aren't square is swapped, as are the axes of shifts; the channel shift is clipped to the
  /// photo's own minimum and maximum, and the brightness changes whole numbers, rounded down before and after.
  public var kerasExact: Bool

  /// An augmentation; by default nothing changes.
  public init(
    rotationRange: Angle = .degrees(0), widthShiftRange: ShiftRange = .none,
    heightShiftRange: ShiftRange = .none,
    shearRange: Angle = .degrees(0), zoomRange: ZoomRange = .none, horizontalFlip: Bool = false,
    verticalFlip: Bool = false, randomResizedCrop: RandomResizedCrop? = nil, fillMode: FillMode = .nearest,
    cval: Float = 0, interpolation: Sampling = .bilinear, channelShiftRange: Float = 0,
    brightnessRange: ClosedRange<Float>? = nil, colorJitter: ColorJitter? = nil, grayscale: Float = 0,
    gaussianBlur: GaussianBlur? = nil, randomErasing: RandomErasing? = nil, randAugment: RandAugment? = nil,
    trivialAugment: Bool = false, mixupAlpha: Float = 0, cutMixAlpha: Float = 0, mixProbability: Float = 1,
    kerasExact: Bool = false
  ) {
    self.rotationRange = rotationRange
    self.widthShiftRange = widthShiftRange
    self.heightShiftRange = heightShiftRange
    self.shearRange = shearRange
    self.zoomRange = zoomRange
    self.horizontalFlip = horizontalFlip
    self.verticalFlip = verticalFlip
    self.randomResizedCrop = randomResizedCrop
    self.fillMode = fillMode
    self.cval = cval
    self.interpolation = interpolation
    self.channelShiftRange = channelShiftRange
    self.brightnessRange = brightnessRange
    self.colorJitter = colorJitter
    self.grayscale = grayscale
    self.gaussianBlur = gaussianBlur
    self.randomErasing = randomErasing
    self.randAugment = randAugment
    self.trivialAugment = trivialAugment
    self.mixupAlpha = mixupAlpha
    self.cutMixAlpha = cutMixAlpha
    self.mixProbability = mixProbability
    self.kerasExact = kerasExact
  }

  /// Whether photos of a batch are mixed, and their labels with them: those are then shares of classes, not
  /// classes.
  public var mixesLabels: Bool { mixupAlpha > 0 || cutMixAlpha > 0 }
}
