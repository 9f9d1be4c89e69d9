/// The right operand of a product as the packing sees it: `lanes` (its columns) by `depth`.
///
/// Packed, it is a sequence of panels of 16 lanes, `[panel][depth][16]`, with zeros for the lanes that the last panel
/// lacks.
struct PackedB {
  let source: UnsafePointer<Float>
  /// The distance in memory of neighbours along the lanes; 1 or the stride of the matrix.
  let laneStride: Int
  /// The distance in memory of neighbours along the inner dimension; the other of the two.
  let depthStride: Int
  let lanes: Int
  /// Lanes in a panel.
  static let width = RegisterTile.columns
  private var width: Int { Self.width }

  var panels: Int { (lanes + width - 1) / width }

  /// Packs some panels to `target`: `[panels.count][depth.count][16]`.
  func pack(panels range: Range<Int>, depth: Range<Int>, _ target: UnsafeMutablePointer<Float>) {
    pack(panels: range, depth: depth, target, panelStride: depth.count * width)
  }

  /// Packs some panels, whose beginnings are `panelStride` apart in `target`.
  func pack(
    panels range: Range<Int>, depth depths: Range<Int>, _ target: UnsafeMutablePointer<Float>, panelStride: Int
  ) {
    let full = max(range.lowerBound, min(range.upperBound, lanes / width))
    if laneStride == 1 {
      packRows(range.lowerBound..<full, depths, target, panelStride)
    } else {
      for panel in range.lowerBound..<full {
        let from = source + panel * width * laneStride + depths.lowerBound * depthStride
        let to = target + (panel - range.lowerBound) * panelStride
        interleave(from, laneStride, depths.count, to)
      }
    }
    if full < range.upperBound {
      packLast(full, depths, target + (full - range.lowerBound) * panelStride)
    }
  }

  /// Packs rows of the source that lie along the lanes, a few at a time: so each is read from its beginning to its
  /// end, as the processor prefetches it, and what is written to a panel at a time is a few cache lines.
  private func packRows(
    _ panels: Range<Int>, _ depths: Range<Int>, _ target: UnsafeMutablePointer<Float>, _ panelStride: Int
  ) {
    var k = depths.lowerBound
    while k < depths.upperBound {
      let rows = min(Self.rowsAtOnce, depths.upperBound - k)
      var from = source + k * depthStride + panels.lowerBound * width
      var to = target + (k - depths.lowerBound) * width
      for _ in panels {
        copyRows(from, depthStride, rows, to)
        from += width
        to += panelStride
      }
      k += rows
    }
  }

  static let rowsAtOnce = 8

  /// Packs the panel that is not full.
  private func packLast(_ panel: Int, _ depths: Range<Int>, _ target: UnsafeMutablePointer<Float>) {
    let count = lanes - panel * width
    var to = target
    for k in depths {
      let from = source + panel * width * laneStride + k * depthStride
      for lane in 0..<width { to[lane] = lane < count ? from[lane * laneStride] : 0 }
      to += width
    }
  }
}

@inline(__always)
private func copyRows(
  _ source: UnsafePointer<Float>, _ stride: Int, _ rows: Int, _ target: UnsafeMutablePointer<Float>
) {
  for row in 0..<rows {
    Vector(at: source + row * stride).store(to: target + row * 16)
    Vector(at: source + row * stride + 8).store(to: target + row * 16 + 8)
  }
}

/// Transposes `[16, depth]`, whose rows are `stride` apart, to `[depth, 16]`.
@inline(__always)
private func interleave(
  _ source: UnsafePointer<Float>, _ stride: Int, _ depth: Int, _ target: UnsafeMutablePointer<Float>
) {
  var k = 0
  while k + 8 <= depth {
    for half in 0..<2 {
      let from = source + half * 8 * stride + k
      let block = transpose8(
        Vector(at: from), Vector(at: from + stride), Vector(at: from + 2 * stride), Vector(at: from + 3 * stride),
        Vector(at: from + 4 * stride), Vector(at: from + 5 * stride), Vector(at: from + 6 * stride),
        Vector(at: from + 7 * stride))
      let to = target + k * 16 + half * 8
      block.0.store(to: to)
      block.1.store(to: to + 16)
      block.2.store(to: to + 32)
      block.3.store(to: to + 48)
      block.4.store(to: to + 64)
      block.5.store(to: to + 80)
      block.6.store(to: to + 96)
      block.7.store(to: to + 112)
    }
    k += 8
  }
  while k < depth {
    for lane in 0..<16 { target[k * 16 + lane] = source[lane * stride + k] }
    k += 1
  }
}
