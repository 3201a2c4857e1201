public import Foundation
public import WhiskerTensors

/// A file of named tensors in the safetensors format, opened for reading.
///
/// Eight bytes give the length of a JSON header (little-endian), which gives each tensor's element type, axes
/// and range of bytes; the elements follow, row-major and little-endian
/// (https://github.com/huggingface/safetensors). The whole header is checked before anything is used, so a
/// damaged or hostile file gives an error; tensors are read when they are asked for.
public struct SafeTensorsFile: Sendable {
  private let file: ReadableFile
  private let header: SafeTensorsHeader
  private let dataStart: Int

  /// Opens a file and checks its header.
  public init(contentsOf url: URL) throws(FormatError) {
    file = try ReadableFile(url)
    let path = file.path
    guard file.size >= 8 else {
      throw FormatError(.truncated, file: path, "expected at least 8 bytes, got \(file.size)")
    }
    let length = UInt64(littleEndian: try file.values(UInt64.self, at: 0, count: 1)[0])
    guard length >= 2, length <= SafeTensorsHeader.sizeLimit else {
      throw FormatError(
        .notThisFormat, file: path,
        "expected a header of 2 to \(SafeTensorsHeader.sizeLimit) bytes, as in a safetensors file, got \(length)"
      )
    }
    let headerSize = Int(length)
    guard headerSize <= file.size - 8 else {
      throw FormatError(
        .truncated, file: path, "expected a header of \(headerSize) bytes, got \(file.size - 8)")
    }
    dataStart = 8 + headerSize
    header = try SafeTensorsHeader(
      try file.values(UInt8.self, at: 8, count: headerSize), dataSize: file.size - dataStart, file: path)
  }

  /// What the writer noted beside the tensors.
  public var metadata: [String: String] { header.metadata }

  /// The names of the tensors, sorted.
  public var tensorNames: [String] { header.entries.keys.sorted() }

  /// The axes of one tensor; nil if there is none of that name.
  public func shape(of name: String) -> Shape? { header.entries[name]?.shape }

  /// Reads one tensor, converted to 32-bit floats.
  ///
  /// Elements may be 32-bit floats, taken as they are, or 16-bit, bfloat16 or 64-bit ones; those of another
  /// type throw ``FormatError/Code/unsupportedType``.
  public func tensor(_ name: String) throws(FormatError) -> Tensor {
    guard let entry = header.entries[name] else {
      throw FormatError(.missingTensor, file: file.path, "expected a tensor '\(name)', got none")
    }
    let values: [Float]
    // The format's byte order is that of every processor that Swift for Linux runs on.
    let (start, count) = (dataStart + entry.range.lowerBound, entry.shape.count)
    switch entry.type {
    case .float32: values = try file.values(Float.self, at: start, count: count)
    case .float64: values = try file.values(Double.self, at: start, count: count).map { Float($0) }
    case .float16: values = try file.values(Float16.self, at: start, count: count).map { Float($0) }
    case .brainFloat16:
      values = try file.values(UInt16.self, at: start, count: count).map {
        Float(bitPattern: UInt32($0) << 16)
      }
    default:
      throw FormatError(
        .unsupportedType, file: file.path,
        "expected F32, F16, BF16 or F64 elements in '\(name)', got \(entry.type.rawValue)")
    }
    return Tensor(shape: entry.shape, values: values)
  }

  /// Reads one tensor that must have the given axes.
  public func tensor(_ name: String, shape: Shape) throws(FormatError) -> Tensor {
    if let found = self.shape(of: name), found != shape {
      throw FormatError(.shapeMismatch, file: file.path, "expected \(shape) for '\(name)', got \(found)")
    }
    return try tensor(name)
  }

  /// Reads every tensor.
  public func tensors() throws(FormatError) -> [String: Tensor] {
    var tensors: [String: Tensor] = [:]
    for name in header.entries.keys { tensors[name] = try tensor(name) }
    return tensors
  }
}
