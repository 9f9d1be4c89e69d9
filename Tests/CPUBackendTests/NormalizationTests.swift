import CPUBackend
import Glibc
import Testing

@Suite struct NormalizationTests {
  /// The plain meaning, in double precision.
  static func normalize(
    _ kind: NormalizationKernel.Kind, _ x: [Double], _ weight: [Double], _ bias: [Double], columns: Int, epsilon: Double
  ) -> [Double] {
    var y: [Double] = []
    for start in stride(from: 0, to: x.count, by: columns) {
      let row = x[start..<start + columns]
      let mean = kind == .layer ? row.reduce(0, +) / Double(columns) : 0
      let variance = row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(columns)
      for (column, value) in row.enumerated() {
        y.append((value - mean) / (variance + epsilon).squareRoot() * weight[column] + bias[column])
      }
    }
    return y
  }

  @Test(
    arguments: [NormalizationKernel.Kind.layer, .rootMeanSquare],
    [(1, 1), (3, 5), (7, 8), (5, 33), (130, 64), (300, 391)])
  func valuesAndGradientsAgreeWithDoublePrecision(_ kind: NormalizationKernel.Kind, _ size: (Int, Int)) {
    let (rows, columns) = size
    let count = rows * columns
    let x = Memory(normals(count, seed: 1).map { $0 * 3 + 5 })
    let weight = Memory(normals(columns, seed: 2))
    let bias = Memory(kind == .layer ? normals(columns, seed: 3) : [Float](repeating: 0, count: columns))
    let dy = Memory(normals(count, seed: 4))
    let y = Memory<Float>(repeating: .nan, count: count)
    let mean = Memory<Float>(repeating: .nan, count: rows)
    let deviation = Memory<Float>(repeating: .nan, count: rows)
    let norm = NormalizationKernel(kind, rows: rows, columns: columns, epsilon: 1e-2)
    run(
      norm.forward(
        input: x.pointer, weight: weight.pointer, bias: kind == .layer ? bias.pointer : nil, output: y.pointer,
        mean: kind == .layer ? mean.pointer : nil, reciprocalDeviation: deviation.pointer))
    let (xd, wd, bd) = (x.array.map(Double.init), weight.array.map(Double.init), bias.array.map(Double.init))
    let epsilon = Double(Float(1e-2))
    let expected = Self.normalize(kind, xd, wd, bd, columns: columns, epsilon: epsilon)
    #expect(difference(y.array, expected) < 3e-6)

    let dx = Memory<Float>(repeating: .nan, count: count)
    let dw = Memory<Float>(repeating: .nan, count: columns)
    let db = Memory<Float>(repeating: .nan, count: columns)
    let workspace = Memory<Float>(repeating: .nan, count: norm.workspaceBytes / 4)
    let backward = norm.backward(
      input: x.pointer, weight: weight.pointer, outputGradient: dy.pointer,
      mean: kind == .layer ? mean.pointer : nil, reciprocalDeviation: deviation.pointer, inputGradient: dx.pointer,
      weightGradient: dw.pointer, biasGradient: db.pointer, workspace: workspace.pointer)
    run(backward)
    let results = (dx.array, dw.array, db.array)
    run(backward, backwards: true)
    #expect(results == (dx.array, dw.array, db.array), "tiles in any order give the same bits")

    let h = 1e-5
    for index in Swift.stride(from: 0, to: count, by: max(1, count / 29)) {
      let row = index / columns * columns
      // Only its row depends on an element.
      let slice = Array(xd[row..<row + columns])
      func at(_ step: Double) -> Double {
        var changed = slice
        changed[index - row] += step
        let y = Self.normalize(kind, changed, wd, bd, columns: columns, epsilon: epsilon)
        return zip(y, dy.array[row..<row + columns]).reduce(0) { $0 + $1.0 * Double($1.1) }
      }
      let exact = (at(h) - at(-h)) / (2 * h)
      #expect(abs(Double(dx[index]) - exact) <= 2e-5 * (1 + abs(exact)))
    }
    for column in Swift.stride(from: 0, to: columns, by: max(1, columns / 13)) {
      let exact = (0..<rows).reduce(0.0) { sum, row in
        let index = row * columns + column
        return sum + (expected[index] - bd[column]) / wd[column] * Double(dy[index])
      }
      #expect(abs(Double(dw[column]) - exact) <= 1e-5 * (1 + abs(exact)) * Double(rows).squareRoot())
      let sum = (0..<rows).reduce(0.0) { $0 + Double(dy[$1 * columns + column]) }
      #expect(abs(Double(db[column]) - sum) <= 1e-5 * (1 + abs(sum)))
    }
  }

