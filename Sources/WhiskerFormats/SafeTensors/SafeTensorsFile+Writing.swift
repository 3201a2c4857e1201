public import Foundation
import WhiskerGraph
public import WhiskerSystem
public import WhiskerTensors

extension SafeTensorsFile {
  /// Writes tensors and metadata to a file, completely or not at all.
  ///
  /// The same tensors and metadata give the same bytes: everything is sorted by name (by its UTF-8 bytes), and
  /// the header is padded with spaces so that the elements begin at a multiple of 8 bytes.
  ///
  /// Throws `cannotWrite`, with the system's reason, and leaves a file of that name as it was.
  public static func write(
    _ tensors: [String: Tensor], metadata: [String: String] = [:], to url: URL
  ) throws(WhiskerError) {
    try write(tensors.map { ($0.key, $0.value.shape) }, metadata: metadata, to: url) { name in
      // Every name asked for is one of those given.
      tensors[name] ?? Tensor(0)
    }
  }

  /// Writes tensors that are asked for one at a time, in the order of their names, so that they needn't be in memory
  /// together.
  ///
  /// - Parameter tensor: Gives the tensor of a name, of the shape that was stated for it.
  package static func write(
    _ shapes: [(name: String, shape: Shape)], metadata: [String: String] = [:], to url: URL,
    tensor: (String) throws(WhiskerError) -> Tensor
  ) throws(WhiskerError) {
    guard !shapes.contains(where: { $0.name == SafeTensorsHeader.metadataName }) else {
      throw WhiskerError(
        .cannotWrite, url.path,
        expected: "a tensor's name", got: "'\(SafeTensorsHeader.metadataName)', which the format reserves")
    }
    let inOrder = shapes.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    let header = headerBytes(inOrder, metadata)
    guard header.count <= SafeTensorsHeader.sizeLimit else {
      throw WhiskerError(
        .cannotWrite, url.path,
        expected: "a header of at most \(SafeTensorsHeader.sizeLimit) bytes", got: "\(header.count)")
    }
    var file = try AtomicFile(replacing: url)
    try file.append([UInt64(header.count).littleEndian])
    try file.append(header)
    for (name, shape) in inOrder {
      let tensor = try tensor(name)
      precondition(tensor.shape == shape, "expected \(shape) for '\(name)', got \(tensor.shape)")
      try file.append(tensor.values)
    }
    try file.commit()
  }

  private static func headerBytes(
    _ tensors: [(name: String, shape: Shape)], _ metadata: [String: String]
  ) -> [UInt8] {
    var members: [String] = []
    if !metadata.isEmpty {
      let entries = sortedByBytes(metadata).map { "\(quoted($0.key)):\(quoted($0.value))" }
      members.append("\(quoted(SafeTensorsHeader.metadataName)):{\(entries.joined(separator: ","))}")
    }
    var start = 0
    for (name, shape) in tensors {
      let sizes = shape.sizes.map(String.init).joined(separator: ",")
      let end = start + shape.count * MemoryLayout<Float>.size
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
