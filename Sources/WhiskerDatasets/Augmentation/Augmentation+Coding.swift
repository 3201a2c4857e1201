import WhiskerSystem

extension Augmentation: Codable {
  /// The settings by their names in files.
  private static var fields: [SettingField<Self>] {
    [
      .init("rotation_range", \.rotationRange), .init("width_shift_range", \.widthShiftRange),
      .init("height_shift_range", \.heightShiftRange), .init("shear_range", \.shearRange),
      .init("zoom_range", \.zoomRange), .init("horizontal_flip", \.horizontalFlip),
      .init("vertical_flip", \.verticalFlip), .init("random_resized_crop", \.randomResizedCrop),
      .init("fill_mode", \.fillMode), .init("cval", \.cval), .init("interpolation", \.interpolation),
      .init("channel_shift_range", \.channelShiftRange), .init("brightness_range", \.brightnessRange),
      .init("color_jitter", \.colorJitter), .init("grayscale", \.grayscale),
      .init("gaussian_blur", \.gaussianBlur), .init("random_erasing", \.randomErasing),
      .init("rand_augment", \.randAugment), .init("trivial_augment", \.trivialAugment),
      .init("mixup_alpha", \.mixupAlpha), .init("cutmix_alpha", \.cutMixAlpha),
      .init("mix_probability", \.mixProbability), .init("keras_exact", \.kerasExact),
    ]
  }

  /// Reads Keras's names in snake case; missing settings have their defaults, unknown names are refused.
  public init(from decoder: any Decoder) throws {
    self = try SettingField.decode(Self.fields, Self(), from: decoder)
  }

  /// Writes the settings that differ from the default.
  public func encode(to encoder: any Encoder) throws {
    try SettingField.encode(Self.fields, self, Self(), to: encoder)
  }
}
