import Foundation
import Testing
import WhiskerReports
import WhiskerSystem
import WhiskerTensors
import _TestSupport

struct PictureTests {
  private func matrix(_ classes: Int) throws -> ConfusionMatrix {
    var outputs = Tensor(shape: [classes * 2, classes])
    for row in 0..<classes * 2 {
      outputs.values[row * classes + (row < classes ? row : (row + 1) % classes)] = 1
    }
    return ConfusionMatrix(
      try ClassifiedSamples(labels: (0..<classes * 2).map { $0 % classes }, outputs: outputs))
  }

  @Test(arguments: [2, 3, 10, 30, 100, 1000]) func confusionsAreDrawn(classes: Int) throws {
    let names = (0..<classes).map {
      "class \($0) 고양이 <&\"> \u{1}" + String(repeating: "long ", count: $0 % 40)
    }
    let picture = try ConfusionPicture(matrix(classes), classNames: names)
    let photo = try picture.photo()
    #expect(photo.width < 2400 && photo.height < 2400)
    #expect(Set(photo.pixels).count > 10)
    #expect(try picture.photo() == photo)
  }

  @Test func moreClassesThanCanBeShownAreRefused() throws {
    let picture = try ConfusionPicture(matrix(2), classNames: ["one"])
    #expect(throws: WhiskerError.self) { try picture.photo() }
  }

  @Test func mistakesAreCopiedUnderTellingNames() async throws {
    try await withTemporaryFolder { folder in
      let photos = folder.appendingPathComponent("photos")
      try FileManager.default.createDirectory(at: photos, withIntermediateDirectories: true)
      let long = String(repeating: "가", count: 80) + ".jpg"
      for name in ["cat.1.jpg", long] {
        try Data(name.utf8).write(to: photos.appendingPathComponent(name))
      }
      let target = folder.appendingPathComponent("wrong")
      try MistakeFolder(target).copy([
        .init(
          file: photos.appendingPathComponent("cat.1.jpg"), truth: "a/b", predicted: "dogs",
          probability: 0.75),
        .init(
          file: photos.appendingPathComponent(long), truth: String(repeating: "x", count: 300),
          predicted: "dogs", probability: 0.9),
      ])
      let names = try target.fileNames
      #expect(names.count == 2)
      #expect(names[1] == "0002 a_b as dogs 0.7500 cat.1.jpg")
      #expect(names[0].hasPrefix("0001 xxx") && names[0].hasSuffix("가.jpg") && names[0].utf8.count <= 255)
      let copy = try Data(contentsOf: target.appendingPathComponent(names[1]))
      #expect(copy == Data("cat.1.jpg".utf8))
      #expect(throws: WhiskerError.self) { try MistakeFolder(target) }
      #expect(throws: WhiskerError.self) { try MistakeFolder(photos.appendingPathComponent("cat.1.jpg")) }
    }
  }
}
