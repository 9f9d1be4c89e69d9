/// A paragraph, or what else is a line of its own in a page.
struct ContentBlock {
  /// What a block is.
  enum Kind: Equatable {
    case paragraph
    case heading(Int)
    /// An item of a list, by its number in ordered lists; the second and further paragraphs of an item are paragraphs.
    case item(Int?)
    /// A row of a table of data.
    case row
    case code
  }

  var kind: Kind
  /// The nodes that the text is in.
  var nodes: Range<Int>
  /// The element that makes the block.
  var element: Int
  /// How many lists the block is in.
  var listDepth: Int
  /// How many quotes the block is in.
  var quoteDepth: Int
  /// What the names of the elements around the block tell.
  var roles: ElementRoles = []
  /// What kinds of elements the block is in.
  var surroundings: Surroundings = []
  /// The text.
  var amount = TextMeasure.Amount()
  /// Whether it is part of the content.
  var isKept = true

  /// Kinds of elements around a block.
  struct Surroundings: OptionSet {
    let rawValue: UInt16

    static let article = Surroundings(rawValue: 1 << 0)
    static let main = Surroundings(rawValue: 1 << 1)
    static let aside = Surroundings(rawValue: 1 << 2)
    static let header = Surroundings(rawValue: 1 << 3)
    static let footer = Surroundings(rawValue: 1 << 4)
    static let form = Surroundings(rawValue: 1 << 5)
    static let figure = Surroundings(rawValue: 1 << 6)
    static let table = Surroundings(rawValue: 1 << 7)
    static let nav = Surroundings(rawValue: 1 << 8)
    static let section = Surroundings(rawValue: 1 << 9)

    init(rawValue: UInt16) { self.rawValue = rawValue }

    /// What an element adds.
    init(_ tag: HTMLTag) {
      switch tag {
      case .article: self = .article
      case .main: self = .main
      case .aside: self = .aside
      case .header: self = .header
      case .footer: self = .footer
      case .form, .fieldset, .label: self = .form
      case .figure, .figcaption: self = .figure
      case .table: self = .table
      case .nav, .menu, .dialog: self = .nav
      case .section: self = .section
      default: self = []
      }
    }
  }

  /// The part of the text that is in links.
  var linkDensity: Float { amount.letters == 0 ? 0 : Float(amount.linked) / Float(amount.letters) }
}

/// Cuts a page into blocks, leaving out what is never content.
struct BlockBuilder {
  /// What is known of an open element.
  private struct Context {
    var node: Int
    var end: Int
    var list: Int
    var quote: Int
    var isCode: Bool
    var isRow: Bool
    var heading: Int
    var roles: ElementRoles
    var surroundings: ContentBlock.Surroundings
    /// The number of the next item, in an ordered list.
    var number: Int?
  }

  let tree: HTMLTree
  let measure: TextMeasure
  /// What the names of each element tell; nothing where it is not asked.
  let roles: [ElementRoles]
  let isDropped: (Int) -> Bool
  private(set) var blocks: [ContentBlock] = []
  /// The tables whose rows are lines.
  private let dataTables: Set<Int>
  private var stack: [Context] = []
  private var pending: ContentBlock?
  /// The kind that the next block has: an item begins with its first text.
  private var nextItem: ContentBlock.Kind?
  private var breaks = 0

  init(
    _ tree: HTMLTree, _ measure: TextMeasure, roles: [ElementRoles] = [],
    isDropped: @escaping (Int) -> Bool
  ) {
    self.tree = tree
    self.measure = measure
    self.roles = roles
    self.isDropped = isDropped
    dataTables = Self.dataTables(tree, measure)
  }

  /// Cuts the page.
  mutating func build() {
    stack = [
      Context(
        node: 0, end: tree.nodes.count, list: 0, quote: 0, isCode: false, isRow: false, heading: 0, roles: [],
        surroundings: [])
    ]
    var index = 1
    while index < tree.nodes.count {
      while let last = stack.last, index >= last.end {
        if startsLine(last.node) { finish() }
        stack.removeLast()
      }
      let node = tree.nodes[index]
      if node.tag == .text {
        addText(index)
        index += 1
      } else if TextMeasure.isSilent(node.tag) || isDropped(index) {
        if node.tag.isBlock { finish() }
        index = Int(node.end)
      } else {
        enter(index, node)
        index += 1
      }
    }
    finish()
  }

