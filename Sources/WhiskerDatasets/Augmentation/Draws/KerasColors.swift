/// Channel shift and brightness as Keras does them, on values 0 to 255.
enum KerasColors {
  /// Applies the two and then multiplies by `rescale`.
  static func apply(
    _ draw: AugmentationDraw, to values: UnsafeMutableBufferPointer<Float>, rescale: Float
  ) {
    if let shift = draw.channelShift {
      let bounds = bounds(of: values)
      for index in values.indices {
        values[index] = min(max(values[index] + shift, bounds.lowerBound), bounds.upperBound)
      }
    }
    if let brightness = draw.brightness {
      for index in values.indices {
        // Pillow's bytes: rounded down before and after.
        let byte = values[index].rounded(.down)
        values[index] = min(max((byte * brightness).rounded(.down), 0), 255)
      }
    }
    for index in values.indices { values[index] *= rescale }
  }

  private static func bounds(of values: UnsafeMutableBufferPointer<Float>) -> ClosedRange<Float> {
    var (low, high) = (Float.infinity, -Float.infinity)
    for value in values {
      low = min(low, value)
      high = max(high, value)
    }
    return low...max(low, high)
  }
}
