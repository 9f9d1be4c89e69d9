import Core
import Models
import YAML

extension Recipe {
  /// Reads a recipe file and what flags change in it.
  ///
  /// - Parameter overrides: the values of `--set`, as in `train.learning_rate=3e-4`. Relative paths in them start at
  ///   the folder that the command runs in, those in the file at the file's folder.
  ///
  /// Throws: `MartletError` with code `notFound`, `inputOutput`, `malformedFile` (no YAML) or `invalidArgument` (an
  /// unknown key or a wrong value), with line and column or the flag.
  public init(file path: String, overrides: [String] = []) throws {
    let text = try FileSystem.readText(path, limit: YAMLParser.maximumSize)
    try self.init(text: text, file: path, overrides: overrides)
  }

  /// Reads a recipe from text; `file` names it in errors, gives its folder and, if the text has no name, its name.
  ///
  /// Throws: as `init(file:overrides:)`.
  public init(text: String, file: String, overrides: [String] = []) throws {
    var reader = RecipeReader(file: file)
    if let top = try YAMLParser.parse(text, name: file) { try reader.read(top) }
    for flag in overrides { try reader.apply(flag) }
    self = try reader.finish()
  }

  /// The recipe as YAML with all its keys in a fixed order; reading it back gives the same recipe.
  public var yaml: String { RecipeText.whole(self) }

  /// A key that two recipes give other values.
  public struct Change: Sendable, Hashable {
    /// The key, as in `train.learning_rate`.
    public let key: String
    /// Its value before, as in the file.
    public let before: String
    /// Its value now, as in the file.
    public let after: String
    /// Whether it makes other weights.
    public let changesWeights: Bool
  }

  /// The keys whose values differ from `earlier`'s.
  public func changes(since earlier: Recipe) -> [Change] {
    func values(_ recipe: Recipe) -> [(key: String, value: JSONValue, changesWeights: Bool)] {
      RecipeKey.all.map { ($0.name, $0.value(in: recipe), $0.changesWeights) }
        + recipe.model.configuration.keys.map { ("model." + $0, recipe.model.configuration[$0] ?? .null, true) }
    }
    let before = Dictionary(uniqueKeysWithValues: values(earlier).map { ($0.key, $0.value) })
    let after = values(self)
    let gone = values(earlier).filter { old in !after.contains { $0.key == old.key } }
      .map { (key: $0.key, value: JSONValue.null, changesWeights: $0.changesWeights) }
    return (after + gone).compactMap { key, value, changesWeights in
      let old = before[key] ?? .null
      if old == value { return nil }
      func text(_ value: JSONValue) -> String { value == .null ? "not given" : RecipeText.scalar(value) }
      return Change(key: key, before: text(old), after: text(value), changesWeights: changesWeights)
    }
  }
}

/// Puts the nodes of a recipe file and the flags into a `Recipe`, and remembers where each value came from.
struct RecipeReader {
  private let file: String
  private var recipe = Recipe()
  /// Where each key was given: the file with line and column, or the flag.
  private var places: [String: String] = [:]
  /// Keys of the model's configuration, which can be checked once the family is known.
  private var modelNodes: [(name: String, node: YAMLNode)] = []

  init(file: String) {
    self.file = file
    recipe.folder = parentFolder(of: file)
    let name = fileName(of: file)
    recipe.name =
      name.hasSuffix(".yaml") ? String(name.dropLast(5)) : name.hasSuffix(".yml") ? String(name.dropLast(4)) : name
  }

  mutating func read(_ top: YAMLNode) throws {
    guard case .mapping = top.content else {
      if top.isNull { return }
      throw MartletError(
        .invalidArgument, "a recipe is made of sections (model:, data:, train:, generate:), found \(top.found)",
        at: place(top.place), remedy: "`martlet new` writes a recipe to start from.")
    }
    try read(top, section: "")
  }

  private func place(_ place: YAMLNode.Place) -> String { "\(file):\(place.line):\(place.column)" }

