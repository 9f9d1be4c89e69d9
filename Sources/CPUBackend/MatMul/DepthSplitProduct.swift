/// A product with so small a C and so large an inner dimension that only parts of the latter keep all threads busy.
///
/// The parts follow from the shape; their products are added in order.
struct DepthSplitProduct {
  private let product: MatMul
  private let partDepth: Int
  private let parts: Int

  static func suits(_ product: MatMul) -> Bool {
    product.m * product.n <= 1152 && product.k >= 2048
  }

  init(_ product: MatMul) {
    self.product = product
    let wanted = min(32, product.k / 1024)
    partDepth = ((product.k + wanted - 1) / wanted + 7) / 8 * 8
    parts = (product.k + partDepth - 1) / partDepth
  }

  var workspaceFloats: Int { parts * product.m * product.n }

  func launches(
    a: UnsafePointer<Float>, b: UnsafePointer<Float>, c: UnsafeMutablePointer<Float>,
    workspace: UnsafeMutablePointer<Float>, epilogue: MatMul.Epilogue?
  ) -> [Launch] {
    let product = self.product
    let parts = self.parts
    let size = product.m * product.n
    var full = product
    full.k = partDepth
    full.ldc = product.n
    full.alpha = 1
    full.accumulate = false
    full.batchStrideA = partDepth * (product.transposeA ? product.lda : 1)
    full.batchStrideB = partDepth * (product.transposeB ? 1 : product.ldb)
    full.batchStrideC = size
    var last = full
    last.k = product.k - (parts - 1) * partDepth
    full.batch = parts - 1
    let before = parts - 1
    let sum = Launch(tiles: 1) { _, worker in
      for row in 0..<product.m {
        let target = c + row * product.ldc
        for column in 0..<product.n {
          var sum: Float = 0
          for part in 0..<parts { sum += workspace[part * size + row * product.n + column] }
          target[column] = product.accumulate ? target[column] + product.alpha * sum : product.alpha * sum
        }
      }
      if let epilogue {
        epilogue(MatMul.Block(batch: 0, row: 0, column: 0, rows: product.m, columns: product.n, worker: worker))
      }
    }
    return TiledProduct(full).launches(a: a, b: b, c: workspace, workspace: nil, epilogue: nil)
      + TiledProduct(last).launches(
        a: a + before * full.batchStrideA, b: b + before * full.batchStrideB, c: workspace + before * size,
        workspace: nil, epilogue: nil)
      + [sum]
  }
}
