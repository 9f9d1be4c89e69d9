import CKernels

/// Numbers that an instruction reads: `step` is 8 for one number per element, 0 for 8 copies of the same.
struct Operand {
  let pointer: UnsafeMutablePointer<Float>
  let step: Int
}

// The loops run over whole pairs of vectors: registers are padded to 16 numbers.

@inline(__always)
private func map(
  _ a: Operand, _ output: UnsafeMutablePointer<Float>, _ count: Int, _ function: (Vector) -> Vector
) {
  var pa = a.pointer
  var index = 0
  while index < count {
    let first = function(Vector(at: pa))
    let second = function(Vector(at: pa + a.step))
    first.store(to: output + index)
    second.store(to: output + index + 8)
    pa += 2 * a.step
    index += 16
  }
}

@inline(__always)
private func map(
  _ a: Operand, _ b: Operand, _ output: UnsafeMutablePointer<Float>, _ count: Int,
  _ function: (Vector, Vector) -> Vector
) {
  var pa = a.pointer
  var pb = b.pointer
  var index = 0
  while index < count {
    let first = function(Vector(at: pa), Vector(at: pb))
    let second = function(Vector(at: pa + a.step), Vector(at: pb + b.step))
    first.store(to: output + index)
    second.store(to: output + index + 8)
    pa += 2 * a.step
    pb += 2 * b.step
    index += 16
  }
}

@inline(__always)
private func truth(_ mask: VectorMask) -> Vector {
  Vector(repeating: 0).replacing(with: 1, where: mask)
}

/// Computes a function of `count` numbers, a multiple of 16.
@inline(never)
func run(
  _ function: ElementwiseProgram.Unary, _ a: Operand, _ output: UnsafeMutablePointer<Float>, _ count: Int
) {
  let set = InstructionSet.current
  switch function {
  case .negate: map(a, output, count) { $0.negated }
  case .absolute: map(a, output, count) { $0.magnitude }
  case .sign:
    map(a, output, count) { x in
      Vector(repeating: 1).withSign(of: x).replacing(with: x, where: .!(x.magnitude .> Vector(repeating: 0)))
    }
  case .exponential: set.activate(KERNELS_EXPONENTIAL, a, output, count)
  case .logarithm: map(a, output, count) { CPUBackend.logarithm($0) }
  case .squareRoot: map(a, output, count) { CPUBackend.squareRoot($0) }
  case .reciprocalSquareRoot: map(a, output, count) { 1 / CPUBackend.squareRoot($0) }
  case .reciprocal: map(a, output, count) { 1 / $0 }
  case .hyperbolicTangent: set.activate(KERNELS_HYPERBOLIC_TANGENT, a, output, count)
  case .logistic: set.activate(KERNELS_LOGISTIC, a, output, count)
  case .errorFunction: set.activate(KERNELS_ERROR_FUNCTION, a, output, count)
  case .sine: map(a, output, count) { CPUBackend.sineAndCosine($0).sine }
  case .cosine: map(a, output, count) { CPUBackend.sineAndCosine($0).cosine }
  case .square: map(a, output, count) { $0 * $0 }
  case .floor: map(a, output, count) { $0.rounded(.down) }
  case .ceiling: map(a, output, count) { $0.rounded(.up) }
  case .round: map(a, output, count) { $0.rounded(.toNearestOrEven) }
  case .truncate: map(a, output, count) { $0.rounded(.towardZero) }
  case .geluTanh: set.activate(KERNELS_GELU_TANH, a, output, count)
  case .geluTanhDerivative: set.activate(KERNELS_GELU_TANH_DERIVATIVE, a, output, count)
  case .geluExact: set.activate(KERNELS_GELU_EXACT, a, output, count)
  case .geluExactDerivative: set.activate(KERNELS_GELU_EXACT_DERIVATIVE, a, output, count)
  case .silu: set.activate(KERNELS_SILU, a, output, count)
  case .siluDerivative: set.activate(KERNELS_SILU_DERIVATIVE, a, output, count)
  case .relu: map(a, output, count) { larger(Vector(repeating: 0), $0) }
  case .reluDerivative: map(a, output, count) { truth($0 .> Vector(repeating: 0)) }
  case .softplus: map(a, output, count) { CPUBackend.softplus($0) }
  case .isNaN: map(a, output, count) { truth($0 .!= $0) }
  case .isFinite: map(a, output, count) { truth($0.magnitude .< Vector(repeating: .infinity)) }
  case .not: map(a, output, count) { truth($0 .== Vector(repeating: 0)) }
  case .roundToHalf: map(a, output, count) { widenHalf(narrowToHalf($0)) }
  case .roundToBrain: map(a, output, count) { widenBrain(narrowToBrain($0)) }
  }
}

