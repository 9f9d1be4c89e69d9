/// Chooses the main content of a page.
struct ContentSelector {
  private let tree: HTMLTree
  private let measure: TextMeasure
  /// What the names of each element tell.
  private var roles: [ElementRoles]
  /// Elements that are left out.
  private var dropped: [Bool]

  init(_ tree: HTMLTree, _ measure: TextMeasure) {
    self.tree = tree
    self.measure = measure
    roles = Array(repeating: [], count: tree.nodes.count)
    dropped = Array(repeating: false, count: tree.nodes.count)
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
          case .itemprop:
            if value.elementsEqual("articleBody".utf8) { found.insert(.articleBody) }
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
    case "main": .article
    case "article": .article
    default: []
    }
  }

  private static func isInvisible(_ value: UnsafeBufferPointer<UInt8>) -> Bool {
    guard value.count < 1000 else { return false }
    let text = String(decoding: value.filter { $0 > 0x20 }, as: UTF8.self)
    return text.contains("display:none") || text.contains("visibility:hidden")
  }

  /// The blocks, and which elements are left out.
  func select() -> ([ContentBlock], [Bool]) {
    var selector = self
    return selector.run()
  }

  private mutating func run() -> ([ContentBlock], [Bool]) {
    markDropped()
    let dropped = dropped
    var builder = BlockBuilder(tree, measure) { dropped[$0] }
    builder.build()
    var blocks = builder.blocks
    let root = bestRoot(blocks)
    let end = Int(tree.nodes[root].end)
    for index in blocks.indices {
      let first = blocks[index].nodes.lowerBound
      blocks[index].isKept = first > root && first < end && isContent(blocks[index])
    }
    return (blocks, dropped)
  }

  private func isContent(_ block: ContentBlock) -> Bool {
    if block.linkDensity > 0.7 && block.amount.letters < 200 { return false }
    return true
  }

  /// Marks the elements that are no content by their kind and their names.
  private mutating func markDropped() {
    let total = max(1, measure.amount(of: 0, in: tree).letters)
    var index = 1
    while index < tree.nodes.count {
      let node = tree.nodes[index]
      if node.tag != .text && !TextMeasure.isSilent(node.tag) {
        let amount = measure.amount(of: index, in: tree)
        if amount.letters > 0 && isBoilerplate(index, node, Float(amount.letters) / Float(total)) {
          dropped[index] = true
          index = Int(node.end)
          continue
        }
      }
      index += 1
    }
  }

  private func isBoilerplate(_ index: Int, _ node: HTMLTree.Node, _ share: Float) -> Bool {
    switch node.tag {
    case .html, .body: return false
    case .nav, .footer, .button, .menu, .dialog: return share < 0.5
    case .aside, .figure, .form, .fieldset, .label, .figcaption: return share < 0.3
    default: break
    }
    let role = roles[index]
    if role.isDisjoint(with: .boilerplate) { return false }
    if !node.tag.isBlock {
      return role.contains(.hidden) || !role.isDisjoint(with: [.sharing, .byline, .caption]) && share < 0.05
    }
    if role.contains(.articleBody) { return false }
    return share < 0.3
  }

  /// The element that holds the content.
  private func bestRoot(_ blocks: [ContentBlock]) -> Int {
    // Sums of the blocks' scores before each node.
    var sums = [Float](repeating: 0, count: tree.nodes.count + 1)
    for block in blocks { sums[block.nodes.lowerBound + 1] += score(block) }
    for index in 1..<sums.count { sums[index] += sums[index - 1] }
    var best = 0
    var bestScore: Float = -1
    for index in tree.nodes.indices where tree.nodes[index].tag.isBlock {
      let node = tree.nodes[index]
      var value = sums[Int(node.end)] - sums[index]
      guard value > 0 else { continue }
      let role = roles[index]
      if role.contains(.articleBody) { value *= 1.3 }
      if node.tag == .article || role.contains(.article) { value *= 1.1 }
      if value > bestScore {
        best = index
        bestScore = value
      }
    }
    return best
  }

  private func score(_ block: ContentBlock) -> Float {
    let letters = Float(block.amount.letters)
    let density = block.linkDensity
    if case .heading = block.kind { return density > 0.5 ? -0.3 : 0 }
    if density > 0.5 { return -0.3 - min(letters, 300) / 300 }
    if letters < 40 && block.amount.sentences == 0 { return -0.2 }
    return min(letters, 1000) / 100 * (1 - density)
  }
}
