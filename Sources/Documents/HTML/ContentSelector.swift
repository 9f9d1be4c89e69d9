/// Chooses the main content of a page.
struct ContentSelector {
  /// Letters of a page below which more doubtful blocks are taken.
  private static let fewLetters = 200
  /// The score of what is taken then: one in five is content.
  private static let doubtfulScore: Float = -1.4

  private let tree: HTMLTree
  private let measure: TextMeasure
  /// What the names of each element tell.
  private var roles: [ElementRoles]

  init(_ tree: HTMLTree, _ measure: TextMeasure) {
    self.tree = tree
    self.measure = measure
    roles = Array(repeating: [], count: tree.nodes.count)
    let names = ElementNames.shared
    tree.source.withUnsafeBufferPointer { source in
      for index in tree.nodes.indices where tree.nodes[index].attributeCount > 0 {
        let node = tree.nodes[index]
        var found: ElementRoles = []
        for attribute in tree.attributes[Int(node.start)..<Int(node.start) + Int(node.attributeCount)] {
          let value = UnsafeBufferPointer(
            rebasing: source[Int(attribute.start)..<Int(attribute.start) + Int(attribute.length)])
          switch attribute.name {
          case .class, .id: found.formUnion(names.roles(value))
          case .role: found.formUnion(Self.roles(ofRole: value))
          case .itemprop: if value.elementsEqual("articleBody".utf8) { found.insert(.articleBody) }
          case .hidden: found.insert(.hidden)
          case .ariaHidden: if value.elementsEqual("true".utf8) { found.insert(.hidden) }
          case .style: if Self.isInvisible(value) { found.insert(.hidden) }
          default: break
          }
        }
        roles[index] = found
      }
    }
  }

  private static func roles(ofRole value: UnsafeBufferPointer<UInt8>) -> ElementRoles {
    switch String(decoding: value.prefix(20), as: UTF8.self) {
    case "navigation", "banner", "contentinfo", "search", "menu", "menubar", "tablist", "toolbar": .navigation
    case "complementary": .aside
    case "dialog", "alert", "alertdialog", "tooltip", "status": .service
    case "main", "article": .article
    default: []
    }
  }

  private static func isInvisible(_ value: UnsafeBufferPointer<UInt8>) -> Bool {
    guard value.count < 1000 else { return false }
    let text = value.filter { $0 > 0x20 }[...]
    return text.hasText("display:none") || text.hasText("visibility:hidden")
  }

  /// Whether an element in a line of text is no part of it.
  func isDropped(_ index: Int) -> Bool {
    let tag = tree.nodes[index].tag
    if tag == .button { return true }
    return !tag.isBlock && roles[index].contains(.hidden)
  }

  /// The blocks of the page, those that are content marked as kept.
  func select() -> [ContentBlock] {
    var builder = BlockBuilder(tree, measure, roles: roles, isDropped: isDropped)
    builder.build()
    var blocks = builder.blocks
    guard !blocks.isEmpty else { return [] }
    let values = ContentFeatures(tree, measure, roles: roles, blocks: blocks).values(title: title)
    let width = ContentFeatures.names.count
    let scores = values.withUnsafeBufferPointer { values in
      blocks.indices.map {
        ContentModel.shared.score(UnsafeBufferPointer(rebasing: values[$0 * width..<($0 + 1) * width]))
      }
    }
    var letters = 0
    for index in blocks.indices {
      blocks[index].isKept = scores[index] > 0
      if blocks[index].isKept { letters += Int(blocks[index].amount.letters) }
    }
    // A page with next to no content has some that is unusual.
    if letters < Self.fewLetters {
      for index in blocks.indices { blocks[index].isKept = scores[index] > Self.doubtfulScore }
    }
    return blocks
  }

  /// The blocks with their descriptions, to learn from.
  func describe() -> [(block: ContentBlock, values: [Float])] {
    var builder = BlockBuilder(tree, measure, roles: roles, isDropped: isDropped)
    builder.build()
    if builder.blocks.isEmpty { return [] }
    let values = ContentFeatures(tree, measure, roles: roles, blocks: builder.blocks).values(title: title)
    let width = ContentFeatures.names.count
    return builder.blocks.enumerated().map { ($1, Array(values[$0 * width..<($0 + 1) * width])) }
  }

  private var title: [UInt8] {
    tree.nodes.firstIndex { $0.tag == .title }.map { Array(tree.text(of: $0).utf8) } ?? []
  }
}
