/// The new value of each of 256 levels.
struct LevelTable {
  let levels: UnsafeMutablePointer<UInt8>

  /// Stretches the levels that occur to 0…255, as Pillow's `autocontrast` does; a single level stays.
  func stretch(_ histogram: UnsafePointer<Int32>) {
    guard let low = (0..<256).first(where: { histogram[$0] > 0 }),
      let high = (0..<256).last(where: { histogram[$0] > 0 }), low < high
    else { return }
    let scale = 255 / Double(high - low)
    let offset = -Double(low) * scale
    for level in 0..<256 {
      levels[level] = UInt8(min(max(Double(level) * scale + offset, 0), 255))
    }
  }

  /// Spreads levels by how many pixels are darker: Pillow's `equalize`.
  ///
  /// A step is 1/255 of all pixels but those of the brightest level; a level becomes the number of steps that the
  /// darker pixels fill, rounded. With a single level, or too few pixels for a step, all stay.
  func equalize(_ histogram: UnsafePointer<Int32>) {
    guard let brightest = (0..<256).last(where: { histogram[$0] > 0 }) else { return }
    var darker = 0
    for level in 0..<brightest { darker += Int(histogram[level]) }
    let step = darker / 255
    if step == 0 { return }
    var sum = step / 2
    for level in 0..<256 {
      levels[level] = UInt8(min(sum / step, 255))
      sum += Int(histogram[level])
    }
  }
}

extension MutablePixelView {
  /// Replaces every level of every channel by the result of `change`, which must lie in 0…255.
  func mapLevels(_ change: (Int) -> Int) {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 256) { table in
      for level in 0..<256 { table[level] = UInt8(truncatingIfNeeded: change(level)) }
      for index in 0..<bytes.count { bytes[index] = table[Int(bytes[index])] }
    }
  }

  /// Replaces the levels of each channel by a table, at first each level's own, that `change` makes of how
  /// often each level occurs in it.
  func mapChannels(_ change: (_ histogram: UnsafePointer<Int32>, _ table: LevelTable) -> Void) {
    withUnsafeTemporaryAllocation(of: Int32.self, capacity: 256) { histogram in
      withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 256) { table in
        guard let counts = histogram.baseAddress, let levels = table.baseAddress else { return }
        for channel in 0..<channels {
          let places = stride(from: channel, to: bytes.count, by: channels)
          histogram.update(repeating: 0)
          for place in places { counts[Int(bytes[place])] &+= 1 }
          for level in 0..<256 { levels[level] = UInt8(level) }
          change(counts, LevelTable(levels: levels))
          for place in places { bytes[place] = levels[Int(bytes[place])] }
        }
      }
    }
  }
}
