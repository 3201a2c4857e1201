import Foundation
import FoundationXML
import Testing
import WhiskerImages
import WhiskerLayers
import WhiskerOneDNNEngine
import WhiskerReports
import WhiskerRuns
import WhiskerSystem
import WhiskerTraining
import _TestSupport

/// The page on a run, made from runs that were never trained.
struct RunReportTests {
  private static let recipe = """
    name: "tiny <b> & \\"co\\""
    image: {height: 16, width: 16}
    augmentation: {horizontal_flip: true, rotation_range: 20}
    network:
      - Conv2D: {filters: 4, kernel_size: 3, activation: relu}
      - Flatten
      - Output
    optimizer: {rmsprop: {learning_rate: 0.001}}
    training: {batch_size: 4, epochs: 3}
    """

  private static let sections = [
    "classes", "curves", "confusion", "roc", "calibration", "mistakes", "labels", "successes", "data",
    "augmentation", "network", "run",
  ]

  /// Writes `data/` and `run/` with a model of the first weights, and the history and log of three epochs.
  private func writeRun(
    in folder: URL, classes: [String], photos: Int, log: Bool = true
  ) async throws {
    for (index, name) in classes.enumerated() {
      for split in ["train", "validation"] {
        let place = folder.appendingPathComponent("data/\(split)/\(name)", isDirectory: true)
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        for number in 0..<photos {
          let pixels = (0..<12 * 16 * 3).map {
            UInt8(($0 * 37 + index * 91 + number * 53 + split.count) % 251)
          }
          try Photo(height: 12, width: 16, pixels: pixels).write(
            to: place.appendingPathComponent("\(name.prefix(20)) & \(number).png"))
        }
      }
    }
    let run = folder.appendingPathComponent("run", isDirectory: true)
    try FileManager.default.createDirectory(at: run, withIntermediateDirectories: true)
    try Self.recipe.write(
      to: run.appendingPathComponent("recipe.yaml"), atomically: true, encoding: .utf8)
    let recipe = try Recipe(yaml: Self.recipe, source: "tiny")
    let names = classes.sorted { $0.unicodeScalars.lexicographicallyPrecedes($1.unicodeScalars) }
    try await SavedModel(
      model: try recipe.model(classes: names.count, seed: 3), preparation: recipe.image, classNames: names,
      loss: recipe.loss(classes: names.count)
    ).write(to: run.appendingPathComponent("best.safetensors"))
    var history = History()
    if log {
      history.epochs = (1...3).map { epoch in
        .init(loss: 0.8, accuracy: 0.5, validation: .init(loss: 0.9, accuracy: Double(epoch) / 10))
      }
    }
    try history.csv.write(to: run.appendingPathComponent("history.csv"), atomically: true, encoding: .utf8)
    guard log else { return }
    let data = folder.appendingPathComponent("data").path
    let lines =
      [
        """
        {"time":"2026-05-01T09:30:12.345Z","event":"started","command":["whisker","train","it's <here>"],"seed":"7",\
        "data":"\(data)","reading_seconds":1.5}
        """,
        """
        {"time":"2026-05-01T09:30:12.400Z","event":"decoded","split":"train","count":4,"unreadable":["<i>.jpg"]}
        """,
      ]
      + (1...3).flatMap { epoch in
        [
          """
          {"time":"2026-05-01T09:30:2\(epoch).000Z","event":"trained","epoch":\(epoch),"seconds":4}
          """,
          """
          {"time":"2026-05-01T09:30:2\(epoch).500Z","event":"validated","epoch":\(epoch),"val_acc":0.\(epoch),"val_loss":0.9}
          """,
          """
          {"time":"2026-05-01T09:30:2\(epoch).500Z","event":"epoch_ended","epoch":\(epoch),"acc":0.5,"loss":0.8,"seconds":4.5}
          """,
        ]
      } + ["{\"time\":\"2026-05-01T09:30:30.000Z\",\"event\":\"finished\",\"epochs\":3,\"seconds\":13.5}"]
    try (lines.joined(separator: "\n") + "\n{\"torn").write(
      to: run.appendingPathComponent("events.jsonl"), atomically: true, encoding: .utf8)
  }

  private func page(in folder: URL, _ change: (inout RunReport) -> Void = { _ in }) async throws -> String {
    var report = RunReport(run: folder.appendingPathComponent("run"))
    change(&report)
    return try await report.html(on: OneDNNEngine(.init(threads: 1)))
  }

