public import Foundation
public import WhiskerTensors

/// Damaged copies of good files, for readers to survive.
///
/// The same seed gives the same copies, each of them alone as well: a failure names its number, and
/// `files[number]` makes its bytes again.
public struct DamagedFiles: Sendable {
  /// How many there are.
  public let count: Int
  private let originals: [[UInt8]]
  private let key: RandomKey
  private let damage: @Sendable (inout [UInt8], inout RandomStream) -> Void

  /// Copies of these files.
  ///
  /// - Parameter damage: what is done to the bytes, one to four times for each copy; ``Damage/strike(_:donors:using:)``
  ///   unless the format wants more cunning (a corrected checksum, a compressed part damaged inside).
  public init(
    _ originals: [[UInt8]], seed: UInt64, count: Int = 2_000,
    damage: (@Sendable (inout [UInt8], inout RandomStream) -> Void)? = nil
  ) {
    precondition(!originals.isEmpty, "expected at least one file to damage")
    self.originals = originals
    self.count = count
    key = RandomKey(seed: seed)
    self.damage =
      damage ?? { bytes, random in Damage.strike(&bytes, donors: originals, using: &random) }
  }

  /// One of them.
  public subscript(number: Int) -> [UInt8] {
    var random = RandomStream(key.derived(UInt64(number)))
    var bytes = originals[number % originals.count]
    // Half of them are struck once, so that the rest of the file is in order and readers get far.
    let strikes = random.chance(0.5) ? 1 : 2 + random.integer(below: 3)
    for _ in 0..<strikes { damage(&bytes, &random) }
    return bytes
  }
}

/// A reader that didn't handle a damaged file as it should.
public struct SurvivalFailure: Error, CustomStringConvertible {
  /// The number of the file and what went wrong.
  public let description: String
}

extension DamagedFiles {
  /// How many of the files a reader took and refused.
  public struct Tally: Sendable {
    /// Files that were read, for all the damage.
    public var read = 0
    /// Files that were refused.
    public var refused = 0
    /// The processor time of the slowest, in seconds.
    public var slowest = 0.0
    /// The most bytes that were allocated at once, where that is known.
    public var largest = 0
  }

  /// What a reader may take for one file.
  public struct Limits: Sendable {
    /// Processor time, in seconds.
    public var seconds = 5.0
    /// Allocations at once: this many times the size of the file.
    public var timesFile = 4
    /// Allocations at once: this many bytes in addition.
    public var bytesBeside = 64 << 20

    /// The limits that every reader of the library keeps.
    public init() {}
  }

  /// Reads each file: it must be read or refused with an error of one type, within limits of time and memory.
  ///
  /// A crash or a hang ends the test program, as nothing else could be trusted after it.
  ///
  /// - Parameters:
  ///   - fileName: what the damaged file is called, where a reader goes by the extension.
  ///   - refusal: the type of the reader's errors.
  ///   - read: reads all that the file holds, on the calling thread.
  /// - Throws: ``SurvivalFailure`` naming the first file that was handled badly.
  public func survive<Refusal: Error>(
    as fileName: String = "damaged", refusal: Refusal.Type, limits: Limits = Limits(),
    read: (URL) throws -> Void
  ) async throws -> Tally {
    try await withTemporaryFolder { folder in
      let url = folder.appendingPathComponent(fileName)
      var tally = Tally()
      for number in 0..<count {
        let bytes = self[number]
        try Data(bytes).write(to: url)
        let (failure, effort) = Effort.of { () -> (any Error)? in
          do {
            try read(url)
            return nil
          } catch { return error }
        }
        if let failure, !(failure is Refusal) {
          throw SurvivalFailure(
            description: "file \(number): expected \(Refusal.self), got \(type(of: failure)): \(failure)")
        }
        guard effort.seconds <= limits.seconds else {
          throw SurvivalFailure(
            description: "file \(number): expected at most \(limits.seconds) s, got \(effort.seconds)")
        }
        let limit = limits.timesFile * bytes.count + limits.bytesBeside
        if let peak = effort.peakBytes, peak > limit {
          throw SurvivalFailure(
            description: "file \(number): expected at most \(limit) bytes allocated at once, got \(peak)")
        }
        tally.slowest = max(tally.slowest, effort.seconds)
        tally.largest = max(tally.largest, effort.peakBytes ?? 0)
        if failure == nil { tally.read += 1 } else { tally.refused += 1 }
      }
      return tally
    }
  }
}
