import Foundation
import Testing
import WhiskerDatasets
import WhiskerImages
import WhiskerInspection
import WhiskerSystem
import WhiskerTensors
import _TestSupport

/// Photos that were taken one after another, and photos that only look as if.
@Suite struct SeriesSearchTests {
  private func groups(_ folder: URL, by pattern: GroupPattern? = nil) async throws -> Set<Set<String>> {
    let paths = folder.allFiles.sorted()
    return Set(try await Inspector().grouping(of: paths, in: folder, by: pattern).groups.groups.map(Set.init))
  }

  /// Another shot of the same scene: the camera moved a little, and the light changed.
  private func shot(of photo: Photo, _ stream: inout RandomStream) -> Photo {
    func share() -> Double { 0.01 + 0.04 * Double(stream.uniform()) }
    var shot = photo.cropped(top: share(), left: share(), bottom: share(), right: share())
      .resized(height: photo.height, width: photo.width, interpolation: .bilinear)
    let light = 0.9 + 0.2 * stream.uniform()
    shot.pixels = shot.pixels.map { UInt8(max(0, min(255, Float($0) * light))) }
    return shot
  }

  /// Writes numbered sketches, after some of which follow more shots of the same; returns those series.
  private func writeBursts(to folder: URL, everyNth step: Int = 5) throws -> Set<Set<String>> {
    var stream = RandomStream(RandomKey(seed: 4))
    var bursts: Set<Set<String>> = []
    var number = 97
    for (index, sketch) in SketchPool.all.enumerated() {
      var names: Set<String> = []
      for shot in 0..<(index % step == 2 ? 2 + index % 3 : 1) {
        let name = "IMG_\(String(format: "%04d", number)).jpg"
        number += shot == 1 ? 2 : 1
        try folder.writeJPEG(shot == 0 ? sketch : self.shot(of: sketch, &stream), to: name)
        names.insert(name)
      }
      if names.count > 1 { bursts.insert(names) }
    }
    return bursts
  }

  @Test func burstsOfNumberedFilesAreFoundAndNothingElse() async throws {
    try await withTemporaryFolder { folder in
      let bursts = try writeBursts(to: folder)
      #expect(bursts.count >= 4)
      #expect(try await groups(folder) == bursts)
    }
  }

  /// The same pictures under names that say nothing of an order: only what is one picture is found.
  @Test func closePicturesAloneAreNoSeries() async throws {
    try await withTemporaryFolder { folder in
      let bursts = try writeBursts(to: folder.below("numbered"))
      let names = folder.below("numbered").allFiles.sorted()
      for (index, name) in names.enumerated() {
        let other = "\(index * 31 % 97)\(["a", "b", "c"][index % 3]).jpg"
        try FileManager.default.moveItem(
          at: folder.below("numbered/\(name)"), to: folder.below("numbered/\(other)"))
      }
      let found = try await groups(folder.below("numbered"))
      #expect(found.count <= bursts.count)
    }
  }

  // MARK: Times

  /// A JPEG file that says when and with what it was taken.
  private func write(_ photo: Photo, at seconds: Int, camera: String?, to file: URL) throws {
    let bytes = try photo.encodedJPEG(quality: 90)
    let time = String(format: "2026:11:30 12:%02d:%02d", seconds / 60, seconds % 60)
    let exif = ExifBytes(time: time, model: camera).segment
    try Data(bytes[..<2] + exif + bytes[2...]).write(to: file)
  }

  @Test func shotsOfOneCameraWithinSecondsBelongTogether() async throws {
    try await withTemporaryFolder { folder in
      // Nothing alike, and names that say nothing.
      let names = ["quick", "brown", "fox", "jumps", "over", "lazy", "dogs", "and", "cats"]
      let times = [0, 2, 5, 9, 20, 21, 40, 41, 60]
      let cameras = ["A", "A", "A", "A", "A", "B", nil, nil, "A"]
      for (index, name) in names.enumerated() {
        try write(
          SketchPool.all[index], at: times[index], camera: cameras[index], to: folder.below("\(name).jpg"))
      }
      #expect(try await groups(folder) == [["quick.jpg", "brown.jpg", "fox.jpg"]])
    }
  }

