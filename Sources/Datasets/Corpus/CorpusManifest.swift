import Core
import Curation

/// A version of a corpus: which inputs it is made of, and which of their documents it leaves out.
///
/// Its name is the hash of all that decides its documents, so that the same inputs and settings give the same version.
public struct CorpusManifest: Sendable, Equatable {
  /// An input with its documents.
  public struct Input: Sendable, Equatable {
    /// The path or address.
    public var name: String
    /// The size of the file.
    public var bytes: Int
    /// The SHA-256 of the file in hexadecimal digits.
    public var sha256: String
    /// The place in the list of sources.
    public var source: Int
    /// The name of the part's folder.
    public var part: String
    /// How many documents the part has, before duplicates are left out.
    public var documents: Int
    /// The SHA-256 of the part's documents.
    public var documentsSHA256: String
  }

  /// The inputs in the order of their documents.
  public var inputs: [Input]
  /// The settings.
  public var settings: JSONObject
  /// The names and weights of the sources.
  public var sources: [(name: String, weight: Double)] {
    (settings["sources"]?.arrayValue ?? []).map {
      ($0.objectValue?["name"]?.stringValue ?? "", $0.objectValue?["weight"]?.doubleValue ?? 1)
    }
  }
  /// How many documents are left out as duplicates of others.
  public var duplicates = 0
  /// How many of these have the very same text.
  public var exactDuplicates = 0
  /// The SHA-256 of the list of duplicates.
  public var duplicatesSHA256: String
  /// How many paragraphs of kept documents are cut because others have them.
  public var cuts = 0
  /// The SHA-256 of the list of these paragraphs.
  public var cutsSHA256 = ""
  /// The version that this one was added to.
  public var parent: String?

  /// Documents before duplicates are left out.
  public var documents: Int { inputs.reduce(0) { $0 + $1.documents } }

  /// Two manifests are equal if they say the same.
  public static func == (left: CorpusManifest, right: CorpusManifest) -> Bool { left.json == right.json }

  /// The name of the version: the hash of what decides its documents.
  public var id: String {
    let content: JSONObject = [
      "settings": .object(settings), "duplicates": .string(duplicatesSHA256),
      "cuts": .string(cutsSHA256),
      "inputs": .array(
        inputs.map { .array([.string($0.part), .integer($0.source), .string($0.documentsSHA256)]) }),
    ]
    return String(SHA256.hash(Array(JSONValue.object(content).text().utf8)).hex.prefix(16))
  }

  /// Whether the version is one with these settings and inputs to which others were added.
  func isAddition(to other: CorpusManifest, _ parts: [String]) -> Bool {
    var (left, right) = (settings, other.settings)
    left["sources"] = nil
    right["sources"] = nil
    let sources = other.settings["sources"]?.arrayValue ?? []
    return parent != nil && left == right && inputs.prefix(parts.count).map(\.part) == parts
      && Array((settings["sources"]?.arrayValue ?? []).prefix(sources.count)) == sources
  }

  var json: JSONObject {
    [
      "format": .string("martlet-corpus"), "version": .integer(1), "id": .string(id),
      "parent": parent.map { .string($0) } ?? .null, "settings": .object(settings),
      "documents": .integer(documents), "duplicates": .integer(duplicates),
      "exact_duplicates": .integer(exactDuplicates), "duplicates_sha256": .string(duplicatesSHA256),
      "cuts": .integer(cuts), "cuts_sha256": .string(cutsSHA256),
      "inputs": .array(
        inputs.map { input in
          .object([
            "name": .string(input.name), "bytes": .integer(input.bytes), "sha256": .string(input.sha256),
            "source": .integer(input.source), "part": .string(input.part), "documents": .integer(input.documents),
            "documents_sha256": .string(input.documentsSHA256),
          ])
        }),
    ]
  }

  init(inputs: [Input], settings: JSONObject, duplicatesSHA256: String) {
    self.inputs = inputs
    self.settings = settings
    self.duplicatesSHA256 = duplicatesSHA256
  }

  /// Reads the manifest of a version.
  ///
  /// Throws: `MartletError` with code `notFound` or `malformedFile`.
  init(file: String) throws {
    let fields = try JSONFields(file: file)
    guard fields.object["format"]?.stringValue == "martlet-corpus" else {
      throw fields.failure("format", mustBe: "\"martlet-corpus\"")
    }
    guard fields.object["version"]?.integerValue == 1 else { throw fields.failure("version", mustBe: "1") }
    settings = try fields.fields("settings").object
    duplicates = try fields.integer("duplicates", in: 0...1 << 52)
    exactDuplicates = try fields.integer("exact_duplicates", in: 0...1 << 52)
    duplicatesSHA256 = try fields.string("duplicates_sha256")
    cuts = try fields.integer("cuts", in: 0...1 << 52)
    cutsSHA256 = try fields.string("cuts_sha256")
    parent = fields.object["parent"]?.stringValue
    inputs = try fields.objects("inputs").map { input in
      let part = try input.string("part")
      guard part.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }), !part.isEmpty else {
        throw input.failure("part", mustBe: "a hash in hexadecimal digits")
      }
      return Input(
        name: try input.string("name"), bytes: try input.integer("bytes", in: 0...1 << 56),
        sha256: try input.string("sha256"), source: try input.integer("source", in: 0...1 << 20), part: part,
        documents: try input.integer("documents", in: 0...1 << 48),
        documentsSHA256: try input.string("documents_sha256"))
    }
  }
}
