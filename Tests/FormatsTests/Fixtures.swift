import Foundation
import WhiskerFormats
import WhiskerSystem

/// The committed files that tests read.
enum Fixtures {
  /// The place of one.
  static func url(_ name: String) -> URL {
    Bundle.module.bundleURL.appendingPathComponent("Fixtures").appendingPathComponent(name)
  }

  /// A safetensors file of this header and data.
  static func safetensors(_ header: String, data: [UInt8] = []) -> [UInt8] {
    safetensors(Array(header.utf8), data: data)
  }

  /// A safetensors file whose header is these bytes.
  static func safetensors(_ header: [UInt8], data: [UInt8] = []) -> [UInt8] {
    withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) } + header + data
  }
}

/// The error that `body` throws; nil if it returns.
func formatError(_ body: () throws -> Void) throws -> WhiskerError? {
  do {
    try body()
    return nil
  } catch let error as WhiskerError {
    return error
  }
}
