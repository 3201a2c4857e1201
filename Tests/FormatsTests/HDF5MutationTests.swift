import Foundation
import Testing
import WhiskerFormats
import WhiskerTensors
import _TestSupport

@Suite struct HDF5MutationTests {
  @Test(arguments: [
    ["keras", "keras.weights"], ["forms-earliest", "chunks"], ["forms-latest", "forms-v108"],
    ["many", "userblock"],
  ])
  func `A damaged file gives an error or tensors of the shapes it states`(names: [String]) async throws {
    let originals = try names.map { [UInt8](try Data(contentsOf: Fixtures.url("HDF5/\($0).h5"))) }
    let files = DamagedFiles(originals, seed: 21)
    let tally = try await files.survive(refusal: FormatError.self) { url in
      try readAll(try HDF5File(contentsOf: url).root)
    }
    // Much of a file is elements and unused space, and newer structures alone have checksums.
    #expect(tally.refused > 300)
    #expect(tally.read > 100)
  }

  /// Reads every dataset both ways, the others too when one can't be read.
  private func readAll(_ group: HDF5Group) throws {
    var refusal: FormatError?
    for (_, node) in group.children {
      let error = try formatError {
        switch node {
        case .group(let group): try readAll(group)
        case .dataset(let dataset):
          #expect(try dataset.value().shape == dataset.shape)
          #expect(try dataset.tensor().shape == dataset.shape)
        }
      }
      if let error, error.code != .unsupportedType { refusal = error }
    }
    if let refusal { throw refusal }
  }
}
