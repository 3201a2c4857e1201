public import WhiskerTensors

/// Numbers made of a name and an index alone, the same as in `Tools/reference/formula.py`.
///
/// They let fixtures made with Keras leave out the weights and photos that went in.
public enum Formula {
  /// 24 evenly spread bits for each index in `0 ..< count`.
  public static func bits(_ name: String, count: Int) -> [UInt32] {
    var salt: UInt32 = 0x811C_9DC5  // FNV-1a
    for byte in name.utf8 { salt = (salt ^ UInt32(byte)) &* 0x0100_0193 }
    return (0..<count).map { mixed(mixed(UInt32(truncatingIfNeeded: $0)) &+ salt) >> 8 }
  }

  private static func mixed(_ word: UInt32) -> UInt32 {
    var word = (word ^ (word >> 16)) &* 0x7FEB_352D
    word = (word ^ (word >> 15)) &* 0x846C_A68B
    return word ^ (word >> 16)
  }

  /// Numbers evenly spread in `offset − limit ..< offset + limit`.
  ///
  /// The product with the limit and the sum with the offset round; everything before them is exact.
  public static func uniform(_ name: String, _ shape: Shape, limit: Float = 1, offset: Float = 0) -> Tensor {
    Tensor(
      shape: shape,
      values: bits(name, count: shape.count).map {
        Float(2 * Int32($0) - 0xFF_FFFF) * 0x1p-24 * limit + offset
      })
  }

  /// Whole numbers in `0 ..< bound`.
  public static func integers(_ name: String, count: Int, below bound: Int) -> [Int] {
    bits(name, count: count).map { (Int($0) * bound) >> 24 }
  }

  /// Classes 0 and 1, `[count]`.
  public static func labels(_ name: String, count: Int) -> Tensor {
    Tensor(shape: [count], values: integers("\(name)/labels", count: count, below: 2).map { Float($0) })
  }

  /// Pixels in `0 ... 1`, `[count, height, width, 3]`: tiles of 10 × 10 under noise, brighter in class 1.
  public static func photos(_ name: String, count: Int, height: Int, width: Int) -> Tensor {
    let (tileRows, tileColumns) = ((height + 9) / 10, (width + 9) / 10)
    let tiles = bits("\(name)/tiles", count: count * tileRows * tileColumns * 3)
    let noise = bits("\(name)/noise", count: count * height * width * 3)
    let labels = labels(name, count: count).values
    var photos = Tensor(shape: [count, height, width, 3])
    var index = 0
    for sample in 0..<count {
      for row in 0..<height {
        for column in 0..<width {
          let tile = ((sample * tileRows + row / 10) * tileColumns + column / 10) * 3
          for channel in 0..<3 {
            let pixel = (tiles[tile + channel] >> 17) + (noise[index] >> 18)
            photos.values[index] = (Float(pixel) + 64 * labels[sample]) / 255
            index += 1
          }
        }
      }
    }
    return photos
  }
}
