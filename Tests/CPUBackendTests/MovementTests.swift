import CPUBackend
import Core
import TensorGraph
import Testing

@Suite struct MovementTests {
  /// Copies by definition, index by index.
  static func copy<Element>(
    _ shape: [Int], _ source: [Element], _ sourceStrides: [Int], _ target: inout [Element], _ targetStrides: [Int]
  ) {
    for flat in 0..<shape.reduce(1, *) {
      var rest = flat
      var from = 0
      var to = 0
      for axis in shape.indices.reversed() {
        from += rest % shape[axis] * sourceStrides[axis]
        to += rest % shape[axis] * targetStrides[axis]
        rest /= shape[axis]
      }
      target[to] = source[from]
    }
  }

  static func check<Element: BitwiseCopyable & FixedWidthInteger>(
    _: Element.Type, _ shape: [Int], _ sourceStrides: [Int], _ targetStrides: [Int]
  ) {
    func extent(_ strides: [Int]) -> Int { zip(shape, strides).reduce(1) { $0 + max(0, $1.0 - 1) * $1.1 } }
    let source = Memory((0..<extent(sourceStrides)).map { Element(truncatingIfNeeded: $0 &* 2_654_435_761 >> 7) })
    var expected = [Element](repeating: 77, count: extent(targetStrides))
    let target = Memory(expected)
    copy(shape, source.array, sourceStrides, &expected, targetStrides)
    let kernel = StridedCopy(
      shape: shape, sourceStrides: sourceStrides, targetStrides: targetStrides,
      elementBytes: MemoryLayout<Element>.size)
    run(kernel.launches(source: source.pointer, target: target.pointer))
    #expect(target.array == expected, "\(Element.self) \(shape) \(sourceStrides) \(targetStrides)")
  }

  static let copies: [([Int], [Int], [Int])] = [
    ([], [], []), ([5], [1], [1]), ([40_000], [1], [1]), ([0, 3], [3, 1], [3, 1]), ([7], [0], [1]), ([7], [3], [2]),
    ([3, 5], [5, 1], [5, 1]), ([3, 5], [1, 3], [5, 1]), ([70, 90], [1, 70], [90, 1]),
    ([600, 700], [1, 600], [700, 1]),
    ([3, 5], [9, 1], [5, 1]), ([3, 5], [5, 1], [20, 2]), ([4, 6, 8], [0, 8, 1], [48, 8, 1]),
    ([2, 3, 4, 5], [60, 5, 15, 1], [60, 20, 5, 1]), ([2, 7, 3, 17], [357, 17, 119, 1], [357, 51, 17, 1]),
    ([2, 3, 5, 4], [60, 20, 1, 5], [60, 20, 4, 1]),
    ([2, 3, 2, 3, 2, 3], [1, 2, 6, 12, 36, 72], [108, 36, 18, 6, 3, 1]),
    ([3, 1, 20, 1], [20, 0, 1, 0], [20, 20, 1, 1]), ([2, 33, 65], [33 * 65, 1, 33], [33 * 65, 65, 1]),
    ([30, 1000], [0, 1], [1000, 1]), ([1000, 30], [1, 0], [30, 1]), ([9, 9], [1, 0], [1, 9]),
  ]

  @Test(arguments: copies.indices) func stridedCopiesAreExact(_ index: Int) {
    let (shape, source, target) = Self.copies[index]
    Self.check(UInt8.self, shape, source, target)
    Self.check(UInt16.self, shape, source, target)
    Self.check(UInt32.self, shape, source, target)
    Self.check(UInt64.self, shape, source, target)
  }

