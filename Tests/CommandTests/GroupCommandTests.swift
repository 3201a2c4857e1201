import Foundation
import Testing
import WhiskerImages
import WhiskerTensors
import _TestSupport

/// Photos that belong together, as the command finds and keeps them.
@Suite("Photos that belong together")
struct GroupCommandTests {
  private static let train = ["--recipe", "tiny.yaml", "--output", "run", "--threads", "1"]

  /// Pictures that nothing has in common.
  private func picture(_ number: Int) -> Photo {
    var stream = RandomStream(RandomKey(seed: UInt64(number)).derived("picture"))
    let tiles = (0..<8 * 8 * 3).map { _ in UInt8(stream.integer(below: 256)) }
    return Photo(height: 8, width: 8, pixels: tiles).resized(height: 40, width: 40, interpolation: .bilinear)
  }

  /// Writes `photos/` with ten photos of each class, named by animal: four of rex, four of tom, two alone.
  private func withAnimals(_ body: (URL) async throws -> Void) async throws {
    try await withTemporaryFolder { folder in
      try TinyData.recipe.write(to: folder.below("tiny.yaml"), atomically: true, encoding: .utf8)
      for (label, name) in ["cats", "dogs"].enumerated() {
        let place = folder.below("photos/\(name)")
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        for number in 0..<10 {
          let animal = ["rex", "tom", "one", "two"][number < 8 ? number / 4 : number - 6]
          try picture(100 * label + number).write(to: place.below("\(animal)_\(number)_\(name).jpg"))
        }
      }
      try await body(folder)
    }
  }

  private func files(_ folder: URL, _ part: String) -> Set<String> {
    Set(folder.below("\(part)/cats").names + folder.below("\(part)/dogs").names)
  }

