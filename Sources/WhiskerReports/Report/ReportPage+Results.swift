import WhiskerLayers
import WhiskerTraining

/// How well the model does.
extension ReportPage {
  /// Precision, recall and F1 of each class.
  var results: Section {
    func row(
      _ name: Markup, _ count: Int, _ scores: ClassificationReport.Scores, _ area: Double?,
      _ style: Markup = ""
    ) -> Markup {
      let shown: Markup = area.map { "\($0, 4)" } ?? "–"
      return """
        <tr\(style)><th scope="row" class="text">\(name)</th><td>\(Figures.grouped(count))</td>\
        <td>\(scores.precision, 3)</td><td>\(scores.recall, 3)</td><td>\(scores.f1, 3)</td><td>\(shown)</td></tr>
        """
    }
    var rows = classNames.enumerated().map { index, name in
      row(
        "<bdi>\(name)</bdi>", study.report.supports[index], study.report.classes[index], study.areas[index])
    }
    rows.append(
      row(
        "macro average", study.samples.count, study.report.macroAverage,
        ROCCurve.meanArea(study.areas), " class=\"sum\""))
    rows.append(
      row(
        "weighted average", study.samples.count, study.report.weightedAverage, nil, " class=\"sum\""))
    let table = Self.table(
      ["class", "photos", "precision", "recall", "F1", "ROC area"], rows,
      style: classNames.count > 14 ? "scroll tall" : "scroll")
    return Section(
      id: "classes", title: "Classes", isHalf: classNames.count <= Self.largestHalf,
      body: """
        <p class="soft">Precision: how much of what was predicted as the class is of it. Recall: how much of the class was \
        found. F1: their harmonic mean. ROC area: how often a photo of the class is ranked above one of the others.</p>
        \(table)
        """)
  }

  /// Accuracy and loss by epoch.
  var curves: Section {
    let history = source.record.history
    guard history.epochs.count > 1 else {
      return Section(
        id: "curves", title: "Curves",
        body: "<p class=\"soft\">There are curves once there are two epochs.</p>")
    }
    let charts =
      [chart(history, "accuracy", .accuracy), chart(history, "loss", nil)]
      + history.metrics
      .filter { !history[$0.key].isEmpty || !history["val_" + $0.key].isEmpty }
      .map { chart(history, $0.name, $0) }
    let figures = charts.map { "<figure>\($0.markup)</figure>" as Markup }
    return Section(
      id: "curves", title: "Curves", body: "<div class=\"columns\">\(figures)</div>\(metrics(history))")
  }

  /// What the recipe measures besides the accuracy, after the best and after the last epoch.
  private func metrics(_ history: History) -> Markup {
    guard !history.metrics.isEmpty, let last = history.epochs.last else { return "" }
    let best = history.bestEpoch.map { history.epochs[$0] }
    let rows = history.metrics.map { metric -> Markup in
      let values = [best?[.validation(metric)], last[.validation(metric)], last[.training(metric)]]
      let cells = values.map { "<td>\(Self.brief($0))</td>" as Markup }
      return "<tr><th scope=\"row\" class=\"text\">\(metric.name)</th>\(cells)</tr>"
    }
    let title: Markup =
      history.bestEpoch.map { "validation, epoch \($0 + 1) (best)" } ?? "validation, best epoch"
    return Self.table(["metric", title, "validation, last epoch", "training, last epoch"], rows)
  }

  /// - Parameter metric: what it shows; nil for the loss.
  private func chart(_ history: History, _ name: String, _ metric: Metric?) -> SVGChart {
    let figures: (training: MonitoredMetric, validation: MonitoredMetric) =
      metric.map { (.training($0), .validation($0)) } ?? (.loss, .validationLoss)
    let epochs = history.epochs.enumerated().map { (Double($0.offset + 1), $0.element) }
    func points(_ figure: MonitoredMetric) -> [(x: Double, y: Double)] {
      epochs.compactMap { epoch in epoch.1[figure].map { (x: epoch.0, y: $0) } }
    }
    let (learned, checked) = (points(figures.training), points(figures.validation))
    var series = [SVGChart.Series(name: "training", points: learned, style: .dots, color: 0)]
    if !checked.isEmpty {
      series.append(SVGChart.Series(name: "validation", points: checked, color: 1))
    }
    var result = SVGChart(
      description:
        "\(name) by epoch: training from \(Self.brief(learned.first?.y)) to \(Self.brief(learned.last?.y))"
        + (checked.isEmpty
          ? "" : ", validation from \(Self.brief(checked.first?.y)) to \(Self.brief(checked.last?.y))"),
      x: SVGChart.Axis(title: "epoch", over: [1, Double(epochs.count)], isWhole: true),
      y: SVGChart.Axis(title: name, over: (learned + checked).map(\.y)), series: series)
    result.x.range = 1...Double(epochs.count)
    if let best = history.bestEpoch { result.mark = (Double(best + 1), "best: epoch \(best + 1)") }
    return result
  }

