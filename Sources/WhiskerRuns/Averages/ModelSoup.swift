public import WhiskerDatasets
public import WhiskerGraph
import WhiskerLayers
import WhiskerSystem
import WhiskerTensors
import WhiskerTraining

/// One model of the mean of several models' weights, where that is better on validation photos (Wortsman and others, "Model
/// soups: averaging weights of multiple fine-tuned models improves accuracy without increasing inference time", 2022).
///
/// It costs no more than one model, unlike ``ModelEnsemble``. Only models that began from the same weights lie close enough
/// together: fine-tuned from one base, or snapshots of one run. The mean of models that were trained from different first
/// weights is usually worth nothing, and isn't kept then.
///
/// The moving statistics of batch normalisation aren't averaged, since those of other weights would be wrong: they are
/// found again on training photos, as they are without augmentation. Statistics that are the same in all models, such as those
/// of a frozen base, stay.
public struct ModelSoup {
  /// Which models are averaged.
  public enum Method: String, Hashable, Sendable, CaseIterable {
    /// From the best on, each is added if the accuracy of the mean doesn't fall.
    case greedy
    /// All of them.
    case uniform
  }

  /// What is done.
  public enum Event: Sendable {
    /// Photos were decoded.
    case decoded(done: Int, total: Int)
    /// Statistics are being found: batches seen, and all.
    case statistics(done: Int, total: Int)
    /// A model was measured by itself: its number, from 1, and how many there are.
    case measured(Score, number: Int, of: Int)
    /// A mean was measured, with or without the model that was tried last.
    case tried(Score, isKept: Bool)
  }

  /// The accuracy of a model, or of the mean with it.
  public struct Score: Hashable, Sendable {
    /// The model.
    public let name: String
    /// On the validation photos.
    public let accuracy: Double
  }

  /// What came of it.
  public struct Outcome {
    /// Each model by itself, the best first.
    public let scores: [Score]
    /// Each mean that was tried, by the model that was added last, in order; of all models one.
    public let tried: [(score: Score, isKept: Bool)]
    /// The models whose weights were averaged.
    public let ingredients: [String]
    /// The accuracy of their mean on the validation photos.
    public let accuracy: Double
    /// The photos that were measured on.
    public let validationCount: Int
    /// The model of averaged weights.
    public let saved: SavedModel

    /// Whether it is better than the best model by itself.
    public var gains: Bool { ingredients.count > 1 && accuracy > (scores.first?.accuracy ?? 0) }
  }

  /// Which models are averaged.
  public var method = Method.greedy
  /// Photos that are computed at once, and in a batch of statistics.
  public var batchSize = 32
  /// Threads and memory of decoding.
  public var loading = PhotoDataset.Loading()

  private let members: [ModelEnsemble.Member]
  private let states: [[String: Tensor]]
  /// The moving statistics that are found again.
  private let statistics: Set<String>

  /// The models, at least 2.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `weightMismatch` naming the first weight that another model doesn't have, or
  ///   has in another shape; `badModel` where layers compute something else or photos are prepared otherwise;
  ///   `classMismatch`; `invalidSetting` for fewer than 2.
  public init(_ members: [ModelEnsemble.Member]) async throws {
    try requireSetting(members.count >= 2, "models", expected: "at least 2 to average", got: members.count)
    self.members = try ModelEnsemble(members).members
    for member in members { try SoupCheck(of: member, like: members[0]).check() }
    var states: [[String: Tensor]] = []
    for member in members { states.append(try await member.saved.model.result().weights) }
    self.states = states
    statistics = try members[0].saved.model.allMovingStatistics().filter { name in
      states.contains { $0[name] != states[0][name] }
    }
  }

  /// Whether training photos are needed, to find the statistics of batch normalisation.
  public var needsTrainingPhotos: Bool { !statistics.isEmpty }

