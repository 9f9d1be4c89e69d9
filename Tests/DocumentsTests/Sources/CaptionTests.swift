import Core
import Documents
import Foundation
import TestSupport
import Testing

@Suite struct CaptionTests {
  private let text = """
    {"info": {"images": [1]}, "licenses": [{"id": 4, "name": "CC BY", "url": "http://l/by"}],
     "annotations": [{"image_id": 9, "id": 1, "caption": "A bird."}, {"image_id": 7, "id": 2, "caption": "A \\"cat\\"."},
      {"image_id": 9, "id": 3, "caption": "A small bird."}, {"image_id": 7}, {"image_id": 1000, "caption": "lost"}],
     "images": [{"id": 7, "file_name": "train/7.jpg", "width": 64, "height": 48, "license": 4, "coco_url": "http://i/7",
       "date_captured": "2013-11-14"}, {"id": 9, "file_name": "9.jpg"}, {"id": 9, "file_name": "again.jpg"},
       {"file_name": "x"}, {"id": 10, "file_name": "10.jpg"}, {"id": 11, "file_name": "../11.jpg"}, {"id": 12}],
     "type": "captions"}
    """

  @Test(arguments: [3, 1 << 16]) func imagesAreJoinedWithTheirCaptions(chunk: Int) throws {
    let result = try read(CaptionFormat(folder: "pictures", needsFiles: false), text, named: "c.json", chunk: chunk)
    #expect(result.texts == ["A \"cat\".", "A bird.\nA small bird."])
    #expect(
      result.documents[0].attributes == [
        "image": .string("pictures/train/7.jpg"), "captions": .array([.string("A \"cat\".")]),
        "width": .integer(64), "height": .integer(48),
      ])
    #expect(
      result.documents[0].provenance
        == Provenance(
          input: "c.json", place: "image 7", url: "http://i/7", licence: "http://l/by", date: "2013-11-14"))
    #expect(
      result.reasons == [
        "bad_annotation", "duplicate_image", "bad_image", "no_captions", "unsafe_path", "bad_image", "unknown_image",
      ])
    // Images, and captions of none.
    #expect(result.records == 9)
  }

  @Test func missingFilesAreCounted() throws {
    try withTemporaryFolder { folder in
      try FileManager.default.copyItem(atPath: fixture("images/full.jpg"), toPath: folder + "/9.jpg")
      let result = try read(CaptionFormat(folder: folder), text)
      #expect(result.documents.map { $0.attributes["image"] } == [.string(folder + "/9.jpg")])
      #expect(result.reasons.contains("missing_image"))
    }
  }

  @Test func whatIsNoCaptionFileIsAnError() throws {
    #expect(throws: MartletError.self) { try read(CaptionFormat(folder: ""), "[]") }
    #expect(throws: MartletError.self) { try read(CaptionFormat(folder: ""), #"{"data":[]}"#) }
    let error = #expect(throws: MartletError.self) { try read(CaptionFormat(folder: "", memory: 300), text) }
    #expect(error?.code == .resource)
    let cut = try read(CaptionFormat(folder: "", needsFiles: false), String(text.prefix(420)))
    #expect(cut.reasons.contains("cut_off"))
  }
}
