import Testing

@testable import Traces

/// Faults that are not those of one statement.
@Suite struct NativeFileErrorTests {
    private func faults(bytes: [UInt8]) -> [String] {
        do throws(TraceErrors) {
            _ = try NativeParser.parse(bytes, file: "t.slt")
            return []
        } catch {
            return error.errors.map(\.description)
        }
    }

    @Test func theHeaderComesFirst() {
        let expected = "expected the header 'staleline 1'"
        #expect(nativeFaults("") == ["t.slt:1: found the end of the file, \(expected)"])
        #expect(nativeFaults("# only\n\n") == ["t.slt:2: found the end of the file, \(expected)"])
        #expect(nativeFaults("ld 0 4\nxx\n") == ["t.slt:1:1: found 'ld', \(expected)"])
        #expect(
            nativeFaults("staleline 2\n") == ["t.slt:1:11: found '2', expected format version 1"])
        #expect(
            nativeFaults("\u{FEFF}staleline 1\n") == [
                "t.slt:1:1: found '\u{FEFF}staleline', \(expected); remove the byte order mark"
            ])
        #expect(
            nativeFaults("SLTB\n") == [
                "t.slt:1:1: found 'SLTB', \(expected); this is the start of a binary trace"
            ])
        #expect(nativeFaults("\n# comment\n  staleline\t1 # x\n").isEmpty)
        #expect(nativeFaults("staleline 1").isEmpty)
    }

    @Test func bytesMustBeText() {
        let text = "expected text (of control characters only tabs and line ends)"
        let start = Array("staleline 1\n".utf8)
        #expect(faults(bytes: start + [0x23, 0]) == ["t.slt:2:2: found byte 0x00, \(text)"])
        #expect(
            faults(bytes: start + [0x23, 0x0D, 0x20]) == ["t.slt:2:2: found byte 0x0D, \(text)"])
        #expect(
            faults(bytes: start + [0x23, 0xC3, 0xA9, 0xC3]) == [
                "t.slt:2:4: found byte 0xC3, expected UTF-8"
            ])
        for wrong: [UInt8] in [
            [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0x80], [0xE2, 0x82],
            [0xF0, 0x8F, 0xBF, 0xBF], [0xE0, 0x9F, 0xBF],
        ] {
            #expect(
                faults(bytes: start + [0x23] + wrong).first?.hasSuffix("expected UTF-8") == true)
        }
    }

    @Test func windowsLineEndsAreAccepted() throws {
        let program = try parseNative("staleline 1\r\nbuffer x 0 1\r\nmark a\r\n\r\nld x 1\r")
        #expect(program.statements.count == 3)
        #expect(program.statements[1].body == .mark("a"))
    }

    @Test func linesHaveALimit() {
        let fits = "staleline 1\n# " + String(repeating: "é", count: 4_094) + "\n"
        #expect(nativeFaults(fits).isEmpty)
        let long = "staleline 1\n# " + String(repeating: "é", count: 4_095) + "\n"
        #expect(
            nativeFaults(long) == [
                "t.slt:2:8191: found a line of 4097 characters, expected at most 4096"
            ])
    }

    @Test func namesHaveALimit() {
        let name = String(repeating: "n", count: 128)
        #expect(nativeFaults("staleline 1\nbuffer \(name) 0 1\n").isEmpty)
        #expect(
            nativeFaults("staleline 1\nbuffer \(name)n 0 1\n") == [
                "t.slt:2:8: found '\(name.prefix(37))...', expected \(NativeName.expectation)"
            ])
    }

    @Test func blocksMustCloseAndNotNestTooDeep() {
        #expect(
            nativeFaults("staleline 1\nspan a\n repeat 2\nend\n") == [
                "t.slt:2:1: found 'span' without its 'end', "
                    + "expected 'end' before the end of the file"
            ])
        let ends = String(repeating: "end\n", count: 17)
        let starts = String(repeating: "repeat 2\n", count: 17)
        #expect(
            nativeFaults("staleline 1\n" + starts + ends) == [
                "t.slt:18:1: found 'repeat', expected at most 16 nested blocks"
            ])
    }

    @Test func statementsHaveALimit() throws {
        let text = Array("staleline 1\nisb\nisb\nisb\nxx\n".utf8)
        do throws(TraceErrors) {
            _ = try NativeParser.parse(text, file: "t.slt", statementLimit: 2)
            Issue.record("no error")
        } catch {
            #expect(
                error.description
                    == "t.slt:4:1: found statement 3, expected at most 2 statements in a text program"
            )
        }
    }

    @Test func somethingIsDeclaredOnce() {
        #expect(
            nativeFaults(
                "staleline 1\nmachine a\nmachine b\nkernel 3.0\nkernel 3.0\nset a=1\nset a=2\n")
                == [
                    "t.slt:3:9: found 'b', expected one 'machine' in a trace",
                    "t.slt:5:8: found '3.0', expected one 'kernel' in a trace",
                    "t.slt:7:5: found 'a=2', expected each key at most once",
                ])
    }

    @Test func allFaultsAreCollected() throws {
        let text = "staleline 1\n" + String(repeating: "xx\n", count: 25)
        do throws(TraceErrors) {
            _ = try NativeParser.parse(Array(text.utf8), file: "t.slt")
            Issue.record("no error")
        } catch {
            #expect(error.errors.count == 20)
            #expect(error.omitted == 5)
            #expect(error.errors.map(\.line) == Array(2...21))
            #expect(error.description.hasSuffix("\nand 5 more"))
        }
    }

    @Test func aWrongDeclarationIsReportedOnce() {
        let text = """
            staleline 1
            device eth0 prt HP0
            buffer rx zero 16
            h = dma_map_single eth0 rx 0 TO_DEVICE
            ld rx 4
            eth0: irq
            dma_unmap_single h
            """
        #expect(
            nativeFaults(text).map { $0.prefix(9) } == ["t.slt:2:1", "t.slt:3:1", "t.slt:4:2"])
    }

    @Test func devicesHaveALimit() {
        let devices = (0...64).map { "device d\($0)\n" }.joined()
        #expect(
            nativeFaults("staleline 1\n" + devices) == [
                "t.slt:66:8: found 'd64', expected at most 64 devices"
            ])
    }
}