  @Test("split --shuffle keeps groups whole; without it they are reported, and moved when asked")
  func splits() async throws {
    try await withAnimals { folder in
      func split(_ name: String, _ options: String...) async throws -> Outcome {
        try await outcome(
          [
            "split", "photos", name, "--train", "6", "--test", "4", "--json", "--group-by",
            "{animal}_{n}_{class}.jpg",
          ]
            + options, in: folder)
      }
      for seed in ["0", "1", "2"] {
        let shuffled = try await split("shuffled\(seed)", "--shuffle", "--seed", seed)
        #expect(shuffled.code == 0, "\(shuffled.errors)")
        #expect(
          shuffled.errors.contains("4 groups of photos that belong together (16 photos) are kept on one side")
        )
        let (train, test) = (
          files(folder.below("shuffled\(seed)"), "train"), files(folder.below("shuffled\(seed)"), "test")
        )
        #expect(train.count + test.count == 20)
        for animal in ["rex", "tom"] {
          for name in ["cats", "dogs"] {
            let isOf: (String) -> Bool = { $0.hasPrefix(animal) && $0.hasSuffix("\(name).jpg") }
            #expect(train.contains(where: isOf) != test.contains(where: isOf), "\(animal), \(name)")
          }
        }
        #expect(shuffled.output.contains(#""straddling" : 0"#) && shuffled.output.contains(#""moved" : "#))
      }
      let ordered = try await split("ordered")
      #expect(ordered.code == 0)
      #expect(
        ordered.errors.contains(
          "warning: 2 groups of photos that belong together lie on both sides (\"cats/tom_4_cats.jpg\" ≈ "),
        "\(ordered.errors)")
      #expect(ordered.errors.contains("--keep-groups moves them to one side."))
      #expect(ordered.output.contains(#""straddling" : 2"#) && ordered.output.contains(#""count" : 4"#))
      let plain = try await outcome(
        ["split", "photos", "plain", "--train", "6", "--test", "4", "--no-keep-groups"], in: folder)
      #expect(plain.code == 0 && !plain.errors.contains("belong together"), "\(plain.errors)")
      #expect(files(folder.below("plain"), "train") == files(folder.below("ordered"), "train"), "as they are")
      let kept = try await split("kept", "--keep-groups")
      #expect(kept.code == 0 && kept.errors.contains("moved to another part"), "\(kept.errors)")
      #expect(kept.output.contains(#""straddling" : 0"#))
    }
  }

  @Test("The fifth that is held back and the folds are of whole groups; the order's share is reported")
  func trains() async throws {
    try await withAnimals { folder in
      let rule = ["--group-by", "{animal}_{n}_{class}.jpg"]
      let held = try await outcome(["train", "photos"] + Self.train + rule + ["--json"], in: folder)
      #expect(held.code == 0, "\(held.errors)")
      #expect(
        held.errors.contains("4 groups of photos that belong together (16 photos) are kept on one side\n"))
      #expect(held.output.contains(#""straddling" : 0"#), "\(held.output)")
      // It goes on with the groups that it began with, and with no others.
      let more = try await outcome(
        ["train", "photos"] + Self.train + rule + ["--resume", "--epochs", "3"], in: folder)
      #expect(more.code == 0 && more.errors.contains("Resuming at step 6"), "\(more.errors)")
      let others = try await outcome(
        ["train", "photos"] + Self.train + ["--group-by", "*_{n}_{class}.jpg", "--resume"], in: folder)
      #expect(others.code == 64 && others.errors.contains("--group-by"), "\(others.errors)")

      let ordered = try await outcome(
        ["train", "photos"] + Self.train + rule + ["--overwrite", "--validation-split", "0.3"], in: folder)
      #expect(ordered.code == 0, "\(ordered.errors)")
      #expect(
        ordered.errors.contains("lie on both sides") || ordered.errors.contains("lies on both sides"),
        "\(ordered.errors)")
      let moved = try await outcome(
        ["train", "photos"] + Self.train + rule
          + ["--overwrite", "--validation-split", "0.3", "--keep-groups"], in: folder)
      #expect(moved.code == 0 && !moved.errors.contains("both sides"), "\(moved.errors)")

      let folds = try await outcome(
        [
          "train", "photos", "--recipe", "tiny.yaml", "--output", "folds", "--threads", "1", "--folds", "2",
          "--json",
        ]
          + rule, in: folder)
      #expect(folds.code == 0 && folds.output.contains(#""groups" : {"#), "\(folds.errors)")
    }
  }

  @Test("Patterns that make no sense or match nothing are said, with an example")
  func refusals() async throws {
    try await withAnimals { folder in
      for (pattern, text) in [
        ("{animal", "with a { that nothing closes"), ("x_{n}.jpg", "without a name in braces besides {n}"),
        ("{animal}-{n}.png", #"got "{animal}-{n}.png" for 20 photos such as "cats/"#),
      ] {
        for command in [
          ["train", "photos"] + Self.train, ["split", "photos", "out", "--shuffle"], ["inspect", "photos"],
        ] {
          let refused = try await outcome(command + ["--group-by", pattern], in: folder)
          #expect(
            refused.code == 64 && refused.errors.contains("--group-by"), "\(command): \(refused.errors)")
          #expect(refused.errors.contains(text), "\(command): \(refused.errors)")
        }
      }
      #expect(!folder.below("run").exists && !folder.below("out").exists)
      let both = try await outcome(
        ["train", "photos"] + Self.train + ["--group-by", "{a}_*", "--no-keep-groups"], in: folder)
      #expect(both.code == 64 && both.errors.contains("--group-by or --no-keep-groups"))
      let idle = try await outcome(
        ["train", "photos"] + Self.train + ["--group-by", "{a}_*", "--no-validation"], in: folder)
      #expect(idle.code == 64 && idle.errors.contains("no photos are held back"), "\(idle.errors)")
      let some = try await outcome(["inspect", "photos", "--group-by", "rex_{n}_{class}.jpg"], in: folder)
      #expect(some.code == 0, "\(some.errors)")
      #expect(
        some.errors.contains(
          "12 photos don't match --group-by and stand alone, such as \"cats/one_8_cats.jpg\""),
        "\(some.errors)")
      #expect(some.output.contains("belonging together: 8 photos in 2 groups"))
    }
  }

  @Test("inspect counts siblings in train, and draws what belongs together")
  func inspects() async throws {
    try await withAnimals { folder in
      _ = try await outcome(
        ["split", "photos", "data", "--train", "6", "--test", "4", "--no-keep-groups"], in: folder)
      try FileManager.default.copyItem(
        at: folder.below("data/train/cats/rex_0_cats.jpg"), to: folder.below("data/test/cats/copy_1_cats.jpg")
      )
      let found = try await outcome(
        [
          "inspect", "data", "--group-by", "{animal}_{n}_{class}.jpg", "--output", "sheet.png",
          "--allow-leaks",
        ],
        in: folder)
      #expect(found.code == 0, "\(found.errors)")
      #expect(found.output.contains("7 photos of test have a sibling in train"), "\(found.output)")
      #expect(
        found.errors.contains("Wrote 5 groups of photos that belong together in sheet.png"), "\(found.errors)"
      )
      let sheet = try PhotoDecoder().decode(contentsOf: folder.below("sheet.png"))
      #expect(sheet.height > 5 * 180 && sheet.width > 4 * 180)
      let json = try await outcome(
        ["inspect", "data", "--group-by", "{animal}_{n}_{class}.jpg", "--json", "--allow-leaks"], in: folder)
      let result = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
      #expect(result?["siblings"] as? [String: Int] == ["test": 7])
      #expect(result?["groups"] as? [String: Int] == ["count": 4, "photos": 17, "straddling": 3])
      #expect((result?["together"] as? [[String]])?.count == 4)
      let bad = try await outcome(["inspect", "data", "--output", "sheet.tiff"], in: folder)
      #expect(bad.code == 64 && bad.errors.contains("a file ending in .png, .jpg or .jpeg"))
      _ = try await outcome(["split", "photos", "clean", "--no-keep-groups"], in: folder)
      let none = try await outcome(["inspect", "clean", "--output", "none.png"], in: folder)
      #expect(
        none.code == 0 && none.errors.contains("no picture was written") && !folder.below("none.png").exists)
    }
  }
}
