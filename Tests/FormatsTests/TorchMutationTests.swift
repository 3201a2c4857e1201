import Foundation
import Testing
import WhiskerFormats
import WhiskerSystem
import WhiskerTensors
import _TestSupport

@Suite struct TorchMutationTests {
  @Test func `A damaged file gives an error or tensors of the shapes it states`() async throws {
    let names = ["torch-zip.pth", "torch-stream.pth", "torch-checkpoint.pth"]
    let files = DamagedFiles(try names.map { [UInt8](try Data(contentsOf: Fixtures.url($0))) }, seed: 12)
    let tally = try await files.survive(as: "damaged.pth", refusal: WhiskerError.self) { url in
      let file = try TorchFile(contentsOf: url)
      for name in file.tensorNames {
        #expect(try file.tensor(name).shape == file.shape(of: name))
      }
    }
    // Much of a small archive is padding, and checksums aren't looked at, so that many damaged files can be read.
    #expect(tally.refused > 500)
    #expect(tally.read > 200)
  }
}
