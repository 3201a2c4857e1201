import Foundation

/// Which file a path leads to, whatever links are on the way.
struct FileIdentity: Hashable {
  private let device: UInt
  private let number: UInt

  /// The identity of what is there; nil if nothing is.
  init?(of path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    device = UInt(status.st_dev)
    number = UInt(status.st_ino)
  }
}
