public import Foundation

/// A small file system in memory, mounted on a folder.
public struct SmallDisk {
  /// Its capacity in bytes, if no other is asked for.
  public static let size = 1 << 20

  /// It couldn't be mounted: a permission or `mount` is missing.
  public struct MountFailure: Error {}

  private let folder: URL

  /// Mounts one on an empty folder.
  public init(at folder: URL, size: Int = Self.size) throws {
    self.folder = folder
    guard Self.run("mount", "-t", "tmpfs", "-o", "size=\(size)", "tmpfs", folder.path) else {
      throw MountFailure()
    }
  }

  /// Shows a folder at another place too, perhaps without the right to write there.
  public init(showing folder: URL, at place: URL, isReadOnly: Bool = false) throws {
    self.folder = place
    guard Self.run("mount", "--bind", folder.path, place.path) else { throw MountFailure() }
    if isReadOnly, !Self.run("mount", "-o", "remount,bind,ro", place.path) {
      unmount()
      throw MountFailure()
    }
  }

  /// Unmounts it with everything in it.
  public func unmount() { _ = Self.run("umount", folder.path) }

  /// Whether this user may mount one here.
  public static var canBeMade: Bool {
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
