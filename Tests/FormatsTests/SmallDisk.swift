import Foundation
import _TestSupport

/// A file system of one megabyte in memory, mounted on a folder.
struct SmallDisk {
  /// Its capacity in bytes.
  static let size = 1 << 20

  /// It couldn't be mounted, for want of a right or of `mount`.
  struct MountFailure: Error {}

  private let folder: URL

  /// Mounts one on an empty folder.
  init(at folder: URL) throws {
    self.folder = folder
    guard Self.run("mount", "-t", "tmpfs", "-o", "size=\(Self.size)", "tmpfs", folder.path) else {
      throw MountFailure()
    }
  }

  /// Takes it away with all it holds.
  func unmount() { _ = Self.run("umount", folder.path) }

  /// Whether this user may mount one here.
  static var canBeMade: Bool {
    get async {
      let attempt: Void? = try? await withTemporaryFolder { folder in try SmallDisk(at: folder).unmount() }
      return attempt != nil
    }
  }

  private static func run(_ arguments: String...) -> Bool {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = arguments
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }
}
