import WhiskerSystem

/// The tensors of a pickled dictionary with their names, and the other values next to them.
///
/// Nested dictionaries and lists are flattened and names joined with dots: `model.conv1.weight`,
/// `layers.0.weight`.
struct StateDict {
  /// The tensors by name.
  private(set) var tensors: [String: TorchTensor] = [:]
  /// Numbers, texts and truth values by name, as Python prints them.
  private(set) var notes: [String: String] = [:]

  private let file: String
  private let machine: PickleMachine
  private var stepsLeft: Int
  private var nameBytesLeft: Int

  /// Walks the value that a pickle stands for.
  ///
  /// The same dictionary may stand in many places, and in itself, so depth, steps and the length of names are bounded.
  init(_ root: PickleValue, of machine: PickleMachine, fileSize: Int, file: String) throws(WhiskerError) {
    self.file = file
    self.machine = machine
    stepsLeft = PickleMachine.stepLimit(fileSize: fileSize)
    nameBytesLeft = 1 << 24 + fileSize
    switch machine.object(root) {
    case .dictionary, .list, .tuple, .tensor: try walk(root, "", depth: 0)
    case .storage, nil:
      throw WhiskerError(.notThisFormat, file, expected: "a dictionary of tensors", got: "something else")
    }
    var count = 0
    for tensor in tensors.values {
      // Each count is below 2⁶³ and the sum is looked at each time, but two may still be too much.
      let (sum, overflows) = count.addingReportingOverflow(tensor.count)
      guard !overflows, sum <= fileSize else {
        throw WhiskerError(
          .corruptHeader, file,
          expected: "no more numbers than the file's \(fileSize) bytes", got: "tensors that repeat them")
      }
      count = sum
    }
  }

  private static let deepest = 32

  private mutating func walk(_ value: PickleValue, _ name: String, depth: Int) throws(WhiskerError) {
    stepsLeft -= 1
    nameBytesLeft -= name.utf8.count
    guard depth <= StateDict.deepest, stepsLeft > 0, nameBytesLeft > 0 else {
      throw WhiskerError(
        .corruptHeader, file,
        expected: "dictionaries a few deep", got: "them without end at '\(name.prefix(80))'")
    }
    switch value {
    case .truth(let flag): notes[name] = flag ? "True" : "False"
    case .integer(let number): notes[name] = "\(number)"
    case .number(let number): notes[name] = "\(number)"
    case .text(let text):
      nameBytesLeft -= text.utf8.count
      notes[name] = text
    case .none, .bytes, .longInteger, .global: break
    case .object(let number):
      switch machine.objects[number] {
      case .tensor(let number): tensors[name] = machine.tensors[number]
      case .storage: break
      case .list(let elements), .tuple(let elements):
        for (index, element) in elements.enumerated() {
          try walk(element, joined(name, "\(index)"), depth: depth + 1)
        }
      case .dictionary(let items):
        for item in items { try walk(item.value, joined(name, try key(item.key)), depth: depth + 1) }
      }
    }
  }

  private func joined(_ name: String, _ key: String) -> String { name.isEmpty ? key : "\(name).\(key)" }

  private func key(_ value: PickleValue) throws(WhiskerError) -> String {
    switch value {
    case .text(let text): return text
    case .integer(let number): return "\(number)"
    default:
      throw WhiskerError(
        .corruptHeader, file, expected: "names for keys of dictionaries", got: "something else")
    }
  }
}
