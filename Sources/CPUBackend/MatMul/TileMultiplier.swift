import CPlatform

/// Multiplies a block of packed A with one packed panel of B.
struct TileMultiplier {
  private let m: Int
  private let n: Int
  private let ldc: Int
  private let alpha: Float

  init(_ product: MatMul) {
    m = product.m
    n = product.n
    ldc = product.ldc
    alpha = product.alpha
  }

  /// - Parameters:
  ///   - blockA: `[rows.count][depth][6]`.
  ///   - rows: The row panels of C.
  ///   - panelB: `[depth][16]`.
  ///   - column: The column panel of C.
  ///   - c: The first element of C.
  @inline(never)
  func multiply(
    depth: Int, _ blockA: UnsafePointer<Float>, rows: Range<Int>, _ panelB: UnsafePointer<Float>, column: Int,
    _ c: UnsafeMutablePointer<Float>, accumulate: Bool
  ) {
    let firstColumn = column * RegisterTile.columns
    let columns = min(RegisterTile.columns, n - firstColumn)
    let full = columns == RegisterTile.columns ? min(rows.upperBound, m / RegisterTile.rows) : rows.lowerBound
    // The panel that comes next, a part of it with each register tile, so that it is near when its turn comes.
    let ahead = (depth + rows.count - 1) / rows.count
    var next = panelB + depth * RegisterTile.columns
    var a = blockA
    var row = rows.lowerBound
    while row < full {
      for line in 0..<ahead { platform_prefetch_far(next + line * 16) }
      next += ahead * 16
      RegisterTile.multiply(
        depth: depth, a, panelB, c + row * RegisterTile.rows * ldc + firstColumn, stride: ldc, alpha: alpha,
        accumulate: accumulate)
      a += depth * RegisterTile.rows
      row += 1
    }
    while row < rows.upperBound {
      RegisterTile.multiplyEdge(
        depth: depth, a, panelB, c + row * RegisterTile.rows * ldc + firstColumn, stride: ldc,
        rows: min(RegisterTile.rows, m - row * RegisterTile.rows), columns: columns, alpha: alpha,
        accumulate: accumulate)
      a += depth * RegisterTile.rows
      row += 1
    }
  }
}