  private mutating func read(_ node: YAMLNode, section: String) throws {
    guard case .mapping(let members) = node.content else {
      if node.isNull { return }
      throw MartletError(
        .invalidArgument, "\(section.dropLast()) must be a section of keys, found \(node.found)", at: place(node.place),
        remedy: "Write its keys on lines of their own below `\(section.dropLast()):`, indented by two spaces.")
    }
    for (key, keyPlace, value) in members {
      let name = section + key
      if RecipeKey.all.contains(where: { $0.name.hasPrefix(name + ".") }) {
        try read(value, section: name + ".")
      } else {
        try set(name, value, keyAt: place(keyPlace), valueAt: place(value.place))
      }
    }
  }

  /// Applies `key=value` from a flag.
  mutating func apply(_ flag: String) throws {
    let place = "--set \(flag)"
    guard let equals = flag.firstIndex(of: "="), equals != flag.startIndex else {
      throw MartletError(
        .invalidArgument, "a key, = and a value are needed", at: place,
        remedy: "Write it as --set train.learning_rate=3e-4")
    }
    let name = String(flag[..<equals])
    let text = String(flag[flag.index(after: equals)...])
    let rule = RecipeKey.all.first { $0.name == name }?.rule
    var node = YAMLNode(content: .scalar(text, isPlain: true), place: .init(line: 1, column: 1))
    // A shell has removed one pair of quotes, so text is taken as it stands unless it has YAML's quotes or brackets.
    if rule?.isText != true || ["\"", "'", "["].contains(text.first) {
      node = try YAMLParser.parse(text, name: place) ?? node
    } else if rule == .text || rule == .texts {
      node.content = .scalar(text, isPlain: false)
    }
    try set(name, node, keyAt: place, valueAt: place)
    try rebasePaths(name, rule)
  }

  /// Makes relative paths of a flag start at the folder that the command runs in.
  private mutating func rebasePaths(_ name: String, _ rule: ValueRule?) throws {
    guard let rule, rule == .path || rule == .paths, recipe.folder != ".",
      let key = RecipeKey.all.first(where: { $0.name == name })
    else { return }
    func rebase(_ value: JSONValue) -> JSONValue {
      value.stringValue.map { .string(joinPath(FileSystem.currentFolder, $0)) } ?? value
    }
    let value = key.load(recipe)
    key.store(&recipe, value.arrayValue.map { .array($0.map(rebase)) } ?? rebase(value))
  }

  private mutating func set(_ name: String, _ node: YAMLNode, keyAt: String, valueAt: String) throws {
    guard let key = RecipeKey.all.first(where: { $0.name == name }) else {
      guard name.hasPrefix("model."), !name.dropFirst(6).contains(".") else {
        throw RecipeKey.unknown(name, modelType: recipe.model.type, at: keyAt)
      }
      modelNodes.append((name, node))
      places[name] = valueAt
      places["key " + name] = keyAt
      return
    }
    if node.isNull, key.isOptional {
      key.store(&recipe, .null)
      places[name] = nil
      return
    }
    guard let value = key.rule.value(of: node) else {
      throw Recipe.wrong(name, key.rule, example: key.example, found: node.found, at: valueAt)
    }
    key.store(&recipe, value)
    places[name] = valueAt
  }

  /// Checks what can be checked only when all keys are there.
  mutating func finish() throws -> Recipe {
    let keys = ModelFamilies.all.first { $0.modelType == recipe.model.type }?.keys ?? []
    var given: [String: JSONValue] = [:]
    for (name, node) in modelNodes {
      let short = String(name.dropFirst(6))
      guard let key = keys.first(where: { $0.name == short }) else {
        throw RecipeKey.unknown(name, modelType: recipe.model.type, at: places["key " + name] ?? file)
      }
      guard let value = key.rule.value(of: node) else {
        throw Recipe.wrong(name, key.rule, example: key.exampleText, found: node.found, at: places[name] ?? file)
      }
      given[short] = value
    }
    for key in keys { recipe.model.configuration[key.name] = given[key.name] }
    try recipe.check { places[$0] ?? file }
    return recipe
  }
}
