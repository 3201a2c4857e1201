import WhiskerDatasets
import WhiskerImages

/// The pictures of a report that need no model: samples of each class, and augmented versions of one.
struct ReportPictures {
  /// Some training photos of each class.
  let samples: [[ReportPicture]]
  /// A training photo and its augmented versions, with what was done; empty without augmentation.
  let augmented: [(picture: ReportPicture, caption: String)]

  /// Versions besides the original.
  private static let versionCount = 7

  init(_ source: RunSource) throws {
    let folder = source.folders.train
    let classCount = folder.classNames.count
    // As many as make the page no longer than it is worth.
    let count = classCount <= 4 ? 8 : classCount <= 12 ? 3 : 1
    let side = classCount <= 12 ? 160 : 112
    samples = try folder.classNames.indices.map { index in
      let photos = folder.photos.filter { $0.classIndex == index }
      return try Self.spread(photos, count).compactMap { photo in
        guard let photo = try? Photo(contentsOf: folder.url(of: photo)) else { return nil }
        return try ReportPicture(photo, side: side)
      }
    }
    augmented = try Self.versions(source)
  }

  /// Some of the elements, evenly spread.
  private static func spread<Element>(_ list: [Element], _ count: Int) -> [Element] {
    let count = min(count, list.count)
    return (0..<count).map { list[$0 * list.count / count] }
  }

  private static func versions(_ source: RunSource) throws -> [(picture: ReportPicture, caption: String)] {
    guard let augmentation = source.recipe.augmentation, augmentation != Augmentation(),
      let first = source.folders.train.photos.lazy.compactMap({
        try? Photo(contentsOf: source.folders.train.url(of: $0))
      }).first
    else { return [] }
    let image = source.recipe.image
    let coloured = image.channels == 1 ? first.gray : first.rgb
    let photo = coloured.resized(
      height: image.height, width: image.width, interpolation: image.interpolation)
    let versions = try augmentation.flow(photo, seed: 0)
    var result = [(picture: try ReportPicture(photo), caption: "original")]
    for (number, version) in versions.prefix(versionCount).enumerated() {
      let captions = versions.draw(of: number).captions
      result.append(
        (
          try ReportPicture(Photo(version.reshaped(photo.shape))),
          captions.isEmpty ? "as it is" : captions.joined(separator: ", ")
        ))
    }
    return result
  }
}
