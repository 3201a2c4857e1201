import Foundation
import Testing
import WhiskerDatasets
import WhiskerImages
import WhiskerSystem

/// The settings: what they refuse, and that what is written reads back.
@Suite struct AugmentationTests {
  static let everything = Augmentation(
    rotationRange: .degrees(40), widthShiftRange: 0.2, heightShiftRange: [1, 4.5], shearRange: .radians(0.2),
    zoomRange: ZoomRange(0.5, 1.25), horizontalFlip: true, verticalFlip: true,
    randomResizedCrop: RandomResizedCrop(scale: 0.3...0.9), fillMode: .constant, cval: 127,
    interpolation: .bicubic, channelShiftRange: 20, brightnessRange: 0.5...1.5,
    colorJitter: ColorJitter(brightness: 0.4, hue: 0.1), grayscale: 0.1,
    gaussianBlur: GaussianBlur(sigma: 0.5...1), randomErasing: RandomErasing(value: .random),
    randAugment: RandAugment(number: 3, magnitude: 12), mixupAlpha: 0.2, cutMixAlpha: 1, kerasExact: true)

  private func coded(_ augmentation: Augmentation) throws -> Augmentation {
    try JSONDecoder().decode(Augmentation.self, from: JSONEncoder().encode(augmentation))
  }

  private func read(_ json: String) throws -> Augmentation {
    try JSONDecoder().decode(Augmentation.self, from: Data(json.utf8))
  }

  @Test func everySettingSurvives() throws {
    try Self.everything.validate()
    #expect(try coded(Self.everything) == Self.everything)
    for shift: ShiftRange in [.none, 0.5, 3, 2.5, .uniformPixels(2), [0.1, 0.2]] {
      #expect(try coded(Augmentation(widthShiftRange: shift)).widthShiftRange == shift)
    }
    #expect(try coded(Augmentation(trivialAugment: true)).trivialAugment)
  }

  @Test func whatIsAsByDefaultIsNotWritten() throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    func text(_ augmentation: Augmentation) throws -> String {
      String(decoding: try encoder.encode(augmentation), as: UTF8.self)
    }
    #expect(try text(Augmentation()) == "{}")
    #expect(
      try text(Augmentation(shearRange: .radians(0.5), zoomRange: 0.25, randAugment: RandAugment()))
        == #"{"rand_augment":{},"shear_range":{"radians":0.5},"zoom_range":0.25}"#)
  }

  @Test func namesAndMeaningsAreKeras() throws {
    let read = try read(
      """
      {"rotation_range": 40, "width_shift_range": 0.2, "height_shift_range": 5, "shear_range": {"radians": 0.2},
       "zoom_range": 0.2, "horizontal_flip": true, "brightness_range": [0.5, 1.5], "fill_mode": "reflect"}
      """)
    #expect(read.rotationRange == .degrees(40))
    #expect(read.widthShiftRange == .fraction(0.2))
    #expect(read.heightShiftRange == .pixels(5))
    #expect(abs(read.shearRange.inDegrees - 11.459) < 1e-3)
    #expect(read.zoomRange == ZoomRange(0.8, 1.2))
    #expect(read.horizontalFlip && !read.verticalFlip)
    #expect(read.brightnessRange == 0.5...1.5)
    #expect(read.fillMode == .reflect)
  }

  @Test(
    arguments: [
      #"{"rotation": 40}"#, #"{"zoom_range": [1, 2, 3]}"#, #"{"rotation_range": {"turns": 1}}"#,
      #"{"fill_mode": "mirror"}"#, #"{"width_shift_range": "far"}"#, #"{"brightness_range": [2, 1]}"#,
      #"{"rand_augment": {"strength": 9}}"#, #"{"random_erasing": {"value": "white"}}"#,
      #"{"horizontal_flip": 1}"#,
    ])
  func nonsenseIsRefused(json: String) {
    #expect(throws: DecodingError.self) { try read(json) }
  }

  static let wrong: [(setting: String, change: @Sendable (inout Augmentation) -> Void)] = [
    ("rotation_range", { $0.rotationRange = .degrees(-1) }),
    ("rotation_range", { $0.rotationRange = .radians(.nan) }),
    ("rotation_range", { $0.rotationRange = .degrees(181) }),
    ("shear_range", { $0.shearRange = .degrees(90) }),
    ("shear_range", { $0.shearRange = .radians(11.5) }),
    ("width_shift_range", { $0.widthShiftRange = -0.2 }),
    ("width_shift_range", { $0.widthShiftRange = .uniformPixels(.infinity) }),
    ("height_shift_range", { $0.heightShiftRange = .pixels(-3) }),
    ("height_shift_range", { $0.heightShiftRange = [] }),
    ("height_shift_range", { $0.heightShiftRange = .choices([1, -1]) }),
    ("width_shift_range", { $0.widthShiftRange = [0, 1e30] }),
    ("width_shift_range", { $0.widthShiftRange = .uniformPixels(2e6) }),
    ("zoom_range", { $0.zoomRange = 1.0 }), ("zoom_range", { $0.zoomRange = ZoomRange(2, 1) }),
    ("zoom_range", { $0.zoomRange = ZoomRange(.nan) }), ("cval", { $0.cval = 256 }),
    ("channel_shift_range", { $0.channelShiftRange = -1 }),
    ("brightness_range", { $0.brightnessRange = -1...1 }), ("grayscale", { $0.grayscale = 1.5 }),
    ("random_resized_crop.scale", { $0.randomResizedCrop = RandomResizedCrop(scale: 0...1) }),
    ("random_resized_crop.ratio", { $0.randomResizedCrop = RandomResizedCrop(ratio: 0...1) }),
    ("color_jitter.hue", { $0.colorJitter = ColorJitter(hue: 0.6) }),
    ("color_jitter.contrast", { $0.colorJitter = ColorJitter(contrast: -1) }),
    ("gaussian_blur.sigma", { $0.gaussianBlur = GaussianBlur(sigma: 0...1) }),
    ("gaussian_blur.probability", { $0.gaussianBlur = GaussianBlur(probability: 2) }),
    ("random_erasing.value", { $0.randomErasing = RandomErasing(value: .constant(-1)) }),
    ("rand_augment.number", { $0.randAugment = RandAugment(number: 0) }),
    ("rand_augment.magnitude", { $0.randAugment = RandAugment(magnitude: 31) }),
    ("trivial_augment", { ($0.randAugment, $0.trivialAugment) = (RandAugment(), true) }),
    ("mixup_alpha", { $0.mixupAlpha = -1 }), ("cutmix_alpha", { $0.cutMixAlpha = .infinity }),
  ]

  @Test(arguments: wrong.indices) func wrongNumbersAreToldByTheirKey(index: Int) throws {
    var augmentation = Augmentation()
    Self.wrong[index].change(&augmentation)
    let error = #expect(throws: WhiskerError.self) { try augmentation.validate() }
    #expect(error?.code == .invalidSetting)
    #expect(error?.place == Self.wrong[index].setting)
    #expect(error?.message.contains("expected") == true)
  }
}
