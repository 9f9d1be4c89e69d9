/// An input whose first bytes were looked at.
package final class PrefixedInput: ByteInput {
  private var prefix: [UInt8]
  private let rest: any ByteInput

  /// `prefix`, then what is left of `rest`.
  package init(_ prefix: [UInt8], _ rest: any ByteInput) {
    self.prefix = prefix
    self.rest = rest
  }

  /// The next bytes.
  package func read() throws -> [UInt8] {
    if prefix.isEmpty { return try rest.read() }
    defer { prefix = [] }
    return prefix
  }

  /// The first bytes of an input, at least `count` if there are so many, and the input as it was.
  package static func peek(
    _ input: any ByteInput, count: Int, until isEnough: ([UInt8]) -> Bool = { _ in false }
  ) throws -> ([UInt8], PrefixedInput) {
    var bytes: [UInt8] = []
    while bytes.count < count, !isEnough(bytes) {
      let chunk = try input.read()
      if chunk.isEmpty { break }
      bytes += chunk
    }
    return (bytes, PrefixedInput(bytes, input))
  }
}
