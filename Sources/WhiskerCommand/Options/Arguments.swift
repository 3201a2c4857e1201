import ArgumentParser
import Foundation
import Synchronization
import Whisker

/// How a command computes.
enum EngineName: String, CaseIterable, ExpressibleByArgument {
  case onednn, reference
}

/// Options of every command that runs a network.
struct EngineOptions: ParsableArguments {
  @Option(help: "What computes: onednn, or reference (slow, in double precision, for comparison).")
  var engine = EngineName.onednn

  @Option(
    parsing: .unconditional, help: "Threads that compute; by default every core that the process may use.")
  var threads: Int?

  @Flag(
    inversion: .prefixedNo, help: "Use Winograd's algorithm for 3 × 3 convolutions: 1.5 to 3 times as fast.")
  var winograd = true

  /// Whether the user knows that there are fewer threads than asked for.
  private static let hasSaidFewer = Mutex(false)

  private var settings: OneDNNEngine.Settings { .init(threads: threads, usesWinograd: winograd) }

  /// The settings that affect the last bits of a result.
  var computing: [String: String] {
    switch engine {
    case .onednn:
      [
        "engine": engine.rawValue, "winograd": "\(winograd)", "threads": "\(settings.threadCount)",
      ]
    case .reference: ["engine": engine.rawValue]
    }
  }

  /// The engine asked for.
  func makeEngine() throws -> any Engine {
    try requireRange(threads, 1...256, "--threads")
    switch engine {
    case .onednn:
      sayIfFewer()
      return OneDNNEngine(settings)
    case .reference: return ReferenceEngine()
    }
  }

  /// Notes once, for the first of several engines, that the environment allows fewer threads than were asked for.
  private func sayIfFewer() {
    guard let threads, settings.threadCount < threads else { return }
    let isFirst = Self.hasSaidFewer.withLock { hasSaid in
      defer { hasSaid = true }
      return !hasSaid
    }
    guard isFirst else { return }
    Console.note(
      "note: computing with \(settings.threadCount) of the \(threads) threads asked for: OMP_THREAD_LIMIT or "
        + "OMP_MAX_ACTIVE_LEVELS allows no more.")
  }
}

extension String {
  /// The items of a list with commas between them, without the spaces around each: `cats, dogs`.
  var listItems: [String] {
    split(separator: ",", omittingEmptySubsequences: false).map { $0.trimmingCharacters(in: .whitespaces) }
  }
}

/// The batch sizes that can be asked for.
let batchSizes = 1...65_536

/// Throws wrong usage if a value is given and lies outside a range.
func requireRange<Number: Comparable>(
  _ value: Number?, _ range: ClosedRange<Number>, _ option: String
) throws {
  guard let value, !range.contains(value) else { return }
  throw WhiskerError(
    .invalidSetting, option, expected: "\(range.lowerBound) to \(range.upperBound)", got: "\(value)")
}

/// Throws wrong usage if the share to hold back isn't a valid share.
func requireShare(_ validationSplit: Double?) throws {
  guard let validationSplit, !(validationSplit > 0 && validationSplit < 1) else { return }
  throw WhiskerError(
    .invalidSetting, "--validation-split", expected: "a number above 0 and below 1", got: "\(validationSplit)"
  )
}

/// A number of bytes as a user writes it: `500MB`, `2GB`, `1.5GiB`, `1000000`.
struct ByteCount: ExpressibleByArgument {
  let bytes: Int

  init?(argument: String) {
    let argument = argument.trimmingCharacters(in: .whitespaces)
    let units: [(String, Double)] = [
      ("GiB", 0x1p30), ("MiB", 0x1p20), ("KiB", 0x1p10), ("GB", 1e9), ("MB", 1e6), ("KB", 1e3), ("B", 1),
      ("", 1),
    ]
    for (suffix, factor) in units where argument.lowercased().hasSuffix(suffix.lowercased()) {
      let digits = argument.dropLast(suffix.count).trimmingCharacters(in: .whitespaces)
      guard let number = Double(digits), number >= 0, number * factor < 1e18 else { continue }
      bytes = Int(number * factor)
      return
    }
    return nil
  }
}
