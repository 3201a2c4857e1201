import Foundation
import Testing
import WhiskerImages
import WhiskerInspection
import _TestSupport

@Suite("whisker preview")
struct PreviewTests {
  private func outcome(_ arguments: [String], in folder: URL) async throws -> Outcome {
    try await Whisker(["preview"] + arguments, in: folder).outcome()
  }

  private func withPhoto(_ body: (URL) async throws -> Void) async throws {
    try await withTemporaryFolder { folder in
      try TinyData.write(into: folder, counts: [:])
      try TinyData.photo(of: 1, index: 3, size: 30).write(to: folder.below("고양이 1.png"))
      try await body(folder)
    }
  }

  /// The pixels of one of a grid's cells of `size` pixels, in the middle of which photos stand.
  private func cell(_ grid: Photo, _ row: Int, _ column: Int, height: Int, width: Int) -> [UInt8] {
    let (top, left) = (12 + row * (height + 72), 12 + column * (width + 12))
    return (0..<height).flatMap { line in
      let start = ((top + line) * grid.width + left) * 3
      return grid.pixels[start..<start + width * 3]
    }
  }

  @Test("The original stands first, then as many versions as were asked for, the same for the same seed")
  func grid() async throws {
    try await withPhoto { folder in
      let arguments = ["고양이 1.png", "--rotation", "30", "--horizontal-flip", "--count", "3", "--seed", "4"]
      let first = try await outcome(arguments + ["--output", "a b.png"], in: folder)
      #expect(first.code == 0, "\(first.errors)")
      #expect(first.output.isEmpty)
      #expect(first.errors.contains("Wrote 3 versions of 고양이 1.png in a b.png"))
      #expect(try await outcome(arguments + ["--output", "again.png"], in: folder).code == 0)
      #expect(try folder.below("a b.png").bytes == folder.below("again.png").bytes)

      let grid = try Photo(contentsOf: folder.below("a b.png"))
      // Photos of 30 pixels are shown seven times as large, with 60 pixels for text.
      #expect(grid.height == 2 * (210 + 60 + 12) + 12)
      #expect(grid.width == 2 * (210 + 12) + 12)
      let original = try Photo(contentsOf: folder.below("고양이 1.png")).resized(height: 210, width: 210)
      #expect(cell(grid, 0, 0, height: 210, width: 210) == original.pixels)
      let cells = [(0, 0), (0, 1), (1, 0), (1, 1)].map { cell(grid, $0, $1, height: 210, width: 210) }
      #expect(Set(cells).count == 4)
      // The text under a photo is dark on white.
      let caption = grid.pixels[((12 + 210) * grid.width * 3)..<((12 + 210 + 20) * grid.width * 3)]
      #expect(caption.contains { $0 < 100 } && caption.contains(255))
    }
  }

  @Test("A recipe shows what its network sees; options change its settings")
  func recipe() async throws {
    try await withPhoto { folder in
      let augmented = TinyData.recipe.replacing(
        "network:", with: "augmentation: {vertical_flip: true}\nnetwork:")
      try augmented.write(to: folder.below("mine.yaml"), atomically: true, encoding: .utf8)
      let mine = ["고양이 1.png", "--recipe", "mine.yaml", "--count", "1"]
      #expect(try await outcome(mine + ["--output", "grid.jpg"], in: folder).code == 0)
      let grid = try Photo(contentsOf: folder.below("grid.jpg"))
      #expect(grid.height == 224 + 60 + 24)
      #expect(grid.width == 2 * (224 + 12) + 12)
      let changed = mine + ["--image-size", "50", "--shear", "0.2rad", "--augmentation", "{zoom_range: 0.2}"]
      #expect(try await outcome(changed + ["--output", "grid.png"], in: folder).code == 0)
      #expect(try Photo(contentsOf: folder.below("grid.png")).width == 2 * (200 + 12) + 12)
      #expect(try await outcome(["고양이 1.png", "--output", "default.png"], in: folder).code == 0)
      #expect(try Photo(contentsOf: folder.below("default.png")).width == 3 * (300 + 12) + 12)
    }
  }

