import WhiskerTensors

extension AugmentationDraw.Erasing {
  /// Paints the rectangle over input values of `[rows, width, channels]`.
  func paint(_ values: UnsafeMutableBufferPointer<Float>, width: Int, channels: Int, rescale: Float) {
    var noise = RandomStream(key)
    for row in rows {
      let places =
        (row * width + columns.lowerBound) * channels..<(row * width + columns.upperBound) * channels
      for place in places { values[place] = (value ?? 255 * noise.uniform()) * rescale }
    }
  }
}
