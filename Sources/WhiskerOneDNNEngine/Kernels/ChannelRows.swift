import WhiskerTensors

/// A tensor `[N, …, C]` as rows of neighbouring channels, together with numbers that are the same for all the pixels of a
/// sample: one for each channel, or one for each sample.
///
/// Pictures may be row-major or in blocks of channels: `[N][C / block][pixels][block]`.
struct ChannelRows {
  private let samples: Int
  private let blocks: Int
  private let pixels: Int
  private let block: Int
  /// Whether the numbers are the same for every sample.
  private let isShared: Bool
  /// Whether there is a number for each channel; otherwise for each sample.
  let hasChannels: Bool

  /// Whether a smaller shape has such numbers for a larger one.
  static func suits(_ shape: Shape, _ small: Shape) -> Bool {
    guard shape.rank >= 2, small.rank <= shape.rank, small != shape else { return false }
    let sizes = small.aligned(to: shape.rank)
    guard sizes.dropFirst().dropLast().allSatisfy({ $0 == 1 }) else { return false }
    let hasChannels = sizes[shape.rank - 1] == shape[shape.rank - 1]
    let isShared = sizes[0] == 1
    return hasChannels && (isShared || sizes[0] == shape[0])
      || sizes[shape.rank - 1] == 1 && sizes[0] == shape[0]
  }

  /// - Parameter block: how many channels lie side by side; all of them in a row-major tensor.
  init(_ shape: Shape, _ small: Shape, block: Int) {
    let sizes = small.aligned(to: shape.rank)
    let channels = shape[shape.rank - 1]
    samples = shape[0]
    blocks = channels / max(block, 1)
    pixels = shape.sizes.dropFirst().dropLast().reduce(1, *)
    self.block = block
    hasChannels = sizes[shape.rank - 1] == channels
    isShared = sizes[0] == 1 && shape[0] != 1
  }

  /// How many sums over pixels there are before those over samples.
  var sumCount: Int { samples * blocks * block }

  /// `combine(x, number)` for each element.
  @inline(__always)
  func combine(
    _ x: UnsafeMutablePointer<Float>, _ numbers: UnsafeMutablePointer<Float>,
    to y: UnsafeMutablePointer<Float>, _ combine: (Float, Float) -> Float
  ) {
    let length = block
    parallelLoop(over: samples * blocks * pixels, grain: max(1, 4096 / max(length, 1))) { rows in
      for row in rows {
        let unit = row / pixels
        let sample = unit / blocks
        let (source, target) = (x + row * length, y + row * length)
        if hasChannels {
          let vector = numbers + ((isShared ? 0 : sample * blocks) + unit - sample * blocks) * length
          for index in 0..<length { target[index] = combine(source[index], vector[index]) }
        } else {
          let number = numbers[sample]
          for index in 0..<length { target[index] = combine(source[index], number) }
        }
      }
    }
  }

  /// The sums for each channel over the pixels of a sample, or of all samples; in Double, in a fixed order.
  func sum(
    _ x: UnsafeMutablePointer<Float>, to result: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>
  ) {
    let length = block
    let sums = isShared ? scratch : result
    parallelLoop(over: samples * blocks) { units in
      withUnsafeTemporaryAllocation(of: Double.self, capacity: length) { totals in
        for unit in units {
          totals.initialize(repeating: 0)
          for pixel in unit * pixels..<(unit + 1) * pixels {
            let row = x + pixel * length
            for index in 0..<length { totals[index] += Double(row[index]) }
          }
          for index in 0..<length { sums[unit * length + index] = Float(totals[index]) }
        }
      }
    }
    guard isShared else { return }
    let channels = blocks * length
    for channel in 0..<channels {
      var total = 0.0
      for sample in 0..<samples { total += Double(scratch[sample * channels + channel]) }
      result[channel] = Float(total)
    }
  }
}

/// The rows of the last axis of a row-major tensor, and where those of smaller tensors lie that are repeated in it.
struct RepeatedLoop {
  /// How many rows there are.
  let rows: Int
  /// Elements of a row.
  let length: Int
  /// For each smaller tensor the elements from one of the row to the next: 1, or 0 where one is repeated.
  let steps: [Int]
  /// Sizes of the axes before the last one.
  private let sizes: [Int]
  /// For each smaller tensor the elements from one place of these axes to the next.
  private let strides: [[Int]]

  init(_ shape: Shape, _ smaller: [Shape]) {
    let rank = max(shape.rank, 1)
    let all = shape.aligned(to: rank)
    length = all[rank - 1]
    sizes = Array(all.dropLast())
    rows = sizes.reduce(1, *)
    var (steps, strides): ([Int], [[Int]]) = ([], [])
    for small in smaller {
      let own = small.aligned(to: rank)
      var (distance, found) = (1, [Int](repeating: 0, count: rank))
      for axis in stride(from: rank - 1, through: 0, by: -1) {
        found[axis] = own[axis] == 1 ? 0 : distance
        distance *= own[axis]
      }
      steps.append(found[rank - 1])
      strides.append(Array(found.dropLast()))
    }
    self.steps = steps
    self.strides = strides
  }

  /// Rows that are worth a thread of their own.
  var grain: Int { max(1, 4096 / max(length, 1)) }

  /// Where a row begins in each smaller tensor.
  func places(_ row: Int) -> [Int] {
    var (rest, places) = (row, [Int](repeating: 0, count: strides.count))
    for axis in sizes.indices.reversed() {
      let index = rest % sizes[axis]
      rest /= sizes[axis]
      for tensor in strides.indices { places[tensor] += index * strides[tensor][axis] }
    }
    return places
  }
}
