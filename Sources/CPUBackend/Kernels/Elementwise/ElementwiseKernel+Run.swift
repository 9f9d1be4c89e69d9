import TensorGraph

extension ElementwiseKernel {
  /// Below this, interpreting a row costs more than copying it.
  private static let shortestRowInPlace = 64

  /// Runs the program on the block [row ..< row + rows, column ..< column + columns].
  package func run(row: Int, column: Int, rows: Int, columns: Int, scratch: UnsafeMutableRawPointer) {
    guard rows > 0, columns > 0 else { return }
    let table = scratch.assumingMemoryBound(to: Operand.self)
    let splats = (scratch + splatOffset).assumingMemoryBound(to: Float.self)
    for constant in constants {
      let splat = splats + constant.slot * 8
      Vector(repeating: constant.number).store(to: splat)
      table[constant.slot] = Operand(pointer: splat, step: 0)
    }
    for register in registers {
      let memory = (scratch + registerOffset + register.offset).assumingMemoryBound(to: Float.self)
      table[register.slot] = Operand(pointer: memory, step: 8)
    }
    // Several short rows make one block. Long rows are read and written in place instead, which saves copies.
    let isInPlace = columns >= Self.shortestRowInPlace && columns % 16 == 0
    if columns * 2 <= blockSize && rows > 1 && !isInPlace {
      let rowsPerBlock = blockSize / columns
      var done = 0
      while done < rows {
        let count = min(rowsPerBlock, rows - done)
        runBlock(row: row + done, column: column, rows: count, columns: columns, scratch: scratch)
        done += count
      }
      return
    }
    for index in row..<row + rows {
      var done = 0
      while done < columns {
        let count = min(blockSize, columns - done)
        runBlock(row: index, column: column + done, rows: 1, columns: count, scratch: scratch)
        done += count
      }
    }
  }

  @inline(__always)
  private func runBlock(row: Int, column: Int, rows: Int, columns: Int, scratch: UnsafeMutableRawPointer) {
    let table = scratch.assumingMemoryBound(to: Operand.self)
    let count = rows * columns
    let padded = (count + 15) & ~15
    for input in inputs { prepare(input, row, column, rows, columns, scratch) }
    for output in outputs where output.isDirect {
      if padded == count && (rows == 1 || output.rowStride == columns) {
        let offset = row * output.rowStride + column
        table[output.slot] = Operand(
          pointer: output.pointer.assumingMemoryBound(to: Float.self) + offset, step: 8)
      } else {
        table[output.slot] = Operand(
          pointer: (scratch + registerOffset + output.register).assumingMemoryBound(to: Float.self), step: 8)
      }
    }
    for step in steps {
      let result = table[step.result].pointer
      switch step.kind {
      case .unary:
        CPUBackend.run(
          ElementwiseProgram.Unary(rawValue: step.function).unsafelyUnwrapped, table[step.a], result, padded)
      case .unaryWithDerivative:
        CPUBackend.run(
          ElementwiseProgram.Unary(rawValue: step.function).unsafelyUnwrapped, table[step.a], result,
          derivatives: table[step.derivative].pointer, padded)
      case .binary:
        CPUBackend.run(
          ElementwiseProgram.Binary(rawValue: step.function).unsafelyUnwrapped, table[step.a], table[step.b], result,
          padded)
      case .select:
        runSelect(table[step.a], table[step.b], table[step.c], result, padded)
      case .dropout:
        runDropout(step, row, column, rows, columns, table)
      }
    }
    for output in outputs {
      let value = table[output.slot]
      let first = row * output.rowStride + column
      if output.isDirect && value.pointer == output.pointer.assumingMemoryBound(to: Float.self) + first { continue }
      for index in 0..<rows {
        let memory = output.pointer + (first + index * output.rowStride) * output.storage.byteCount
        if value.step == 0 {
          storeSplat(value, output.storage, memory, columns)
        } else {
          store(output.storage, value.pointer + index * columns, memory, columns)
        }
      }
    }
  }

  private func storeSplat(_ value: Operand, _ storage: ScalarType, _ memory: UnsafeMutableRawPointer, _ columns: Int) {
    var done = 0
    while done < columns {
      let count = min(8, columns - done)
      store(storage, value.pointer, memory + done * storage.byteCount, count)
      done += count
    }
  }

  private func runDropout(
    _ step: Step, _ row: Int, _ column: Int, _ rows: Int, _ columns: Int, _ table: UnsafeMutablePointer<Operand>
  ) {
    guard let key = step.key else { return }
    let a = table[step.a]
    let result = table[step.result].pointer
    let isWhole = rows == 1 || columns == self.columns
    for index in 0..<(isWhole ? 1 : rows) {
      let offset = index * columns
      CPUBackend.runDropout(
        Operand(pointer: a.step == 0 ? a.pointer : a.pointer + offset, step: a.step), result + offset,
        isWhole ? rows * columns : columns, start: (row + index) * self.columns + column, rate: step.rate, key: key,
        stream: UInt32(step.b))
    }
  }

  /// Points the input's slot at its numbers for a block: in place where they lie as the block does, else a copy.
  private func prepare(
    _ input: Input, _ row: Int, _ column: Int, _ rows: Int, _ columns: Int, _ scratch: UnsafeMutableRawPointer
  ) {
    let table = scratch.assumingMemoryBound(to: Operand.self)
    let access = input.access
    let size = input.storage.byteCount
    @inline(__always) func address(_ row: Int) -> UnsafeRawPointer {
      var index = row
      if access.rowDivisor != 1 { index /= access.rowDivisor }
      if access.rowModulus != 0 { index %= access.rowModulus }
      return input.pointer + (index * access.rowStride + column * access.columnStride) * size
    }
    let count = rows * columns
    if access.columnStride == 0 && (rows == 1 || access.rowStride == 0) {
      let splat = (scratch + splatOffset).assumingMemoryBound(to: Float.self) + input.slot * 8
      load(input.storage, address(row), splat, 1)
      Vector(repeating: splat[0]).store(to: splat)
      table[input.slot] = Operand(pointer: splat, step: 0)
      return
    }
    let isPlain = access.rowDivisor == 1 && access.rowModulus == 0 && access.rowStride == columns
    let isContiguous = access.columnStride == 1 && (rows == 1 || isPlain)
    if isContiguous && input.storage == .f32 && count & 15 == 0 {
      let memory = UnsafeMutableRawPointer(mutating: address(row)).assumingMemoryBound(to: Float.self)
      table[input.slot] = Operand(pointer: memory, step: 8)
      return
    }
    let memory = (scratch + registerOffset + input.register).assumingMemoryBound(to: Float.self)
    if isContiguous {
      load(input.storage, address(row), memory, count)
    } else {
      for index in 0..<rows {
        let target = memory + index * columns
        if access.columnStride == 1 {
          load(input.storage, address(row + index), target, columns)
        } else {
          load(input.storage, address(row + index), target, 1)
          let number = target[0]
          for other in 1..<max(1, columns) { target[other] = number }
        }
      }
    }
    for index in count..<(count + 15) & ~15 { memory[index] = 0 }
    table[input.slot] = Operand(pointer: memory, step: 8)
  }
}
