import Foundation
import WhiskerImages
import WhiskerSystem

/// What an inspection keeps of a photo that it has read.
struct PhotoExamination {
  let header: PhotoHeader
  let thumbnail: Thumbnail
  /// When it was taken, if it says so.
  let moment: PhotoMoment?
  /// Whether all its pixels are alike.
  let isConstant: Bool
}

/// Reads a photo once and keeps what an inspection needs of it.
enum PhotoExaminer {
  /// How far the values of a colour may differ in a photo that shows nothing: what JPEG turns one colour into.
  static let constantRange: UInt8 = 8

  /// Reads one photo.
  static func examine(
    _ file: URL, reusing decompressor: JPEGDecompressor?
  ) throws(WhiskerError) -> PhotoExamination {
    let decoder = Thumbnail.decoder
    let bytes = try FileBytes.read(file, limit: decoder.limits.maximumFileSize)
    let small = try decoder.decode(
      bytes, name: file.path, resizedTo: Thumbnail.size, reusing: decompressor)
    let header = try bytes.withUnsafeBytes { bytes in
      Result { () throws(WhiskerError) in try PhotoHeader(of: bytes, name: file.path) }
    }.get()
    let thumbnail = Thumbnail(small)
    // Fine patterns vanish in a thumbnail: what looks constant there is looked at in full, which is rare.
    var isConstant = isConstant(small)
    if isConstant {
      isConstant = self.isConstant(try PhotoDecoder().decode(bytes, name: file.path, reusing: decompressor))
    }
    return PhotoExamination(
      header: header, thumbnail: thumbnail, moment: PhotoMoment(of: bytes), isConstant: isConstant)
  }

  private static func isConstant(_ photo: Photo) -> Bool {
    (0..<photo.channels).allSatisfy { channel in
      var (least, most) = (UInt8.max, UInt8.min)
      for place in stride(from: channel, to: photo.pixels.count, by: photo.channels) {
        least = min(least, photo.pixels[place])
        most = max(most, photo.pixels[place])
      }
      return most - least <= constantRange
    }
  }
}
