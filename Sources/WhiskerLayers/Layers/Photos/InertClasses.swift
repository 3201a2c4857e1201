/// The classes of Keras's layers that do nothing here, for files.
let kindsOfInertLayers: [any Layer.Type] = [
  InertLayer<InertKinds.RandomBrightness>.self,
  InertLayer<InertKinds.RandomColorDegeneration>.self,
  InertLayer<InertKinds.RandomColorJitter>.self,
  InertLayer<InertKinds.RandomContrast>.self,
  InertLayer<InertKinds.RandomElasticTransform>.self,
  InertLayer<InertKinds.RandomErasing>.self,
  InertLayer<InertKinds.RandomFlip>.self,
  InertLayer<InertKinds.RandomGaussianBlur>.self,
  InertLayer<InertKinds.RandomGrayscale>.self,
  InertLayer<InertKinds.RandomHeight>.self,
  InertLayer<InertKinds.RandomHue>.self,
  InertLayer<InertKinds.RandomInvert>.self,
  InertLayer<InertKinds.RandomPerspective>.self,
  InertLayer<InertKinds.RandomPosterization>.self,
  InertLayer<InertKinds.RandomRotation>.self,
  InertLayer<InertKinds.RandomSaturation>.self,
  InertLayer<InertKinds.RandomSharpness>.self,
  InertLayer<InertKinds.RandomShear>.self,
  InertLayer<InertKinds.RandomTranslation>.self,
  InertLayer<InertKinds.RandomWidth>.self,
  InertLayer<InertKinds.RandomZoom>.self,
  InertLayer<InertKinds.AugMix>.self,
  InertLayer<InertKinds.CutMix>.self,
  InertLayer<InertKinds.MixUp>.self,
  InertLayer<InertKinds.RandAugment>.self,
  InertLayer<InertKinds.ActivityRegularization>.self,
]

/// The kinds of layers that do nothing here; each has the settings and defaults of Keras's class of its name.
public enum InertKinds {
  /// Brighter or darker photos.
  public enum RandomBrightness: InertKind {
    public static let className = "RandomBrightness"
    public static let defaults: [String: SettingValue] = [
      "factor": nil,
      "value_range": [0.0, 255.0],
    ]
  }

  /// Photos with less colour.
  public enum RandomColorDegeneration: InertKind {
    public static let className = "RandomColorDegeneration"
    public static let defaults: [String: SettingValue] = [
      "factor": nil,
      "value_range": [0.0, 255.0],
    ]
  }

  /// Photos with other brightness, contrast, saturation and hue.
  public enum RandomColorJitter: InertKind {
    public static let className = "RandomColorJitter"
    public static let defaults: [String: SettingValue] = [
      "brightness_factor": nil,
      "contrast_factor": nil,
      "hue_factor": nil,
      "saturation_factor": nil,
      "value_range": [0.0, 255.0],
    ]
  }

  /// Photos with more or less contrast.
  public enum RandomContrast: InertKind {
    public static let className = "RandomContrast"
    public static let defaults: [String: SettingValue] = [
      "factor": nil,
      "value_range": [0.0, 255.0],
    ]
  }

  /// Photos bent like rubber.
  public enum RandomElasticTransform: InertKind {
    public static let className = "RandomElasticTransform"
    public static let defaults: [String: SettingValue] = [
      "factor": [0.0, 1.0],
      "fill_mode": "reflect",
      "fill_value": 0.0,
      "interpolation": "bilinear",
      "scale": [0.0, 1.0],
      "value_range": [0.0, 255.0],
    ]
  }

  /// Photos with a rectangle missing.
  public enum RandomErasing: InertKind {
    public static let className = "RandomErasing"
    public static let defaults: [String: SettingValue] = [
      "factor": [0.0, 1.0],
      "fill_value": nil,
      "scale": [0.02, 0.33],
      "value_range": [0.0, 255.0],
    ]
  }

  /// Mirrored photos.
  public enum RandomFlip: InertKind {
    public static let className = "RandomFlip"
    public static let defaults: [String: SettingValue] = [
      "mode": "horizontal_and_vertical"
    ]
  }

  /// Blurred photos.
  public enum RandomGaussianBlur: InertKind {
    public static let className = "RandomGaussianBlur"
    public static let defaults: [String: SettingValue] = [
      "factor": [0.0, 1.0],
      "kernel_size": [3.0, 3.0],
      "sigma": [0.0, 1.0],
      "value_range": [0.0, 255.0],
    ]
  }

  /// Photos in gray.
  public enum RandomGrayscale: InertKind {
    public static let className = "RandomGrayscale"
    public static let defaults: [String: SettingValue] = [
      "factor": 0.5
    ]
  }

