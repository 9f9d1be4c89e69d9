import CYAML
import Core

/// Reads the part of YAML that recipes and projects need: sections, lists and scalars.
///
/// Anchors, aliases, tags and several documents are refused, so that a small file can't grow into a large tree.
package enum YAMLParser {
  /// Nesting beyond this is refused.
  package static let maximumDepth = 16
  /// A file with more than this was not written by a person.
  package static let maximumSize = 1 << 20

  /// The top node of `text`, or nil if there is none (an empty file).
  ///
  /// - Parameter name: the file's name for errors.
  ///
  /// Throws: `MartletError` with code `malformedFile`, with line and column.
  package static func parse(_ text: String, name: String) throws -> YAMLNode? {
    guard text.utf8.count <= maximumSize else {
      throw MartletError(
        .malformedFile, "the text is larger than the \(ByteCount(maximumSize)) that a YAML file may have here",
        at: name,
        remedy: "Check that this is the right file.")
    }
    var copy = text
    return try copy.withUTF8 { bytes in
      let events = try Events(bytes, name: name)
      _ = try events.next()  // start of the stream
      guard try events.next().type == YAML_DOCUMENT_START_EVENT else { return nil }
      let node = try events.node(try events.next(), depth: 0)
      _ = try events.next()  // end of the document
      let after = try events.next()
      guard after.type == YAML_STREAM_END_EVENT else {
        throw events.failure("a second document begins", at: after.start_mark)
      }
      return node
    }
  }

  /// The stream of libyaml's events. The parser's memory is its own, because libyaml keeps pointers into it.
  private final class Events {
    private let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
    private let event = UnsafeMutablePointer<yaml_event_t>.allocate(capacity: 1)
    private let name: String

    init(_ bytes: UnsafeBufferPointer<UInt8>, name: String) throws {
      self.name = name
      parser.initialize(to: yaml_parser_t())
      event.initialize(to: yaml_event_t())
      guard yaml_parser_initialize(parser) == 1 else {
        throw MartletError(.resource, "no memory for the YAML parser", at: name, remedy: "Close other programs.")
      }
      yaml_parser_set_input_string(parser, bytes.baseAddress, bytes.count)
      yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    }

    deinit {
      yaml_event_delete(event)
      yaml_parser_delete(parser)
      event.deallocate()
      parser.deallocate()
    }

    /// The next event; it holds until the one after it is asked for.
    func next() throws -> yaml_event_t {
      yaml_event_delete(event)
      if yaml_parser_parse(parser, event) == 1 { return event.pointee }
      var message = parser.pointee.problem.map { String(cString: $0) } ?? "the text is no YAML"
      if let context = parser.pointee.context { message += " " + String(cString: context) }
      throw failure(message, at: parser.pointee.problem_mark)
    }

    func failure(_ message: String, at mark: yaml_mark_t) -> MartletError {
      let place = YAMLParser.place(mark)
      return MartletError(
        .malformedFile, message, at: "\(name):\(place.line):\(place.column)", remedy: "Correct the file there.")
    }

    func node(_ event: yaml_event_t, depth: Int) throws -> YAMLNode {
      let start = event.start_mark
      let place = YAMLParser.place(start)
      if depth > maximumDepth { throw failure("nesting deeper than \(maximumDepth)", at: start) }
      switch event.type {
      case YAML_SCALAR_EVENT:
        let scalar = event.data.scalar
        if scalar.anchor != nil { throw failure("anchors (&name) are not supported", at: start) }
        if scalar.tag != nil { throw failure("tags (!name) are not supported", at: start) }
        let text = String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
        return YAMLNode(
          content: .scalar(text, isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE), place: place)
      case YAML_SEQUENCE_START_EVENT:
        if event.data.sequence_start.anchor != nil { throw failure("anchors (&name) are not supported", at: start) }
        if event.data.sequence_start.tag != nil { throw failure("tags (!name) are not supported", at: start) }
        var elements: [YAMLNode] = []
        while case let element = try next(), element.type != YAML_SEQUENCE_END_EVENT {
          elements.append(try node(element, depth: depth + 1))
        }
        return YAMLNode(content: .sequence(elements), place: place)
      case YAML_MAPPING_START_EVENT:
        if event.data.mapping_start.anchor != nil { throw failure("anchors (&name) are not supported", at: start) }
        if event.data.mapping_start.tag != nil { throw failure("tags (!name) are not supported", at: start) }
        return YAMLNode(content: .mapping(try members(depth: depth)), place: place)
      case YAML_ALIAS_EVENT: throw failure("aliases (*name) are not supported", at: start)
      default: throw failure("a value is missing", at: start)
      }
    }

    private func members(depth: Int) throws -> [(key: String, place: YAMLNode.Place, value: YAMLNode)] {
      var members: [(key: String, place: YAMLNode.Place, value: YAMLNode)] = []
      var seen: [String: Int] = [:]
      while case let event = try next(), event.type != YAML_MAPPING_END_EVENT {
        let mark = event.start_mark
        let key = try node(event, depth: depth + 1)
        guard case .scalar(let text, _) = key.content else { throw failure("a key must be a single word", at: mark) }
        if let line = seen.updateValue(key.place.line, forKey: text) {
          throw failure("the key \(text) comes twice; the first is on line \(line)", at: mark)
        }
        members.append((text, key.place, try node(try next(), depth: depth + 1)))
      }
      return members
    }
  }

  private static func place(_ mark: yaml_mark_t) -> YAMLNode.Place {
    YAMLNode.Place(line: mark.line + 1, column: mark.column + 1)
  }
}
