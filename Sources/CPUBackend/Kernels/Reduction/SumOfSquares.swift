/// The sum of the squares of all elements of some tensors: the square of the global gradient norm.
package struct SumOfSquaresKernel: @unchecked Sendable {
  private struct Piece {
    let pointer: UnsafePointer<Float>
    let count: Int
  }

  private let pieces: [Piece]

  /// A sum over tensors in memory, cut into pieces of fixed size.
  package init(_ tensors: [(pointer: UnsafePointer<Float>, count: Int)]) {
    let size = 32 * 1024
    pieces = tensors.flatMap { tensor in
      stride(from: 0, to: tensor.count, by: size).map {
        Piece(pointer: tensor.pointer + $0, count: min(size, tensor.count - $0))
      }
    }
  }

  /// Bytes of memory for the pieces' sums.
  package var workspaceBytes: Int { max(1, pieces.count) * 4 }

  package func launches(
    output: UnsafeMutablePointer<Float>, workspace: UnsafeMutablePointer<Float>
  ) -> [Launch] {
    let pieces = pieces
    return [
      Launch(tiles: pieces.count) { tile, _ in
        let piece = pieces[tile]
        workspace[tile] = dotProduct(piece.pointer, piece.pointer, piece.count)
      },
      Launch(tiles: 1) { _, _ in
        var sum = 0.0
        for index in 0..<pieces.count { sum += Double(workspace[index]) }
        output.pointee = Float(sum)
      },
    ]
  }
}
