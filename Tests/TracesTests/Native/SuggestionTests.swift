import Testing

@testable import Quantities

@Suite("Suggestions for mistyped words")
struct SuggestionTests {
    @Test(
        "How far words are apart",
        arguments: [
            ("kitten", "sitting", 3), ("", "ab", 2), ("ab", "", 2), ("szie", "size", 1),
            ("same", "same", 0), ("abcd", "acbd", 1), ("ca", "abc", 3),
        ])
    func distance(_ left: String, _ right: String, _ expected: Int) {
        #expect(Suggestion.distance(Array(left.utf8), Array(right.utf8)) == expected)
        #expect(Suggestion.distance(Array(right.utf8), Array(left.utf8)) == expected)
    }

    @Test(
        "The nearest word, if one is near",
        arguments: [
            ("bufer", ["device", "buffer"], "buffer"), ("szie", ["ways", "size", "line"], "size"),
            ("DMB", ["dsb", "dmb"], "dmb"), ("zynq700", ["zynqmp", "zynq7000"], "zynq7000"),
            ("xy", ["ld", "st"], nil), ("completely", ["ways", "size"], nil),
            ("ld", ["ld"], nil), ("tree_plru", ["treplru"], "treplru"),
        ] as [(String, [String], String?)])
    func nearest(_ word: String, _ candidates: [String], _ expected: String?) {
        #expect(Suggestion.nearest(to: word, among: candidates) == expected)
    }

    @Test("Of words equally near the first; a longer word than any is not compared")
    func limits() {
        #expect(Suggestion.nearest(to: "sizo", among: ["size", "sizz"]) == "size")
        let long = String(repeating: "a", count: Suggestion.longestWord + 1)
        #expect(Suggestion.nearest(to: long, among: [long + "b"]) == nil)
    }
}
