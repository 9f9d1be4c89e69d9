import Core
import Documents
import Foundation
import TestSupport
import Testing

@Suite struct ImageTests {
  private func bytes(_ name: String) throws -> [UInt8] {
    try FileSystem.read(fixture("images/" + name), limit: 1 << 20)
  }

  /// Pillow's result: of lossless files bit for bit, of JPEG files within two levels, which is the decoders' freedom.
  @Test func imagesAreDecodedAndResizedAsPillowDoes() throws {
    let manifest = try JSONFields(file: fixture("images/manifest.json"))
    let cases = try manifest.objects("cases")
    #expect(cases.count > 50)
    for item in cases {
      let (width, height) = (try item.integer("width", in: 0...1000), try item.integer("height", in: 0...1000))
      let size: ImageDecoder.Size =
        switch try item.string("size") {
        case "crop": .crop(width: width, height: height)
        case "stretch": .stretch(width: width, height: height)
        case "shorter": .shorterSide(width)
        default: .original
        }
      let filter = try #require(ImageFilter(rawValue: try item.string("filter")))
      let file = try item.string("file")
      let image = try ImageDecoder(size: size, filter: filter, reducingGap: 0).decode(try bytes(file))
      let expected = try ImageDecoder().decode(try bytes(try item.string("expected")))
      #expect(image.width == expected.width && image.height == expected.height, "\(file) \(size)")
      let differences = zip(image.pixels, expected.pixels).map { abs(Int($0) - Int($1)) }
      #expect(differences.max() ?? 9 <= (file.hasSuffix(".png") ? 0 : 2), "\(file) \(size) \(filter)")
    }
  }

  @Test func decodingAtPartOfTheSizeChangesLittle() throws {
    let whole = try ImageDecoder(size: .crop(width: 15, height: 10), reducingGap: 0).decode(try bytes("half.jpg"))
    let part = try ImageDecoder(size: .crop(width: 15, height: 10)).decode(try bytes("half.jpg"))
    #expect(part.width == 15 && part.height == 10 && part != whole)
    let differences = zip(part.pixels, whole.pixels).map { abs(Int($0) - Int($1)) }
    #expect(differences.reduce(0, +) / differences.count < 6)
  }

  @Test func floatsAreStandardised() throws {
    let image = RGBImage(width: 2, height: 1, pixels: [0, 51, 255, 255, 102, 0])
    #expect(image.floats() == [0, 1, 0.2, 0.4, 1, 0])
    #expect(image.floats(mean: [0.5, 0, 0.5], deviation: [0.5, 0.2, 0.25]) == [-1, 1, 1, 2, 2, -2])
  }

  /// Only headers: the pixels are never asked for.
  @Test func hugeImagesAreRefusedByTheirHeaders() throws {
    var jpeg = try bytes("full.jpg")
    let frame = try #require((0..<jpeg.count - 9).first { jpeg[$0] == 0xFF && jpeg[$0 + 1] == 0xC0 })
    jpeg.replaceSubrange((frame + 5)..<(frame + 9), with: [0xFF, 0xDC, 0xFF, 0xDC])
    var png = try bytes("rgb.png")
    png.replaceSubrange(16..<24, with: [0, 1, 0x86, 0xA0, 0, 1, 0x86, 0xA0])
    let header = try ImageHeader(png)
    #expect(header.width == 100_000 && header.height == 100_000)
    for image in [jpeg, png, Array(png.prefix(24))] {
      #expect(throws: ImageFault.tooManyPixels) { try ImageDecoder().decode(image) }
    }
    #expect(throws: ImageFault.tooManyPixels) { try ImageDecoder(maximumPixels: 3014).decode(try bytes("full.jpg")) }
    #expect(try ImageDecoder(maximumPixels: 3015).decode(try bytes("full.jpg")).width == 67)
  }

  @Test func damagedImagesAreFaults() throws {
    for (name, cut) in [("full.jpg", 0.6), ("progressive.jpg", 0.6), ("rgb.png", 0.6)] {
      let whole = try bytes(name)
      let fault = #expect(throws: ImageFault.self) {
        try ImageDecoder().decode(Array(whole.prefix(Int(Double(whole.count) * cut))))
      }
      #expect(fault == .cutOff, "\(name)")
      for end in [0, 1, 2, 3, 10, 20, 23] {
        #expect(throws: ImageFault.self) { try ImageDecoder().decode(Array(whole.prefix(end))) }
      }
    }
    #expect(throws: ImageFault.unknownFormat) { try ImageDecoder().decode(Array("GIF89a".utf8)) }
    #expect(throws: ImageFault.badHeader) { try ImageDecoder().decode([0xFF, 0xD8, 0xFF, 0xD9]) }
    var empty = try bytes("rgb.png")
    empty.replaceSubrange(16..<20, with: [0, 0, 0, 0])
    #expect(throws: ImageFault.badHeader) { try ImageDecoder().decode(empty) }
  }

  @Test func orientationIsRead() throws {
    for orientation in 1...8 {
      #expect(try ImageHeader(try bytes("turned\(orientation).jpg")).orientation == orientation)
    }
    #expect(try ImageHeader(try bytes("full.jpg")).orientation == 1)
  }
}
