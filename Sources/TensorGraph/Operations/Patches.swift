/// The windows of an image as rows: `[B, C, H, W]` gives `[B, rows * columns, C * kernel * kernel]`, zeros outside.
///
/// A convolution is the product of these rows with a weight `[O, C * kernel * kernel]`.
public struct Patches: Operation {
  /// The name in messages and profiles.
  public static let name = "patches"
  /// The side of the square window.
  public let kernel: Int
  /// The step from one window to the next.
  public let stride: Int
  /// The zeros around the image.
  public let padding: Int

  /// The windows along a side of `size`.
  func windows(_ size: Int) -> Int { (size + 2 * padding - kernel) / stride + 1 }

  /// The types of the results; throws where the operands do not fit.
  public func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] {
    try require(operands.count == 1 && operands[0].rank == 4 && operands[0].scalar == .f32, "needs images [B, C, H, W]")
    try require(kernel >= 1 && stride >= 1 && padding >= 0, "kernel and stride are at least 1")
    let s = operands[0].shape
    try require(
      s[2] + 2 * padding >= kernel && s[3] + 2 * padding >= kernel,
      "an image of \(s[2]) x \(s[3]) is smaller than the window of \(kernel)")
    return [TensorType([s[0], windows(s[2]) * windows(s[3]), s[1] * kernel * kernel])]
  }

  /// Calls `body` with the flat index of each window element and of the image element under it.
  func forEach(_ image: [Int], _ body: (_ element: Int, _ pixel: Int) -> Void) {
    let (rows, columns) = (windows(image[2]), windows(image[3]))
    forEachCoordinate(of: [image[0], rows, columns, image[1], kernel, kernel]) { element, at in
      let y = at[1] * stride + at[4] - padding
      let x = at[2] * stride + at[5] - padding
      if (0..<image[2]).contains(y), (0..<image[3]).contains(x) {
        body(element, ((at[0] * image[1] + at[3]) * image[2] + y) * image[3] + x)
      }
    }
  }

  /// The plain meaning, in double precision.
  public func reference(_ operands: [ReferenceTensor], _ results: [TensorType]) -> [ReferenceTensor] {
    var values = [Double](repeating: 0, count: results[0].count)
    forEach(operands[0].type.shape) { values[$0] = operands[0].values[$1] }
    return [ReferenceTensor(results[0], values)]
  }

  /// The cotangents of the operands.
  public func gradient(_ node: Differentiation) -> [Tensor?] {
    let image = node.operands[0].shape
    return [node.cotangents[0].map { $0.trace.apply(PatchesGradient(patches: self, image: image), [$0])[0] }]
  }

  /// Uses that cover every variant.
  public static let samples = [
    Sample(Patches(kernel: 2, stride: 2, padding: 0), [.normal(2, 3, 4, 6)]),
    Sample(Patches(kernel: 3, stride: 1, padding: 1), [.normal(1, 2, 5, 4)]),
    Sample(Patches(kernel: 3, stride: 2, padding: 1), [.normal(2, 1, 7, 5)]),
  ]
}

/// Window rows added back into images: the transpose of `Patches`.
public struct PatchesGradient: Operation {
  /// The name in messages and profiles.
  public static let name = "patches_gradient"
  /// The windows.
  public let patches: Patches
  /// The shape of the images.
  public let image: [Int]

  /// The types of the results; throws where the operands do not fit.
  public func resultTypes(_ operands: [TensorType]) throws(ShapeError) -> [TensorType] {
    let rows = try patches.resultTypes([TensorType(image)])
    try require(operands == rows, "needs \(rows), found \(operands)")
    return [TensorType(image)]
  }

  /// The plain meaning, in double precision.
  public func reference(_ operands: [ReferenceTensor], _ results: [TensorType]) -> [ReferenceTensor] {
    var values = [Double](repeating: 0, count: results[0].count)
    patches.forEach(image) { values[$1] += operands[0].values[$0] }
    return [ReferenceTensor(results[0], values)]
  }

  /// The cotangents of the operands.
  public func gradient(_ node: Differentiation) -> [Tensor?] {
    [node.cotangents[0].map { $0.trace.apply(patches, [$0])[0] }]
  }

  /// Uses that cover every variant.
  public static let samples = [
    Sample(
      PatchesGradient(patches: Patches(kernel: 3, stride: 2, padding: 1), image: [2, 2, 5, 5]), [.normal(2, 9, 18)])
  ]
}

extension Tensor {
  /// The convolution of images `[B, C, H, W]` with `weight[O, C, kernel, kernel]`: `[B, rows * columns, O]`.
  public func convolution(_ weight: Tensor, stride: Int, padding: Int) -> Tensor {
    let patches = Patches(kernel: weight.size(-1), stride: stride, padding: padding)
    return trace.apply(patches, [self])[0].linear(weight.reshape([weight.size(0), -1]), transposed: true)
  }
}
