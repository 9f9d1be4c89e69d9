import CPlatform

/// The unit in which kernels compute: 8 numbers, one AVX register or two NEON registers.
typealias Vector = SIMD8<Float>
/// The bits of a vector's lanes.
typealias VectorBits = SIMD8<UInt32>
/// Truth values of a vector's lanes.
typealias VectorMask = SIMDMask<SIMD8<Int32>>

extension SIMD8 where Scalar == Float {
  static let lanes = 8

  @inline(__always) init(bits: VectorBits) { self = unsafeBitCast(bits, to: Vector.self) }
  @inline(__always) var bits: VectorBits { unsafeBitCast(self, to: VectorBits.self) }

  /// The 8 numbers at `pointer`, which need not be aligned.
  @inline(__always) init(at pointer: UnsafePointer<Float>) {
    self = UnsafeRawPointer(pointer).loadUnaligned(as: Vector.self)
  }

  /// The 8 numbers at `pointer`, which need not be aligned.
  @inline(__always) init(at pointer: UnsafeMutablePointer<Float>) {
    self = UnsafeRawPointer(pointer).loadUnaligned(as: Vector.self)
  }

  /// The first `count` numbers at `pointer`, then `filler`; reads nothing beyond them.
  @inline(__always) init(at pointer: UnsafePointer<Float>, count: Int, filler: Float = 0) {
    self = Vector(repeating: filler)
    for lane in 0..<count { self[lane] = pointer[lane] }
  }

  /// Writes the 8 numbers to `pointer`, which need not be aligned.
  @inline(__always) func store(to pointer: UnsafeMutablePointer<Float>) {
    UnsafeMutableRawPointer(pointer).storeBytes(of: self, as: Vector.self)
  }

  /// Writes the first `count` numbers to `pointer`.
  @inline(__always) func store(to pointer: UnsafeMutablePointer<Float>, count: Int) {
    for lane in 0..<count { pointer[lane] = self[lane] }
  }

  @inline(__always) var magnitude: Vector { Vector(bits: bits & 0x7fff_ffff) }
  @inline(__always) var negated: Vector { Vector(bits: bits ^ 0x8000_0000) }

  /// The magnitudes of this vector with the signs of another.
  @inline(__always) func withSign(of other: Vector) -> Vector {
    Vector(bits: (bits & 0x7fff_ffff) | (other.bits & 0x8000_0000))
  }

  /// The sum of the lanes, added as a tree.
  @inline(__always) var total: Float {
    let four = lowHalf + highHalf
    let two = four.lowHalf + four.highHalf
    return two.x + two.y
  }

  /// The largest lane; a NaN anywhere gives NaN.
  @inline(__always) var largest: Float {
    let four = lowHalf.replacing(with: highHalf, where: .!(lowHalf .>= highHalf) .& .!(lowHalf .!= lowHalf))
    let two = four.lowHalf.replacing(
      with: four.highHalf, where: .!(four.lowHalf .>= four.highHalf) .& .!(four.lowHalf .!= four.lowHalf))
    return two.x >= two.y || two.x.isNaN ? two.x : two.y
  }
}

/// The larger of each pair of lanes; the second where either is NaN.
@inline(__always) func larger(_ a: Vector, _ b: Vector) -> Vector { b.replacing(with: a, where: a .> b) }

/// The smaller of each pair of lanes; the second where either is NaN.
@inline(__always) func smaller(_ a: Vector, _ b: Vector) -> Vector { b.replacing(with: a, where: a .< b) }

/// The square root of each lane, correctly rounded.
@inline(__always) func squareRoot(_ x: Vector) -> Vector { platform_square_root(x) }

extension SIMD8 where Scalar == Float {
  /// A step of Horner's rule: `self * x + constant`.
  @inline(__always) func times(_ x: Vector, plus constant: Float) -> Vector {
    multiplyAdd(self, x, Vector(repeating: constant))
  }
}
