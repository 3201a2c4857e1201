public import Foundation
import SwiftProtobuf
public import WhiskerSystem

/// A file of events that TensorBoard shows: curves, pictures and histograms over the steps of a run.
///
/// ```swift
/// let log = try TensorBoardLog(folder: run)
/// try log.scalar("loss", 0.31, step: 100)
/// ```
/// Each event is one write at the end of the file: a killed program leaves complete events and at most one
/// incomplete one at the end, which TensorBoard skips. A resumed run starts another file, and TensorBoard joins
/// them.
public final class TensorBoardLog: Sendable {
  /// The file, `events.out.tfevents.…`.
  public let url: URL
  private let descriptor: Int32

  /// Starts a file in an existing folder.
  ///
  /// - Parameters:
  ///   - folder: The folder.
  ///   - date: When the training began; the file is named after it.
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `cannotWrite`.
  public init(folder: URL, date: Date = Date()) throws(WhiskerError) {
    let seconds = String(format: "%010d", Int(date.timeIntervalSince1970))
    let host = ProcessInfo.processInfo.hostName.filter {
      $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-")
    }
    var attempt = 0
    while true {
      // TensorBoard reads the files of a folder in the order of their names.
      let name = "\(TensorBoardLog.prefix)\(seconds).\(host).\(attempt)\(TensorBoardLog.suffix)"
      let url = folder.appendingPathComponent(name)
      let descriptor = open(url.path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o666)
      if descriptor < 0 && errno == EEXIST && attempt < 1_000 {
        attempt += 1
        continue
      }
      guard descriptor >= 0 else { throw TensorBoardLog.failure(url) }
      self.url = url
      self.descriptor = descriptor
      break
    }
    var event = TensorBoardEvent()
    event.fileVersion = "brain.Event:2"
    try write(event, date)
  }

  deinit { close(descriptor) }

  /// The files that Whisker wrote in a folder, in the order in which TensorBoard reads them.
  public static func files(in folder: URL) -> [URL] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.filter { $0.hasPrefix(prefix) && $0.hasSuffix(suffix) }.sorted()
      .map(folder.appendingPathComponent)
  }

  private static let (prefix, suffix) = ("events.out.tfevents.", ".whisker")

  /// Notes a number at a step.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `cannotWrite`.
  public func scalar(_ tag: String, _ number: Float, step: Int, date: Date = Date()) throws(WhiskerError) {
    try write(tag, step, date) { $0.simpleValue = number }
  }

  /// Shows how numbers are spread at a step; those that aren't finite are left out.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `cannotWrite`.
  public func histogram(
    _ tag: String, of numbers: [Float], step: Int, date: Date = Date()
  ) throws(WhiskerError) {
    let histogram = TensorBoardHistogram(of: numbers)
    try write(tag, step, date) { $0.histo = histogram }
  }

  /// Shows a picture at a step.
  ///
  /// - Parameters:
  ///   - tag: What the picture shows.
  ///   - png: The picture as a PNG file.
  ///   - height: Its rows of pixels.
  ///   - width: Its columns.
  ///   - channels: 1, 3 or 4.
  ///   - step: The step.
  ///   - date: When it was drawn.
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `cannotWrite`.
  public func image(
    _ tag: String, png: [UInt8], height: Int, width: Int, channels: Int, step: Int, date: Date = Date()
  ) throws(WhiskerError) {
    try write(tag, step, date) {
      $0.image.height = Int32(clamping: height)
      $0.image.width = Int32(clamping: width)
      $0.image.colorspace = Int32(clamping: channels)
      $0.image.encodedImageString = Data(png)
    }
  }

  /// Records that training resumes after a step: later steps in older files of the folder become void.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `cannotWrite`.
  public func goOn(after step: Int, date: Date = Date()) throws(WhiskerError) {
    var event = TensorBoardEvent()
    event.step = Int64(step) + 1
    event.sessionLog.status = .start
    try write(event, date)
  }

  private func write(
    _ tag: String, _ step: Int, _ date: Date, _ set: (inout TensorBoardSummaryValue) -> Void
  ) throws(WhiskerError) {
    var value = TensorBoardSummaryValue()
    value.tag = tag
    set(&value)
    var event = TensorBoardEvent()
    event.step = Int64(step)
    event.summary.value = [value]
    try write(event, date)
  }

  /// Appends a record: the event's length, that number's check, the event, its check.
  private func write(_ event: TensorBoardEvent, _ date: Date) throws(WhiskerError) {
    var event = event
    event.wallTime = date.timeIntervalSince1970
    let bytes: [UInt8]
    do {
      bytes = try event.serializedBytes()
    } catch {
      throw WhiskerError(.cannotWrite, url.path, "can't be put into bytes: \(error)")
    }
    var record = littleEndian(UInt64(bytes.count))
    record += littleEndian(CRC32C.masked(record))
    record += bytes
    record += littleEndian(CRC32C.masked(bytes))
    try append(record)
  }

  private func littleEndian(_ number: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: number.littleEndian) { Array($0) }
  }

  private func append(_ record: [UInt8]) throws(WhiskerError) {
    var remaining = record[...]
    while !remaining.isEmpty {
      let written = remaining.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
      if written < 0 && errno == EINTR { continue }
      guard written > 0 else {
        let failure = TensorBoardLog.failure(url)
        // Half a record in the middle would hide those after it.
        let size = lseek(descriptor, 0, SEEK_END)
        let before = size - off_t(record.count - remaining.count)
        if size >= 0, remaining.count < record.count { ftruncate(descriptor, before) }
        throw failure
      }
      remaining = remaining.dropFirst(written)
    }
  }

  private static func failure(_ url: URL) -> WhiskerError {
    WhiskerError(.cannotWrite, url.path, "can't be written: \(String(cString: strerror(errno)))")
  }
}

extension TensorBoardHistogram {
  /// Thirty buckets of one width, from the smallest number to the largest.
  init(of numbers: [Float]) {
    self.init()
    let numbers = numbers.lazy.filter(\.isFinite).map(Double.init)
    guard let lowest = numbers.min(), let highest = numbers.max() else { return }
    var (count, sum, sumOfSquares) = (0.0, 0.0, 0.0)
    let width = (highest - lowest) / Double(TensorBoardHistogram.bucketCount)
    var counts = [Double](repeating: 0, count: width > 0 ? TensorBoardHistogram.bucketCount : 1)
    for number in numbers {
      count += 1
      sum += number
      sumOfSquares += number * number
      counts[width > 0 ? Swift.min(counts.count - 1, Int((number - lowest) / width)) : 0] += 1
    }
    min = lowest
    max = highest
    num = count
    self.sum = sum
    sumSquares = sumOfSquares
    bucket = counts
    bucketLimit = counts.indices.map { $0 == counts.count - 1 ? highest : lowest + width * Double($0 + 1) }
  }

  private static let bucketCount = 30
}
