import CKernels

/// How a product is cut: C into tiles of panels, the inner dimension into blocks.
///
/// Everything follows from the shape alone.
struct Blocking {
  /// Panels of 24 rows and of 16 columns.
  let rowPanels: Int
  let columnPanels: Int
  let rowTiles: Int
  let columnTiles: Int

  /// A block of A (rows of a tile x depth, <= 144 x 384) stays in the second-level cache.
  static let largestDepth = Int(KERNELS_DEPTH)
  private static let largestRowPanels = 6
  private static let largestColumnPanels = 32

  init(m: Int, n: Int, k: Int, batch: Int = 1) {
    rowPanels = (m + RegisterTile.rows - 1) / RegisterTile.rows
    columnPanels = (n + RegisterTile.columns - 1) / RegisterTile.columns
    let fewestRowTiles = (rowPanels + Self.largestRowPanels - 1) / Self.largestRowPanels
    let fewestColumnTiles = (columnPanels + Self.largestColumnPanels - 1) / Self.largestColumnPanels
    var best = (cost: Double.infinity, rows: fewestRowTiles, columns: fewestColumnTiles)
    for rows in fewestRowTiles...max(fewestRowTiles, min(rowPanels, 8 * fewestRowTiles)) {
      for columns in fewestColumnTiles...max(fewestColumnTiles, min(columnPanels, 8 * fewestColumnTiles)) {
        let height = Double(rowPanels) / Double(rows)
        let width = Double(columnPanels) / Double(columns)
        let cost = Self.cost(tiles: batch * rows * columns, height: height, width: width, depth: Double(k))
        if cost < best.cost { best = (cost, rows, columns) }
      }
    }
    rowTiles = best.rows
    columnTiles = best.columns
  }

  /// What a way of cutting costs, as a share of the multiplying itself.
  private static func cost(tiles: Int, height: Double, width: Double, depth: Double) -> Double {
    // Packing a panel of A for each tile takes as long as multiplying 0.15 panels of columns; a panel of B, 0.09 of rows.
    let packing = 0.15 / width + 0.09 / height
    // The threads end at different times, all the more if their number does not divide that of the tiles.
    let idle = [2, 4].reduce(1 / Double(tiles)) { sum, threads in
      sum + (Double((tiles + threads - 1) / threads * threads) / Double(tiles) - 1) / 2
    }
    // To begin a tile takes about as long as 50,000 multiply-adds.
    let beginning = 50_000 / (height * width * Double(RegisterTile.rows * RegisterTile.columns) * max(1, depth))
    return packing + idle + beginning
  }

  var tiles: Int { rowTiles * columnTiles }

  /// Rows of the largest tile, in panels.
  var largestRows: Int { (rowPanels + rowTiles - 1) / rowTiles }

  /// The first column of each tile.
  var columnStarts: [Int] { (0..<columnTiles).map { $0 * columnPanels / columnTiles * RegisterTile.columns } }

  /// The row panels and column panels of a tile.
  func panels(ofTile tile: Int) -> (rows: Range<Int>, columns: Range<Int>) {
    let row = tile / columnTiles
    let column = tile % columnTiles
    return (
      row * rowPanels / rowTiles..<(row + 1) * rowPanels / rowTiles,
      column * columnPanels / columnTiles..<(column + 1) * columnPanels / columnTiles
    )
  }

  /// The depth of the blocks that `depth` is cut into, all equal but the last.
  static func blockDepth(_ depth: Int) -> Int {
    let blocks = max(1, (depth + largestDepth - 1) / largestDepth)
    return max(8, ((depth + blocks - 1) / blocks + 7) / 8 * 8)
  }
}
