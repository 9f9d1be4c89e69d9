import Core

/// Reads a pickle of tensors: a machine that knows the opcodes that make plain values, and no others.
///
/// It imports nothing and calls nothing: of the calls that a pickle asks for, those that make ordered dictionaries and
/// tensors are understood as data, and all others are refused by name. Source: the documentation in CPython's
/// `pickletools`; PyTorch's `torch/_utils.py` for the arguments.
struct PickleReader {
  let bytes: UnsafeRawBufferPointer
  let path: String
  /// Where the next opcode is.
  var place = 0
  var stack: [PickleValue] = []
  /// How high the stack was at each mark.
  var marks: [Int] = []
  var memo: [Int: PickleValue] = [:]
  /// All values that have parts.
  var nodes: [PickleNode] = []

  /// A reader of bytes; `path` names the file in errors.
  init(_ bytes: UnsafeRawBufferPointer, path: String) {
    self.bytes = bytes
    self.path = path
  }

  /// The value of the pickle.
  ///
  /// Throws: `MartletError(.malformedFile)`, or `(.unsupported)` for what files of tensors have no need of.
  ///
  /// Complexity: linear in the bytes.
  mutating func read() throws -> PickleValue {
    while true {
      let opcode = try byte()
      if opcode == UInt8(ascii: ".") {
        let value = try pop()
        guard stack.isEmpty, marks.isEmpty, place == bytes.count else { throw failure("does not end where it stops") }
        return value
      }
      if try readScalar(opcode) { continue }
      if try readContainer(opcode) { continue }
      try readReference(opcode)
    }
  }

  /// Numbers, texts and truth values.
  private mutating func readScalar(_ opcode: UInt8) throws -> Bool {
    switch opcode {
    case UInt8(ascii: "N"): stack.append(.none)
    case 0x88, 0x89: stack.append(.bool(opcode == 0x88))
    case UInt8(ascii: "J"): stack.append(.integer(Int(try integer(Int32.self))))
    case UInt8(ascii: "K"): stack.append(.integer(Int(try byte())))
    case UInt8(ascii: "M"): stack.append(.integer(Int(try integer(UInt16.self))))
    case 0x8A: stack.append(.integer(try long(Int(try byte()))))
    case 0x8B: stack.append(.integer(try long(try size(Int32.self))))
    case UInt8(ascii: "G"): stack.append(.number(Double(bitPattern: try integer(UInt64.self).byteSwapped)))
    case UInt8(ascii: "U"), 0x8C: stack.append(.text(try text(Int(try byte()))))
    case UInt8(ascii: "T"), UInt8(ascii: "X"): stack.append(.text(try text(try size(UInt32.self))))
    case 0x8D: stack.append(.text(try text(try size(UInt64.self))))
    case UInt8(ascii: "C"): try skipBytes(Int(try byte()))
    case UInt8(ascii: "B"): try skipBytes(try size(UInt32.self))
    case 0x8E, 0x96: try skipBytes(try size(UInt64.self))
    default: return false
    }
    return true
  }

  /// Tuples, lists and dictionaries.
  private mutating func readContainer(_ opcode: UInt8) throws -> Bool {
    switch opcode {
    case UInt8(ascii: "("): marks.append(stack.count)
    case UInt8(ascii: ")"): push(.tuple([]))
    case 0x85, 0x86, 0x87:
      let count = Int(opcode) - 0x84
      guard stack.count - (marks.last ?? 0) >= count else { throw failure("takes what is not there") }
      let parts = Array(stack.suffix(count))
      stack.removeLast(count)
      push(.tuple(parts))
    case UInt8(ascii: "t"): push(.tuple(try popToMark()))
    case UInt8(ascii: "]"): push(.list([]))
    case UInt8(ascii: "l"): push(.list(try popToMark()))
    case UInt8(ascii: "}"): push(.dictionary([]))
    case UInt8(ascii: "d"): push(.dictionary(try pairs(try popToMark())))
    case UInt8(ascii: "a"): try extend(with: [try pop()])
    case UInt8(ascii: "e"): try extend(with: try popToMark())
    case UInt8(ascii: "s"):
      let value = try pop()
      try add([(try pop(), value)])
    case UInt8(ascii: "u"): try add(try pairs(try popToMark()))
    default: return false
    }
    return true
  }

