import CPUBackend
import Testing

@Suite struct ReductionTests {
  struct Case: Sendable {
    let shape: [Int]
    let axes: [Int]
  }

  static let cases: [Case] = [
    Case(shape: [], axes: []), Case(shape: [3], axes: []), Case(shape: [1], axes: [0]), Case(shape: [7], axes: [0]),
    Case(shape: [5, 37], axes: [1]), Case(shape: [130, 19], axes: [0]), Case(shape: [2048, 391], axes: [0]),
    Case(shape: [9, 5, 11], axes: [0, 1]), Case(shape: [3, 4, 5], axes: [1]), Case(shape: [3, 4, 5], axes: [0, 2]),
    Case(shape: [3, 4, 50], axes: [0, 1, 2]), Case(shape: [200_003], axes: [0]), Case(shape: [3, 70_001], axes: [1]),
    Case(shape: [17, 3000, 5], axes: [1]), Case(shape: [2, 3, 4, 5, 6], axes: [0, 2, 4]),
    Case(shape: [40, 2, 700], axes: [0]), Case(shape: [6, 1, 1300], axes: [0, 1]), Case(shape: [0, 4], axes: [0]),
  ]

  @Test(arguments: cases, [Reduction.Function.sum, .maximum])
  func agreesWithPlainLoops(_ test: Case, _ function: Reduction.Function) {
    let count = test.shape.reduce(1, *)
    if count == 0 && function == .maximum { return }
    let x = Memory(normals(count, seed: 3))
    let kept = test.shape.indices.filter { !test.axes.contains($0) }
    let results = kept.reduce(1) { $0 * test.shape[$1] }
    var expected = [Double](repeating: function == .sum ? 0 : -.infinity, count: results)
    for flat in 0..<count {
      var rest = flat
      var at = [Int](repeating: 0, count: test.shape.count)
      for axis in test.shape.indices.reversed() {
        at[axis] = rest % test.shape[axis]
        rest /= test.shape[axis]
      }
      let place = kept.reduce(0) { $0 * test.shape[$1] + at[$1] }
      expected[place] = function == .sum ? expected[place] + Double(x[flat]) : max(expected[place], Double(x[flat]))
    }
    let reduction = Reduction(function, shape: test.shape, axes: test.axes, scale: function == .sum ? 0.5 : 1)
    if function == .sum { expected = expected.map { $0 * 0.5 } }
    let output = Memory<Float>(repeating: .nan, count: results)
    let workspace = Memory<Float>(repeating: .nan, count: reduction.workspaceBytes / 4)
    let launches = reduction.launches(input: x.pointer, output: output.pointer, workspace: workspace.pointer)
    run(launches)
    #expect(difference(output.array, expected) < 1e-4)
    let first = output.array
    run(launches, backwards: true)
    #expect(output.array == first)
  }

  @Test func theMaximumOfNotANumberIsNotANumber() {
    for place in [0, 5, 40, 99] {
      var numbers = normals(100, seed: 1)
      numbers[place] = .nan
      for shape in [[100], [100, 1], [50, 2]] {
        let x = Memory(numbers)
        let output = Memory<Float>(repeating: 0, count: shape.count == 2 ? shape[1] : 1)
        let reduction = Reduction(.maximum, shape: shape, axes: [0])
        let workspace = Memory<Float>(repeating: 0, count: 100)
        run(reduction.launches(input: x.pointer, output: output.pointer, workspace: workspace.pointer))
        #expect(output[output.count == 2 ? place % 2 : 0].isNaN)
      }
    }
  }

  @Test func sumOfSquaresCoversAllTensors() {
    let tensors = [1, 7, 0, 100_003, 32_768].enumerated().map { Memory(normals($1, seed: UInt64($0))) }
    let expected = tensors.reduce(0.0) { $0 + $1.array.reduce(0.0) { $0 + Double($1) * Double($1) } }
    let kernel = SumOfSquaresKernel(tensors.map { (UnsafePointer($0.pointer), $0.count) })
    let output = Memory<Float>(repeating: 0, count: 1)
    let workspace = Memory<Float>(repeating: .nan, count: SumOfSquaresKernel.workspaceBytes(tensors.map(\.count)) / 4)
    run(kernel.launches(output: output.pointer, workspace: workspace.pointer))
    #expect(abs(Double(output[0]) - expected) < 1e-6 * expected)
  }

  @Test(arguments: [(1, 1), (5, 37), (3, 5000)]) func argMaxTakesTheFirst(_ rows: Int, _ columns: Int) {
    // Few different values: many are equal.
    let x = Memory(normals(rows * columns, seed: 4).map { ($0 * 2).rounded() })
    let output = Memory<Int32>(repeating: -1, count: rows)
    run(RowRanking(rows: rows, columns: columns).argMax(x.pointer, output: output.pointer))
    for row in 0..<rows {
      var best = 0
      for column in 0..<columns where x[row * columns + column] > x[row * columns + best] { best = column }
      #expect(output[row] == Int32(best))
    }
  }

  @Test(arguments: [(1, 1, 1), (5, 37, 37), (3, 5000, 50), (2, 4000, 1), (4, 9, 3)])
  func topTakesTheLowerIndexOfEquals(_ rows: Int, _ columns: Int, _ count: Int) {
    let x = Memory(normals(rows * columns, seed: 4).map { ($0 * 20).rounded() })
    let values = Memory<Float>(repeating: .nan, count: rows * count)
    let indices = Memory<Int32>(repeating: -1, count: rows * count)
    run(
      RowRanking(rows: rows, columns: columns).top(
        count, x.pointer, values: values.pointer, indices: indices.pointer))
    for row in 0..<rows {
      let order = (0..<columns).sorted {
        (x[row * columns + $1], $0) < (x[row * columns + $0], $1)
      }.prefix(count)
      #expect(Array(indices.array[row * count..<(row + 1) * count]) == order.map(Int32.init))
      #expect(Array(values.array[row * count..<(row + 1) * count]) == order.map { x[row * columns + $0] })
    }
  }

  @Test func topPutsNotANumberLast() {
    let x = Memory<Float>([.nan, 1, .nan, 3, -.infinity, 2, .nan, .nan, .nan, 5])
    let values = Memory<Float>(repeating: 0, count: 5)
    let indices = Memory<Int32>(repeating: 0, count: 5)
    run(RowRanking(rows: 1, columns: 10).top(5, x.pointer, values: values.pointer, indices: indices.pointer))
    #expect(values.array == [5, 3, 2, 1, -.infinity])
    #expect(indices.array == [9, 3, 5, 1, 4])
  }
}
