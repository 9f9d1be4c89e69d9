/// Why an image cannot be used.
public enum ImageFault: String, Sendable, CaseIterable, Error {
  /// Neither JPEG nor PNG.
  case unknownFormat = "unknown_image_format"
  /// The header is damaged or says that the image has no pixels.
  case badHeader = "bad_image_header"
  /// More pixels than allowed; only the header was read.
  case tooManyPixels = "too_many_pixels"
  /// The file ends before the image does.
  case cutOff = "image_cut_off"
  /// The content is damaged.
  case damaged = "damaged_image"
}
