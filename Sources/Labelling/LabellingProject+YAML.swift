import Core
import YAML

extension LabellingProject {
  /// Letters that do something else on the page than choose a label.
  public static let reservedKeys = ["u", "s", "g"]

  /// Colours of labels that have none of their own; they differ for people who see few colours, too.
  private static let palette = [
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b8860b", "#56b4e9", "#8c564b", "#6a3d9a", "#4d4d4d", "#e7298a",
  ]

  /// Reads a project file. Relative paths in it start at its folder.
  ///
  /// Throws: `MartletError` with code `notFound`, `inputOutput`, `malformedFile` (no YAML) or `invalidArgument` (an
  /// unknown key or a wrong value), with line and column.
  public init(file path: String) throws {
    try self.init(text: FileSystem.readText(path, limit: YAMLParser.maximumSize), file: path)
  }

  /// Reads a project from text; `file` names it in errors and gives its folder.
  ///
  /// Throws: as `init(file:)`.
  public init(text: String, file: String) throws {
    self.init()
    var reader = ProjectReader(file: file)
    try reader.read(text, into: &self)
    let folder = parentFolder(of: file)
    if folder != "." {
      input = input.map { joinPath(folder, $0) }
      database = joinPath(folder, database)
      tokenFile = tokenFile.map { joinPath(folder, $0) }
    }
  }

  /// Gives keys and colours to labels that have none.
  fileprivate mutating func completeLabels() {
    let keys = (Array("1234567890abcdefhijklmnopqrtvwxyz").map(String.init))
    var free = keys.filter { key in !labels.contains { $0.key == key } }[...]
    for index in labels.indices {
      if labels[index].key.isEmpty, let key = free.popFirst() { labels[index].key = key }
      if labels[index].color.isEmpty { labels[index].color = Self.palette[index % Self.palette.count] }
    }
  }
}

/// Puts the nodes of a project file into a `LabellingProject`.
private struct ProjectReader {
  let file: String
  private var labelsPlace: String?
  private var labelPlaces: [String] = []

  init(file: String) { self.file = file }

  private func at(_ place: YAMLNode.Place) -> String { "\(file):\(place.line):\(place.column)" }

  private func wrong(_ message: String, at place: String, _ remedy: String) -> MartletError {
    MartletError(.invalidArgument, message, at: place, remedy: remedy)
  }

  private func value(_ key: String, _ node: YAMLNode, _ rule: ValueRule) throws -> JSONValue {
    guard let value = rule.value(of: node) else {
      throw wrong(
        "\(key) must be \(rule.expectation), found \(node.found)", at: at(node.place),
        "docs/LABELLING.md lists the keys of projects.")
    }
    return value
  }

  private func text(_ key: String, _ node: YAMLNode, _ rule: ValueRule = .text) throws -> String {
    try value(key, node, rule).stringValue ?? ""
  }

  private func texts(_ key: String, _ node: YAMLNode, _ rule: ValueRule = .texts) throws -> [String] {
    try value(key, node, rule).arrayValue?.compactMap(\.stringValue) ?? []
  }

  private func integer(_ key: String, _ node: YAMLNode, _ range: ClosedRange<Int>) throws -> Int {
    try value(key, node, .integer(range)).integerValue ?? range.lowerBound
  }

  private func bool(_ key: String, _ node: YAMLNode) throws -> Bool { try value(key, node, .bool).boolValue ?? false }

  static let keys = [
    "name", "task", "labels", "input", "database", "annotators", "reviewers", "judgements_per_item", "guidelines",
    "order", "lock_minutes", "allow_overlap", "allow_tie", "shuffle_sides", "show_predictions", "host", "port",
    "host_names", "token_file",
  ]

  mutating func read(_ text: String, into project: inout LabellingProject) throws {
    let top = try YAMLParser.parse(text, name: file)
    guard case .mapping(let members)? = top?.content else {
      throw wrong(
        "a labelling project is made of keys, found \(top?.found ?? "nothing")", at: file,
        "It needs at least task:, labels: and input:. docs/LABELLING.md has examples.")
    }
    for (key, place, node) in members { try read(key, place, node, into: &project) }
    try check(&project, has: Set(members.map(\.key)))
  }

  private mutating func read(
    _ key: String, _ place: YAMLNode.Place, _ node: YAMLNode, into project: inout LabellingProject
  ) throws {
    switch key {
    case "name": project.name = try text(key, node)
    case "task":
      let task = try text(key, node, .choice(LabellingProject.Task.allCases.map(\.rawValue)))
      project.task = LabellingProject.Task(rawValue: task) ?? .classification
    case "labels":
      labelsPlace = at(place)
      project.labels = try labels(node)
    case "input": project.input = try texts(key, node, .paths)
    case "database": project.database = try text(key, node, .path)
    case "annotators": project.annotators = try names(key, node)
    case "reviewers": project.reviewers = try names(key, node)
    case "judgements_per_item": project.judgementsPerItem = try integer(key, node, 1...100)
    case "guidelines": project.guidelines = node.isNull ? "" : try text(key, node)
    case "order":
      let order = try text(key, node, .choice(LabellingProject.Order.allCases.map(\.rawValue)))
      project.order = LabellingProject.Order(rawValue: order) ?? .entropy
    case "lock_minutes": project.lockMinutes = try integer(key, node, 0...1440)
    case "allow_overlap": project.allowsOverlap = try bool(key, node)
    case "allow_tie": project.allowsTie = try bool(key, node)
    case "shuffle_sides": project.shufflesSides = try bool(key, node)
    case "show_predictions": project.showsPredictions = try bool(key, node)
    case "host": project.host = try text(key, node)
    case "port": project.port = try integer(key, node, 0...65535)
    case "host_names": project.hostNames = try texts(key, node)
    case "token_file": project.tokenFile = try text(key, node, .path)
    default:
      let near = nearestName(to: key, among: Self.keys).map { "Did you mean \($0)?" }
      throw wrong("unknown key \(key)", at: at(place), near ?? "docs/LABELLING.md lists the keys of projects.")
    }
  }

