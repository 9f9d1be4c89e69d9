/// The sum (times a factor, for a mean) or the largest of the elements along some axes of a dense tensor.
///
/// Axes that lie together count as one; each such group is one pass over [outer, reduced, inner], innermost first.
package struct Reduction: Sendable {
  package enum Function: Sendable {
    case sum, maximum
  }

  /// One pass: the middle axis disappears.
  struct Pass: Sendable {
    let outer: Int
    let reduced: Int
    let inner: Int
    let function: Function

    /// How many elements along the reduced axis one tile combines; fixed by the shape.
    var piece: Int {
      // Enough tiles without cutting: no second phase.
      let goal = 16 * 1024
      if inner == 1 { return outer * reduced > 4 * goal && outer < 16 ? goal : reduced }
      return outer * columnTiles >= 16 ? reduced : max(8, goal / inner)
    }
    var pieces: Int { max(1, (reduced + piece - 1) / piece) }
    var columnWidth: Int { min(inner, 512) }
    var columnTiles: Int { (inner + columnWidth - 1) / columnWidth }
    var results: Int { outer * inner }
    /// Numbers of partial results.
    var partials: Int { pieces > 1 ? pieces * results : 0 }
  }

  let passes: [Pass]
  private let scale: Float

  /// A reduction of a dense tensor; the sum is multiplied by `scale`.
  package init(_ function: Function, shape: [Int], axes: [Int], scale: Float = 1) {
    var runs: [(size: Int, isReduced: Bool)] = []
    for axis in shape.indices where shape[axis] != 1 {
      let isReduced = axes.contains(axis)
      if let last = runs.last, last.isReduced == isReduced {
        runs[runs.count - 1].size *= shape[axis]
      } else {
        runs.append((shape[axis], isReduced))
      }
    }
    var passes: [Pass] = []
    while let index = runs.lastIndex(where: \.isReduced) {
      passes.append(
        Pass(
          outer: runs[..<index].reduce(1) { $0 * $1.size }, reduced: runs[index].size,
          inner: runs[(index + 1)...].reduce(1) { $0 * $1.size }, function: function))
      runs.remove(at: index)
    }
    if passes.isEmpty {
      passes = [Pass(outer: runs.reduce(1) { $0 * $1.size }, reduced: 1, inner: 1, function: function)]
    }
    self.passes = passes
    self.scale = scale
  }

  /// Bytes of memory for partial and intermediate results.
  package var workspaceBytes: Int {
    4
      * passes.enumerated().reduce(0) { sum, entry in
        sum + entry.element.partials + (entry.offset < passes.count - 1 ? entry.element.results : 0)
      }
  }

  package func launches(
    input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>, workspace: UnsafeMutablePointer<Float>
  ) -> [Launch] {
    var launches: [Launch] = []
    var source = input
    var free = workspace
    for (index, pass) in passes.enumerated() {
      let isLast = index == passes.count - 1
      var target = output
      if !isLast {
        target = free
        free += pass.results
      }
      launches += pass.launches(source, target, partials: free, scale: isLast ? scale : 1)
      free += pass.partials
      source = UnsafePointer(target)
    }
    return launches
  }
}

extension Reduction.Function {
  @inline(__always)
  var start: Float { self == .sum ? 0 : -.infinity }

  /// NaN on either side gives NaN.
  @inline(__always)
  func callAsFunction(_ sum: Vector, _ x: Vector) -> Vector {
    switch self {
    case .sum: sum + x
    case .maximum: sum.replacing(with: x, where: .!(x .<= sum) .& (sum .== sum))
    }
  }

  @inline(__always)
  func callAsFunction(_ sum: Float, _ x: Float) -> Float {
    switch self {
    case .sum: sum + x
    case .maximum: sum.isNaN || x <= sum ? sum : x
    }
  }
}

