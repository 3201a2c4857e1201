import ArgumentParser
import Foundation
import Whisker

/// Options that say which photos belong together, and so never lie on both sides of a division.
struct GroupOptions: ParsableArguments {
  @OptionGroup var rule: GroupRule

  @Flag(
    inversion: .prefixedNo,
    help: """
      Keep photos that belong together (near-duplicates, series, --group-by) on one side. By default so where photos are \
      divided at random or nobody chose how; where they are divided by their order, it moves groups that would lie on \
      both sides, which are otherwise only reported. --no-keep-groups doesn't look for any.
      """)
  var keepGroups: Bool?

  /// Whether nobody needs to know which photos belong together.
  var isOff: Bool { keepGroups == false }

  /// Checks what the options say on their own.
  func check() throws {
    if isOff && rule.groupBy != nil {
      throw WhiskerError(.invalidSetting, "", expected: "--group-by or --no-keep-groups", got: "both")
    }
    _ = try rule.pattern
  }

  /// Refuses the options where nothing is divided.
  func checkUnused(_ reason: String) throws {
    for (isGiven, option) in [(rule.groupBy != nil, "--group-by"), (keepGroups == true, "--keep-groups")]
    where isGiven { throw WhiskerError(.invalidSetting, option, "expected none: \(reason)") }
  }
}

/// The rule by which photos belong together.
struct GroupRule: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      """
      Which photos belong together by their names: those with the same text for the names in braces, as in \
      '{animal}_{n}.jpg'. {n} is a number and * anything, which don't count; with a slash the folder is compared too.
      """, valueName: "pattern"))
  var groupBy: String?

  /// The rule, if there is one.
  var pattern: GroupPattern? {
    get throws { try groupBy.map { try GroupPattern($0) } }
  }
}

/// How a command divides the training photos.
enum Division {
  /// Not at all, so that it doesn't matter what belongs together.
  case none
  /// At random, or because nobody chose how: groups stay whole.
  case free
  /// This share of each class, the first photos.
  case byOrder(Double)
}

extension GroupOptions {
  /// Finds the training photos that belong together, for a run that begins.
  ///
  /// - Returns: What the run divides by, nil for nothing, and what to say about it.
  func groups(
    forTraining data: URL, _ division: Division, threads: Int?, holdsBack: Bool = false
  ) async throws -> (groups: PhotoGroups?, report: GroupReport?) {
    var share: Double?
    switch division {
    case .none:
      try checkUnused("no photos are held back for validation")
      return (nil, nil)
    case .free: break
    case .byOrder(let part): share = part
    }
    guard !isOff else { return (nil, nil) }
    var inspector = Inspector()
    if let threads { inspector.threads = threads }
    let bar = ProgressBar("Looking for photos that belong together")
    let found = try await inspector.grouping(forTraining: data, by: rule.pattern) { bar.update($0, of: $1) }
    Console.finishLine()
    guard let share, keepGroups != true else {
      return (found.groups, GroupReport(found, isKept: true))
    }
    let divided = try DataFolder(forTraining: data, validationSplit: share)
    let lists = [divided.train.photos.map(\.path), (divided.validation?.photos ?? []).map(\.path)]
    let straddling = found.groups.divided(among: lists)
    // What is held back of the rest is drawn at random.
    return (holdsBack ? found.groups.among(lists[0]) : nil, GroupReport(found, straddling: straddling))
  }

  /// What a run that is resumed divides by, once the options are known to say the same.
  func groups(ofResumed old: PhotoGroups?, _ data: URL) throws -> PhotoGroups? {
    guard let old else {
      try checkUnused("the run began without looking for photos that belong together")
      return nil
    }
    guard let pattern = try rule.pattern else { return old }
    let paths = try DataFolder(forTraining: data).train.photos.map(\.path)
    guard old.merging(try pattern.groups(of: paths)) == old else {
      throw WhiskerError(
        .runChanged, data.relativePath, expected: "the groups that the run began with",
        got: "others by --group-by \(pattern.text.quoted)")
    }
    return old
  }
}
