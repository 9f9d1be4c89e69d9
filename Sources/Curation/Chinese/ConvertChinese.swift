import Documents

/// Writes traditional Chinese in simplified characters, or the other way round, by phrases first and then by characters.
///
/// The dictionaries are OpenCC's. Where a language was identified as `zh-Hant` or `zh`, it is changed with the text.
public struct ConvertChinese: DocumentStep {
  /// The name of the step in recipes and reports.
  public static let name = "convert_chinese"

  /// The characters to write with.
  public enum Target: String, Sendable, CaseIterable {
    /// Simplified characters.
    case simplified
    /// Traditional characters.
    case traditional
  }

  /// The characters to write with.
  public let target: Target
  private let dictionary: ChineseDictionary

  /// A step that writes Chinese in the characters of `target`.
  ///
  /// Throws: `MartletError` with code `notFound` if OpenCC's data is not installed.
  public init(to target: Target = .simplified) throws {
    self.target = target
    dictionary = try ChineseDictionary(configuration: target == .simplified ? "t2s.json" : "s2t.json")
  }

  /// Converts the text of a document that is not written in a language other than Chinese.
  public func apply(_ document: inout Document, _ counters: inout Counters) -> Verdict {
    var text = document.text
    let language = document.attributes["language"]?.stringValue
    let converted = text.withUTF8 { bytes -> (text: [UInt8], replaced: Int)? in
      // Japanese has characters that only look traditional.
      guard document.writing(bytes) != .otherUnspaced, language != "ja", language != "ko" else { return nil }
      return dictionary.converted(bytes)
    }
    if let converted {
      document.text = String(decoding: converted.text, as: UTF8.self)
      counters["characters converted", default: 0] += converted.replaced
    }
    if language == "zh" || language == "zh-Hant" {
      document.attributes["language"] = .string(target == .simplified ? "zh" : "zh-Hant")
    }
    return .keep
  }
}
