import Core

extension Tokenizer {
  /// Files larger than this are refused before they are read.
  private static let sizeLimit = 1 << 30

  /// Reads a `tokenizer.json`, or the one of a folder, with the roles that a `tokenizer_config.json` beside it gives.
  ///
  /// Throws: `MartletError`, which names the file and the key, for a file that is missing, malformed, or has parts
  /// that are not supported.
  public static func load(_ path: String) throws -> Tokenizer {
    let file = FileSystem.kind(of: path) == .folder ? joinPath(path, "tokenizer.json") : path
    let config = joinPath(parentFolder(of: file), "tokenizer_config.json")
    let roles = FileSystem.kind(of: config) == .file ? try SpecialTokenRoles(configFile: config) : nil
    return try Tokenizer(json: try FileSystem.read(file, limit: sizeLimit), name: file, roles: roles)
  }

  /// Reads the content of a `tokenizer.json`; `name` says in errors what it is.
  ///
  /// Throws: `MartletError`, which names the key, for content that is malformed or has parts that are not supported.
  public convenience init(json: [UInt8], name: String, roles: SpecialTokenRoles? = nil) throws {
    let file = try JSONPart(Tokenizer.parse(json, name), file: name)
    try file.requireOff("truncation")
    try file.requireOff("padding")
    let normalizer = try PipelineParts.read("normalizer", of: file, PipelineParts.normalizers)
    let preTokenizer = try PipelineParts.read("pre_tokenizer", of: file, PipelineParts.preTokenizers)
    guard let model = try PipelineParts.read("model", of: file, PipelineParts.models, defaultType: "BPE") else {
      throw file.malformed("the key 'model' is missing")
    }
    let postProcessor = try PipelineParts.read("post_processor", of: file, PipelineParts.postProcessors)
    let decoder = try PipelineParts.read("decoder", of: file, PipelineParts.decoders)
    try self.init(
      normalizer: normalizer, preTokenizer: preTokenizer, model: model, postProcessor: postProcessor,
      decoder: decoder ?? SpacedDecoder(), addedTokens: try Tokenizer.addedTokens(file), roles: roles, name: name)
  }

  fileprivate static func parse(_ json: [UInt8], _ name: String) throws -> JSONValue {
    do {
      return try json.withUnsafeBufferPointer { (bytes) throws(JSONFault) in try JSONReader.parse(bytes) }
    } catch {
      throw MartletError(
        .malformedFile, "not valid JSON: \(error.reason)", at: "\(name), byte \(error.offset)",
        remedy: "Write the file again with the program that made it.")
    }
  }

  private static func addedTokens(_ file: JSONPart) throws -> [AddedToken] {
    guard let value = file.value["added_tokens"], value != .null else { return [] }
    var tokens: [AddedToken] = []
    var ids: Set<Int32> = []
    for (index, element) in try file.elements("added_tokens").enumerated() {
      let part = try JSONPart(element, file: file.file, path: "added_tokens[\(index)]")
      let number = try part.integer("id")
      guard let id = Int32(exactly: number), id >= 0 else {
        throw part.malformed("the id \(number) is not between 0 and 2^31")
      }
      guard ids.insert(id).inserted else { throw part.malformed("the id \(id) comes twice") }
      var token = AddedToken(id: id, content: try part.string("content"))
      token.singleWord = try part.bool("single_word", or: false)
      token.stripsLeft = try part.bool("lstrip", or: false)
      token.stripsRight = try part.bool("rstrip", or: false)
      token.isSpecial = try part.bool("special", or: false)
      token.isNormalized = try part.bool("normalized", or: !token.isSpecial)
      tokens.append(token)
    }
    return tokens
  }

  /// The content of a `tokenizer.json` that the `tokenizers` library reads, and this class.
  public func json() -> [UInt8] {
    let tokens = addedTokens.map { token -> JSONValue in
      [
        "id": .integer(Int64(token.id)), "content": .string(token.content), "single_word": .bool(token.singleWord),
        "lstrip": .bool(token.stripsLeft), "rstrip": .bool(token.stripsRight),
        "normalized": .bool(token.isNormalized), "special": .bool(token.isSpecial),
      ]
    }
    let file: JSONValue = [
      "version": "1.0", "truncation": nil, "padding": nil, "added_tokens": .array(tokens),
      "normalizer": normalizer?.json ?? .null, "pre_tokenizer": preTokenizer?.json ?? .null,
      "post_processor": postProcessor?.json ?? .null, "decoder": decoder.json, "model": model.json,
    ]
    return file.written(indented: true) + [0x0A]
  }

  /// Writes `tokenizer.json`, `tokenizer_config.json` and `special_tokens_map.json` into a folder, each atomically,
  /// so that `transformers.AutoTokenizer` loads the folder.
  ///
  /// Throws: `MartletError` if the system refuses to write.
  public func save(to folder: String) throws {
    try AtomicFile.write(json(), to: joinPath(folder, "tokenizer.json"))
    let map = roles.json
    let config: [JSONMember] =
      [
        JSONMember(Array("tokenizer_class".utf8), "PreTrainedTokenizerFast"),
        JSONMember(Array("clean_up_tokenization_spaces".utf8), false),
        // The library's sign for "no limit"; a model's own limit is in its config.json.
        JSONMember(Array("model_max_length".utf8), .integer(1_000_000_000_000_000_000)),
      ] + map
    try AtomicFile.write(
      JSONValue.object(config).written(indented: true) + [0x0A], to: joinPath(folder, "tokenizer_config.json"))
    try AtomicFile.write(
      JSONValue.object(map).written(indented: true) + [0x0A], to: joinPath(folder, "special_tokens_map.json"))
  }

  /// The SHA-256 of `json()` in hexadecimal digits: what data made with this tokenizer is marked with.
  public func fingerprint() -> String {
    json().withUnsafeBytes { SHA256.hash($0).hex }
  }
}

extension SpecialTokenRoles {
  fileprivate var json: [JSONMember] {
    let roles = [
      ("bos_token", beginningOfText), ("eos_token", endOfText), ("pad_token", padding), ("unk_token", unknown),
    ]
    return roles.compactMap { key, token in token.map { JSONMember(Array(key.utf8), .string($0)) } }
  }

  /// Reads the roles of a `tokenizer_config.json`.
  fileprivate init(configFile path: String) throws {
    let value = try Tokenizer.parse(try FileSystem.read(path, limit: 1 << 26), path)
    let part = try JSONPart(value, file: path)
    /// A token is a string or an object with its content.
    func token(_ key: String) throws -> String? {
      if case .object? = value[key] { return try part.part(key)?.string("content") }
      return try part.optionalString(key)
    }
    self.init(
      beginningOfText: try token("bos_token"), endOfText: try token("eos_token"), padding: try token("pad_token"),
      unknown: try token("unk_token"))
  }
}
