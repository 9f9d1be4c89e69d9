import CPUBackend
import Core
import Glibc
import TensorGraph
import Testing

@Suite struct ElementwiseTests {
  @Test(arguments: [(1, 1), (3, 5), (7, 65), (2, 512), (5, 384), (3, 1500), (40, 16), (9, 1025)])
  func mixesAccessPatterns(_ rows: Int, _ columns: Int) {
    let stride = columns + 3
    let a = Memory(normals(rows * stride, seed: 1))
    let bias = Memory(normals(columns, seed: 2))
    let perRow = Memory(normals(rows, seed: 3))
    let scalar = Memory<Float>([0.7])
    let period = Memory(normals(2 * columns, seed: 4))
    let shared = Memory(normals((rows + 2) / 3 * columns, seed: 5))
    let output = Memory<Float>(repeating: -9, count: rows * stride)
    let second = Memory<Float>(repeating: -9, count: rows * columns)
    var program = ElementwiseProgram(rows: rows, columns: columns)
    let x = program.binary(
      .add, program.input(a.pointer, .full(rowStride: stride)), program.input(bias.pointer, .perColumn))
    let y = program.binary(.multiply, x, program.input(perRow.pointer, .perRow))
    let z = program.binary(.subtract, y, program.input(scalar.pointer, .scalar))
    let w = program.binary(.add, z, program.input(period.pointer, .repeating(rowStride: columns, period: 2)))
    let v = program.binary(.maximum, w, program.input(shared.pointer, .shared(rowStride: columns, byRows: 3)))
    program.store(v, to: output.pointer, rowStride: stride)
    program.store(program.binary(.multiply, z, program.constant(2)), to: second.pointer, rowStride: columns)
    let kernel = ElementwiseKernel(program)
    run(kernel.launches())
    var expected = [Float](repeating: -9, count: rows * stride)
    var expectedSecond: [Float] = []
    for row in 0..<rows {
      for column in 0..<columns {
        let z = (a[row * stride + column] + bias[column]) * perRow[row] - 0.7
        expected[row * stride + column] = max(
          z + period[row % 2 * columns + column], shared[row / 3 * columns + column])
        expectedSecond.append(z * 2)
      }
    }
    #expect(output.array == expected)
    #expect(second.array == expectedSecond)

    // The same in odd blocks, as a matrix product runs it.
    for index in 0..<output.count { output[index] = -9 }
    let scratch = UnsafeMutableRawPointer.allocate(byteCount: kernel.scratchBytes, alignment: 64)
    defer { scratch.deallocate() }
    for row in stride_(0, rows, 3) {
      for column in stride_(0, columns, 16) {
        kernel.run(
          row: row, column: column, rows: min(3, rows - row), columns: min(16, columns - column), scratch: scratch)
      }
    }
    #expect(output.array == expected)
    #expect(second.array == expectedSecond)
  }

  private func stride_(_ from: Int, _ to: Int, _ by: Int) -> StrideTo<Int> { stride(from: from, to: to, by: by) }

  @Test("A function and its derivative in one pass are what each is alone, to the bit, also in the operand's place")
  func functionWithDerivative() {
    let pairs: [(ElementwiseProgram.Unary, ElementwiseProgram.Unary)] = [
      (.geluTanh, .geluTanhDerivative), (.geluExact, .geluExactDerivative), (.silu, .siluDerivative),
    ]
    let columns = 528
    let special: [Float] = [.nan, .infinity, -.infinity, 0, -0.0, 1e5, -1e5, 1e-30, 88, -88, 3e38, -3e38]
    let numbers = special + normals(2 * columns - special.count, seed: 6).map { 4 * $0 }
    func alone(_ function: ElementwiseProgram.Unary) -> [UInt32] {
      let (input, output) = (Memory(numbers), Memory<Float>(repeating: 0, count: numbers.count))
      var program = ElementwiseProgram(rows: 2, columns: columns)
      program.store(
        program.unary(function, program.input(input.pointer, .full(rowStride: columns))), to: output.pointer,
        rowStride: columns)
      run(ElementwiseKernel(program).launches())
      return output.array.map(\.bitPattern)
    }
    for (function, derivative) in pairs {
      let (input, output) = (Memory(numbers), Memory<Float>(repeating: 0, count: numbers.count))
      var program = ElementwiseProgram(rows: 2, columns: columns)
      let x = program.input(input.pointer, .full(rowStride: columns))
      program.store(program.unary(function, x), to: input.pointer, rowStride: columns)
      _ = program.constant(1)
      program.store(program.unary(derivative, x), to: output.pointer, rowStride: columns)
      run(ElementwiseKernel(program).launches())
      #expect(input.array.map(\.bitPattern) == alone(function))
      #expect(output.array.map(\.bitPattern) == alone(derivative))
    }
  }

