/// Byte strings with a value each, as a trie of arrays: finds all of them that a text begins with.
package struct ByteTrie: Sendable {
  // The children of node n are edges[firstEdge[n]..<firstEdge[n + 1]], sorted by byte; edge e leads to node e + 1.
  private var firstEdge: [Int32] = []
  private var edgeBytes: [UInt8] = []
  private var values: [Int32] = []
  /// The node of each first byte, -1 for none: the root has the most children.
  private var roots = [Int32](repeating: -1, count: 256)
  /// The node of the first two bytes, for speed at the second step.
  private var seconds: [Int32] = []

  /// Keys with values from 0 on; of a key that comes twice the last value stays.
  init(_ entries: [(key: [UInt8], value: Int32)]) {
    let sorted = entries.enumerated().filter { !$0.element.key.isEmpty }.sorted { a, b in
      if a.element.key == b.element.key { return a.offset < b.offset }
      return a.element.key.lexicographicallyPrecedes(b.element.key)
    }.map(\.element)
    // Breadth first, so that the children of a node lie together and in order.
    var level: [Range<Int>] = [0..<sorted.count]
    var depth = 0
    values.append(-1)
    while !level.isEmpty {
      var next: [Range<Int>] = []
      for range in level {
        firstEdge.append(Int32(edgeBytes.count))
        var place = range.lowerBound
        while place < range.upperBound, sorted[place].key.count == depth { place += 1 }
        while place < range.upperBound {
          let byte = sorted[place].key[depth]
          var end = place
          var value: Int32 = -1
          while end < range.upperBound, sorted[end].key[depth] == byte {
            if sorted[end].key.count == depth + 1 { value = sorted[end].value }
            end += 1
          }
          edgeBytes.append(byte)
          values.append(value)
          next.append(place..<end)
          place = end
        }
      }
      level = next
      depth += 1
    }
    firstEdge.append(Int32(edgeBytes.count))
    seconds = [Int32](repeating: -1, count: 1 << 16)
    for edge in 0..<Int(firstEdge[1]) {
      let node = edge + 1
      roots[Int(edgeBytes[edge])] = Int32(node)
      for second in Int(firstEdge[node])..<Int(firstEdge[node + 1]) {
        seconds[Int(edgeBytes[edge]) << 8 | Int(edgeBytes[second])] = Int32(second + 1)
      }
    }
  }

  /// Calls `body` with the end and the value of every key that the text has at `start`, shortest first.
  ///
  /// Complexity: O(bytes of the longest key).
  @inline(__always)
  func forEachPrefix(_ text: UnsafeBufferPointer<UInt8>, from start: Int, _ body: (Int, Int32) -> Void) {
    firstEdge.withUnsafeBufferPointer { firstEdge in
      edgeBytes.withUnsafeBufferPointer { edgeBytes in
        values.withUnsafeBufferPointer { values in
          guard start < text.count else { return }
          var node = Int(roots[Int(text[start])])
          guard node >= 0 else { return }
          if values[node] >= 0 { body(start + 1, values[node]) }
          guard start + 1 < text.count else { return }
          node = Int(seconds[Int(text[start]) << 8 | Int(text[start + 1])])
          var position = start + 2
          while node >= 0 {
            if values[node] >= 0 { body(position, values[node]) }
            guard position < text.count else { return }
            node = ByteTrie.child(of: node, text[position], firstEdge, edgeBytes)
            position += 1
          }
        }
      }
    }
  }

  /// The longest key that the text has at `start`.
  @inline(__always)
  func longestPrefix(_ text: UnsafeBufferPointer<UInt8>, from start: Int) -> (end: Int, value: Int32)? {
    var found: (Int, Int32)?
    forEachPrefix(text, from: start) { found = ($0, $1) }
    return found
  }

  @inline(__always)
  private static func child(
    of node: Int, _ byte: UInt8, _ firstEdge: UnsafeBufferPointer<Int32>, _ edgeBytes: UnsafeBufferPointer<UInt8>
  ) -> Int {
    var low = Int(firstEdge[node])
    var high = Int(firstEdge[node + 1])
    while high - low > 8 {
      let middle = (low + high) / 2
      if edgeBytes[middle] <= byte { low = middle } else { high = middle }
    }
    while low < high {
      if edgeBytes[low] == byte { return low + 1 }
      low += 1
    }
    return -1
  }
}
