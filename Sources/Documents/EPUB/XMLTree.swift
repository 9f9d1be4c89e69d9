import CXML2

/// A small XML document as a tree; nothing outside of it is read, and documents that declare entities are refused.
final class XMLTree {
  private let document: xmlDocPtr

  private static let isReady: Bool = {
    xmlInitParser()
    return true
  }()

  /// The tree of a document; nil if it is broken or declares entities.
  init?(_ bytes: [UInt8]) {
    guard Self.isReady, bytes.count < Int(Int32.max) else { return nil }
    let options = Int32(
      XML_PARSE_NONET.rawValue | XML_PARSE_NOERROR.rawValue | XML_PARSE_NOWARNING.rawValue | XML_PARSE_NOCDATA.rawValue)
    let parsed = bytes.withUnsafeBytes {
      xmlReadMemory($0.baseAddress?.assumingMemoryBound(to: CChar.self), Int32($0.count), nil, nil, options)
    }
    guard let parsed else { return nil }
    if let subset = parsed.pointee.intSubset, subset.pointee.entities != nil || subset.pointee.pentities != nil {
      xmlFreeDoc(parsed)
      return nil
    }
    document = parsed
  }

  deinit { xmlFreeDoc(document) }

  /// An element of the tree, which lives as long as the tree.
  struct Element {
    fileprivate let node: xmlNodePtr

    /// The name without a prefix.
    var name: String { node.pointee.name.map { XMLTree.string($0) } ?? "" }

    /// The text of the element and of those in it, without white space around it.
    var text: String {
      guard let content = xmlNodeGetContent(node) else { return "" }
      defer { martlet_xml_free(content) }
      return trimmingSpace(XMLTree.string(content))
    }

    /// The value of an attribute, whatever its namespace.
    subscript(_ attribute: String) -> String? {
      guard let value = xmlGetProp(node, attribute) else { return nil }
      defer { martlet_xml_free(value) }
      return XMLTree.string(value)
    }
  }

  private static func string(_ characters: UnsafePointer<xmlChar>) -> String {
    String(cString: UnsafeRawPointer(characters).assumingMemoryBound(to: CChar.self))
  }

  /// All elements, in the order of the document.
  var elements: [Element] {
    var elements: [Element] = []
    var next = xmlDocGetRootElement(document)
    while let node = next {
      if node.pointee.type == XML_ELEMENT_NODE {
        elements.append(Element(node: node))
        if let child = node.pointee.children {
          next = child
          continue
        }
      }
      var up: xmlNodePtr? = node
      while let place = up, place.pointee.next == nil {
        up = place.pointee.parent
        if up?.pointee.type != XML_ELEMENT_NODE { up = nil }
      }
      next = up?.pointee.next
    }
    return elements
  }
}
