/// How a product is cut: C into tiles of panels, the inner dimension into stages and those into blocks.
///
/// Everything follows from the shape alone.
struct Blocking {
  /// Micro-panels of 6 rows and of 16 columns.
  let rowPanels: Int
  let columnPanels: Int
  let rowTiles: Int
  let columnTiles: Int

  /// A block of A (rows of a tile x depth, <= 144 x 256) stays in the second-level cache, a panel of B in the first.
  static let largestDepth = 256
  static let largestRowPanels = 24
  static let largestColumnPanels = 32

  init(m: Int, n: Int, k: Int, batch: Int = 1, fewestColumnPanels: Int = 1) {
    rowPanels = (m + RegisterTile.rows - 1) / RegisterTile.rows
    columnPanels = (n + RegisterTile.columns - 1) / RegisterTile.columns
    var rowTiles = (rowPanels + Self.largestRowPanels - 1) / Self.largestRowPanels
    var columnTiles = (columnPanels + Self.largestColumnPanels - 1) / Self.largestColumnPanels
    // Enough tiles that threads end at about the same time, unless that makes tiles of a few microseconds.
    while batch * rowTiles * columnTiles < 32 {
      let rows = (rowPanels + rowTiles - 1) / rowTiles
      let columns = (columnPanels + columnTiles - 1) / columnTiles
      let maySplitColumns = columns >= 2 * fewestColumnPanels
      guard rows * columns * 96 * k > 400_000, rows > 1 || maySplitColumns else { break }
      if rows * RegisterTile.rows >= columns * RegisterTile.columns, rows > 1 {
        rowTiles = min(rowPanels, rowTiles * 2)
      } else if maySplitColumns {
        columnTiles = min(columnPanels, columnTiles * 2)
      } else {
        rowTiles = min(rowPanels, rowTiles * 2)
      }
    }
    self.rowTiles = rowTiles
    self.columnTiles = columnTiles
  }

  var tiles: Int { rowTiles * columnTiles }

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
  static func blockDepth(_ depth: Int, atMost limit: Int = largestDepth) -> Int {
    let largest = min(limit, largestDepth)
    let blocks = max(1, (depth + largest - 1) / largest)
    return ((depth + blocks - 1) / blocks + 7) / 8 * 8
  }
}
