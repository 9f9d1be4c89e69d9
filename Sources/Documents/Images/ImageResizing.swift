import CImageResize

/// How pixels between pixels are made.
public enum ImageFilter: String, Sendable, CaseIterable {
  /// A triangle over the neighbours.
  case bilinear
  /// Keys' cubic with a = -1/2, over two neighbours on each side.
  case bicubic

  var support: Double { self == .bilinear ? 1 : 2 }

  func weight(_ distance: Double) -> Double {
    let x = abs(distance)
    switch self {
    case .bilinear: return x < 1 ? 1 - x : 0
    case .bicubic:
      if x < 1 { return (1.5 * x - 2.5) * x * x + 1 }
      return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0
    }
  }
}

extension PaddedImage {
  /// A part of an image, in pixels that may be broken.
  struct Box {
    var left: Double
    var top: Double
    var width: Double
    var height: Double
  }

  /// The part of an image in the box as an image of another size. Where it becomes smaller, the filter grows with the
  /// pixels, so that nothing between them is lost.
  ///
  /// First rows, then columns, with weights of 22 bits and bytes between: so the result is Pillow's.
  func resized(_ box: Box, width newWidth: Int, height newHeight: Int, _ filter: ImageFilter) -> PaddedImage {
    let across = Taps(size: width, start: box.left, length: box.width, newSize: newWidth, filter)
    let down = Taps(size: height, start: box.top, length: box.height, newSize: newHeight, filter)
    let isSame = { (size: Int, newSize: Int, start: Double) in size == newSize && start == 0 }
    let skipsRows = isSame(width, newWidth, box.left) && box.width == Double(width)
    let skipsColumns = isSame(height, newHeight, box.top) && box.height == Double(height)
    if skipsRows && skipsColumns { return self }
    // Only the rows that the columns need are made.
    let firstRow = skipsColumns ? 0 : down.first
    let rowCount = skipsColumns ? height : down.end - down.first
    let stride = 4 * newWidth
    let rows =
      skipsRows
      ? Array(pixels[(firstRow * stride)..<((firstRow + rowCount) * stride)])
      : [UInt8](unsafeUninitializedCapacity: rowCount * stride) { result, initialized in
        pixels.withUnsafeBufferPointer { pixels in
          across.withTaps { taps in
            for row in 0..<rowCount {
              martlet_resize_row(
                pixels.baseAddress! + (firstRow + row) * 4 * width, taps.baseAddress!, Int32(newWidth),
                result.baseAddress! + row * stride)
            }
          }
        }
        initialized = rowCount * stride
      }
    if skipsColumns { return PaddedImage(width: newWidth, height: newHeight, pixels: rows) }
    var sums = [Int32](repeating: 0, count: stride)
    let columns = [UInt8](unsafeUninitializedCapacity: newHeight * stride) { result, initialized in
      rows.withUnsafeBufferPointer { rows in
        down.withTaps(shift: -firstRow) { taps in
          for row in 0..<newHeight {
            martlet_resize_column(
              rows.baseAddress!, Int64(stride), taps[row], Int32(stride), &sums, result.baseAddress! + row * stride)
          }
        }
      }
      initialized = newHeight * stride
    }
    return PaddedImage(width: newWidth, height: newHeight, pixels: columns)
  }
}

/// The weights of one direction.
private struct Taps {
  private var places: [(first: Int, count: Int, offset: Int)] = []
  private var weights: [Int32] = []
  /// The first pixel that is needed, and the one after the last.
  private(set) var first = 0
  private(set) var end = 0

  init(size: Int, start: Double, length: Double, newSize: Int, _ filter: ImageFilter) {
    let scale = length / Double(newSize)
    let filterScale = max(1, scale)
    let support = filter.support * filterScale
    first = size
    for place in 0..<newSize {
      let center = start + (Double(place) + 0.5) * scale
      let low = max(0, Int(center - support + 0.5))
      let high = min(size, Int(center + support + 0.5))
      let exact = (low..<max(low, high)).map { filter.weight((Double($0) - center + 0.5) / filterScale) }
      let sum = exact.reduce(0, +)
      places.append((low, exact.count, weights.count))
      for weight in exact {
        let scaled = (sum == 0 ? weight : weight / sum) * Double(1 << 22)
        weights.append(Int32(scaled < 0 ? scaled - 0.5 : scaled + 0.5))
      }
      first = min(first, low)
      end = max(end, low + exact.count)
    }
  }

  func withTaps<R>(shift: Int = 0, _ body: (UnsafeBufferPointer<martlet_taps>) -> R) -> R {
    weights.withUnsafeBufferPointer { weights in
      return places.map { place in
        martlet_taps(
          first: Int32(place.first + shift), count: Int32(place.count),
          weights: weights.baseAddress.map { $0 + place.offset })
      }.withUnsafeBufferPointer(body)
    }
  }
}
