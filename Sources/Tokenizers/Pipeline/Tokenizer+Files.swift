import Core

extension Tokenizer {
  /// Files larger than this are refused before they are read.
  private static let sizeLimit = 1 << 30

  /// Reads a `tokenizer.json`, or the one of a folder, with the roles that a `tokenizer_config.json` beside it gives;
  /// by their names also a sentencepiece `.model`, a `.tiktoken` vocabulary, and a `tekken.json`.
  ///
  /// Throws: `MartletError`, which names the file and the key, for a file that is missing, malformed, or has parts
  /// that are not supported.
  public static func load(_ path: String) throws -> Tokenizer {
    var file = path
    if FileSystem.kind(of: path) == .folder {
      let names = ["tokenizer.json", "tokenizer.model", "spiece.model", "tekken.json"]
      file = joinPath(path, names.first { FileSystem.kind(of: joinPath(path, $0)) == .file } ?? names[0])
    }
    let name = fileName(of: file)
    // Mistral's files have a version behind: tokenizer.model.v3.
    if name.hasSuffix(".model") || name.contains(".model.v") {
      return try Tokenizer(sentencePiece: try FileSystem.read(file, limit: sizeLimit), name: file)
    }
    if file.hasSuffix(".tiktoken") {
      return try Tokenizer(tiktoken: try FileSystem.read(file, limit: sizeLimit), name: file)
    }
    if name.hasPrefix("tekken"), name.hasSuffix(".json") {
      return try Tokenizer(tekken: try FileSystem.read(file, limit: sizeLimit), name: file)
    }
    let config = joinPath(parentFolder(of: file), "tokenizer_config.json")
    let roles = FileSystem.kind(of: config) == .file ? try SpecialTokenRoles(configFile: config) : nil
    return try Tokenizer(json: try FileSystem.read(file, limit: sizeLimit), name: file, roles: roles)
  }

  /// Reads the content of a `tokenizer.json`; `name` says in errors what it is.
  ///
  /// Throws: `MartletError`, which names the key, for content that is malformed or has parts that are not supported.
  public convenience init(json: [UInt8], name: String, roles: SpecialTokenRoles? = nil) throws {
    let file = try JSONFields(parsing: json, name: name)
    func section(_ key: String) throws -> JSONFields? {
      guard let value = file.object[key], value != .null else { return nil }
      return try file.fields(key)
    }
    let truncation = try section("truncation").map { try Truncation($0) }
    let padding = try section("padding").map { try Padding($0) }
    let normalizer = try PipelineParts.read("normalizer", of: file, PipelineParts.normalizers)
    let preTokenizer = try PipelineParts.read("pre_tokenizer", of: file, PipelineParts.preTokenizers)
    guard let model = try PipelineParts.read("model", of: file, PipelineParts.models, defaultType: "BPE") else {
      throw file.failure("model", mustBe: "an object")
    }
    let postProcessor = try PipelineParts.read("post_processor", of: file, PipelineParts.postProcessors)
    let decoder = try PipelineParts.read("decoder", of: file, PipelineParts.decoders)
    try self.init(
      normalizer: normalizer, preTokenizer: preTokenizer, model: model, postProcessor: postProcessor,
      decoder: decoder ?? SpacedDecoder(), addedTokens: try Tokenizer.addedTokens(file), roles: roles,
      truncation: truncation, padding: padding, name: name)
  }

  private static func addedTokens(_ file: JSONFields) throws -> [AddedToken] {
    var tokens: [AddedToken] = []
    var ids: Set<Int32> = []
    for part in try file.objects("added_tokens", default: []) {
      let id = Int32(try part.integer("id", in: 0...Int(Int32.max)))
      guard ids.insert(id).inserted else { throw part.failure("id", mustBe: "an id that no token before it has") }
      var token = AddedToken(id: id, content: try part.string("content"))
      token.singleWord = try part.bool("single_word", default: false)
      token.stripsLeft = try part.bool("lstrip", default: false)
      token.stripsRight = try part.bool("rstrip", default: false)
      token.isSpecial = try part.bool("special", default: false)
      token.isNormalized = try part.bool("normalized", default: !token.isSpecial)
      tokens.append(token)
    }
    return tokens
  }