  /// What an XML parser reads in a page: the ids, what pictures are read from, and all text.
  private final class Reading: NSObject, XMLParserDelegate {
    var ids: [String] = []
    var sources: [String] = []
    var elements: Set<String> = []
    var text = ""
    var unnamed = 0

    func parser(
      _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
      attributes: [String: String]
    ) {
      elements.insert(name)
      if let id = attributes["id"] { ids.append(id) }
      sources += [attributes["src"], attributes["href"]].compactMap(\.self)
      if name == "img", attributes["alt"]?.isEmpty ?? true { unnamed += 1 }
      if name == "svg", attributes["aria-label"]?.isEmpty ?? true { unnamed += 1 }
    }

    func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }
  }

  private func read(_ page: String) throws -> Reading {
    let parser = XMLParser(data: Data(page.utf8))
    let reading = Reading()
    parser.delegate = reading
    #expect(parser.parse(), "line \(parser.lineNumber): \(String(describing: parser.parserError))")
    return reading
  }

  @Test func hostileNamesAreShownAsTheyAre() async throws {
    try await withTemporaryFolder { folder in
      let korean = "고양이".decomposedStringWithCanonicalMapping
      let hostile = "<script>alert('x')&\"\u{1}"
      try await writeRun(in: folder, classes: [hostile, korean], photos: 3)
      let page = try await page(in: folder) { $0.advice = ["Try <this> & \"that\"."] }
      let reading = try read(page)
      #expect(Set(Self.sections).isSubset(of: reading.ids))
      #expect(Set(reading.ids).count == reading.ids.count)
      #expect(!reading.elements.contains("script") && !reading.elements.contains("i"))
      #expect(!page.contains("<script") && !page.contains("<i>.jpg"))
      #expect(reading.sources.allSatisfy { $0.hasPrefix("data:image/jpeg;base64,") || $0.hasPrefix("#") })
      #expect(reading.sources.count { $0.hasPrefix("data:") } > 20)
      #expect(reading.unnamed == 0)
      for text in [
        "<script>alert('x')&\"\\u{01}", korean, "Try <this> & \"that\".", "tiny <b> & \"co\"",
        "whisker train 'it'\\''s <here>'", "Seed 7.", "best: epoch 3", "reading photos", "1.5 s", "12.0 s",
        "train: <i>.jpg", "Grad-CAM at conv2d", "expected calibration error",
        "of the photos classified correctly",
      ] {
        #expect(reading.text.contains(text), "\(text)")
      }
      // NFD stays NFD: the bytes are those of the folder's name.
      #expect(page.utf8.count > 20_000)
      #expect(Data(page.utf8).range(of: Data(korean.utf8)) != nil)
      #expect(try await self.page(in: folder) { $0.advice = ["Try <this> & \"that\"."] } == page)
    }
  }

  @Test func aHundredClassesFit() async throws {
    try await withTemporaryFolder { folder in
      try await writeRun(in: folder, classes: (0..<100).map { "class \(100 + $0)" }, photos: 2, log: false)
      let data = folder.appendingPathComponent("data")
      let page = try await page(in: folder) { $0.data = data }
      let reading = try read(page)
      #expect(Set(Self.sections).isSubset(of: reading.ids))
      #expect(reading.text.contains("class 199") && reading.text.contains("The run doesn't say how"))
      #expect(reading.sources.count { $0.hasPrefix("data:") } > 150)
      #expect(page.utf8.count < 4_000_000)
    }
  }

  @Test func withoutValidationThePageSaysSo() async throws {
    try await withTemporaryFolder { folder in
      try await writeRun(in: folder, classes: ["a", "b"], photos: 2)
      try FileManager.default.removeItem(at: folder.appendingPathComponent("data/validation"))
      let reading = try read(try await page(in: folder))
      #expect(reading.text.contains("There are no validation photos"))
    }
  }

  @Test func whatIsNoRunIsRefused() async throws {
    try await withTemporaryFolder { folder in
      try await writeRun(in: folder, classes: ["a", "b"], photos: 2, log: false)
      func code(_ change: (inout RunReport) -> Void) async -> WhiskerError.Code? {
        do {
          _ = try await page(in: folder, change)
          return nil
        } catch {
          return (error as? WhiskerError)?.code
        }
      }
      #expect(await code { $0.run = folder.appendingPathComponent("nowhere") } == .missingFile)
      #expect(await code { $0.run = folder } == .badContents)
      #expect(await code { _ in } == .missingPhotos)
      #expect(await code { $0.choice = .model } == .missingFile)
    }
  }
}
