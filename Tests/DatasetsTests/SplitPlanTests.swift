import Foundation
import Testing
import WhiskerDatasets
import WhiskerInspection
import WhiskerSystem
import WhiskerTensors

@Suite struct SplitPlanTests {
  private let root = URL(fileURLWithPath: "/photos", isDirectory: true)

  private func flat(_ counts: [String: Int]) -> SplitSource {
    SplitSource(
      root: root, layout: .flat,
      classes: counts.sorted { $0.key < $1.key }.map { name, count in
        .init(name: name, paths: (0..<count).reversed().map { "\(name).\($0).jpg" })
      })
  }

  @Test func takesTheFirstInNaturalOrder() throws {
    let plan = try SplitPlan(
      of: flat(["cat": 12, "dog": 12]),
      SplitSettings(
        train: .count(5), validation: .count(3), test: .count(3), renames: ["cat": "cats", "dog": "dogs"]))
    #expect(plan.moves.count == 22)
    #expect(plan.moves[4].source == "cat.4.jpg")
    #expect(plan.moves[4].destination == "train/cats/cat.4.jpg")
    #expect(plan.moves.last?.destination == "test/dogs/dog.10.jpg")
    #expect(plan.table.splits == [.train, .validation, .test])
    #expect(plan.table.rows.map(\.className) == ["cats", "dogs"])
    #expect(plan.table.rows.map(\.counts) == [[5, 3, 3], [5, 3, 3]])
    #expect(plan.table.rows.map(\.unused) == [1, 1])
    #expect(plan.table.totals == [10, 6, 6])
  }

