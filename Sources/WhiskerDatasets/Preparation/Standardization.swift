public import WhiskerSystem

/// How the numbers of a photo are centred and scaled before the network sees them; the names are Keras's.
///
/// It is part of how photos become inputs, not of augmentation: training, evaluation and prediction all do it,
/// and the model file keeps it. The statistics of the training photos are learned by
/// ``PhotoDataset/standardized(_:progress:)``. The order is that of the settings, after `rescale`.
public struct Standardization: Hashable, Sendable {
  /// Whether each photo's own mean is subtracted from it.
  public var samplewiseCenter: Bool
  /// Whether each photo is divided by its own standard deviation; centres it too.
  public var samplewiseStdNormalization: Bool
  /// Whether the training photos' mean is subtracted from each channel.
  public var featurewiseCenter: Bool
  /// Whether each channel is divided by the training photos' standard deviation; centres it too.
  public var featurewiseStdNormalization: Bool
  /// Whether photos are turned so that the training photos' numbers are uncorrelated, each with a deviation of 1, and
  /// back; centres channels too.
  ///
  /// For small photos: at most ``largestWhitening`` numbers.
  public var zcaWhitening: Bool
  /// What keeps directions in which photos hardly differ from being amplified, at least 0.
  public var zcaEpsilon: Float

  /// The most numbers, height × width × channels, that photos can have to be whitened.
  public static let largestWhitening = 4096

  /// A standardization; by default nothing is done.
  public init(
    samplewiseCenter: Bool = false, samplewiseStdNormalization: Bool = false, featurewiseCenter: Bool = false,
    featurewiseStdNormalization: Bool = false, zcaWhitening: Bool = false, zcaEpsilon: Float = 1e-6
  ) {
    self.samplewiseCenter = samplewiseCenter
    self.samplewiseStdNormalization = samplewiseStdNormalization
    self.featurewiseCenter = featurewiseCenter
    self.featurewiseStdNormalization = featurewiseStdNormalization
    self.zcaWhitening = zcaWhitening
    self.zcaEpsilon = zcaEpsilon
  }

  var centersSamples: Bool { samplewiseCenter || samplewiseStdNormalization }
  var centersFeatures: Bool { featurewiseCenter || featurewiseStdNormalization || zcaWhitening }

  /// Checks the numbers, and, for whitening, that photos of this preparation can be whitened.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with code `invalidSetting`, whose place is the setting's name in files.
  public func validate(for preparation: PhotoPreparation) throws(WhiskerError) {
    try requireSetting(
      zcaEpsilon >= 0 && zcaEpsilon.isFinite, "zca_epsilon", expected: "at least 0", got: "\(zcaEpsilon)")
    let count = preparation.sampleShape.count
    try requireSetting(
      !zcaWhitening || count <= Self.largestWhitening, "zca_whitening",
      expected: "photos of at most \(Self.largestWhitening) numbers (height × width × channels)",
      got: "\(count)")
  }
}

extension Standardization: Codable {
  private static var fields: [SettingField<Self>] {
    [
      .init("samplewise_center", \.samplewiseCenter),
      .init("samplewise_std_normalization", \.samplewiseStdNormalization),
      .init("featurewise_center", \.featurewiseCenter),
      .init("featurewise_std_normalization", \.featurewiseStdNormalization),
      .init("zca_whitening", \.zcaWhitening), .init("zca_epsilon", \.zcaEpsilon),
    ]
  }

  /// Reads Keras's names in snake case; missing settings are off, unknown names are refused.
  public init(from decoder: any Decoder) throws {
    self = try SettingField.decode(Self.fields, Self(), from: decoder)
  }

  /// Writes the settings that differ from the default.
  public func encode(to encoder: any Encoder) throws {
    try SettingField.encode(Self.fields, self, Self(), to: encoder)
  }
}
