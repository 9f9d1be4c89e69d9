import Glibc

/// `base` to the power of `exponent`, lane by lane with the C library's function and special cases.
@inline(__always)
func power(_ base: Vector, _ exponent: Vector) -> Vector {
  var result = Vector()
  for lane in 0..<Vector.lanes { result[lane] = powf(base[lane], exponent[lane]) }
  return result
}
