extension RandomKey {
  /// The key as a tensor `[4]` of 16-bit whole numbers, lowest first, which Float32 holds exactly: how a seed is
  /// fed to a graph.
  public var tensor: Tensor {
    Tensor(shape: [4], values: (0..<4).map { Float(bits >> (16 * UInt64($0)) & 0xFFFF) })
  }

  /// The key that ``tensor`` was made from.
  public init(words: [Float]) {
    precondition(words.count == 4, "expected 4 words, got \(words.count)")
    var bits: UInt64 = 0
    for (index, word) in words.enumerated() { bits |= UInt64(word) << (16 * UInt64(index)) }
    self.init(seed: bits)
  }
}
