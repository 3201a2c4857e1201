public import WhiskerTensors

/// Damage to JSON that leaves it JSON, mostly: readers get further than the first brace.
public enum JSONDamage {
  private static let pieces = [
    "null", "[]", "{}", "-1", "0", "1", "1e30", "\"\"", "\"conv2d\"", "[1,2,3]", "true", "\"input_1\"",
    "{\"class_name\":\"ReLU\",\"config\":{\"name\":\"r\"}}", "[\"conv2d\",0,0]", "\"Add\"", "\"math.add\"",
    "\"TFOpLambda\"", "\"Activation\"", "\"\\u0001activation\"", "[null,null,null,3]",
  ]

  /// Puts a piece of JSON, such as a layer knows from elsewhere, in the place of another.
  public static func strike(_ bytes: inout [UInt8], _ random: inout RandomStream) {
    let starts = bytes.indices.dropLast().filter { [0x3A, 0x2C, 0x5B].contains(bytes[$0]) }
    guard !starts.isEmpty else { return }
    let start = starts[random.integer(below: starts.count)] + 1
    var (end, depth, isText) = (start, 0, false)
    while end < bytes.count {
      let byte = bytes[end]
      if byte == 0x22 { isText.toggle() }
      if !isText {
        if byte == 0x5B || byte == 0x7B { depth += 1 }
        if byte == 0x5D || byte == 0x7D { depth -= 1 }
        if depth < 0 || depth == 0 && byte == 0x2C { break }
      }
      end += 1
    }
    let piece = pieces[random.integer(below: pieces.count)]
    bytes.replaceSubrange(start..<end, with: Array(piece.utf8))
  }
}
