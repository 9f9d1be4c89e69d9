import Foundation

/// Decision trees whose leaves are summed: gradient boosting, as a program reads it.
struct ContentModel: Sendable {
  /// A question, or an answer.
  private struct Node {
    /// The number that is asked for, -1 at a leaf.
    var feature: Int16
    /// The node for larger numbers; that for numbers up to the threshold is the next one.
    var right: Int32
    /// The threshold, or the value of a leaf.
    var value: Float
  }

  private var nodes: [Node] = []
  private var roots: [Int] = []

  static let shared = ContentModel()

  private init() {
    // Questions whose second answer is still to come.
    var open: [Int] = []
    // Nodes that the tree still lacks.
    var missing = 0
    Self.trees.withUTF8Buffer { text in
      for token in text.split(whereSeparator: { $0 <= 0x20 }) {
        if missing == 0 {
          roots.append(nodes.count)
          missing = 1
        }
        missing += token.first == 0x3D ? -1 : 1
        if token.first == 0x3D {
          nodes.append(Node(feature: -1, right: 0, value: Self.number(token.dropFirst())))
          // This ends all that only waited for it; the first answered question takes its second answer next.
          if let question = open.popLast() { nodes[question].right = Int32(nodes.count) }
        } else {
          let parts = token.split(separator: 0x3C)
          open.append(nodes.count)
          nodes.append(Node(feature: Int16(Self.number(parts[0])), right: 0, value: Self.number(parts[1])))
        }
      }
    }
  }

  private static func number(_ text: some Collection<UInt8>) -> Float {
    Float(String(decoding: text, as: UTF8.self)) ?? 0
  }

  /// The logarithm of the odds that a block is content.
  func score(_ values: UnsafeBufferPointer<Float>) -> Float {
    nodes.withUnsafeBufferPointer { nodes in
      var sum: Float = 0
      for root in roots {
        var index = root
        while nodes[index].feature >= 0 {
          index = values[Int(nodes[index].feature)] <= nodes[index].value ? index + 1 : Int(nodes[index].right)
        }
        sum += nodes[index].value
      }
      return sum
    }
  }
}