  @Test("A narrow photo is shown no larger than others")
  func narrow() async throws {
    try await withTemporaryFolder { folder in
      try Photo(height: 600, width: 1, pixels: Array(repeating: 90, count: 1800)).write(
        to: folder.below("narrow.png"))
      let mixing = ["--augmentation", "{mixup_alpha: 0.2}", "--count", "1"]
      let outcome = try await outcome(["narrow.png", "--output", "grid.png"] + mixing, in: folder)
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(outcome.errors.contains("mixup and CutMix mix the photos of a batch"))
      #expect(try Photo(contentsOf: folder.below("grid.png")).height < 800)
    }
  }

  @Test(
    "What can't be: the code and the reason",
    arguments: [
      (66, ["nowhere.png", "--output", "g.png"], "nowhere.png: can't be opened"),
      (65, ["tiny.yaml", "--output", "g.png"], "tiny.yaml: expected a photo"),
      (73, ["고양이 1.png", "--output", "nowhere/g.png"], "nowhere/g.png"),
      (64, ["고양이 1.png"], "--output"),
      (64, ["고양이 1.png", "--output", "g.gif"], "--output: expected a file ending in .png"),
      (64, ["고양이 1.png", "--output", "g.png", "--count", "0"], "--count: expected 1 to 99, got 0"),
      (64, ["고양이 1.png", "--output", "g.png", "--seed", "-1"], "--seed: expected 0 to"),
      (64, ["고양이 1.png", "--output", "g.png", "--image-size", "0"], "--image-size: expected 1 to 4096"),
      (
        64, ["고양이 1.png", "--output", "g.png", "--rotation", "200"],
        "rotation_range: expected 0 to 180 degrees"
      ),
      (64, ["고양이 1.png", "--output", "g.png", "--rotation", "much"], "much"),
      (64, ["고양이 1.png", "--output", "g.png", "--zoom", "-3"], "zoom_range: expected factors above 0"),
      (64, ["고양이 1.png", "--output", "g.png", "--width-shift", "-1"], "width_shift_range"),
      (64, ["고양이 1.png", "--output", "g.png", "--width-shift", "0,1e30"], "width_shift_range"),
      (64, ["고양이 1.png", "--output", "고양이 1.png"], "--output: expected another file than the photo"),
      (
        64, ["고양이 1.png", "--output", "g.png", "--image-size", "4096", "--count", "99"],
        "count: expected fewer versions"
      ),
      (
        64, ["고양이 1.png", "--output", "g.png", "--augmentation", "{brightness_range: 0.5}"],
        "brightness_range: expected a pair such as [0.5, 1.5]"
      ),
      (64, ["고양이 1.png", "--output", "g.png", "--brightness", "2,1"], "2,1"),
      (64, ["고양이 1.png", "--output", "g.png", "--fill-mode", "mirror"], "mirror"),
      (64, ["고양이 1.png", "--output", "g.png", "--recipe", "tiny.yaml"], "expected one with augmentation"),
      (64, ["고양이 1.png", "--output", "g.png", "--augmentation", "{turn: 3}"], "\"turn\""),
      (
        64, ["고양이 1.png", "--output", "g.png", "--augmentation", "{grayscale: 3}"],
        "--augmentation: grayscale: expected a probability from 0 to 1, got 3.0"
      ),
    ] as [(Int32, [String], String)])
  func failures(code: Int32, arguments: [String], message: String) async throws {
    try await withPhoto { folder in
      let outcome = try await outcome(arguments, in: folder)
      #expect(outcome.code == code, "\(outcome.errors)")
      #expect(outcome.errors.contains(message), "\(outcome.errors)")
      #expect(!folder.names.contains { $0.hasPrefix("g.") })
    }
  }
}