  /// Averages and measures.
  ///
  /// - Parameters:
  ///   - engine: What computes.
  ///   - validation: The photos to choose by, which no model was trained on.
  ///   - train: Photos that they were trained on, for statistics.
  ///   - onEvent: Called with the progress.
  /// - Throws: ``WhiskerSystem/WhiskerError``: `missingPhotos` without training photos where they are needed
  ///   (``needsTrainingPhotos``); those of ``WhiskerDatasets/PhotoDataset``; `CancellationError`.
  public func run(
    on engine: any Engine, validation: PhotoFolder, train: PhotoFolder?,
    onEvent: @escaping @Sendable (Event) -> Void = { _ in }
  ) async throws -> Outcome {
    let saved = members[0].saved
    if needsTrainingPhotos && train == nil {
      throw WhiskerError(
        .missingPhotos, "batch normalisation",
        expected: "training photos, on which its statistics are found for averaged weights", got: "none")
    }
    let progress: @Sendable (Int, Int) -> Void = { onEvent(.decoded(done: $0, total: $1)) }
    let photos = try await saved.photos(
      validation, batchSize: batchSize, loading: loading, progress: progress)
    var training: PhotoDataset?
    if needsTrainingPhotos, let train {
      try saved.checkClasses(of: train)
      training = try await PhotoDataset(
        train, preparation: saved.preparation, batchSize: batchSize, classMode: saved.classMode,
        loading: loading, progress: progress)
    }
    let pot = try SoupPot(saved, statistics, on: engine)

    var scores: [(place: Int, accuracy: Double)] = []
    for (place, state) in states.enumerated() {
      try await pot.fill(state)
      let accuracy = try await pot.accuracy(on: photos)
      scores.append((place, accuracy))
      onEvent(
        .measured(
          Score(name: members[place].name, accuracy: accuracy), number: place + 1, of: states.count))
    }
    // Of equal ones the first that was named.
    scores.sort { ($1.accuracy, $0.place) < ($0.accuracy, $1.place) }

    var chosen = [scores[0].place]
    var best = (accuracy: scores[0].accuracy, weights: states[scores[0].place])
    var tried: [(score: Score, isKept: Bool)] = []
    let trials =
      method == .uniform ? [scores.dropFirst().map(\.place)] : scores.dropFirst().map { [$0.place] }
    for added in trials {
      let weights = Self.mean((chosen + added).map { states[$0] })
      try await pot.fill(weights)
      if let training {
        try await pot.estimateStatistics(on: training) { onEvent(.statistics(done: $0, total: $1)) }
      }
      let accuracy = try await pot.accuracy(on: photos)
      let isKept = method == .uniform || accuracy >= best.accuracy
      if isKept {
        chosen += added
        best = (accuracy, try await pot.weights())
      }
      let name = added.count == 1 ? members[added[0]].name : "all \(states.count)"
      tried.append((Score(name: name, accuracy: accuracy), isKept))
      onEvent(.tried(tried[tried.count - 1].score, isKept: isKept))
    }
    return Outcome(
      scores: scores.map { Score(name: members[$0.place].name, accuracy: $0.accuracy) }, tried: tried,
      ingredients: chosen.map { members[$0].name }, accuracy: best.accuracy, validationCount: photos.count,
      saved: try model(best.weights, of: chosen))
  }

  /// The model with averaged weights, which has seen what any of those has.
  private func model(_ weights: [String: Tensor], of chosen: [Int]) throws(WhiskerError) -> SavedModel {
    let first = members[chosen[0]].saved
    let model = Model(try first.model.network())
    try model.setWeights(weights)
    var saved = SavedModel(
      model: model, preparation: first.preparation, classNames: first.classNames, loss: first.loss)
    saved.metrics = first.metrics
    let known = chosen.compactMap { members[$0].saved.knownPhotos }
    if known.count == chosen.count {
      saved.knownPhotos = ModelPhotos(joining: known)?.choosing(.models)
    }
    return saved
  }

  /// The mean of weights, summed in double precision.
  private static func mean(_ states: [[String: Tensor]]) -> [String: Tensor] {
    states[0].reduce(into: [:]) { result, weight in
      result[weight.key] = AveragedModels.mean(states.compactMap { $0[weight.key] })
    }
  }
}
