import WhiskerSystem

/// The photos worth a look.
extension ReportPage {
  /// The most confident mistakes.
  var mistakes: Section {
    let wrong = study.samples.count - study.matrix.correct
    let body: Markup
    if study.mistakes.isEmpty {
      body =
        "<p class=\"soft\">\(wrong == 0 ? "There are none." : "None of their photos can be read any more.")</p>"
    } else {
      body = """
        <p class="soft">The \(study.mistakes.count) of \(Figures.grouped(wrong)) mistakes that the model was surest of. \
        \(overlayNote)</p>
        <div class="photos pairs">\(study.mistakes.map(exhibit))</div>
        """
    }
    return Section(id: "mistakes", title: "Worst mistakes", body: body)
  }

  /// The most confident correct predictions.
  var successes: Section {
    Section(
      id: "successes", title: "Surest answers",
      body: study.successes.isEmpty
        ? "<p class=\"soft\">There are none.</p>"
        : "<div class=\"photos pairs\">\(study.successes.map(exhibit))</div>")
  }

  private var overlayNote: Markup {
    guard let name = study.layerName else {
      return "The network has no feature map, so there is no picture of where it looked."
    }
    return """
      On the right, the evidence for the prediction (Grad-CAM at <code>\(name)</code>): red for much, blue for little; what \
      isn't coloured didn't count.
      """
  }

  private func exhibit(_ exhibit: ValidationStudy.Exhibit) -> Markup {
    let file = study.photos.photos[exhibit.sample].path
    let truth = classNames[study.samples.labels[exhibit.sample]]
    let predicted = classNames[study.samples.predicted(sample: exhibit.sample)]
    let probability = Self.sureness(study.samples.confidence(sample: exhibit.sample))
    let pictures: Markup
    if let overlay = exhibit.overlay {
      pictures = """
        <div class="pair">\(exhibit.photo.markup("A photo of \(truth)"))\
        \(overlay.markup("The same, with the evidence for \(predicted)"))</div>
        """
    } else {
      pictures = exhibit.photo.markup("A photo of \(truth)")
    }
    let verdict: Markup =
      truth == predicted
      ? "<span class=\"right\"><bdi>\(predicted)</bdi></span> \(probability)"
      : """
      <bdi>\(truth)</bdi>, predicted <span class="wrong"><bdi>\(predicted)</bdi></span> \(probability)
      """
    return """
      <figure>\(pictures)<figcaption><span class="verdict">\(verdict)</span><bdi>\(file)</bdi></figcaption></figure>
      """
  }

  /// A probability that isn't rounded to certainty.
  private static func sureness(_ probability: Float) -> String {
    let percent = Double(probability) * 100
    if percent > 99.995 { return "> 99.99 %" }
    return percent > 99.5 ? "\(Figures.share(percent, decimals: 2)) %" : Figures.percent(Double(probability))
  }

  /// Labels that may be wrong.
  var suspects: Section {
    let explanation: Markup = """
      <p class="soft">Photos of which the model says another class than their folder does, and is at least as sure of it as \
      it is on average of that class's own photos, and at least 80 % (the rule of confident learning). Some are mistakes of \
      the model, others of whoever sorted them: only a look can tell. A label put right helps more than another epoch.</p>
      """
    guard !study.suspects.isEmpty else {
      return Section(
        id: "labels", title: "Suspicious labels", body: "\(explanation)<p>None was found.</p>")
    }
    let rows = study.suspects.map { exhibit -> Markup in
      let sample = exhibit.sample
      let (label, predicted) = (study.samples.labels[sample], study.samples.predicted(sample: sample))
      return """
        <tr><td>\(exhibit.photo.markup("A photo labelled \(classNames[label])", isSmall: true))</td>\
        <td class="text long"><bdi>\(study.photos.photos[sample].path)</bdi></td>\
        <td class="text"><bdi>\(classNames[label])</bdi></td>\
        <td class="text"><bdi>\(classNames[predicted])</bdi></td>\
        <td>\(Self.sureness(study.samples.probability(of: predicted, sample: sample)))</td></tr>
        """
    }
    let titles: [Markup] = ["photo", "file", "label", "model says", "probability"]
    let rest: Markup =
      study.suspectCount > rows.count
      ? "<p class=\"soft\">… and \(study.suspectCount - rows.count) more.</p>" : ""
    let table = Self.table(titles, rows, texts: 4, style: "scroll tall")
    return Section(
      id: "labels", title: "Suspicious labels",
      body: """
        \(explanation)
        <p>\(Self.counted(study.suspectCount, "photo", "photos")) of \(Figures.grouped(study.samples.count)):</p>
        \(table)\(rest)
        """)
  }
}
