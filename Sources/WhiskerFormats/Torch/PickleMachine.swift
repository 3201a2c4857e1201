import WhiskerSystem

/// A reader of Python's pickles that runs nothing.
///
/// A pickle is a program for a machine with a stack (https://docs.python.org/3/library/pickletools.html has its
/// opcodes, protocols 2 to 5). This machine knows those that tensors, dictionaries, lists, tuples, strings and
/// numbers take, and of the functions and classes that a pickle may name only those of ``PickleGlobal``, none of
/// which is called: any other is refused by its name. The number of steps is bounded by the size of the file, and
/// with it time and memory.
struct PickleMachine {
  private var cursor: ByteCursor
  private var stepsLeft: Int
  let file: String

  private var stack: [PickleValue] = []
  /// Where the marks lie: the stack's height at each.
  private var marks: [Int] = []
  private var memo: [Int: PickleValue] = [:]
  /// All containers made so far, by number.
  private(set) var objects: [PickleObject] = []
  /// All storages named so far.
  private(set) var storages: [TorchStorage] = []
  /// All tensors made so far.
  private(set) var tensors: [TorchTensor] = []

  /// A machine for the pickle at `cursor`; `stepLimit` bounds its opcodes.
  init(_ cursor: ByteCursor, stepLimit: Int, file: String) {
    self.cursor = cursor
    self.file = file
    stepsLeft = stepLimit
  }

  /// The steps allowed for a file of this size.
  ///
  /// A tensor in a state dict takes about 40 of them and 250 bytes; no step takes much more than 100 bytes of memory.
  static func stepLimit(fileSize: Int) -> Int { 1 << 18 + fileSize / 32 }

  /// The position after the pickle, and the steps that are left for another.
  var end: (cursor: ByteCursor, stepsLeft: Int) { (cursor, stepsLeft) }

  /// Reads the pickle to its end; gives the value that it stands for.
  mutating func run() throws(WhiskerError) -> PickleValue {
    while true {
      guard stepsLeft > 0 else {
        throw fault("a pickle of a state dict", "one with far more steps than tensors")
      }
      stepsLeft -= 1
      let opcode = try cursor.byte()
      if opcode == UInt8(ascii: ".") { return try pop() }
      if try readNumber(opcode) { continue }
      if try readText(opcode) { continue }
      if try gather(opcode) { continue }
      if try call(opcode) { continue }
      throw WhiskerError(
        .refused, file,
        expected: "tensors, dictionaries and numbers",
        got: "pickle opcode \(opcode) at byte \(cursor.position - 1)"
      )
    }
  }

  // MARK: Numbers and what stands for itself

  private mutating func readNumber(_ opcode: UInt8) throws(WhiskerError) -> Bool {
    switch opcode {
    case 0x80:
      let version = try cursor.byte()
      guard (2...5).contains(version) else {
        throw fault("a pickle of protocol 2 to 5", "protocol \(version)")
      }
    case 0x95: _ = try cursor.integer(UInt64.self)  // The length of a frame, for those who read ahead.
    case UInt8(ascii: "N"): push(.none)
    case 0x88: push(.truth(true))
    case 0x89: push(.truth(false))
    case UInt8(ascii: "K"): push(.integer(Int(try cursor.byte())))
    case UInt8(ascii: "M"): push(.integer(Int(try cursor.integer(UInt16.self))))
    case UInt8(ascii: "J"): push(.integer(Int(try cursor.integer(Int32.self))))
    case 0x8A: try pushLong(Int(try cursor.byte()))
    case 0x8B: try pushLong(Int(try cursor.integer(Int32.self)))
    case UInt8(ascii: "G"):
      push(.number(Double(bitPattern: try cursor.integer(UInt64.self).byteSwapped)))
    default: return false
    }
    return true
  }

  private mutating func pushLong(_ count: Int) throws(WhiskerError) {
    let bytes = Array(try cursor.take(count))
    guard count <= 8 else { return push(.longInteger(bytes)) }
    let isNegative = bytes.last ?? 0 >= 0x80
    let number = bytes.reversed().reduce(isNegative ? -1 : 0) { $0 << 8 | Int($1) }
    push(.integer(number))
  }

  private mutating func readText(_ opcode: UInt8) throws(WhiskerError) -> Bool {
    switch opcode {
    case UInt8(ascii: "X"), UInt8(ascii: "T"):
      push(.text(try cursor.text(Int(try cursor.integer(UInt32.self)))))
    case 0x8C, UInt8(ascii: "U"): push(.text(try cursor.text(Int(try cursor.byte()))))
    case 0x8D: push(.text(try cursor.text(try length())))
    case UInt8(ascii: "B"): try skipBytes(Int(try cursor.integer(UInt32.self)))
    case UInt8(ascii: "C"): try skipBytes(Int(try cursor.byte()))
    case 0x8E: try skipBytes(try length())
    default: return false
    }
    return true
  }

