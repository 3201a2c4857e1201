import Foundation
import WhiskerDatasets
import WhiskerLayers
import WhiskerRuns
import WhiskerSystem

/// What was trained, on what, and how.
extension ReportPage {
  /// The photos of each class and part.
  var data: Section {
    let folders = source.folders
    let parts = [
      ("train", folders.train), ("validation", folders.validation), ("held out", folders.measured),
      ("test", folders.test),
    ].compactMap { name, folder in folder.map { (name: name, counts: $0.countsByClass) } }
    let titles: [Markup] = ["class"] + parts.map { "\($0.name)" }
    func row(_ name: Markup, _ counts: [Int], _ style: Markup = "") -> Markup {
      let cells = counts.map { "<td>\(Figures.grouped($0))</td>" as Markup }
      return "<tr\(style)><th scope=\"row\" class=\"text\">\(name)</th>\(cells)</tr>"
    }
    var rows = classNames.enumerated().map { index, name in
      row("<bdi>\(name)</bdi>", parts.map { $0.counts[index] })
    }
    rows.append(row("all", parts.map { $0.counts.reduce(0, +) }, " class=\"sum\""))
    let unreadable = source.log.unreadable.sorted { $0.key < $1.key }.flatMap { split, files in
      files.map { "\(split): \($0)" }
    }
    return Section(
      id: "data", title: "Data",
      body: """
        <p class="soft">Photos in <code>\(source.data.path)</code></p>
        \(Self.table(titles, rows, style: classNames.count > 14 ? "scroll tall" : "scroll"))
        \(list(unreadable, "photo that can't be read was skipped", "photos that can't be read were skipped"))
        \(list(source.log.warnings, "warning", "warnings"))
        \(list(source.missed, "photo to measure on is gone or changed", "photos to measure on are gone or changed"))
        \(list(source.lost ?? [], "training photo is gone or changed", "training photos are gone or changed"))
        \(samples)
        """)
  }

  private func list(_ items: [String], _ one: String, _ many: String) -> Markup {
    guard !items.isEmpty else { return "" }
    let lines = items.prefix(100).map { "<li><bdi>\($0)</bdi></li>" as Markup }
    return """
      <details><summary>\(Self.counted(items.count, one, many))</summary><ul>\(lines)</ul></details>
      """
  }

  private var samples: Markup {
    let groups = classNames.enumerated().map { index, name -> Markup in
      let photos = pictures.samples[index].map {
        "<figure>\($0.markup("A photo of \(name)"))</figure>" as Markup
      }
      return "<h3><bdi>\(name)</bdi></h3><div class=\"photos\">\(photos)</div>"
    }
    guard classNames.count > Self.manyClasses else { return Markup(groups) }
    let all = classNames.enumerated().map { index, name -> Markup in
      let photo = pictures.samples[index].first?.markup("A photo of \(name)") ?? ""
      return "<figure>\(photo)<figcaption><bdi>\(name)</bdi></figcaption></figure>"
    }
    return """
      <details><summary>A photo of each class</summary><div class="photos">\(all)</div></details>
      """
  }

  private static let manyClasses = 12

  /// How augmentation changes a photo.
  var augmentation: Section {
    let body: Markup
    if pictures.augmented.isEmpty {
      body = """
        <p class="soft">The recipe shows training photos as they are. Where there are few of them, augmentation makes up \
        for some, as in the recipe augmented.</p>
        """
    } else {
      let figures = pictures.augmented.map { version -> Markup in
        """
        <figure>\(version.picture.markup("A training photo: \(version.caption)"))\
        <figcaption>\(version.caption)</figcaption></figure>
        """
      }
      body = """
        <p class="soft">A training photo as the network sees it, and what is made of it: another version each time.</p>
        <div class="photos">\(figures)</div>
        """
    }
    return Section(id: "augmentation", title: "Augmentation", body: body)
  }

