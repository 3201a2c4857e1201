public import Foundation
public import WhiskerTensors

extension SafeTensorsFile {
  /// Writes tensors and notes about them to a file, whole or not at all.
  ///
  /// The same tensors and metadata give the same bytes: everything is sorted by name (by its UTF-8 bytes), and
  /// the header is padded with spaces so that the elements begin at a multiple of 8 bytes.
  ///
  /// Throws ``FormatError/Code/cannotWrite``, with the system's reason, and leaves a file of that name as it was.
  public static func write(
    _ tensors: [String: Tensor], metadata: [String: String] = [:], to url: URL
  ) throws(FormatError) {
    guard tensors[SafeTensorsHeader.metadataName] == nil else {
      throw FormatError(
        .cannotWrite, file: url.path,
        "expected a tensor's name, got '\(SafeTensorsHeader.metadataName)', which the format reserves")
    }
    let inOrder = sortedByBytes(tensors)
    let header = headerBytes(inOrder, metadata)
    guard header.count <= SafeTensorsHeader.sizeLimit else {
      throw FormatError(
        .cannotWrite, file: url.path,
        "expected a header of at most \(SafeTensorsHeader.sizeLimit) bytes, got \(header.count)")
    }
    var file = try AtomicFile(replacing: url)
    try file.append([UInt64(header.count).littleEndian])
    try file.append(header)
    for (_, tensor) in inOrder { try file.append(tensor.values) }
    try file.commit()
  }

  private static func headerBytes(
    _ tensors: [(key: String, value: Tensor)], _ metadata: [String: String]
  ) -> [UInt8] {
    var members: [String] = []
    if !metadata.isEmpty {
      let entries = sortedByBytes(metadata).map { "\(quoted($0.key)):\(quoted($0.value))" }
      members.append("\(quoted(SafeTensorsHeader.metadataName)):{\(entries.joined(separator: ","))}")
    }
    var start = 0
    for (name, tensor) in tensors {
      let sizes = tensor.shape.sizes.map(String.init).joined(separator: ",")
      let end = start + tensor.values.count * MemoryLayout<Float>.size
      members.append(
        "\(quoted(name)):{\"dtype\":\"F32\",\"shape\":[\(sizes)],\"data_offsets\":[\(start),\(end)]}")
      start = end
    }
    var bytes = Array("{\(members.joined(separator: ","))}".utf8)
    while bytes.count % 8 != 0 { bytes.append(UInt8(ascii: " ")) }
    return bytes
  }

  private static func sortedByBytes<Value>(_ members: [String: Value]) -> [(key: String, value: Value)] {
    members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
  }

  /// A JSON string, with nothing escaped but what must be.
  private static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": quoted += "\\\(scalar)"
      case "\u{0}"..<"\u{20}":
        let digits = String(scalar.value, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}