  private mutating func length() throws(WhiskerError) -> Int {
    let length = try cursor.integer(UInt64.self)
    guard length <= UInt64(cursor.remaining) else {
      throw WhiskerError(
        .truncated, file,
        expected: "\(length) more bytes at byte \(cursor.position)", got: "\(cursor.remaining)")
    }
    return Int(length)
  }

  private mutating func skipBytes(_ count: Int) throws(WhiskerError) {
    _ = try cursor.take(count)
    push(.bytes)
  }

  // MARK: Containers, stack and memo

  private mutating func gather(_ opcode: UInt8) throws(WhiskerError) -> Bool {
    switch opcode {
    case UInt8(ascii: "("): marks.append(stack.count)
    case UInt8(ascii: ")"): make(.tuple([]))
    case UInt8(ascii: "]"): make(.list([]))
    case UInt8(ascii: "}"): make(.dictionary([]))
    case 0x85, 0x86, 0x87: make(.tuple(try pop(Int(opcode) - 0x84)))
    case UInt8(ascii: "t"): make(.tuple(try popToMark()))
    case UInt8(ascii: "l"): make(.list(try popToMark()))
    case UInt8(ascii: "d"): make(.dictionary(try pairs(try popToMark())))
    case UInt8(ascii: "a"): try append([try pop()])
    case UInt8(ascii: "e"): try append(try popToMark())
    case UInt8(ascii: "s"): try set(try pairs(try pop(2)))
    case UInt8(ascii: "u"): try set(try pairs(try popToMark()))
    case UInt8(ascii: "0"): _ = try pop()
    case UInt8(ascii: "1"): _ = try popToMark()
    case UInt8(ascii: "2"): push(try top())
    case UInt8(ascii: "q"): memo[Int(try cursor.byte())] = try top()
    case UInt8(ascii: "r"): memo[Int(try cursor.integer(UInt32.self))] = try top()
    case 0x94: memo[memo.count] = try top()
    case UInt8(ascii: "h"): try recall(Int(try cursor.byte()))
    case UInt8(ascii: "j"): try recall(Int(try cursor.integer(UInt32.self)))
    default: return false
    }
    return true
  }

  private mutating func recall(_ number: Int) throws(WhiskerError) {
    guard let value = memo[number] else { throw fault("a value kept under number \(number)", "none") }
    push(value)
  }

  private func pairs(
    _ values: [PickleValue]
  ) throws(WhiskerError) -> [(key: PickleValue, value: PickleValue)] {
    guard values.count % 2 == 0 else { throw fault("a value for each key", "a key without one") }
    return stride(from: 0, to: values.count, by: 2).map { (values[$0], values[$0 + 1]) }
  }

  private mutating func append(_ values: [PickleValue]) throws(WhiskerError) {
    guard case .object(let number) = try top(), case .list(var items) = objects[number] else {
      throw fault("a list to append to", "something else")
    }
    objects[number] = .list([])  // So that the items have one owner and grow in place.
    items += values
    objects[number] = .list(items)
  }

  private mutating func set(_ pairs: [(key: PickleValue, value: PickleValue)]) throws(WhiskerError) {
    guard case .object(let number) = try top(), case .dictionary(var items) = objects[number] else {
      throw fault("a dictionary to set items of", "something else")
    }
    objects[number] = .dictionary([])
    items += pairs
    objects[number] = .dictionary(items)
  }

  // MARK: Names that a pickle calls

  private mutating func call(_ opcode: UInt8) throws(WhiskerError) -> Bool {
    switch opcode {
    case UInt8(ascii: "c"):
      let module = try cursor.line()
      try pushGlobal(module, try cursor.line())
    case 0x93:
      let names = try pop(2)
      guard case .text(let module) = names[0], case .text(let name) = names[1] else {
        throw fault("the name of a class", "something else")
      }
      try pushGlobal(module, name)
    case UInt8(ascii: "R"):
      let parts = try pop(2)
      guard case .global(let global) = parts[0], case .tuple(let arguments) = object(parts[1]) else {
        throw fault("a known name and a tuple of arguments", "something else")
      }
      try call(global, arguments)
    case UInt8(ascii: "b"):
      // Attributes set on a dictionary, such as a state dict's `_metadata`, don't matter.
      _ = try pop()
      guard case .dictionary = object(try top()) else {
        throw fault("attributes of a dictionary", "those of something else")
      }
    case UInt8(ascii: "Q"): try pushStorage(try pop())
    default: return false
    }
    return true
  }

