import CPNG
import CTurboJPEG

/// Decodes JPEG and PNG images to the size that is wanted: upright, red, green and blue.
public struct ImageDecoder: Sendable, Equatable {
  /// What the images become.
  public enum Size: Sendable, Equatable {
    /// They keep their size.
    case original
    /// A size; what is beyond its ratio is cut off, the same on both sides.
    case crop(width: Int, height: Int)
    /// A size, whatever the ratio was.
    case stretch(width: Int, height: Int)
    /// The shorter side gets this length, the ratio stays.
    case shorterSide(Int)
  }

  /// What the images become.
  public var size: Size
  /// How they are resized.
  public var filter: ImageFilter
  /// Images with more pixels are refused by their header alone.
  public var maximumPixels: Int
  /// JPEG images are decoded at a half, a quarter or an eighth of their size where that is at least this many times the
  /// size wanted; 0 to always decode all.
  public var reducingGap: Double

  /// A decoder.
  public init(
    size: Size = .original, filter: ImageFilter = .bicubic, maximumPixels: Int = 64 << 20, reducingGap: Double = 2
  ) {
    self.size = size
    self.filter = filter
    self.maximumPixels = maximumPixels
    self.reducingGap = reducingGap
  }

  /// The image in a file's bytes.
  public func decode(_ bytes: [UInt8]) throws(ImageFault) -> RGBImage {
    let header = try ImageHeader(bytes)
    if header.exceeds(maximumPixels) { throw .tooManyPixels }
    let image = header.format == .jpeg ? try decodeJPEG(bytes, header) : try decodePNG(bytes)
    let (width, height) = target(of: header)
    var box = PaddedImage.Box(left: 0, top: 0, width: Double(image.width), height: Double(image.height))
    if case .crop = size {
      let ratio = Double(width) / Double(height)
      if box.width / box.height >= ratio {
        box.width = ratio * box.height
      } else {
        box.height = box.width / ratio
      }
      box.left = (Double(image.width) - box.width) / 2
      box.top = (Double(image.height) - box.height) / 2
    }
    return image.resized(box, width: width, height: height, filter).upright(header.orientation)
  }

  /// The size that the image gets before it is turned upright.
  private func target(of header: ImageHeader) -> (width: Int, height: Int) {
    let isTurned = header.orientation >= 5
    switch size {
    case .original: return (header.width, header.height)
    case .crop(let width, let height), .stretch(let width, let height):
      let size = (max(1, width), max(1, height))
      return isTurned ? (size.1, size.0) : size
    case .shorterSide(let length):
      let shorter = min(header.width, header.height)
      let scaled = { (side: Int) in max(1, Int(Double(side) * Double(max(1, length)) / Double(shorter))) }
      return (scaled(header.width), scaled(header.height))
    }
  }

  /// The greatest power of two, 8 at most, by which decoding may divide the size.
  private func reduction(_ width: Int, _ height: Int, _ header: ImageHeader) -> Int {
    if size == .original || reducingGap <= 0 { return 1 }
    let target = target(of: header)
    for divisor in [8, 4, 2]
    where Double(width) / Double(divisor) >= reducingGap * Double(target.width)
      && Double(height) / Double(divisor) >= reducingGap * Double(target.height)
    {
      return divisor
    }
    return 1
  }

  private func decodeJPEG(_ bytes: [UInt8], _ header: ImageHeader) throws(ImageFault) -> PaddedImage {
    guard let decoder = tjInitDecompress() else { throw .damaged }
    defer { tjDestroy(decoder) }
    var fileWidth: Int32 = 0
    var fileHeight: Int32 = 0
    var sampling: Int32 = 0
    var colours: Int32 = 0
    let read = bytes.withUnsafeBufferPointer {
      tjDecompressHeader3(
        decoder, $0.baseAddress, UInt($0.count), &fileWidth, &fileHeight, &sampling, &colours)
    }
    // What the library sees must be what was checked.
    guard read == 0, fileWidth == header.width, fileHeight == header.height else { throw .badHeader }
    let divisor = reduction(header.width, header.height, header)
    let width = (header.width + divisor - 1) / divisor
    let height = (header.height + divisor - 1) / divisor
    let hasFour = colours == Int32(TJCS_CMYK.rawValue) || colours == Int32(TJCS_YCCK.rawValue)
    let format = Int32(hasFour ? TJPF_CMYK.rawValue : TJPF_RGBX.rawValue)
    var status: Int32 = 0
    var pixels = [UInt8](unsafeUninitializedCapacity: 4 * width * height) { pixels, initialized in
      // A file that ends early leaves rows unwritten.
      pixels.initialize(repeating: 0)
      initialized = 4 * width * height
      status = bytes.withUnsafeBufferPointer {
        tjDecompress2(
          decoder, $0.baseAddress, UInt($0.count), pixels.baseAddress, Int32(width), 0, Int32(height), format,
          TJFLAG_LIMITSCANS)
      }
    }
    if status != 0 {
      let message = String(cString: tjGetErrorStr2(decoder)).lowercased()
      throw message.contains("premature end") || message.contains("empty input") ? .cutOff : .damaged
    }
    if hasFour { Self.convertInks(&pixels, isInverted: header.isInverted) }
    return PaddedImage(width: width, height: height, pixels: pixels)
  }

  /// Makes red, green and blue of cyan, magenta, yellow and black.
  private static func convertInks(_ pixels: inout [UInt8], isInverted: Bool) {
    let flip: UInt8 = isInverted ? 0 : 255
    pixels.withUnsafeMutableBufferPointer { pixels in
      for place in stride(from: 0, to: pixels.count - 3, by: 4) {
        // How much light the black ink leaves, and of that each other one.
        let light = Int(pixels[place + 3] ^ flip)
        for channel in place..<place + 3 {
          let taken = Int(255 - (pixels[channel] ^ flip)) * light + 128
          pixels[channel] = UInt8(light - (taken >> 8 + taken) >> 8)
        }
      }
    }
  }

  private func decodePNG(_ bytes: [UInt8]) throws(ImageFault) -> PaddedImage {
    // The library keeps the address.
    let image = UnsafeMutablePointer<png_image>.allocate(capacity: 1)
    image.initialize(to: png_image())
    image.pointee.version = UInt32(PNG_IMAGE_VERSION)
    defer {
      png_image_free(image)
      image.deallocate()
    }
    func fault() -> ImageFault {
      let message = withUnsafeBytes(of: image.pointee.message) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self).lowercased()
      }
      return message.contains("read beyond end") || message.contains("not enough") || message.contains("truncated")
        ? .cutOff : .damaged
    }
    var result: PaddedImage?
    bytes.withUnsafeBytes { bytes in
      guard png_image_begin_read_from_memory(image, bytes.baseAddress, bytes.count) != 0 else { return }
      let width = Int(image.pointee.width)
      let height = Int(image.pointee.height)
      let (count, overflow) = width.multipliedReportingOverflow(by: height)
      guard !overflow, count <= maximumPixels, width <= Int(Int32.max) / 4 else { return }
      // Red, green, blue and how opaque, which is left out: so does Pillow.
      image.pointee.format = 3
      var pixels = [UInt8](repeating: 0, count: 4 * count)
      let status = pixels.withUnsafeMutableBytes {
        png_image_finish_read(image, nil, $0.baseAddress, Int32(4 * width), nil)
      }
      if status != 0 { result = PaddedImage(width: width, height: height, pixels: pixels) }
    }
    guard let result else { throw fault() }
    return result
  }
}
