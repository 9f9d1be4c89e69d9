import Core

/// Joins the images of a COCO file with their captions.
struct CaptionReader: RecordReader {
  private struct Piece {
    /// The number of the image, by the first mention of its id.
    var image: Int32
    var start: Int
    var count: Int32
  }

  private var elements: JSONArrayReader
  private let name: String
  private let memory: Int
  /// Numbers of images by ids.
  private var numbers: [ExactString: Int32] = [:]
  /// The bytes of images and captions, as JSON.
  private var bytes: [UInt8] = []
  private var captions: [Piece] = []
  private var images: [Piece] = []
  private var isKnown: [Bool] = []
  private var licences: [String: String] = [:]
  /// The captions sorted by image, and where each image's begin.
  private var starts: [Int] = []
  private var isJoined = false
  private var nextImage = 0
  private var nextCaption = 0

  init(elements: JSONArrayReader, name: String, memory: Int) {
    self.elements = elements
    self.name = name
    self.memory = memory
  }

  mutating func next() throws -> RecordEvent? {
    while !isJoined {
      guard let event = try elements.next() else {
        join()
        break
      }
      switch event {
      case .skip: return event
      case .record(let record): if let skip = try take(record) { return .skip(skip) }
      }
    }
    if nextImage < images.count {
      defer { nextImage += 1 }
      return .record(record(of: images[nextImage]))
    }
    while nextCaption < captions.count {
      let caption = captions[nextCaption]
      nextCaption += 1
      if isKnown[Int(caption.image)] { continue }
      return .skip(
        skip(
          .unknownImage, Provenance(input: name, place: "annotations"),
          bytes[caption.start...].prefix(Int(caption.count))))
    }
    return nil
  }

  private func skip(_ fault: CaptionFault, _ provenance: Provenance, _ sample: some Collection<UInt8>) -> Skip {
    Skip(reason: fault.rawValue, provenance, sample: sample)
  }

  /// Keeps an element, or says why not.
  private mutating func take(_ record: Record) throws -> Skip? {
    switch record.headers[JSONArrayReader.memberHeader] {
    case "images":
      guard case .success(let parsed) = ParsedRecord.read(record.bytes, { $0 == "id" }),
        let number = number(of: parsed.object["id"])
      else { return skip(.badImage, record.provenance, record.bytes) }
      if isKnown[Int(number)] { return skip(.duplicateImage, record.provenance, record.bytes) }
      isKnown[Int(number)] = true
      images.append(try keep(record.bytes, number))
    case "annotations":
      guard case .success(let parsed) = ParsedRecord.read(record.bytes, { $0 == "image_id" || $0 == "caption" }),
        let caption = parsed.object["caption"], caption.stringValue != nil,
        let number = number(of: parsed.object["image_id"])
      else { return skip(.badAnnotation, record.provenance, record.bytes) }
      captions.append(try keep(caption.text().utf8, number))
    default:
      guard licences.count < 1 << 12, case .success(let parsed) = ParsedRecord.read(record.bytes),
        let id = parsed.object["id"]?.scalarText
      else { return nil }
      licences[id] = (parsed.object["url"] ?? parsed.object["name"])?.stringValue
    }
    return nil
  }

  private mutating func number(of id: JSONValue?) -> Int32? {
    guard let id = id?.scalarText, numbers.count < Int(Int32.max) else { return nil }
    let next = Int32(numbers.count)
    if let known = numbers[ExactString(id)] { return known }
    numbers[ExactString(id)] = next
    isKnown.append(false)
    return next
  }

  private mutating func keep(_ content: some Collection<UInt8>, _ image: Int32) throws -> Piece {
    let start = bytes.count
    bytes += content
    // The tables beside the bytes: about a hundred bytes an entry.
    if bytes.count + 100 * (images.count + captions.count) > memory {
      throw MartletError(
        .resource, "the images and captions take more than the \(ByteCount(memory)) that they may", at: name,
        remedy: "Allow more memory, or divide the file.")
    }
    return Piece(image: image, start: start, count: Int32(content.count))
  }

  /// Sorts the captions by image, keeping their order.
  private mutating func join() {
    isJoined = true
    starts = Array(repeating: 0, count: isKnown.count + 1)
    for caption in captions { starts[Int(caption.image) + 1] += 1 }
    for number in 0..<isKnown.count { starts[number + 1] += starts[number] }
    var places = starts
    var sorted = captions
    for caption in captions {
      sorted[places[Int(caption.image)]] = caption
      places[Int(caption.image)] += 1
    }
    captions = sorted
    numbers = [:]
  }

  private func record(of image: Piece) -> Record {
    let content = bytes[image.start...].prefix(Int(image.count))
    var result = Array(#"{"captions":["#.utf8)
    let number = Int(image.image)
    for place in starts[number]..<starts[number + 1] {
      if place > starts[number] { result.append(UInt8(ascii: ",")) }
      result += bytes[captions[place].start...].prefix(Int(captions[place].count))
    }
    result += #"],"#.utf8
    let parsed = ParsedRecord.read(Array(content)) { $0 == "id" || $0 == "license" }
    let object = (try? parsed.get())?.object
    if let licence = object?["license"]?.scalarText.flatMap({ licences[$0] }) {
      result += #""licence":\#(JSONValue.string(licence).text()),"#.utf8
    }
    result += #""image":"#.utf8
    result += content
    result.append(UInt8(ascii: "}"))
    return Record(
      bytes: result, provenance: Provenance(input: name, place: "image \(object?["id"]?.scalarText ?? "")"))
  }
}
