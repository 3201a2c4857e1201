import Synchronization
public import WhiskerSystem

/// The classes of layers that files and recipes may name.
extension AnyLayer {
  /// Whisker's own.
  ///
  /// A new layer adds itself here and nowhere else.
  private static let builtIn: [any Layer.Type] = [
    Conv2D.self, DepthwiseConv2D.self, SeparableConv2D.self, Dense.self, BatchNormalization.self,
    MaxPooling2D.self, AveragePooling2D.self, GlobalMaxPooling2D.self, GlobalAveragePooling2D.self,
    ZeroPadding2D.self, Flatten.self, Reshape.self, Rescaling.self, Dropout.self, Activation.self, ReLU.self,
    Add.self, Multiply.self, Concatenate.self,
  ]

  /// Those of the program that uses Whisker.
  private static let registered = Mutex<[any Layer.Type]>([])

  /// Makes a custom layer known to model files and recipes, under its ``Layer/className``.
  ///
  /// Once per process is enough, before the first file that names it; registering it again changes nothing.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `invalidSetting` if another class has the name.
  public static func register(_ type: any Layer.Type) throws(WhiskerError) {
    let isFree = registered.withLock { classes in
      if let known = (builtIn + classes).first(where: { $0.className == type.className }) {
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
    (builtIn + registered.withLock { $0 }).first { $0.className == className }
  }

  /// The names of all of Whisker's own classes, for error messages.
  public static var classNames: [String] { builtIn.map { $0.className } }

  /// Whether a class is one of Whisker's own, which Keras has too.
  package static func isBuiltIn(_ className: String) -> Bool { classNames.contains(className) }
}
