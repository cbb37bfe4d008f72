import Foundation
import Reports
import Testing

/// What is written can be read by others.
@Suite("JSON")
struct JSONValueTests {
    @Test("Text survives, whatever is in it")
    func strings() throws {
        let texts = [
            "", "plain", "\"quoted\" \\ back", "tab\tline\nreturn\r", "\u{0}\u{1}\u{1F}",
            "µs × – ‘’ 日本 😀", "</script>\u{2028}", "\u{7F}",
        ]
        let written = JSONValue.array(texts.map(JSONValue.string)).text
        let read = try JSONSerialization.jsonObject(with: Data(written.utf8)) as? [String]
        #expect(read == texts)
    }

    @Test("Numbers survive; those that JSON has no word for are null")
    func numbers() throws {
        let values: [JSONValue] = [
            .integer(0), .integer(.max), .number(0.1), .number(-1e-9), .number(1e21),
            .number(.infinity), .number(.nan), .count(7),
        ]
        let read = try #require(
            JSONSerialization.jsonObject(with: Data(JSONValue.array(values).text.utf8)) as? [Any])
        #expect((read[1] as? NSNumber)?.uint64Value == .max)
        #expect((read[2] as? NSNumber)?.doubleValue == 0.1)
        #expect((read[3] as? NSNumber)?.doubleValue == -1e-9)
        #expect((read[4] as? NSNumber)?.doubleValue == 1e21)
        #expect(read[5] is NSNull)
        #expect(read[6] is NSNull)
        #expect((read[7] as? NSNumber)?.intValue == 7)
    }

    @Test("Members keep their order; empty lists and objects are short")
    func shape() {
        let value = JSONValue.object([
            ("b", .array([])), ("a", .object([])), ("c", .array([.null, .bool(true)])),
        ])
        #expect(
            value.text == """
                {
                  "b": [],
                  "a": {},
                  "c": [
                    null,
                    true
                  ]
                }
                """)
    }
}