extension ElementwiseProgram.Unary {
  /// The derivative that is best computed together with the function.
  var derivative: Self? {
    switch self {
    case .geluTanh: .geluTanhDerivative
    case .geluExact: .geluExactDerivative
    case .silu: .siluDerivative
    default: nil
    }
  }
}

/// Computes a function that has a `derivative` and that, of `count` numbers, a multiple of 16.
@inline(never)
func run(
  _ function: ElementwiseProgram.Unary, _ a: Operand, _ output: UnsafeMutablePointer<Float>,
  derivatives: UnsafeMutablePointer<Float>, _ count: Int
) {
  let kernel = function == .silu ? KERNELS_SILU : function == .geluTanh ? KERNELS_GELU_TANH : KERNELS_GELU_EXACT
  InstructionSet.current.activate(kernel, a, output, derivatives: derivatives, count)
}

/// Computes a function of `count` pairs of numbers, a multiple of 16.
@inline(never)
func run(
  _ function: ElementwiseProgram.Binary, _ a: Operand, _ b: Operand, _ output: UnsafeMutablePointer<Float>,
  _ count: Int
) {
  let zero = Vector(repeating: 0)
  switch function {
  case .add: map(a, b, output, count) { $0 + $1 }
  case .subtract: map(a, b, output, count) { $0 - $1 }
  case .multiply: map(a, b, output, count) { $0 * $1 }
  case .divide: map(a, b, output, count) { $0 / $1 }
  case .maximum: map(a, b, output, count) { larger($0, $1).replacing(with: $0, where: $0 .!= $0) }
  case .minimum: map(a, b, output, count) { smaller($0, $1).replacing(with: $0, where: $0 .!= $0) }
  case .power: map(a, b, output, count) { CPUBackend.power($0, $1) }
  case .equal: map(a, b, output, count) { truth($0 .== $1) }
  case .notEqual: map(a, b, output, count) { truth($0 .!= $1) }
  case .less: map(a, b, output, count) { truth($0 .< $1) }
  case .lessOrEqual: map(a, b, output, count) { truth($0 .<= $1) }
  case .greater: map(a, b, output, count) { truth($0 .> $1) }
  case .greaterOrEqual: map(a, b, output, count) { truth($0 .>= $1) }
  case .and: map(a, b, output, count) { truth(($0 .!= zero) .& ($1 .!= zero)) }
  case .or: map(a, b, output, count) { truth(($0 .!= zero) .| ($1 .!= zero)) }
  }
}

/// Chooses between `count` pairs of numbers, a multiple of 16.
@inline(never)
func runSelect(
  _ condition: Operand, _ a: Operand, _ b: Operand, _ output: UnsafeMutablePointer<Float>, _ count: Int
) {
  var index = 0
  while index < count {
    let vector = index / 8
    let isTrue = Vector(at: condition.pointer + vector * condition.step) .!= Vector(repeating: 0)
    let chosen = Vector(at: b.pointer + vector * b.step)
      .replacing(with: Vector(at: a.pointer + vector * a.step), where: isTrue)
    chosen.store(to: output + index)
    index += 8
  }
}

/// Multiplies `count` numbers by the dropout mask of the flat indices from `start` on.
func runDropout(
  _ a: Operand, _ output: UnsafeMutablePointer<Float>, _ count: Int, start: Int, rate: Float,
  key: UnsafePointer<UInt32>, stream: UInt32
) {
  let (low, high) = (key[0], key[1])
  let scale = Vector(repeating: rate < 1 ? 1 / (1 - rate) : 0)
  let threshold = Vector(repeating: rate)
  let zero = Vector(repeating: 0)
  var group = start / 16
  var index = group * 16 - start
  while index < count {
    let (low8, high8) = randomWords(low: low, high: high, counter: UInt64(group) * 4, stream: stream)
    let first = zero.replacing(with: scale, where: unitNumbers(low8) .>= threshold)
    let second = zero.replacing(with: scale, where: unitNumbers(high8) .>= threshold)
    if index >= 0 && index + 16 <= count {
      let vector = index
      let p = a.step == 0 ? a.pointer : a.pointer + vector
      let x = Vector(at: p)
      let y = a.step == 0 ? x : Vector(at: p + 8)
      // A dropped element is 0 even where it was infinite.
      zero.replacing(with: x * scale, where: first .!= zero).store(to: output + index)
      zero.replacing(with: y * scale, where: second .!= zero).store(to: output + index + 8)
    } else {
      for lane in max(0, -index)..<min(16, count - index) {
        let mask = lane < 8 ? first[lane] : second[lane - 8]
        let x = a.step == 0 ? a.pointer[0] : a.pointer[index + lane]
        output[index + lane] = mask == 0 ? 0 : x * mask
      }
    }
    group += 1
    index += 16
  }
}
