import Foundation
import Testing
import WhiskerFormats
import WhiskerSystem
import WhiskerTensors
import _TestSupport

@Suite struct SafeTensorsMutationTests {
  @Test func `A damaged file gives an error or tensors of the shapes it states`() async throws {
    let original = [UInt8](try Data(contentsOf: Fixtures.url("python.safetensors")))
    let whisker = [UInt8](try Data(contentsOf: Fixtures.url("whisker.safetensors")))
    let files = DamagedFiles([original, whisker], seed: 11)
    let tally = try await files.survive(refusal: WhiskerError.self) { url in
      let file = try SafeTensorsFile(contentsOf: url)
      for name in file.tensorNames {
        #expect(try file.tensor(name).shape == file.shape(of: name))
      }
    }
    // Flips in the elements leave a file valid; most other damage must be noticed.
    #expect(tally.refused > 1_000)
    #expect(tally.read > 100)
  }
}
