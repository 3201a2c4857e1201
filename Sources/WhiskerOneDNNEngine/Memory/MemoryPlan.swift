/// Places a program's buffers in one arena so that those alive at the same time don't overlap.
///
/// A buffer is alive from the first to the last step that uses it. The largest is placed first, each at the
/// lowest offset that is free during its whole life ("greedy by size", Pisarchyk and Lee, "Efficient memory
/// management for deep neural net inference", 2020).
package struct MemoryPlan {
  /// One buffer's size and life.
  package struct Request {
    /// The size.
    package let byteCount: Int
    /// The first and the last step.
    package let life: ClosedRange<Int>

    /// A buffer's needs.
    package init(byteCount: Int, life: ClosedRange<Int>) {
      self.byteCount = byteCount
      self.life = life
    }
  }

  /// Where each buffer starts, in bytes; each a multiple of the alignment.
  package let offsets: [Int]
  /// The size of the arena.
  package let byteCount: Int

  /// Buffers start at multiples of this many bytes.
  package static let alignment = 64

  /// Places every buffer; the same requests give the same places.
  package init(_ requests: [Request]) {
    var offsets = [Int](repeating: 0, count: requests.count)
    var placed: [Int] = []
    var end = 0
    let bySize = requests.indices.sorted {
      (requests[$0].byteCount, $1) > (requests[$1].byteCount, $0)
    }
    for index in bySize {
      let size = MemoryPlan.rounded(requests[index].byteCount)
      var offset = 0
      let neighbours = placed.filter { requests[$0].life.overlaps(requests[index].life) }
        .sorted { offsets[$0] < offsets[$1] }
      for neighbour in neighbours where offset + size > offsets[neighbour] {
        offset = max(offset, offsets[neighbour] + MemoryPlan.rounded(requests[neighbour].byteCount))
      }
      offsets[index] = offset
      placed.append(index)
      end = max(end, offset + size)
    }
    self.offsets = offsets
    byteCount = end
  }

  private static func rounded(_ count: Int) -> Int { (count + alignment - 1) / alignment * alignment }
}
