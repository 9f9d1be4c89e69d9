/// Adds up `rows` rows of `columns` numbers into one row, from the first to the last.
func addUpRows(
  _ input: UnsafePointer<Float>, rows: Int, stride: Int, columns: Int, to output: UnsafeMutablePointer<Float>
) {
  var column = 0
  while column + 32 <= columns {
    var s0 = Vector()
    var s1 = Vector()
    var s2 = Vector()
    var s3 = Vector()
    var row = input + column
    for _ in 0..<rows {
      s0 += Vector(at: row)
      s1 += Vector(at: row + 8)
      s2 += Vector(at: row + 16)
      s3 += Vector(at: row + 24)
      row += stride
    }
    s0.store(to: output + column)
    s1.store(to: output + column + 8)
    s2.store(to: output + column + 16)
    s3.store(to: output + column + 24)
    column += 32
  }
  while column < columns {
    let width = min(8, columns - column)
    var sum = Vector()
    for row in 0..<rows { sum += Vector(at: input + row * stride + column, count: width) }
    sum.store(to: output + column, count: width)
    column += 8
  }
}
