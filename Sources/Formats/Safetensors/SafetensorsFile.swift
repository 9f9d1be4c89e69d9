import Core

/// A safetensors file, mapped and checked: every rule of the format holds when this exists.
///
/// The file is 8 bytes of header length (little-endian), the header in JSON, and the tensors' bytes without gaps.
/// Source: https://huggingface.co/docs/safetensors, "Format".
public struct SafetensorsFile: Sendable {
  /// Headers beyond this many bytes are refused, as the reference library does.
  public static let maximumHeader = 100_000_000
  /// Tensors with more axes than this are refused.
  public static let maximumRank = 64

  /// The tensors in the order of their bytes.
  public let tensors: [StoredTensor]
  /// The texts under `__metadata__`.
  public let metadata: [String: String]
  private let places: [ExactString: Int]

  /// Opens and checks a file; no tensor is read.
  ///
  /// Throws: `MartletError` with code `notFound`, `inputOutput`, or `malformedFile` that names the file and the
  /// tensor or offset.
  ///
  /// Complexity: O(n log n) for n tensors.
  public init(_ path: String) throws {
    try self.init(MappedFile(path))
  }

  /// Checks a file that is mapped already, so that what was hashed is what is read.
  ///
  /// Throws: as `init(_:)`.
  public init(_ file: MappedFile) throws {
    let header = try SafetensorsHeader(file)
    metadata = header.metadata
    var tensors: [StoredTensor] = []
    tensors.reserveCapacity(header.entries.count)
    for entry in header.entries {
      let range = header.dataStart + entry.begin..<header.dataStart + entry.end
      tensors.append(
        StoredTensor(name: entry.name, type: entry.type, shape: entry.shape, file: file, range: range))
    }
    var places: [ExactString: Int] = [:]
    places.reserveCapacity(tensors.count)
    for (index, tensor) in tensors.enumerated() { places[ExactString(tensor.name)] = index }
    self.tensors = tensors
    self.places = places
  }

  /// The tensor of a name, or nil if the file has none.
  ///
  /// Complexity: O(1).
  public subscript(name: String) -> StoredTensor? { places[ExactString(name)].map { tensors[$0] } }
}
