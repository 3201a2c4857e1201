import Foundation
import Testing
import WhiskerDatasets
import WhiskerInspection
import WhiskerSystem
import WhiskerTensors
import _TestSupport

/// Photos that belong together are never divided.
@Suite struct PhotoGroupsTests {
  /// Photos of random classes, and random groups of some of them.
  private struct Case {
    let folder: PhotoFolder
    let groups: PhotoGroups
    /// Whether every group is of one class.
    let isPure: Bool

    init(_ stream: inout RandomStream) {
      let classes = 2 + stream.integer(below: 3)
      let count = 40 + stream.integer(below: 200)
      let isPure = stream.integer(below: 2) == 0
      let photos = (0..<count).map { number in
        LabeledPhoto(path: "\(number % classes)/\(number).jpg", classIndex: number % classes)
      }.sorted { ($0.classIndex, $0.path) < ($1.classIndex, $1.path) }
      folder = PhotoFolder(
        root: URL(fileURLWithPath: "/photos", isDirectory: true), classNames: (0..<classes).map(String.init),
        photos: photos, unreadable: [], passedOver: [])
      // Up to a third of the photos, in groups of up to eight.
      groups = PhotoGroups(
        (0..<1 + stream.integer(below: max(2, count / 24))).map { _ in
          let label = stream.integer(below: classes)
          let pool = photos.filter { !isPure || $0.classIndex == label }
          return (0..<2 + stream.integer(below: 7)).map { _ in pool[stream.integer(below: pool.count)].path }
        })
      self.isPure = isPure
    }

    init(_ seed: UInt64) {
      var stream = RandomStream(RandomKey(seed: seed).derived("groups"))
      self.init(&stream)
    }

    /// Checks a division into parts against the same one without groups.
    func check(_ parts: [PhotoFolder], without: [PhotoFolder], _ what: String) {
      let lists = parts.map { $0.photos.map(\.path) }
      #expect(groups.divided(among: lists).isEmpty, "\(what)")
      #expect(lists.joined().sorted() == folder.photos.map(\.path).sorted(), "\(what): every photo once")
      let owners = Self.owners(parts)
      let grouped = Set(groups.groups.joined())
      for (path, part) in Self.owners(without) where !grouped.contains(path) {
        #expect(owners[path] == part, "\(what): \(path) is on its own and stays")
      }
      // A group that was whole stays where it is.
      let divided = Set(groups.divided(among: without.map { $0.photos.map(\.path) }).groups.joined())
      for (path, part) in Self.owners(without) where !divided.contains(path) {
        #expect(owners[path] == part, "\(what): \(path) is of a whole group")
      }
      guard isPure else { return }
      let largest = groups.groups.map(\.count).max() ?? 0
      for (part, before) in zip(parts, without) {
        for (now, then) in zip(part.countsByClass, before.countsByClass) {
          #expect(abs(now - then) < max(1, largest), "\(what): \(now) of \(then), groups of up to \(largest)")
        }
      }
    }

    private static func owners(_ parts: [PhotoFolder]) -> [String: Int] {
      Dictionary(
        parts.enumerated().flatMap { number, part in part.photos.map { ($0.path, number) } }
      ) { first, _ in first }
    }
  }

  /// What a body returns; nil if groups leave a part without photos of a class, which must be said so.
  private func ifPossible<Value>(_ body: () throws -> Value) throws -> Value? {
    do {
      return try body()
    } catch let error as WhiskerError
      where error.code == .groupsTooLarge
    {
      #expect(error.message.contains("belong together"), "\(error)")
      return nil
    }
  }

