extension UnicodeProperties {
  /// The class of the character at `position`, and its length in bytes.
  @inline(__always)
  func classAndLength(_ base: UnsafePointer<UInt8>, _ position: Int, _ end: Int) -> (UInt8, Int) {
    let scalar = decodeScalar(base, at: position, end: end)
    return (characterClass(scalar.value), scalar.length)
  }

  /// The end of the run of characters of a class that begins at `start`.
  @inline(__always)
  func runEnd(_ base: UnsafePointer<UInt8>, _ start: Int, _ count: Int, _ kind: UInt8) -> Int {
    var position = start
    while position < count {
      let (next, length) = classAndLength(base, position, count)
      if next != kind { break }
      position += length
    }
    return position
  }
}
