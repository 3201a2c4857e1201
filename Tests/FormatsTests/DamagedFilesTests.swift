import Foundation
import Testing
import WhiskerFormats
import WhiskerSystem
import WhiskerTensors
import _TestSupport

/// The check that every reader's tests rely on.
@Suite struct DamagedFilesTests {
  private let files = DamagedFiles(
    [Array(repeating: 7, count: 300), Array("0123456789".utf8)], seed: 1, count: 200)

  @Test func `The same seed gives the same damage, another seed other damage`() {
    let again = DamagedFiles(
      [Array(repeating: 7, count: 300), Array("0123456789".utf8)], seed: 1, count: 200)
    let other = DamagedFiles(
      [Array(repeating: 7, count: 300), Array("0123456789".utf8)], seed: 2, count: 200)
    #expect((0..<200).allSatisfy { files[$0] == again[$0] })
    #expect((0..<200).contains { files[$0] != other[$0] })
    // Among so many, nearly all differ from the file that they are made of.
    let untouched = (0..<200).filter {
      files[$0] == ($0 % 2 == 0 ? Array(repeating: 7, count: 300) : Array("0123456789".utf8))
    }
    #expect(untouched.count < 20)
    #expect(Set((0..<200).map { files[$0].count }).count > 20)
  }

  @Test func `A reader that takes too much memory is caught`() async throws {
    // Without writing to it: memory that was only promised counts too.
    func take(_ count: Int) throws {
      let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 64)
      defer { buffer.deallocate() }
      withExtendedLifetime(buffer) {}
    }
    guard Effort.of({}).effort.peakBytes != nil else { return }
    #expect(try Effort.of { try take(80 << 20) }.effort.peakBytes ?? 0 >= 80 << 20)
    await #expect(throws: SurvivalFailure.self) {
      _ = try await files.survive(refusal: WhiskerError.self) { _ in try take(80 << 20) }
    }
    let tally = try await files.survive(refusal: WhiskerError.self) { _ in try take(60 << 20) }
    #expect(tally.read == 200)
    let (floats, effort) = Effort.of { [Float](repeating: 1, count: 1 << 20) }
    #expect(floats.count == 1 << 20 && effort.peakBytes ?? 0 >= 4 << 20)
  }

  @Test func `A reader that takes too long or throws something else is caught`() async throws {
    var limits = DamagedFiles.Limits()
    limits.seconds = 0
    await #expect(throws: SurvivalFailure.self) {
      _ = try await files.survive(refusal: WhiskerError.self, limits: limits) { url in
        _ = try Data(contentsOf: url)
      }
    }
    await #expect(throws: SurvivalFailure.self) {
      _ = try await files.survive(refusal: WhiskerError.self) { _ in throw CocoaError(.fileReadCorruptFile) }
    }
    let tally = try await files.survive(refusal: WhiskerError.self) { url in
      throw WhiskerError(.truncated, url.path, "refused")
    }
    #expect(tally.refused == 200)
  }
}
