import ArgumentParser
import Foundation
import Whisker

struct InspectCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract:
      "Look for what would spoil a model: unreadable files, duplicates, leaks between train and test.",
    discussion: """
      DATA is a split's root (train/, validation/, test/, or other common names of these), a folder with one folder per class, a flat folder of \
      photos, or a CSV file as train takes it. Photos count as the same when their bytes are equal, and when they are \
      one picture: encoded again, resized, mirrored, turned or cropped by a twentieth. One that lies in two parts of a \
      split is a leak, which is an error (65); everything else is only reported.

      Photos also belong together that were taken one after another: by their camera and EXIF time, or by running file \
      numbers where the pictures are close; and by a CSV file's column group, or --group-by. How many validation and \
      test photos have such a sibling in train is said. --output draws all of them side by side.

      --fix moves photos that can't be read or show nothing, and all but one of each duplicate, into DATA.set-aside, \
      with a list of what and why in manifest.jsonl. Of a leak the test's photo stays, so that results remain \
      comparable; of a photo and links to it the photo stays, wherever it lies, and the links are moved as links. A \
      photo that a linked or mounted folder shows twice, or that lies outside of DATA, stays and is named. Nothing is \
      deleted; what is moved can be moved back. A CSV file's photos aren't moved.

      --json prints an object with the keys splits {part: {class: photos}}, count, unreadable [{file, reason}], \
      duplicates [[file]], leaks [[file]] (also among the duplicates), labelConflicts [[file]], exact [[file]] (the \
      duplicates whose bytes are equal), linked [[file]] (those that links lead to one file), constant [file], tiny \
      [{file, height, width}], formats {name: photos}, sizes [{minimum, maximum, count}] (of the shorter side), \
      warnings [text], passedOver [file], skipped {reason: {ending: count}}, groups {count, photos, straddling}, together \
      [[file]] (the groups of photos that belong together, duplicates among them), siblings {part: photos}, and with --fix moved [{file, movedTo, reason, detail}] and staying [{file, \
      detail}]. Files are relative to DATA, or to the folder of the CSV file; the one to keep comes first.
      """)

  @Argument(help: "The folder of photos, or a CSV file.", completion: .file())
  var data: String

  @Flag(help: "Report leaks without taking them for an error.")
  var allowLeaks = false

  @Flag(help: "Move what is wrong into DATA.set-aside.")
  var fix = false

  @Flag(help: "With --fix: say what would be moved, and move nothing.")
  var dryRun = false

  @Option(
    help:
      "Draw the duplicates and other photos that belong together into this file, .png or .jpg: a row for each group.",
    completion: .picture)
  var output: String?

  @OptionGroup var rule: GroupRule

  @Flag(help: "Print the result as JSON.")
  var json = false

  @Option(parsing: .unconditional, help: "Threads that read photos; every core by default.")
  var loaderThreads: Int?

  func validate() throws {
    if dryRun && !fix { throw ValidationError("--dry-run: expected --fix with it, got none") }
  }

  func run() async throws {
    try requireRange(loaderThreads, 1...256, "--loader-threads")
    let isTable = PhotoTable.isTable(data)
    if fix && isTable {
      throw WhiskerError(
        .invalidSetting, "--fix", expected: "a folder",
        got: "a CSV file, whose rows would name photos that are gone")
    }
    if fix && !dryRun {
      let folder = URL(fileURLWithPath: data, isDirectory: true).resolvingSymlinksInPath()
      if FileManager.default.fileExists(atPath: folder.path) {
        try OutputCheck.folder(URL(fileURLWithPath: folder.path + ".set-aside", isDirectory: true))
      }
    }
    let picture = try output.map { try PictureFile($0) }
    let pattern = try rule.pattern
    var inspector = Inspector()
    if let loaderThreads { inspector.threads = loaderThreads }
    let bar = ProgressBar("Reading photos")
    let inspection = try await inspector.inspect(URL(fileURLWithPath: data), groupedBy: pattern) {
      bar.update($0, of: $1)
    }

    let place = URL(fileURLWithPath: data)
    Console.introduce(try DataFolder.parts(of: place), try DataFolder.readings(of: place))
    GroupReport.showUnmatched(inspection.unmatched)
    // Shown first: moving may be refused, and then the report says why.
    if !json { try Console.result(InspectionReport(inspection).text) }
    // Before anything is moved, so that it shows all.
    if let picture { try draw(inspection, in: picture) }
    let plan = fix ? try setAside(inspection) : nil
    if json {
      try Console.result(json: InspectionResult(inspection, plan))
    } else if let plan {
      try Console.result("\n" + text(of: plan))
    } else if !isTable, let count = try? SetAsidePlan(for: inspection).moves.count, count > 0 {
      Console.note("--fix would move \(count.counted("file")) into a folder next to it; it deletes nothing.")
    }
    let moved = dryRun ? [] : plan?.vacated ?? []
    try requireNoLeaks(among: inspection.leaks, without: moved)
  }

  /// Draws what belongs together.
  private func draw(_ inspection: Inspection, in picture: PictureFile) throws {
    guard let sheet = GroupSheet(inspection) else {
      return Console.note("No two photos belong together, so no picture was written.")
    }
    try sheet.photo().write(to: picture.url)
    let rest = sheet.groupCount - sheet.shownCount
    Console.note(
      "Wrote \(sheet.shownCount.counted("group")) of photos that belong together in "
        + "\((output ?? "").onOneLine)\(rest > 0 ? "; \(rest) more aren't shown" : "")")
  }

  private func setAside(_ inspection: Inspection) throws -> SetAsidePlan {
    let plan = try SetAsidePlan(for: inspection)
    if dryRun { return plan }
    let bar = ProgressBar("Moving")
    try SetAside(plan).carryOut { bar.update($0, of: $1) }
    return plan
  }

  /// Throws bad data if a photo is still in two parts of the split, not counting the files that were moved.
  private func requireNoLeaks(among leaks: [DuplicateGroup], without moved: Set<String>) throws {
    let count = leaks.filter { leak in
      Set(leak.photos.filter { !moved.contains($0.path) }.map(\.split)).count > 1
    }.count
    guard count > 0 && !allowLeaks else { return }
    throw WhiskerError(
      .badContents, data,
      "\(count == 1 ? "1 photo lies" : "\(count) photos lie") in more than one part of the "
        + "split; --allow-leaks accepts that")
  }

  private func text(of plan: SetAsidePlan) -> String {
    let staying = plan.staying.prefix(InspectionReport.limit).map {
      "  \($0.file.quoted): \($0.detail.onOneLine)"
    }
    let rest = plan.staying.count - staying.count
    let stays =
      staying.isEmpty
      ? []
      : ["Left where \(plan.staying.count == 1 ? "it is" : "they are"):"] + staying
        + (rest > 0 ? ["  … and \(rest) more (--json lists all)"] : [])
    if plan.moves.isEmpty { return (["Nothing to move."] + stays).joined(separator: "\n") }
    let count = plan.moves.count == 1 ? "1 file" : "\(plan.moves.count) files"
    let place = "\(plan.folder.path.onOneLine), listed in its \(SetAside.manifestName)"
    if !dryRun {
      return (["Moved \(count) to \(place). Nothing was deleted."] + stays).joined(separator: "\n")
    }
    let lines = plan.moves.map { "  \($0.file.quoted): \($0.detail.onOneLine)" }
    return (["Would move \(count) to \(place):"] + lines + stays).joined(separator: "\n")
  }
}

