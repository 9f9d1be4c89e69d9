import Core

/// Bytes that come piece by piece.
public protocol ByteInput: AnyObject {
  /// The next bytes, a few hundred kilobytes at most; none at the end.
  ///
  /// Throws: `MartletError` if the bytes cannot be read or are damaged.
  func read() throws -> [UInt8]
}

/// A part of an input that is looked at on its own: a line, a page, a web record.
public struct Record: Sendable, Equatable {
  /// The content, not yet looked at.
  public var bytes: [UInt8]
  /// What the input says of the content, such as the type of the media, by lower-case names of headers.
  public var headers: [String: String]
  /// Where the content is from.
  public var provenance: Provenance

  /// A record.
  public init(bytes: [UInt8], headers: [String: String] = [:], provenance: Provenance) {
    self.bytes = bytes
    self.headers = headers
    self.provenance = provenance
  }
}

/// Something that was left out, and why.
public struct Skip: Sendable, Equatable {
  /// Why, in a few words that are the same for all of a kind: "no article", "broken gzip member".
  public var reason: String
  /// Where: a path and a place in it.
  public var place: String
  /// The beginning of what was left out.
  public var sample: String

  /// A record of something left out.
  public init(reason: String, place: String, sample: String = "") {
    self.reason = reason
    self.place = place
    self.sample = sample
  }
}

/// What a reader found next.
public enum RecordEvent: Sendable, Equatable {
  /// A record.
  case record(Record)
  /// Something that is no record, or a damaged one.
  case skip(Skip)
}

/// Cuts an input into records, one after another; quick, for it runs on one thread.
public protocol RecordReader {
  /// The next record or what is left out, nil at the end.
  ///
  /// Throws: `MartletError` if nothing that follows can be read. Damage that the next record can be found behind is a skip.
  mutating func next() throws -> RecordEvent?
}

/// The documents of a record.
public struct Extraction: Sendable, Equatable {
  /// The documents, in the order of the record.
  public var documents: [Document]
  /// What was left out.
  public var skips: [Skip]

  /// The result of an extraction.
  public init(documents: [Document] = [], skips: [Skip] = []) {
    self.documents = documents
    self.skips = skips
  }
}

/// A kind of input: how it is cut into records, and how documents are made of them.
public protocol DocumentFormat: Sendable {
  /// A reader of the records of an input, from its beginning.
  func reader(_ input: any ByteInput, named name: String) throws -> any RecordReader

  /// Makes documents of a record: the costly part, which runs on all threads.
  ///
  /// Throws: what the system cannot do just now; what is wrong with a record is a skip.
  func extract(_ record: Record) throws -> Extraction
}
