import ArgumentParser
import Foundation
import Whisker

struct SplitCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "split",
    abstract: "Divide a folder of photos into train/, validation/ and test/.",
    discussion: """
      SOURCE holds photos named by class (cat.0.jpg, dog.0.jpg) or one folder per class; it is left as it is. Amounts \
      are per class: whole numbers are photos (1000), numbers with a point are fractions (0.5). Without any amount, \
      half goes to train/ and a quarter each to validation/ and test/. The photos are taken in natural order (cat.2 \
      before cat.10) unless shuffled. Links are followed. Run again, split replaces what it made; a folder that it didn't make is refused.

      Photos that belong together (near-duplicates, series by EXIF time or running number, --group-by) go to one part \
      with --shuffle; a part may then have a few photos more or fewer. Without it the order decides, and groups in \
      several parts are only reported, unless --keep-groups moves them.
      """)

  @Argument(help: "The folder of photos.", completion: .directory)
  var source: String

  @Argument(help: "The folder to make.", completion: .directory)
  var destination: String

  @Option(parsing: .unconditional, help: "Photos of each class to learn from, such as 1000 or 0.5.")
  var train: AmountArgument?

  @Option(parsing: .unconditional, help: "Photos of each class to watch training with, such as 500 or 0.25.")
  var validation: AmountArgument?

  @Option(parsing: .unconditional, help: "Photos of each class to keep for the end, such as 500 or 0.25.")
  var test: AmountArgument?

  @Option(
    help: ArgumentHelp(
      "Another name for a class, such as cat=cats; may be given again.", valueName: "old=new"))
  var rename: [RenameArgument] = []

  @Flag(help: "Take the photos of each class in a random order.")
  var shuffle = false

  @Option(parsing: .unconditional, help: "With --shuffle: what the order is drawn from; 0 by default.")
  var seed: Int?

  @OptionGroup(title: "Photos that belong together") var grouping: GroupOptions

  @Option(help: "Link to the photos instead of copying them: hard or symbolic.")
  var link: LinkArgument?

  @Flag(help: "Print the counts as JSON.")
  var json = false

  func validate() throws {
    if seed != nil && !shuffle { throw ValidationError("--seed: expected --shuffle with it, got none") }
    if train == nil && (validation != nil || test != nil) {
      throw ValidationError("--train: expected an amount, since the other parts have one; got none")
    }
  }

  func run() async throws {
    try requireRange(seed, 0...Int.max, "--seed")
    let bar = ProgressBar("Splitting")
    let splitter = Splitter(into: URL(fileURLWithPath: destination))
    try grouping.check()
    let (plan, groups) = try await plan(with: splitter)
    Console.introduce([], (try? DataFolder.readings(of: URL(fileURLWithPath: source))) ?? [])
    let manifest = try splitter.write(plan) { bar.update($0, of: $1) }
    if train == nil {
      Console.note("No amounts were given: half went to train, a quarter each to validation and test.")
    }
    warn(of: manifest.leaksThroughLinks())
    Console.introduce(plan.source.skipped)
    groups?.show()
    if json { return try Console.result(json: Result(manifest, destination, plan.source.skipped, groups)) }
    try Console.result(text(of: manifest.table))
  }

  /// Plans the split, with the photos that belong together.
  private func plan(with splitter: Splitter) async throws -> (SplitPlan, GroupReport?) {
    let (folder, settings) = (URL(fileURLWithPath: source), try settings())
    guard !grouping.isOff else { return (try splitter.plan(folder, settings), nil) }
    let pattern = try grouping.rule.pattern
    let bar = ProgressBar("Looking for photos that belong together")
    var found = PhotoGrouping(PhotoGroups([]))
    let plan = try await splitter.plan(folder, settings) { source in
      found = try await Inspector().grouping(of: source.paths, in: source.root, by: pattern) {
        bar.update($0, of: $1)
      }
      return found.groups
    }
    Console.finishLine()
    let report = GroupReport(
      found, straddling: plan.divided, isKept: plan.settings.joinsGroups, moved: plan.movedCount)
    return (plan, report)
  }

  /// Says which photos are in more than one part, since links lead to them.
  private func warn(of leaks: [[String]]) {
    guard let first = leaks.first else { return }
    let count = leaks.count == 1 ? "1 photo lies" : "\(leaks.count) photos lie"
    Console.note(
      "warning: \(count) in more than one part, since links lead to one file: "
        + "\(first.map(\.quoted).joined(separator: " = ")). whisker inspect finds them all.")
  }

  private func settings() throws -> SplitSettings {
    var settings = SplitSettings(train: .fraction(0.5), validation: .fraction(0.25), test: .fraction(0.25))
    if let train {
      settings = SplitSettings(train: train.amount, validation: validation?.amount, test: test?.amount)
    }
    if shuffle { settings.order = .shuffled(seed: UInt64(seed ?? 0)) }
    for rename in rename {
      if settings.renames.updateValue(rename.new, forKey: rename.old) != nil {
        throw WhiskerError(
          .invalidSetting, "--rename", expected: "one new name for \(rename.old.quoted)", got: "two")
      }
    }
    settings.keepsGroups = grouping.keepGroups
    settings.placement = link?.placement ?? .copy
    return settings
  }

  private func text(of table: SplitTable) -> String {
    let isComplete = table.rows.allSatisfy { $0.unused == 0 }
    let unused = isComplete ? [] : ["unused"]
    var text = TextTable(titles: ["class"] + table.splits.map(\.rawValue) + unused)
    for row in table.rows {
      text.append(
        [row.className.onOneLine] + row.counts.map(String.init) + (isComplete ? [] : ["\(row.unused)"]))
    }
    let rest = isComplete ? [] : ["\(table.rows.reduce(0) { $0 + $1.unused })"]
    text.append(["all"] + table.totals.map(String.init) + rest)
    return text.text
  }

  private struct Result: Encodable {
    let destination: String
    let classes: [String: [String: Int]]
    let skipped: SkippedFiles
    /// The photos that belong together; nil with --no-keep-groups.
    let groups: GroupReport?

    init(_ manifest: SplitManifest, _ destination: String, _ skipped: SkippedFiles, _ groups: GroupReport?) {
      self.groups = groups
      self.destination = destination
      self.skipped = skipped
      let splits = manifest.table.splits.map(\.rawValue)
      classes = Dictionary(
        manifest.table.rows.map { row in
          let counts = Dictionary(zip(splits, row.counts)) { first, _ in first }
          return (row.className, counts.merging(["unused": row.unused]) { first, _ in first })
        }
      ) { first, _ in first }
    }
  }
}

/// How many photos of each class: `1000`, or `0.5` for half.
struct AmountArgument: ExpressibleByArgument {
  let amount: SplitAmount

  init?(argument: String) {
    if let count = Int(argument) {
      amount = .count(count)
    } else if let fraction = Double(argument), fraction.isFinite {
      amount = .fraction(fraction)
    } else {
      return nil
    }
  }
}

/// A class's name and its new one: `cat=cats`.
struct RenameArgument: ExpressibleByArgument {
  let old: String
  let new: String

  init?(argument: String) {
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      .map { $0.trimmingCharacters(in: .whitespaces) }
    guard parts.count == 2, !parts[0].isEmpty else { return nil }
    (old, new) = (parts[0], parts[1])
  }
}

/// Ways to link to a photo.
enum LinkArgument: String, CaseIterable, ExpressibleByArgument {
  case hard, symbolic

  var placement: SplitSettings.Placement {
    switch self {
    case .hard: .hardLink
    case .symbolic: .symbolicLink
    }
  }
}
