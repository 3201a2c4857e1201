/// Which classes are confused.
extension ReportPage {
  /// Up to this many classes there is a table with numbers; beyond, a map and the most frequent confusions.
  private static let largestTable = 12
  private static let listedConfusions = 25
  /// Up to this many classes their table and the confusion are side by side.
  static let largestHalf = 3

  /// The confusion matrix.
  var confusion: Section {
    Section(
      id: "confusion", title: "Confusion", isHalf: classNames.count <= Self.largestHalf,
      body: classNames.count <= Self.largestTable ? confusionTable : confusionMap)
  }

  private var confusionTable: Markup {
    let titles = classNames.map { "<th scope=\"col\"><bdi>\($0)</bdi></th>" as Markup }
    let rows = classNames.enumerated().map { truth, name -> Markup in
      let support = max(1, study.matrix.support(of: truth))
      let cells = study.matrix.counts[truth].enumerated().map { predicted, count -> Markup in
        let share = Double(count) / Double(support)
        let kind: Markup = truth == predicted ? "right" : "wrong"
        // The eye distinguishes small shares better than large ones.
        let depth = share.squareRoot()
        let strong: Markup = depth > 0.62 ? " strong" : ""
        return """
          <td class="\(kind)\(strong)" style="--share:\(depth * 100, 1)%"><b>\(Figures.grouped(count))</b>\
          <span>\(Figures.percent(share))</span></td>
          """
      }
      return "<tr><th scope=\"row\"><bdi>\(name)</bdi></th>\(cells)</tr>"
    }
    return """
      <p class="soft">Rows are what photos show, columns what they were predicted as; percent of the row.</p>
      <div class="scroll" tabindex="0" role="region" aria-label="Confusion matrix"><table class="confusion">
      <thead><tr><td style="background:none"></td>\(titles)</tr></thead>
      <tbody>\(rows)</tbody>
      </table></div>
      """
  }

  private var confusionMap: Markup {
    let count = study.matrix.classCount
    var cells: [Markup] = []
    for (truth, row) in study.matrix.counts.enumerated() {
      let support = max(1, study.matrix.support(of: truth))
      for (predicted, number) in row.enumerated() where number > 0 {
        let kind: Markup = truth == predicted ? "right" : "wrong"
        let depth = (Double(number) / Double(support)).squareRoot()
        cells.append(
          """
          <rect class="\(kind)" x="\(predicted)" y="\(truth)" width="1" height="1" fill-opacity="\(depth, 2)"/>
          """)
      }
    }
    let rows = study.matrix.confusions.prefix(Self.listedConfusions).map { pair -> Markup in
      """
      <tr><td class="text"><bdi>\(classNames[pair.truth])</bdi></td>\
      <td class="text"><bdi>\(classNames[pair.predicted])</bdi></td><td>\(Figures.grouped(pair.count))</td>\
      <td>\(Figures.percent(Double(pair.count) / Double(max(1, study.matrix.support(of: pair.truth)))))</td></tr>
      """
    }
    let total = study.matrix.confusions.count
    let note: Markup =
      total > rows.count ? "The most frequent of \(Figures.grouped(total)) confusions:" : "All confusions:"
    return """
      <p class="soft">Rows are what photos show, columns what they were predicted as, both in the order of the class list \
      from the upper left; the deeper, the larger the share of the row.</p>
      <div class="columns">
      <figure><svg class="matrix" viewBox="0 0 \(count) \(count)" role="img" xmlns="http://www.w3.org/2000/svg" \
      aria-label="Confusion matrix of \(count) classes: \(study.matrix.correct) of \(study.matrix.total) right" \
      shape-rendering="crispEdges">\(cells)</svg></figure>
      <div><p>\(note)</p>\
      \(Self.table(["true", "predicted", "photos", "of the class"], Array(rows), texts: 2, style: "scroll tall"))</div>
      </div>
      """
  }
}
