// Sums over one row that lies in the first-level cache: four vectors at a time, so that additions overlap.

/// Adds up `term` of each vector of a row; `term` gets vectors padded with zeros at the row's end.
@inline(__always)
func sumOverRow(_ count: Int, _ term: (_ index: Int) -> Vector, tail: (_ index: Int, _ count: Int) -> Vector) -> Float {
  var s0 = Vector()
  var s1 = Vector()
  var s2 = Vector()
  var s3 = Vector()
  var index = 0
  while index + 32 <= count {
    s0 += term(index)
    s1 += term(index + 8)
    s2 += term(index + 16)
    s3 += term(index + 24)
    index += 32
  }
  while index + 8 <= count {
    s0 += term(index)
    index += 8
  }
  if index < count { s1 += tail(index, count - index) }
  return ((s0 + s1) + (s2 + s3)).total
}

/// The sum of `count` numbers.
@inline(__always)
func sum(_ x: UnsafePointer<Float>, _ count: Int) -> Float {
  sumOverRow(count, { Vector(at: x + $0) }, tail: { Vector(at: x + $0, count: $1) })
}

/// The sum of the products of `count` pairs of numbers.
@inline(__always)
func dotProduct(_ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>, _ count: Int) -> Float {
  sumOverRow(
    count, { Vector(at: x + $0) * Vector(at: y + $0) },
    tail: { Vector(at: x + $0, count: $1) * Vector(at: y + $0, count: $1) })
}

/// The largest of `count` numbers, at least one; NaN where one is NaN.
@inline(__always)
func largest(_ x: UnsafePointer<Float>, _ count: Int) -> Float {
  let low = Vector(repeating: -.infinity)
  var m0 = low
  var m1 = low
  var index = 0
  var unordered = VectorMask(repeating: false)
  while index + 16 <= count {
    let a = Vector(at: x + index)
    let b = Vector(at: x + index + 8)
    unordered = unordered .| (a .!= a) .| (b .!= b)
    m0 = larger(a, m0)
    m1 = larger(b, m1)
    index += 16
  }
  while index < count {
    let a = Vector(at: x + index, count: min(8, count - index), filler: -.infinity)
    unordered = unordered .| (a .!= a)
    m0 = larger(a, m0)
    index += 8
  }
  return larger(m0, m1).replacing(with: .nan, where: unordered).largest
}
