import WhiskerTensors

/// The endless stream of training samples in which every class comes equally often.
///
/// It is divided into rounds. In each of them every class comes once, in an order of the round's own, so that after any number
/// of samples two classes differ by at most one. Round r takes of a class of n samples the one at place r mod n of its pass
/// ⌊r / n⌋, and each pass has an order of its own: every sample comes once before any comes twice. All of it is a pure
/// function of the place in the stream.
struct BalancedOrder: Sendable {
  private struct Order: Sendable {
    var number = -1
    var places: [Int] = []
  }

  /// The samples of each class that has any.
  private let classes: [[Int]]
  /// What orders are drawn from; nil keeps the dataset's.
  private let key: RandomKey?
  /// The classes' order in the latest round.
  private var round = Order()
  /// The order of each class's samples in its latest pass.
  private var passes: [Order]

  /// The stream of some samples, at least one, by their classes.
  init(_ classIndices: [Int], key: RandomKey?) {
    precondition(!classIndices.isEmpty, "no order of no samples")
    classes = Dictionary(grouping: classIndices.indices) { classIndices[$0] }.sorted { $0.key < $1.key }
      .map(\.value)
    self.key = key?.derived("balanced")
    passes = Array(repeating: Order(), count: classes.count)
  }

  /// The sample at a place in the stream, at least 0; cheapest when places are asked for in order.
  ///
  /// Its pass is that of its class: no sample is drawn twice with the same.
  mutating func draw(at place: Int) -> SampleDraw {
    let (number, position) = place.quotientAndRemainder(dividingBy: classes.count)
    prepare(&round, number, count: classes.count, key?.derived(0))
    let index = round.places[position]
    let samples = classes[index]
    let (pass, sample) = number.quotientAndRemainder(dividingBy: samples.count)
    prepare(&passes[index], pass, count: samples.count, key?.derived(1, UInt64(index)))
    return SampleDraw(index: samples[passes[index].places[sample]], pass: pass)
  }

  private func prepare(_ order: inout Order, _ number: Int, count: Int, _ key: RandomKey?) {
    guard order.number != number else { return }
    order.number = number
    guard let key else {
      if order.places.isEmpty { order.places = Array(0..<count) }
      return
    }
    var stream = RandomStream(key.derived(UInt64(number)))
    order.places = stream.permutation(count)
  }
}
