/// Describes each block of a page in numbers, from which it is told whether it is content.
struct ContentFeatures {
  /// The names of the numbers, in their order.
  static let names =
    [
      "letters", "density", "sentences", "commas", "sentenceRate", "isHeading", "isItem", "isRow", "isCode",
      "isParagraph",
      "element", "endsSentence", "endsColon", "beginsLower", "digits", "capitals", "listDepth", "quoteDepth", "roles",
      "ownRoles", "parentRoles", "isInRoot", "rootDistance", "rootPosition", "position", "proseBefore", "rootShare",
      "totalProse", "blockCount", "parentProse", "parentDensity", "parentBlocks", "grandProse", "grandDensity",
      "grandBlocks", "previousLetters", "previousDensity", "nextLetters", "nextDensity", "proseAround", "proseBehind",
      "proseAhead", "fromHeading", "headingPhrase", "headingLevel", "sameKindProse", "sameKindBlocks", "copies",
      "inTitle", "linked", "headingLetters", "rootIsArticle", "ahead3Density", "behind3Density", "rootBlocks",
      "lastProseInRoot",
    ] + (0..<14).map { "role\($0)" } + (0..<14).map { "near\($0)" } + (0..<10).map { "in\($0)" }
    + (0..<8).map { "phrase\($0)" }

  private let tree: HTMLTree
  private let measure: TextMeasure
  private let roles: [ElementRoles]
  private let blocks: [ContentBlock]
  /// The number of blocks that begin before each node.
  private let blocksBefore: [Int32]
  /// The prose before each block.
  private let proseBefore: [Float]
  /// The element that holds most of the prose and least of the rest.
  let root: Int

  init(_ tree: HTMLTree, _ measure: TextMeasure, roles: [ElementRoles], blocks: [ContentBlock]) {
    self.tree = tree
    self.measure = measure
    self.roles = roles
    self.blocks = blocks
    var before = [Int32](repeating: 0, count: tree.nodes.count + 1)
    for block in blocks { before[block.nodes.lowerBound + 1] = 1 }
    for index in 1..<before.count { before[index] += before[index - 1] }
    blocksBefore = before
    var prose: [Float] = [0]
    var scores: [Float] = [0]
    for block in blocks {
      prose.append(prose[prose.count - 1] + Self.prose(block))
      scores.append(scores[scores.count - 1] + Self.score(block))
    }
    proseBefore = prose
    root = Self.root(tree, roles, before, scores)
  }

  /// The letters of a block that reads like sentences.
  private static func prose(_ block: ContentBlock) -> Float {
    let density = block.linkDensity
    if density > 0.5 || block.amount.letters < 60 && block.amount.sentences == 0 { return 0 }
    if case .heading = block.kind { return 0 }
    return Float(block.amount.letters) * (1 - density)
  }

  /// What a block adds to the elements that hold it, when the one with the content is searched.
  private static func score(_ block: ContentBlock) -> Float {
    let letters = Float(block.amount.letters)
    let density = block.linkDensity
    if case .heading = block.kind { return density > 0.5 ? -0.3 : 0 }
    if density > 0.5 { return -0.3 - min(letters, 300) / 300 }
    if letters < 40 && block.amount.sentences == 0 { return -0.2 }
    let value = min(letters, 1000) / 100 * (1 - density)
    let isElsewhere =
      !block.roles.isDisjoint(with: .boilerplate)
      || !block.surroundings.isDisjoint(with: [.aside, .footer, .nav, .form, .figure])
    return isElsewhere ? value * 0.25 : value
  }

  private static func root(
    _ tree: HTMLTree, _ roles: [ElementRoles], _ blocksBefore: [Int32], _ scores: [Float]
  ) -> Int {
    var best = 0
    var bestScore: Float = -1
    for index in tree.nodes.indices where tree.nodes[index].tag.isBlock {
      let node = tree.nodes[index]
      var value = scores[Int(blocksBefore[Int(node.end)])] - scores[Int(blocksBefore[index])]
      guard value > 0 else { continue }
      if roles[index].contains(.articleBody) { value *= 1.3 }
      if node.tag == .article || roles[index].contains(.article) { value *= 1.1 }
      if value > bestScore {
        best = index
        bestScore = value
      }
    }
    return best
  }

