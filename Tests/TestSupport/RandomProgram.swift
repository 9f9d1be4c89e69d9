import Core
import TensorGraph

/// Random programs over states and inputs: what compilers and rewrites must not change the meaning of.
public struct RandomProgram {
  private var stream: RandomStream
  private let trace = Trace()
  private var tensors: [Tensor] = []

  /// The program of a seed: the same for the same seed.
  public static func make(seed: UInt64, operations: Int) throws -> Program {
    var builder = RandomProgram(stream: RandomStream(RandomKey(seed: seed).named("program")))
    return try builder.build(operations)
  }

  private init(stream: RandomStream) { self.stream = stream }

  private mutating func pick(_ count: Int) -> Int { Int.random(in: 0..<count, using: &stream) }
  private mutating func any() -> Tensor { tensors[pick(tensors.count)] }

  private mutating func build(_ operations: Int) throws -> Program {
    let shapes = [[], [5], [1, 5], [4, 5], [3, 4, 5], [3, 1, 5], [5, 5], [4, 1]]
    let states = (0..<3).map { index in
      let shape = shapes[pick(shapes.count)]
      return (name: "s\(index)", tensor: trace.state("s\(index)", TensorType(shape)))
    }
    tensors = states.map(\.tensor)
    for index in 0..<3 { tensors.append(trace.input("x\(index)", TensorType(shapes[pick(shapes.count)]))) }
    for step in 0..<operations {
      trace.phase = step < operations / 2 ? .forward : .backward
      tensors.append(next())
    }
    // Some states take over a tensor of their type, each other's old values among them.
    for state in states {
      let fitting = tensors.filter { $0.type == state.tensor.type }
      if pick(4) > 0 { trace.update(state.name, to: fitting[pick(fitting.count)]) }
    }
    for index in 0..<3 { trace.output("y\(index)", tensors[tensors.count - 1 - pick(min(6, tensors.count))]) }
    return try trace.finish()
  }

  private mutating func next() -> Tensor {
    let x = any()
    switch pick(14) {
    case 0: return x.unary([.tanh, .logistic, .square, .geluTanh, .sine][pick(5)])
    case 1: return x.unary(.negate)
    case 2, 3: return combine(x, any(), [.add, .multiply, .subtract][pick(3)])
    case 4: return x * 0.5 + 0.25
    case 5: return x.rank == 0 ? x : x.reduce(.sum, [pick(x.rank)]) * 0.2
    case 6: return x.rank == 0 ? x : x.reduce(.maximum, [x.rank - 1])
    case 7: return x.reshape([x.type.count]).reshape(x.shape)
    case 8: return x.rank < 2 ? x : x.transpose(Array((0..<x.rank).reversed()))
    case 9:
      let matrices = tensors.filter { $0.rank == 2 && $0.shape[1] == 5 }
      guard x.rank >= 1, x.shape.last == 5, let matrix = matrices.last else { return x.unary(.tanh) }
      return x.linear(matrix, transposed: true) * 0.3
    case 10: return x.compare(.less, 0).select(x, x * 0.1)
    case 11: return x.rank == 0 ? x : x.softmax()
    case 12:
      guard x.rank > 0, x.size(-1) > 1 else { return x + 1 }
      let parts = x.split(axis: -1, [1, x.size(-1) - 1])
      return concatenate([parts[1], parts[0]], axis: -1)
    default: return combine(x.unary(.tanh), any(), .maximum)
    }
  }

  /// Combines two tensors where they broadcast together and otherwise uses the first alone.
  private mutating func combine(_ a: Tensor, _ b: Tensor, _ function: BinaryFunction) -> Tensor {
    let fits = zip(a.shape.reversed(), b.shape.reversed()).allSatisfy { $0 == $1 || $0 == 1 || $1 == 1 }
    let small = a.type.count * b.type.count < 20_000
    return fits && small ? a.binary(function, b) : a.unary(.tanh)
  }
}

extension Program {
  /// Values for all inputs and states, normally distributed and the same for the same seed.
  public func randomValues(seed: UInt64) -> (states: [String: ReferenceTensor], inputs: [String: ReferenceTensor]) {
    var stream = RandomStream(RandomKey(seed: seed))
    func values(_ named: [(String, ValueID)]) -> [String: ReferenceTensor] {
      Dictionary(
        uniqueKeysWithValues: named.map { name, value in
          (
            name,
            ReferenceTensor(graph.type(value)) { _ in
              Double(Float((0..<12).reduce(-6.0) { sum, _ in sum + stream.unit() }))
            }
          )
        })
    }
    return (values(states.map { ($0.name, $0.value) }), values(inputs.map { ($0.name, $0.value) }))
  }
}
