/// The blocks of a page that are content.
struct PageContent {
  private let tree: HTMLTree
  private let blocks: [ContentBlock]
  private let isDropped: (Int) -> Bool

  init(_ tree: HTMLTree, scope: HTMLExtractor.Scope) {
    self.tree = tree
    let measure = TextMeasure(tree)
    switch scope {
    case .everything:
      isDropped = { _ in false }
      var builder = BlockBuilder(tree, measure, isDropped: isDropped)
      builder.build()
      blocks = builder.blocks
    case .mainContent:
      let selector = ContentSelector(tree, measure)
      isDropped = selector.isDropped
      blocks = selector.select()
    }
  }

  /// The text of the content.
  func text(markup: HTMLExtractor.Markup) -> String {
    var writer = TextWriter(tree, markup: markup, isDropped: isDropped)
    for block in blocks where block.isKept { writer.write(block) }
    writer.finish()
    return String(decoding: writer.output, as: UTF8.self)
  }
}
