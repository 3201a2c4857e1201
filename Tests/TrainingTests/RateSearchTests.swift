import Foundation
import Testing
import WhiskerRuns
import WhiskerTensors

/// What a search for a learning rate makes of losses.
@Suite struct RateSearchTests {
  /// Points of 100 rates from 1e-7 to 1, with the losses of a function of the rate's power of ten.
  private static func points(_ loss: (Double) -> Double) -> [RateSearch.Point] {
    (0..<100).map { step in
      let power = -7 + 7 * Double(step) / 99
      return RateSearch.Point(rate: pow(10, power), loss: loss(power), smoothed: loss(power))
    }
  }

  @Test("The suggestion is in the middle of the fall, whatever the noise before it")
  func valley() throws {
    var random = RandomStream(RandomKey(seed: 4))
    let noisy = Self.points { power in
      let fall = power < -4 ? 0 : power < -2 ? 0.15 * (power + 4) : 0.3
      return 0.7 - fall + (power > -1 ? 2 * (power + 1) : 0) + 0.004 * Double(random.uniform(in: -1...1))
    }
    let rate = try #require(RateSearch.Result.suggestion(noisy))
    #expect(rate > 1e-4 && rate < 1e-2, "\(rate)")
  }

  @Test("Without a fall there is no suggestion")
  func flat() {
    #expect(RateSearch.Result.suggestion([]) == nil)
    #expect(RateSearch.Result.suggestion(Self.points { _ in 0.7 }) == nil)
    #expect(RateSearch.Result.suggestion(Self.points { 0.7 + 0.1 * ($0 + 7) }) == nil)
    #expect(RateSearch.Result.suggestion(Self.points { 0.7 - 0.0005 * ($0 + 7) }) == nil)
  }
}
