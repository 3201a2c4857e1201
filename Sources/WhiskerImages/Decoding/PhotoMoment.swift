internal import CExif
public import Foundation

/// When a photo was taken, and with which camera, as its EXIF data say.
///
/// Source: CIPA DC-008 (Exif 2.32), tags DateTimeOriginal, SubSecTimeOriginal, Make, Model and BodySerialNumber.
public struct PhotoMoment: Hashable, Sendable {
  /// Seconds of the camera's own clock, which is in no particular time zone; only differences mean something.
  public let seconds: Double
  /// Make, model and serial number, as far as they are there; nil if nothing is.
  public let camera: String?

  /// A moment and a camera.
  public init(seconds: Double, camera: String?) {
    self.seconds = seconds
    self.camera = camera
  }

  /// Reads them from a photo file; nil if it doesn't say when it was taken.
  ///
  /// In JPEG, PNG, WebP and HEIC files; of the last three only EXIF data that begin as they usually do are found.
  public init?(of bytes: some ContiguousBytes) {
    let found = bytes.withUnsafeBytes { bytes -> PhotoMoment? in
      guard bytes.count > 4, bytes[0] == 0xFF, bytes[1] == 0xD8 else { return PhotoMoment(searching: bytes) }
      guard let structure = try? JPEGStructure(of: bytes), let exif = structure.exif else { return nil }
      return PhotoMoment(exif: UnsafeRawBufferPointer(rebasing: bytes[exif]))
    }
    guard let found else { return nil }
    self = found
  }

  /// Looks for EXIF data by their mark: as HEIC and WebP have it, or by the chunks' names of PNG and WebP.
  private init?(searching bytes: UnsafeRawBufferPointer) {
    let mark = "Exif\0\0"
    let beginnings = ["II*\0", "MM\0*"]
    for (name, gap) in [(mark, 0), ("eXIf", 0), ("EXIF", 4)] {
      for beginning in beginnings {
        guard let place = Self.place(of: name, gap, beginning, in: bytes) else { continue }
        // More than a segment of a JPEG file could hold isn't EXIF data.
        let data = Array(mark.utf8) + bytes[place...].prefix(1 << 16)
        if let found = data.withUnsafeBytes({ PhotoMoment(exif: $0) }) {
          self = found
          return
        }
      }
    }
    return nil
  }

  /// Where a text begins that follows on a name, perhaps after a gap.
  private static func place(
    of name: String, _ gap: Int, _ text: String, in bytes: UnsafeRawBufferPointer
  ) -> Int? {
    guard let base = bytes.baseAddress, let first = name.utf8.first else { return nil }
    var start = 0
    while start < bytes.count, let found = memchr(base + start, Int32(first), bytes.count - start) {
      let place = UnsafeRawPointer(found) - base
      let end = place + name.utf8.count + gap
      if bytes.holds(name, at: place), bytes.holds(text, at: end) { return end }
      start = place + 1
    }
    return nil
  }

  /// Reads EXIF data that begin with `Exif` and two zeros.
  init?(exif: UnsafeRawBufferPointer) {
    guard let size = UInt32(exactly: exif.count), let data = exif_data_new() else { return nil }
    defer { exif_data_unref(data) }
    exif_data_load_data(data, exif.assumingMemoryBound(to: UInt8.self).baseAddress, size)
    func text(_ content: UnsafeMutablePointer<ExifContent>?, _ tag: ExifTag) -> String? {
      guard let entry = exif_content_get_entry(content, tag), entry.pointee.format == EXIF_FORMAT_ASCII,
        let value = entry.pointee.data
      else { return nil }
      let bytes = UnsafeBufferPointer(start: value, count: Int(min(entry.pointee.size, 1000)))
      let text = String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        .trimmingCharacters(in: .whitespaces)
      return text.isEmpty ? nil : text
    }
    let (main, detail) = (data.pointee.ifd.0, data.pointee.ifd.2)
    guard let time = text(detail, EXIF_TAG_DATE_TIME_ORIGINAL), let seconds = Self.seconds(in: time) else {
      return nil
    }
    let part = text(detail, EXIF_TAG_SUB_SEC_TIME_ORIGINAL).flatMap { Double("0." + $0) } ?? 0
    // libexif has no name for it.
    let serialNumber = text(detail, ExifTag(rawValue: 0xA431))
    let names = [text(main, EXIF_TAG_MAKE), text(main, EXIF_TAG_MODEL), serialNumber].compactMap(\.self)
    self.init(
      seconds: seconds + (part.isFinite ? part : 0),
      camera: names.isEmpty ? nil : names.joined(separator: " "))
  }

  /// The seconds of `2026:11:30 18:45:02` since a day long ago; nil for anything else, such as a clock that was never set.
  private static func seconds(in text: String) -> Double? {
    let numbers = text.split { $0 == ":" || $0 == " " }.map { Int($0) }
    guard numbers.count == 6, numbers.allSatisfy({ $0 != nil }) else { return nil }
    let found = numbers.compactMap(\.self)
    guard (1...9999).contains(found[0]), (1...12).contains(found[1]), (1...31).contains(found[2]),
      (0...23).contains(found[3]), (0...59).contains(found[4]), (0...60).contains(found[5])
    else { return nil }
    // Days of the Gregorian calendar, with years that begin in March.
    let (year, month) = found[1] > 2 ? (found[0], found[1] - 3) : (found[0] - 1, found[1] + 9)
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + found[2]
    return Double(days * 86_400 + found[3] * 3600 + found[4] * 60 + found[5])
  }
}
