import Core
import TestSupport
import Testing
import Training
import ReportPages

@Suite("Training report")
struct ReportTests {
  private func report(_ text: String) throws -> Report {
    var report = Report(title: text)
    report.subtitle = text
    report.figures = [HTML.Figure(text, text, text)]
    report.unigramEntropy = 4
    report.samples = [Report.Sample(prompt: text, text: text)]
    report.predictions = [Report.Prediction(text, text, text)]
    report.data = [[text, text]]
    report.settings = text
    try withTemporaryFolder { folder in
      let file = try MetricsFile(joinPath(folder, "metrics.jsonl"), resumingAt: 0)
      for step in 1...30 {
        try file.append(
          step: step,
          [("loss", .double(4 / Double(step))), ("learning_rate", .double(1e-3)), ("gradient_norm", .double(1))])
      }
      try file.append(step: 30, [("validation_loss", .double(0.5))])
      report.metrics = try MetricsFile.read(file.path)
    }
    return report
  }

  @Test("Markup in any text of a report is inert")
  func escaping() throws {
    let hostile = "<script>alert('x')</script>\"&\u{202E}\u{1}"
    let html = try report(hostile).html
    #expect(!html.contains("<script"))
    #expect(!html.contains("\u{202E}"))
    #expect(!html.contains("\u{1}"))
    #expect(html.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot;&amp;"))
  }

  @Test("A report is one page that loads nothing and has all its parts")
  func parts() throws {
    let html = try report("King & queen").html
    #expect(html.hasPrefix("<!doctype html>"))
    #expect(html.contains("name=\"viewport\""))
    #expect(html.contains("prefers-color-scheme: dark"))
    for outside in ["http://", "https://", "<script", "<img", "<link", "url(", "@import"] {
      #expect(!html.contains(outside), "\(outside)")
    }
    #expect(html.components("<svg") == 3)
    #expect(html.contains("unigram entropy"))
    #expect(html.contains("stroke-dasharray"))
    for tag in ["main", "table", "svg", "pre", "style", "p", "h2", "div"] {
      #expect(html.components("<\(tag)>") + html.components("<\(tag) ") == html.components("</\(tag)>"), "\(tag)")
    }
  }

  @Test("A report of a run without any step has no charts and does not fail")
  func empty() {
    let html = Report(title: "nothing").html
    #expect(!html.contains("<svg"))
    #expect(html.contains("</html>"))
  }
}

extension String {
  /// How often a text occurs.
  fileprivate func components(_ part: String) -> Int {
    var count = 0
    var rest = self[...]
    while let range = rest.firstRange(of: part) {
      count += 1
      rest = rest[range.upperBound...]
    }
    return count
  }
}
