import Core
import Foundation
import ReportPages

/// `report.html`: what a run did, on one page that needs nothing else: no script, no font, no network.
package struct Report {
  /// Something that was foretold before the run, beside what came.
  package struct Prediction {
    package var what: String
    package var predicted: String
    package var actual: String

    package init(_ what: String, _ predicted: String, _ actual: String) {
      (self.what, self.predicted, self.actual) = (what, predicted, actual)
    }
  }

  /// A text that the model wrote.
  package struct Sample {
    package var prompt: String
    package var text: String

    package init(prompt: String, text: String) { (self.prompt, self.text) = (prompt, text) }
  }

  package var title: String
  package var subtitle = ""
  package var figures: [HTML.Figure] = []
  package var metrics: [MetricsFile.Line] = []
  /// The loss of a model that knows only how frequent each token is.
  package var unigramEntropy: Double?
  package var samples: [Sample] = []
  package var predictions: [Prediction] = []
  /// What the data is and what was left out, as rows of name and value.
  package var data: [[String]] = []
  /// The recipe with all its values.
  package var settings = ""

  package init(title: String) { self.title = title }

  /// The page.
  package var html: String {
    var page = HTML(title: title, subtitle: subtitle, figures: figures)
    appendCharts(to: &page)
    if !samples.isEmpty {
      page.append("h2", "What it writes")
      for sample in samples {
        page.append(
          markup: "<pre class=\"sample\"><b>\(HTML.escape(sample.prompt))</b>\(HTML.escape(sample.text))</pre>\n")
      }
    }
    if !predictions.isEmpty {
      page.append("h2", "Foretold and come true")
      page.append(table: ["", "predicted", "actual"], predictions.map { [$0.what, $0.predicted, $0.actual] })
    }
    if !data.isEmpty {
      page.append("h2", "Data")
      page.append(table: [], data)
    }
    page.append("h2", "Settings")
    page.append("pre", settings)
    return page.finished
  }

  private func points(_ key: String) -> [(x: Double, y: Double)] {
    metrics.compactMap { line in line.values[key]?.doubleValue.map { (Double(line.step), $0) } }
  }

  private func appendCharts(to page: inout HTML) {
    var losses = [
      Chart.Series(name: "training loss", color: 1, points: points("loss")),
      Chart.Series(name: "validation loss", color: 2, points: points("validation_loss"), isMarked: true),
    ]
    if let unigramEntropy, !losses[0].points.isEmpty {
      losses.append(
        Chart.Series(
          name: "unigram entropy (knows only how frequent each token is)", color: 3, points: [(0, unigramEntropy)],
          isLevel: true))
    }
    page.append("h2", "Loss")
    page.append(
      markup: Chart(title: "Loss, nats a token", xTitle: "step", series: losses, isLogarithmic: true).svg)
    page.append(markup: "<div class=\"pair\">\n")
    for (title, key, isLogarithmic) in [
      ("Learning rate", "learning_rate", false), ("Gradient norm", "gradient_norm", true),
    ] {
      let series = Chart.Series(name: title, color: 1, points: points(key))
      page.append(markup: "<div>")
      page.append("h2", title)
      page.append(
        markup: Chart(
          title: title, xTitle: "step", series: [series], isLogarithmic: isLogarithmic, size: (width: 360, height: 200)
        ).svg)
      page.append(markup: "</div>\n")
    }
    page.append(markup: "</div>\n")
  }
}
