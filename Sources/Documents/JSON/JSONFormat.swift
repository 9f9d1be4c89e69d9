import Core

/// How documents are made of the JSON objects of a source.
public protocol JSONMapping: Sendable {
  /// The documents of a record whose bytes are a JSON text.
  func extract(_ record: Record) -> Extraction
}

/// JSON: a document a line (JSON Lines), an element of an array, or an element of an array under a key of an object.
public struct JSONFormat: DocumentFormat {
  /// Where the objects are in the input.
  public enum Container: Sendable, Equatable {
    /// In an array if the input begins with a bracket, otherwise in lines.
    case automatic
    /// One in each line; blank lines are none.
    case lines
    /// The elements of an array.
    case array
    /// The elements of an array that is a member of the outermost object.
    case member(String)
  }

  /// Where the objects are.
  public var container: Container
  /// How documents are made of them.
  public var mapping: any JSONMapping
  /// Longer records are left out.
  public var longest: Int

  /// What a line is called in places: "row" where lines are made of the rows of a table.
  public var unit: String

  /// A format of JSON.
  public init(
    container: Container = .automatic, mapping: any JSONMapping = TextMapping(), longest: Int = 64 << 20,
    unit: String = "line"
  ) {
    self.unit = unit
    self.container = container
    self.mapping = mapping
    self.longest = max(1, longest)
  }

  /// A reader of the objects.
  ///
  /// Throws: `MartletError` if the input cannot be read.
  public func reader(_ input: any ByteInput, named name: String) throws -> any RecordReader {
    switch container {
    case .lines: return LineReader(input, name: name, limit: longest, unit: unit, skipsBlank: true)
    case .array: return JSONArrayReader(input, name: name, members: nil, limit: longest)
    case .member(let key): return JSONArrayReader(input, name: name, members: [key], limit: longest)
    case .automatic:
      let first = { (bytes: [UInt8]) in
        bytes.dropFirst(bytes.starts(with: byteOrderMark) ? 3 : 0).first { !isWhiteSpace($0) }
      }
      let (bytes, whole) = try PrefixedInput.peek(input, count: 1 << 16) { first($0) != nil && $0.count > 3 }
      if first(bytes) == UInt8(ascii: "[") {
        return JSONArrayReader(whole, name: name, members: nil, limit: longest)
      }
      return LineReader(whole, name: name, limit: longest, unit: unit, skipsBlank: true)
    }
  }

  /// The documents of an object.
  public func extract(_ record: Record) -> Extraction { mapping.extract(record) }
}