  /// The content of a `tokenizer.json` that the `tokenizers` library reads, and this class.
  public func json() -> [UInt8] {
    func part(_ object: JSONObject?) -> JSONValue { object.map { .object($0) } ?? .null }
    let tokens = addedTokens.map { token -> JSONValue in
      .object([
        "id": .integer(Int(token.id)), "content": .string(token.content), "single_word": .bool(token.singleWord),
        "lstrip": .bool(token.stripsLeft), "rstrip": .bool(token.stripsRight),
        "normalized": .bool(token.isNormalized), "special": .bool(token.isSpecial),
      ])
    }
    let file: JSONObject = [
      "version": .string("1.0"), "truncation": part(truncation?.json), "padding": part(padding?.json),
      "added_tokens": .array(tokens),
      "normalizer": part(normalizer?.json), "pre_tokenizer": part(preTokenizer?.json),
      "post_processor": part(postProcessor?.json), "decoder": part(decoder.json), "model": part(model.json),
    ]
    return Array((JSONValue.object(file).text(indent: 2) + "\n").utf8)
  }

  /// Writes `tokenizer.json`, `tokenizer_config.json` and `special_tokens_map.json` into a folder, each atomically,
  /// so that `transformers.AutoTokenizer` loads the folder.
  ///
  /// Throws: `MartletError` if the system refuses to write.
  public func save(to folder: String) throws {
    for (name, bytes) in files() { try AtomicFile.write(bytes, to: joinPath(folder, name)) }
  }

  /// The files that `save` writes, by name.
  public func files() -> [(name: String, bytes: [UInt8])] {
    let map = roles.json
    var config: JSONObject = [
      "tokenizer_class": .string("PreTrainedTokenizerFast"), "clean_up_tokenization_spaces": .bool(false),
      // The library's sign for "no limit"; a model's own limit is in its config.json.
      "model_max_length": .integer(1_000_000_000_000_000_000),
    ]
    for key in map.keys { config[key] = map[key] }
    func text(_ object: JSONObject) -> [UInt8] { Array((JSONValue.object(object).text(indent: 2) + "\n").utf8) }
    return [
      ("tokenizer.json", json()), ("tokenizer_config.json", text(config)), ("special_tokens_map.json", text(map)),
    ]
  }

  /// The SHA-256 of `json()` in hexadecimal digits: what data made with this tokenizer is marked with.
  public func fingerprint() -> String {
    json().withUnsafeBytes { SHA256.hash($0).hex }
  }
}

extension SpecialTokenRoles {
  /// The roles of the `tokenizer_config.json` of a folder; none where there is no such file.
  ///
  /// Throws: `MartletError` if the file is malformed.
  public init(folder: String) throws {
    let file = joinPath(folder, "tokenizer_config.json")
    if FileSystem.kind(of: file) == .file { try self.init(configFile: file) } else { self.init() }
  }

  /// The tokens of the roles that are played, by the keys of `tokenizer_config.json`.
  public var byKey: [(key: String, token: String)] {
    json.members.compactMap { key, value in value.stringValue.map { (key, $0) } }
  }

  fileprivate var json: JSONObject {
    var object = JSONObject()
    object["bos_token"] = beginningOfText.map { .string($0) }
    object["eos_token"] = endOfText.map { .string($0) }
    object["pad_token"] = padding.map { .string($0) }
    object["unk_token"] = unknown.map { .string($0) }
    return object
  }

  /// Reads the roles of a `tokenizer_config.json`.
  fileprivate init(configFile path: String) throws {
    let fields = try JSONFields(file: path)
    /// A token is a string or an object with its content.
    func token(_ key: String) throws -> String? {
      if case .object? = fields.object[key] { return try fields.fields(key).string("content") }
      return try fields.optionalString(key)
    }
    self.init(
      beginningOfText: try token("bos_token"), endOfText: try token("eos_token"), padding: try token("pad_token"),
      unknown: try token("unk_token"))
  }
}

extension Tokenizer {
  /// The stages by name with a short text of what each is, for people.
  public var stages: [(name: String, description: String)] {
    func text(_ object: JSONObject?) -> String { object.map { JSONValue.object($0).text() } ?? "none" }
    var model = model.json
    model["vocab"] = nil
    model["merges"] = nil
    return [
      ("normalizer", text(normalizer?.json)), ("pre-tokenizer", text(preTokenizer?.json)), ("model", text(model)),
      ("post-processor", text(postProcessor?.json)), ("decoder", text(decoder.json)),
      ("truncation", text(truncation?.json)), ("padding", text(padding?.json)),
    ]
  }
}