  @Test func keepsFoldersWithinAClass() throws {
    let source = SplitSource(
      root: root, layout: .classFolders,
      classes: [
        .init(name: "a", paths: ["a/x/1.jpg", "a/y/1.jpg"]), .init(name: "b", paths: ["b/1.jpg", "b/2.jpg"]),
      ])
    let plan = try SplitPlan(of: source, SplitSettings(train: .count(2), renames: ["a": "A"]))
    #expect(
      plan.moves.map(\.destination) == [
        "train/A/x/1.jpg", "train/A/y/1.jpg", "train/b/1.jpg", "train/b/2.jpg",
      ])
  }

  @Test func countsWhatIsMissing() async throws {
    let error = await datasetError {
      _ = try SplitPlan(
        of: flat(["cat": 10, "dog": 7]),
        SplitSettings(train: .count(5), validation: .count(3), test: .fraction(0.2)))
    }
    #expect(error?.code == .tooFewPhotos)
    #expect(error?.message == #"too few photos: class "dog" has 7, 9 are needed: 2 missing"#)
    let empty = await datasetError {
      _ = try SplitPlan(
        of: flat(["cat": 10, "dog": 2]), SplitSettings(train: .fraction(0.9), test: .fraction(0.1)))
    }
    #expect(empty?.code == .tooFewPhotos)
    #expect(empty?.message.contains(#"class "dog" has 2, of which 0.1 leave none for test"#) == true)
  }

  @Test(arguments: [
    SplitSettings(train: .count(-3)), SplitSettings(train: .count(0)), SplitSettings(train: .count(.max)),
    SplitSettings(train: .fraction(1.5)), SplitSettings(train: .fraction(.nan)),
    SplitSettings(train: .fraction(0.7), validation: .fraction(0.2), test: .fraction(0.2)),
    SplitSettings(train: .count(1), renames: ["bird": "birds"]),
    SplitSettings(train: .count(1), renames: ["cat": "../x"]),
    SplitSettings(train: .count(1), renames: ["cat": ""]),
    SplitSettings(train: .count(1), renames: ["cat": ".cat"]),
    SplitSettings(train: .count(1), renames: ["cat": "dog"]),
    SplitSettings(train: .count(1), renames: ["cat": "a\0b"]),
  ]) func refusesSenselessSettings(_ settings: SplitSettings) async {
    let error = await datasetError { _ = try SplitPlan(of: flat(["cat": 10, "dog": 10]), settings) }
    #expect(error?.code == .invalidSetting)
    #expect(error?.code.kind == .wrongUsage)
  }

  /// Fractions that sum to 1 use every photo; each share is less than one photo off.
  @Test func fractionsAreRoundedTogether() throws {
    var stream = RandomStream(RandomKey(seed: 21))
    for _ in 0..<300 {
      let count = 40 + stream.integer(below: 3000)
      let first = 0.1 + 0.6 * Double(stream.uniform())
      let second = 0.1 + (0.8 - first) * Double(stream.uniform())
      let fractions = [first, second, 1 - first - second]
      let plan = try SplitPlan(
        of: flat(["cat": count]),
        SplitSettings(
          train: .fraction(fractions[0]), validation: .fraction(fractions[1]), test: .fraction(fractions[2])))
      let row = try #require(plan.table.rows.first)
      #expect(row.unused == 0)
      for (share, fraction) in zip(row.counts, fractions) {
        #expect(abs(Double(share) - fraction * Double(count)) < 1 + 1e-6, "\(count) \(fractions)")
      }
    }
    let plan = try SplitPlan(
      of: flat(["cat": 10]),
      SplitSettings(train: .fraction(0.15), validation: .fraction(0.35), test: .fraction(0.5)))
    #expect(plan.table.rows.map(\.counts) == [[2, 3, 5]])
  }

  /// Whatever the classes are called: disjoint, exact counts, repeatable, one folder per class.
  @Test(arguments: [SplitSettings.Order.natural, .shuffled(seed: 5)]) func dividesAnything(
    _ order: SplitSettings.Order
  ) throws {
    var stream = RandomStream(RandomKey(seed: 22))
    for _ in 0..<100 {
      let names = Set((0..<4).map { _ in "x" + randomName(&stream).replacingOccurrences(of: ".", with: "") })
      let source = flat(Dictionary(uniqueKeysWithValues: names.map { ($0, 10 + stream.integer(below: 20)) }))
      let settings = SplitSettings(
        train: .count(4), validation: .fraction(0.3), test: .count(2), order: order)
      let plan = try SplitPlan(of: source, settings)
      #expect(try SplitPlan(of: source, settings) == plan)
      #expect(Set(plan.moves.map(\.source)).count == plan.moves.count)
      #expect(Set(plan.moves.map(\.destination)).count == plan.moves.count)
      for photoClass in source.classes {
        let mine = plan.moves.filter { photoClass.paths.contains($0.source) }
        #expect(mine.filter { $0.destination.hasPrefix("train/\(photoClass.name)/") }.count == 4)
        #expect(mine.filter { $0.destination.hasPrefix("test/\(photoClass.name)/") }.count == 2)
        if order == .natural {
          #expect(mine.map(\.source) == Array(NaturalOrder.sorted(photoClass.paths).prefix(mine.count)))
        }
      }
    }
  }

  @Test func eachClassHasItsOwnShuffle() throws {
    func training(_ counts: [String: Int], seed: UInt64) throws -> [String] {
      try SplitPlan(of: flat(counts), SplitSettings(train: .count(20), order: .shuffled(seed: seed)))
        .moves.map(\.source)
    }
    let alone = try training(["dog": 40], seed: 1)
    #expect(try training(["cat": 40, "dog": 40], seed: 1).suffix(20) == alone[...])
    #expect(try training(["dog": 40], seed: 2) != alone)
    #expect(alone != NaturalOrder.sorted(alone))
    let cats = try training(["cat": 40], seed: 1)
    #expect(cats.map { $0.dropFirst(3) } != alone.map { $0.dropFirst(3) })
  }

  @Test func settingsSurviveJSON() throws {
    let settings = SplitSettings(
      train: .count(1000), validation: .fraction(0.25), order: .shuffled(seed: .max),
      renames: ["고양이": "cats"],
      placement: .hardLink)
    let data = try JSONEncoder().encode(settings)
    #expect(try JSONDecoder().decode(SplitSettings.self, from: data) == settings)
  }
}
