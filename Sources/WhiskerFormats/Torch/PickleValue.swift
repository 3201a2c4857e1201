/// What a pickle can hold here: only what tensors, dictionaries and numbers need.
///
/// Whatever holds other values is named by its number in ``PickleMachine/objects``, so that values nest in no
/// depth of their own and may refer to each other in circles.
enum PickleValue: Sendable {
  case none
  case truth(Bool)
  case integer(Int)
  /// A whole number beyond 64 bits: its bytes in two's complement, lowest first.
  case longInteger([UInt8])
  case number(Double)
  case text(String)
  /// Bytes, which are skipped.
  case bytes
  /// One of the few names that a pickle may call.
  case global(PickleGlobal)
  /// A dictionary, list, tuple, storage or tensor.
  case object(Int)
}

/// What holds other values.
enum PickleObject: Sendable {
  /// Keys and values, in order; a key that comes again replaces.
  case dictionary([(key: PickleValue, value: PickleValue)])
  case list([PickleValue])
  case tuple([PickleValue])
  /// A number in ``PickleMachine/storages``.
  case storage(Int)
  /// A number in ``PickleMachine/tensors``.
  case tensor(Int)
}

/// The names that a pickle may call; none of them is run, each represents something made here.
enum PickleGlobal: Hashable, Sendable {
  case orderedDictionary
  case rebuildTensor
  case rebuildParameter
  case size
  case storage(NumberType)

  /// The value for a name; nil for every other name.
  init?(module: String, name: String) {
    switch (module, name) {
    case ("collections", "OrderedDict"): self = .orderedDictionary
    case ("torch._utils", "_rebuild_tensor"), ("torch._utils", "_rebuild_tensor_v2"): self = .rebuildTensor
    case ("torch._utils", "_rebuild_parameter"): self = .rebuildParameter
    case ("torch", "Size"): self = .size
    case ("torch", let name):
      guard let type = PickleGlobal.storageTypes[name] else { return nil }
      self = .storage(type)
    default: return nil
    }
  }

  private static let storageTypes: [String: NumberType] = [
    "FloatStorage": .float32, "DoubleStorage": .float64, "HalfStorage": .float16,
    "BFloat16Storage": .brainFloat16, "LongStorage": .signed64, "IntStorage": .signed32,
    "ShortStorage": .signed16, "CharStorage": .signed8, "ByteStorage": .unsigned8, "BoolStorage": .boolean,
  ]
}

/// A run of numbers in the file, which tensors are views of.
struct TorchStorage: Sendable {
  /// Its name in the file.
  let key: String
  let type: NumberType
  /// How many numbers it has.
  let count: Int
}

/// A view of a storage: the number at `[i, j, …]` is number `offset + i · strides[0] + j · strides[1] + …` of it.
struct TorchTensor: Sendable {
  let storage: TorchStorage
  let offset: Int
  let sizes: [Int]
  let strides: [Int]

  /// The number of elements.
  let count: Int

  /// A view that lies within its storage; nil for any other.
  init?(storage: TorchStorage, offset: Int, sizes: [Int], strides: [Int]) {
    guard offset >= 0, sizes.count == strides.count, sizes.count <= TorchTensor.highestRank,
      sizes.allSatisfy({ $0 >= 0 }), strides.allSatisfy({ $0 >= 0 })
    else { return nil }
    var (count, last) = (1, offset)
    for (size, stride) in zip(sizes, strides) {
      let (product, overflows) = count.multipliedReportingOverflow(by: size)
      let (reach, reachOverflows) = max(0, size - 1).multipliedReportingOverflow(by: stride)
      let (sum, sumOverflows) = last.addingReportingOverflow(reach)
      guard !overflows, !reachOverflows, !sumOverflows else { return nil }
      (count, last) = (product, sum)
    }
    guard count == 0 || last < storage.count else { return nil }
    self.storage = storage
    self.offset = offset
    self.sizes = sizes
    self.strides = strides
    self.count = count
  }

  /// PyTorch's own limit.
  private static let highestRank = 64

  /// Whether the elements are contiguous in row-major order.
  var isContiguous: Bool {
    var expected = 1
    for (size, stride) in zip(sizes, strides).reversed() where size != 1 {
      guard stride == expected else { return false }
      expected *= size
    }
    return true
  }
}
