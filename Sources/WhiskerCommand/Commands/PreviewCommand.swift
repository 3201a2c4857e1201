import ArgumentParser
import Foundation
import Whisker

struct PreviewCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "preview",
    abstract: "Show what augmentation makes of a photo: a grid of versions.",
    discussion: """
      The original stands first, then the versions, with what was drawn under each. Without a recipe or options the \
      recipe augmented is shown; options change the recipe's settings, or stand alone. A recipe shows the photo at the \
      size that its network sees; without one it keeps its own, up to 512 pixels a side.
      """)

  @Argument(help: "The photo.", completion: .file())
  var photo: String

  @Option(
    help: "The picture to write: a file ending in .png, .jpg or .jpeg.",
    completion: .picture)
  var output: String

  @Option(help: "A built-in recipe's name, or the path of a recipe file.", completion: .recipe)
  var recipe: String?

  @Option(parsing: .unconditional, help: "Versions besides the original, 1 to 99.")
  var count = 8

  @Option(parsing: .unconditional, help: "What the versions are drawn from, at least 0.")
  var seed = 0

  @Option(parsing: .unconditional, help: "Rows and columns of the photo, 1 to 4096.")
  var imageSize: Int?

  @OptionGroup(title: "Augmentation") var changes: AugmentationOptions

  func run() async throws {
    try requireRange(count, AugmentationPreview.counts, "--count")
    try requireRange(seed, 0...Int.max, "--seed")
    try requireRange(imageSize, 1...4096, "--image-size")
    let file = try PictureFile(output, unlike: photo)
    let recipe = try (recipe ?? (changes.isEmpty ? "augmented" : nil)).map { try Recipe(named: $0) }
    var augmentation = recipe?.augmentation ?? Augmentation()
    try changes.apply(to: &augmentation)
    if augmentation == Augmentation(), let recipe {
      throw WhiskerError(
        .invalidSetting, "--recipe", expected: "one with augmentation", got: "\(recipe.name.quoted) without")
    }
    if augmentation.mixesLabels {
      Console.note("mixup and CutMix mix the photos of a batch: a preview of one photo is without them.")
    }
    let preview = AugmentationPreview(
      of: try prepared(recipe?.image), augmentation, count: count, seed: UInt64(seed))
    let grid = try preview.grid()
    try grid.write(to: file.url)
    Console.note("Wrote \(count.counted("version")) of \(photo) in \(output)".onOneLine)
  }

  /// The photo as the network sees it, or at a size to look at.
  private func prepared(_ image: PhotoPreparation?) throws -> Photo {
    let url = URL(fileURLWithPath: photo)
    if let side = imageSize {
      return try Photo(
        contentsOf: url, channels: image?.channels ?? 3,
        resizedTo: PhotoSize(
          height: side, width: side, interpolation: image?.interpolation ?? .bilinear))
    }
    if let image {
      return try Photo(
        contentsOf: url, channels: image.channels,
        resizedTo: PhotoSize(
          height: image.height, width: image.width, interpolation: image.interpolation))
    }
    return try Photo(contentsOf: url).fitted(within: 512)
  }
}
