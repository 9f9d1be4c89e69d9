import Core

/// A field of a JSON object: a key, or keys of objects inside one another with dots between.
public struct FieldPath: Sendable, Hashable, ExpressibleByStringLiteral, CustomStringConvertible {
  /// The path as it is written.
  public let description: String
  /// The keys from the outside in.
  let keys: [String]

  /// A path such as `text` or `meta.source`.
  public init(_ text: String) {
    description = text
    keys = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
  }

  /// A path.
  public init(stringLiteral text: String) { self.init(text) }

  /// The value in an object; a key that has dots itself counts too.
  func value(in object: JSONObject) -> JSONValue? {
    if let value = object[description] { return value }
    guard keys.count > 1, var value = object[keys[0]] else { return nil }
    for key in keys.dropFirst() {
      guard let next = value.objectValue?[key] else { return nil }
      value = next
    }
    return value
  }

  /// Whether the value is this or a part of this member of the outermost object.
  func begins(with key: String) -> Bool {
    key.utf8.elementsEqual(description.utf8) || keys.count > 1 && key.utf8.elementsEqual(keys[0].utf8)
  }
}
