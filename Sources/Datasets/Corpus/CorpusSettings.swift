import Core
import Documents

/// Where the documents of a corpus come from and what is done with them before they become tokens.
public struct CorpusSettings: Sendable, Equatable {
  /// Some files, and how their documents are read.
  public struct Source: Sendable, Equatable {
    /// Paths, patterns, folders, `-` or addresses.
    public var files: [String]
    /// The name of the format, or nil to go by the names of the files.
    public var format: String?
    /// What the format wants to know.
    public var options: JSONObject
    /// The licence of documents that do not bring their own.
    public var licence: String?
    /// How often each document counts: 2 is twice, 0.5 is half of them.
    public var weight: Double
    /// What reports call it.
    public var name: String

    /// Whether it comes from elsewhere and must be kept to be read twice.
    var isFetched: Bool { files.contains { $0 == "-" || $0.contains("://") } }

    /// A source with the usual values for the rest.
    public init(
      files: [String], format: String? = nil, options: JSONObject = [:], licence: String? = nil, weight: Double = 1,
      name: String? = nil
    ) {
      self.files = files
      self.format = format
      self.options = options
      self.licence = licence
      self.weight = weight
      self.name = name ?? files.first ?? ""
    }
  }

  /// The sources, in the order in which the documents come.
  public var sources: [Source]
  /// The steps, each a name with its settings, in their order.
  public var steps: [Step]
  /// Whether documents come in a random order, the same for the same seed.
  public var shuffles = false
  /// The attribute of documents that keeps those of one group on one side of the split, or nil.
  public var group: String?
  /// Decides the order and which documents a weight leaves out.
  public var seed: UInt64 = 0
  /// How much memory the search for duplicates and the sorting may take, in bytes.
  public var maximumMemory = 1 << 29
  /// The folder that relative paths in settings start from.
  public var folder = "."

  /// A step with its settings.
  public struct Step: Sendable, Equatable {
    /// The name.
    public var name: String
    /// The settings.
    public var options: JSONObject

    /// A step.
    public init(_ name: String, _ options: JSONObject = [:]) {
      self.name = name
      self.options = options
    }
  }

  /// Settings with the usual values for the rest.
  public init(sources: [Source], steps: [Step] = []) {
    self.sources = sources
    self.steps = steps
  }
}

extension CorpusSettings {
  /// Reads the lists of sources and steps of a recipe.
  ///
  /// - Parameters:
  ///   - key: the name of the list of sources, for errors.
  ///   - place: the recipe's file, for errors.
  ///
  /// Throws: `MartletError` that names the element.
  public init(
    sources: [JSONValue], steps: [JSONValue] = [], folder: String, key: String = "data.sources", at place: String
  ) throws {
    self.init(sources: try sources.enumerated().map { try Source($1, key: "\(key)[\($0)]", at: place) })
    self.folder = folder
    for (index, value) in steps.enumerated() {
      let name = "data.steps[\(index)]"
      if let step = value.stringValue {
        self.steps.append(Step(step))
      } else if let object = value.objectValue, let step = object.keys.first, object.keys.count == 1 {
        let options = object[step] ?? .null
        guard options == .null || options.objectValue != nil else {
          throw Self.invalid("\(name).\(step)", "a section of settings", place)
        }
        self.steps.append(Step(step, options.objectValue ?? [:]))
      } else {
        throw Self.invalid(name, "the name of a step, or one name with a section of settings", place)
      }
    }
  }

  fileprivate static func invalid(_ key: String, _ expected: String, _ place: String) -> MartletError {
    MartletError(
      .invalidArgument, "\(key) must be \(expected)", at: place, remedy: "docs/DATA.md shows all sources and steps.")
  }

  /// Checks that the steps and their settings are known.
  ///
  /// Throws: `MartletError` that names the step. Files that a step reads are not looked at.
  public func checkSteps() throws { _ = try StepCatalog(self, readsFiles: false) }

  /// The files of a source. A folder without any is a warning.
  ///
  /// Throws: `MartletError` if there is nothing at a location, or it cannot be listed.
  func list(_ source: Source, _ warnings: inout [String]) throws -> [InputFile] {
    var files: [InputFile] = []
    for location in source.files {
      let path = resolvedPath(location, from: folder)
      do {
        files += try InputFile.list([path])
      } catch let error as MartletError where error.code == .notFound && FileSystem.kind(of: path) == .folder {
        warnings.append("there is no text in \(location)")
      }
    }
    return files
  }

  /// The settings as manifests keep them.
  var json: JSONObject {
    [
      "sources": .array(sources.map { .object($0.json) }),
      "steps": .array(steps.map { .object([$0.name: .object($0.options)]) }),
      "shuffle": .bool(shuffles), "group": group.map { .string($0) } ?? .null, "seed": .string(String(seed)),
    ]
  }
}

extension CorpusSettings.Source {
  /// Reads an element of a list of sources: a path, or a section.
  ///
  /// Throws: `MartletError` that names the key.
  init(_ value: JSONValue, key: String, at place: String) throws {
    if let file = value.stringValue {
      self.init(files: [file])
      return
    }
    guard let object = value.objectValue else {
      throw CorpusSettings.invalid(key, "a path or a section with `files`", place)
    }
    var options = OptionReader(object, name: key, at: place)
    let files = try options.texts("files") ?? []
    guard !files.isEmpty else { throw CorpusSettings.invalid("\(key).files", "a path or a list of paths", place) }
    self.init(files: files)
    format = try options.text("format")
    licence = try options.text("licence") ?? options.text("license")
    weight = try options.number("weight", in: 0...1000) ?? 1
    name = try options.text("name") ?? name
    // What is left is for the format, which checks it.
    self.options = options.rest
  }

  /// The source as manifests keep it.
  var json: JSONObject {
    [
      "files": .array(files.map { .string($0) }), "format": format.map { .string($0) } ?? .null,
      "options": .object(options), "licence": licence.map { .string($0) } ?? .null, "weight": .double(weight),
      "name": .string(name),
    ]
  }
}
