import Foundation
import Testing
import WhiskerImages
import WhiskerSystem
import WhiskerTensors
import _TestSupport

/// Damaged files of every cell of the grid: a photo or an error, no crash, no hang, no flood of memory.
///
/// In a process of its own, so that a crash fails this test alone and the memory is nobody else's.
/// `WHISKER_PHOTO_MUTATIONS` says how many, for a long run; docs/results.md has its figures.
@Suite struct MutationTests {
  private static let count =
    ProcessInfo.processInfo.environment["WHISKER_PHOTO_MUTATIONS"].flatMap(Int.init) ?? 2000

  @Test func mutatedPhotosAreSurvived() async throws {
    let result = await #expect(processExitsWith: .success, observing: [\.standardOutputContent]) {
      try Self.decodeMutations()
    }
    if Self.count > 2000, let result { print(String(decoding: result.standardOutputContent, as: UTF8.self)) }
  }

  private static func decodeMutations() throws {
    var random = RandomStream(RandomKey(seed: 15))
    var decoder = PhotoDecoder()
    decoder.limits.maximumPixels = 1_000_000
    let before = peakMemory()
    var counts: [String: (read: Int, refused: Int)] = [:]
    var slowest: (seconds: Double, file: String) = (0, "")
    for round in 0..<count {
      let cell = Grid.cells[round % Grid.cells.count]
      let bytes = mutated(try cell.bytes(), &random)
      let start = DispatchTime.now().uptimeNanoseconds
      let ending = cell.file.split(separator: ".").last.map(String.init) ?? ""
      do throws(WhiskerError) {
        let photo = try decoder.decode(bytes)
        #expect(photo.height * photo.width <= decoder.limits.maximumPixels)
        counts[ending, default: (0, 0)].read += 1
      } catch {
        #expect(!error.message.isEmpty)
        counts[ending, default: (0, 0)].refused += 1
      }
      let seconds = Double(DispatchTime.now().uptimeNanoseconds - start) / 1e9
      if seconds > slowest.seconds { slowest = (seconds, cell.file) }
    }
    #expect(counts.values.map(\.refused).min() ?? 0 > 0)
    let growth = peakMemory() - before
    // 1,000,000 pixels of up to 24 bytes, and what the libraries keep.
    #expect(growth < 256 << 20)
    if count > 2000 {
      for (ending, count) in counts.sorted(by: { $0.key < $1.key }) {
        print("\(ending): \(count.read) read, \(count.refused) refused")
      }
      print("slowest \(slowest.seconds) s (\(slowest.file)); memory grew by \(growth >> 20) MiB")
    }
  }

  /// A few bytes changed, removed or added, half of them among the first, where the sizes and tables are; every third
  /// file is cut.
  private static func mutated(_ original: [UInt8], _ random: inout RandomStream) -> [UInt8] {
    var bytes = original
    for _ in 0...random.integer(below: 4) {
      let reach = random.chance(0.5) ? min(96, bytes.count) : bytes.count
      let position = random.integer(below: reach)
      switch random.integer(below: 6) {
      case 0: bytes[position] = UInt8(random.integer(below: 256))
      case 1: bytes[position] ^= 1 << UInt8(random.integer(below: 8))
      case 2: bytes.remove(at: position)
      case 3: bytes.insert([0, 1, 0x7F, 0x80, 0xFF][random.integer(below: 5)], at: position)
      case 4:  // a number made large
        for index in position..<min(position + 4, bytes.count) {
          bytes[index] = UInt8(random.integer(below: 256))
        }
      default:  // a piece of the file again
        let end = min(position + 1 + random.integer(below: 32), bytes.count)
        bytes.insert(contentsOf: bytes[position..<end], at: random.integer(below: bytes.count))
      }
    }
    if random.integer(below: 3) == 0 { bytes.removeLast(random.integer(below: bytes.count)) }
    return bytes
  }
}
