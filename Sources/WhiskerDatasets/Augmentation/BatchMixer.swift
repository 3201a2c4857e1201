/// Mixes each photo of a batch with the next one, and the last with the first: mixup and CutMix.
struct BatchMixer {
  private let height: Int
  private let width: Int
  private let channels: Int
  /// The unchanged first photo, which the last is mixed with; copied once.
  private var firstPhoto: [Float]

  init(_ preparation: PhotoPreparation) {
    height = preparation.height
    width = preparation.width
    channels = preparation.channels
    firstPhoto = Array(repeating: 0, count: preparation.sampleShape.count)
  }

  /// Mixes the input values of a batch, `[N, H, W, C]` for N draws, in place.
  mutating func mixImages(_ draws: [MixDraw], _ images: UnsafeMutableBufferPointer<Float>) {
    let size = firstPhoto.count
    precondition(images.count == draws.count * size, "the images don't fit \(draws.count) draws")
    guard draws.count > 1 else { return }
    for place in 0..<size { firstPhoto[place] = images[place] }
    firstPhoto.withUnsafeBufferPointer { firstPhoto in
      for (row, draw) in draws.enumerated() {
        let own = UnsafeMutableBufferPointer(rebasing: images[row * size..<(row + 1) * size])
        let other =
          row == draws.count - 1
          ? firstPhoto : UnsafeBufferPointer(rebasing: images[(row + 1) * size..<(row + 2) * size])
        mix(draw, own, other)
      }
    }
  }

  /// Mixes the labels of a batch, `[N]` or `[N, classes]`, in place.
  func mixLabels(_ draws: [MixDraw], _ labels: inout [Float]) {
    guard draws.count > 1 else { return }
    let classes = labels.count / draws.count
    let firstLabel = labels[0..<classes]
    for (row, draw) in draws.enumerated() {
      let part = draw.ownPart(height: height, width: width)
      for place in 0..<classes {
        let own = row * classes + place
        let other = row == draws.count - 1 ? firstLabel[place] : labels[own + classes]
        labels[own] = part * labels[own] + (1 - part) * other
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
      for place in 0..<height * width * channels { own[place] = part * own[place] + rest * other[place] }
    case .paste(let rows, let columns):
      for row in rows {
        let start = (row * width + columns.lowerBound) * channels
        for place in start..<start + columns.count * channels { own[place] = other[place] }
      }
    }
  }
}
