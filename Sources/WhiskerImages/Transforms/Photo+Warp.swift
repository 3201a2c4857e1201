public import WhiskerTensors

extension Photo {
  /// The photo read through a warp, each level rounded to a byte.
  ///
  ///     photo.warped(PhotoWarp(map: .rotation(degrees: 20).centred(onHeight: 150, width: 150)))
  ///
  /// - Parameters:
  ///   - warp: Where pixels are read, how, and their colours.
  ///   - height: Rows of the result, as many as the photo's if nil.
  ///   - width: Columns of the result, as many as the photo's if nil.
  public func warped(_ warp: PhotoWarp, height: Int? = nil, width: Int? = nil) -> Photo {
    let size: Shape = [height ?? self.height, width ?? self.width, channels]
    let values = [Float](unsafeUninitializedCapacity: size.count) { buffer, count in
      withPixelView {
        let room = UnsafeMutableBufferPointer(rebasing: buffer[..<size.count])
        warp.write($0, height: size[0], width: size[1], into: room)
      }
      count = size.count
    }
    return Photo(Tensor(shape: size, values: values), rescale: 1)
  }

  /// The picture that input values were made of: `value / rescale`, rounded and clamped to 0…255.
  ///
  /// - Parameters:
  ///   - tensor: `[height, width, channels]`, with 3 channels or 1.
  ///   - rescale: What the levels were multiplied by.
  public init(_ tensor: Tensor, rescale: Float = 1 / 255) {
    let shape = tensor.shape
    precondition(
      shape.rank == 3 && (shape[2] == 3 || shape[2] == 1),
      "expected a photo of [height, width, 3 or 1], got \(shape)")
    let factor = 1 / rescale
    self.init(
      height: shape[0], width: shape[1], channels: shape[2],
      pixels: tensor.values.map { ($0 * factor + 0.5).truncatedToByte })
  }
}
