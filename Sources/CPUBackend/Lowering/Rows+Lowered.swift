import TensorGraph

extension TensorType {
  /// The number of elements in one row of a table.
  fileprivate var rowElements: Int { shape.dropFirst().reduce(1, *) }
}

extension Gather: Lowered {
  func kernel(_ operands: [TensorType], _ results: [TensorType]) -> Kernel {
    let rows = GatherRows(
      tableRows: operands[0].shape[0], rowBytes: operands[0].rowElements * operands[0].scalar.byteCount,
      count: operands[1].count)
    return Kernel(touchedByteCount: 2 * results[0].byteCount + operands[1].byteCount) { p in
      rows.launches(table: p.operands[0], indices: .i32(p.integers(1)), output: p.results[0])
    }
  }
}

extension ScatterAdd: Lowered {
  func kernel(_ operands: [TensorType], _ results: [TensorType]) -> Kernel {
    let rows = ScatterAddRows(
      tableRows: operands[0].shape[0], columns: operands[0].rowElements, count: operands[1].count)
    return Kernel(inPlace: [(0, 0)]) { p in
      p.copyLaunches(0, to: 0, operands[0].byteCount)
        + rows.launches(table: p.output(0), indices: .i32(p.integers(1)), rows: p.input(2))
    }
  }
}

extension TakeAlongLast: Lowered {
  func kernel(_ operands: [TensorType], _ results: [TensorType]) -> Kernel {
    let rows = TakeAlongRows(rows: operands[0].rowCount, columns: operands[0].columnCount)
    return Kernel { p in rows.launches(p.input(0), indices: .i32(p.integers(1)), output: p.output(0)) }
  }
}

extension OneHot: Lowered {
  func kernel(_ operands: [TensorType], _ results: [TensorType]) -> Kernel {
    let rows = OneHotRows(count: operands[0].count, depth: depth)
    return Kernel { p in rows.launches(indices: .i32(p.integers(0)), output: p.output(0)) }
  }
}

extension PatchKernels {
  /// The kernel for images `[B, C, H, W]`.
  fileprivate init(_ patches: Patches, _ image: [Int]) {
    self.init(
      batch: image[0], channels: image[1], height: image[2], width: image[3], kernel: patches.kernel,
      stride: patches.stride, padding: patches.padding)
  }
}

extension Patches: Lowered {
  func kernel(_ operands: [TensorType], _ results: [TensorType]) -> Kernel {
    let kernels = PatchKernels(self, operands[0].shape)
    return Kernel { p in kernels.extract(images: p.input(0), patches: p.output(0)) }
  }
}

extension PatchesGradient: Lowered {
  func kernel(_ operands: [TensorType], _ results: [TensorType]) -> Kernel {
    let kernels = PatchKernels(patches, image)
    return Kernel { p in kernels.accumulate(patches: p.input(0), images: p.output(0)) }
  }
}
