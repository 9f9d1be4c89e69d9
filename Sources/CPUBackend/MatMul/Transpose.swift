/// Eight vectors as the columns of the matrix whose rows they were.
typealias Block8 = (
  Vector, Vector, Vector, Vector, Vector, Vector, Vector, Vector
)

/// The transpose of an 8 by 8 matrix, in 24 shuffles.
@inline(__always)
func transpose8(
  _ r0: Vector, _ r1: Vector, _ r2: Vector, _ r3: Vector, _ r4: Vector,
  _ r5: Vector, _ r6: Vector, _ r7: Vector
) -> Block8 {
  let a0 = interleaveLow(r0, r1)
  let a1 = interleaveHigh(r0, r1)
  let a2 = interleaveLow(r2, r3)
  let a3 = interleaveHigh(r2, r3)
  let a4 = interleaveLow(r4, r5)
  let a5 = interleaveHigh(r4, r5)
  let a6 = interleaveLow(r6, r7)
  let a7 = interleaveHigh(r6, r7)
  let b0 = pairsLow(a0, a2)
  let b1 = pairsHigh(a0, a2)
  let b2 = pairsLow(a1, a3)
  let b3 = pairsHigh(a1, a3)
  let b4 = pairsLow(a4, a6)
  let b5 = pairsHigh(a4, a6)
  let b6 = pairsLow(a5, a7)
  let b7 = pairsHigh(a5, a7)
  return (
    SIMD8(lowHalf: b0.lowHalf, highHalf: b4.lowHalf), SIMD8(lowHalf: b1.lowHalf, highHalf: b5.lowHalf),
    SIMD8(lowHalf: b2.lowHalf, highHalf: b6.lowHalf), SIMD8(lowHalf: b3.lowHalf, highHalf: b7.lowHalf),
    SIMD8(lowHalf: b0.highHalf, highHalf: b4.highHalf), SIMD8(lowHalf: b1.highHalf, highHalf: b5.highHalf),
    SIMD8(lowHalf: b2.highHalf, highHalf: b6.highHalf), SIMD8(lowHalf: b3.highHalf, highHalf: b7.highHalf)
  )
}

// Each of these is one shuffle within the halves of a 256-bit register.

@inline(__always)
private func interleaveLow(_ a: Vector, _ b: Vector) -> Vector {
  SIMD8(a[0], b[0], a[1], b[1], a[4], b[4], a[5], b[5])
}

@inline(__always)
private func interleaveHigh(_ a: Vector, _ b: Vector) -> Vector {
  SIMD8(a[2], b[2], a[3], b[3], a[6], b[6], a[7], b[7])
}

@inline(__always)
private func pairsLow(_ a: Vector, _ b: Vector) -> Vector {
  SIMD8(a[0], a[1], b[0], b[1], a[4], a[5], b[4], b[5])
}

@inline(__always)
private func pairsHigh(_ a: Vector, _ b: Vector) -> Vector {
  SIMD8(a[2], a[3], b[2], b[3], a[6], a[7], b[6], b[7])
}