  private mutating func pushGlobal(_ module: String, _ name: String) throws(WhiskerError) {
    guard let global = PickleGlobal(module: module, name: name) else {
      throw WhiskerError(
        .refused, file,
        expected: "tensors, dictionaries and numbers",
        got: "'\("\(module).\(name)".prefix(200))', "
          + "which only running Python code could make")
    }
    push(.global(global))
  }

  private mutating func call(_ global: PickleGlobal, _ arguments: [PickleValue]) throws(WhiskerError) {
    switch global {
    case .orderedDictionary:
      // Python 2 gives the items as a list of pairs.
      var items: [(key: PickleValue, value: PickleValue)] = []
      if let first = arguments.first {
        guard arguments.count == 1, case .list(let pairs) = object(first) else {
          throw fault("the items of an OrderedDict", "something else")
        }
        for pair in pairs { items += try self.pairs(elements(pair) ?? [pair]) }
      }
      make(.dictionary(items))
    case .rebuildTensor: try makeTensor(arguments)
    case .rebuildParameter:
      guard let data = arguments.first, case .tensor = object(data) else {
        throw fault("a parameter's tensor", "something else")
      }
      push(data)
    case .size:
      guard arguments.count == 1, let sizes = elements(arguments[0]) else {
        throw fault("the sizes of a torch.Size", "something else")
      }
      make(.tuple(sizes))
    case .storage: throw fault("a storage kept in the file", "one made anew")
    }
  }

  private mutating func makeTensor(_ arguments: [PickleValue]) throws(WhiskerError) {
    guard arguments.count >= 4, case .storage(let number) = object(arguments[0]),
      case .integer(let offset) = arguments[1], let sizes = integers(arguments[2]),
      let strides = integers(arguments[3])
    else { throw fault("a tensor's storage, offset, sizes and strides", "something else") }
    let storage = storages[number]
    guard let tensor = TorchTensor(storage: storage, offset: offset, sizes: sizes, strides: strides) else {
      throw fault(
        "a tensor within the \(storage.count) numbers of its storage",
        "sizes \(sizes.prefix(8)) with strides \(strides.prefix(8)) from number \(offset)")
    }
    tensors.append(tensor)
    make(.tensor(tensors.count - 1))
  }

  /// Reads `("storage", type, key, place, count)`, with which `torch.save` names a run of numbers.
  private mutating func pushStorage(_ identifier: PickleValue) throws(WhiskerError) {
    guard let parts = elements(identifier), parts.count >= 5, case .text("storage") = parts[0],
      case .global(.storage(let type)) = parts[1], case .text(let key) = parts[2],
      case .integer(let count) = parts[4], count >= 0
    else { throw fault("the type, key and size of a storage", "something else") }
    if parts.count > 5, case .none = parts[5] {
    } else if parts.count > 5 {
      throw fault("whole storages", "a view of one, as PyTorch before 0.4 wrote them")
    }
    storages.append(TorchStorage(key: key, type: type, count: count))
    make(.storage(storages.count - 1))
  }

  // MARK: Values

  /// The object that a value names; nil for other values.
  func object(_ value: PickleValue) -> PickleObject? {
    if case .object(let number) = value { return objects[number] }
    return nil
  }

  /// The elements of a list or tuple.
  func elements(_ value: PickleValue) -> [PickleValue]? {
    switch object(value) {
    case .list(let elements), .tuple(let elements): elements
    default: nil
    }
  }

  private func integers(_ value: PickleValue) -> [Int]? {
    guard let elements = elements(value) else { return nil }
    let integers = elements.compactMap { if case .integer(let number) = $0 { number } else { nil } }
    return integers.count == elements.count ? integers : nil
  }

  private mutating func make(_ object: PickleObject) {
    objects.append(object)
    push(.object(objects.count - 1))
  }

  private mutating func push(_ value: PickleValue) { stack.append(value) }

  private func top() throws(WhiskerError) -> PickleValue {
    guard let value = stack.last, stack.count > marks.last ?? 0 else { throw fault("a value", "none") }
    return value
  }

  private mutating func pop() throws(WhiskerError) -> PickleValue {
    let value = try top()
    stack.removeLast()
    return value
  }

  /// The last values, first to last.
  private mutating func pop(_ count: Int) throws(WhiskerError) -> [PickleValue] {
    guard stack.count - (marks.last ?? 0) >= count else { throw fault("\(count) values", "fewer") }
    defer { stack.removeLast(count) }
    return Array(stack.suffix(count))
  }

  private mutating func popToMark() throws(WhiskerError) -> [PickleValue] {
    guard let mark = marks.popLast() else { throw fault("values behind a mark", "no mark") }
    defer { stack.removeLast(stack.count - mark) }
    return Array(stack[mark...])
  }

  private func fault(_ expected: String, _ found: String) -> WhiskerError {
    WhiskerError(
      .corruptHeader, file, expected: "\(expected)", got: "\(found) before byte \(cursor.position)")
  }
}