  private func names(_ key: String, _ node: YAMLNode) throws -> [String] {
    let names = try texts(key, node)
    if let name = names.first(where: { !AnnotatorName.isFit($0) }) {
      throw wrong(
        "'\(name)' is no name for a person", at: at(node.place),
        "Names have 1 to \(AnnotatorName.longest) characters, without control characters and spaces at the ends.")
    }
    return names
  }

  private mutating func labels(_ node: YAMLNode) throws -> [LabellingProject.Label] {
    guard case .sequence(let nodes) = node.content else {
      throw wrong("labels must be a list, found \(node.found)", at: at(node.place), "Write it as: labels: [good, bad]")
    }
    labelPlaces = nodes.map { at($0.place) }
    return try nodes.map { node in
      var label = LabellingProject.Label(name: "", key: "", color: "")
      guard case .mapping(let members) = node.content else {
        label.name = try text("a label", node)
        return label
      }
      for (key, place, value) in members {
        switch key {
        case "name": label.name = try text("name", value)
        case "key": label.key = try text("key", value)
        case "color": label.color = try text("color", value)
        default:
          let near = nearestName(to: key, among: ["name", "key", "color"]).map { "Did you mean \($0)?" }
          throw wrong("unknown key \(key) of a label", at: at(place), near ?? "A label has name, key and color.")
        }
      }
      return label
    }
  }

  private func check(_ project: inout LabellingProject, has keys: Set<String>) throws {
    for key in ["task", "input"] where !keys.contains(key) {
      throw wrong("the key \(key) is missing", at: file, "docs/LABELLING.md has examples of projects.")
    }
    if project.input.isEmpty { throw wrong("input names no file", at: file, "Name a JSON Lines file.") }
    if project.task.hasLabels, project.labels.count < (project.task == .classification ? 2 : 1) {
      throw wrong(
        "the task \(project.task.rawValue) needs labels", at: labelsPlace ?? file, "Write it as: labels: [good, bad]")
    }
    if !project.task.hasLabels, !project.labels.isEmpty {
      throw wrong("the task \(project.task.rawValue) has no labels", at: labelsPlace ?? file, "Remove the key labels.")
    }
    if project.labels.count > 200 {
      throw wrong("there are more than 200 labels", at: labelsPlace ?? file, "Split the task in two.")
    }
    var names: Set<ExactString> = []
    var used: Set<String> = []
    for (label, place) in zip(project.labels, labelPlaces) {
      if label.name.isEmpty || label.name.utf8.count > 200 {
        throw wrong("a label's name must have 1 to 200 bytes", at: place, "Shorten it.")
      }
      if !names.insert(ExactString(label.name)).inserted {
        throw wrong("the label \(label.name) comes twice", at: place, "Remove one.")
      }
      if label.key.isEmpty { continue }
      let isKey = label.key.utf8.count == 1 && label.key.allSatisfy { "0"..."9" ~= $0 || "a"..."z" ~= $0 }
      if !isKey || LabellingProject.reservedKeys.contains(label.key) {
        throw wrong(
          "'\(label.key)' cannot be the key of a label", at: place,
          "Choose a digit or a small letter; \(LabellingProject.reservedKeys.joined(separator: ", ")) have other uses.")
      }
      if !used.insert(label.key).inserted {
        throw wrong("two labels have the key \(label.key)", at: place, "Choose another key.")
      }
    }
    for (label, place) in zip(project.labels, labelPlaces) { try check(color: label.color, at: place) }
    project.completeLabels()
  }

  private func check(color: String, at place: String) throws {
    if color.isEmpty { return }
    let digits = color.utf8.dropFirst()
    let isHexadecimal = digits.allSatisfy {
      UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || UInt8(ascii: "a")...UInt8(ascii: "f") ~= $0 | 0x20
    }
    guard color.hasPrefix("#"), digits.count == 6, isHexadecimal else {
      throw wrong("'\(color)' is no colour", at: place, "Write it in quotes as \"#0072b2\".")
    }
  }
}

/// Names of annotators.
enum AnnotatorName {
  /// Characters of the longest name.
  static let longest = 64

  /// Whether a text can be the name of a person.
  static func isFit(_ name: String) -> Bool {
    guard !name.isEmpty, name.utf8.count <= 4 * longest, name.count <= longest else { return false }
    let scalars = name.unicodeScalars
    let hasOdd = scalars.contains {
      switch $0.properties.generalCategory {
      case .control, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned: true
      // Marks that turn the direction of what follows could make one name look like another.
      case .format: $0.value != 0x200C && $0.value != 0x200D
      default: false
      }
    }
    let isSpaced = [scalars.first, scalars.last].contains { $0?.properties.isWhitespace ?? true }
    return !hasOdd && !isSpaced
  }
}
