import Core
import Foundation

/// `report.html`: what a run did, on one page that needs nothing else: no script, no font, no network.
package struct Report {
  /// A fact that stands large at the top.
  package struct Figure {
    package var name: String
    package var value: String
    package var note: String

    package init(_ name: String, _ value: String, _ note: String = "") {
      (self.name, self.value, self.note) = (name, value, note)
    }
  }

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
  package var figures: [Figure] = []
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
    var page = HTML(
      markup: """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
        <title>\(HTML.escape(title))</title>
        <style>
        \(Report.style)</style>
        </head>
        <body>
        <main>

        """)
    page.append("h1", title)
    page.append("p class=\"quiet\"", subtitle)
    page.append(markup: "<div class=\"figures\">\n")
    for figure in figures {
      page.append(markup: "<div class=\"figure\">")
      page.append("span class=\"quiet\"", figure.name)
      page.append("strong", figure.value)
      page.append("span class=\"quiet\"", figure.note)
      page.append(markup: "</div>\n")
    }
    page.append(markup: "</div>\n")
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
    page.append("p class=\"quiet\"", "Written by martlet \(martletVersion).")
    page.append(markup: "</main>\n</body>\n</html>\n")
    return page.markup
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

  private static let style = """
    :root { --ink: #1c2024; --quiet: #60666d; --page: #fdfdfc; --box: #f2f2ef; --grid: #dcdcd8;
      --c1: #2563a8; --c2: #c2410c; --c3: #4d7c0f; }
    @media (prefers-color-scheme: dark) { :root { --ink: #e6e6e3; --quiet: #9aa0a6; --page: #16181a; --box: #212427;
      --grid: #34383c; --c1: #7ab4f0; --c2: #f59e6c; --c3: #a3cf5f; } }
    * { box-sizing: border-box; }
    body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
    main { max-width: 860px; margin: 0 auto; padding: 24px 16px 48px; }
    h1 { font-size: 1.6rem; margin: 0; overflow-wrap: anywhere; }
    h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
    .quiet { color: var(--quiet); font-size: .875rem; margin: .25rem 0; }
    .figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin: 20px 0; }
    .figure { background: var(--box); border-radius: 8px; padding: 12px; display: flex; flex-direction: column; }
    .figure strong { font-size: 1.4rem; font-weight: 600; }
    .pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(280px, 1fr)); gap: 0 24px; }
    svg { display: block; width: 100%; height: auto; }
    .grid { stroke: var(--grid); }
    .tick { fill: var(--quiet); }
    .line { stroke-linejoin: round; }
    .s1 { stroke: var(--c1); } .s2 { stroke: var(--c2); } .s3 { stroke: var(--c3); }
    .f1 { fill: var(--c1); } .f2 { fill: var(--c2); } .f3 { fill: var(--c3); }
    .c1 { color: var(--c1); } .c2 { color: var(--c2); } .c3 { color: var(--c3); }
    .legend { display: flex; flex-wrap: wrap; gap: 4px 20px; font-size: .875rem; margin: .5rem 0; }
    .key::before { content: ""; display: inline-block; width: 18px; border-top: 3px solid; margin-right: 6px;
      vertical-align: middle; }
    .key.level::before { border-top-style: dashed; }
    .scroll { overflow-x: auto; }
    table { border-collapse: collapse; width: 100%; font-size: .9375rem; }
    td, th { text-align: right; padding: 6px 10px; border-bottom: 1px solid var(--grid); font-weight: 400;
      font-variant-numeric: tabular-nums; }
    td:first-child, th:first-child { text-align: left; }
    th { color: var(--quiet); }
    pre { background: var(--box); border-radius: 8px; padding: 12px; white-space: pre-wrap; overflow-wrap: anywhere;
      font-size: .8125rem; }
    .sample { font: 15px/1.55 Georgia, serif; }

    """
}
