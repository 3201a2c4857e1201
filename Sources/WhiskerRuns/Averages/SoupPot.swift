import WhiskerDatasets
import WhiskerGraph
import WhiskerLayers
import WhiskerSystem
import WhiskerTensors
import WhiskerTraining

/// The network that several models share, with whatever weights are to be measured.
struct SoupPot {
  private let model: Model

  /// The network of a model, whose layers with these statistics aren't frozen.
  init(_ saved: SavedModel, _ statistics: Set<String>, on engine: any Engine) throws(WhiskerError) {
    let network = try saved.model.network()
    let trainability = network.layers.map { entry in
      (entry.name, entry.weights.contains { statistics.contains(entry.stateName(of: $0)) })
    }
    model = Model(network.settingTrainable(Dictionary(trainability) { first, _ in first }))
    try model.compile(loss: saved.loss, engine: engine)
  }

  /// Puts weights in.
  func fill(_ weights: [String: Tensor]) async throws(WhiskerError) { try model.setWeights(weights) }

  /// What is in it.
  func weights() async throws(WhiskerError) -> [String: Tensor] { try await model.weights() }

  func estimateStatistics(
    on data: PhotoDataset, onStep: (_ step: Int, _ steps: Int) -> Void
  ) async throws { try await model.estimateStatistics(on: data, onStep: onStep) }

  func accuracy(on photos: PhotoDataset) async throws -> Double { try await model.evaluate(photos).accuracy }
}

/// Whether the weights of two models can be averaged.
struct SoupCheck {
  private let member: ModelEnsemble.Member
  private let first: ModelEnsemble.Member

  init(of member: ModelEnsemble.Member, like first: ModelEnsemble.Member) {
    (self.member, self.first) = (member, first)
  }

  /// - Throws: ``WhiskerSystem/WhiskerError`` with `weightMismatch` or `badModel`, naming both.
  func check() throws(WhiskerError) {
    let (expected, found) = (try first.saved.model.network(), try member.saved.model.network())
    let shapes = Dictionary(found.weights.map { ($0.name, $0.specification.shape) }) { first, _ in first }
    for (name, specification) in expected.weights where shapes[name] != specification.shape {
      throw mismatch(name, expected: "\(specification.shape)", got: shapes[name].map { "\($0)" } ?? "none")
    }
    let known = Set(expected.weights.map(\.name))
    if let stranger = found.weights.first(where: { !known.contains($0.name) }) {
      throw mismatch(stranger.name, expected: "none", got: "\(stranger.specification.shape)")
    }
    let (own, other) = (first.saved.preparation, member.saved.preparation)
    guard own == other else {
      let hasOtherSize = own.sampleShape != other.sampleShape
      func text(_ preparation: PhotoPreparation) -> String {
        "\(preparation.height) × \(preparation.width) × \(preparation.channels)"
      }
      throw WhiskerError(
        .badModel, member.name,
        expected: "photos prepared as for \(first.name)" + (hasOtherSize ? ", \(text(own))" : ""),
        got: hasOtherSize ? text(other) : "another scale, way to resize or standardization")
    }
    guard try graph(of: expected) == graph(of: found) else {
      throw WhiskerError(
        .badModel, member.name, expected: "the layers of \(first.name)",
        got: "others, which compute something else with weights of the same names")
    }
  }

  private func mismatch(_ weight: String, expected: String, got: String) -> WhiskerError {
    WhiskerError(
      .weightMismatch, "\(member.name): \(weight)", expected: "\(expected) as in \(first.name)", got: got,
      note: "weights of different networks can't be averaged")
  }

  /// What a network computes in inference.
  private func graph(of network: Network) throws(WhiskerError) -> [Graph.Node] {
    var graph = Graph()
    let images = try graph.input("images", network.input.batched(1))
    _ = try network.append(to: &graph, input: images, phase: .inference)
    return graph.nodes
  }
}
