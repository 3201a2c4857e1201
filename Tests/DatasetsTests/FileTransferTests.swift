import Foundation
import Testing
import WhiskerDatasets
import WhiskerInspection
import WhiskerSystem
import _TestSupport

@Suite struct FileTransferTests {
  @Test(.enabled("needs the right to mount a file system") { await SmallDisk.canBeMade })
  func aFullDiskLeavesNoHalfCopy() async throws {
    try await withTemporaryFolder { folder in
      let source = folder.appendingPathComponent("source")
      try Data(count: SmallDisk.size + 1).write(to: source)
      let place = folder.appendingPathComponent("disk")
      try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
      let disk = try SmallDisk(at: place)
      defer { disk.unmount() }
      var transfer = FileTransfer(.copy)
      let error = #expect(throws: WhiskerError.self) {
        try transfer.place(source.path, at: place.appendingPathComponent("copy").path)
      }
      #expect(error?.code == .cannotWrite)
      #expect(try place.fileNames.isEmpty)
    }
  }
}
