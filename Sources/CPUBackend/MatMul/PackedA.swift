import CKernels

/// The left operand of a product as a tile reads it.
///
/// Rows that lie along the inner dimension are read where they are, or copied where they would compete for the same
/// places of the first-level cache; otherwise they become panels `[depth][rows that the registers hold]`. Either way
/// nothing is transposed.
struct PackedA {
  private let source: UnsafePointer<Float>
  private let stride: Int
  private let rows: Int
  private let instructionSet: InstructionSet
  private let alongDepth: Bool
  private let competes: Bool

  init(_ product: MatMul, _ a: UnsafePointer<Float>) {
    source = a
    stride = product.lda
    rows = product.m
    alongDepth = !product.transposeA
    instructionSet = product.instructionSet
    // A way of the cache has 64 lines; rows whose distance shares a large factor with that meet in few of them.
    let lines = stride / 16
    let places = stride % 16 == 0 ? 64 / max(1, min(64, lines & -lines)) : 64
    competes = instructionSet.rows > 4 * places
  }

  /// The memory for a panel, in floats.
  static let panelFloats = RegisterTile.rows * Int(KERNELS_DEPTH)

  /// Makes panels of 24 rows ready in `memory`, or finds that they can stay where they are.
  ///
  /// What is behind the last row is left as it was: no product of it is kept.
  func prepare(
    _ panels: Range<Int>, _ depths: Range<Int>, _ memory: UnsafeMutablePointer<Float>, _ panel: inout kernels_panel
  ) {
    let range = panels.lowerBound * RegisterTile.rows..<min(rows, panels.upperBound * RegisterTile.rows)
    panel.a = UnsafePointer(memory)
    panel.rowStep = 0
    guard alongDepth else {
      return instructionSet.packAcross(
        source + depths.lowerBound * stride + range.lowerBound, stride, depth: depths.count, rows: range.count, memory)
    }
    // A register tile reads 6 rows, also where fewer are left.
    if !competes, range.count % 6 == 0 {
      panel.a = source + range.lowerBound * stride + depths.lowerBound
      panel.rowStep = stride
      return
    }
    panel.rowStep = Int(KERNELS_DEPTH)
    var to = memory
    for row in range {
      to.update(from: source + row * stride + depths.lowerBound, count: depths.count)
      to += Int(KERNELS_DEPTH)
    }
  }

  /// What packing will read.
  func ahead(_ panels: Range<Int>, _ depths: Range<Int>, over calls: Int) -> kernels_ahead {
    let lanes = panels.lowerBound * RegisterTile.rows..<min(rows, panels.upperBound * RegisterTile.rows)
    return alongDepth
      ? kernels_ahead(source, stride, rows: lanes, columns: depths, over: calls)
      : kernels_ahead(source, stride, rows: depths, columns: lanes, over: calls)
  }
}

extension PackedB {
  /// What packing will read.
  func ahead(panels: Range<Int>, _ depths: Range<Int>, over calls: Int) -> kernels_ahead {
    let range = panels.lowerBound * Self.width..<min(lanes, panels.upperBound * Self.width)
    return laneStride == 1
      ? kernels_ahead(source, depthStride, rows: depths, columns: range, over: calls)
      : kernels_ahead(source, laneStride, rows: range, columns: depths, over: calls)
  }
}

extension kernels_ahead {
  /// The cache lines of a companion in a block of C.
  init(_ companion: MatMul.Companion, of block: MatMul.Block, over calls: Int) {
    let first = companion.pointer + block.row * companion.rowBytes + block.column * companion.elementBytes
    self.init(
      first, strideBytes: companion.rowBytes, rows: block.rows, bytes: block.columns * companion.elementBytes, calls)
  }

  /// The cache lines of a part of a matrix, asked for evenly over some calls.
  init(
    _ matrix: UnsafePointer<Float>, _ stride: Int, rows: Range<Int>, columns: Range<Int>, over calls: Int
  ) {
    self.init(
      matrix + rows.lowerBound * stride + columns.lowerBound, strideBytes: stride * 4, rows: rows.count,
      bytes: columns.count * 4, calls)
  }

  private init(_ first: UnsafeRawPointer, strideBytes: Int, rows: Int, bytes: Int, _ calls: Int) {
    let lines = (bytes + (Int(bitPattern: first) & 63) + 63) / 64
    let total = lines * rows
    self.init(
      row: first.assumingMemoryBound(to: CChar.self), stride: strideBytes, lines: Int32(lines), line: 0, left: total,
      atOnce: (total + max(1, calls) - 1) / max(1, calls))
  }
}
