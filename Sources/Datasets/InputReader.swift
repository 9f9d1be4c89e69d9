import Core
import Documents

/// Reads the records of an input from its beginning.
///
/// Damage behind which nothing can be read is the last event, also where it is at the very beginning: one damaged file
/// among many costs itself alone.
struct InputReader: RecordReader {
  /// Why the rest of an input is left out.
  static let damage = "the input is damaged from here on"

  /// What makes documents of the records; nil for an input that is damaged from its beginning on and has none.
  let format: (any DocumentFormat)?
  private var reader: (any RecordReader)?
  private var damage: Skip?
  private let name: String

  /// A reader of an input with a name, whose bytes `open` gives.
  ///
  /// Throws: `MartletError` if the input cannot be read for another reason than damage: it is not there, a program that is
  /// needed is missing, the system refuses.
  init(_ source: SourceFormat, named name: String, open: () throws -> any ByteInput) throws {
    var format: (any DocumentFormat)?
    do {
      let made = try source.make()
      reader = try made.reader(try open(), named: name)
      format = made
    } catch {
      damage = try Self.skip(error, name)
    }
    self.format = format
    self.name = name
  }

  mutating func next() throws -> RecordEvent? {
    if let skip = damage {
      damage = nil
      return .skip(skip)
    }
    do {
      return try reader?.next()
    } catch {
      reader = nil
      return .skip(try Self.skip(error, name))
    }
  }

  /// What is left out by an error that means damage; others are thrown.
  private static func skip(_ error: any Error, _ name: String) throws -> Skip {
    guard let error = error as? MartletError, error.code == .malformedFile || error.code == .corrupted else {
      throw error
    }
    return Skip(reason: damage, place: error.place ?? name, sample: error.message)
  }

  /// What a person is told of damage.
  static func warning(_ skip: Skip) -> String {
    "\(skip.place): \(skip.sample); what is before is used, what is behind is lost. Get the file again and run the command "
      + "again to have all of it."
  }
}
