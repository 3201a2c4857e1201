import Testing
import WhiskerOneDNNEngine
import WhiskerTensors

@Suite struct MemoryPlanTests {
  private func randomRequests(_ stream: inout RandomStream) -> [MemoryPlan.Request] {
    (0..<stream.integer(below: 60)).map { _ in
      let start = stream.integer(below: 40)
      let size = stream.chance(0.1) ? 0 : stream.integer(below: stream.chance(0.2) ? 100_000 : 500)
      return .init(byteCount: size, life: start...start + stream.integer(below: 12))
    }
  }

  @Test func buffersAliveTogetherNeverOverlap() {
    var stream = RandomStream(RandomKey(seed: 1))
    var hasShared = false
    for _ in 0..<300 {
      let requests = randomRequests(&stream)
      let plan = MemoryPlan(requests)
      #expect(plan.offsets.count == requests.count)
      for (index, request) in requests.enumerated() {
        let bytes = plan.offsets[index]..<plan.offsets[index] + request.byteCount
        #expect(bytes.lowerBound % MemoryPlan.alignment == 0)
        #expect(bytes.lowerBound >= 0 && bytes.upperBound <= plan.byteCount)
        for other in 0..<index {
          let otherBytes = plan.offsets[other]..<plan.offsets[other] + requests[other].byteCount
          guard bytes.overlaps(otherBytes) else { continue }
          #expect(!request.life.overlaps(requests[other].life), "\(request) and \(requests[other])")
          hasShared = true
        }
      }
      let total = requests.reduce(0) { $0 + ($1.byteCount + 63) / 64 * 64 }
      #expect(plan.byteCount <= total)
    }
    #expect(hasShared)
  }

  @Test func theSameRequestsGiveTheSamePlan() {
    var stream = RandomStream(RandomKey(seed: 2))
    for _ in 0..<20 {
      let requests = randomRequests(&stream)
      let (first, second) = (MemoryPlan(requests), MemoryPlan(requests))
      #expect(first.offsets == second.offsets)
      #expect(first.byteCount == second.byteCount)
    }
  }

  @Test func livesThatFollowEachOtherShare() {
    let plan = MemoryPlan((0..<10).map { .init(byteCount: 1000, life: $0...$0) })
    #expect(plan.byteCount == 1024)
    let chain = MemoryPlan((0..<10).map { .init(byteCount: 1000, life: $0...$0 + 1) })
    #expect(chain.byteCount == 2048)
    #expect(MemoryPlan([]).byteCount == 0)
  }
}