  /// A camera that shoots all the time: only what is close belongs together.
  @Test func aLongRowOfShotsIsASessionNotABurst() async throws {
    try await withTemporaryFolder { folder in
      var stream = RandomStream(RandomKey(seed: 6))
      for (index, sketch) in SketchPool.all.enumerated() {
        try write(sketch, at: 2 * index, camera: "A", to: folder.below("x\(index)x.jpg"))
      }
      for index in 0..<7 {
        let photo = shot(of: SketchPool.all[23], &stream)
        try write(photo, at: 48 + 2 * index, camera: "A", to: folder.below("y\(index)y.jpg"))
      }
      let found = try await groups(folder)
      #expect(found == [Set(["x23x.jpg"] + (0..<7).map { "y\($0)y.jpg" })])
    }
  }

  // MARK: Siblings

  @Test func siblingsInTrainAreCounted() async throws {
    try await withTemporaryFolder { folder in
      let bursts = try writeBursts(to: folder.below("all"))
      let sorted = bursts.map { $0.sorted() }.sorted { $0[0] < $1[0] }
      // The last shots of two series go to validation and test; a third stays whole.
      let parts: [String: String] = Dictionary(
        sorted[0].dropFirst().map { ($0, "validation") } + sorted[1].suffix(1).map { ($0, "test") }
      ) { first, _ in first }
      for name in folder.below("all").allFiles {
        let place = folder.below("split/\(parts[name] ?? "train")/a/\(name)")
        try FileManager.default.createDirectory(
          at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
        try FileManager.default.copyItem(at: folder.below("all/\(name)"), to: place)
      }
      let inspection = try await Inspector().inspect(folder.below("split"))
      #expect(inspection.siblingCounts == [.validation: sorted[0].count - 1, .test: 1])
      #expect(inspection.straddling.groups.count == 2)
      #expect(inspection.together.groups.count == bursts.count)
    }
  }
}

/// EXIF data of one segment, little endian.
private struct ExifBytes {
  let time: String
  let model: String?

  var segment: [UInt8] {
    func number(_ value: Int, bytes: Int) -> [UInt8] { (0..<bytes).map { UInt8(value >> (8 * $0) & 255) } }
    func entry(_ tag: Int, kind: Int, count: Int, _ value: Int) -> [UInt8] {
      number(tag, bytes: 2) + number(kind, bytes: 2) + number(count, bytes: 4) + number(value, bytes: 4)
    }
    let name: [UInt8] = model.map { Array($0.utf8) + [0] } ?? []
    // The first directory lies at 8, the details after it, and texts at the end.
    let first = (model == nil ? 1 : 2)
    let detail = 8 + 2 + 12 * first + 4
    let texts = detail + 2 + 12 + 4
    var tiff: [UInt8] = Array("II*\0".utf8) + number(8, bytes: 4) + number(first, bytes: 2)
    if model != nil {
      let padded = name + [UInt8](repeating: 0, count: 4 - name.count)
      tiff += number(0x0110, bytes: 2) + number(2, bytes: 2) + number(name.count, bytes: 4) + padded
    }
    tiff += entry(0x8769, kind: 4, count: 1, detail) + number(0, bytes: 4)
    tiff += number(1, bytes: 2) + entry(0x9003, kind: 2, count: 20, texts) + number(0, bytes: 4)
    tiff += Array(time.utf8) + [0]
    let body = Array("Exif\0\0".utf8) + tiff
    return [0xFF, 0xE1, UInt8((body.count + 2) >> 8), UInt8((body.count + 2) & 255)] + body
  }
}

extension Photo {
  /// The photo without a share of its rows and columns at each side.
  func cropped(top: Double = 0, left: Double = 0, bottom: Double = 0, right: Double = 0) -> Photo {
    func range(_ size: Int, _ before: Double, _ after: Double) -> Range<Int> {
      Int((Double(size) * before).rounded())..<size - Int((Double(size) * after).rounded())
    }
    let (rows, columns) = (range(height, top, bottom), range(width, left, right))
    return Photo(
      height: rows.count, width: columns.count, channels: channels,
      pixels: rows.flatMap { row in
        pixels[(row * width + columns.lowerBound) * channels..<(row * width + columns.upperBound) * channels]
      })
  }
}