  @Test func worksInPlace() {
    for columns in [7, 64, 300] {
      let x = Memory(normals(4 * columns, seed: 8))
      let y = Memory(normals(4 * columns, seed: 9))
      let (x0, y0) = (x.array, y.array)
      var program = ElementwiseProgram(rows: 4, columns: columns)
      let a = program.input(x.pointer, .full(rowStride: columns))
      let b = program.input(y.pointer, .full(rowStride: columns))
      // x is overwritten by a value that is computed before x is read for the last time.
      let sum = program.binary(.add, a, b)
      let product = program.binary(.multiply, a, b)
      program.store(sum, to: x.pointer, rowStride: columns)
      program.store(product, to: y.pointer, rowStride: columns)
      run(ElementwiseKernel(program).launches())
      #expect(x.array == zip(x0, y0).map { $0 + $1 })
      #expect(y.array == zip(x0, y0).map { $0 * $1 })
    }
  }

  @Test func binaryFunctionsMatchTheirMeaning() {
    typealias Meaning = (ElementwiseProgram.Binary, (Float, Float) -> Float)
    let meanings: [Meaning] = [
      (.add, { $0 + $1 }), (.subtract, { $0 - $1 }), (.multiply, { $0 * $1 }), (.divide, { $0 / $1 }),
      (.maximum, { $0.isNaN || $1.isNaN ? .nan : max($0, $1) }),
      (.minimum, { $0.isNaN || $1.isNaN ? .nan : min($0, $1) }),
      (.power, { powf($0, $1) }), (.equal, { $0 == $1 ? 1 : 0 }), (.notEqual, { $0 != $1 ? 1 : 0 }),
      (.less, { $0 < $1 ? 1 : 0 }), (.lessOrEqual, { $0 <= $1 ? 1 : 0 }), (.greater, { $0 > $1 ? 1 : 0 }),
      (.greaterOrEqual, { $0 >= $1 ? 1 : 0 }), (.and, { $0 != 0 && $1 != 0 ? 1 : 0 }),
      (.or, { $0 != 0 || $1 != 0 ? 1 : 0 }),
    ]
    let special: [Float] = [0, -0.0, 1, -1, 2.5, -3, .infinity, -.infinity, .nan, 0x1p-133, 3e38]
    let left = Memory(special.flatMap { x in special.map { _ in x } })
    let right = Memory(special.flatMap { _ in special })
    for (function, meaning) in meanings {
      let output = Memory<Float>(repeating: 0, count: left.count)
      var program = ElementwiseProgram(rows: 1, columns: left.count)
      let a = program.input(left.pointer, .perColumn)
      let b = program.input(right.pointer, .perColumn)
      program.store(program.binary(function, a, b), to: output.pointer, rowStride: left.count)
      run(ElementwiseKernel(program).launches())
      for index in 0..<left.count {
        let expected = meaning(left[index], right[index])
        let same = output[index] == expected || (output[index].isNaN && expected.isNaN)
        #expect(same, "\(function)(\(left[index]), \(right[index])) = \(output[index])")
      }
    }
  }

  @Test func everyHalfPrecisionNumberSurvives() {
    let halves = Memory((0...UInt16.max).map { $0 })
    let back = Memory<UInt16>(repeating: 0, count: halves.count)
    for (storage, quiet) in [(ScalarType.f16, UInt16(0x7e00)), (.bf16, 0x40)] {
      let floats = Memory<Float>(repeating: 0, count: halves.count)
      var program = ElementwiseProgram(rows: 1, columns: halves.count)
      let x = program.input(halves.pointer, .full(rowStride: halves.count), storage: storage)
      program.store(x, to: back.pointer, rowStride: halves.count, storage: storage)
      program.store(x, to: floats.pointer, rowStride: halves.count)
      run(ElementwiseKernel(program).launches())
      for index in 0..<halves.count {
        let bits = halves[index]
        let value =
          storage == .f16 ? Float(Float16(bitPattern: bits)) : Float(bitPattern: UInt32(bits) << 16)
        if value.isNaN {
          #expect(floats[index].isNaN && back[index] & quiet != 0)
        } else {
          #expect(floats[index] == value && back[index] == bits)
        }
      }
    }
  }

