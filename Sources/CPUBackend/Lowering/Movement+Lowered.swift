import TensorGraph

extension Fill: Lowered {
  func kernel(_ operands: [TensorType], _ results: [TensorType]) -> Kernel {
    Kernel { p in FillKernels.constant(value, type.scalar, count: type.count, to: p.results[0]) }
  }
}

extension Literal: Lowered {
  func kernel(_ operands: [TensorType], _ results: [TensorType]) -> Kernel {
    let numbers = values.map { Float($0) }
    return Kernel { p in FillKernels.literal(numbers, to: p.results[0]) }
  }
}

extension Iota: Lowered {
  func kernel(_ operands: [TensorType], _ results: [TensorType]) -> Kernel {
    Kernel { p in
      FillKernels.iota(
        outer: type.shape[..<axis].reduce(1, *), size: type.shape[axis],
        inner: type.shape[(axis + 1)...].reduce(1, *), type.scalar, to: p.results[0])
    }
  }
}

extension Broadcast: Lowered {
  func kernel(_ operands: [TensorType], _ results: [TensorType]) -> Kernel {
    let source = operands[0]
    let lead = shape.count - source.rank
    let strides = shape.indices.map { axis in
      axis < lead || source.shape[axis - lead] == 1 ? 0 : source.strides[axis - lead]
    }
    let copy = StridedCopy(
      shape: shape, sourceStrides: strides, targetStrides: results[0].strides,
      elementBytes: source.scalar.byteCount)
    return Kernel { p in copy.launches(source: p.operands[0], target: p.results[0]) }
  }
}

extension Transpose: Lowered {
  func kernel(_ operands: [TensorType], _ results: [TensorType]) -> Kernel {
    let copy = StridedCopy(
      transposing: operands[0].shape, by: permutation, elementBytes: operands[0].scalar.byteCount)
    return Kernel { p in copy.launches(source: p.operands[0], target: p.results[0]) }
  }
}

extension TensorType {
  /// The copy of a part of this type's shape, where `source` and `target` have the strides of the whole each has.
  fileprivate func partCopy(from source: TensorType, to target: TensorType) -> StridedCopy {
    StridedCopy(
      shape: shape, sourceStrides: source.strides, targetStrides: target.strides, elementBytes: scalar.byteCount)
  }

  /// How far in bytes index `start` of an axis lies from the beginning.
  fileprivate func offset(_ start: Int, axis: Int) -> Int { start * strides[axis] * scalar.byteCount }
}

extension Slice: Lowered {
  func kernel(_ operands: [TensorType], _ results: [TensorType]) -> Kernel {
    let copy = results[0].partCopy(from: operands[0], to: results[0])
    return Kernel { p in
      copy.launches(source: p.operands[0] + operands[0].offset(start, axis: axis), target: p.results[0])
    }
  }
}

extension Split: Lowered {
  func kernel(_ operands: [TensorType], _ results: [TensorType]) -> Kernel {
    let copies = results.map { $0.partCopy(from: operands[0], to: $0) }
    return Kernel { p in
      var start = 0
      return copies.indices.flatMap { index in
        defer { start += lengths[index] }
        return copies[index].launches(
          source: p.operands[0] + operands[0].offset(start, axis: axis), target: p.results[index])
      }
    }
  }
}

extension Concatenate: Lowered {
  func kernel(_ operands: [TensorType], _ results: [TensorType]) -> Kernel {
    let copies = operands.map { $0.partCopy(from: $0, to: results[0]) }
    return Kernel { p in
      var start = 0
      return copies.indices.flatMap { index in
        defer { start += operands[index].shape[axis] }
        return copies[index].launches(
          source: p.operands[index], target: p.results[0] + results[0].offset(start, axis: axis))
      }
    }
  }
}

extension Pad: Lowered {
  func kernel(_ operands: [TensorType], _ results: [TensorType]) -> Kernel {
    let copy = operands[0].partCopy(from: operands[0], to: results[0])
    return Kernel { p in
      FillKernels.constant(0, results[0].scalar, count: results[0].count, to: p.results[0])
        + copy.launches(source: p.operands[0], target: p.results[0] + results[0].offset(before, axis: axis))
    }
  }
}

extension UpdateSlice: Lowered {
  func kernel(_ operands: [TensorType], _ results: [TensorType]) -> Kernel {
    let copy = operands[1].partCopy(from: operands[1], to: operands[0])
    let limit = operands[0].shape[axis] - operands[1].shape[axis]
    let stride = operands[0].strides[axis]
    return Kernel(inPlace: [(0, 0)], touchedByteCount: 2 * operands[1].byteCount) { p in
      p.copyLaunches(0, to: 0, operands[0].byteCount)
        + copy.launches(
          source: p.operands[1], target: p.results[0],
          targetStart: .init(p.integers(2), limit: limit, stride: stride))
    }
  }
}

extension Pointers {
  /// Launches that copy an operand to a result that does not lie in its place.
  func copyLaunches(_ operand: Int, to result: Int, _ byteCount: Int) -> [Launch] {
    let (source, target) = (operands[operand], results[result])
    return source == target ? [] : [.copying(byteCount, from: source, to: target)]
  }
}

extension Launch {
  /// A launch that copies bytes.
  static func copying(
    _ byteCount: Int, from source: UnsafeMutableRawPointer, to target: UnsafeMutableRawPointer
  ) -> Launch {
    let piece = 1 << 18
    return Launch(tiles: (byteCount + piece - 1) / piece) { tile, _ in
      let start = tile * piece
      (target + start).copyMemory(from: source + start, byteCount: min(piece, byteCount - start))
    }
  }
}
