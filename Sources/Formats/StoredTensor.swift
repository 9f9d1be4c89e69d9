import Core

/// The element types of tensors in files, with the names that safetensors gives them.
public enum StoredType: String, Sendable, CaseIterable {
  // In the order of safetensors' own list, by which its library sorts the tensors of a file.
  case bool = "BOOL"
  case u8 = "U8"
  case i8 = "I8"
  case f8E5M2 = "F8_E5M2"
  case f8E4M3 = "F8_E4M3"
  case f8E8M0 = "F8_E8M0"
  case i16 = "I16"
  case u16 = "U16"
  case f16 = "F16"
  case bf16 = "BF16"
  case i32 = "I32"
  case u32 = "U32"
  case f32 = "F32"
  case c64 = "C64"
  case f64 = "F64"
  case i64 = "I64"
  case u64 = "U64"

  /// Bytes that one element takes.
  public var byteCount: Int {
    switch self {
    case .bool, .u8, .i8, .f8E5M2, .f8E4M3, .f8E8M0: 1
    case .i16, .u16, .f16, .bf16: 2
    case .i32, .u32, .f32: 4
    case .c64, .f64, .i64, .u64: 8
    }
  }
}

/// A tensor in a mapped file: nothing is read before its elements are asked for.
public struct StoredTensor: Sendable {
  /// The name in the file.
  public let name: String
  /// The type of the elements.
  public let type: StoredType
  /// The size of each axis, outermost first; empty for a scalar.
  public let shape: [Int]
  /// The file that holds it.
  public let file: MappedFile
  /// Where its bytes lie in the file.
  public let range: Range<Int>
  /// How many elements lie between neighbours along each axis; nil where they lie in row-major order without gaps.
  package let strides: [Int]?

  /// A tensor whose place has been checked.
  init(
    name: String, type: StoredType, shape: [Int], file: MappedFile, range: Range<Int>, strides: [Int]? = nil
  ) {
    self.name = name
    self.type = type
    self.shape = shape
    self.file = file
    self.range = range
    self.strides = strides
  }

  /// The number of elements.
  public var count: Int { shape.reduce(1, *) }

  /// Calls `body` with the bytes: little-endian elements in row-major order, without any alignment.
  ///
  /// Elements that lie in another order are gathered first.
  ///
  /// Throws: what `body` throws.
  public func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) throws -> R {
    try file.withBytes(range) { bytes in
      guard let strides else { return try body(bytes) }
      return try gathered(bytes, strides).withUnsafeBytes(body)
    }
  }

  /// The elements in row-major order.
  private func gathered(_ bytes: UnsafeRawBufferPointer, _ strides: [Int]) -> [UInt8] {
    let size = type.byteCount
    var index = [Int](repeating: 0, count: shape.count)
    var source = 0
    return [UInt8](unsafeUninitializedCapacity: count * size) { space, used in
      for place in 0..<count {
        for byte in 0..<size { space[place * size + byte] = bytes[source * size + byte] }
        // The next element: the last axis that has one more, and those behind it from their beginnings.
        for axis in shape.indices.reversed() {
          index[axis] += 1
          source += strides[axis]
          if index[axis] < shape[axis] { break }
          source -= strides[axis] * shape[axis]
          index[axis] = 0
        }
      }
      used = count * size
    }
  }

  /// The elements of a floating-point tensor in single precision.
  ///
  /// Throws: `MartletError` with code `mismatch` if the type is no floating-point type, `unsupported` for 8-bit ones.
  public func floats() throws -> [Float] {
    try [Float](unsafeUninitializedCapacity: count) { space, used in
      try copyFloats(to: UnsafeMutableBufferPointer(rebasing: space[..<count]))
      used = count
    }
  }

  /// Writes the elements of a floating-point tensor in single precision to `space`, which must have `count` of them.
  ///
  /// Throws: `MartletError` with code `mismatch` if the type is no floating-point type or the counts differ,
  /// `unsupported` for 8-bit types.
  public func copyFloats(to space: UnsafeMutableBufferPointer<Float>) throws {
    guard space.count == count else {
      throw failure(.mismatch, "has \(count) elements (shape \(shape)) where \(space.count) are needed")
    }
    try withBytes { bytes in
      switch type {
      case .f32: UnsafeMutableRawBufferPointer(space).copyMemory(from: bytes)
      case .f16: Self.convert(bytes, to: space) { HalfPrecision.float(f16: UInt16(littleEndian: $0)) }
      case .bf16: Self.convert(bytes, to: space) { HalfPrecision.float(bf16: UInt16(littleEndian: $0)) }
      case .f64: Self.convert(bytes, to: space) { Float(Double(bitPattern: UInt64(littleEndian: $0))) }
      case .f8E5M2, .f8E4M3, .f8E8M0:
        throw failure(.unsupported, "has the type \(type.rawValue), which Martlet can't convert to F32")
      default: throw failure(.mismatch, "has the type \(type.rawValue) where a floating-point type is needed")
      }
    }
  }

  /// The elements of an integer tensor.
  ///
  /// Throws: `MartletError` with code `mismatch` if the type is no integer type or an element does not fit.
  public func integers() throws -> [Int] {
    var result = [Int](repeating: 0, count: count)
    try withBytes { bytes in
      try result.withUnsafeMutableBufferPointer { space in
        switch type {
        case .i8: Self.convert(bytes, to: space) { (x: Int8) in Int(x) }
        case .u8: Self.convert(bytes, to: space) { (x: UInt8) in Int(x) }
        case .bool: Self.convert(bytes, to: space) { (x: UInt8) in x == 0 ? 0 : 1 }
        case .i16: Self.convert(bytes, to: space) { (x: Int16) in Int(Int16(littleEndian: x)) }
        case .u16: Self.convert(bytes, to: space) { (x: UInt16) in Int(UInt16(littleEndian: x)) }
        case .i32: Self.convert(bytes, to: space) { (x: Int32) in Int(Int32(littleEndian: x)) }
        case .u32: Self.convert(bytes, to: space) { (x: UInt32) in Int(UInt32(littleEndian: x)) }
        case .i64: Self.convert(bytes, to: space) { (x: Int64) in Int(Int64(littleEndian: x)) }
        case .u64:
          Self.convert(bytes, to: space) { (x: UInt64) in Int(truncatingIfNeeded: UInt64(littleEndian: x)) }
          if let negative = space.first(where: { $0 < 0 }) {
            throw failure(.mismatch, "has the element \(UInt64(bitPattern: Int64(negative))), which is too large")
          }
        default: throw failure(.mismatch, "has the type \(type.rawValue) where an integer type is needed")
        }
      }
    }
    return result
  }

  @inline(__always)
  private static func convert<Element: BitwiseCopyable, Result>(
    _ bytes: UnsafeRawBufferPointer, to space: UnsafeMutableBufferPointer<Result>, _ value: (Element) -> Result
  ) {
    let size = MemoryLayout<Element>.size
    for index in space.indices {
      space[index] = value(bytes.loadUnaligned(fromByteOffset: index &* size, as: Element.self))
    }
  }

  private func failure(_ code: MartletError.Code, _ message: String) -> MartletError {
    MartletError(
      code, "tensor \"\(name)\" \(message)", at: file.path, remedy: "Check that the file belongs to this model.")
  }
}
