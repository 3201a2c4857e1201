import Foundation
import WhiskerDatasets
import WhiskerLayers
import WhiskerRuns
import WhiskerSystem

/// The page itself: its head, the most important numbers, and the sections.
struct ReportPage {
  let source: RunSource
  let study: ValidationStudy
  let pictures: ReportPictures
  let advice: [String]

  init(
    _ source: RunSource, _ study: ValidationStudy, _ pictures: ReportPictures, advice: [String]
  ) {
    self.source = source
    self.study = study
    self.pictures = pictures
    self.advice = advice
  }

  /// A part of the page with a heading of its own.
  struct Section {
    let id: String
    let title: String
    /// Whether two stand side by side where there is room.
    var isHalf = false
    let body: Markup
  }

  /// The whole document.
  var html: String {
    let sections = [
      curves, results, confusion, curvesOfClasses, calibration, mistakes, suspects, successes, data,
      augmentation, network, time,
    ]
    let links = sections.map { "<a href=\"#\($0.id)\">\($0.title)</a>" as Markup }
    let bodies = sections.map { section -> Markup in
      """
      <section id="\(section.id)"\(section.isHalf ? " class=\"half\"" : "" as Markup) aria-labelledby="\(section.id)-title">
      <h2 id="\(section.id)-title">\(section.title)</h2>
      \(section.body)
      </section>
      """
    }
    let page: Markup = """
      <!DOCTYPE html>
      <html lang="en" xmlns="http://www.w3.org/1999/xhtml">
      <head>
      <meta charset="utf-8"/>
      <meta name="viewport" content="width=device-width, initial-scale=1"/>
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'"/>
      \(Markup(stringLiteral: RunContents.reportMark))
      <title>\(source.name) – training report</title>
      <style>
      \(ReportStyle.css)
      </style>
      </head>
      <body>
      <div class="page">
      \(header)
      <nav aria-label="Sections">\(links)</nav>
      <main>
      \(bodies)
      </main>
      <footer><p>Made by Whisker. This page is one file and asks the network for nothing.</p></footer>
      </div>
      </body>
      </html>

      """
    return page.source
  }

  // MARK: Pieces that sections share

  /// The names of the classes.
  var classNames: [String] { source.saved.classNames }

  /// What the model was measured on, in words.
  var measuredName: String {
    if source.folders.measured != nil { return "photos held out" }
    return source.hasValidation ? "validation photos" : "training photos"
  }

  /// Figures from which one would read "0 photos are".
  static func counted(_ count: Int, _ one: String, _ many: String) -> String {
    "\(Figures.grouped(count)) \(count == 1 ? one : many)"
  }

  /// A table with a row of titles; so many of the first columns are text, the others numbers.
  static func table(
    _ titles: [Markup], _ rows: [Markup], texts: Int = 1, style: Markup = "scroll"
  ) -> Markup {
    let cells = titles.enumerated().map { column, title -> Markup in
      column < texts
        ? "<th scope=\"col\" class=\"text\">\(title)</th>" : "<th scope=\"col\">\(title)</th>"
    }
    return """
      <div class="\(style)" tabindex="0" role="region" aria-label="Table"><table>
      <thead><tr>\(cells)</tr></thead>
      <tbody>\(rows)</tbody>
      </table></div>
      """
  }

  private var header: Markup {
    let epochs = source.record.history.epochs.count
    let isBest = source.modelName == RunFolder.FileName.best
    let which: Markup =
      isBest ? "the best epoch on the validation photos" : "the last epoch"
    var tiles: [(number: String, name: String)] = [
      (Figures.percent(study.report.accuracy), "of the photos classified correctly")
    ]
    if ClassBalance(study.report.supports).isUneven
      || source.recipe.training.metrics.contains(.balancedAccuracy)
    {
      tiles.append(
        (Figures.percent(study.report.balancedAccuracy), "balanced accuracy, the mean of the classes"))
    }
    tiles += [
      (Figures.share(study.loss, decimals: 4), "loss")
    ]
    if let area = ROCCurve.meanArea(study.areas) {
      tiles.append(
        (Figures.share(area), classNames.count == 2 ? "area under the ROC" : "mean area under the ROC"))
    }
    tiles += [
      (Figures.percent(study.calibration.expectedError), "calibration error"),
      (Figures.grouped(study.samples.count), measuredName),
    ]
    if epochs > 0 { tiles.append(("\(epochs)", epochs == 1 ? "epoch" : "epochs")) }
    let list = tiles.map { tile -> Markup in
      "<li><span class=\"number\">\(tile.number)</span><span class=\"name\">\(tile.name)</span></li>"
    }
    let warning: Markup =
      source.hasValidation
      ? ""
      : """
      <p class="advice">There are no validation photos: everything here is measured on the photos that the model learned \
      from, and says nothing of others.</p>
      """
    let seed: Markup = source.seed.map { ", seed \($0)" } ?? ""
    let choice: Markup =
      source.choices.isEmpty
      ? ""
      : """
      <p class="soft">\(source.choices.sentence(by: "these photos")): expect a little less on others. Photos kept for a test \
      tell.</p>
      """
    let unknown: Markup =
      source.lost != nil
      ? ""
      : """
      <p class="soft">The run doesn't say which photos it had: these are the ones that are there now, divided as then. If \
      any were added, moved or renamed since, the model may have learned from some of them.</p>
      """
    return """
      <header>
      <h1><bdi>\(source.name)</bdi></h1>
      <p class="soft">Recipe <bdi>\(source.recipe.name)</bdi>, \(Self.counted(classNames.count, "class", "classes"))\(seed). \
      Measured: <code>\(source.modelName)</code>, the model of \(which).</p>
      \(choice)\(unknown)
      \(source.missedDescription.map { "<p class=\"advice\">\($0)</p>" as Markup } ?? "")
      \(warning)
      \(advice.map { "<p class=\"advice\">\($0)</p>" as Markup })
      <ul class="tiles">\(list)</ul>
      </header>
      """
  }
}
