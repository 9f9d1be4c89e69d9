/// The sum of the squares of all elements of some tensors: the square of the global gradient norm.
package struct SumOfSquaresKernel: @unchecked Sendable {
  private struct Piece {
    let pointer: UnsafePointer<Float>
    let count: Int
  }

  private static let pieceSize = 32 * 1024
  private let pieces: [Piece]

  /// A sum over tensors in memory, cut into pieces of fixed size.
  package init(_ tensors: [(pointer: UnsafePointer<Float>, count: Int)]) {
    pieces = tensors.flatMap { tensor in
      stride(from: 0, to: tensor.count, by: Self.pieceSize).map {
        Piece(pointer: tensor.pointer + $0, count: min(Self.pieceSize, tensor.count - $0))
      }
    }
  }

  /// Bytes of memory for the sums of the pieces of tensors with these numbers of elements.
  package static func workspaceBytes(_ counts: [Int]) -> Int {
    max(1, counts.reduce(0) { $0 + ($1 + pieceSize - 1) / pieceSize }) * 4
  }

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
