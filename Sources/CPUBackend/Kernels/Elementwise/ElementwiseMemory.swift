import TensorGraph

/// Reads `count` numbers of any storage type into `output`.
func load(
  _ storage: ScalarType, _ pointer: UnsafeRawPointer, _ output: UnsafeMutablePointer<Float>, _ count: Int
) {
  var index = 0
  switch storage {
  case .f32:
    UnsafeMutableRawPointer(output).copyMemory(from: pointer, byteCount: count * 4)
  case .f16:
    while index + 8 <= count {
      widenHalf((pointer + index * 2).loadUnaligned(as: SIMD8<UInt16>.self)).store(to: output + index)
      index += 8
    }
    let halves = pointer.assumingMemoryBound(to: UInt16.self)
    while index < count {
      output[index] = widenHalf(SIMD8(repeating: halves[index]))[0]
      index += 1
    }
  case .bf16:
    while index + 8 <= count {
      widenBrain((pointer + index * 2).loadUnaligned(as: SIMD8<UInt16>.self)).store(to: output + index)
      index += 8
    }
    let brains = pointer.assumingMemoryBound(to: UInt16.self)
    while index < count {
      output[index] = Float(bitPattern: UInt32(brains[index]) << 16)
      index += 1
    }
  case .i8:
    let bytes = pointer.assumingMemoryBound(to: Int8.self)
    while index < count {
      output[index] = Float(bytes[index])
      index += 1
    }
  case .i32:
    let words = pointer.assumingMemoryBound(to: Int32.self)
    while index < count {
      output[index] = Float(words[index])
      index += 1
    }
  case .i64:
    let words = pointer.assumingMemoryBound(to: Int64.self)
    while index < count {
      output[index] = Float(words[index])
      index += 1
    }
  case .bool:
    let bytes = pointer.assumingMemoryBound(to: UInt8.self)
    while index < count {
      output[index] = bytes[index] != 0 ? 1 : 0
      index += 1
    }
  }
}

/// Writes `count` numbers as any storage type.
func store(
  _ storage: ScalarType, _ input: UnsafePointer<Float>, _ pointer: UnsafeMutableRawPointer, _ count: Int
) {
  var index = 0
  switch storage {
  case .f32:
    pointer.copyMemory(from: input, byteCount: count * 4)
  case .f16:
    while index + 8 <= count {
      (pointer + index * 2).storeBytes(of: narrowToHalf(Vector(at: input + index)), as: SIMD8<UInt16>.self)
      index += 8
    }
    let halves = pointer.assumingMemoryBound(to: UInt16.self)
    while index < count {
      halves[index] = narrowToHalf(Vector(repeating: input[index]))[0]
      index += 1
    }
  case .bf16:
    while index + 8 <= count {
      (pointer + index * 2).storeBytes(of: narrowToBrain(Vector(at: input + index)), as: SIMD8<UInt16>.self)
      index += 8
    }
    let brains = pointer.assumingMemoryBound(to: UInt16.self)
    while index < count {
      brains[index] = narrowToBrain(Vector(repeating: input[index]))[0]
      index += 1
    }
  case .i8:
    let bytes = pointer.assumingMemoryBound(to: Int8.self)
    while index < count {
      bytes[index] = Int8(clamping: narrowToInteger64(input[index]))
      index += 1
    }
  case .i32:
    while index + 8 <= count {
      (pointer + index * 4).storeBytes(of: narrowToInteger(Vector(at: input + index)), as: SIMD8<Int32>.self)
      index += 8
    }
    let words = pointer.assumingMemoryBound(to: Int32.self)
    while index < count {
      words[index] = Int32(clamping: narrowToInteger64(input[index]))
      index += 1
    }
  case .i64:
    let words = pointer.assumingMemoryBound(to: Int64.self)
    while index < count {
      words[index] = narrowToInteger64(input[index])
      index += 1
    }
  case .bool:
    let bytes = pointer.assumingMemoryBound(to: UInt8.self)
    while index < count {
      bytes[index] = input[index] != 0 ? 1 : 0
      index += 1
    }
  }
}
