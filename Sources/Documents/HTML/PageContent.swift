/// The blocks of a page that are content.
struct PageContent {
  private let tree: HTMLTree
  private let measure: TextMeasure
  private let blocks: [ContentBlock]
  private let dropped: [Bool]

  init(_ tree: HTMLTree, scope: HTMLExtractor.Scope) {
    self.tree = tree
    measure = TextMeasure(tree)
    switch scope {
    case .everything:
      dropped = []
      var builder = BlockBuilder(tree, measure) { _ in false }
      builder.build()
      blocks = builder.blocks
    case .mainContent:
      let selector = ContentSelector(tree, measure)
      (blocks, dropped) = selector.select()
    }
  }

  /// The text of the content.
  func text(markup: HTMLExtractor.Markup) -> String {
    let dropped = dropped
    var writer = TextWriter(tree, markup: markup) { !dropped.isEmpty && dropped[$0] }
    for block in blocks where block.isKept { writer.write(block) }
    writer.finish()
    return String(decoding: writer.output, as: UTF8.self)
  }
}