/// What `whisker inspect --json` prints; the command's help describes it.
private struct InspectionResult: Encodable {
  struct Unreadable: Encodable {
    let file: String
    let reason: String
  }

  struct Tiny: Encodable {
    let file: String
    let height: Int
    let width: Int
  }

  struct Size: Encodable {
    let minimum: Int
    let maximum: Int?
    let count: Int
  }

  let splits: [String: [String: Int]]
  let count: Int
  let unreadable: [Unreadable]
  let duplicates: [[String]]
  let leaks: [[String]]
  let labelConflicts: [[String]]
  let exact: [[String]]
  let linked: [[String]]
  let constant: [String]
  let tiny: [Tiny]
  let formats: [String: Int]
  let sizes: [Size]
  let warnings: [String]
  let passedOver: [String]
  let skipped: SkippedFiles
  let groups: GroupReport
  let together: [[String]]
  let siblings: [String: Int]
  let moved: [SetAsidePlan.Move]?
  let staying: [SetAsidePlan.Stay]?

  init(_ inspection: Inspection, _ plan: SetAsidePlan?) {
    splits = Dictionary(
      inspection.parts.map { part in
        let counts = part.classes.map { ($0.name ?? InspectionReport.classless, $0.count) }
        return (
          part.split?.rawValue ?? InspectionReport.whole, Dictionary(counts) { first, _ in first }
        )
      }
    ) { first, _ in first }
    count = inspection.count
    unreadable = inspection.unreadable.map { Unreadable(file: $0.path, reason: $0.reason) }
    duplicates = inspection.duplicates.map(\.paths)
    leaks = inspection.leaks.map(\.paths)
    labelConflicts = inspection.labelConflicts.map(\.paths)
    exact = inspection.duplicates.filter(\.isExact).map(\.paths)
    linked = inspection.duplicates.flatMap(\.linked)
    constant = inspection.constant
    tiny = inspection.tiny.map { Tiny(file: $0.path, height: $0.height, width: $0.width) }
    formats = Dictionary(inspection.formats.map { ($0.key.name, $0.value) }) { first, _ in first }
    sizes = inspection.sizes.bins.map { Size(minimum: $0.minimum, maximum: $0.maximum, count: $0.count) }
    warnings = inspection.warnings.map(\.description)
    passedOver = inspection.passedOver
    skipped = inspection.skipped
    groups = GroupReport(PhotoGrouping(inspection.together), straddling: inspection.straddling)
    together = inspection.together.groups
    siblings = Dictionary(inspection.siblingCounts.map { ($0.key.rawValue, $0.value) }) { first, _ in first }
    moved = plan?.moves
    staying = plan?.staying
  }
}
