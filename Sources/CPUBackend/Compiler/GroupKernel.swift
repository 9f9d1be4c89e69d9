import TensorGraph

/// An instruction: what runs, on which values.
struct Instruction {
  /// What profiles call it.
  let label: String
  /// The values that it reads from memory.
  let operands: [ValueID]
  /// The values that it writes to memory.
  let results: [ValueID]
  /// How it runs.
  let kernel: Kernel

  init(_ label: String, _ operands: [ValueID], _ results: [ValueID], _ kernel: Kernel) {
    self.label = label
    self.operands = operands
    self.results = results
    self.kernel = kernel
  }
}

/// Makes the instruction of an elementwise group, alone or behind its matrix product.
struct GroupKernel {
  let fusion: Fusion
  let group: ElementwiseGroup
  /// Pairs of a state's new value and its old one: these end up in the same memory.
  let updates: [(new: ValueID, old: ValueID)]

  /// The values that the group reads from memory: first the product's, then the members'.
  var operands: [ValueID] {
    let graph = fusion.graph
    var list = group.product.map { graph.nodes[$0].operands.map(fusion.base) } ?? []
    for index in group.members {
      let node = graph.nodes[index]
      for operand in fusion.elementwiseOperands(node) {
        guard case .value(let value, _) = fusion.source(operand), !isInternal(value) else { continue }
        if !list.contains(value) { list.append(value) }
      }
      if node.operation is Dropout, !list.contains(fusion.base(node.operands[1])) {
        list.append(fusion.base(node.operands[1]))
      }
    }
    return list
  }

  private func isInternal(_ value: ValueID) -> Bool {
    value.node == group.product || group.members.contains(value.node)
  }

  /// The group's instruction, which writes those of its values that are in `read`.
  func instruction(writing read: Set<ValueID>) -> Instruction {
    let operands = operands
    let results = ((group.product.map { [$0] } ?? []) + group.members).map { ValueID(node: $0) }.filter(read.contains)
    let graph = fusion.graph
    var kernel: Kernel
    if let product = group.product {
      kernel = self.product(graph.nodes[product], product, operands, results)
    } else {
      kernel = Kernel { pointers in
        ElementwiseKernel(self.program(operands, results, pointers, product: nil)).launches()
      }
      kernel.inPlace = inPlacePairs(operands, from: 0, results: results)
    }
    let names = group.members.map { graph.nodes[$0].operation.shortName }
    let label = (group.product == nil ? names : ["matmul"] + names).joined(separator: "+")
    return Instruction(label, operands, results, kernel)
  }

  private func product(_ node: Node, _ index: Int, _ operands: [ValueID], _ results: [ValueID]) -> Kernel {
    let type = node.results[0]
    let operation = MatMul(node.operation, node.operands.map(fusion.graph.type), type)
    let raw = ValueID(node: index)
    // The product is written where one of the results will lie, unless that place is still to be read: the old value
    // of a state that this very result replaces.
    let carrier =
      results.firstIndex(of: raw)
      ?? results.firstIndex { result in
        fusion.graph.type(result).scalar == .f32
          && !updates.contains { $0.new == result && operands.contains($0.old) }
      }
    let workspace = (operation.workspaceFloats() * 4 + 63) / 64 * 64
    var kernel = Kernel { pointers in
      let c =
        carrier.map { pointers.output($0) }
        ?? (pointers.workspace + workspace).assumingMemoryBound(to: Float.self)
      guard !self.group.members.isEmpty else {
        return operation.launches(a: pointers.input(0), b: pointers.input(1), c: c, workspace: pointers.floats)
      }
      let chain = ElementwiseKernel(self.program(operands, results, pointers, product: c))
      // The chain's scratch memory lies in front of the product's own, which stays in use between blocks.
      let reserve = (chain.scratchBytes + 63) / 64 * 64
      let launches = operation.launches(
        a: pointers.input(0), b: pointers.input(1), c: c, workspace: pointers.floats,
        epilogue: { block in
          chain.run(
            row: block.row, column: block.column, rows: block.rows, columns: block.columns,
            scratch: block.worker.scratch - reserve)
        }, companions: chain.companions(of: c))
      return launches.map { $0.reserving(reserve) }
    }
    kernel.workspaceByteCount = workspace + (carrier == nil ? type.byteCount : 0)
    kernel.flops = 2 * Double(operation.m) * Double(operation.n) * Double(operation.k)
    kernel.inPlace = inPlacePairs(operands, from: 2, results: results).filter { $0.result != carrier }
    return kernel
  }

  /// Results that may lie where an operand lies: read in full at the same places and nowhere else.
  private func inPlacePairs(_ operands: [ValueID], from first: Int, results: [ValueID]) -> [(result: Int, operand: Int)]
  {
    let graph = fusion.graph
    var pairs: [(result: Int, operand: Int)] = []
    for (place, operand) in operands.enumerated() where place >= first && !operands.prefix(first).contains(operand) {
      let isFull = group.members.allSatisfy { index in
        let node = graph.nodes[index]
        return fusion.elementwiseOperands(node).allSatisfy { read in
          guard case .value(let value, let access) = fusion.source(read), value == operand else { return true }
          return access.isFull
        } && !node.operands.dropFirst(fusion.elementwiseOperands(node).count).map(fusion.base).contains(operand)
      }
      guard isFull else { continue }
      for (number, result) in results.enumerated()
      where graph.type(result).scalar == graph.type(operand).scalar
        && graph.type(result).count == graph.type(operand).count
      {
        pairs.append((number, place))
      }
    }
    return pairs
  }