  /// Whether an element ends the line before it. In rows of data only the row itself does.
  private func startsLine(_ node: Int) -> Bool {
    let tag = tree.nodes[node].tag
    guard tag.isBlock, let last = stack.last else { return false }
    return !last.isRow || tag == .tr && last.node == node
  }

  private mutating func enter(_ index: Int, _ node: HTMLTree.Node) {
    if node.tag == .br {
      breaks += 1
      if breaks == 2, let last = stack.last, !last.isCode && !last.isRow { finish() }
      return
    }
    var context = stack[stack.count - 1]
    if node.tag.isBlock && !context.isRow { finish() }
    guard Int(node.end) > index + 1 else { return }
    context.node = index
    context.end = Int(node.end)
    switch node.tag {
    case .ul, .ol, .menu, .dir:
      context.list += 1
      context.number = node.tag == .ol ? tree.string(.start, of: index).flatMap { Int($0) } ?? 1 : nil
    case .li:
      nextItem = .item(context.number)
      // The list counts its items.
      if context.number != nil { stack[stack.count - 1].number! &+= 1 }
      context.number = nil
    case .blockquote: context.quote += 1
    case .pre: context.isCode = true
    case .tr: context.isRow = context.isRow || isRowOfData(node)
    case _ where node.tag.isHeading: context.heading = node.tag.level ?? 0
    default: break
    }
    if node.tag.isBlock {
      if !roles.isEmpty && node.tag != .body { context.roles.formUnion(roles[index]) }
      context.surroundings.formUnion(ContentBlock.Surroundings(node.tag))
      stack.append(context)
    }
  }

  private func isRowOfData(_ row: HTMLTree.Node) -> Bool {
    var parent = Int(row.parent)
    for _ in 0..<3 where parent >= 0 && tree.nodes[parent].tag != .table { parent = Int(tree.nodes[parent].parent) }
    return parent >= 0 && dataTables.contains(parent)
  }

  private mutating func addText(_ index: Int) {
    let amount = measure.amount(index..<index + 1)
    if pending != nil {
      pending!.nodes = pending!.nodes.lowerBound..<index + 1
      pending!.amount = pending!.amount + amount
      if amount.letters > 0 { breaks = 0 }
      return
    }
    guard amount.letters > 0, let context = stack.last else { return }
    breaks = 0
    var kind = ContentBlock.Kind.paragraph
    if context.isRow {
      kind = .row
    } else if context.isCode {
      kind = .code
    } else if context.heading > 0 {
      kind = .heading(context.heading)
    } else if let item = nextItem, context.list > 0 {
      kind = item
    }
    nextItem = nil
    pending = ContentBlock(
      kind: kind, nodes: index..<index + 1, element: context.node, listDepth: context.list,
      quoteDepth: context.quote, roles: context.roles, surroundings: context.surroundings, amount: amount)
  }

  private mutating func finish() {
    breaks = 0
    guard let block = pending else { return }
    blocks.append(block)
    pending = nil
  }

  /// The tables that hold data: more than one row and column, short cells, no tables inside.
  private static func dataTables(_ tree: HTMLTree, _ measure: TextMeasure) -> Set<Int> {
    struct Table {
      var node: Int
      var end: Int
      var rows = 0
      var cells = 0
      var longCells = 0
      var hasTable = false
      var hasHead = false
    }
    var found: Set<Int> = []
    var open: [Table] = []
    func close(_ table: Table) {
      let isWide = table.cells >= 2 * table.rows || table.hasHead && table.cells > table.rows
      if table.rows >= 2 && isWide && !table.hasTable && table.longCells * 8 <= table.cells { found.insert(table.node) }
    }
    for index in tree.nodes.indices {
      let node = tree.nodes[index]
      switch node.tag {
      case .table, .tr, .td, .th:
        while let last = open.last, index >= last.end { close(open.removeLast()) }
        if node.tag == .table {
          if !open.isEmpty { open[open.count - 1].hasTable = true }
          open.append(Table(node: index, end: Int(node.end)))
        } else if !open.isEmpty {
          let last = open.count - 1
          if node.tag == .tr { open[last].rows += 1 } else { open[last].cells += 1 }
          if node.tag == .th { open[last].hasHead = true }
          if node.tag != .tr && measure.amount(of: index, in: tree).letters > 200 { open[last].longCells += 1 }
        }
      default: continue
      }
    }
    for table in open { close(table) }
    return found
  }
}
