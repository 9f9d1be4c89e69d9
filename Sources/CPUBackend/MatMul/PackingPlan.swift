/// How all panels of B are packed once for all tiles, in pieces of about equal size.
///
/// The result is `[block][panel][depth of the block][16]`.
struct PackingPlan {
  let tiles: Int

  private let operand: PackedB
  private let depth: Int
  private let target: UnsafeMutablePointer<Float>
  private let blockDepth: Int
  /// Panels of a tile, or rows of the source if its rows lie along the lanes.
  private let group: Int

  private static let floatsPerTile = 16384

  init(_ operand: PackedB, depth: Int, blockDepth: Int, to target: UnsafeMutablePointer<Float>) {
    self.operand = operand
    self.depth = depth
    self.target = target
    self.blockDepth = blockDepth
    if operand.laneStride == 1 {
      let rows = Self.floatsPerTile / operand.lanes / PackedB.rowsAtOnce * PackedB.rowsAtOnce
      group = max(PackedB.rowsAtOnce, rows)
      tiles = (depth + group - 1) / group
    } else {
      group = max(1, Self.floatsPerTile / (PackedB.width * max(1, depth)))
      tiles = (operand.panels + group - 1) / group
    }
  }

  func run(_ tile: Int) {
    let first = tile * group
    if operand.laneStride == 1 {
      pack(0..<operand.panels, first..<min(depth, first + group))
    } else {
      pack(first..<min(operand.panels, first + group), 0..<depth)
    }
  }

  /// Packs panels, block by block of the inner dimension.
  private func pack(_ panels: Range<Int>, _ depths: Range<Int>) {
    var start = depths.lowerBound
    while start < depths.upperBound {
      let block = start / blockDepth * blockDepth
      let size = min(blockDepth, depth - block)
      let end = min(depths.upperBound, block + size)
      operand.pack(
        panels: panels, depth: start..<end,
        target + PackedB.width * (block * operand.panels + panels.lowerBound * size + (start - block)),
        panelStride: size * PackedB.width)
      start = end
    }
  }
}