  /// The members as one elementwise program.
  private func program(
    _ operands: [ValueID], _ results: [ValueID], _ pointers: Pointers, product: UnsafeMutablePointer<Float>?
  ) -> ElementwiseProgram {
    let graph = fusion.graph
    let columns = group.space.columns
    var program = ElementwiseProgram(rows: group.space.rows, columns: columns)
    var values: [ValueID: ElementwiseProgram.Value] = [:]
    var inputs: [String: ElementwiseProgram.Value] = [:]
    func read(_ operand: ValueID) -> ElementwiseProgram.Value {
      switch fusion.source(operand) {
      case .constant(let number): return program.constant(Float(number))
      case .value(let value, let access):
        if let known = values[value] { return known }
        if value.node == group.product, let product {
          let input = program.input(product, .full(rowStride: columns))
          values[value] = input
          return input
        }
        let key = "\(value) \(access)"
        if let known = inputs[key] { return known }
        let place = operands.firstIndex(of: value) ?? 0
        let input = program.input(pointers.operands[place], access, storage: graph.type(value).scalar)
        inputs[key] = input
        return input
      }
    }
    for index in group.members {
      let node = graph.nodes[index]
      var key: UnsafePointer<UInt32>?
      if node.operation is Dropout {
        let place = operands.firstIndex(of: fusion.base(node.operands[1])) ?? 0
        key = UnsafePointer(pointers.operands[place].assumingMemoryBound(to: UInt32.self))
      }
      let inner = fusion.elementwiseOperands(node).map(read)
      values[ValueID(node: index)] = program.append(
        node.operation, inner, from: graph.type(node.operands[0]).scalar, key: key)
    }
    for (result, pointer) in zip(results, pointers.results) {
      guard result.node != group.product, let value = values[result] else { continue }
      program.store(value, to: pointer, rowStride: columns, storage: graph.type(result).scalar)
    }
    return program
  }
}

extension ElementwiseProgram {
  /// Appends the instructions of a graph operation; elements of the operands are of type `scalar`.
  mutating func append(
    _ operation: any Operation, _ operands: [Value], from scalar: ScalarType, key: UnsafePointer<UInt32>?
  ) -> Value {
    switch operation {
    case let unary as TensorGraph.Unary: return self.unary(Unary(unary.function), operands[0])
    case let binary as TensorGraph.Binary:
      return self.binary(Binary(binary.function), operands[0], operands[1])
    case let compare as Compare: return binary(Binary(compare.relation), operands[0], operands[1])
    case is Select: return select(operands[0], operands[1], operands[2])
    case let convert as Convert:
      switch convert.scalar {
      case .f32: return operands[0]
      case .f16: return unary(.roundToHalf, operands[0])
      case .bf16: return unary(.roundToBrain, operands[0])
      case .bool: return binary(.notEqual, operands[0], constant(0))
      case .i8, .i32, .i64: return scalar.isFloatingPoint ? unary(.truncate, operands[0]) : operands[0]
      }
    case let activation as ActivationGradient:
      let derivative = unary(Unary(derivativeOf: activation.function), operands[0])
      return isOne(operands[1]) ? derivative : binary(.multiply, derivative, operands[1])
    case let dropout as Dropout:
      guard let key, dropout.rate > 0 else { return operands[0] }
      return self.dropout(operands[0], rate: Float(dropout.rate), key: key, stream: dropout.stream)
    default: return operands[0]
    }
  }
}

extension ElementwiseProgram.Unary {
  init(_ function: UnaryFunction) {
    self =
      switch function {
      case .negate: .negate
      case .absolute: .absolute
      case .sign: .sign
      case .floor: .floor
      case .exponential: .exponential
      case .logarithm: .logarithm
      case .squareRoot: .squareRoot
      case .reciprocalSquareRoot: .reciprocalSquareRoot
      case .reciprocal: .reciprocal
      case .tanh: .hyperbolicTangent
      case .logistic: .logistic
      case .erf: .errorFunction
      case .sine: .sine
      case .cosine: .cosine
      case .square: .square
      case .relu: .relu
      case .silu: .silu
      case .geluTanh: .geluTanh
      case .geluErf: .geluExact
      }
  }

  /// The derivative of an activation.
  init(derivativeOf function: UnaryFunction) {
    self =
      switch function {
      case .silu: .siluDerivative
      case .geluTanh: .geluTanhDerivative
      case .geluErf: .geluExactDerivative
      default: .reluDerivative
      }
  }
}

extension ElementwiseProgram.Binary {
  init(_ function: BinaryFunction) {
    self =
      switch function {
      case .add: .add
      case .subtract: .subtract
      case .multiply: .multiply
      case .divide: .divide
      case .maximum: .maximum
      case .minimum: .minimum
      case .power: .power
      }
  }

  init(_ relation: Compare.Relation) {
    self =
      switch relation {
      case .less: .less
      case .lessOrEqual: .lessOrEqual
      case .equal: .equal
      }
  }
}

extension Operation {
  /// The name in profiles, with the function where there are many.
  var shortName: String {
    switch self {
    case let unary as Unary: unary.function.rawValue
    case let binary as Binary: binary.function.rawValue
    default: Self.name
    }
  }
}
