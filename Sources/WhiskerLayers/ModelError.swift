/// What is wrong with a network, its settings or its use.
public struct ModelError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The kind of fault.
  public enum Code: Hashable, Sendable {
    /// A layer can't take a tensor of this shape.
    case shapeMismatch
    /// A layer's or optimizer's setting is out of its range.
    case invalidSetting
    /// Two layers have one name.
    case duplicateName
    /// A layer reads what isn't there or can't be combined, or nothing depends on it.
    case disconnected
    /// No layer of the network has a name that was asked for.
    case noSuchLayer
    /// The model was not compiled before it was trained or evaluated.
    case notCompiled
    /// Weights don't fit the network.
    case weightMismatch
    /// Data and network don't fit each other.
    case dataMismatch
  }

  /// The kind of fault.
  public let code: Code
  /// The layer or setting at fault.
  public let layer: String
  /// "expected …, got …".
  public let message: String

  /// An error at a layer or setting, with a message of the form "expected …, got …".
  public init(_ code: Code, layer: String, _ message: String) {
    self.code = code
    self.layer = layer
    self.message = message
  }

  /// `layer: message`.
  public var description: String { "\(layer): \(message)" }
}
