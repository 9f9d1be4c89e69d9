import Foundation

/// A line chart as SVG that scales with the page and takes its colours from the page's style.
package struct Chart {
  /// A line, or with `isLevel` one number drawn across.
  package struct Series {
    /// Its name in the legend.
    package var name: String
    /// Which of the page's colours it has: 1, 2, ...
    package var color: Int
    /// The points in the order of x.
    package var points: [(x: Double, y: Double)]
    /// Whether it is a level to compare with, drawn dashed.
    package var isLevel = false
    /// Whether each point is marked, for few points far apart.
    package var isMarked = false

    package init(
      name: String, color: Int, points: [(x: Double, y: Double)], isLevel: Bool = false, isMarked: Bool = false
    ) {
      self.name = name
      self.color = color
      self.points = points
      self.isLevel = isLevel
      self.isMarked = isMarked
    }
  }

  /// What the chart shows, for the title and for people who can't see it.
  package var title: String
  /// What lies along x.
  package var xTitle: String
  /// The lines.
  package var series: [Series]
  /// Whether y is logarithmic: where losses fall over orders of magnitude a straight axis hides the end.
  package var isLogarithmic = false
  /// Width and height in the chart's own units.
  package var size = (width: 720.0, height: 320.0)

  package init(
    title: String, xTitle: String, series: [Series], isLogarithmic: Bool = false,
    size: (width: Double, height: Double) = (720, 320)
  ) {
    self.title = title
    self.xTitle = xTitle
    self.series = series
    self.isLogarithmic = isLogarithmic
    self.size = size
  }

  private static let plainColors = ["#2563a8", "#c2410c", "#4d7c0f"]
  private static let left = 58.0
  private static let right = 14.0
  private static let top = 12.0
  private static let bottom = 40.0
  /// More points than pixels only make the page large.
  private static let largestPointCount = 600

  /// The chart as an `<svg>` element, with a legend.
  package var svg: String {
    let all = series.flatMap(\.points).filter { $0.x.isFinite && $0.y.isFinite && (!isLogarithmic || $0.y > 0) }
    guard let firstX = all.map(\.x).min(), let lastX = all.map(\.x).max(), let low = all.map(\.y).min(),
      let high = all.map(\.y).max()
    else { return "" }
    let yTicks = isLogarithmic ? Self.logarithmicTicks(low, high) : Self.ticks(low, high)
    let xTicks = Self.ticks(firstX, lastX).filter { $0 >= firstX && $0 <= lastX }
    let yRange = (min(low, yTicks.first ?? low), max(high, yTicks.last ?? high))
    let xRange = (firstX, max(lastX, firstX + 1))

    func x(_ value: Double) -> Double {
      Self.left + (value - xRange.0) / (xRange.1 - xRange.0) * (size.width - Self.left - Self.right)
    }
    func y(_ value: Double) -> Double {
      let scale: (Double) -> Double = isLogarithmic ? { log($0) } : { $0 }
      let part = (scale(value) - scale(yRange.0)) / max(scale(yRange.1) - scale(yRange.0), 1e-300)
      return size.height - Self.bottom - part * (size.height - Self.top - Self.bottom)
    }

    let label = HTML.escape("\(title), by \(xTitle)")
    var svg =
      "<svg viewBox=\"0 0 \(Self.short(size.width)) \(Self.short(size.height))\" role=\"img\" aria-label=\"\(label)\">\n"
    for tick in yTicks {
      let height = Self.short(y(tick))
      svg +=
        "<line class=\"grid\" stroke=\"#bbb\" x1=\"\(Self.short(Self.left))\" x2=\"\(Self.short(size.width - Self.right))\" "
      svg += "y1=\"\(height)\" y2=\"\(height)\"/>"
      svg +=
        "<text class=\"tick\" font-size=\"12\" text-anchor=\"end\" x=\"\(Self.short(Self.left - 8))\" y=\"\(Self.short(y(tick) + 4))\">"
      svg += "\(Self.label(tick))</text>\n"
    }
    for tick in xTicks {
      svg +=
        "<text class=\"tick\" font-size=\"12\" text-anchor=\"middle\" x=\"\(Self.short(x(tick)))\" y=\"\(Self.short(size.height - Self.bottom + 18))\">"
      svg += "\(Self.label(tick))</text>\n"
    }
    svg +=
      "<text class=\"tick\" font-size=\"12\" text-anchor=\"end\" x=\"\(Self.short(size.width - Self.right))\" y=\"\(Self.short(size.height - 5))\">"
    svg += "\(HTML.escape(xTitle))</text>\n"
    for line in series {
      let points = Self.thinned(line.points.filter { $0.y.isFinite && (!isLogarithmic || $0.y > 0) })
      // Attributes are for viewers that know no style sheets; the page's colours come before them.
      let color = Self.plainColors[(line.color - 1) % Self.plainColors.count]
      let style =
        "class=\"line s\(line.color)\" fill=\"none\" stroke=\"\(color)\" stroke-width=\"1.8\""
        + (line.isLevel ? " stroke-dasharray=\"6 5\"" : "")
      let path =
        line.isLevel
        ? points.first.map { [(xRange.0, $0.y), (xRange.1, $0.y)] } ?? [] : points.map { ($0.x, $0.y) }
      svg += "<polyline \(style) points=\""
      svg += path.map { "\(Self.short(x($0.0))),\(Self.short(y($0.1)))" }.joined(separator: " ") + "\"/>\n"
      if line.isMarked, points.count <= 60 || points.count == 1 {
        for point in points {
          svg += "<circle class=\"f\(line.color)\" fill=\"\(color)\" cx=\"\(Self.short(x(point.x)))\" "
          svg += "cy=\"\(Self.short(y(point.y)))\" r=\"3\"/>"
        }
        svg += "\n"
      }
    }
    svg += "</svg>\n"
    return svg + legend
  }

  private var legend: String {
    guard series.count > 1 else { return "" }
    let items = series.map {
      "<span class=\"key c\($0.color)\(($0.isLevel ? " level" : ""))\">\(HTML.escape($0.name))</span>"
    }
    return "<p class=\"legend\">\(items.joined(separator: " "))</p>\n"
  }

  /// At most `largestPointCount` points: means of neighbours.
  package static func thinned(_ points: [(x: Double, y: Double)]) -> [(x: Double, y: Double)] {
    let group = (points.count + largestPointCount - 1) / largestPointCount
    if group <= 1 { return points }
    return stride(from: 0, to: points.count, by: group).map { start in
      let part = points[start..<min(start + group, points.count)]
      let count = Double(part.count)
      return (part.reduce(0) { $0 + $1.x } / count, part.reduce(0) { $0 + $1.y } / count)
    }
  }

  /// Round numbers (1, 2 or 5 times a power of ten) that enclose the range, about five of them.
  package static func ticks(_ low: Double, _ high: Double) -> [Double] {
    let span = high > low ? high - low : max(abs(low), 1)
    let rough = span / 5
    let power = pow(10, floor(log10(rough)))
    let step = power * ([1, 2, 5, 10].first { $0 * power >= rough } ?? 10)
    let first = (low / step).rounded(.down)
    let last = (high / step).rounded(.up)
    guard first.isFinite, last.isFinite, last - first < 100 else { return [low, high] }
    return (Int(first)...max(Int(first) + 1, Int(last))).map { Double($0) * step }
  }

  /// Round numbers within and around the range for a logarithmic axis.
  package static func logarithmicTicks(_ low: Double, _ high: Double) -> [Double] {
    // Over less than a factor of three even a logarithmic axis is labelled evenly.
    if high < 3 * low { return ticks(low, high).filter { $0 > 0 } }
    let digits: [Double] = high > 1000 * low ? [1] : [1, 1.5, 2, 3, 4, 5, 7]
    let all = (Int(floor(log10(low)))...Int(ceil(log10(high)))).flatMap { power in
      digits.map { $0 * pow(10, Double(power)) }
    }
    guard let first = all.last(where: { $0 <= low }), let last = all.first(where: { $0 >= high }) else { return all }
    return all.filter { $0 >= first && $0 <= last }
  }

  /// A coordinate with one decimal.
  private static func short(_ value: Double) -> String {
    let tenths = (value * 10).rounded() / 10
    return tenths == tenths.rounded() ? "\(Int(tenths))" : "\(tenths)"
  }

  /// A number of an axis.
  package static func label(_ value: Double) -> String {
    if value == 0 { return "0" }
    let size = abs(value)
    if size >= 1e6 { return trimmed(value / 1e6, 1) + "M" }
    if size >= 1e4 { return trimmed(value / 1e3, 1) + "k" }
    if size >= 1e-2 { return trimmed(value, 3) }
    return String(format: "%.1e", value).replacingOccurrences(of: "e-0", with: "e-")
  }

  private static func trimmed(_ value: Double, _ decimals: Int) -> String {
    var text = String(format: "%.\(decimals)f", value)
    if text.contains(".") {
      while text.last == "0" { text.removeLast() }
      if text.last == "." { text.removeLast() }
    }
    return text
  }
}
