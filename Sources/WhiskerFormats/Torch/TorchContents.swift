import WhiskerSystem

/// What a PyTorch file holds besides the numbers: the dictionary of tensors and the places of storages.
struct TorchContents {
  /// The tensors and notes.
  let dictionary: StateDict
  /// Where each storage lies in the file, by key.
  let storages: [String: Range<Int>]

  /// Reads the form of PyTorch 1.6 and later: a ZIP archive of `NAME/data.pkl`, `NAME/byteorder` and the storages
  /// `NAME/data/KEY`.
  init(archive bytes: UnsafeRawBufferPointer, file: String) throws(WhiskerError) {
    let entries = try TorchContents.places(in: ZipDirectory(bytes, file: file), file)
    let suffix = "/data.pkl"
    let pickles = entries.filter { name, _ in
      name.hasSuffix(suffix) && !name.dropLast(suffix.count).contains("/")
    }
    guard pickles.count == 1, let (name, place) = pickles.first else {
      throw WhiskerError(
        .notThisFormat, file,
        expected: "one data.pkl in the archive, as in PyTorch's files", got: "\(pickles.count)")
    }
    let folder = name.dropLast(suffix.count)
    guard entries["\(folder)/constants.pkl"] == nil else {
      throw WhiskerError(
        .refused, file,
        expected: "a state dict", got: "a TorchScript program: save model.state_dict() instead")
    }
    if let order = entries["\(folder)/byteorder"], !bytes[order].elementsEqual("little".utf8) {
      throw WhiskerError(
        .unsupportedType, file,
        expected: "numbers with the lowest byte first", got: "them the other way round")
    }
    var machine = PickleMachine(
      ByteCursor(UnsafeRawBufferPointer(rebasing: bytes[place]), file: file),
      stepLimit: PickleMachine.stepLimit(fileSize: bytes.count), file: file)
    let root = try machine.run()
    dictionary = try StateDict(root, of: machine, fileSize: bytes.count, file: file)
    var storages: [String: Range<Int>] = [:]
    for key in Set(dictionary.tensors.values.map(\.storage.key)) {
      storages[key] = entries["\(folder)/data/\(key)"]
    }
    self.storages = storages
  }

  /// The place of each entry, by name.
  ///
  /// Checksums are not looked at: PyTorch itself doesn't, and may write none; and nothing is unpacked to a disk, so that
  /// names with `..` in them do no harm.
  private static func places(
    in directory: ZipDirectory, _ file: String
  ) throws(WhiskerError) -> [String: Range<Int>] {
    var places: [String: Range<Int>] = [:]
    for entry in directory.entries {
      guard entry.method == .stored, !entry.isEncrypted, entry.size == UInt64(entry.place.count) else {
        throw WhiskerError(
          .unsupportedType, file,
          expected: "'\(entry.name)' uncompressed, as torch.save writes it", got: "it compressed")
      }
      guard places.updateValue(entry.place, forKey: entry.name) == nil else {
        throw WhiskerError(
          .corruptHeader, file, expected: "one entry '\(entry.name)' in a ZIP archive", got: "two")
      }
    }
    return places
  }

  /// Reads the form before it: pickles of a magic number, the version, the writer's machine, the dictionary and
  /// the storages' keys, then each storage after its count.
  init(stream bytes: UnsafeRawBufferPointer, file: String) throws(WhiskerError) {
    var stream = PickleStream(bytes, file: file)
    guard try stream.isMagic() else {
      // The very first form was a tar archive, which says so at this place.
      let isTar = bytes.count >= 262 && bytes[257..<262].elementsEqual("ustar".utf8)
      throw isTar
        ? WhiskerError(
          .notThisFormat, file, expected: "a file of PyTorch 0.1.10 or later",
          got: "the tar archive of an older one", note: "load and save it anew")
        : WhiskerError(
          .notThisFormat, file, expected: "a file that torch.save wrote", got: "something else")
    }
    guard case .integer(1001) = try stream.next().root else {
      throw WhiskerError(.corruptHeader, file, expected: "version 1001 of PyTorch's form", got: "another")
    }
    try stream.checkWriter()
    let (root, machine) = try stream.next()
    dictionary = try StateDict(root, of: machine, fileSize: bytes.count, file: file)
    storages = try stream.storages(of: machine)
  }
}

/// Consecutive pickles, followed by numbers.
private struct PickleStream {
  private let file: String
  private var cursor: ByteCursor
  private var stepsLeft: Int

  init(_ bytes: UnsafeRawBufferPointer, file: String) {
    self.file = file
    cursor = ByteCursor(bytes, file: file)
    stepsLeft = PickleMachine.stepLimit(fileSize: bytes.count)
  }

  /// Reads the next pickle.
  mutating func next() throws(WhiskerError) -> (root: PickleValue, machine: PickleMachine) {
    var machine = PickleMachine(cursor, stepLimit: stepsLeft, file: file)
    let root = try machine.run()
    (cursor, stepsLeft) = machine.end
    return (root, machine)
  }

  /// Whether the first pickle is the number that such files begin with.
  mutating func isMagic() throws(WhiskerError) -> Bool {
    guard cursor.startsWithPickle else { return false }
    guard case .longInteger(let magic) = try next().root else { return false }
    return magic == [0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19]
  }

  /// Makes sure that the writer's machine had the byte order of this one.
  mutating func checkWriter() throws(WhiskerError) {
    let (root, machine) = try next()
    guard case .dictionary(let items) = machine.object(root) else {
      throw WhiskerError(.corruptHeader, file, expected: "what wrote the file", got: "something else")
    }
    for case (.text("little_endian"), .truth(false)) in items {
      throw WhiskerError(
        .unsupportedType, file,
        expected: "numbers with the lowest byte first", got: "them the other way round")
    }
  }

  /// Reads the list of keys and passes over the storages, whose types the dictionary's pickle gave.
  mutating func storages(of machine: PickleMachine) throws(WhiskerError) -> [String: Range<Int>] {
    var types: [String: NumberType] = [:]
    for storage in machine.storages {
      guard types.updateValue(storage.type, forKey: storage.key).map({ $0.size == storage.type.size }) ?? true
      else {
        throw WhiskerError(
          .corruptHeader, file, expected: "one type for the storage '\(storage.key)'", got: "two")
      }
    }
    let (root, keys) = try next()
    guard case .list(let values) = keys.object(root) else {
      throw WhiskerError(.corruptHeader, file, expected: "the keys of storages", got: "something else")
    }
    var ranges: [String: Range<Int>] = [:]
    for value in values {
      guard case .text(let key) = value, let type = types[key] else {
        throw WhiskerError(.corruptHeader, file, expected: "the key of a tensor's storage", got: "another")
      }
      let count = try cursor.integer(Int64.self)
      guard count >= 0, count <= cursor.remaining / type.size else {
        throw WhiskerError(
          .truncated, file,
          expected: "\(count) numbers of \(type.size) bytes", got: "\(max(0, cursor.remaining)) bytes")
      }
      let start = cursor.position
      _ = try cursor.take(Int(count) * type.size)
      guard ranges.updateValue(start..<cursor.position, forKey: key) == nil else {
        throw WhiskerError(.corruptHeader, file, expected: "one storage '\(key)'", got: "two")
      }
    }
    return ranges
  }
}