  @Test func transposeByPermutation() {
    let x = Memory((0..<24).map(Int32.init))
    let y = Memory<Int32>(repeating: 0, count: 24)
    run(
      StridedCopy(transposing: [2, 3, 4], by: [2, 0, 1], elementBytes: 4).launches(
        source: x.pointer, target: y.pointer))
    for a in 0..<4 { for b in 0..<2 { for c in 0..<3 { #expect(y[(a * 2 + b) * 3 + c] == x[(b * 3 + c) * 4 + a]) } } }
  }

  @Test func aStartReadAtRunTimeIsClamped() {
    let part = Memory<Float>([1, 2, 3, 4, 5, 6])
    for (start, place) in [(Int32(-5), 0), (0, 0), (2, 2), (3, 3), (99, 3)] {
      let cache = Memory<Float>(repeating: 0, count: 2 * 5 * 2)
      let index = Memory<Int32>([start])
      // Two tokens... of two sequences with room for five, of which one and a half are placed.
      let copy = StridedCopy(shape: [1, 2, 2], sourceStrides: [4, 2, 1], targetStrides: [10, 2, 1], elementBytes: 4)
      run(
        copy.launches(
          source: part.pointer, target: cache.pointer, targetStart: .init(index.pointer, limit: 3, stride: 2)))
      var expected = [Float](repeating: 0, count: 20)
      for i in 0..<4 { expected[place * 2 + i] = part[i] }
      #expect(cache.array == expected)
    }
  }

  @Test func gatherClampsIndices() {
    let table = Memory(normals(7 * 13, seed: 1))
    let indices: [Int64] = [0, 6, 3, -4, 99, .max, .min, 2]
    let output = Memory<Float>(repeating: 0, count: 8 * 13)
    let wide = Memory(indices)
    let narrow = Memory(indices.map { Int32(clamping: $0) })
    for rows in [RowIndices.i64(wide.pointer), .i32(narrow.pointer)] {
      run(
        GatherRows(tableRows: 7, rowBytes: 13 * 4, count: 8).launches(
          table: table.pointer, indices: rows, output: output.pointer))
      for (position, index) in [0, 6, 3, 0, 6, 6, 0, 2].enumerated() {
        for column in 0..<13 { #expect(output[position * 13 + column] == table[index * 13 + column]) }
      }
    }
  }

  @Test(arguments: [(5, 3, 4), (4, 19, 74), (6, 1, 9), (50, 200, 300), (3, 768, 100)])
  func scatterAddAddsInTheOrderOfIndices(_ rows: Int, _ columns: Int, _ count: Int) {
    var stream = RandomStream(RandomKey(seed: 8))
    let indices = Memory((0..<count).map { _ in Int32.random(in: -2...Int32(rows + 1), using: &stream) })
    let added = Memory(normals(count * columns, seed: 3))
    let table = Memory(normals(rows * columns, seed: 4))
    var expected = table.array
    for position in 0..<count {
      let row = max(0, min(rows - 1, Int(indices[position])))
      for column in 0..<columns { expected[row * columns + column] += added[position * columns + column] }
    }
    run(
      ScatterAddRows(tableRows: rows, columns: columns, count: count).launches(
        table: table.pointer, indices: .i32(indices.pointer), rows: added.pointer), backwards: true)
    #expect(table.array == expected)
  }

  @Test func takeAlongRowsAndOneHot() {
    let x = Memory(normals(4 * 6, seed: 2))
    let indices = Memory<Int32>([5, -1, 9, 2])
    let taken = Memory<Float>(repeating: 0, count: 4)
    run(TakeAlongRows(rows: 4, columns: 6).launches(x.pointer, indices: .i32(indices.pointer), output: taken.pointer))
    #expect(taken.array == [x[5], x[6], x[17], x[20]])
    let hot = Memory<Float>(repeating: 7, count: 24)
    run(OneHotRows(count: 4, depth: 6).launches(indices: .i32(indices.pointer), output: hot.pointer))
    var expected = [Float](repeating: 0, count: 24)
    expected[5] = 1
    expected[20] = 1
    #expect(hot.array == expected)
  }

  @Test func fillsConstantsAndIota() {
    for scalar in ScalarType.allCases {
      let memory = Memory<UInt8>(repeating: 9, count: 24 * scalar.byteCount)
      let floats = Memory<Float>(repeating: 0, count: 24)
      func values() -> [Float] {
        var program = ElementwiseProgram(rows: 1, columns: 24)
        let x = program.input(memory.pointer, .perColumn, storage: scalar)
        program.store(x, to: floats.pointer, rowStride: 24)
        run(ElementwiseKernel(program).launches())
        return floats.array
      }
      run(FillKernels.constant(3, scalar, count: 24, to: memory.pointer))
      #expect(values() == [Float](repeating: scalar == .bool ? 1 : 3, count: 24))
      run(FillKernels.iota(outer: 2, size: 4, inner: 3, scalar, to: memory.pointer))
      #expect(
        values()
          == (0..<24).map {
            let i = $0 / 3 % 4; return scalar == .bool ? (i == 0 ? 0 : 1) : Float(i)
          })
    }
    let large = Memory<Int64>(repeating: 0, count: 2)
    run(FillKernels.constant(9_007_199_254_740_991, .i64, count: 2, to: large.pointer))
    #expect(large.array == [9_007_199_254_740_991, 9_007_199_254_740_991])
  }

  @Test(arguments: [(3, 1, 1), (2, 2, 0), (4, 3, 2)])
  func patchesAndTheirAdjoint(_ kernel: Int, _ stride: Int, _ padding: Int) {
    let (batch, channels, height, width) = (2, 3, 9, 7)
    let patches = PatchKernels(
      batch: batch, channels: channels, height: height, width: width, kernel: kernel, stride: stride, padding: padding)
    let down = (height + 2 * padding - kernel) / stride + 1
    let across = (width + 2 * padding - kernel) / stride + 1
    let count = batch * down * across * channels * kernel * kernel
    let x = Memory(normals(batch * channels * height * width, seed: 1))
    let y = Memory<Float>(repeating: .nan, count: count)
    run(patches.extract(images: x.pointer, patches: y.pointer))
    let dy = Memory(normals(count, seed: 2))
    let dx = Memory<Float>(repeating: .nan, count: x.count)
    run(patches.accumulate(patches: dy.pointer, images: dx.pointer))
    var expected = [Double](repeating: 0, count: x.count)
    var index = 0
    for b in 0..<batch {
      for row in 0..<down {
        for column in 0..<across {
          for c in 0..<channels {
            for ky in 0..<kernel {
              for kx in 0..<kernel {
                let (py, px) = (row * stride + ky - padding, column * stride + kx - padding)
                let isInside = (0..<height).contains(py) && (0..<width).contains(px)
                let pixel = ((b * channels + c) * height + py) * width + px
                #expect(y[index] == (isInside ? x[pixel] : 0))
                if isInside { expected[pixel] += Double(dy[index]) }
                index += 1
              }
            }
          }
        }
      }
    }
    #expect(difference(dx.array, expected) < 1e-6)
  }

  @Test func integersAreExact() {
    let a = Memory<Int32>([.max, .min, 16_777_217, -7, 7, 0])
    let b = Memory<Int32>([1, -1, 1, 2, 0, 0])
    let output = Memory<Int32>(repeating: 0, count: 6)
    func result(_ function: IntegerKernels.Function) -> [Int32] {
      run(IntegerKernels.binary(function, a.pointer, b.pointer, count: 6, to: output.pointer))
      return output.array
    }
    #expect(result(.add) == [.min, .max, 16_777_218, -5, 7, 0])
    #expect(result(.subtract) == [.max - 1, .min + 1, 16_777_216, -9, 7, 0])
    #expect(result(.multiply) == [.max, .min, 16_777_217, -14, 0, 0])
    #expect(result(.divide) == [.max, .min, 16_777_217, -3, 0, 0])
    #expect(result(.maximum) == [.max, -1, 16_777_217, 2, 7, 0])
    #expect(result(.minimum) == [1, .min, 1, -7, 0, 0])
    let truths = Memory<UInt8>(repeating: 9, count: 6)
    for (function, expected) in [
      (IntegerKernels.Function.equal, [0, 0, 0, 0, 0, 1] as [UInt8]), (.less, [0, 1, 0, 1, 0, 0]),
      (.lessOrEqual, [0, 1, 0, 1, 0, 1]),
    ] {
      run(IntegerKernels.binary(function, a.pointer, b.pointer, count: 6, to: truths.pointer))
      #expect(truths.array == expected)
    }
    run(IntegerKernels.select(truths.pointer, a.pointer, b.pointer, count: 6, to: output.pointer))
    #expect(output.array == [1, .min, 1, -7, 0, 0])
    let wide = Memory<Int64>([1 << 40, -(1 << 40), 16_777_217, 0, 300, -300])
    run(IntegerKernels.convert(wide.pointer, .i64, count: 6, to: output.pointer, .i32))
    #expect(output.array == [.max, .min, 16_777_217, 0, 300, -300])
    let bytes = Memory<Int8>(repeating: 0, count: 6)
    run(IntegerKernels.convert(wide.pointer, .i64, count: 6, to: bytes.pointer, .i8))
    #expect(bytes.array == [127, -128, 127, 0, 127, -128])
  }

  @Test(arguments: [false, true], [4, 10, 32]) func rotaryTurnsPairs(_ interleaved: Bool, _ size: Int) {
    let (batch, tokens, heads, half) = (2, 5, 3, size / 2)
    let count = batch * tokens * heads * size
    let x = Memory(normals(count, seed: 1))
    let cosine = Memory(normals(9 * half, seed: 2))
    let sine = Memory(normals(9 * half, seed: 3))
    let positions = Memory<Int32>([0, 8, 3, 99, -1, 1, 2, 4, 6, 7])
    for perSequence in [false, true] {
      for inverse in [false, true] {
        let y = Memory(x.array)
        let view = AttentionKernel.View(y.pointer, tokens: tokens, heads: heads, size: size)
        let kernel = RotaryKernel(
          batch: batch, tokens: tokens, heads: heads, headSize: size, positions: 9, interleaved: interleaved,
          inverse: inverse)
        run(
          kernel.launches(
            input: view, output: view, cosine: cosine.pointer, sine: sine.pointer, indices: positions.pointer,
            perSequence: perSequence))
        var expected = [Double](repeating: 0, count: count)
        for row in 0..<batch * tokens * heads {
          let token = row / heads
          let position = max(0, min(8, Int(positions[perSequence ? token : token % tokens])))
          for i in 0..<half {
            let (p, q) = interleaved ? (2 * i, 2 * i + 1) : (i, i + half)
            let (a, b) = (Double(x[row * size + p]), Double(x[row * size + q]))
            let c = Double(cosine[position * half + i])
            let s = Double(sine[position * half + i]) * (inverse ? -1 : 1)
            expected[row * size + p] = a * c - b * s
            expected[row * size + q] = b * c + a * s
          }
        }
        #expect(difference(y.array, expected) < 1e-6)
      }
    }
  }
}
