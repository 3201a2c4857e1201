public import WhiskerGraph
public import WhiskerSystem
public import WhiskerTensors

/// What the layers share that drop at a rate and have no other setting: everything except what they drop, and how.
///
/// Any input shape unless the layer says otherwise; the output has the same. In inference they do nothing.
public protocol DropoutLayer: Layer {
  /// What files call the rate.
  static var rateKey: String { get }

  /// What decides how much is dropped, in `0 ..< 1`.
  var rate: Float { get set }

  /// A layer with this rate.
  init(_ rate: Float, name: String?)

  /// The input with some of it dropped; the rate is above 0.
  func dropped(_ input: Value, seed: Value, in context: inout LayerContext) throws(WhiskerError) -> Value
}

extension DropoutLayer {
  public static var rateKey: String { "rate" }
  public static var standard: Self { Self(0, name: nil) }
  public static var settings: [LayerSetting<Self>] {
    [LayerSetting(rateKey, \.rate, isRequired: true, .from(0..<1))]
  }

  public func outputShape(for input: Shape) throws(WhiskerError) -> Shape { input }

  public func callAsFunction(_ input: Value, in context: inout LayerContext) throws(WhiskerError) -> Value {
    guard case .training(let seed) = context.phase, rate > 0 else { return input }
    return try dropped(input, seed: seed, in: &context)
  }
}
