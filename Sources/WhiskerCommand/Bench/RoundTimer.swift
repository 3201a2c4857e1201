import Foundation

/// Measures a rate in rounds, after a warm-up; the result is the median of the rounds.
struct RoundTimer {
  private let seconds: Double
  private let rounds: Int
  private var rates: [Double] = []
  private var isWarm = false
  private var warmUps = 0
  private var count = 0
  private var start = ContinuousClock.now

  /// A measurement of the given number of rounds, each of at least the given number of seconds.
  init(rounds: Int, seconds: Double) {
    self.rounds = rounds
    self.seconds = seconds
  }

  /// Records that this many more pieces are done; returns whether all rounds are.
  mutating func add(_ pieces: Int) -> Bool {
    let now = ContinuousClock.now
    let elapsed = (now - start) / .seconds(1)
    if !isWarm {
      // The first step prepares programs and memory, the next ones fill caches.
      warmUps += 1
      guard warmUps >= 3, elapsed >= min(seconds, 0.5) else { return false }
      isWarm = true
    } else {
      count += pieces
      guard elapsed >= seconds else { return false }
      rates.append(Double(count) / elapsed)
    }
    (start, count) = (ContinuousClock.now, 0)
    return rates.count == rounds
  }

  /// Pieces per second: the median of the rounds done.
  var rate: Double {
    let sorted = rates.sorted()
    guard let last = sorted.last else { return 0 }
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + min(sorted[middle], last)) / 2
  }
}
