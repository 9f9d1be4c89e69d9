import CKernels

/// The left operand of a product as a tile packs it.
///
/// Rows that lie along the inner dimension are copied as they are; otherwise they become panels `[depth][rows that the
/// registers hold]`. Either way nothing is transposed.
struct PackedA {
  let alongDepth: Bool
  private let source: UnsafePointer<Float>
  private let stride: Int
  private let rows: Int
  private let instructionSet: InstructionSet

  init(_ product: MatMul, _ a: UnsafePointer<Float>) {
    source = a
    stride = product.lda
    rows = product.m
    alongDepth = !product.transposeA
    instructionSet = product.instructionSet
  }

  /// The memory for a panel, in floats.
  static let panelFloats = RegisterTile.rows * Int(KERNELS_DEPTH)

  /// Packs panels of 24 rows. What is behind the last row is left as it was: no product of it is kept.
  func pack(_ panels: Range<Int>, _ depths: Range<Int>, _ target: UnsafeMutablePointer<Float>) {
    let range = panels.lowerBound * RegisterTile.rows..<min(rows, panels.upperBound * RegisterTile.rows)
    guard alongDepth else {
      return instructionSet.packAcross(
        source + depths.lowerBound * stride + range.lowerBound, stride, depth: depths.count, rows: range.count, target)
    }
    var to = target
    for row in range {
      copy(source + row * stride + depths.lowerBound, depths.count, to)
      to += Int(KERNELS_DEPTH)
    }
  }

  /// What packing will read.
  func ahead(_ panels: Range<Int>, _ depths: Range<Int>, over registerTiles: Int) -> kernels_ahead {
    let lanes = panels.lowerBound * RegisterTile.rows..<min(rows, panels.upperBound * RegisterTile.rows)
    return alongDepth
      ? kernels_ahead(source, stride, rows: lanes, columns: depths, over: registerTiles)
      : kernels_ahead(source, stride, rows: depths, columns: lanes, over: registerTiles)
  }
}

extension PackedOperand {
  /// What packing will read.
  func ahead(panels: Range<Int>, _ depths: Range<Int>, over registerTiles: Int) -> kernels_ahead {
    let range = panels.lowerBound * width..<min(lanes, panels.upperBound * width)
    return laneStride == 1
      ? kernels_ahead(source, depthStride, rows: depths, columns: range, over: registerTiles)
      : kernels_ahead(source, laneStride, rows: range, columns: depths, over: registerTiles)
  }
}

extension kernels_ahead {
  /// The cache lines of a part of a matrix, asked for evenly over some register tiles.
  init(
    _ matrix: UnsafePointer<Float>, _ stride: Int, rows: Range<Int>, columns: Range<Int>, over registerTiles: Int
  ) {
    let first = matrix + rows.lowerBound * stride + columns.lowerBound
    let offset = Int(bitPattern: first) & 63
    let lines = (columns.count * 4 + offset + 63) / 64
    let total = lines * rows.count
    self.init(
      row: UnsafeRawPointer(first).assumingMemoryBound(to: CChar.self), stride: stride * 4, lines: Int32(lines),
      line: 0, left: total, atOnce: (total + registerTiles - 1) / max(1, registerTiles))
  }
}

@inline(__always)
private func copy(_ source: UnsafePointer<Float>, _ count: Int, _ target: UnsafeMutablePointer<Float>) {
  var index = 0
  while index + 8 <= count {
    Vector(at: source + index).store(to: target + index)
    index += 8
  }
  while index < count {
    target[index] = source[index]
    index += 1
  }
}