  /// The memo, names of other modules, and calls.
  private mutating func readReference(_ opcode: UInt8) throws {
    switch opcode {
    case 0x80:
      let version = try byte()
      guard (2...5).contains(version) else {
        throw unsupported(
          "is of the protocol \(version)", remedy: "Write it with pickle_protocol=2, as torch.save does.")
      }
    case 0x95: _ = try integer(UInt64.self)  // the length of a frame, which the bytes tell as well
    case UInt8(ascii: "0"): _ = try pop()
    case UInt8(ascii: "1"): _ = try popToMark()
    case UInt8(ascii: "2"): stack.append(try top())
    case UInt8(ascii: "q"): memo[Int(try byte())] = try top()
    case UInt8(ascii: "r"): memo[Int(try integer(UInt32.self))] = try top()
    case 0x94: memo[memo.count] = try top()
    case UInt8(ascii: "h"): stack.append(try remembered(Int(try byte())))
    case UInt8(ascii: "j"): stack.append(try remembered(Int(try integer(UInt32.self))))
    case UInt8(ascii: "c"):
      let module = try line()
      stack.append(.global(try global(module, try line())))
    case 0x93:
      guard case .text(let name) = try pop(), case .text(let module) = try pop() else {
        throw failure("names a module by something other than texts")
      }
      stack.append(.global(try global(module, name)))
    case UInt8(ascii: "Q"): try pushStorage(try pop())
    case UInt8(ascii: "R"):
      let arguments = try pop()
      try call(try pop(), arguments)
    case UInt8(ascii: "b"):
      // Ordered dictionaries of modules carry the versions of their layers as an attribute.
      _ = try pop()
      guard case .node(let index) = try top(), case .dictionary = nodes[index] else {
        throw unsupported("sets attributes of something other than a dictionary")
      }
    default:
      throw unsupported("has the opcode \([opcode].hexadecimal), which tensors have no need of")
    }
  }
}

// MARK: Calls

extension PickleReader {
  private func global(_ module: String, _ name: String) throws -> PickleGlobal {
    if let known = PickleGlobal(module: module, name: name) { return known }
    throw unsupported("refers to \(Terminal.fit("\(module).\(name)", columns: 100)), which is no tensor")
  }

  private mutating func call(_ function: PickleValue, _ arguments: PickleValue) throws {
    guard case .global(let global) = function, let parts = parts(of: arguments) else {
      throw failure("calls something that is no function")
    }
    switch global {
    case .orderedDictionary:
      guard parts.isEmpty else { throw unsupported("makes an OrderedDict of arguments") }
      push(.dictionary([]))
    case .size:
      guard parts.count == 1, let sizes = self.parts(of: parts[0]) else {
        throw failure("has a torch.Size of no tuple")
      }
      push(.tuple(sizes))
    case .tensor: push(.tensor(try tensor(parts)))
    case .parameter, .parameterWithState:
      guard case .node(let index)? = parts.first, case .tensor = nodes[index] else {
        throw failure("has a parameter without a tensor")
      }
      stack.append(.node(index))
    case .storage: throw failure("calls a storage")
    }
  }

  private func tensor(_ parts: [PickleValue]) throws -> PyTorchTensor {
    guard parts.count >= 6, case .node(let index) = parts[0], case .storage(let storage) = nodes[index],
      case .integer(let offset) = parts[1], let shape = integers(parts[2]), let strides = integers(parts[3]),
      shape.count == strides.count
    else { throw failure("has a tensor that is not made of a storage, an offset, sizes and strides") }
    return PyTorchTensor(storage: storage, offset: offset, shape: shape, strides: strides)
  }

  /// What stands for a storage: `("storage", type, key, device, count)`.
  private mutating func pushStorage(_ value: PickleValue) throws {
    guard let parts = parts(of: value), parts.count >= 5, case .text("storage") = parts[0],
      case .global(.storage(let type)) = parts[1], case .text(let key) = parts[2], case .integer(let count) = parts[4]
    else { throw failure("refers to something other than a storage") }
    push(.storage(PyTorchStorage(type: type, key: key, count: count)))
  }

  /// The parts of a tuple or a list.
  func parts(of value: PickleValue) -> [PickleValue]? {
    guard case .node(let index) = value else { return nil }
    switch nodes[index] {
    case .tuple(let parts), .list(let parts): return parts
    default: return nil
    }
  }

  private func integers(_ value: PickleValue) -> [Int]? {
    guard let parts = parts(of: value), parts.count <= SafetensorsFile.maximumRank else { return nil }
    var result: [Int] = []
    for case .integer(let number) in parts { result.append(number) }
    return result.count == parts.count ? result : nil
  }
}
