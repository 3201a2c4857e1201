import ArgumentParser
import Foundation
import Whisker

struct SketchesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sketches",
    abstract: "Draw pictures of cats and dogs to train on, where there are no photos.",
    discussion: """
      Writes cat.0.jpg, cat.1.jpg, …, dog.0.jpg, …, ready for whisker split. The same seed and size give the same \
      bytes. Run again, it replaces what it made; a folder that it didn't make is refused.
      """)

  @Argument(help: "The folder to make.", completion: .directory)
  var destination: String

  @Option(parsing: .unconditional, help: "Sketches of each animal, at least 1.")
  var perClass = 2000

  @Option(parsing: .unconditional, help: "What the sketches are drawn from, at least 0.")
  var seed = 0

  @Option(parsing: .unconditional, help: "Rows and columns, 8 to 4096.")
  var size = 200

  @Option(parsing: .unconditional, help: "Threads that draw; every core by default.")
  var threads: Int?

  func run() async throws {
    try requireRange(perClass, SketchFolder.counts, "--per-class")
    try requireRange(seed, 0...Int.max, "--seed")
    try requireRange(size, SketchGenerator.sizes, "--size")
    try requireRange(threads, 1...256, "--threads")
    let bar = ProgressBar("Drawing")
    try await SketchFolder(URL(fileURLWithPath: destination)).write(
      SketchGenerator(seed: UInt64(seed), size: size), perClass: perClass,
      threads: threads ?? Processors.available
    ) { bar.update($0, of: $1) }
    let animals = Animal.allCases.map { perClass.counted($0.rawValue) }.joined(separator: " and ")
    Console.note("Drew \(animals) in \(destination)")
  }
}