  @Test func roundsToTheNearestHalf() {
    let inputs = (0..<100_003).map { index -> Float in
      Float(bitPattern: UInt32(truncatingIfNeeded: index &* 2_654_435_761) & 0x7fff_ffff % 0x4780_0000)
    }
    let rounded = VectorMathTests.values(.roundToHalf, inputs)
    for (x, y) in zip(inputs, rounded) where !x.isNaN { #expect(y == Float(Float16(x))) }
  }

  @Test func convertsIntegersAndTruthValues() {
    let numbers = Memory<Float>([0, -0.5, 1.9, -1.9, 127, 300, -300, 3e9, -3e9, 1e19, -1e19, .nan, .infinity])
    let count = numbers.count
    let i32 = Memory<Int32>(repeating: 7, count: count)
    let i64 = Memory<Int64>(repeating: 7, count: count)
    let i8 = Memory<Int8>(repeating: 7, count: count)
    let bool = Memory<UInt8>(repeating: 7, count: count)
    let back = Memory<Float>(repeating: 7, count: count)
    var program = ElementwiseProgram(rows: 1, columns: count)
    let x = program.input(numbers.pointer, .perColumn)
    program.store(x, to: i32.pointer, rowStride: count, storage: .i32)
    program.store(x, to: i64.pointer, rowStride: count, storage: .i64)
    program.store(x, to: i8.pointer, rowStride: count, storage: .i8)
    program.store(x, to: bool.pointer, rowStride: count, storage: .bool)
    run(ElementwiseKernel(program).launches())
    #expect(i32.array == [0, 0, 1, -1, 127, 300, -300, .max, .min, .max, .min, 0, .max])
    #expect(
      i64.array == [0, 0, 1, -1, 127, 300, -300, 3_000_000_000, -3_000_000_000, .max, .min, 0, .max])
    #expect(i8.array == [0, 0, 1, -1, 127, 127, -128, 127, -128, 127, -128, 0, 127])
    #expect(bool.array == [0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1])
    var sum = ElementwiseProgram(rows: 1, columns: count)
    let total = sum.binary(
      .add,
      sum.binary(
        .add, sum.input(i8.pointer, .perColumn, storage: .i8), sum.input(bool.pointer, .perColumn, storage: .bool)),
      sum.binary(
        .add, sum.input(i32.pointer, .perColumn, storage: .i32), sum.input(i64.pointer, .perColumn, storage: .i64)))
    sum.store(total, to: back.pointer, rowStride: count)
    run(ElementwiseKernel(sum).launches())
    for index in 0..<count {
      let expected =
        (Float(i8[index]) + Float(bool[index])) + (Float(i32[index]) + Float(i64[index]))
      #expect(back[index] == expected)
    }
  }

  @Test(arguments: [(1, 1000), (5, 37), (3, 384)]) func dropoutFollowsTheKey(_ rows: Int, _ columns: Int) {
    let key = RandomKey(seed: 99)
    let words = Memory<UInt32>([key.low, key.high])
    let x = Memory(normals(rows * columns, seed: 5))
    let output = Memory<Float>(repeating: 0, count: x.count)
    var program = ElementwiseProgram(rows: rows, columns: columns)
    let value = program.dropout(
      program.input(x.pointer, .full(rowStride: columns)), rate: 0.3, key: words.pointer, stream: 5)
    program.store(value, to: output.pointer, rowStride: columns)
    let kernel = ElementwiseKernel(program)
    run(kernel.launches())
    let expected = (0..<x.count).map { index -> Float in
      RandomKey.unit(key.block(UInt64(index / 4), stream: 5)[index % 4]) >= 0.3 ? x[index] * (1 / (1 - 0.3)) : 0
    }
    #expect(output.array == expected)
    #expect(expected.contains(0))
    for index in 0..<output.count { output[index] = -1 }
    let scratch = UnsafeMutableRawPointer.allocate(byteCount: kernel.scratchBytes, alignment: 64)
    defer { scratch.deallocate() }
    for column in stride(from: 0, to: columns, by: 10) {
      kernel.run(row: 0, column: column, rows: rows, columns: min(10, columns - column), scratch: scratch)
    }
    #expect(output.array == expected)
  }

  @Test func selectChoosesByTruth() {
    let condition = Memory<UInt8>([1, 0, 1, 0, 0, 1, 1])
    let x = Memory<Float>([1, 2, 3, 4, .nan, 6, 7])
    let output = Memory<Float>(repeating: 0, count: 7)
    var program = ElementwiseProgram(rows: 1, columns: 7)
    let chosen = program.select(
      program.input(condition.pointer, .perColumn, storage: .bool), program.input(x.pointer, .perColumn),
      program.constant(-1))
    program.store(chosen, to: output.pointer, rowStride: 7)
    run(ElementwiseKernel(program).launches())
    #expect(output.array == [1, -1, 3, -1, -1, 6, 7])
  }

  @Test func constantFillsTheRange() {
    let output = Memory<Float>(repeating: 0, count: 5 * 13)
    var program = ElementwiseProgram(rows: 5, columns: 13)
    program.store(program.constant(4), to: output.pointer, rowStride: 13)
    run(ElementwiseKernel(program).launches())
    #expect(output.array.allSatisfy { $0 == 4 })
  }
}
