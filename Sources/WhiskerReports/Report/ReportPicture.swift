import Foundation
import WhiskerImages
import WhiskerSystem

/// A small picture within a page.
struct ReportPicture {
  /// How large its longer side is, in pixels.
  static let side = 220
  /// JPEG's quality.
  private static let quality = 78

  private let data: String

  /// A picture of a photo, made smaller.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `cannotWrite`.
  init(_ photo: Photo, side: Int = Self.side) throws(WhiskerError) {
    let bytes = try photo.fitted(within: side).encodedJPEG(quality: Self.quality)
    data = "data:image/jpeg;base64," + Data(bytes).base64EncodedString()
  }

  /// The picture with a text for those who can't see it.
  func markup(_ description: String, isSmall: Bool = false) -> Markup {
    let style: Markup = isSmall ? " class=\"small\"" : ""
    return "<img\(style) src=\"\(data)\" alt=\"\(description)\"/>"
  }
}
