public import WhiskerGraph
public import WhiskerSystem
public import WhiskerTensors

/// The same elements of a sample, in the same order, with other axes.
///
/// Any input shape; the output's is the target, in which one −1 stands for what is left.
public struct Reshape: Layer {
  public static let className = "Reshape"
  public static let defaultName = "reshape"
  public static var standard: Reshape { Reshape([]) }
  public static var settings: [LayerSetting<Reshape>] {
    [
      LayerSetting("target_shape", \.target, isRequired: true)
    ]
  }

  /// The layer's own name.
  public var name: String?
  /// The size of each axis, one of which may be −1.
  public var target: [Int]

  /// Other axes, without the batch's.
  public init(_ target: [Int], name: String? = nil) {
    self.name = name
    self.target = target
  }

  public func outputShape(for input: Shape) throws(WhiskerError) -> Shape {
    let known = target.filter { $0 != -1 }
    guard known.allSatisfy({ $0 >= 1 && $0 <= input.count }), target.count - known.count <= 1, !target.isEmpty
    else {
      throw error(
        .invalidSetting, expected: "sizes from 1 to \(input.count), one of them -1 at most", got: "\(target)")
    }
    var count = 1
    for size in known where count <= input.count { count *= size }
    let rest = input.count / count
    guard count <= input.count, rest * count == input.count, known.count < target.count || rest == 1 else {
      throw error(.shapeMismatch, expected: "\(input.count) elements \(input)", got: "\(target)")
    }
    return Shape(target.map { $0 == -1 ? rest : $0 })
  }

  public func callAsFunction(_ input: Value, in context: inout LayerContext) throws(WhiskerError) -> Value {
    let shape = context.graph.shape(of: input)
    let elements = shape.withoutBatch.count
    let known = target.filter { $0 != -1 }.reduce(1, *)
    return try context.graph.append(
      .reshape(Shape([shape[0]] + target.map { $0 == -1 ? elements / known : $0 })), input)
  }
}
