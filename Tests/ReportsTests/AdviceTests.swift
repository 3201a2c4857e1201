import Foundation
import Testing
import WhiskerReports
import WhiskerRuns
import WhiskerTraining

/// Advice on recorded runs: `Fixtures/histories` holds the `history.csv` of runs on real photos and on
/// sketches.
@Suite struct AdviceTests {
  /// A recorded history, or its first epochs.
  private func recorded(_ name: String, epochs: Int? = nil) throws -> History {
    let url = try #require(
      Bundle.module.url(forResource: name, withExtension: "csv", subdirectory: "Fixtures/histories"))
    var history = try History(contentsOf: url)
    if let epochs { history.epochs = Array(history.epochs.prefix(epochs)) }
    return history
  }

  /// Two classes of equal size.
  private func circumstances(_ recipe: String? = nil, validation: Int = 1000) throws -> Advice.Circumstances {
    var known = Advice.Circumstances()
    known.recipe = try recipe.map { try Recipe(yaml: $0, source: "test") }
    known.classShares = [0.5, 0.5]
    known.validationCount = validation
    return known
  }

  private func recipe(_ name: String, _ augmentation: String = "", _ layers: String = "") -> String {
    """
    name: \(name)
    image: {height: 32, width: 32}
    \(augmentation)
    network: [Flatten, \(layers)Output]
    optimizer: {rmsprop: {learning_rate: 0.001}}
    training: {batch_size: 20, epochs: 30}
    """
  }

  @Test func theBaselineOverfitsFromItsLowestValidationLossOn() throws {
    let history = try recorded("baseline-photos-48")
    let advice = try #require(Advice(on: history, try circumstances(recipe("baseline"))))
    #expect(
      advice.text == """
        Overfitting since epoch 7: after it the validation loss rose from 0.587 to 1.226 while the training loss fell \
        to 0.0884, and training accuracy is 25.2 points ahead. Try the recipe augmented, which makes a photo look \
        different each time.
        """)
    for epochs in 1...20 {
      let finding = Advice(on: try recorded("baseline-photos-48", epochs: epochs), try circumstances())?
        .finding
      switch epochs {
      case ..<4: #expect(finding == nil)
      case 4...7: #expect(finding == .stillImproving)
      case 8: #expect(finding == nil, "One worse epoch is no trend.")
      default: #expect(finding == .overfitting(since: 7), "\(epochs)")
      }
    }
  }

  @Test func whatHelpsAgainstItDependsOnTheRecipe() throws {
    let history = try recorded("baseline-photos-48")
    func text(_ recipe: String?) throws -> String {
      try #require(Advice(on: history, circumstances(recipe))).text
    }
    let augmentation = "augmentation: {rotation_range: 40}"
    #expect(try text(nil).contains("Try augmentation"))
    #expect(try text(recipe("mine")).contains("Try augmentation"))
    #expect(try text(recipe("mine", augmentation)).contains("Try a Dropout layer"))
    #expect(
      try text(recipe("mine", augmentation, "Dropout: {rate: 0.5}, ")).contains("More photos help most"))
  }

  /// A published network's features are better for a few photos in colour, where those haven't been enough.
  @Test func fewPhotosAreAReasonForFeatures() throws {
    let sentence =
      " Of 2000 photos, the recipe features makes more: it begins with a network that has seen a million."
    func text(_ history: History, _ recipe: String, photos: Int?) throws -> String {
      var known = try circumstances(recipe)
      known.trainingCount = photos
      return try #require(Advice(on: history, known)).text
    }
    let history = try recorded("baseline-photos-48")
    #expect(try text(history, recipe("baseline"), photos: 2000).hasSuffix("each time." + sentence))
    let augmentation = "augmentation: {rotation_range: 40}"
    #expect(try text(history, recipe("mine", augmentation), photos: 2000).hasSuffix("photos." + sentence))
    let gray = recipe("mine").replacing("width: 32}", with: "width: 32, channels: 1}")
    for (recipe, photos) in [(recipe("baseline"), 20_000), (recipe("baseline"), nil), (gray, 2000)] {
      #expect(try !text(history, recipe, photos: photos).contains("features"), "\(recipe)")
    }
    let published = recipe("mine").replacing("image: {height: 32, width: 32}", with: "base: vgg16")
    #expect(try !text(history, published, photos: 2000).contains("features"))
    // 90 % is good enough.
    var good = history
    for index in good.epochs.indices { good.epochs[index].validation?.accuracy += 0.2 }
    #expect(try !text(good, recipe("baseline"), photos: 2000).contains("features"))
  }

  @Test(
    "The augmented recipe is improving wherever it is broken off",
    arguments: ["augmented-photos-2", "augmented-photos-3"])
  func augmented(name: String) throws {
    let all = try recorded(name).epochs.count
    for epochs in 6...all {
      let advice = Advice(on: try recorded(name, epochs: epochs), try circumstances())
      #expect(advice?.finding == .stillImproving, "\(epochs): \(advice?.text ?? "")")
    }
    // The recipe's 30 epochs aren't over; after them it is time for more.
    let early = try #require(Advice(on: recorded(name, epochs: 20), circumstances(recipe("augmented"))))
    #expect(early.text.hasSuffix("Train longer: resume the run."))
    let late = try #require(Advice(on: recorded(name, epochs: 20), circumstances()))
    #expect(late.text.hasSuffix("Train longer: resume the run with 40 epochs."))
  }

  @Test func sketchesOverfitToo() throws {
    let advice = try #require(Advice(on: recorded("baseline-sketches-48"), circumstances(validation: 120)))
    guard case .overfitting = advice.finding else {
      Issue.record("\(advice.text)")
      return
    }
  }

  @Test func aConstantPredictorIsToldAfterSixEpochs() throws {
    for epochs in 1...8 {
      let advice = Advice(
        on: try recorded("constant-photos-48", epochs: epochs), try circumstances(recipe("baseline")))
      #expect(advice?.finding == (epochs < 6 ? nil : .atChance), "\(epochs): \(advice?.text ?? "")")
    }
    let advice = try #require(Advice(on: recorded("constant-photos-48"), circumstances(recipe("baseline"))))
    #expect(
      advice.text.hasPrefix(
        "Stuck at chance: every photo is given the same class, so that validation accuracy has been 50.0 % in each of "
          + "the last 5 epochs, and the training loss 0."), "\(advice.text)")
    #expect(advice.text.contains("(0.0001)"))
    // Without knowing the classes' shares, it is the accuracy that never moves.
    #expect(Advice(on: try recorded("constant-photos-48"))?.finding == .atChance)
  }

  /// Keras's networks of the classic course do so, and so does the recipe augmented.
  @Test func theFirstEpochsAtChanceAreNoReasonToCry() throws {
    for atChance in 2...5 {
      let history = history(
        (0..<12).map { epoch in
          let learned = max(0, Double(epoch - atChance))
          return (
            0.693 - 0.004 * Double(epoch) - 0.02 * learned, 0.5 + 0.02 * learned, 0.692 - 0.015 * learned,
            0.5 + 0.02 * learned
          )
        })
      for epochs in 1...12 {
        var part = history
        part.epochs = Array(history.epochs.prefix(epochs))
        #expect(Advice(on: part, try circumstances())?.finding != .atChance, "\(atChance), \(epochs)")
      }
    }
  }

  @Test func levelCurvesAreAGoodFitOrHaveLevelledOff() throws {
    let close = history(
      (0..<30).map { epoch in
        let wiggle = 0.01 * sin(Double(epoch * epoch))
        return (0.4 + wiggle / 9, 0.82 + wiggle / 9, 0.41 - wiggle, 0.81 + wiggle)
      })
    let fit = try #require(Advice(on: close, circumstances()))
    #expect(fit.finding == .goodFit)
    #expect(
      fit.text.hasPrefix("A good fit: over the last 7 epochs training is at 82.0 % and validation at 8"))
    let apart = history(
      (0..<30).map { epoch in
        let wiggle = 0.01 * sin(Double(epoch * epoch))
        return (0.2 + wiggle / 9, 0.9 + wiggle / 9, 0.41 - wiggle, 0.83 + wiggle)
      })
    #expect(Advice(on: apart, try circumstances())?.finding == .levelledOff)
    // Fifty photos can't distinguish the two.
    let few = try #require(Advice(on: apart, circumstances(validation: 50)))
    #expect(few.finding == .tooFewPhotos)
    #expect(
      few.text.contains("of 50 an accuracy is 82.7 %") && few.text.contains("± 5.3 points"), "\(few.text)")
  }

  @Test func thereIsNoAdviceWithoutGrounds() throws {
    #expect(Advice(on: History()) == nil)
    var history = try recorded("baseline-photos-48")
    history.epochs[19].validation?.loss = .nan
    #expect(Advice(on: history) == nil)
  }

  /// Nobody should overlook that nothing is known, after however few epochs.
  @Test func withoutValidationTheAdviceIsToHaveSome() throws {
    var history = try recorded("baseline-photos-48", epochs: 1)
    history.epochs[0].validation = nil
    let advice = try #require(Advice(on: history))
    #expect(advice.finding == .noValidation)
    #expect(
      advice.text == """
        No validation photos: nothing shows how the model does on photos that it hasn't seen, or when it began to \
        memorise these. Hold back some of each class to validate on, a fifth for example.
        """)
    #expect(
      try String(decoding: JSONEncoder().encode(advice), as: UTF8.self).contains(#""finding":"noValidation""#)
    )
  }

  @Test func itIsWrittenAsJSON() throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    func json(_ name: String) throws -> String {
      let advice = try #require(Advice(on: recorded(name), circumstances()))
      return String(decoding: try encoder.encode(advice), as: UTF8.self)
    }
    #expect(
      try json("baseline-photos-48").hasPrefix(
        #"{"epoch":7,"finding":"overfitting","text":"Overfitting since"#))
    #expect(try json("constant-photos-48").hasPrefix(#"{"finding":"atChance","text":"Stuck"#))
  }

  // MARK: docs/results.md

  /// The baseline's three runs on photos: curves straight between the figures of the table.
  @Test func theResultsPageIsReadAsItReads() throws {
    let rows = try table(after: "| seed | training accuracy, last epoch |")
    #expect(rows.count == 3)
    for row in rows {
      let numbers = row.map { $0.matches(of: /[0-9.]+/).compactMap { Double($0.output) } }
      let (trainingEnd, best) = (numbers[1][0] / 100, numbers[2][0] / 100)
      let (lowest, lowestEpoch, end) = (numbers[3][0], Int(numbers[3][1]), numbers[4][0])
      let history = history(
        (1...30).map { epoch in
          let share = Double(epoch - 1) / 29
          let down = Double(epoch - 1) / Double(lowestEpoch - 1)
          let up = Double(epoch - lowestEpoch) / Double(30 - lowestEpoch)
          return (
            0.69 * (1 - share) + 0.01, 0.5 + (trainingEnd - 0.5) * share,
            epoch <= lowestEpoch ? 0.69 + (lowest - 0.69) * down : lowest + (end - lowest) * up,
            0.5 + (best - 0.5) * min(1, down)
          )
        })
      #expect(Advice(on: history, try circumstances())?.finding == .overfitting(since: lowestEpoch), "\(row)")
    }
  }

  /// Keras's augmented run: the accuracies of the table, and a loss that goes with them.
  @Test func theAugmentedCurveOfTheResultsPageNeverOverfits() throws {
    let page = try resultsPage()
    let epochs = try #require(page.first { $0.hasPrefix("| epoch | 5 |") }).matches(of: /[0-9]+/)
      .compactMap { Int($0.output) }
    let accuracies = try #require(page.first { $0.hasPrefix("| Keras | 51.2 |") }).matches(of: /[0-9.]+/)
      .compactMap { Double($0.output) }
    try #require(epochs.count == accuracies.count && epochs.count > 10)
    let points = [(1, 50.0)] + zip(epochs, accuracies)
    let history = history(
      (1...100).map { epoch in
        let (left, right) = zip(points, points.dropFirst()).first { $1.0 >= epoch } ?? (points[0], points[1])
        let share = Double(epoch - left.0) / Double(right.0 - left.0)
        let accuracy = (left.1 + (right.1 - left.1) * share) / 100
        let training = 0.5 + 0.327 * (1 - exp(-Double(epoch) / 25))
        return (0.69 - 0.95 * (training - 0.5), training, 0.69 - 0.9 * (accuracy - 0.5), accuracy)
      })
    for count in 1...100 {
      var part = history
      part.epochs = Array(history.epochs.prefix(count))
      let finding = Advice(on: part, try circumstances())?.finding
      if case .overfitting = finding { Issue.record("overfitting after \(count)") }
      #expect(finding != .atChance)
    }
  }

  private func resultsPage() throws -> [Substring] {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../..")
    return try String(
      contentsOf: root.standardized.appendingPathComponent("docs/results.md"), encoding: .utf8
    )
    .split(separator: "\n")
  }

  /// The rows of a table, as cells, below its two lines of heading.
  private func table(after heading: String) throws -> [[String]] {
    let rest = try resultsPage().drop { !$0.hasPrefix(heading) }.dropFirst(2)
    return rest.prefix { $0.hasPrefix("|") }.map { line in
      line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
    }
  }

  private func history(
    _ epochs: [(loss: Double, accuracy: Double, validationLoss: Double, validation: Double)]
  )
    -> History
  {
    var history = History()
    history.epochs = epochs.map {
      .init(
        loss: $0.loss, accuracy: $0.accuracy,
        validation: .init(loss: $0.validationLoss, accuracy: $0.validation))
    }
    return history
  }
}
