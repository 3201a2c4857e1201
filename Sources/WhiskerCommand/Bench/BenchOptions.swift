import ArgumentParser
import Foundation
import Whisker

/// Options of every benchmark.
struct BenchOptions: ParsableArguments {
  @Option(parsing: .unconditional, help: "Photos in a batch, at least 1.")
  var batchSize = 32

  @Option(
    parsing: .unconditional, help: "Rounds to measure after the warm-up, at least 1; their median counts.")
  var rounds = 5

  @Option(parsing: .unconditional, help: "Seconds that a round takes at least, above 0.")
  var seconds = 1.0

  @Flag(help: "Print the result as JSON.")
  var json = false

  func check() throws {
    try requireRange(batchSize, batchSizes, "--batch-size")
    try requireRange(rounds, 1...1000, "--rounds")
    try requireRange(seconds, 0.001...3600, "--seconds")
  }

  /// A timer for these rounds.
  var timer: RoundTimer { RoundTimer(rounds: rounds, seconds: seconds) }

  /// Prints the rate and the process's peak memory.
  func show(_ timer: RoundTimer) throws {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    let peak = usage.ru_maxrss * 1024
    if json {
      let rate = (timer.rate * 10).rounded() / 10
      return try Console.result(
        json: Result(imagesPerSecond: rate, batchSize: batchSize, peakMemoryBytes: peak))
    }
    let line = String(
      format: "%.1f images/s in batches of %d (median of %@), peak memory %.0f MB", timer.rate,
      batchSize, rounds.counted("round"), Double(peak) / 1e6)
    try Console.result(line)
  }

  private struct Result: Encodable {
    let imagesPerSecond: Double
    let batchSize: Int
    let peakMemoryBytes: Int
  }
}

/// The network of the benchmarks that compute.
struct BenchNetworkOptions: ParsableArguments {
  @Option(help: "The network: a built-in recipe's name, or the path of a recipe file.", completion: .recipe)
  var recipe = "baseline"

  @Option(
    parsing: .unconditional, help: "Rows and columns of the photos, 1 to 4096; the recipe's by default.")
  var imageSize: Int?

  /// The recipe at the size asked for.
  func loaded() throws -> Recipe {
    try requireRange(imageSize, 1...4096, "--image-size")
    var loaded = try Recipe(named: recipe).readingBase()
    loaded.image.height = imageSize ?? loaded.image.height
    loaded.image.width = imageSize ?? loaded.image.width
    return loaded
  }
}
