import Core

/// Captions of images as COCO writes them: an object with the lists `images`, `annotations` and `licenses`.
///
/// A document is an image: the text is its captions, a line each; the attributes are `image` (its path), `captions`,
/// `width` and `height`. The captions of a file are held in memory, because annotations come in any order.
public struct CaptionFormat: DocumentFormat, Equatable {
  /// The folder of the images; paths begin with it.
  public var folder: String
  /// Whether images are left out whose files are missing, or by their headers no images or too large ones.
  public var needsFiles: Bool
  /// The most pixels of an image.
  public var maximumPixels: Int
  /// What becomes of broken UTF-8.
  public var rules: TextRules
  /// The bytes that the images and captions of a file may take in memory.
  public var memory: Int

  /// A format of captions of images in a folder.
  public init(
    folder: String, needsFiles: Bool = true, maximumPixels: Int = ImageDecoder().maximumPixels,
    rules: TextRules = TextRules(), memory: Int = 512 << 20
  ) {
    self.folder = folder
    self.needsFiles = needsFiles
    self.maximumPixels = maximumPixels
    self.rules = rules
    self.memory = memory
  }

  /// A reader of the images with their captions.
  ///
  /// The reader throws `MartletError` with code `malformedFile` if the input is no such object, `resource` if it takes more
  /// memory than allowed.
  public func reader(_ input: any ByteInput, named name: String) -> any RecordReader {
    CaptionReader(
      elements: JSONArrayReader(
        input, name: name, members: ["images", "annotations", "licenses"], limit: min(rules.longest, 1 << 24)),
      name: name, memory: memory)
  }

  /// The document of an image.
  public func extract(_ record: Record) -> Extraction {
    func skip(_ reason: CaptionFault) -> Extraction {
      Extraction(skips: [Skip(reason: reason.rawValue, record.provenance, sample: record.bytes)])
    }
    guard case .success(let parsed) = ParsedRecord.read(record.bytes),
      let image = parsed.object["image"]?.objectValue, let captions = parsed.object["captions"]?.arrayValue
    else { return skip(.badImage) }
    guard let file = image["file_name"]?.stringValue, !file.isEmpty else { return skip(.badImage) }
    // A name must not lead out of the folder.
    let parts = file.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    if file.utf8.contains(0) || file.utf8.first == UInt8(ascii: "/")
      || parts.contains(where: { $0.elementsEqual("..".utf8) })
    {
      return skip(.unsafePath)
    }
    if captions.isEmpty { return skip(.noCaptions) }
    let path = joinPath(folder, file)
    if needsFiles, let fault = fault(ofFile: path) {
      return Extraction(skips: [Skip(reason: fault, record.provenance, sample: path.utf8)])
    }
    var provenance = record.provenance
    provenance.url = (image["coco_url"] ?? image["flickr_url"] ?? image["url"])?.stringValue
    provenance.licence = parsed.object["licence"]?.stringValue
    provenance.date = image["date_captured"]?.stringValue
    var attributes: [String: JSONValue] = ["image": .string(path), "captions": .array(captions)]
    for key in ["width", "height"] { attributes[key] = image[key].flatMap { $0.integerValue == nil ? nil : $0 } }
    let text = captions.compactMap(\.stringValue).joined(separator: "\n")
    if let reason = rules.fault(of: text, wasRepaired: parsed.wasRepaired) {
      return Extraction(skips: [Skip(reason, provenance, sample: text.utf8)])
    }
    if parsed.wasRepaired { attributes[TextRules.repairedAttribute] = .bool(true) }
    return Extraction(documents: [Document(text: text, provenance: provenance, attributes: attributes)])
  }
}

extension CaptionFormat {
  /// Why a file is no image to be used, by its header alone.
  private func fault(ofFile path: String) -> String? {
    guard FileSystem.kind(of: path) == .file else { return CaptionFault.missingImage.rawValue }
    do {
      return try ImageHeader(file: path).exceeds(maximumPixels) ? ImageFault.tooManyPixels.rawValue : nil
    } catch {
      return (error as? ImageFault)?.rawValue ?? CaptionFault.unreadableImage.rawValue
    }
  }
}

/// Why an image with captions, or a caption, is left out.
public enum CaptionFault: String, Sendable, CaseIterable {
  /// An element of `images` without `id` or `file_name`.
  case badImage = "bad_image"
  /// An element of `annotations` without `image_id` or `caption`.
  case badAnnotation = "bad_annotation"
  /// A second image of the same `id`.
  case duplicateImage = "duplicate_image"
  /// A caption of an image that is not in the list.
  case unknownImage = "unknown_image"
  /// An image without captions.
  case noCaptions = "no_captions"
  /// A `file_name` that leads out of the folder.
  case unsafePath = "unsafe_path"
  /// An image whose file is not in the folder.
  case missingImage = "missing_image"
  /// An image whose file the system does not let be read.
  case unreadableImage = "unreadable_image"
}
