import Foundation
import Testing
import WhiskerFormats
import WhiskerSystem
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
    let tally = try await files.survive(refusal: WhiskerError.self) { url in
      try readAll(try HDF5File(contentsOf: url).root)
    }
    // Much of a file is elements and unused space, and newer structures alone have checksums.
    #expect(tally.refused > 300)
    #expect(tally.read > 100)
  }

  @Test func `Damage behind checksums that are right gives an error or tensors, too`() async throws {
    let originals = try ["forms-latest", "forms-v108"].map {
      [UInt8](try Data(contentsOf: Fixtures.url("HDF5/\($0).h5")))
    }
    let files = DamagedFiles(originals, seed: 22) { bytes, random in
      Damage.strike(&bytes, donors: originals, using: &random)
      Self.putChecksumsRight(in: &bytes)
    }
    let tally = try await files.survive(refusal: WhiskerError.self) { url in
      try readAll(try HDF5File(contentsOf: url).root)
    }
    #expect(tally.refused > 300)
    #expect(tally.read > 100)
  }

  /// Makes the checksum of the superblock and of every object header that of its bytes.
  private static func putChecksumsRight(in bytes: inout [UInt8]) {
    func seal(_ range: Range<Int>) {
      guard range.upperBound <= bytes.count - 4 else { return }
      let checksum = hdf5Checksum(bytes[range])
      for index in 0..<4 {
        bytes[range.upperBound + index] = UInt8(truncatingIfNeeded: checksum >> UInt32(8 * index))
      }
    }
    seal(0..<44)
    let signature = Array("OHDR".utf8)
    for start in bytes.indices.dropLast(34) where bytes[start..<start + 4].elementsEqual(signature) {
      let flags = bytes[start + 5]
      let sizeStart = start + 6 + (flags & 0x20 != 0 ? 16 : 0) + (flags & 0x10 != 0 ? 4 : 0)
      let width = 1 << Int(flags & 3)
      let size = bytes[sizeStart..<sizeStart + width].reversed().reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
      guard size < UInt64(bytes.count) else { continue }
      seal(start..<sizeStart + width + Int(size))
    }
  }

  /// Reads every dataset both ways, the others too when one can't be read.
  private func readAll(_ group: HDF5Group) throws {
    var refusal: WhiskerError?
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