extension Reduction.Pass {
  func launches(
    _ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>, partials: UnsafeMutablePointer<Float>,
    scale: Float
  ) -> [Launch] {
    guard results > 0 else { return [] }
    let first = pieces > 1 ? partials : output
    let phase = inner == 1 ? rowPhase(input, first, scale: scale) : columnPhase(input, first, scale: scale)
    if pieces == 1 { return [phase] }
    // Partial results are [pieces, results]: combined piece after piece.
    let width = 512
    return [
      phase,
      Launch(tiles: (results + width - 1) / width) { tile, _ in
        let start = tile * width
        combineRows(
          function, partials + start, rows: pieces, stride: results, columns: min(width, results - start),
          to: output + start, scale: scale)
      },
    ]
  }

  private func rowPhase(
    _ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>, scale: Float
  ) -> Launch {
    let (piece, pieces, outer, reduced) = (piece, pieces, outer, reduced)
    let factor = pieces > 1 ? 1 : scale
    let together = pieces > 1 ? 1 : max(1, 16 * 1024 / max(1, reduced))
    let groups = (outer + together - 1) / together
    return Launch(tiles: groups * pieces) { tile, _ in
      let start = tile % pieces * piece
      let count = min(piece, reduced - start)
      for row in tile / pieces * together..<min(outer, (tile / pieces + 1) * together) {
        let x = input + row * reduced + start
        let result: Float
        switch function {
        case .sum: result = sum(x, count) * factor
        case .maximum: result = count > 0 ? largest(x, count) : -.infinity
        }
        output[tile % pieces * outer + row] = result
      }
    }
  }

  private func columnPhase(
    _ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>, scale: Float
  ) -> Launch {
    let (piece, pieces, inner, reduced, results) = (piece, pieces, inner, reduced, results)
    let (width, across) = (columnWidth, columnTiles)
    let factor = pieces > 1 ? 1 : scale
    // Small matrices are taken together.
    let together = pieces > 1 || across > 1 ? 1 : max(1, 16 * 1024 / max(1, reduced * inner))
    let groups = (outer + together - 1) / together
    return Launch(tiles: groups * pieces * across) { tile, _ in
      let column = tile % across * width
      let piece0 = tile / across % pieces
      let start = piece0 * piece
      let group = tile / across / pieces
      for matrix in group * together..<min(outer, (group + 1) * together) {
        combineRows(
          function, input + (matrix * reduced + start) * inner + column, rows: min(piece, reduced - start),
          stride: inner, columns: min(width, inner - column), to: output + piece0 * results + matrix * inner + column,
          scale: factor)
      }
    }
  }
}

/// Combines rows of numbers into one row, from the first to the last.
func combineRows(
  _ function: Reduction.Function, _ input: UnsafePointer<Float>, rows: Int, stride: Int, columns: Int,
  to output: UnsafeMutablePointer<Float>, scale: Float
) {
  @inline(__always) func combine(_ function: Reduction.Function) {
    let start = Vector(repeating: function.start)
    let factor = Vector(repeating: scale)
    var column = 0
    while column + 32 <= columns {
      var s0 = start
      var s1 = start
      var s2 = start
      var s3 = start
      var row = input + column
      for _ in 0..<rows {
        s0 = function(s0, Vector(at: row))
        s1 = function(s1, Vector(at: row + 8))
        s2 = function(s2, Vector(at: row + 16))
        s3 = function(s3, Vector(at: row + 24))
        row += stride
      }
      (s0 * factor).store(to: output + column)
      (s1 * factor).store(to: output + column + 8)
      (s2 * factor).store(to: output + column + 16)
      (s3 * factor).store(to: output + column + 24)
      column += 32
    }
    while column + 8 <= columns {
      var sum = start
      for row in 0..<rows { sum = function(sum, Vector(at: input + row * stride + column)) }
      (sum * factor).store(to: output + column)
      column += 8
    }
    while column < columns {
      var sum = function.start
      for row in 0..<rows { sum = function(sum, input[row * stride + column]) }
      output[column] = sum * scale
      column += 1
    }
  }
  switch function {
  case .sum: combine(.sum)
  case .maximum: combine(.maximum)
  }
}
