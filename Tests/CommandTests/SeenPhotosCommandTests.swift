import Foundation
import Testing
import WhiskerImages
import WhiskerRuns
import _TestSupport

@Suite("Figures that are what they say")
struct SeenPhotosCommandTests {
  /// A run of class folders of eight photos, of which a quarter was held back.
  private func withRun(
    seed: [String] = [], _ body: (_ folder: URL) async throws -> Void
  ) async throws {
    try await withTemporaryFolder { folder in
      try TinyData.write(into: folder, counts: ["train": 8])
      try FileManager.default.moveItem(at: folder.below("data/train"), to: folder.below("photos"))
      let train = try await Whisker(
        [
          "train", "photos", "--recipe", "tiny.yaml", "--output", "run", "--validation-split", "0.25",
          "--threads", "1",
        ] + seed, in: folder
      ).outcome()
      #expect(train.code == 0, "\(train.errors)")
      #expect(
        train.errors.contains(
          "The epoch was chosen by the validation photos: expect a little less on others."))
      try await body(folder)
    }
  }

  private func evaluated(_ arguments: String..., in folder: URL) async throws -> (
    result: [String: Any], photos: [String: Any]
  ) {
    let outcome = try await Whisker(["evaluate"] + arguments + ["--json"], in: folder).outcome()
    #expect(outcome.code == 0, "\(outcome.errors)")
    let result = try #require(try json(outcome.output) as? [String: Any])
    return (result, try #require(result["photos"] as? [String: Any]))
  }

  @Test("evaluate leaves out what the model was trained on, wherever it lies now, and says so")
  func evaluate() async throws {
    try await withRun { folder in
      let text = try await whisker("evaluate", "run/best.safetensors", "photos", in: folder)
      #expect(text.errors.hasPrefix("photos: Found 4 images belonging to 2 classes.\n"), "\(text.errors)")
      #expect(text.output.contains("\nall         4 "), "\(text.output)")
      #expect(
        text.output.contains(
          "\n\nLeft out: 12 photos that the model was trained on (--all measures them too).\n"))
      #expect(
        text.output.hasSuffix(
          "\n\nThe epoch was chosen by these photos, its validation photos: expect a little less on others.\n"
        ),
        "\(text.output)")

      let held = try await evaluated("run/best.safetensors", "photos", in: folder)
      #expect(held.result["count"] as? Int == 4)
      #expect(held.photos["trainedOn"] as? Int == 12 && held.photos["leftOut"] as? Int == 12)
      #expect(held.photos["validation"] as? Int == 4 && held.photos["known"] as? Bool == true)
      #expect(held.photos["chosen"] as? [String] == ["epoch"])
      // The score of the epoch, as training reported it.
      let history = try String(contentsOf: folder.below("run/history.csv"), encoding: .utf8)
      let accuracy = try #require(held.result["accuracy"] as? Double)
      #expect(history.contains(",\(accuracy),"), "\(history)")

      let all = try await evaluated("run/best.safetensors", "photos", "--all", in: folder)
      #expect(all.result["count"] as? Int == 16)
      #expect(all.photos["trainedOn"] as? Int == 12 && all.photos["leftOut"] as? Int == 0)
      let told = try await whisker("evaluate", "run/best.safetensors", "photos", "--all", in: folder)
      #expect(
        told.output.contains(
          "The model was trained on 12 of these 16 photos: the figures are better than on others."))

      // Under other names, elsewhere, and of a model in another format that was copied out of the run.
      for name in ["cats", "dogs"] {
        try FileManager.default.createDirectory(
          at: folder.below("other/\(name)"), withIntermediateDirectories: true)
        for index in 0..<8 {
          try FileManager.default.copyItem(
            at: folder.below("photos/\(name)/photo.\(index).jpg"),
            to: folder.below("other/\(name)/\(9 - index).jpg"))
        }
      }
      let convert = try await whisker("convert", "run/best.safetensors", "copy.keras", in: folder)
      #expect(convert.code == 0)
      for model in ["run/best.h5", "copy.keras"] {
        let moved = try await evaluated(model, "other", in: folder)
        #expect(
          moved.result["accuracy"] as? Double == accuracy && moved.photos["leftOut"] as? Int == 12, "\(model)"
        )
      }
      // The last epoch wasn't chosen by anything.
      let last = try await evaluated("run/model.safetensors", "photos", in: folder)
      #expect(last.photos["validation"] as? Int == 4 && last.photos["chosen"] as? [String] == [])
    }
  }

  @Test(
    "Photos that were all trained on are measured, and it says so; a file that doesn't say which is asked nothing"
  )
  func allOrUnknown() async throws {
    try await withTemporaryFolder { folder in
      try TinyData.write(into: folder)
      let train = try await whisker("train", "data", "--recipe", "tiny.yaml", "--output", "run", in: folder)
      #expect(train.code == 0, "\(train.errors)")
      let own = try await whisker("evaluate", "run/model.safetensors", "data/train", in: folder)
      #expect(
        own.output.hasSuffix(
          "The model was trained on all of these photos: the figures say nothing of others.\n"))
      // Half of the test photos are in train too: measured, as none of them were held back, and reported.
      let test = try await whisker("evaluate", "run/model.safetensors", "data", in: folder)
      #expect(
        test.output.hasSuffix(
          "\n\nThe model was trained on 6 of these 12 photos: the figures are better than on others.\n"),
        "\(test.output)")
      let validation = try await whisker("evaluate", "run/model.safetensors", "data/validation", in: folder)
      #expect(
        validation.output.split(separator: "\n").last?.hasPrefix("all ") == true, "\(validation.output)")
      try await TinyData.writeModel(to: folder.below("old.safetensors"))
      let unknown = try await evaluated("old.safetensors", "data", in: folder)
      #expect(unknown.photos["known"] as? Bool == false && unknown.result["count"] as? Int == 12)
      let noted = try await whisker("evaluate", "old.safetensors", "data", in: folder)
      #expect(noted.errors.contains("The model doesn't say which photos it was trained on"))
    }
  }

  @Test("A report measures the photos that the run was measured on, or refuses and says what changed")
  func report() async throws {
    try await withRun { folder in
      func tiles(_ page: String) throws -> Substring {
        let text = try String(contentsOf: folder.below(page), encoding: .utf8)
        return try #require(text.components(separatedBy: "<ul class=\"tiles\">").last).prefix(1500)
      }
      let first = try await whisker("report", "run", "--output", "a.html", in: folder)
      #expect(first.code == 0, "\(first.errors)")
      let page = try String(contentsOf: folder.below("a.html"), encoding: .utf8)
      #expect(page.contains("The epoch was chosen by these photos: expect a little less on others."))

      // More photos, of which some would come first, change nothing.
      for index in 0..<4 {
        try TinyData.photo(of: 0, index: 77 + index).write(to: folder.below("photos/cats/a\(index).jpg"))
      }
      let more = try await whisker("report", "run", "--output", "b.html", in: folder)
      #expect(more.code == 0, "\(more.errors)")
      #expect(try tiles("b.html") == tiles("a.html"))

      // Moved as a whole, it is the same.
      try FileManager.default.moveItem(at: folder.below("photos"), to: folder.below("moved"))
      let moved = try await whisker("report", "run", "--data", "moved", "--output", "c.html", in: folder)
      #expect(moved.code == 0, "\(moved.errors)")
      #expect(try tiles("c.html") == tiles("a.html"))

      // Renamed photos are recognised by their contents; a missing training photo is reported.
      for name in ["cats", "dogs"] {
        for (old, new) in [("photo.0", "z0"), ("photo.1", "z1"), ("photo.5", "a5")] {
          try FileManager.default.moveItem(
            at: folder.below("moved/\(name)/\(old).jpg"), to: folder.below("moved/\(name)/\(new).jpg"))
        }
      }
      try FileManager.default.removeItem(at: folder.below("moved/dogs/photo.7.jpg"))
      let renamed = try await whisker("report", "run", "--data", "moved", "--output", "d.html", in: folder)
      #expect(renamed.code == 0 && !renamed.errors.contains("warning"), "\(renamed.errors)")
      #expect(try tiles("d.html") == tiles("a.html"))
      #expect(
        try String(contentsOf: folder.below("d.html"), encoding: .utf8).contains("1 training photo is gone"))

      // A missing photo that it is measured on is named; without any of a class there is nothing to measure.
      try FileManager.default.removeItem(at: folder.below("moved/dogs/z0.jpg"))
      let fewer = try await whisker("report", "run", "--data", "moved", "--output", "g.html", in: folder)
      #expect(fewer.code == 0, "\(fewer.errors)")
      #expect(fewer.errors.contains("warning: 1 of the 4 photos that the run was measured on is gone"))
      #expect(fewer.errors.contains("moved/dogs/photo.0.jpg is gone"))
      try Data("x".utf8).write(to: folder.below("moved/dogs/photo.1.jpg"))
      try FileManager.default.removeItem(at: folder.below("moved/dogs/z1.jpg"))
      let none = try await whisker("report", "run", "--data", "moved", "--output", "e.html", in: folder)
      #expect(none.code == 65)
      #expect(none.errors.contains("expected the photos that the run was measured on, got others"))
      #expect(none.errors.contains("moved/dogs/photo.0.jpg is gone"))
      #expect(none.errors.contains("moved/dogs/photo.1.jpg has 1 bytes, had "))
      #expect(!folder.below("e.html").exists)

      // An older run doesn't say, and the page says that.
      try FileManager.default.removeItem(at: folder.below("run/checkpoint/run.json"))
      let old = try await whisker("report", "run", "--data", "moved", "--output", "f.html", in: folder)
      #expect(old.code == 0, "\(old.errors)")
      #expect(
        try String(contentsOf: folder.below("f.html"), encoding: .utf8).contains(
          "The run doesn't say which photos it had"))
    }
  }

  @Test("The report has the seed, given or not, and its fold's figures are of photos held out")
  func seed() async throws {
    try await withRun { folder in
      let report = try await whisker("report", "run", in: folder)
      #expect(report.code == 0, "\(report.errors)")
      #expect(try String(contentsOf: folder.below("run/report.html"), encoding: .utf8).contains(", seed 0."))
      // Whatever happened to the log.
      try FileManager.default.removeItem(at: folder.below("run/events.jsonl"))
      let silent = try await whisker("report", "run", "--data", "photos", in: folder)
      #expect(silent.code == 0, "\(silent.errors)")
      #expect(try String(contentsOf: folder.below("run/report.html"), encoding: .utf8).contains(", seed 0."))
    }
  }

  @Test("Folds of a recipe that stops early hold photos back, and say so in the table and in JSON")
  func folds() async throws {
    try await withTemporaryFolder { folder in
      try TinyData.write(into: folder, counts: ["train": 9])
      try (TinyData.recipe.replacing("epochs: 2}", with: "epochs: 4, early_stopping: {patience: 1}}"))
        .write(to: folder.below("stop.yaml"), atomically: true, encoding: .utf8)
      let arguments = [
        "train", "data", "--recipe", "stop.yaml", "--output", "run", "--threads", "1", "--folds", "3",
      ]
      let first = try await Whisker(arguments, in: folder).outcome()
      #expect(first.code == 0, "\(first.errors)")
      #expect(
        first.errors.contains(
          "warning: the recipe chooses by validation photos (early stopping): 20 % of each"))
      #expect(first.output.contains("\n1        12           6 "), "\(first.output)")
      #expect(
        first.output.hasSuffix(
          "Of the training photos of each, 2 were held back for what the recipe chooses by validation; the photos that "
            + "were measured on had no say in it.\n"), "\(first.output)")
      let again = try await Whisker(arguments + ["--resume", "--json"], in: folder).outcome()
      let result = try #require(try json(again.output) as? [String: Any])
      let scores = try #require(result["scores"] as? [[String: Any]])
      #expect(scores.map { $0["held_back"] as? Int } == [2, 2, 2])
      let report = try await whisker("report", "run/fold-2", in: folder)
      #expect(report.code == 0, "\(report.errors)")
      let page = try String(contentsOf: folder.below("run/fold-2/report.html"), encoding: .utf8)
      #expect(page.contains("photos held out") && !page.contains("chosen by these photos"))
    }
  }
}
