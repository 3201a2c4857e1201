import WhiskerSystem

/// What changes rows and columns: pooling, resizing, another shape.
extension KerasOperation {
  /// The mean or maximum over rows and columns.
  func pooling() throws -> KerasArchitecture.Node {
    let axes = setting(1, "axis") ?? .null
    guard axes == [1, 2] || axes == [-3, -2] else {
      throw entry.fault(expected: "the axes [1,2], rows and columns", got: axes.excerpt)
    }
    let settings: [String: JSONValue] = setting(2, "keepdims")?.boolean == true ? ["keepdims": true] : [:]
    return try node(
      function == .mean ? "GlobalAveragePooling2D" : "GlobalMaxPooling2D", settings, [source()])
  }

  /// The same numbers in another shape, each sample's on its own.
  func reshaped() throws -> KerasArchitecture.Node {
    let shape = setting(1, "newshape", "shape")?.array?.map(\.integer) ?? []
    guard shape.count > 1, shape[0] == -1 || shape[0] == nil, shape.dropFirst().allSatisfy({ $0 ?? 0 > 0 })
    else {
      throw entry.fault(
        expected: "a shape [-1, sizes above 0…]", got: setting(1, "newshape", "shape")?.excerpt ?? "none")
    }
    return try node(
      "Reshape", ["target_shape": .array(shape.dropFirst().map { .integer($0 ?? 1) })], [source()])
  }

  /// Photos of another size.
  func resized() throws -> KerasArchitecture.Node {
    let size = setting(1, "size")?.array?.compactMap(\.integer) ?? []
    let method = setting(2, "interpolation", "method")?.string ?? "bilinear"
    let others = ["antialias", "preserve_aspect_ratio", "crop_to_aspect_ratio", "pad_to_aspect_ratio"]
    guard size.count == 2, ["bilinear", "nearest"].contains(method),
      others.allSatisfy({ [nil, .null, false].contains(setting(.max, $0)) })
    else {
      throw entry.fault(
        expected: "a size, nearest or bilinear, without antialiasing",
        got: "\(setting(1, "size")?.excerpt ?? "none") by \(method)")
    }
    return try node(
      "Resizing",
      ["height": .integer(size[0]), "width": .integer(size[1]), "interpolation": .string(method)], [source()])
  }
}
