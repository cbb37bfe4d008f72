import Testing

@testable import Traces

@Suite("Trace format")
struct TraceFormatTests {
    @Test(
        "content is recognised",
        arguments: [
            ("staleline 1\n", TraceFormat.native),
            ("\n# a comment\n\n  staleline 1\r\n", .native),
            ("\u{FEFF}staleline 1\n", .native),
            ("SLTB\u{1}\u{0}", .nativeBinary),
            ("r 1000 4\n", .extendedDin), ("I 0x1000 4", .extendedDin), ("c 0 0\r\n", .extendedDin),
            ("0 1000\n", .din), ("2 0x1000 comment\n", .din),
            ("I  04016b80,3\n", .lackey), (" M 1fff000718,8\r\n", .lackey),
            ("==1== Lackey\n==1==\n L 1000,4\n", .lackey), ("==1== Lackey\n", .lackey),
            ("# tracer: nop\n#\n", .kernelLog), ("cpus=2\n", .kernelLog),
            ("  ip-164  [000] d....  4.192714: dma_free_sgt: x y=1\n", .kernelLog),
            ("ip 164 [000] 4.192714: dma:dma_free_sgt: x y=1\n", .kernelLog),
        ])
    func recognised(text: String, format: TraceFormat) {
        #expect(TraceFormat.recognise(Array(text.utf8)) == format)
    }

    @Test(
        "other content is not",
        arguments: [
            "", "\n\n", "stalelines 1\n", "hello\n", "6 1000\n", "r 1000\n", "# only a comment\n",
            "\u{0}\u{0}\u{0}\u{0}\u{4}\u{0}\u{0}\u{0}",
        ])
    func unknown(text: String) {
        #expect(TraceFormat.recognise(Array(text.utf8)) == nil)
    }

    @Test("the error shows the bytes and lists the formats")
    func unrecognised() throws {
        let source = try ByteSource(bytes: Array("hello \u{1B}[31m\n".utf8), file: "t")
        let error = #expect(throws: TraceErrors.self) { try TraceFormat.recognise(source) }
        let first = try #require(error?.errors.first)
        #expect(first.found == "'hello \\x1b[31m\\n'")
        for format in TraceFormat.allCases { #expect(first.expected.contains(format.name)) }
    }

    @Test(
        "an empty input and one that says nothing are told apart",
        arguments: [
            ("S", "a binary trace starts like this; the input may be truncated"),
            ("SLT", "a binary trace starts like this; the input may be truncated"),
            ("s", "a text trace starts like this; the input may be truncated"),
            ("stale", "a text trace starts like this; the input may be truncated"),
            ("\n", "the input has only blank lines and comments"),
            ("# x\r\n\n \t#", "the input has only blank lines and comments"),
            ("r", "name the format with --format"), ("0", "name the format with --format"),
            ("\u{0}", "name the format with --format"), ("I ", "name the format with --format"),
        ])
    func tiny(text: String, hint: String) throws {
        let source = try ByteSource(bytes: Array(text.utf8), file: "t")
        let error = #expect(throws: TraceErrors.self) { try TraceFormat.recognise(source) }
        #expect(error?.errors.map(\.hint) == [hint])
    }

    @Test("an empty input is said to be empty")
    func empty() throws {
        let source = try ByteSource(bytes: [], file: "t")
        let error = #expect(throws: TraceErrors.self) { try TraceFormat.recognise(source) }
        #expect(error?.description == "t: found no bytes, expected a trace; the input is empty")
    }

    @Test("names are those of --format")
    func names() {
        #expect(
            TraceFormat.allCases.map(\.name) == [
                "slt", "sltb", "lackey", "din", "xdin", "dinero-binary", "kernel-log", "execlog",
                "tarmac", "drmemtrace-text", "drmemtrace", "gem5", "gem5-text", "champsim",
                "champsim-cloudsuite", "renode", "prospero", "prospero-binary", "csv", "perf-mem",
                "perf-script", "spe",
            ])
        for format in TraceFormat.allCases { #expect(TraceFormat(name: format.name) == format) }
        #expect(TraceFormat(name: "elf") == nil)
    }
}
