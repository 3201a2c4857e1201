public import Foundation
public import WhiskerSystem
public import WhiskerTensors

/// A file of weights that PyTorch saved, opened for reading: `torch.save(model.state_dict(), "model.pth")`.
///
/// Both forms are read: the ZIP archive of PyTorch 1.6 and later, and the stream of pickles and numbers before it
/// (https://pytorch.org/docs/stable/notes/serialization.html). Pickled code is never run: our own reader knows
/// tensors, dictionaries, lists, numbers and strings, and refuses anything else by its name (`refused`), such as a
/// whole model instead of its state dict. Tensors are created on request, straight from the mapped file.
///
/// A checkpoint's dictionaries are flattened, and names joined with dots: `{"state_dict": {"fc.weight": …},
/// "epoch": 3}` has the tensor `state_dict.fc.weight` and the note `epoch`.
public struct TorchFile: Sendable {
  private let path: String
  private let mapped: MappedFile
  private let tensorsByName: [String: TorchTensor]
  /// Where each storage lies in the file.
  private let storages: [String: Range<Int>]
  /// Numbers, texts and truth values besides the tensors, by name, as Python prints them.
  public let notes: [String: String]

  /// Opens a file and reads all but the tensors' elements.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError``.
  public init(contentsOf url: URL) throws(WhiskerError) {
    let file = try ReadableFile(url)
    let mapped = try MappedFile(file)
    path = file.path
    self.mapped = mapped
    let contents = try mapped.withBytes(0..<file.size) { bytes throws(WhiskerError) in
      ZipDirectory.isArchive(bytes)
        ? try TorchContents(archive: bytes, file: file.path)
        : try TorchContents(stream: bytes, file: file.path)
    }
    tensorsByName = contents.dictionary.tensors
    notes = contents.dictionary.notes
    storages = contents.storages
    try check()
  }

  /// The names of the tensors, sorted.
  public var tensorNames: [String] { tensorsByName.keys.sorted() }

  /// The axes of one tensor; nil if there is none of that name.
  public func shape(of name: String) -> Shape? { tensorsByName[name].map { Shape($0.sizes) } }

  /// Reads one tensor in row-major order, converted to 32-bit floats.
  ///
  /// The axes are PyTorch's: kernels of convolutions `[O, I, H, W]`, of linear layers `[O, I]`. Whole numbers lose
  /// what 24 bits don't hold.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `missingTensor`, or if the file has been shortened since it was opened.
  public func tensor(_ name: String) throws(WhiskerError) -> Tensor {
    guard let view = tensorsByName[name], let range = storages[view.storage.key] else {
      throw WhiskerError(.missingTensor, path, expected: "a tensor '\(name)'", got: "none")
    }
    let shape = Shape(view.sizes)
    if view.isContiguous {
      let start = range.lowerBound + view.offset * view.storage.type.size
      return Tensor(
        shape: shape,
        values: try mapped.numbers(view.storage.type, at: view.count == 0 ? 0 : start, count: view.count))
    }
    return Tensor(
      shape: shape,
      values: try mapped.withBytes(range) { bytes throws(WhiskerError) in view.gathered(from: bytes) })
  }

  /// Reads every tensor.
  public func tensors() throws(WhiskerError) -> [String: Tensor] {
    var tensors: [String: Tensor] = [:]
    for name in tensorsByName.keys { tensors[name] = try tensor(name) }
    return tensors
  }

  /// Makes sure that every tensor's storage is there and as large as it says.
  private func check() throws(WhiskerError) {
    for (name, tensor) in tensorsByName {
      let storage = tensor.storage
      guard let range = storages[storage.key] else {
        throw WhiskerError(
          .corruptHeader, path, expected: "numbers '\(storage.key)' for '\(name)'", got: "none of this key")
      }
      guard storage.count <= range.count / storage.type.size else {
        throw WhiskerError(
          .truncated, path,
          expected: "\(storage.count) numbers of \(storage.type.size) bytes for '\(name)'",
          got: "\(range.count) bytes"
        )
      }
    }
  }
}

extension TorchTensor {
  /// The elements in row-major order, from the bytes of the storage.
  fileprivate func gathered(from bytes: UnsafeRawBufferPointer) -> [Float] {
    [Float](unsafeUninitializedCapacity: count) { floats, initializedCount in
      guard count > 0 else { return }
      let rowLength = sizes.last ?? 1
      let rowStride = strides.last ?? 1
      var index = [Int](repeating: 0, count: max(0, sizes.count - 1))
      for row in 0..<count / rowLength {
        let first = zip(index, strides).reduce(offset) { $0 + $1.0 * $1.1 }
        let place = row * rowLength
        storage.type.gather(
          bytes, from: first, stride: rowStride,
          into: UnsafeMutableBufferPointer(rebasing: floats[place..<place + rowLength]))
        for axis in index.indices.reversed() {
          index[axis] += 1
          if index[axis] < sizes[axis] { break }
          index[axis] = 0
        }
      }
      initializedCount = count
    }
  }
}
