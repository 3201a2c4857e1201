import WhiskerImages

extension AugmentationDraw {
  /// Where each pixel of the result is read in the photo: crop, rotation, shift, shear, zoom, policy and flips in one.
  ///
  /// - Parameter kerasExact: Whether the axes of shifts and the centre are swapped, as in Keras.
  func map(height: Int, width: Int, kerasExact: Bool) -> AffineMap {
    var map = AffineMap.identity
    if let crop {
      map = .crop(
        top: crop.top, left: crop.left, height: crop.height, width: crop.width, toHeight: height, width: width
      )
    }
    let affine = affine(height: height, width: width, kerasExact: kerasExact)
    if affine != .identity { map = map.composed(with: affine) }
    for operation in policy {
      if let step = operation.map {
        map = map.composed(with: step.centred(onHeight: height, width: width))
      }
    }
    if flipsHorizontally { map = map.composed(with: .horizontalFlip(width: width)) }
    if flipsVertically { map = map.composed(with: .verticalFlip(height: height)) }
    return map
  }

  /// Keras's affine transform: rotation, shift, shear and zoom about the middle.
  private func affine(height: Int, width: Int, kerasExact: Bool) -> AffineMap {
    var map = AffineMap.identity
    if rotation != 0 { map = .rotation(degrees: rotation) }
    let (rows, columns) = kerasExact ? (widthShift, heightShift) : (heightShift, widthShift)
    if rows != 0 || columns != 0 { map = map.composed(with: .shift(rows: -rows, columns: -columns)) }
    if shear != 0 { map = map.composed(with: .shear(degrees: shear)) }
    if rowZoom != 1 || columnZoom != 1 {
      map = map.composed(with: .zoom(rows: rowZoom, columns: columnZoom))
    }
    if map == .identity { return map }
    return kerasExact
      ? map.centred(onHeight: width, width: height) : map.centred(onHeight: height, width: width)
  }
}

extension PolicyOperation {
  /// The geometry of the operation; nil for operations on pixels.
  fileprivate var map: AffineMap? {
    switch self {
    case .shearX(let slope): .shear(columns: Double(slope))
    case .shearY(let slope): .shear(rows: Double(slope))
    case .translateX(let pixels): .shift(columns: Double(pixels))
    case .translateY(let pixels): .shift(rows: Double(pixels))
    case .rotate(let degrees): .rotation(degrees: Double(degrees))
    case .identity, .brightness, .color, .contrast, .sharpness, .posterize, .solarize, .autoContrast,
      .equalize:
      nil
    }
  }
}
