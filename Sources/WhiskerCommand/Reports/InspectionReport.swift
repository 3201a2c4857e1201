import Whisker

/// An inspection in words: the numbers, and each kind of problem with why it matters and what to do.
struct InspectionReport {
  /// What a folder that isn't split is called.
  static let whole = "all"
  /// What photos without a class are called.
  static let classless = "photos"
  /// How many files of one kind are named; `--json` names all.
  static let limit = 20
  /// How many files of one group are named.
  private static let groupLimit = 6

  private let inspection: Inspection

  /// A report on what was found.
  init(_ inspection: Inspection) { self.inspection = inspection }

  /// The lines of the report.
  var text: String {
    let troubles = [
      leaks, siblings, duplicates, conflicts, unreadable, constant, tiny, passedOver,
      inspection.warnings.map(\.description).joined(separator: "\n"),
    ].filter { !$0.isEmpty }
    let skipped = inspection.skipped.hasUnnamed ? ["\(inspection.skipped)"] : []
    return
      ([counts, [shapes, groups].filter { !$0.isEmpty }.joined(separator: "\n")] + skipped
      + (troubles.isEmpty ? ["Nothing wrong was found."] : troubles))
      .joined(separator: "\n\n")
  }

  // MARK: Numbers

  private var counts: String {
    var names: [String] = []
    for name in inspection.parts.flatMap({ $0.classes.map { $0.name ?? Self.classless } })
    where !names.contains(name) {
      names.append(name)
    }
    let columns = inspection.parts.map { part in
      Dictionary(part.classes.map { ($0.name ?? Self.classless, $0.count) }) { first, _ in first }
    }
    var table = TextTable(titles: ["class"] + inspection.parts.map { $0.split?.rawValue ?? "photos" })
    for name in names { table.append([name.onOneLine] + columns.map { "\($0[name, default: 0])" }) }
    if names.count > 1 { table.append(["all"] + columns.map { "\($0.values.reduce(0, +))" }) }
    return table.text
  }

  private var shapes: String {
    let formats = inspection.formats.sorted { ($1.value, $0.key.name) < ($0.value, $1.key.name) }
      .map { "\($0.key.name) \($0.value)" }
    let bins = inspection.sizes.bins.map { bin in
      let range = bin.maximum.map { "\(bin.minimum)–\($0)" } ?? "\(bin.minimum) or more"
      return "\(range) pixels \(bin.count)"
    }
    guard let smallest = inspection.sizes.smallest, let largest = inspection.sizes.largest else {
      return "No photo can be read."
    }
    return """
      format: \(formats.joined(separator: ", "))
      shorter side: \(bins.joined(separator: ", "))
      size: \(Self.size(smallest)) to \(Self.size(largest)) (height × width)
      """
  }

  private static func size(_ size: [Int]) -> String { "\(size[0]) × \(size[1])" }

  /// What belongs together.
  private var groups: String {
    let count = inspection.together.groups.count
    return count == 0
      ? "" : "belonging together: \(inspection.together.photoCount) photos in \(count.counted("group"))"
  }

  // MARK: Troubles

  private var leaks: String {
    paragraph(
      inspection.leaks,
      "in more than one part of the split, so the model would be measured on what it has learned",
      Self.line)
  }

  /// Photos to measure on of which a sibling was learned from, where that isn't a copy.
  private var siblings: String {
    let counts = inspection.siblingCounts
    let leaks = Set(inspection.leaks.flatMap(\.paths))
    let straddling = inspection.straddling.groups.filter { !leaks.isSuperset(of: $0) }
    guard !straddling.isEmpty, !counts.isEmpty else { return "" }
    let named = SplitName.allCases.compactMap { split in
      counts[split].map { "\($0.counted("photo")) of \(split.rawValue)" }
    }
    return Self.list(
      "\(named.joined(separator: " and ")) \(counts.values.reduce(0, +) == 1 ? "has" : "have") a sibling in train, such as a shot "
        + "of the same series, so results there look better than they are:",
      straddling.map { paths in
        paths.prefix(Self.groupLimit).map(\.quoted).joined(separator: " ~ ")
          + (paths.count > Self.groupLimit
            ? " … and \(paths.count - Self.groupLimit) more (--json lists all)" : "")
      })
  }

  private var duplicates: String {
    paragraph(
      inspection.duplicates.filter { !$0.isLeak }, "there more than once, and counted each time", Self.line
    )
  }

  private var conflicts: String {
    paragraph(
      inspection.labelConflicts, "said to show two classes; one is wrong, and only you can tell which",
      Self.line)
  }

  private var unreadable: String {
    paragraph(inspection.unreadable, "unreadable, and would be skipped in training") {
      "\($0.path.quoted): \($0.explanation.onOneLine)"
    }
  }

  private var constant: String {
    paragraph(inspection.constant, "of one colour, with nothing to learn from") { $0.quoted }
  }

  private var tiny: String {
    paragraph(
      inspection.tiny, "smaller than \(Inspection.tinySide) pixels a side, with little to see once enlarged"
    ) { "\($0.path.quoted): \($0.height) × \($0.width)" }
  }

  private var passedOver: String {
    if inspection.passedOver.isEmpty { return "" }
    return Self.list(
      "Ignored, as in training, since they lie next to the folders that are used:",
      inspection.passedOver.map(\.quoted))
  }

  /// A line that says how many there are and why it matters, and one for each; nothing if there is none.
  private func paragraph<Item>(_ items: [Item], _ trouble: String, _ line: (Item) -> String) -> String {
    if items.isEmpty { return "" }
    let count = items.count == 1 ? "1 photo is" : "\(items.count) photos are"
    return Self.list("\(count) \(trouble):", items.map(line))
  }

  private static func list(_ title: String, _ lines: [String]) -> String {
    let rest = lines.count > limit ? ["… and \(lines.count - limit) more (--json lists all)"] : []
    return ([title] + (lines.prefix(limit) + rest).map { "  " + $0 }).joined(separator: "\n")
  }

  /// `"test/dogs/a.jpg" = "train/dogs/b.jpg"`, with `≈` where the bytes differ, and which of them are one file.
  private static func line(_ group: DuplicateGroup) -> String {
    let names = group.paths.prefix(groupLimit).map(\.quoted)
    let rest = group.paths.count - names.count
    return names.joined(separator: group.isExact ? " = " : " ≈ ")
      + (rest > 0 ? " … and \(rest) more (--json lists all)" : "")
      + (group.linked.isEmpty ? "" : " (\(oneFile(group)))")
  }

  private static func oneFile(_ group: DuplicateGroup) -> String {
    if group.linked == [group.paths] { return "one file, which links lead to" }
    let files = group.linked.prefix(2).map { $0.prefix(2).map(\.quoted).joined(separator: " and ") }
    return
      "links lead \(files.joined(separator: ", and "))\(group.linked.count > 2 ? " and others" : "") to one file"
  }
}
