import Foundation
import Testing
import WhiskerImages
import _TestSupport

@Suite("Output that can't be written is found out before the work")
struct OutputCheckTests {
  /// A model, a run and photos, none of which can be read: a check of the output comes first and never notices.
  private func withFiles(_ body: (URL) async throws -> Void) async throws {
    try await withTemporaryFolder { folder in
      try TinyData.write(into: folder)
      try await TinyData.writeModel(to: folder.below("model.safetensors"))
      try "text".write(to: folder.below("file"), atomically: true, encoding: .utf8)
      try await body(folder)
    }
  }

  @Test(
    "Every option that names a file or folder: 73, before anything is read, and nothing is left",
    arguments: [
      ["evaluate", "model.safetensors", "data", "--confusion", "no/c.png"],
      ["evaluate", "model.safetensors", "data", "--confusion", "file/c.png"],
      ["evaluate", "model.safetensors", "data", "--mistakes", "file/wrong"],
      ["evaluate", "model.safetensors", "data", "--mistakes", "file"],
      ["report", "run", "--output", "no/r.html"],
      ["plot", "run", "--output", "no/p.png"],
      ["convert", "model.safetensors", "no/m.keras"],
      ["explain", "model.safetensors", "data/test/cats/photo.0.jpg", "--output", "no/e.png"],
      ["preview", "data/test/cats/photo.0.jpg", "--output", "file/v.png"],
      ["evaluate", "model.safetensors", "data", "--confusion", String(repeating: "n", count: 252) + ".png"],
    ])
  func refused(command: [String]) async throws {
    try await withFiles { folder in
      // None of the input is usable: the output is checked first.
      for name in ["cats", "dogs"] {
        for index in 0..<6 { try Data().write(to: folder.below("data/test/\(name)/photo.\(index).jpg")) }
      }
      if command[0] == "convert" { try Data("no model".utf8).write(to: folder.below("model.safetensors")) }
      let before = folder.names
      let outcome = try await Whisker(command, in: folder).outcome()
      #expect(outcome.code == 73, "\(command): \(outcome.errors)")
      #expect(outcome.output.isEmpty && folder.names == before, "\(command): \(folder.names)")
    }
  }

  @Test("What fails later leaves no empty file or folder")
  func nothingLeft() async throws {
    try await withFiles { folder in
      try FileManager.default.removeItem(at: folder.below("data/test"))
      let before = folder.names
      let outcome = try await whisker(
        "evaluate", "model.safetensors", "data", "--confusion", "c.png", "--mistakes", "a/b/wrong", in: folder
      )
      #expect(outcome.code == 66, "\(outcome.errors)")
      #expect(folder.names == before)
    }
  }

  @Test(
    "A disk that is full by then: 73, the figures told, nothing half-written",
    .enabled { await SmallDisk.canBeMade })
  func fullDisk() async throws {
    try await withFiles { folder in
      let place = folder.below("disk")
      try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
      let disk = try SmallDisk(at: place)
      defer { disk.unmount() }
      try Data(count: SmallDisk.size - 4096).write(to: place.below("ballast"))
      for options in [["--confusion", "disk/c.png"], ["--mistakes", "disk/wrong"]] {
        // Large photos, so that a copy finds no room.
        for (number, name) in ["cats", "dogs"].enumerated() {
          for index in 0..<6 {
            try TinyData.photo(of: number, index: index, size: 300).write(
              to: folder.below("data/test/\(name)/photo.\(index).jpg"))
          }
        }
        let outcome = try await Whisker(["evaluate", "model.safetensors", "data"] + options, in: folder)
          .outcome()
        #expect(outcome.code == 73, "\(outcome.errors)")
        #expect(outcome.errors.contains("No space left on device"), "\(outcome.errors)")
        #expect(outcome.output.hasPrefix("loss "))
      }
      #expect(try Set(place.fileNames) == ["ballast"], "\(place.names)")
    }
  }

  @Test("predict's table has the likeliest classes only, if it is told how many")
  func top() async throws {
    try await withFiles { folder in
      let photo = "data/test/cats/photo.0.jpg"
      let all = try await whisker("predict", "model.safetensors", photo, "--csv", in: folder)
      #expect(all.output.hasPrefix("file,label,probability,cats,dogs\n\(photo),"))
      for (top, rows) in [("1", 1), ("2", 2), ("9", 2)] {
        let outcome = try await whisker(
          "predict", "model.safetensors", photo, "--csv", "--top", top, in: folder)
        let lines = outcome.output.split(separator: "\n").map { $0.split(separator: ",") }
        #expect(lines[0] == ["file", "label", "probability"] && lines.count == rows + 1, "\(outcome.output)")
        let probabilities = lines.dropFirst().compactMap { Float(String($0[2])) }
        #expect(probabilities.count == rows && probabilities == probabilities.sorted(by: >))
        #expect(Set(lines.dropFirst().map { $0[1] }).count == rows)
      }
    }
  }
}
