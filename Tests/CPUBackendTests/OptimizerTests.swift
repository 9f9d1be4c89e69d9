import CPUBackend
import Testing

@Suite struct OptimizerTests {
  static let counts = [1, 7, 64, 40_003]
  static let control: [Float] = [0.01, 0.5, 0.19, 0.0975, 1]

  @Test(arguments: counts) func adamWFollowsItsFormula(_ count: Int) {
    let p = Memory(normals(count, seed: 1))
    let g = Memory(normals(count, seed: 2))
    let m = Memory(normals(count, seed: 3))
    let v = Memory(normals(count, seed: 4).map { $0 * $0 })
    let control = Memory(Self.control)
    let kernel = AdamWKernel(count: count, beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1)
    var (ep, em, ev): ([Double], [Double], [Double]) = ([], [], [])
    for index in 0..<count {
      let gradient = Double(g[index]) * 0.5
      em.append(Double(m[index]) * 0.9 + gradient * 0.1)
      ev.append(Double(v[index]) * 0.95 + gradient * gradient * 0.05)
      let direction = em[index] / 0.19 / ((ev[index] / 0.0975).squareRoot() + 1e-8)
      ep.append(Double(p[index]) - 0.01 * (direction + 0.1 * Double(p[index])))
    }
    run(
      kernel.launches(
        parameter: UpdatedTensor(p.pointer), gradient: g.pointer, first: UpdatedTensor(m.pointer),
        second: UpdatedTensor(v.pointer), control: control.pointer))
    #expect(difference(p.array, ep) < 1e-6)
    #expect(difference(m.array, em) < 1e-6)
    #expect(difference(v.array, ev) < 1e-6)
  }

  @Test(arguments: counts, [false, true]) func momentumFollowsItsFormula(_ count: Int, _ nesterov: Bool) {
    let p = Memory(normals(count, seed: 1))
    let g = Memory(normals(count, seed: 2))
    let v = Memory(normals(count, seed: 3))
    let control = Memory(Self.control)
    var (ep, ev): ([Double], [Double]) = ([], [])
    for index in 0..<count {
      let gradient = Double(g[index]) * 0.5 + 0.1 * Double(p[index])
      let velocity = Double(v[index]) * 0.9 + gradient
      ev.append(velocity)
      ep.append(Double(p[index]) - 0.01 * (nesterov ? gradient + 0.9 * velocity : velocity))
    }
    let (newP, newV) = (Memory<Float>(repeating: 0, count: count), Memory<Float>(repeating: 0, count: count))
    run(
      MomentumKernel(count: count, momentum: 0.9, nesterov: nesterov, weightDecay: 0.1).launches(
        parameter: UpdatedTensor(from: p.pointer, to: newP.pointer), gradient: g.pointer,
        velocity: UpdatedTensor(from: v.pointer, to: newV.pointer), control: control.pointer))
    #expect(difference(newP.array, ep) < 1e-6)
    #expect(difference(newV.array, ev) < 1e-6)
  }

  @Test(arguments: counts) func lionFollowsItsFormula(_ count: Int) {
    let p = Memory(normals(count, seed: 1))
    let g = Memory(normals(count, seed: 2))
    let m = Memory(normals(count, seed: 3))
    g[0] = 0
    m[0] = 0
    let control = Memory(Self.control)
    var (ep, em): ([Double], [Double]) = ([], [])
    for index in 0..<count {
      let gradient = Double(g[index]) * 0.5
      let mixed = Double(m[index]) * 0.9 + gradient * 0.1
      let sign = mixed > 0 ? 1.0 : mixed < 0 ? -1 : 0
      ep.append(Double(p[index]) - 0.01 * (sign + 0.1 * Double(p[index])))
      em.append(Double(m[index]) * 0.99 + gradient * 0.01)
    }
    run(
      LionKernel(count: count, beta1: 0.9, beta2: 0.99, weightDecay: 0.1).launches(
        parameter: UpdatedTensor(p.pointer), gradient: g.pointer, moment: UpdatedTensor(m.pointer),
        control: control.pointer))
    #expect(difference(p.array, ep) < 1e-6)
    #expect(difference(m.array, em) < 1e-6)
  }

  @Test func aDisabledStepChangesNothing() {
    let count = 20_001
    let p = normals(count, seed: 1)
    let old = (0..<3).map { _ in Memory(p) }
    let new = (0..<3).map { _ in Memory<Float>(repeating: 0, count: count) }
    let gradient = Memory<Float>(repeating: .nan, count: count)
    var numbers = Self.control
    numbers[4] = 0
    let control = Memory(numbers)
    let kernel = AdamWKernel(count: count, beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1)
    func tensor(_ index: Int, _ inPlace: Bool) -> UpdatedTensor {
      inPlace ? UpdatedTensor(old[index].pointer) : UpdatedTensor(from: old[index].pointer, to: new[index].pointer)
    }
    for inPlace in [true, false] {
      run(
        kernel.launches(
          parameter: tensor(0, inPlace), gradient: gradient.pointer, first: tensor(1, inPlace),
          second: tensor(2, inPlace), control: control.pointer))
    }
    #expect(old.allSatisfy { $0.array == p } && new.allSatisfy { $0.array == p })
  }
}
