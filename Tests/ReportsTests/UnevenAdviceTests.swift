import Foundation
import Testing
import WhiskerReports
import WhiskerRuns
import WhiskerTensors
import WhiskerTraining

/// What advice and figures say where one class has many more photos than another.
@Suite struct UnevenAdviceTests {
  private func circumstances(_ training: String = "", cats: Int = 1000, dogs: Int = 50) throws
    -> Advice.Circumstances
  {
    var known = Advice.Circumstances()
    known.recipe = try Recipe(
      yaml: """
        name: mine
        image: {height: 32, width: 32}
        network: [Flatten, Output]
        optimizer: {rmsprop: {learning_rate: 0.001}}
        training: {batch_size: 20, epochs: 30\(training)}
        """, source: "test")
    known.trainingCounts = ["cats": cats, "dogs": dogs]
    known.trainingCount = cats + dogs
    known.classShares = [0.5, 0.5]
    known.validationCount = 1000
    return known
  }

  private func history(_ epochs: Int, loss: Double = 0.2, balanced: Double? = 0.55) -> History {
    var history = History()
    history.epochs = (0..<epochs).map { _ in
      .init(
        loss: loss, accuracy: 0.95,
        validation: .init(
          loss: 0.7, accuracy: 0.6, metrics: balanced.map { [.balancedAccuracy: $0] } ?? [:]))
    }
    return history
  }

  @Test func oneEpochIsEnoughToSayIt() throws {
    let advice = try #require(Advice(on: history(1), circumstances()))
    #expect(advice.finding == .unevenClasses)
    #expect(
      advice.text == """
        Uneven classes: "cats" has 1000 training photos, "dogs" 50, and balanced accuracy is 55.0 % where accuracy is \
        60.0 %. Try class_weight: balanced or sampling: balanced in the recipe's training, which make each count the same.
        """)
    let json = try JSONEncoder().encode(advice)
    #expect(String(decoding: json, as: UTF8.self).contains("\"unevenClasses\""))
    // Without the figure it is said all the same.
    #expect(try Advice(on: history(1, balanced: nil), circumstances())?.finding == .unevenClasses)
  }

  @Test func itIsSaidBesideWhatTheCurvesShow() throws {
    let plain = try #require(Advice(on: history(12), circumstances(cats: 60, dogs: 50)))
    let uneven = try #require(Advice(on: history(12), circumstances()))
    #expect(uneven.finding == plain.finding && plain.finding != .unevenClasses)
    #expect(
      uneven.text.hasPrefix(
        plain.text.replacing("Of 110 photos", with: "Of 1050 photos") + " Uneven classes: "))
  }

  @Test func whatIsDoneOrGoodOrEvenIsNotAdvised() throws {
    for training in [", class_weight: balanced", ", class_weight: {dogs: 20}", ", sampling: balanced"] {
      #expect(try Advice(on: history(1), circumstances(training)) == nil, "\(training)")
    }
    #expect(try Advice(on: history(1, balanced: 0.97), circumstances()) == nil)
    #expect(try Advice(on: history(1), circumstances(cats: 150)) == nil)
    #expect(try Advice(on: History(), circumstances()) == nil)
    var unknown = try circumstances()
    unknown.recipe = nil
    #expect(Advice(on: history(1), unknown) == nil)
  }

  /// Guessing's loss is that of the shares by which the photos count: with weights or balanced sampling log 2, and not the loss
  /// of knowing that there are more cats.
  @Test func chanceGoesByWhatPhotosCount() throws {
    // Of 1000 and 50 photos, guessing by the shares has a loss of 0.191.
    func finding(_ training: String, loss: Double) throws -> Advice.Finding? {
      var known = try circumstances(training)
      known.classShares = [0.05, 0.95]
      return Advice(on: history(8, loss: loss, balanced: nil), known)?.finding
    }
    for training in [", class_weight: balanced", ", class_weight: {dogs: 20}", ", sampling: balanced"] {
      #expect(
        try finding(training, loss: training.contains("20") ? 2 * 0.6931 * 1000 / 1050 : 0.693) == .atChance)
      #expect(try finding(training, loss: 0.5) != .atChance, "\(training)")
    }
    #expect(try finding("", loss: 0.199) == .atChance)
  }

  @Test func balancedAccuracyIsTheMeanOfTheRecallsOfClassesWithPhotos() throws {
    // 3 of 4, 1 of 2, none of none.
    let outputs: [[Float]] = [
      [0.8, 0.1, 0.1], [0.8, 0.1, 0.1], [0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.1, 0.8, 0.1], [0.1, 0.1, 0.8],
    ]
    let samples = try ClassifiedSamples(
      labels: [0, 0, 0, 0, 1, 1], outputs: Tensor(shape: [6, 3], values: outputs.flatMap(\.self)))
    let report = ClassificationReport(ConfusionMatrix(samples))
    #expect(report.balancedAccuracy == (0.75 + 0.5) / 2)
    #expect(report.macroAverage.recall == (0.75 + 0.5) / 3)
  }
}
