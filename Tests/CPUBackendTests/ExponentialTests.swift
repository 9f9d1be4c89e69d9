import CPUBackend
import Glibc
import Testing

@Suite struct ExponentialTests {
  @Test func relativeErrorIsWithinTwoTenMillionths() {
    let inputs = (0...2_000_000).map { -87.3 + Float($0) * (176.0 / 2_000_000) }
    let outputs = exponentials(inputs)
    var worst = 0.0
    for (x, y) in zip(inputs, outputs) {
      let exact = exp(Double(x))
      worst = max(worst, abs(Double(y) - exact) / exact)
    }
    #expect(worst <= 2e-7)
  }

  @Test func extremesAreZeroInfinityAndNaN() {
    let inputs: [Float] = [-.infinity, -1e30, -104, -88, 0, 88.8, 1e30, .infinity]
    #expect(exponentials(inputs) == [0, 0, 0, 0, 1, .infinity, .infinity, .infinity])
    let bits: [UInt32] = [0x7fc0_0000, 0xffc0_0000, 0x7fff_ffff, 0x7f80_0001]
    #expect(exponentials(bits.map { Float(bitPattern: $0) }).allSatisfy { $0.isNaN })
  }

  private func exponentials(_ inputs: [Float]) -> [Float] { VectorMathTests.values(.exponential, inputs) }
}
