/// For every new pixel along one axis, the old pixels it is made of and their weights.
///
/// The weight of an old pixel is a triangle around the new pixel's centre, `max(0, 1 − |distance| / s)` with
/// `s = max(1, in / out)`, divided by the sum of all weights, then rounded to a whole number of 2⁻²² parts,
/// which is what makes the sums equal to Pillow's bit for bit.
struct ResizeWeights {
  /// Binary digits after the point: 32 less 8 for the pixel and 2 for the sum's overshoot and sign.
  static let fractionBits: Int32 = 22
  /// One half, so that shifting the fraction away rounds.
  static let half: Int32 = 1 << (fractionBits - 1)

  /// The first old pixel of each new one.
  let starts: [Int]
  /// How many old pixels each new one is made of.
  let counts: [Int]
  /// Room for the weights of one new pixel: those of new pixel `i` begin at `i × capacity`.
  let capacity: Int
  let weights: [Int32]

  init(from count: Int, to targetCount: Int) {
    let scale = Double(count) / Double(targetCount)
    let reach = max(scale, 1)
    let capacity = Int(reach.rounded(.up)) * 2 + 1
    let toUnits = 1 / reach
    var starts: [Int] = []
    var counts: [Int] = []
    var weights = [Int32](repeating: 0, count: capacity * targetCount)
    var triangle = [Double](repeating: 0, count: capacity)
    for target in 0..<targetCount {
      let center = (Double(target) + 0.5) * scale
      let start = max(Int(center - reach + 0.5), 0)
      let end = min(Int(center + reach + 0.5), count)
      var sum = 0.0
      for index in start..<end {
        let distance = abs((Double(index) - center + 0.5) * toUnits)
        let weight = max(1 - distance, 0)
        triangle[index - start] = weight
        sum += weight
      }
      for index in 0..<(end - start) {
        let share = sum == 0 ? 0 : triangle[index] / sum
        weights[target * capacity + index] = Int32(share * Double(1 << Self.fractionBits) + 0.5)
      }
      starts.append(start)
      counts.append(end - start)
    }
    self.starts = starts
    self.counts = counts
    self.capacity = capacity
    self.weights = weights
  }
}

extension PixelView {
  /// The picture at another size, antialiased: one pass along the rows, one along the columns.
  ///
  /// Each pass rounds to whole bytes, so their order shows in the last bit. It is Pillow 13's: rows first,
  /// unless the height shrinks by more than twice as many pixels as the width. Earlier versions of Pillow
  /// always took rows first.
  func bilinear(height: Int, width: Int) -> Photo {
    if height == self.height { return width == self.width ? copied : resizedRows(to: width) }
    if width == self.width { return resizedColumns(to: height) }
    if height < self.height && self.height - height > 2 * (self.width - width) {
      return resizedColumns(to: height).withPixelView { $0.resizedRows(to: width) }
    }
    return resizedRows(to: width).withPixelView { $0.resizedColumns(to: height) }
  }

  /// Every row resized to `width` pixels.
  private func resizedRows(to width: Int) -> Photo {
    let plan = ResizeWeights(from: self.width, to: width)
    return Photo(height: height, width: width, channels: channels) { output in
      plan.weights.withUnsafeBufferPointer { weights in
        for row in 0..<height {
          for target in 0..<width {
            let first = (row * self.width + plan.starts[target]) * channels
            let firstWeight = target * plan.capacity
            let result = (row * width + target) * channels
            if channels == 3 {
              var red = ResizeWeights.half
              var green = ResizeWeights.half
              var blue = ResizeWeights.half
              var position = first
              for index in 0..<plan.counts[target] {
                let weight = weights[firstWeight + index]
                red &+= Int32(pixels[position]) &* weight
                green &+= Int32(pixels[position + 1]) &* weight
                blue &+= Int32(pixels[position + 2]) &* weight
                position += 3
              }
              output[result] = Self.rounded(red)
              output[result + 1] = Self.rounded(green)
              output[result + 2] = Self.rounded(blue)
            } else {
              for channel in 0..<channels {
                var sum = ResizeWeights.half
                for index in 0..<plan.counts[target] {
                  sum &+= Int32(pixels[first + channel + index * channels]) &* weights[firstWeight + index]
                }
                output[result + channel] = Self.rounded(sum)
              }
            }
          }
        }
      }
    }
  }

  /// Every column resized to `height` pixels: whole rows are added up, which the compiler vectorises.
  private func resizedColumns(to height: Int) -> Photo {
    let plan = ResizeWeights(from: self.height, to: height)
    let stride = width * channels
    var sums = [Int32](repeating: 0, count: stride)
    return Photo(height: height, width: width, channels: channels) { output in
      sums.withUnsafeMutableBufferPointer { sums in
        for target in 0..<height {
          sums.update(repeating: ResizeWeights.half)
          for index in 0..<plan.counts[target] {
            let weight = plan.weights[target * plan.capacity + index]
            let row = UnsafeBufferPointer(
              rebasing: pixels[
                (plan.starts[target] + index) * stride..<(plan.starts[target] + index + 1) * stride])
            for column in 0..<stride { sums[column] &+= Int32(row[column]) &* weight }
          }
          for column in 0..<stride { output[target * stride + column] = Self.rounded(sums[column]) }
        }
      }
    }
  }

  /// The fraction rounded away, clamped to a byte.
  @inline(__always)
  private static func rounded(_ sum: Int32) -> UInt8 {
    UInt8(truncatingIfNeeded: max(0, min(255, sum >> ResizeWeights.fractionBits)))
  }
}
