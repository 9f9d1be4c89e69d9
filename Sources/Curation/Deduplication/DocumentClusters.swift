/// Which documents belong together: a forest over their places in which the root of a tree is its first document.
///
/// Memory: 4 bytes a document.
struct DocumentClusters {
  private var parents: [UInt32]

  /// Each document on its own.
  init(count: Int) { parents = (0..<count).map { UInt32(truncatingIfNeeded: $0) } }

  /// The first document of the cluster as far as it is known.
  @inline(__always)
  mutating func root(of position: Int) -> Int {
    parents.withUnsafeMutableBufferPointer { parents in
      var node = position
      while Int(parents[node]) != node {
        // Halves the path for whoever comes next.
        parents[node] = parents[Int(parents[node])]
        node = Int(parents[node])
      }
      return node
    }
  }

  /// Joins the clusters of two documents.
  mutating func join(_ a: Int, _ b: Int) {
    let (first, second) = (root(of: a), root(of: b))
    parents[max(first, second)] = UInt32(truncatingIfNeeded: min(first, second))
  }

  /// Makes every document point to the first of its cluster and gives the list.
  consuming func roots() -> [UInt32] {
    // A parent is never behind its child, so one walk does it.
    for position in parents.indices { parents[position] = parents[Int(parents[position])] }
    return parents
  }
}
