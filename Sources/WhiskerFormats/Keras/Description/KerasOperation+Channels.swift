import WhiskerSystem
import WhiskerTensors

/// Picking channels and joining them.
extension KerasOperation {
  /// `x[..., ::-1]`, which makes BGR of RGB, or a channel of several that are stacked again: a convolution whose kernel
  /// picks channels.
  func slice() throws -> KerasArchitecture.Node {
    guard let slices = value(call.argument(1, "slice_spec", "key")),
      let channels = KerasOperation.channels(slices)
    else {
      throw entry.fault(
        expected: "the channels in reverse, [..., ::-1], or one, [..., 0]",
        got: "\(value(call.argument(1, "slice_spec", "key"))?.excerpt ?? "another slice")")
    }
    var kernel = Tensor(shape: [1, 1, 3, channels.count])
    for (index, channel) in channels.enumerated() { kernel.values[channel * channels.count + index] = 1 }
    var node = try node(
      "Conv2D",
      [
        "filters": .integer(channels.count), "kernel_size": 1, "use_bias": false, "trainable": false,
      ], [source()])
    node.constants = ["kernel": kernel]
    node.isOneChannel = channels.count == 1
    return node
  }

  /// The channels that a slice takes of three, if it takes all of the other axes.
  private static func channels(_ value: JSONValue) -> [Int]? {
    let parts = value["items"]?.array ?? value["config"]?["value"]?.array ?? value.array ?? []
    let isEllipsis = { (part: JSONValue) in
      part.string == "..." || part["class_name"]?.string?.lowercased().contains("ellipsis") == true
    }
    let areWhole =
      parts.count > 1
      && parts.dropLast().allSatisfy {
        isEllipsis($0) || [[nil, nil, nil], [nil, nil, 1]].contains(bounds($0))
      }
      && (parts.count == 4 || parts.contains(where: isEllipsis))
    guard areWhole, let last = parts.last else { return nil }
    if let channel = last.integer { return (0..<3).contains(channel) ? [channel] : nil }
    return bounds(last) == [nil, nil, -1] ? [2, 1, 0] : nil
  }

  /// Start, stop and step of a slice; nil where there is none.
  private static func bounds(_ slice: JSONValue) -> [Int?] {
    let parts = slice["config"] ?? slice
    guard parts.object != nil else { return [] }
    return ["start", "stop", "step"].map { parts[$0]?.integer }
  }

  func concatenation() throws -> KerasArchitecture.Node {
    guard let inputs = call.argument(0, "values", "xs", "arrays", "x")?.results, inputs.count > 1 else {
      throw entry.fault(expected: "several results to concatenate", got: "fewer")
    }
    let axis = setting(1, "axis")?.integer ?? (function == .stack ? 0 : -1)
    guard function == .concatenate || axis == -1 || axis == 3 else {
      throw entry.fault(expected: "channels that are stacked, along the axis -1", got: "the axis \(axis)")
    }
    var node = try node("Concatenate", ["axis": .integer(axis)], inputs)
    node.stacksChannels = function == .stack
    return node
  }
}