  /// Photos with more or fewer rows (Keras 2).
  public enum RandomHeight: InertKind {
    public static let className = "RandomHeight"
    public static let defaults: [String: SettingValue] = [
      "factor": nil,
      "interpolation": "bilinear",
    ]
  }

  /// Photos with other hues.
  public enum RandomHue: InertKind {
    public static let className = "RandomHue"
    public static let defaults: [String: SettingValue] = [
      "factor": nil,
      "value_range": [0.0, 255.0],
    ]
  }

  /// Negatives of photos.
  public enum RandomInvert: InertKind {
    public static let className = "RandomInvert"
    public static let defaults: [String: SettingValue] = [
      "factor": [0.0, 1.0],
      "value_range": [0.0, 255.0],
    ]
  }

  /// Photos seen from the side.
  public enum RandomPerspective: InertKind {
    public static let className = "RandomPerspective"
    public static let defaults: [String: SettingValue] = [
      "factor": [0.0, 1.0],
      "fill_value": 0.0,
      "interpolation": "bilinear",
      "scale": 1.0,
    ]
  }

  /// Photos with fewer levels.
  public enum RandomPosterization: InertKind {
    public static let className = "RandomPosterization"
    public static let defaults: [String: SettingValue] = [
      "factor": nil,
      "value_range": [0.0, 255.0],
    ]
  }

  /// Turned photos.
  public enum RandomRotation: InertKind {
    public static let className = "RandomRotation"
    public static let defaults: [String: SettingValue] = [
      "factor": nil,
      "fill_mode": "reflect",
      "fill_value": 0.0,
      "interpolation": "bilinear",
    ]
  }

  /// Photos with more or less colour.
  public enum RandomSaturation: InertKind {
    public static let className = "RandomSaturation"
    public static let defaults: [String: SettingValue] = [
      "factor": nil,
      "value_range": [0.0, 255.0],
    ]
  }

  /// Sharper or softer photos.
  public enum RandomSharpness: InertKind {
    public static let className = "RandomSharpness"
    public static let defaults: [String: SettingValue] = [
      "factor": nil,
      "value_range": [0.0, 255.0],
    ]
  }

  /// Slanted photos.
  public enum RandomShear: InertKind {
    public static let className = "RandomShear"
    public static let defaults: [String: SettingValue] = [
      "fill_mode": "reflect",
      "fill_value": 0.0,
      "interpolation": "bilinear",
      "x_factor": [0.0, 0.0],
      "y_factor": [0.0, 0.0],
    ]
  }

  /// Moved photos.
  public enum RandomTranslation: InertKind {
    public static let className = "RandomTranslation"
    public static let defaults: [String: SettingValue] = [
      "fill_mode": "reflect",
      "fill_value": 0.0,
      "height_factor": nil,
      "interpolation": "bilinear",
      "width_factor": nil,
    ]
  }

  /// Photos with more or fewer columns (Keras 2).
  public enum RandomWidth: InertKind {
    public static let className = "RandomWidth"
    public static let defaults: [String: SettingValue] = [
      "factor": nil,
      "interpolation": "bilinear",
    ]
  }

  /// Larger or smaller photos.
  public enum RandomZoom: InertKind {
    public static let className = "RandomZoom"
    public static let defaults: [String: SettingValue] = [
      "fill_mode": "reflect",
      "fill_value": 0.0,
      "height_factor": nil,
      "interpolation": "bilinear",
      "width_factor": nil,
    ]
  }

  /// Mixtures of chains of changes.
  public enum AugMix: InertKind {
    public static let className = "AugMix"
    public static let defaults: [String: SettingValue] = [
      "all_ops": true,
      "alpha": 1.0,
      "chain_depth": 3.0,
      "factor": [0.0, 0.3],
      "interpolation": "bilinear",
      "num_chains": 3.0,
      "value_range": [0.0, 255.0],
    ]
  }

  /// Photos with a rectangle of another.
  public enum CutMix: InertKind {
    public static let className = "CutMix"
    public static let defaults: [String: SettingValue] = [
      "factor": [0.0, 1.0]
    ]
  }

  /// Mixtures of two photos.
  public enum MixUp: InertKind {
    public static let className = "MixUp"
    public static let defaults: [String: SettingValue] = [
      "alpha": 0.2
    ]
  }

  /// Several changes drawn from a list.
  public enum RandAugment: InertKind {
    public static let className = "RandAugment"
    public static let defaults: [String: SettingValue] = [
      "factor": [0.0, 0.5],
      "interpolation": "bilinear",
      "num_ops": 2.0,
      "value_range": [0.0, 255.0],
    ]
  }

  /// A penalty on the size of what a layer computes.
  public enum ActivityRegularization: InertKind {
    public static let className = "ActivityRegularization"
    public static let defaults: [String: SettingValue] = [
      "l1": 0.0,
      "l2": 0.0,
    ]
  }
}
