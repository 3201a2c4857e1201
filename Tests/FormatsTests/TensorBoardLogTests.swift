import Foundation
import Testing
import WhiskerFormats
import WhiskerTensors
import _TestSupport

/// That TensorBoard itself reads the files is checked by `Tools/reference/tensorboard_check.py`.
@Suite struct TensorBoardLogTests {
  private let date = Date(timeIntervalSince1970: 1_700_000_000.5)

  @Test func `A file begins with its version and holds what is noted, in order`() async throws {
    try await withTemporaryFolder { folder in
      let log = try TensorBoardLog(folder: folder, date: date)
      #expect(log.url.lastPathComponent.hasPrefix("events.out.tfevents.1700000000."))
      try log.scalar("loss", 0.25, step: 7, date: date)
      try log.histogram("weights", of: [0, 1, 2, 3, .nan, .infinity], step: 8, date: date)
      try log.image("photo", png: [1, 2, 3], height: 4, width: 5, channels: 3, step: 9, date: date)
      try log.goOn(after: 9, date: date)
      let events = try TensorBoardLog.events(contentsOf: log.url)
      #expect(events.count == 5)
      #expect(events[0].fileVersion == "brain.Event:2")
      #expect(events.allSatisfy { $0.wallTime == 1_700_000_000.5 })
      #expect(events.map(\.step) == [0, 7, 8, 9, 10])
      #expect(events[4].sessionLog.status == .start)
      let values = events.dropFirst().compactMap(\.summary.value.first)
      #expect(values.map(\.tag) == ["loss", "weights", "photo"])
      #expect(values[0].simpleValue == 0.25)
      let histogram = values[1].histo
      #expect(histogram.min == 0 && histogram.max == 3 && histogram.num == 4 && histogram.sum == 6)
      #expect(histogram.sumSquares == 14)
      #expect(histogram.bucket.count == 30 && histogram.bucketLimit.count == 30)
      #expect(histogram.bucket.reduce(0, +) == 4)
      #expect(histogram.bucketLimit == histogram.bucketLimit.sorted() && histogram.bucketLimit.last == 3)
      #expect(values[2].image.height == 4 && values[2].image.width == 5 && values[2].image.colorspace == 3)
      #expect(values[2].image.encodedImageString == Data([1, 2, 3]))
    }
  }

  @Test func `Histograms of equal numbers and of none are drawn`() async throws {
    try await withTemporaryFolder { folder in
      let log = try TensorBoardLog(folder: folder, date: date)
      try log.histogram("equal", of: [2, 2], step: 0, date: date)
      try log.histogram("none", of: [.nan], step: 0, date: date)
      try log.histogram(
        "far", of: [-.greatestFiniteMagnitude, .greatestFiniteMagnitude], step: 0, date: date)
      let histograms = try TensorBoardLog.events(contentsOf: log.url).dropFirst().compactMap(
        \.summary.value.first?.histo)
      #expect(histograms[0].bucket == [2] && histograms[0].bucketLimit == [2])
      #expect(histograms[1].bucket.isEmpty && histograms[1].num == 0)
      #expect(histograms[2].bucket.first == 1 && histograms[2].bucket.last == 1)
    }
  }

  @Test func `What is cut off at the end is passed over, damage before it isn't`() async throws {
    try await withTemporaryFolder { folder in
      let log = try TensorBoardLog(folder: folder, date: date)
      for step in 0..<3 { try log.scalar("loss", 1, step: step, date: date) }
      let whole = try Data(contentsOf: log.url)
      try whole.dropLast(3).write(to: log.url)
      #expect(try TensorBoardLog.events(contentsOf: log.url).map(\.step) == [0, 0, 1])
      var damaged = whole
      damaged[whole.count / 2] ^= 1
      try damaged.write(to: log.url)
      #expect(try formatError { _ = try TensorBoardLog.events(contentsOf: log.url) }?.code == .corruptHeader)
      #expect(TensorBoardLog.files(in: folder) == [log.url])
    }
  }

  /// The first record of every TensorFlow log with this moment, byte for byte as TensorFlow 2.21 writes it.
  @Test func `The record of the version is TensorFlow's, checks included`() async throws {
    try await withTemporaryFolder { folder in
      let log = try TensorBoardLog(folder: folder, date: Date(timeIntervalSince1970: 0x1p30))
      let expected: [UInt8] = [
        0x18, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xA3, 0x7F, 0x4B, 0x22, 0x09, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x00, 0xD0, 0x41, 0x1A, 0x0D, 0x62, 0x72, 0x61, 0x69, 0x6E, 0x2E, 0x45, 0x76, 0x65, 0x6E, 0x74,
        0x3A, 0x32, 0xD1, 0xE1, 0x5D, 0x95,
      ]
      let bytes = [UInt8](try Data(contentsOf: log.url))
      #expect(bytes == expected)
    }
  }

  @Test func `A second log of the same moment is a file of its own, behind the first`() async throws {
    try await withTemporaryFolder { folder in
      let first = try TensorBoardLog(folder: folder, date: date)
      let second = try TensorBoardLog(folder: folder, date: date)
      #expect(first.url.path < second.url.path)
    }
  }

  @Test func `A folder that isn't there is reported`() async throws {
    try await withTemporaryFolder { folder in
      let absent = folder.appendingPathComponent("absent")
      let error = try formatError { _ = try TensorBoardLog(folder: absent, date: date) }
      #expect(error?.code == .cannotWrite)
    }
  }

  @Test(.enabled("needs the right to mount a file system") { await SmallDisk.canBeMade })
  func `A full disk leaves whole records`() async throws {
    try await withTemporaryFolder { folder in
      let disk = try SmallDisk(at: folder)
      defer { disk.unmount() }
      let log = try TensorBoardLog(folder: folder, date: date)
      let picture = [UInt8](repeating: 1, count: SmallDisk.size / 3 * 2)
      try log.image("first", png: picture, height: 1, width: 1, channels: 1, step: 0, date: date)
      let error = try formatError {
        try log.image("second", png: picture, height: 1, width: 1, channels: 1, step: 1, date: date)
      }
      #expect(error?.code == .cannotWrite)
      #expect(error?.message == "can't be written: No space left on device")
      #expect(try TensorBoardLog.events(contentsOf: log.url).count == 2)
    }
  }
}
