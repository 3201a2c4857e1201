import Foundation
import Testing
import _TestSupport

@Suite("What folders hold besides photos, and classes that parts lack")
struct FolderContentsTests {
  private static let train = [
    "--recipe", "tiny.yaml", "--output", "run", "--threads", "1", "--no-tensorboard",
  ]

  private func write(_ text: String, _ path: String, in folder: URL) throws {
    let file = folder.below(path)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: file)
  }

  private func object(_ outcome: Outcome) throws -> [String: Any] {
    try #require(try json(outcome.output) as? [String: Any], "\(outcome.errors)")
  }

  private func skipped(_ outcome: Outcome) throws -> [String: [String: Int]] {
    try #require(try object(outcome)["skipped"] as? [String: [String: Int]])
  }

  /// Puts everything into tiny data that isn't a photo, and photos under odd names.
  private func writeOddFiles(in folder: URL) throws {
    let classes = ["train/cats", "train/dogs", "validation/cats", "test/dogs"]
    for name in classes {
      try write("ftypisom", "data/\(name)/film.MP4", in: folder)
      try write("x", "data/\(name)/@eaDir/thumb.jpg", in: folder)
      try write("x", "data/\(name)/._photo.0.jpg", in: folder)
    }
    try write("notes", "data/train/cats/notes.txt", in: folder)
    try write("<html>", "data/train/cats/page.jpg", in: folder)
    for (number, name) in ["photo.jfif", "photo", "photo.txt", "photo.HEIC"].enumerated() {
      try TinyData.photo(of: 0, index: 500 + number).encodedJPEG().withUnsafeBytes {
        try Data($0).write(to: folder.below("data/train/cats/\(name)"))
      }
    }
    try write("x", "data/$RECYCLE.BIN/1.jpg", in: folder)
    try write("x", "data/train/System Volume Information/1.jpg", in: folder)
  }

  @Test("Every command counts what it doesn't use, by reason and ending; litter only in JSON")
  func everyCommandCounts() async throws {
    try await withTinyData { folder in
      try writeOddFiles(in: folder)
      let train = try await outcome(["train", "data", "--json"] + Self.train, in: folder)
      #expect(train.code == 0, "\(train.errors)")
      #expect(
        train.errors.contains("train: Found 20 images belonging to 2 classes. Skipped 1 that can't be read."))
      #expect(
        train.errors.contains(
          "\n5 skipped: 4 that are no photos (3 .mp4, 1 .txt), 1 that can't be read (1 .jpg)\n"),
        "\(train.errors)")
      let counted: [String: [String: Int]] = [
        "notAPhoto": [".mp4": 3, ".txt": 1], "unreadable": [".jpg": 1],
        "litter": ["folder": 5, ".jpg": 3],
      ]
      #expect(try skipped(train) == counted)

      let inspect = try await whisker("inspect", "data", "--json", "--allow-leaks", in: folder)
      #expect(try skipped(inspect)["notAPhoto"] == [".mp4": 4, ".txt": 1])
      let report = try await whisker("inspect", "data", "--allow-leaks", in: folder)
      #expect(
        report.output.contains(
          "\n\n6 skipped: 5 that are no photos (4 .mp4, 1 .txt), 1 that can't be read (1 .jpg)\n\n"),
        "\(report.output)")

      let evaluate = try await whisker("evaluate", "run/best.safetensors", "data", "--json", in: folder)
      #expect(try skipped(evaluate) == ["notAPhoto": [".mp4": 1], "litter": ["folder": 2, ".jpg": 1]])
      #expect(evaluate.errors.contains("\n1 skipped: 1 .mp4\n"), "\(evaluate.errors)")

      let predict = try await whisker(
        "predict", "run/best.safetensors", "data/train/cats", "--json", in: folder)
      #expect(predict.code == 65)
      #expect(try (json(predict.output) as? [Any])?.count == 12)
      let line = try #require(predict.errors.split(separator: "\n").first { $0.hasPrefix("{") })
      #expect(
        try json(String(line)) as? [String: [String: [String: Int]]] == [
          "skipped": [
            "notAPhoto": [".mp4": 1, ".txt": 1], "unreadable": [".jpg": 1],
            "litter": ["folder": 1, ".jpg": 1],
          ]
        ])
      let lines = try await whisker("predict", "run/best.safetensors", "data/train/dogs", in: folder)
      #expect(lines.code == 0 && lines.errors.hasSuffix("1 skipped: 1 .mp4\n"), "\(lines.errors)")

      let split = try await whisker("split", "data/train", "parts", "--json", in: folder)
      #expect(try skipped(split)["notAPhoto"] == [".mp4": 2, ".txt": 1], "\(split.errors)")
      #expect(split.errors.contains("3 skipped: 2 .mp4, 1 .txt\n"))

      let folds = try await outcome(
        ["train", "data/train", "--folds", "2", "--json", "--recipe", "tiny.yaml", "--output", "folds"],
        in: folder)
      #expect(try skipped(folds)["notAPhoto"] == [".mp4": 2, ".txt": 1], "\(folds.errors)")
      #expect(
        folds.errors.components(separatedBy: " that are no photos (2 .mp4, 1 .txt)").count == 2,
        "\(folds.errors)")
    }
  }

  @Test("Classes that differ in case are matched, and those without photos named, before anything is read")
  func partialClasses() async throws {
    try await withTinyData { folder in
      try FileManager.default.moveItem(
        at: folder.below("data/validation/cats"), to: folder.below("data/validation/Cats"))
      try FileManager.default.removeItem(at: folder.below("data/validation/dogs"))
      try FileManager.default.createDirectory(
        at: folder.below("data/validation/dogs"), withIntermediateDirectories: true)
      let train = try await outcome(["train", "data"] + Self.train, in: folder)
      #expect(train.code == 0, "\(train.errors)")
      let respelled =
        #"warning: validation: read "Cats" as the class "cats", from which only the case of the letters differs."#
      let empty = #"warning: validation: no photo of "dogs" that can be read: nothing is measured on it."#
      #expect(train.errors.hasPrefix("\(respelled)\n\(empty)\ntrain: Found 16"), "\(train.errors)")
      #expect(train.errors.components(separatedBy: respelled).count == 2)
      #expect(train.errors.contains("validation: Found 4 images belonging to 2 classes."))
      #expect(try await whisker("report", "run", in: folder).code == 0)

      let evaluate = try await whisker(
        "evaluate", "run/best.safetensors", "data/validation", "--json", "--confusion", "matrix.png",
        in: folder)
      #expect(evaluate.code == 0, "\(evaluate.errors)")
      #expect(evaluate.errors.contains(#"warning: no photos of "dogs": the figures are of "cats" alone."#))
      let result = try object(evaluate)
      let classes = try #require(result["classes"] as? [String: [String: Int]])
      #expect(classes["dogs"] == ["count": 0, "correct": 0] && classes["cats"]?["count"] == 4)
      #expect(result["count"] as? Int == 4)
      let metrics = try #require(result["classMetrics"] as? [String: [String: Double]])
      #expect(metrics["dogs"]?.isEmpty == true && metrics["cats"]?["recall"] == result["recall"] as? Double)
      let text = try await whisker("evaluate", "run/best.safetensors", "data/validation", in: folder)
      #expect(
        text.output.split(separator: "\n").contains { line in
          line.split(separator: " ").elementsEqual(["dogs", "0", "0", "–", "–", "–", "–", "–"])
        }, "\(text.output)")

      try FileManager.default.createDirectory(
        at: folder.below("data/train/birds"), withIntermediateDirectories: true)
      let refused = try await outcome(["train", "data", "--overwrite"] + Self.train, in: folder)
      #expect(refused.code == 65 && refused.errors.contains(#"the class folder "birds" holds no photo"#))
    }
  }

  @Test("One wrapper around class folders is looked into, and named once; a run from there can be resumed")
  func wrapper() async throws {
    try await withTinyData { folder in
      try FileManager.default.createDirectory(at: folder.below("PHOTOS"), withIntermediateDirectories: true)
      try FileManager.default.moveItem(at: folder.below("data/train"), to: folder.below("PHOTOS/PHOTOS"))
      try write("x", "PHOTOS/.DS_Store", in: folder)
      let train = try await outcome(["train", "PHOTOS"] + Self.train, in: folder)
      #expect(train.code == 0, "\(train.errors)")
      #expect(train.errors.components(separatedBy: "Read the folders in \"PHOTOS\" as classes\n").count == 2)
      let more = try await outcome(["train", "PHOTOS", "--resume", "--epochs", "3"] + Self.train, in: folder)
      #expect(more.code == 0, "\(more.errors)")
      #expect(try await whisker("report", "run", in: folder).code == 0)
      let evaluate = try await whisker("evaluate", "run/best.safetensors", "PHOTOS", "--json", in: folder)
      #expect(try object(evaluate)["count"] as? Int == 2, "\(evaluate.errors)")
      for command in [["inspect", "PHOTOS"], ["split", "PHOTOS", "parts"]] {
        let outcome = try await outcome(command, in: folder)
        #expect(outcome.code == 0 && outcome.errors.contains("Read the folders in \"PHOTOS\" as classes\n"))
      }
      #expect(folder.below("parts/train/cats").exists)
    }
  }

  @Test("A table from Windows and Kaggle: tabs, backslashes, other names; troubles in the order of the lines")
  func table() async throws {
    try await withTinyData { folder in
      var lines = ["Image\tLabel\tData set"]
      for (split, count) in [("train", 8), ("validation", 4)] {
        for name in ["cats", "dogs"] {
          for index in 0..<count {
            lines.append("data\\\(split)\\\(name)\\photo.\(index).jpg\t\(name)\t\(split)")
          }
        }
      }
      lines.insert("data\\gone.jpg\tcats\ttrain", at: 1)
      lines.insert("\tcats\ttrain", at: 3)
      lines.append("data\\validation\\cats\\photo.0.jpg\tbirds\tvalidation")
      try write(lines.joined(separator: "\r\n"), "photos.tsv", in: folder)
      let train = try await outcome(["train", "photos.tsv", "--json"] + Self.train, in: folder)
      #expect(train.code == 0, "\(train.errors)")
      #expect(train.errors.hasPrefix("Read the column \"Data set\" as split\n"), "\(train.errors)")
      let named = train.errors.split(separator: "\n").filter { $0.hasPrefix("  skipped ") }
      #expect(named.count == 3 && named[0].hasPrefix("  skipped data/gone.jpg: "), "\(named)")
      #expect(named[0].hasSuffix(" (line 2 of the table)"))
      #expect(named[1] == "  skipped photos.tsv:4: expected a file, got an empty cell")
      #expect(
        named[2] == "  skipped photos.tsv:28: expected a class with rows to train on, got \"birds\"",
        "\(named)")
      #expect(try skipped(train) == ["unreadable": [".jpg": 1], "invalidRow": [".tsv": 2]])
      try FileManager.default.moveItem(at: folder.below("photos.tsv"), to: folder.below("photos.json"))
      let other = try await outcome(["train", "photos.json"] + Self.train, in: folder)
      #expect(
        other.code == 66
          && other.errors.contains(
            "expected a folder of photos or a CSV file, got a text file: give the folder of the photos, or save"
          )
      )
    }
  }

  @Test("Names in lists are trimmed")
  func lists() async throws {
    try await withTinyData { folder in
      try await TinyData.writeForeignModel(to: folder.below("model.h5"))
      let predict = try await whisker(
        "predict", "model.h5", "data/test/cats/photo.0.jpg", "--class-names", " cats , dogs", "--rescale",
        "1 / 255", "--resize", " nearest", "--json", in: folder)
      let list = try #require(try json(predict.output) as? [[String: Any]], "\(predict.errors)")
      #expect(Set(try #require(list[0]["probabilities"] as? [String: Double]).keys) == ["cats", "dogs"])
      let split = try await whisker(
        "split", "data/train", "parts", "--rename", "cats = felines", "--rename", " dogs=canines ", in: folder
      )
      #expect(split.code == 0 && folder.below("parts/train/felines").exists, "\(split.errors)")
      #expect(folder.below("parts/train/canines").exists)
      let preview = try await whisker(
        "preview", "data/test/cats/photo.0.jpg", "--output", "grid.png", "--zoom", "0.8, 1.2",
        "--width-shift",
        " 0, 10", "--rotation", "40 deg", in: folder)
      #expect(preview.code == 0, "\(preview.errors)")
    }
  }
}
