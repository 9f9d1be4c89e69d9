import TensorGraph

/// A compiled elementwise program: runs on any block of its range, block registers in scratch memory.
package final class ElementwiseKernel: @unchecked Sendable {
  /// What a slot of the table of operands stands for.
  private struct Input {
    let slot: Int
    let pointer: UnsafeRawPointer
    let storage: ScalarType
    let access: ElementwiseProgram.Access
    /// Offset of the register that takes a copy where the input can't be read in place.
    let register: Int
  }

  private struct Step {
    enum Kind: UInt8 { case unary, binary, select, dropout }
    let kind: Kind
    let function: UInt8
    let a: Int
    let b: Int
    let c: Int
    let result: Int
    let rate: Float
    let key: UnsafePointer<UInt32>?
  }

  private struct Output {
    let slot: Int
    let pointer: UnsafeMutableRawPointer
    let storage: ScalarType
    let rowStride: Int
    /// Offset of the register that holds the value where it isn't computed in place.
    let register: Int
    /// Whether the instruction may compute right into the output's memory.
    let isDirect: Bool
  }

  package let rows: Int
  package let columns: Int
  /// Bytes of scratch memory that `run` needs.
  package let scratchBytes: Int

  // Plain memory: reading it costs no checks and no reference counting while a block runs.
  private let inputs: UnsafeMutableBufferPointer<Input>
  private let steps: UnsafeMutableBufferPointer<Step>
  private let outputs: UnsafeMutableBufferPointer<Output>
  private let constants: UnsafeMutableBufferPointer<(slot: Int, number: Float)>
  private let registers: UnsafeMutableBufferPointer<(slot: Int, offset: Int)>
  private let slots: Int
  private let splatOffset: Int
  private let registerOffset: Int
  private let blockSize: Int
  private let isFlat: Bool

  package init(_ program: ElementwiseProgram) {
    rows = program.rows
    columns = program.columns
    let sources = program.sources
    slots = sources.count

    // A value lives from where it is made to its last use; an output to the end.
    var lastUse = [Int](repeating: -1, count: slots)
    func operands(_ instruction: ElementwiseProgram.Instruction) -> [Int] {
      switch instruction {
      case .unary(_, let a), .dropout(let a, _, _, _): [a.index]
      case .binary(_, let a, let b): [a.index, b.index]
      case .select(let a, let b, let c): [a.index, b.index, c.index]
      }
    }
    for (index, source) in sources.enumerated() {
      guard case .instruction(let instruction) = source else { continue }
      for operand in operands(instruction) { lastUse[operand] = index }
    }
    for output in program.outputs { lastUse[output.value.index] = slots }

    var registerOf = [Int](repeating: -1, count: slots)
    var free: [Int] = []
    var registerCount = 0
    func take() -> Int {
      if let register = free.popLast() { return register }
      registerCount += 1
      return registerCount - 1
    }
    // Inputs are loaded before the first instruction runs, so their registers are taken first.
    for (index, source) in sources.enumerated() {
      if case .input(_, _, let access) = source, access != .scalar, lastUse[index] >= 0 {
        registerOf[index] = take()
      }
    }
    for (index, source) in sources.enumerated() {
      guard case .instruction(let instruction) = source, lastUse[index] >= 0 else { continue }
      for operand in Set(operands(instruction)).sorted() where lastUse[operand] == index && registerOf[operand] >= 0 {
        free.append(registerOf[operand])
      }
      registerOf[index] = take()
    }

    blockSize = registerCount <= 6 ? 1024 : registerCount <= 12 ? 512 : 256
    let bytesPerRegister = blockSize * 4
    var inputs: [Input] = []
    var steps: [Step] = []
    var constants: [(slot: Int, number: Float)] = []
    var registers: [(slot: Int, offset: Int)] = []
    for (index, source) in sources.enumerated() where lastUse[index] >= 0 {
      switch source {
      case .input(let pointer, let storage, let access):
        inputs.append(
          Input(
            slot: index, pointer: pointer, storage: storage, access: access,
            register: registerOf[index] * bytesPerRegister))
      case .constant(let number):
        constants.append((index, number))
      case .instruction(let instruction):
        registers.append((index, registerOf[index] * bytesPerRegister))
        switch instruction {
        case .unary(let function, let a):
          steps.append(
            Step(
              kind: .unary, function: function.rawValue, a: a.index, b: 0, c: 0, result: index, rate: 0, key: nil))
        case .binary(let function, let a, let b):
          steps.append(
            Step(
              kind: .binary, function: function.rawValue, a: a.index, b: b.index, c: 0, result: index, rate: 0,
              key: nil))
        case .select(let a, let b, let c):
          steps.append(
            Step(
              kind: .select, function: 0, a: a.index, b: b.index, c: c.index, result: index, rate: 0, key: nil))
        case .dropout(let a, let rate, let key, let stream):
          steps.append(
            Step(
              kind: .dropout, function: 0, a: a.index, b: Int(stream), c: 0, result: index, rate: rate, key: key))
        }
      }
    }

    var outputs: [Output] = []
    var written: Set<Int> = []
    for output in program.outputs {
      let slot = output.value.index
      var isDirect = false
      if case .instruction = sources[slot], output.storage == .f32, written.insert(slot).inserted {
        // An input in the same memory must have been read for the last time.
        isDirect = !inputs.contains {
          $0.pointer == UnsafeRawPointer(output.pointer) && lastUse[$0.slot] > slot
        }
      }
      outputs.append(
        Output(
          slot: slot, pointer: output.pointer, storage: output.storage, rowStride: output.rowStride,
          register: max(0, registerOf[slot]) * bytesPerRegister, isDirect: isDirect))
    }

    isFlat =
      inputs.allSatisfy {
        $0.access.rowModulus == 0 && $0.access.rowDivisor == 1
          && ($0.access == .scalar || $0.access == .full(rowStride: program.columns))
      } && outputs.allSatisfy { $0.rowStride == program.columns }
    splatOffset = (slots * MemoryLayout<Operand>.stride + 63) / 64 * 64
    registerOffset = (splatOffset + slots * 32 + 63) / 64 * 64
    scratchBytes = registerOffset + registerCount * bytesPerRegister
    self.inputs = Self.copy(inputs)
    self.steps = Self.copy(steps)
    self.outputs = Self.copy(outputs)
    self.constants = Self.copy(constants)
    self.registers = Self.copy(registers)
  }

  private static func copy<Element>(_ elements: [Element]) -> UnsafeMutableBufferPointer<Element> {
    let memory = UnsafeMutableBufferPointer<Element>.allocate(capacity: elements.count)
    _ = memory.initialize(from: elements)
    return memory
  }

  deinit {
    inputs.deallocate()
    steps.deallocate()
    outputs.deallocate()
    constants.deallocate()
    registers.deallocate()
  }

  /// The program over its whole range, in tiles of about 16 thousand elements.
  package func launches() -> [Launch] {
    let target = 16 * 1024
    if isFlat {
      let count = rows * columns
      let tiles = (count + target - 1) / target
      return [
        Launch(tiles: tiles, scratchBytes: scratchBytes) { tile, worker in
          let start = tile * target
          self.run(row: 0, column: start, rows: 1, columns: min(target, count - start), scratch: worker.scratch)
        }
      ]
    }
    guard rows > 0, columns > 0 else { return [] }
    let tileColumns = min(columns, target)
    let tileRows = max(1, target / tileColumns)
    let across = (columns + tileColumns - 1) / tileColumns
    let down = (rows + tileRows - 1) / tileRows
    return [
      Launch(tiles: down * across, scratchBytes: scratchBytes) { tile, worker in
        let row = tile / across * tileRows
        let column = tile % across * tileColumns
        self.run(
          row: row, column: column, rows: min(tileRows, self.rows - row),
          columns: min(tileColumns, self.columns - column), scratch: worker.scratch)
      }
    ]
  }

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
    if columns * 2 <= blockSize && rows > 1 {
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
