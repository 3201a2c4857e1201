public import WhiskerGraph
public import WhiskerTensors

/// The input as it is.
public struct Identity: Layer {
  public static let className = "Identity"
  public static let defaultName = "identity"
  public static var standard: Identity { Identity() }
  public static var settings: [LayerSetting<Identity>] { [] }

  /// The layer's own name.
  public var name: String?

  /// Does nothing.
  public init(name: String? = nil) { self.name = name }

  public func outputShape(for input: Shape) -> Shape { input }

  public func callAsFunction(_ input: Value, in context: inout LayerContext) -> Value { input }
}
