import Testing

@testable import Reports

@Suite("WrappedText")
struct WrappedTextTests {
    @Test("Lines are as full as they may be, and no fuller")
    func full() {
        #expect(Format.lines("aa bb cc", width: 5) == ["aa bb", "cc"])
        #expect(Format.lines("aa bb cc", width: 4) == ["aa", "bb", "cc"])
        #expect(Format.lines("aa  bb\ncc ", width: 8) == ["aa bb cc"])
        #expect(Format.lines(" \n", width: 8).isEmpty)
    }

    @Test("A word that is longer than a line stands alone")
    func long() {
        #expect(Format.lines("a bbbbbb c", width: 3) == ["a", "bbbbbb", "c"])
    }

    @Test("Blanks before the lines that go on count")
    func indent() {
        #expect(Format.lines("- aa bb cc", width: 6, indent: 2) == ["- aa", "  bb", "  cc"])
        #expect(Format.lines("- aa bb cc", width: 7, indent: 2) == ["- aa bb", "  cc"])
    }

    @Test("Behind a head, every line is as far in as the first")
    func head() {
        #expect(Format.wrapped("x: ", "aa bb cc", width: 8) == "x: aa bb\n   cc\n")
        #expect(Format.wrapped("x: ", "", width: 8) == "x: \n")
    }
}
