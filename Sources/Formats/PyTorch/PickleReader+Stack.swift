import Core

// The stack and the bytes of a pickle; nothing here knows what they mean.

extension PickleReader {
  mutating func push(_ node: PickleNode) {
    stack.append(.node(nodes.count))
    nodes.append(node)
  }

  func top() throws -> PickleValue {
    guard stack.count > marks.last ?? 0, let value = stack.last else { throw failure("takes what is not there") }
    return value
  }

  mutating func pop() throws -> PickleValue {
    let value = try top()
    stack.removeLast()
    return value
  }

  mutating func popToMark() throws -> [PickleValue] {
    guard let mark = marks.popLast(), mark <= stack.count else {
      throw failure("goes back to a mark that is not there")
    }
    let values = Array(stack[mark...])
    stack.removeSubrange(mark...)
    return values
  }

  func pairs(_ values: [PickleValue]) throws -> [(key: PickleValue, value: PickleValue)] {
    guard values.count % 2 == 0 else { throw failure("has a key without a value") }
    return stride(from: 0, to: values.count, by: 2).map { (values[$0], values[$0 + 1]) }
  }

  mutating func extend(with values: [PickleValue]) throws {
    guard case .node(let index) = try top(), case .list(var parts) = nodes[index] else {
      throw failure("appends to something other than a list")
    }
    nodes[index] = .list([])  // so that the parts are not copied
    parts += values
    nodes[index] = .list(parts)
  }

  mutating func add(_ pairs: [(key: PickleValue, value: PickleValue)]) throws {
    guard case .node(let index) = try top(), case .dictionary(var members) = nodes[index] else {
      throw failure("sets items of something other than a dictionary")
    }
    nodes[index] = .dictionary([])
    members += pairs
    nodes[index] = .dictionary(members)
  }

  func remembered(_ index: Int) throws -> PickleValue {
    guard let value = memo[index] else { throw failure("recalls what it has not kept") }
    return value
  }
}

extension PickleReader {
  mutating func byte() throws -> UInt8 { try integer(UInt8.self) }

  mutating func integer<T: FixedWidthInteger & BitwiseCopyable>(_: T.Type) throws -> T {
    let piece = try take(MemoryLayout<T>.size)
    return T(littleEndian: piece.loadUnaligned(as: T.self))
  }

  mutating func size<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type) throws -> Int {
    guard let size = Int(exactly: try integer(type)), size >= 0 else { throw failure("has a length that is none") }
    return size
  }

  mutating func take(_ count: Int) throws -> UnsafeRawBufferPointer {
    guard count <= bytes.count - place else { throw failure("is cut off") }
    defer { place += count }
    return UnsafeRawBufferPointer(rebasing: bytes[place..<place + count])
  }

  /// An integer of `count` bytes, least significant first, with a sign.
  mutating func long(_ count: Int) throws -> Int {
    let piece = try take(count)
    guard count <= 8 else { throw unsupported("has an integer of \(count) bytes") }
    var value: UInt64 = piece.last.map { $0 >= 0x80 } ?? false ? .max : 0
    for byte in piece.reversed() { value = value << 8 | UInt64(byte) }
    return Int(truncatingIfNeeded: value)
  }

  mutating func text(_ count: Int) throws -> String {
    guard let text = String(validating: try take(count), as: UTF8.self) else {
      throw failure("has a text that is not UTF-8")
    }
    return text
  }

  mutating func skipBytes(_ count: Int) throws {
    _ = try take(count)
    stack.append(.bytes)
  }

  /// The text up to a line feed.
  mutating func line() throws -> String {
    guard let end = bytes[place...].firstIndex(of: UInt8(ascii: "\n")) else { throw failure("is cut off") }
    defer { place = end + 1 }
    let piece = UnsafeRawBufferPointer(rebasing: bytes[place..<end])
    guard let text = String(validating: piece, as: UTF8.self) else { throw failure("has a name that is not UTF-8") }
    return text
  }

  func failure(_ message: String) -> MartletError {
    MartletError(
      .malformedFile, "the pickle \(message), near its byte \(place)", at: path,
      remedy: "The file is damaged or not of torch.save; copy or download it again.")
  }

  func unsupported(_ message: String, remedy: String? = nil) -> MartletError {
    MartletError(
      .unsupported, "the pickle \(message), near its byte \(place)", at: path,
      remedy: remedy
        ?? "Files of tensors alone are read, and no pickle is ever run. In Python, load the file if you trust "
        + "it, and write its tensors with torch.save(model.state_dict(), file) or safetensors.")
  }
}
