/// A value of a pickle. What has parts is a node of the machine's list, so that no nesting, however deep, and no loop
/// costs more than its bytes.
enum PickleValue {
  case none
  case bool(Bool)
  case integer(Int)
  case number(Double)
  case text(String)
  case bytes
  case global(PickleGlobal)
  case node(Int)
}

/// What a node of a pickle is.
enum PickleNode {
  case tuple([PickleValue])
  case list([PickleValue])
  case dictionary([(key: PickleValue, value: PickleValue)])
  case storage(PyTorchStorage)
  case tensor(PyTorchTensor)
}

/// The names that files of tensors may refer to; nothing else is known, and nothing is ever run.
enum PickleGlobal: Hashable {
  case orderedDictionary
  case size
  case tensor
  case parameter
  case parameterWithState
  case storage(StoredType)

  /// The known one of a module and a name.
  init?(module: String, name: String) {
    switch (module, name) {
    case ("collections", "OrderedDict"): self = .orderedDictionary
    case ("torch", "Size"): self = .size
    case ("torch._utils", "_rebuild_tensor_v2"): self = .tensor
    case ("torch._utils", "_rebuild_parameter"): self = .parameter
    case ("torch._utils", "_rebuild_parameter_with_state"): self = .parameterWithState
    case ("torch", let name):
      guard let type = Self.storages[name] else { return nil }
      self = .storage(type)
    default: return nil
    }
  }

  private static let storages: [String: StoredType] = [
    "FloatStorage": .f32, "HalfStorage": .f16, "BFloat16Storage": .bf16, "DoubleStorage": .f64, "LongStorage": .i64,
    "IntStorage": .i32, "ShortStorage": .i16, "CharStorage": .i8, "ByteStorage": .u8, "BoolStorage": .bool,
  ]
}

/// Elements that tensors are views of.
struct PyTorchStorage {
  /// The type of the elements.
  var type: StoredType
  /// The member of the archive that holds them.
  var key: String
  /// Their number.
  var count: Int
}

/// A view of a storage; nothing about it is checked yet.
struct PyTorchTensor {
  var storage: PyTorchStorage
  var offset: Int
  var shape: [Int]
  var strides: [Int]
}