  /// The layers.
  var network: Section {
    guard let network = try? source.saved.model.network() else {
      return Section(id: "network", title: "Network", body: "")
    }
    let summary = ModelSummary(network)
    let rows = summary.rows.map { row -> Markup in
      """
      <tr><th scope="row" class="text">\(row.name)</th><td class="text">\(row.className)</td>\
      <td>\(row.outputShape)</td><td>\(Figures.grouped(row.parameterCount))</td></tr>
      """
    }
    let image = source.recipe.image
    let training = source.recipe.training
    let steps: Markup = training.stepsPerEpoch.map { ", \($0) steps in an epoch" } ?? ", an epoch is one pass"
    let classes: Markup = source.recipe.classDescription.map { "; \($0)" } ?? ""
    let how: Markup =
      source.recipe.trainsInSteps
      ? """
      \(Figures.grouped(summary.trainableCount)) of them trained by \(source.recipe.optimizer.name) at \
      \("\(source.recipe.optimizer.learningRate)"); \(training.batchSize) photos in a step\(steps)\(classes)
      """ : "those of the last layer fitted by logistic regression\(classes)"
    let table = Self.table(
      ["layer", "type", "output", "weights"], rows, texts: 2,
      style: rows.count > 24 ? "scroll tall" : "scroll")
    return Section(
      id: "network", title: "Network",
      body: """
        <p class="soft">Photos of \(image.height) × \(image.width), \(image.channels == 1 ? "gray" : "in colour"), resized by \
        \(image.interpolation.rawValue). \(Figures.grouped(summary.parameterCount)) weights, \(how).</p>
        \(table)
        """)
  }

  /// Where the time went, and how to repeat it.
  var time: Section {
    let log = source.log
    let commands = log.sessions.filter { !$0.command.isEmpty }.map { Self.shell($0.command) }
    let command: Markup =
      commands.isEmpty
      ? "<p class=\"soft\">The run doesn't say how it was started.</p>"
      : "<pre><code>\(commands.joined(separator: "\n").split(separator: "\n").map { "\(String($0))" as Markup })</code></pre>"
    let seed: Markup = source.seed.map { "<p>Seed \($0).</p>" } ?? ""
    let rows = phases.map { phase -> Markup in
      "<tr><th scope=\"row\" class=\"text\">\(phase.name)</th><td>\(Figures.duration(phase.seconds))</td></tr>"
    }
    let state: Markup =
      log.isFinished || log.sessions.isEmpty ? "" : "<p>The run has not come to its end yet.</p>"
    let recipe = (try? source.recipe.yaml()) ?? ""
    let lines = recipe.split(separator: "\n", omittingEmptySubsequences: false).map {
      "\(String($0))" as Markup
    }
    return Section(
      id: "run", title: "Run",
      body: """
        \(state)\(command)\(seed)
        \(rows.isEmpty ? "" : Self.table(["phase", "time"], rows))
        <details><summary>The recipe, with every option applied</summary><pre><code>\(lines)</code></pre></details>
        """)
  }

  /// The phases of the run with their seconds, those that are known.
  private var phases: [(name: String, seconds: Double)] {
    let log = source.log
    let reading = log.sessions.compactMap(\.readingSeconds)
    let epochs = log.epochSeconds.values.reduce(0, +)
    let steps = log.stepSeconds.values.reduce(0, +)
    let wall = log.sessions.reduce(0) { $0 + max(0, $1.ended.timeIntervalSince($1.began)) }
    var phases: [(name: String, seconds: Double)] = []
    if !reading.isEmpty { phases.append(("reading photos", reading.reduce(0, +))) }
    if log.stepSeconds.count == log.epochSeconds.count, steps > 0 {
      phases.append(("training steps", steps))
      phases.append(("validation", max(0, epochs - steps)))
    } else if epochs > 0 {
      phases.append(("training and validation", epochs))
    }
    // This includes the time of an interrupted epoch.
    if epochs > 0, wall > epochs { phases.append(("checkpoints, model files and the rest", wall - epochs)) }
    return phases
  }

  /// A command as one types it.
  private static func shell(_ words: [String]) -> String {
    let plain = CharacterSet.alphanumerics.union(CharacterSet(charactersIn: "-_./=,:+@%"))
    return words.map { word in
      !word.isEmpty && word.unicodeScalars.allSatisfy(plain.contains)
        ? word : "'" + word.onOneLine.replacing("'", with: "'\\''") + "'"
    }.joined(separator: " ")
  }
}
