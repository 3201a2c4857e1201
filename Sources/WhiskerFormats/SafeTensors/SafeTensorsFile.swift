public import Foundation
public import WhiskerSystem
public import WhiskerTensors

/// A file of named tensors in the safetensors format, opened for reading.
///
/// Eight bytes give the length of a JSON header (little-endian), which gives each tensor's element type, axes
/// and range of bytes; the elements follow, row-major and little-endian
/// (https://github.com/huggingface/safetensors). The whole header is checked before anything is used, so a
/// damaged or hostile file gives an error. Tensors are created on request, straight from the mapped file: the
/// weights are in memory only once.
public struct SafeTensorsFile: Sendable {
  private let file: ReadableFile
  private let mapped: MappedFile
  private let header: SafeTensorsHeader
  private let dataStart: Int

  /// Opens a file and checks its header.
  public init(contentsOf url: URL) throws(WhiskerError) {
    file = try ReadableFile(url)
    let path = file.path
    guard file.size >= 8 else {
      throw WhiskerError(.truncated, path, expected: "at least 8 bytes", got: "\(file.size)")
    }
    let length = UInt64(littleEndian: try file.values(UInt64.self, at: 0, count: 1)[0])
    guard length >= 2, length <= SafeTensorsHeader.sizeLimit else {
      throw WhiskerError(
        .notThisFormat, path,
        expected: "a header of 2 to \(SafeTensorsHeader.sizeLimit) bytes, as in a safetensors file",
        got: "\(length)"
      )
    }
    let headerSize = Int(length)
    guard headerSize <= file.size - 8 else {
      throw WhiskerError(
        .truncated, path, expected: "a header of \(headerSize) bytes", got: "\(file.size - 8)")
    }
    dataStart = 8 + headerSize
    header = try SafeTensorsHeader(
      try file.values(UInt8.self, at: 8, count: headerSize), dataSize: file.size - dataStart, file: path)
    mapped = try MappedFile(file)
  }

  /// The metadata besides the tensors.
  public var metadata: [String: String] { header.metadata }

  /// The names of the tensors, sorted.
  public var tensorNames: [String] { header.entries.keys.sorted() }

  /// The axes of one tensor; nil if there is none of that name.
  public func shape(of name: String) -> Shape? { header.entries[name]?.shape }

  /// Reads one tensor, converted to 32-bit floats.
  ///
  /// Elements may be floats of 16 (also bfloat16), 32 and 64 bits, whole numbers of any width, which lose what 24 bits
  /// don't hold, and truth values, which become 0 and 1; those of another type throw
  /// `unsupportedType`.
  public func tensor(_ name: String) throws(WhiskerError) -> Tensor {
    guard let entry = header.entries[name] else {
      throw WhiskerError(.missingTensor, file.path, expected: "a tensor '\(name)'", got: "none")
    }
    guard let number = entry.type.number else {
      throw WhiskerError(
        .unsupportedType, file.path,
        expected: "plain floats, whole numbers or BOOL in '\(name)'", got: "\(entry.type.rawValue)")
    }
    return Tensor(
      shape: entry.shape,
      values: try mapped.numbers(number, at: dataStart + entry.range.lowerBound, count: entry.shape.count))
  }

  /// Reads one tensor that must have the given axes.
  public func tensor(_ name: String, shape: Shape) throws(WhiskerError) -> Tensor {
    if let found = self.shape(of: name), found != shape {
      throw WhiskerError(.shapeMismatch, file.path, expected: "\(shape) for '\(name)'", got: "\(found)")
    }
    return try tensor(name)
  }

  /// Reads every tensor.
  public func tensors() throws(WhiskerError) -> [String: Tensor] {
    var tensors: [String: Tensor] = [:]
    for name in header.entries.keys { tensors[name] = try tensor(name) }
    return tensors
  }
}