  private static func brief(_ value: Double?) -> String { value.map { Figures.share($0) } ?? "–" }

  /// The ROC curves.
  var curvesOfClasses: Section {
    let names = classNames
    let curves = names.indices.compactMap { index in
      ROCCurve(study.samples, of: index).map { (index: index, curve: $0) }
    }
    guard !curves.isEmpty else {
      return Section(
        id: "roc", title: "ROC", isHalf: true,
        body: "<p class=\"soft\">A ROC curve takes photos of at least two classes.</p>")
    }
    var series: [SVGChart.Series] = []
    let explanation: Markup
    if names.count == 2, let second = curves.last {
      series = [Self.series(second.curve, "area \(Figures.share(second.curve.area, decimals: 4))", color: 0)]
      explanation = """
        <p class="soft">What share of <bdi>\(names[1])</bdi> is found, against what share of <bdi>\(names[0])</bdi> is \
        predicted as it, as the threshold falls. The dashed line is a guess.</p>
        """
    } else {
      let worst = curves.sorted { ($0.curve.area, $0.index) < ($1.curve.area, $1.index) }
      let colored = names.count <= SVGChart.colorCount ? curves : Array(worst.prefix(5))
      let hasRest = colored.count < curves.count
      if hasRest {
        series = curves.map { Self.series($0.curve, nil, color: nil, style: .thinLine) }
      }
      series += colored.enumerated().map { number, entry in
        Self.series(
          entry.curve, "\(names[entry.index]) \(Figures.share(entry.curve.area))", color: number)
      }
      let note: Markup = hasRest ? "In colour: the five classes with the smallest areas." : ""
      explanation = """
        <p class="soft">Each class against all others: what share of it is found, against what share of the others is \
        predicted as it, as the threshold falls. The mean area is \
        \(ROCCurve.meanArea(study.areas) ?? 0, 4). The dashed line is a guess. \(note)</p>
        """
    }
    let chart = SVGChart(
      description: "ROC curves, mean area \(Self.brief(ROCCurve.meanArea(study.areas)))",
      x: .share("false positive rate"), y: .share("true positive rate"), series: series, hasDiagonal: true)
    return Section(
      id: "roc", title: "ROC", isHalf: true, body: "\(explanation)<figure>\(chart.markup)</figure>")
  }

  /// A curve with no more points than can be seen.
  private static func series(
    _ curve: ROCCurve, _ name: String?, color: Int?, style: SVGChart.Series.Style = .line
  ) -> SVGChart.Series {
    let most = color == nil ? 60 : 400
    let points = curve.points.map { (x: $0.falsePositiveRate, y: $0.truePositiveRate) }
    let shown =
      points.count <= most ? points : (0..<most).map { points[$0 * (points.count - 1) / (most - 1)] }
    return SVGChart.Series(name: name, points: shown, style: style, color: color)
  }

  /// How far the probabilities can be trusted.
  var calibration: Section {
    let bins = study.calibration.bins.filter { $0.count > 0 }
    let chart = SVGChart(
      description: "Accuracy by the probability that the model gave; calibration error "
        + Figures.percent(study.calibration.expectedError),
      x: .share("probability of the predicted class"), y: .share("accuracy"),
      series: [
        SVGChart.Series(
          name: "accuracy", points: bins.map { (x: ($0.lower + $0.upper) / 2, y: $0.accuracy) },
          style: .bars(width: 0.1), color: 0),
        SVGChart.Series(
          name: "mean probability", points: bins.map { (x: $0.confidence, y: $0.confidence) }, style: .dots,
          color: 1),
      ], hasDiagonal: true)
    let rows = bins.map { bin -> Markup in
      """
      <tr><th scope="row" class="text">\(bin.lower, 1)–\(bin.upper, 1)</th><td>\(Figures.grouped(bin.count))</td>\
      <td>\(Figures.percent(bin.confidence))</td><td>\(Figures.percent(bin.accuracy))</td></tr>
      """
    }
    return Section(
      id: "calibration", title: "Calibration", isHalf: true,
      body: """
        <p class="soft">Of what the model is 80 % sure of, 80 % should be right: bars that end on the dashed line. The \
        expected calibration error is \(Figures.percent(study.calibration.expectedError)): the mean distance, over ten bins \
        of equal width and by the photos in each.</p>
        <figure>\(chart.markup)</figure>
        <details><summary>The bins in numbers</summary>\
        \(Self.table(["probability", "photos", "mean", "accuracy"], rows))</details>
        """)
  }
}
