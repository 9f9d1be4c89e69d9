/// An image of three bytes a pixel.
public struct RGBImage: Sendable, Equatable {
  /// The pixels in a row.
  public var width: Int
  /// The rows.
  public var height: Int
  /// Red, green and blue of each pixel, row by row from the top.
  public var pixels: [UInt8]

  /// An image; `pixels` has `3 * width * height` bytes.
  public init(width: Int, height: Int, pixels: [UInt8]) {
    self.width = width
    self.height = height
    self.pixels = pixels
  }

  /// The pixels as numbers, `(value / 255 - mean) / deviation`.
  ///
  /// Shape: `[3, height, width]`, as models of vision take them.
  public func floats(mean: [Float] = [0, 0, 0], deviation: [Float] = [1, 1, 1]) -> [Float] {
    let count = width * height
    return [Float](unsafeUninitializedCapacity: 3 * count) { result, initialized in
      for channel in 0..<3 {
        for place in 0..<count {
          result[channel * count + place] =
            (Float(pixels[3 * place + channel]) / 255 - mean[channel]) / deviation[channel]
        }
      }
      initialized = 3 * count
    }
  }
}

/// An image of four bytes a pixel, the fourth of which says nothing: what decoding and resizing work on.
struct PaddedImage {
  var width: Int
  var height: Int
  var pixels: [UInt8]

  /// The image turned upright and without the fourth bytes.
  func upright(_ orientation: Int) -> RGBImage {
    let isTurned = orientation >= 5
    let (newWidth, newHeight) = isTurned ? (height, width) : (width, height)
    // Where the pixel that comes first is, and how far it is to the next in a row and in a column.
    let mirrorsX = [2, 3, 7, 8].contains(orientation)
    let mirrorsY = [3, 4, 6, 7].contains(orientation)
    let stepX = mirrorsX ? -1 : 1
    let stepY = mirrorsY ? -width : width
    let start = (mirrorsX ? width - 1 : 0) + (mirrorsY ? (height - 1) * width : 0)
    let (inRow, inColumn) = isTurned ? (stepY, stepX) : (stepX, stepY)
    let result = [UInt8](unsafeUninitializedCapacity: 3 * newWidth * newHeight) { result, initialized in
      pixels.withUnsafeBufferPointer { pixels in
        var place = 0
        for y in 0..<newHeight {
          var from = start + y * inColumn
          for _ in 0..<newWidth {
            result[place] = pixels[4 * from]
            result[place + 1] = pixels[4 * from + 1]
            result[place + 2] = pixels[4 * from + 2]
            place += 3
            from += inRow
          }
        }
      }
      initialized = 3 * newWidth * newHeight
    }
    return RGBImage(width: newWidth, height: newHeight, pixels: result)
  }
}
