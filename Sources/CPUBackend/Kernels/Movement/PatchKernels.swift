/// The windows of images [batch, channels, height, width] as rows [batch, windows, channels * kernel * kernel], zeros
/// outside, and back.
package struct PatchKernels: Sendable {
  package let batch: Int
  package let channels: Int
  package let height: Int
  package let width: Int
  package let kernel: Int
  package let stride: Int
  package let padding: Int

  package init(batch: Int, channels: Int, height: Int, width: Int, kernel: Int, stride: Int, padding: Int) {
    self.batch = batch
    self.channels = channels
    self.height = height
    self.width = width
    self.kernel = kernel
    self.stride = stride
    self.padding = padding
  }

  private var down: Int { (height + 2 * padding - kernel) / stride + 1 }
  private var across: Int { (width + 2 * padding - kernel) / stride + 1 }
  private var rowSize: Int { channels * kernel * kernel }

  /// Takes the windows apart, one row of windows a tile.
  package func extract(images: UnsafePointer<Float>, patches: UnsafeMutablePointer<Float>) -> [Launch] {
    [
      Launch(tiles: batch * down) { tile, _ in
        let image = images + tile / down * channels * height * width
        let top = tile % down * stride - padding
        for window in 0..<across {
          let left = window * stride - padding
          var target = patches + (tile * across + window) * rowSize
          for channel in 0..<channels {
            for y in top..<top + kernel {
              let isInside = y >= 0 && y < height
              let source = image + (channel * height + (isInside ? y : 0)) * width
              for x in left..<left + kernel {
                target.pointee = isInside && x >= 0 && x < width ? source[x] : 0
                target += 1
              }
            }
          }
        }
      }
    ]
  }

  /// Adds up what the windows hold of each pixel, one channel of an image a tile.
  package func accumulate(patches: UnsafePointer<Float>, images: UnsafeMutablePointer<Float>) -> [Launch] {
    [
      Launch(tiles: batch * channels) { tile, _ in
        let image = images + tile * height * width
        image.update(repeating: 0, count: height * width)
        let channel = tile % channels
        for row in 0..<down {
          for window in 0..<across {
            let index = (tile / channels * down + row) * across + window
            var source = patches + index * rowSize + channel * kernel * kernel
            let left = window * stride - padding
            for y in row * stride - padding..<row * stride - padding + kernel {
              for x in left..<left + kernel {
                if y >= 0 && y < height && x >= 0 && x < width { image[y * width + x] += source.pointee }
                source += 1
              }
            }
          }
        }
      }
    ]
  }
}
