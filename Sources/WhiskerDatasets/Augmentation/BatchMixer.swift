import WhiskerTensors

/// Mixes each photo of a batch with the next one, and the last with the first: mixup and CutMix.
struct BatchMixer {
  private let height: Int
  private let width: Int
  private let channels: Int
  /// The first photo as it was, for the last to be mixed with; made once.
  private var firstPhoto: [Float]

  init(_ preparation: PhotoPreparation) {
    height = preparation.height
    width = preparation.width
    channels = preparation.channels
    firstPhoto = Array(repeating: 0, count: preparation.sampleShape.count)
  }

  /// Mixes photos and labels in place.
  ///
  /// - Parameters:
  ///   - draws: How each sample is mixed.
  ///   - images: `[N, H, W, C]`, of N draws.
  ///   - labels: `[N]` or `[N, classes]`.
  mutating func mix(_ draws: [MixDraw], images: inout [Float], labels: inout [Float]) {
    let (size, classes) = (firstPhoto.count, labels.count / max(1, draws.count))
    guard draws.count > 1 else { return }
    for place in 0..<size { firstPhoto[place] = images[place] }
    let firstLabel = Array(labels[0..<classes])
    images.withUnsafeMutableBufferPointer { images in
      firstPhoto.withUnsafeBufferPointer { firstPhoto in
        for (row, draw) in draws.enumerated() {
          let own = UnsafeMutableBufferPointer(rebasing: images[row * size..<(row + 1) * size])
          let isLast = row == draws.count - 1
          let other =
            isLast
            ? firstPhoto : UnsafeBufferPointer(rebasing: images[(row + 1) * size..<(row + 2) * size])
          mix(draw, own, other)
          let part = draw.ownPart(height: height, width: width)
          for place in 0..<classes {
            let otherLabel = isLast ? firstLabel[place] : labels[(row + 1) * classes + place]
            labels[row * classes + place] = part * labels[row * classes + place] + (1 - part) * otherLabel
          }
        }
      }
    }
  }

  private func mix(
    _ draw: MixDraw, _ own: UnsafeMutableBufferPointer<Float>, _ other: UnsafeBufferPointer<Float>
  ) {
    switch draw {
    case .blend(let part):
      let rest = 1 - part
      guard let own = own.baseAddress, let other = other.baseAddress else { return }
      // Plain pointers in a plain loop: the compiler turns it into SIMD.
      for place in 0..<firstPhoto.count { own[place] = part * own[place] + rest * other[place] }
    case .paste(let rows, let columns):
      for row in rows {
        let start = (row * width + columns.lowerBound) * channels
        for place in start..<start + columns.count * channels { own[place] = other[place] }
      }
    }
  }
}