  @Test func noGroupIsDividedBySharesFoldsOrChoices() throws {
    var done = 0
    for seed in 0..<UInt64(200) {
      let given = Case(seed)
      let grouped = given.folder.joining(given.groups)
      for share in [0.2, 0.35, 0.5] {
        let plain = try given.folder.split(validation: share)
        guard let parts = try ifPossible({ try grouped.split(validation: share) }) else { continue }
        given.check(
          [parts.train, parts.validation], without: [plain.train, plain.validation], "\(seed), \(share)")
        #expect(try grouped.split(validation: share) == parts)
        done += 1
      }
      for count in 2...4 {
        guard
          let folds = try ifPossible({
            try (1...count).map { try grouped.fold($0, of: count, seed: seed) }
          })
        else { continue }
        let plain = try (1...count).map { try given.folder.fold($0, of: count, seed: seed).validation }
        given.check(folds.map(\.validation), without: plain, "\(seed), \(count) folds")
        for fold in folds {
          #expect(
            given.groups.divided(
              among: [fold.train, fold.validation].map { $0.photos.map(\.path) }
            ).isEmpty)
        }
        #expect(try grouped.fold(1, of: count, seed: seed) == folds[0])
        guard let held = try ifPossible({ try folds[0].train.holdingBack(0.2, seed: seed) }) else { continue }
        #expect(
          given.groups.divided(among: [held.train, held.heldBack].map { $0.photos.map(\.path) }).isEmpty)
        done += 1
      }
    }
    #expect(done > 1000, "\(done) of 1200 could be divided")
  }

  @Test(arguments: [SplitSettings.Order.natural, .shuffled(seed: 3)])
  func noGroupIsDividedByASplit(order: SplitSettings.Order) throws {
    var done = 0
    for seed in 0..<UInt64(150) {
      let given = Case(seed)
      let source = SplitSource(
        root: given.folder.root, layout: .classFolders,
        classes: given.folder.classNames.indices.map { label in
          .init(
            name: given.folder.classNames[label],
            paths: given.folder.photos.filter { $0.classIndex == label }.map(\.path))
        })
      var settings = SplitSettings(train: .fraction(0.5), validation: .fraction(0.25), test: .fraction(0.25))
      if seed % 3 == 0 { settings = SplitSettings(train: .count(5), validation: .count(2), test: .count(2)) }
      settings.order = order
      settings.keepsGroups = true
      let plain = try SplitPlan(of: source, settings)
      guard let plan = try ifPossible({ try SplitPlan(of: source, settings, groups: given.groups) }) else {
        continue
      }
      done += 1
      #expect(plan.divided.isEmpty)
      #expect(try SplitPlan(of: source, settings, groups: given.groups) == plan)
      let parts = Dictionary(grouping: plan.moves) { $0.destination.prefix { $0 != "/" } }
      #expect(given.groups.divided(among: parts.values.map { $0.map(\.source) }).isEmpty)
      let places = Dictionary(plan.moves.map { ($0.source, $0.destination) }) { first, _ in first }
      let before = Dictionary(plain.moves.map { ($0.source, $0.destination) }) { first, _ in first }
      #expect(Set(places.keys) == Set(before.keys), "the same photos are used")
      let changed = before.filter { places[$0.key] != $0.value }
      #expect(changed.count == plan.movedCount)
      #expect(Set(changed.keys).isSubset(of: given.groups.groups.joined()))
    }
    #expect(done > 100)
  }

  /// The course's counts stay as they are; what lies on both sides is told.
  @Test func aSplitByOrderKeepsItsFiles() throws {
    let source = SplitSource(
      root: URL(fileURLWithPath: "/photos", isDirectory: true), layout: .flat,
      classes: [.init(name: "cat", paths: (0..<10).map { "cat.\($0).jpg" })])
    let groups = PhotoGroups([["cat.4.jpg", "cat.5.jpg", "cat.6.jpg"], ["cat.0.jpg", "cat.1.jpg"]])
    let settings = SplitSettings(train: .count(5), test: .count(5))
    let plan = try SplitPlan(of: source, settings, groups: groups)
    #expect(try plan.moves == SplitPlan(of: source, settings).moves)
    #expect(plan.divided.groups == [["cat.4.jpg", "cat.5.jpg", "cat.6.jpg"]] && plan.movedCount == 0)
    var keeping = settings
    keeping.keepsGroups = true
    let kept = try SplitPlan(of: source, keeping, groups: groups)
    #expect(kept.divided.isEmpty && kept.movedCount == 1 && kept.kept == groups)
    #expect(kept.table.rows.map(\.counts) == [[4, 6]])
    // Where chance decides, nobody needs to ask.
    var shuffled = settings
    shuffled.order = .shuffled(seed: 1)
    #expect(try SplitPlan(of: source, shuffled, groups: groups).divided.isEmpty)
    shuffled.keepsGroups = false
    #expect(try SplitPlan(of: source, shuffled, groups: groups).movedCount == 0)
  }

  @Test func aPartThatWouldBeEmptyIsRefused() async throws {
    let folder = PhotoFolder(
      root: URL(fileURLWithPath: "/photos", isDirectory: true), classNames: ["a", "b"],
      photos: (0..<20).map { LabeledPhoto(path: "\($0)", classIndex: $0 / 10) }, unreadable: [],
      passedOver: [])
    let all = folder.joining(PhotoGroups([(0..<10).map(String.init)]))
    let split = await datasetError { _ = try all.split(validation: 0.2) }
    #expect(split?.code == .groupsTooLarge)
    #expect(
      split?.message
        == "too many photos of the class \"a\" belong together to divide them for validation: all photos "
        + "of a group stay on one side")
    let fold = await datasetError { _ = try all.fold(1, of: 2, seed: 0) }
    #expect(fold?.code == .groupsTooLarge)
  }

  // MARK: Groups

  @Test func groupsThatShareAPhotoAreOne() throws {
    let groups = PhotoGroups([["b", "a"], ["c", "d"], ["e"], ["d", "a"], ["x", "y"], ["z", "z"]])
    #expect(groups.groups == [["a", "b", "c", "d"], ["x", "y"]])
    #expect(groups.photoCount == 6)
    #expect(groups.merging(PhotoGroups([["y", "a"]])).groups == [["a", "b", "c", "d", "x", "y"]])
    #expect(groups.among(["a", "x", "d", "q"]).groups == [["a", "d"]])
    #expect(groups.divided(among: [["a", "x", "y"], ["b"], ["q"]]).groups == [["a", "b"]])
    #expect(PhotoGroups([[String]]()).isEmpty && PhotoGroups([["a"]]).isEmpty)
    let text = try JSONEncoder().encode(groups)
    #expect(String(decoding: text, as: UTF8.self) == #"[["a","b","c","d"],["x","y"]]"#)
    #expect(try JSONDecoder().decode(PhotoGroups.self, from: text) == groups)
  }

  /// Two files whose names are one text to Swift, and two on the disk.
  @Test func namesAreComparedByTheirBytes() {
    let name = "é.jpg"
    let other = name.decomposedStringWithCanonicalMapping
    #expect(name == other)
    let groups = PhotoGroups([[name, "a"], [other, "b"]])
    #expect(groups.groups.count == 2)
    #expect(groups.divided(among: [[name, other], ["a"]]).groups.count == 1)
  }

  @Test func aTablesColumnSaysWhatBelongsTogether() async throws {
    try await withTemporaryFolder { folder in
      var rows = "file,class,group\n"
      for number in 0..<40 {
        rows += "\(number).jpg,\(number % 2 == 0 ? "a" : "b"),\(number < 36 ? "g\(number / 4)" : "")\n"
      }
      try folder.write(rows, to: "table.csv")
      let table = try PhotoTable(contentsOf: folder.below("table.csv"))
      #expect(table.groups?.groups.count == 9 && table.groups?.photoCount == 36)
      let found = try await Inspector().grouping(forTraining: folder.below("table.csv"))
      let data = try DataFolder(
        forTraining: folder.below("table.csv"), validationSplit: 0.25, groups: found.groups)
      let lists = [data.train, try #require(data.validation)].map { $0.photos.map(\.path) }
      #expect(found.groups.groups.count == 9 && found.groups.divided(among: lists).isEmpty)
      try folder.write("file,class\na.jpg,a\nb.jpg,b\n", to: "plain.csv")
      #expect(try PhotoTable(contentsOf: folder.below("plain.csv")).groups == nil)
      // A column of this name is never the classes.
      try folder.write("file,group\na.jpg,a\nb.jpg,b\n", to: "nameless.csv")
      let nameless = await datasetError { _ = try PhotoTable(contentsOf: folder.below("nameless.csv")) }
      #expect(nameless?.code == .badTable)
    }
  }
}
