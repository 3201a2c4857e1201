import Synchronization
public import WhiskerSystem

/// The classes of layers that files and recipes may name.
extension AnyLayer {
  /// Whisker's own.
  ///
  /// A new layer adds itself here and nowhere else.
  private static let builtIn: [any Layer.Type] = [
    Conv2D.self, DepthwiseConv2D.self, SeparableConv2D.self, Conv2DTranspose.self, Dense.self,
    BatchNormalization.self,
    MaxPooling2D.self, AveragePooling2D.self, GlobalMaxPooling2D.self, GlobalAveragePooling2D.self,
    ZeroPadding2D.self, Cropping2D.self, UpSampling2D.self, Flatten.self, Reshape.self, Permute.self,
    Identity.self, LayerNormalization.self, GroupNormalization.self, UnitNormalization.self, LayerScale.self,
    Dropout.self, SpatialDropout2D.self, StochasticDepth.self,
    AlphaDropout.self, GaussianDropout.self, GaussianNoise.self, Activation.self, ReLU.self, LeakyReLU.self,
    PReLU.self, ELU.self, Softmax.self, Rescaling.self, Normalization.self, Resizing.self, CenterCrop.self,
    RandomCrop.self,
    Add.self, Subtract.self, Multiply.self, Average.self, Maximum.self, Minimum.self, CustomScaleLayer.self,
    Concatenate.self,
  ]

  /// Those that files may have and recipes may not: they do nothing here.
  package static let inertClasses: [any Layer.Type] = kindsOfInertLayers

  /// Whether a class is one of those.
  package static func isInert(_ className: String) -> Bool {
    inertClasses.contains { $0.className == className }
  }

  /// The module of a class of Keras's, as its files name it; nil for a class that isn't Keras's.
  package static func kerasModule(of className: String) -> String? {
    switch className {
    case LayerScale.className, StochasticDepth.className: "keras.src.applications.convnext"
    case CustomScaleLayer.className: "keras.src.applications.inception_resnet_v2"
    default: isBuiltIn(className) ? "keras.layers" : nil
    }
  }

  /// Those of the program that uses Whisker.
  private static let registered = Mutex<[any Layer.Type]>([])

  /// Makes a custom layer known to model files and recipes, under its ``Layer/className``.
  ///
  /// Once per process is enough, before the first file that names it; registering it again changes nothing.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `invalidSetting` if another class has the name.
  public static func register(_ type: any Layer.Type) throws(WhiskerError) {
    let isFree = registered.withLock { classes in
      if let known = (builtIn + inertClasses + classes).first(where: { $0.className == type.className }) {
        return known == type
      }
      classes.append(type)
      return true
    }
    guard isFree else {
      throw WhiskerError(
        .invalidSetting, type.className, expected: "a new class name", got: "one that is taken")
    }
  }

  /// The class of a name, nil if there is none.
  public static func type(named className: String) -> (any Layer.Type)? {
    (builtIn + inertClasses + registered.withLock { $0 }).first { $0.className == className }
  }

  /// The names of all of Whisker's own classes that do something, for recipes.
  public static var classNames: [String] { builtIn.map { $0.className } }

  /// What an error about an unknown class says that it expected: the classes of the nearest names, and where all are.
  ///
  /// - Parameter others: names beside those of layers.
  package static func expected(insteadOf className: String, others: [String] = []) -> String {
    let nearest = Spelling.nearest(to: className, among: classNames + others, count: 3)
    return "a layer of docs/recipes.md, the nearest being \(nearest.joined(separator: ", "))"
  }

  /// Whether a class is one of Whisker's own, which Keras has too.
  package static func isBuiltIn(_ className: String) -> Bool {
    (builtIn + inertClasses).contains { $0.className == className }
  }
}
