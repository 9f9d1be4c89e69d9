/// How all panels of an operand are packed for one stage of the inner dimension, in tiles of about equal size.
///
/// The packed stage is `[block][panel][depth of the block][width]`.
struct PackingPlan {
  let tiles: Int

  private let operand: PackedOperand
  private let stage: Range<Int>
  private let target: UnsafeMutablePointer<Float>
  private let blockDepth: Int
  /// Panels of a tile, or rows of the source if its rows lie along the lanes.
  private let group: Int

  private static let floatsPerTile = 16384

  init(_ operand: PackedOperand, _ stage: Range<Int>, to target: UnsafeMutablePointer<Float>) {
    self.operand = operand
    self.stage = stage
    self.target = target
    blockDepth = Blocking.blockDepth(stage.count)
    if operand.laneStride == 1 {
      let rows = Self.floatsPerTile / operand.lanes / PackedOperand.rowsAtOnce * PackedOperand.rowsAtOnce
      group = max(PackedOperand.rowsAtOnce, rows)
      tiles = (stage.count + group - 1) / group
    } else {
      group = max(1, Self.floatsPerTile / (operand.width * stage.count))
      tiles = (operand.panels + group - 1) / group
    }
  }

  func run(_ tile: Int) {
    let first = tile * group
    if operand.laneStride == 1 {
      pack(0..<operand.panels, first..<min(stage.count, first + group))
    } else {
      pack(first..<min(operand.panels, first + group), 0..<stage.count)
    }
  }

  /// Packs panels by rows of the stage, block by block.
  private func pack(_ panels: Range<Int>, _ depths: Range<Int>) {
    var start = depths.lowerBound
    while start < depths.upperBound {
      let block = start / blockDepth * blockDepth
      let depth = min(blockDepth, stage.count - block)
      let end = min(depths.upperBound, block + depth)
      let to =
        target + operand.width * (block * operand.panels + panels.lowerBound * depth + (start - block))
      operand.pack(
        panels: panels, depth: stage.lowerBound + start..<stage.lowerBound + end, to, panelStride: depth * operand.width
      )
      start = end
    }
  }
}