  /// What elements around a block have.
  private struct Holder {
    var prose: Float
    var density: Float
    var blocks: Float
  }

  private func holder(_ node: Int) -> Holder {
    let first = Int(blocksBefore[node])
    let last = Int(blocksBefore[Int(tree.nodes[node].end)])
    let amount = measure.amount(of: node, in: tree)
    return Holder(
      prose: proseBefore[last] - proseBefore[first],
      density: amount.letters == 0 ? 0 : Float(amount.linked) / Float(amount.letters), blocks: Float(last - first))
  }

  private static func logarithm(_ value: Float) -> Float {
    // Cheap and exact enough: the exponent and a straight line between powers of two.
    let number = max(0, value) + 1
    return Float(number.exponent) + number.significand - 1
  }

  /// What tells elements of a kind: their name, their class, and those of the element they are in.
  private func signature(_ node: Int) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    var current = node
    for _ in 0..<2 where current > 0 {
      hash = (hash ^ UInt64(tree.nodes[current].tag.rawValue)) &* 0x100_0000_01B3
      if let value = tree.value(.class, of: current) {
        for byte in tree.source[value].prefix(100) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
      }
      current = Int(tree.nodes[current].parent)
    }
    return hash
  }

  private static func element(_ tag: HTMLTag) -> Float {
    switch tag {
    case .p: 0
    case .li: 1
    case .td, .th: 2
    case .dd, .dt: 3
    case .blockquote: 4
    case .pre: 5
    case .div: 6
    case .section, .article, .main: 7
    case .h1: 8
    case .h2: 9
    case .h3, .h4, .h5, .h6: 10
    default: 11
    }
  }

  /// The numbers of all blocks, block after block.
  func values(title: [UInt8]) -> [Float] {
    let width = Self.names.count
    var values: [Float] = []
    values.reserveCapacity(blocks.count * width)
    let texts = tree.source.withUnsafeBufferPointer { source in
      blocks.map { BlockText(tree, source, $0.nodes) }
    }
    let signatures = blocks.map { signature($0.element) }
    var kindProse: [UInt64: (prose: Float, blocks: Float)] = [:]
    var copies: [UInt64: Float] = [:]
    for (index, block) in blocks.enumerated() {
      kindProse[signatures[index], default: (0, 0)].prose += Self.prose(block)
      kindProse[signatures[index]]!.blocks += 1
      copies[texts[index].hash, default: 0] += 1
    }
    let titleHashes = Self.prefixHashes(title)
    let total = max(1, proseBefore[blocks.count])
    let rootEnd = Int(tree.nodes[root].end)
    let rootFirst = Int(blocksBefore[root])
    let rootLast = Int(blocksBefore[rootEnd])
    let rootProse = max(1, proseBefore[rootLast] - proseBefore[rootFirst])
    var lastProse = rootFirst
    for index in rootFirst..<rootLast where Self.prose(blocks[index]) > 0 { lastProse = index }
    var rootAncestors: Set<Int> = []
    var ancestor = root
    while ancestor >= 0 {
      rootAncestors.insert(ancestor)
      ancestor = Int(tree.nodes[ancestor].parent)
    }
    let rootIsArticle: Float =
      tree.nodes[root].tag == .article || !roles[root].isDisjoint(with: [.articleBody, .article]) ? 1 : 0
    var heading = -1
    for (index, block) in blocks.enumerated() {
      let text = texts[index]
      let letters = Float(block.amount.letters)
      let first = block.nodes.lowerBound
      let isInRoot = first > root && first < rootEnd
      let parent = max(0, Int(tree.nodes[block.element].parent))
      let grand = max(0, Int(tree.nodes[parent].parent))
      let held = holder(parent)
      let heldByGrand = holder(grand)
      var distance: Float = 0
      var node = block.element
      while node > 0 && distance < 12 && (isInRoot ? node != root : !rootAncestors.contains(node)) {
        distance += 1
        node = Int(tree.nodes[node].parent)
      }
      func prose(_ range: Range<Int>) -> Float {
        let bounds = range.clamped(to: 0..<blocks.count)
        return proseBefore[bounds.upperBound] - proseBefore[bounds.lowerBound]
      }
      func density(_ range: Range<Int>) -> Float {
        var letters: Int32 = 0
        var linked: Int32 = 0
        for other in range.clamped(to: 0..<blocks.count) {
          letters += blocks[other].amount.letters
          linked += blocks[other].amount.linked
        }
        return letters == 0 ? 0 : Float(linked) / Float(letters)
      }
      let near = roles[block.element].union(roles[parent])
      let isHeading: Bool = if case .heading = block.kind { true } else { false }
      let isItem: Bool = if case .item = block.kind { true } else { false }
      let kind = kindProse[signatures[index]]!
      values += [
        Self.logarithm(letters), block.linkDensity, Float(min(20, block.amount.sentences)),
        Float(min(40, block.amount.commas)), Float(block.amount.sentences) * 100 / letters, isHeading ? 1 : 0,
        isItem ? 1 : 0, block.kind == .row ? 1 : 0, block.kind == .code ? 1 : 0, block.kind == .paragraph ? 1 : 0,
        Self.element(tree.nodes[block.element].tag), text.endsSentence ? 1 : 0, text.endsColon ? 1 : 0,
        text.beginsLower ? 1 : 0, Float(text.digits) / letters, Float(text.capitals) / letters, Float(block.listDepth),
        Float(block.quoteDepth), Float(block.roles.intersection(.boilerplate).rawValue.nonzeroBitCount),
        Float(roles[block.element].intersection(.boilerplate).rawValue.nonzeroBitCount),
        Float(roles[parent].intersection(.boilerplate).rawValue.nonzeroBitCount), isInRoot ? 1 : 0, distance,
        (proseBefore[index] - proseBefore[rootFirst]) / rootProse, Float(index) / Float(blocks.count),
        proseBefore[index] / total, rootProse / total, Self.logarithm(total), Self.logarithm(Float(blocks.count)),
        held.prose / total, held.density, Self.logarithm(held.blocks), heldByGrand.prose / total, heldByGrand.density,
        Self.logarithm(heldByGrand.blocks), index > 0 ? Self.logarithm(Float(blocks[index - 1].amount.letters)) : -1,
        index > 0 ? blocks[index - 1].linkDensity : -1,
        index + 1 < blocks.count ? Self.logarithm(Float(blocks[index + 1].amount.letters)) : -1,
        index + 1 < blocks.count ? blocks[index + 1].linkDensity : -1,
        Self.logarithm(prose(index - 2..<index + 3)), Self.logarithm(prose(index - 4..<index)),
        Self.logarithm(prose(index + 1..<index + 5)), heading < 0 ? 50 : min(50, Float(index - heading)),
        heading < 0 ? 0 : Float(texts[heading].phrases.rawValue.nonzeroBitCount),
        heading < 0 ? 0 : Float(tree.nodes[blocks[heading].element].tag.level ?? 7), kind.prose / total,
        Self.logarithm(kind.blocks), min(10, copies[text.hash] ?? 1),
        titleHashes.contains(text.hash) ? 1 : 0, Self.logarithm(Float(block.amount.linked)),
        heading < 0 ? 0 : Self.logarithm(Float(blocks[heading].amount.letters)), rootIsArticle,
        density(index + 1..<index + 4), density(index - 3..<index), Self.logarithm(Float(rootLast - rootFirst)),
        Float(min(20, max(-20, index - lastProse))),
      ]
      for bit in 0..<14 { values.append(block.roles.rawValue >> UInt32(bit) & 1 == 1 ? 1 : 0) }
      for bit in 0..<14 { values.append(near.rawValue >> UInt32(bit) & 1 == 1 ? 1 : 0) }
      for bit in 0..<10 { values.append(block.surroundings.rawValue >> UInt16(bit) & 1 == 1 ? 1 : 0) }
      for bit in 0..<8 { values.append(text.phrases.rawValue >> UInt32(bit) & 1 == 1 ? 1 : 0) }
      if isHeading { heading = index }
    }
    return values
  }

  /// The hashes of the beginnings of a title that are long enough to be one.
  private static func prefixHashes(_ title: [UInt8]) -> Set<UInt64> {
    var hashes: Set<UInt64> = []
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for (index, byte) in title.prefix(400).enumerated() where byte > 0x20 {
      let lower = byte &- 0x41 < 26 ? byte | 0x20 : byte
      hash = (hash ^ UInt64(lower)) &* 0x100_0000_01B3
      if index > 6 { hashes.insert(hash) }
    }
    return hashes
  }
}
