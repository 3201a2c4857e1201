package import Foundation
import SwiftProtobuf
package import WhiskerSystem

extension TensorBoardLog {
  /// The events of a file, in order; what is cut off at the end is skipped, as TensorBoard does.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` if the file can't be read, or `corruptHeader` if a record doesn't
  ///   match its checks.
  package static func events(contentsOf url: URL) throws(WhiskerError) -> [TensorBoardEvent] {
    let file = try ReadableFile(url)
    let bytes = try file.values(UInt8.self, at: 0, count: file.size)
    var events: [TensorBoardEvent] = []
    var place = 0
    while place + overhead <= bytes.count {
      let length = number(bytes[place..<place + 8])
      guard UInt64(CRC32C.masked(bytes[place..<place + 8])) == number(bytes[place + 8..<place + 12]) else {
        throw WhiskerError(.corruptHeader, url.path, "byte \(place): expected a record, got damage")
      }
      guard length <= bytes.count - place - overhead else { break }
      let end = place + 12 + Int(length)
      let content = bytes[place + 12..<end]
      guard UInt64(CRC32C.masked(content)) == number(bytes[end..<end + 4]),
        let event = try? TensorBoardEvent(serializedBytes: Array(content))
      else {
        throw WhiskerError(.corruptHeader, url.path, "byte \(place): expected an event, got damage")
      }
      events.append(event)
      place = end + 4
    }
    return events
  }

  /// The bytes of a record besides the event: its length and two checks.
  private static let overhead = 16

  private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}
