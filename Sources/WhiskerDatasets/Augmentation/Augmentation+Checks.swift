public import WhiskerSystem

extension Augmentation {
  /// Checks every number.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with code `invalidSetting`, whose place is the setting's name in files, such as
  ///   `rotation_range`.
  public func validate() throws(WhiskerError) {
    try checkAngle(rotationRange, "rotation_range", 0...180)
    try checkAngle(shearRange, "shear_range", 0...89)
    try widthShiftRange.check("width_shift_range")
    try heightShiftRange.check("height_shift_range")
    try zoomRange.check("zoom_range")
    try requireSetting((0...255).contains(cval), "cval", expected: "0 to 255", got: "\(cval)")
    try requireSetting(
      (0...255).contains(channelShiftRange), "channel_shift_range",
      expected: "0 to 255", got: "\(channelShiftRange)")
    if let range = brightnessRange {
      try requireSetting(
        range.lowerBound >= 0 && range.upperBound <= 1000, "brightness_range",
        expected: "factors from 0 to 1000", got: "\(range.lowerBound) to \(range.upperBound)")
    }
    try requireProbability(grayscale, "grayscale")
    try requireProbability(mixProbability, "mix_probability")
    try randomResizedCrop?.check("random_resized_crop")
    try colorJitter?.check("color_jitter")
    try gaussianBlur?.check("gaussian_blur")
    try randomErasing?.check("random_erasing")
    try randAugment?.check("rand_augment")
    try requireSetting(
      randAugment == nil || !trivialAugment, "trivial_augment", expected: "it or rand_augment", got: "both")
    for (name, alpha) in [("mixup_alpha", mixupAlpha), ("cutmix_alpha", cutMixAlpha)] {
      try requireSetting(
        alpha == 0 || (0.01...100).contains(alpha), name, expected: "0.01 to 100", got: "\(alpha)")
    }
  }

  /// Checks every number, and that the labels of a mode and the photos of a batch can be mixed if necessary.
  func check(classMode: ClassMode, batchSize: Int) throws(WhiskerError) {
    try validate()
    try requireSetting(
      !mixesLabels || batchSize > 1, "batch size",
      expected: "at least 2 for mixup or CutMix, which mix the photos of a batch", got: "\(batchSize)")
    try requireSetting(
      !mixesLabels || classMode == .binary || classMode == .categorical, "class mode",
      expected: "binary or categorical for labels that mixup or CutMix mix", got: "\(classMode.rawValue)")
  }

  private func checkAngle(_ angle: Angle, _ name: String, _ range: ClosedRange<Double>) throws(WhiskerError) {
    let degrees = angle.inDegrees
    // Radians that are converted may miss the bound by a rounding.
    try requireSetting(
      degrees >= range.lowerBound && degrees <= range.upperBound + 1e-4, name,
      expected: "\(Int(range.lowerBound)) to \(Int(range.upperBound)) degrees", got: "\(Float(degrees))")
  }
}

/// Throws unless a setting is a probability.
func requireProbability(_ value: Float, _ name: String) throws(WhiskerError) {
  try requireSetting((0...1).contains(value), name, expected: "a probability from 0 to 1", got: "\(value)")
}

/// Throws unless a setting is a range of shares of an area.
func requireShare(_ range: ClosedRange<Float>, _ name: String) throws(WhiskerError) {
  try requireSetting(
    range.lowerBound > 0 && range.upperBound <= 1, name,
    expected: "shares above 0 and up to 1", got: "\(range.lowerBound) to \(range.upperBound)")
}

/// Throws unless a setting is a range of ratios of width to height.
func requireRatio(_ range: ClosedRange<Float>, _ name: String) throws(WhiskerError) {
  try requireSetting(
    range.lowerBound >= 0.01 && range.upperBound <= 100, name,
    expected: "ratios from 0.01 to 100", got: "\(range.lowerBound) to \(range.upperBound)")
}
