import Core

// A whole page that needs nothing else: no script, no font, no network.
extension HTML {
  /// A fact that stands large at the top.
  package struct Figure {
    package var name: String
    package var value: String
    package var note: String

    package init(_ name: String, _ value: String, _ note: String = "") {
      (self.name, self.value, self.note) = (name, value, note)
    }
  }

  /// The beginning of a page.
  package init(title: String, subtitle: String, figures: [Figure]) {
    self.init(
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
        \(HTML.style)</style>
        </head>
        <body>
        <main>

        """)
    append("h1", title)
    append("p class=\"quiet\"", subtitle)
    append(markup: "<div class=\"figures\">\n")
    for figure in figures {
      append(markup: "<div class=\"figure\">")
      append("span class=\"quiet\"", figure.name)
      append("strong", figure.value)
      append("span class=\"quiet\"", figure.note)
      append(markup: "</div>\n")
    }
    append(markup: "</div>\n")
  }

  /// The page with its end.
  package var finished: String {
    var page = self
    page.append("p class=\"quiet\"", "Written by martlet \(martletVersion).")
    page.append(markup: "</main>\n</body>\n</html>\n")
    return page.markup
  }

  /// Appends a bar for each name, as long as its share of the largest.
  package mutating func append(bars: [(name: String, value: Int)]) {
    let largest = bars.map(\.value).max() ?? 0
    for (name, value) in bars {
      append(markup: "<div class=\"bar\">")
      append("span", name)
      append(markup: "<progress max=\"\(max(1, largest))\" value=\"\(value)\"></progress>")
      append("span", Quantity.count(value))
      append(markup: "</div>\n")
    }
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
    details { margin: .25rem 0 .75rem; }
    summary { cursor: pointer; }
    .bar { display: grid; grid-template-columns: minmax(90px, 30%) 1fr 90px; gap: 10px; align-items: center;
      font-size: .9375rem; }
    .bar progress { width: 100%; height: 12px; accent-color: var(--c1); }
    .bar span:last-child { text-align: right; font-variant-numeric: tabular-nums; }
    del { background: #c2410c33; text-decoration: none; } ins { background: #4d7c0f33; text-decoration: none; }

    """
}

extension [String: Int] {
  /// The names with their numbers, the largest first.
  package var byCount: [(name: String, value: Int)] {
    sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { ($0.key, $0.value) }
  }
}