  @Test func worksWithoutWeight() {
    let x = Memory(normals(2 * 20, seed: 1))
    let y = Memory<Float>(repeating: 0, count: 40)
    run(
      NormalizationKernel(.layer, rows: 2, columns: 20, epsilon: 1e-5).forward(
        input: x.pointer, weight: nil, bias: nil, output: y.pointer, mean: nil, reciprocalDeviation: nil))
    let one = [Double](repeating: 1, count: 20)
    let zero = [Double](repeating: 0, count: 20)
    let expected = Self.normalize(.layer, x.array.map(Double.init), one, zero, columns: 20, epsilon: 1e-5)
    #expect(difference(y.array, expected) < 2e-6)
  }

  @Test(arguments: [(1, 1), (4, 7), (9, 64), (33, 391)]) func softmaxAndItsGradient(_ rows: Int, _ columns: Int) {
    let x = Memory(normals(rows * columns, seed: 3, scale: 4))
    let limits = Memory((0..<(rows + 1) / 2).map { Int32($0 % (columns + 2)) })
    for useLimits in [false, true] {
      let softmax = SoftmaxKernel(
        rows: rows, columns: columns, limits: useLimits ? limits.pointer : nil, rowsPerLimit: 2)
      let y = Memory<Float>(repeating: .nan, count: x.count)
      run(softmax.forward(input: x.pointer, output: y.pointer))
      let dy = Memory(normals(x.count, seed: 4))
      let dx = Memory<Float>(repeating: .nan, count: x.count)
      run(softmax.backward(output: y.pointer, outputGradient: dy.pointer, inputGradient: dx.pointer))
      var expected: [Double] = []
      var gradient: [Double] = []
      for row in 0..<rows {
        let limit = useLimits ? min(columns, Int(limits[row / 2])) : columns
        let e = (0..<columns).map { $0 < limit ? exp(Double(x[row * columns + $0])) : 0 }
        let total = e.reduce(0, +)
        let p = e.map { total > 0 ? $0 / total : 0 }
        let mean = (0..<columns).reduce(0.0) { $0 + p[$1] * Double(dy[row * columns + $1]) }
        expected += p
        gradient += (0..<columns).map { p[$0] * (Double(dy[row * columns + $0]) - mean) }
      }
      #expect(difference(y.array, expected) < 1e-6)
      #expect(difference(dx.array, gradient) < 2e-6)
    }
  }

  @Test func softmaxOfExtremesIsDefined() {
    let inf = Float.infinity
    let x = Memory<Float>([3e38, 3e38, -3e38, -inf, -inf, -inf, 0, -inf, 1, 1, .nan, 1])
    let y = Memory<Float>(repeating: 7, count: 12)
    run(SoftmaxKernel(rows: 4, columns: 3).forward(input: x.pointer, output: y.pointer))
    let e = exp(-1.0)
    let expected: [Double] = [0.5, 0.5, 0, 0, 0, 0, e / (e + 1), 0, 1 / (e + 1)]
    #expect(difference(Array(y.array[0..<9]), expected) < 1e-6)
    #expect(y.array[9...].allSatisfy { $0.isNaN })
  }
}
