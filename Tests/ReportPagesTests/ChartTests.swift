import ReportPages
import TestSupport
import Testing

@Suite("Charts")
struct ChartTests {
  private func chart(_ points: [(x: Double, y: Double)], isLogarithmic: Bool = false) -> String {
    Chart(
      title: "t", xTitle: "step", series: [Chart.Series(name: "a", color: 1, points: points)],
      isLogarithmic: isLogarithmic
    ).svg
  }

  @Test("Points lie inside the picture, whatever the numbers", arguments: [true, false])
  func bounds(isLogarithmic: Bool) throws {
    let series: [[(x: Double, y: Double)]] = [
      [(0, 1)], [(5, 5), (6, 5)], [(1, 1e-12), (2, 1e12)], [(1, .nan), (2, 3), (3, .infinity), (4, 1)],
      [(1, -5), (2, 7)], [(0, 0), (1, 0)], (0..<5000).map { (Double($0), 5 / Double($0 + 1)) },
    ]
    for points in series {
      let svg = chart(points, isLogarithmic: isLogarithmic)
      guard let line = svg.split(separator: "\n").first(where: { $0.contains("<polyline") }) else { continue }
      let list = line.split(separator: "\"").last { $0.contains(",") } ?? ""
      let pairs = list.split(separator: " ").map { $0.split(separator: ",").compactMap { Double($0) } }
      #expect(!pairs.isEmpty && pairs.count <= 600)
      for pair in pairs {
        try #require(pair.count == 2)
        #expect((0...720).contains(pair[0]) && (0...320).contains(pair[1]), "\(pair)")
      }
    }
  }

  @Test("A falling loss is drawn falling: y on the screen grows")
  func direction() {
    let svg = chart([(0, 4), (10, 1)], isLogarithmic: true)
    let list =
      svg.split(separator: "\n").first { $0.contains("<polyline") }?.split(separator: "\"").last { $0.contains(",") }
      ?? ""
    let ys = list.split(separator: " ").compactMap { $0.split(separator: ",").last.flatMap { Double($0) } }
    #expect(ys.count == 2 && ys[0] < ys[1])
  }

  @Test("Ticks are round and enclose the range")
  func ticks() {
    #expect(Chart.ticks(0, 10) == [0, 2, 4, 6, 8, 10])
    #expect(Chart.ticks(1.2, 4.1) == [1, 2, 3, 4, 5])
    #expect(Chart.logarithmicTicks(1.6, 6) == [1.5, 2, 3, 4, 5, 7])
    let wide = Chart.logarithmicTicks(1e-6, 1e6)
    #expect(wide.first == 1e-6 && wide.count < 20)
  }

  @Test("Axis labels are short")
  func labels() {
    #expect(Chart.label(0) == "0")
    #expect(Chart.label(1500) == "1500")
    #expect(Chart.label(20000) == "20k")
    #expect(Chart.label(1_500_000) == "1.5M")
    #expect(Chart.label(0.0003) == "3.0e-4")
    #expect(Chart.label(2.5) == "2.5")
  }

  @Test("Thinned lines keep the mean of every group of points")
  func thinning() {
    let points = (0..<1200).map { (x: Double($0), y: Double($0 % 2)) }
    let thinned = Chart.thinned(points)
    #expect(thinned.count == 600)
    #expect(thinned.allSatisfy { $0.y == 0.5 })
  }
}

@Suite("Quantities")
struct QuantityTests {
  @Test("Numbers are written for people")
  func texts() {
    #expect(Quantity.count(0) == "0")
    #expect(Quantity.count(1_234_567) == "1,234,567")
    #expect(Quantity.count(-1000) == "-1,000")
    #expect(Quantity.scaled(950) == "950")
    #expect(Quantity.scaled(10_745_088) == "10.7 M")
    #expect(Quantity.scaled(124e6) == "124 M")
    #expect(Quantity.time(0.42) == "0.4 s")
    #expect(Quantity.time(59.7) == "1 min 00 s")
    #expect(Quantity.time(185) == "3 min 05 s")
    #expect(Quantity.time(7800) == "2 h 10 min")
    #expect(Quantity.time(.infinity) == "unknown")
    #expect(Quantity.percent(0.5) == "50.0%")
  }
}
