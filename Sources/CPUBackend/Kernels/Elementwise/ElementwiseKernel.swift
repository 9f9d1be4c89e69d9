import TensorGraph

/// A compiled elementwise program: runs on any block of its range, block registers in scratch memory.
package final class ElementwiseKernel: @unchecked Sendable {
  /// What a slot of the table of operands stands for.
  struct Input {
    let slot: Int
    let pointer: UnsafeRawPointer
    let storage: ScalarType
    let access: ElementwiseProgram.Access
    /// Offset of the register that takes a copy where the input can't be read in place.
    let register: Int
  }

  struct Step {
    enum Kind: UInt8 { case unary, unaryWithDerivative, binary, select, dropout }
    let kind: Kind
    let function: UInt8
    let a: Int
    let b: Int
    let c: Int
    let result: Int
    /// The slot of the derivative.
    var derivative = 0
    let rate: Float
    let key: UnsafePointer<UInt32>?
  }

  struct Output {
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
  let inputs: UnsafeMutableBufferPointer<Input>
  let steps: UnsafeMutableBufferPointer<Step>
  let outputs: UnsafeMutableBufferPointer<Output>
  let constants: UnsafeMutableBufferPointer<(slot: Int, number: Float)>
  let registers: UnsafeMutableBufferPointer<(slot: Int, offset: Int)>
  let slots: Int
  let splatOffset: Int
  let registerOffset: Int
  let blockSize: Int
  let isFlat: Bool

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
    // A function whose derivative of the same value is the next instruction is computed together with it.
    var derivativeOf: [Int: Int] = [:]
    var last: Int?
    for (index, source) in sources.enumerated() where lastUse[index] >= 0 {
      guard case .instruction(let instruction) = source else { continue }
      if let last, case .instruction(.unary(let function, let value)) = sources[last],
        case .unary(let next, value) = instruction, next == function.derivative
      {
        derivativeOf[last] = index
      }
      last = index
    }
    let derivatives = Set(derivativeOf.values)

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
        case .unary(_, let a) where derivatives.contains(index):
          let last = steps.removeLast()
          steps.append(
            Step(
              kind: .unaryWithDerivative, function: last.function, a: a.index, b: 0, c: 0, result: last.result,
              derivative: index, rate: 0, key: nil))
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
        let step = derivativeOf[slot] ?? slot
        isDirect = !inputs.contains {
          $0.pointer == UnsafeRawPointer(output.pointer) && lastUse[$0.slot] > step
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

  /// What the program reads for each element, besides the product that it follows.
  func companions(of product: UnsafePointer<Float>) -> [MatMul.Companion] {
    inputs.filter { $0.access.isFull && $0.pointer != UnsafeRawPointer(product) }.map {
      MatMul.Companion(
        pointer: $0.pointer, rowBytes: $0.access.rowStride * $0.storage.byteCount, elementBytes: $0.storage.byteCount)
    }
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
}
