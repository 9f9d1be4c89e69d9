import Core

/// What a checkpoint consists of: the size and hash of each of its files. Written last, it makes a checkpoint complete.
struct CheckpointManifest: Equatable {
  /// The name of the file.
  static let fileName = "manifest.json"

  /// A file of the checkpoint.
  struct Entry: Equatable {
    var name: String
    var bytes: Int
    var sha256: String
  }

  var step: Int
  /// Whether it had the lowest validation loss so far when it was saved.
  var isBest: Bool
  var files: [Entry]

  private var object: JSONObject {
    var object: JSONObject = [
      "format": .string("martlet checkpoint 1"), "step": .integer(step), "is_best": .bool(isBest),
    ]
    var members = JSONObject()
    for file in files {
      members[file.name] = .object(["bytes": .integer(file.bytes), "sha256": .string(file.sha256)])
    }
    object["files"] = .object(members.sorted)
    return object
  }

  /// The file's text. Its last key is the hash of the text without that key, so that the manifest vouches for itself.
  var text: String {
    var object = object
    let body = JSONValue.object(object).text(indent: 2)
    object["manifest_sha256"] = .string(SHA256.hash(Array(body.utf8)).hex)
    return JSONValue.object(object).text(indent: 2) + "\n"
  }

  init(step: Int, isBest: Bool, files: [Entry]) {
    self.step = step
    self.isBest = isBest
    self.files = files
  }

  /// Reads and checks the manifest of a checkpoint folder.
  ///
  /// Throws: `MartletError` with code `corrupted`, or `inputOutput`.
  init(folder: String) throws {
    let path = joinPath(folder, Self.fileName)
    guard FileSystem.kind(of: path) != nil else {
      throw MartletError(.corrupted, "the checkpoint has no \(Self.fileName)", at: path)
    }
    let bytes = try FileSystem.read(path, limit: 1 << 20)
    do {
      let fields = JSONFields(try JSONValue(parsing: bytes, name: path).objectValue ?? [:], file: path)
      let members = try fields.fields("files")
      let files = try members.object.keys.map { name in
        let entry = try members.fields(name)
        return Entry(name: name, bytes: try entry.integer("bytes", in: 0...Int.max), sha256: try entry.string("sha256"))
      }
      self.init(
        step: try fields.integer("step", in: 0...Int.max), isBest: try fields.bool("is_best"), files: files)
    } catch let error as MartletError {
      throw MartletError(.corrupted, "the manifest is damaged: \(error.message)", at: path)
    }
    // The text has one form, so that any changed byte shows.
    guard Array(text.utf8) == bytes else {
      throw MartletError(.corrupted, "the manifest is damaged: it differs from its own hash", at: path)
    }
    // A manifest that somebody made must not lead out of the folder.
    for file in files where file.name.contains("/") || file.name.hasPrefix(".") {
      throw MartletError(.corrupted, "the manifest names \(file.name), which is no file of the checkpoint", at: path)
    }
  }

  /// Maps a file of the checkpoint and compares its size and hash.
  ///
  /// Throws: `MartletError` with code `corrupted` or `inputOutput`.
  func verified(_ name: String, in folder: String) throws -> MappedFile {
    let path = joinPath(folder, name)
    guard let entry = files.first(where: { $0.name == name }) else {
      throw MartletError(.corrupted, "the manifest has no \(name)", at: path)
    }
    guard FileSystem.kind(of: path) != nil else {
      throw MartletError(.corrupted, "the file is missing", at: path)
    }
    let file = try MappedFile(path)
    guard file.count == entry.bytes else {
      throw MartletError(.corrupted, "the file has \(file.count) bytes, the manifest says \(entry.bytes)", at: path)
    }
    let hash = withExtendedLifetime(file) { SHA256.hash(file.bytes).hex }
    guard hash == entry.sha256 else {
      throw MartletError(.corrupted, "the content is damaged: its hash differs from the manifest's", at: path)
    }
    return file
  }
}
