public import WhiskerGraph
public import WhiskerSystem
public import WhiskerTensors

/// Pictures at another size.
///
/// Input `[H, W, C]`, output `[height, width, C]`.
public struct Resizing: Layer {
  public static let className = "Resizing"
  public static let defaultName = "resizing"
  public static var standard: Resizing { Resizing(height: 1, width: 1) }
  public static var settings: [LayerSetting<Resizing>] {
    [
      LayerSetting("height", \.height, isRequired: true, .from(1...65_536)),
      LayerSetting("width", \.width, isRequired: true, .from(1...65_536)),
      LayerSetting("interpolation", \.interpolation),
      LayerSetting("crop_to_aspect_ratio", \.cropsToAspectRatio),
      LayerSetting("pad_to_aspect_ratio", \.padsToAspectRatio),
      LayerSetting("fill_mode", \.fillMode),
      LayerSetting("fill_value", \.fillValue, .finite),
      LayerSetting("antialias", \.isAntialiased),
    ]
  }

  /// What lies around a picture that is padded.
  public enum FillMode: String, Hashable, Sendable, CaseIterable, Codable {
    /// The same number everywhere.
    case constant

    /// Reads a name.
    public init(from decoder: any Decoder) throws { self = try decodeChoice(from: decoder) }
  }

  /// The layer's own name.
  public var name: String?
  /// Rows of the result, at least 1.
  public var height: Int
  /// Columns of the result, at least 1.
  public var width: Int
  /// How the new pixels follow from the old ones.
  public var interpolation: Resampling.Interpolation
  /// Whether the middle of the result's proportions is cut out first.
  public var cropsToAspectRatio: Bool
  /// Whether the picture is padded to the result's proportions first.
  public var padsToAspectRatio: Bool
  /// What lies around a picture that is padded.
  public var fillMode: FillMode
  /// The number there.
  public var fillValue: Float
  /// Whether a smaller picture is averaged over all its pixels.
  public var isAntialiased: Bool

  /// Bilinear and stretched unless said otherwise.
  public init(
    height: Int, width: Int, interpolation: Resampling.Interpolation = .bilinear,
    cropsToAspectRatio: Bool = false, padsToAspectRatio: Bool = false, fillValue: Float = 0,
    isAntialiased: Bool = false, name: String? = nil
  ) {
    self.name = name
    self.height = height
    self.width = width
    self.interpolation = interpolation
    self.cropsToAspectRatio = cropsToAspectRatio
    self.padsToAspectRatio = padsToAspectRatio
    fillMode = .constant
    self.fillValue = fillValue
    self.isAntialiased = isAntialiased
  }

  public func outputShape(for input: Shape) throws(WhiskerError) -> Shape {
    guard input.rank == 3, input.count > 0 else {
      throw error(.shapeMismatch, expected: "an input (height, width, channels)", got: "\(input)")
    }
    guard !cropsToAspectRatio || !padsToAspectRatio else {
      throw error(
        .invalidSetting, expected: "one of crop_to_aspect_ratio and pad_to_aspect_ratio", got: "both")
    }
    return [height, width, input[2]]
  }

  public func callAsFunction(_ input: Value, in context: inout LayerContext) throws(WhiskerError) -> Value {
    var x = input
    if cropsToAspectRatio { x = try context.appendCrop(toRatioOf: height, width, x) }
    if padsToAspectRatio { x = try padded(x, &context) }
    let resampling = Resampling(
      height: height, width: width, interpolation: interpolation, isAntialiased: isAntialiased)
    return try context.appendResampled(resampling, x)
  }

  private func padded(_ x: Value, _ context: inout LayerContext) throws(WhiskerError) -> Value {
    let shape = context.graph.shape(of: x)
    // As many at both edges: Keras leaves out the odd row or column.
    let rows = max(0, shape[2] * height / width - shape[1]) / 2
    let columns = max(0, shape[1] * width / height - shape[2]) / 2
    guard rows > 0 || columns > 0 else { return x }
    let edges = EdgePadding(top: rows, left: columns, bottom: rows, right: columns)
    if fillValue == 0 { return try context.graph.append(.pad(edges), x) }
    let moved = try context.graph.append(.rescale(factor: 1, offset: -fillValue), x)
    return try context.graph.append(
      .rescale(factor: 1, offset: fillValue), context.graph.append(.pad(edges), moved))
  }
}

extension LayerContext {
  /// A picture at another size, unless it has that.
  mutating func appendResampled(_ resampling: Resampling, _ x: Value) throws(WhiskerError) -> Value {
    let shape = graph.shape(of: x)
    if shape[1] == resampling.height, shape[2] == resampling.width { return x }
    return try graph.append(.resample(resampling), x)
  }

  /// The middle of a picture with the proportions of a size.
  mutating func appendCrop(
    toRatioOf height: Int, _ width: Int, _ x: Value
  ) throws(WhiskerError) -> Value {
    let shape = graph.shape(of: x)
    let rows = max(1, min(shape[1], shape[2] * height / width))
    let columns = max(1, min(shape[2], shape[1] * width / height))
    return try appendCrop(to: rows, columns, from: ((shape[1] - rows) / 2, (shape[2] - columns) / 2), x)
  }

  /// So many rows and columns of a picture, from a place on.
  mutating func appendCrop(
    to height: Int, _ width: Int, from place: (row: Int, column: Int), _ x: Value
  ) throws(WhiskerError) -> Value {
    let shape = graph.shape(of: x)
    let edges = EdgePadding(
      top: place.row, left: place.column, bottom: shape[1] - height - place.row,
      right: shape[2] - width - place.column)
    return edges == .none ? x : try graph.append(.crop(edges), x)
  }
}
