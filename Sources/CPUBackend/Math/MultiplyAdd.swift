import CPlatform

/// `a * b + c`, fused where the processor level that is compiled for has the instruction.
///
/// Without it `addingProduct` becomes a library call for every lane, which is a hundred times slower than this.
@inline(__always)
func multiplyAdd(_ a: SIMD8<Float>, _ b: SIMD8<Float>, _ c: SIMD8<Float>) -> SIMD8<Float> {
  platform_multiply_add(a, b, c)
}
