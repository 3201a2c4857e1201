import WhiskerSystem
import WhiskerTensors

/// What a safetensors header says, checked against itself and the size of the data.
struct SafeTensorsHeader: Sendable {
  /// Where one tensor lies.
  struct Entry: Sendable {
    let type: SafeTensorsElementType
    let shape: Shape
    /// The tensor's bytes, counted from the first byte after the header.
    let range: Range<Int>
  }

  /// The largest header that readers of the format accept, in bytes.
  static let sizeLimit = 100_000_000
  /// The member that holds the metadata and can't name a tensor.
  static let metadataName = "__metadata__"

  /// The metadata besides the tensors.
  private(set) var metadata: [String: String] = [:]
  /// The tensors by name.
  private(set) var entries: [String: Entry] = [:]

  /// Reads a header's JSON and checks that the tensors cover `dataSize` bytes without gap or overlap.
  init(_ bytes: [UInt8], dataSize: Int, file: String) throws(WhiskerError) {
    guard bytes.first == UInt8(ascii: "{") else {
      throw WhiskerError(.notThisFormat, file, expected: "a safetensors file", got: "something else")
    }
    var scanner = HeaderScanner(bytes, file: file)
    var hasMetadata = false
    try scanner.object { (scanner, name) throws(WhiskerError) in
      if name == Self.metadataName {
        guard !hasMetadata else { throw scanner.fault("one \(name)") }
        hasMetadata = true
        try scanner.object { (scanner, key) throws(WhiskerError) in
          guard metadata.updateValue(try scanner.string(), forKey: key) == nil else {
            throw scanner.fault("one metadata entry '\(key)'")
          }
        }
      } else {
        let entry = try Self.entry(name, &scanner, file)
        guard entries.updateValue(entry, forKey: name) == nil else {
          throw scanner.fault("one tensor '\(name)'")
        }
      }
    }
    try scanner.end()
    try checkCoverage(of: dataSize, file)
  }

  private static func entry(
    _ name: String, _ scanner: inout HeaderScanner, _ file: String
  ) throws(WhiskerError) -> Entry {
    var typeName: String?
    var sizes: [Int]?
    var offsets: [Int]?
    try scanner.object { (scanner, key) throws(WhiskerError) in
      switch key {
      case "dtype" where typeName == nil: typeName = try scanner.string()
      case "shape" where sizes == nil: sizes = try scanner.wholeNumbers()
      case "data_offsets" where offsets == nil: offsets = try scanner.wholeNumbers()
      default: throw scanner.fault("dtype, shape and data_offsets of '\(name)' once each")
      }
    }
    guard let typeName, let sizes, let offsets else {
      throw scanner.fault("dtype, shape and data_offsets of '\(name)'")
    }
    guard let type = SafeTensorsElementType(rawValue: typeName) else {
      throw WhiskerError(
        .unsupportedType, file, expected: "an element type such as F32 for '\(name)'", got: "'\(typeName)'")
    }
    guard offsets.count == 2, offsets[0] <= offsets[1] else {
      throw WhiskerError(.corruptHeader, file, expected: "a range of bytes for '\(name)'", got: "\(offsets)")
    }
    guard let byteCount = byteCount(sizes, type) else {
      throw WhiskerError(
        .corruptHeader, file,
        expected: "'\(name)' to be of whole bytes below 2⁶³", got: "\(typeName) \(sizes)")
    }
    guard byteCount == offsets[1] - offsets[0] else {
      throw WhiskerError(
        .corruptHeader, file,
        expected: "\(byteCount) bytes for '\(name)' (\(typeName) \(sizes))", got: "\(offsets[1] - offsets[0])"
      )
    }
    return Entry(type: type, shape: Shape(sizes), range: offsets[0]..<offsets[1])
  }

  /// The bytes that this many elements take; nil if they overflow or aren't whole bytes.
  private static func byteCount(_ sizes: [Int], _ type: SafeTensorsElementType) -> Int? {
    var bits = 1
    for size in sizes + [type.bits] {
      let (product, overflows) = bits.multipliedReportingOverflow(by: size)
      if overflows { return nil }
      bits = product
    }
    return bits % 8 == 0 ? bits / 8 : nil
  }

  private func checkCoverage(of dataSize: Int, _ file: String) throws(WhiskerError) {
    var end = 0
    let inOrder = entries.sorted {
      ($0.value.range.lowerBound, $0.value.range.upperBound)
        < ($1.value.range.lowerBound, $1.value.range.upperBound)
    }
    for (name, entry) in inOrder {
      guard entry.range.lowerBound == end else {
        throw WhiskerError(
          .corruptHeader, file,
          expected: "'\(name)' to begin at byte \(end) of the data", got: "\(entry.range.lowerBound)")
      }
      end = entry.range.upperBound
    }
    guard end >= dataSize else {
      throw WhiskerError(
        .corruptHeader, file, expected: "\(end) bytes of data", got: "\(dataSize)")
    }
    guard end == dataSize else {
      throw WhiskerError(.truncated, file, expected: "\(end) bytes of data", got: "\(dataSize)")
    }
  }
}
