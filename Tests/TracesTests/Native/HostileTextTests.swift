import Testing

@testable import Traces

/// Large and senseless inputs end soon, with an error.
///
/// Anything worse than linear time would take minutes here.
@Suite(.timeLimit(.minutes(60))) struct HostileTextTests {
    /// In a debug build these take a few seconds each.
    private static let most = 60.0

    private func refuse(_ bytes: [UInt8], _ source: SourceLocation = #_sourceLocation) {
        #expect(throws: TraceErrors.self, sourceLocation: source) {
            try NativeParser.parse(bytes, file: "h")
        }
    }

    private func lines(_ text: String, count: Int) -> [UInt8] {
        Array("staleline 1\n".utf8) + Array(String(repeating: text, count: count).utf8)
    }

    @Test func manyWrongLines() {
        expectProcessorTime(below: Self.most) {
            refuse(lines("dma_map_singel\n", count: 20_000))
            refuse(lines("repeat 2\n", count: 20_000))
            refuse(lines("ld nobody 4\n", count: 20_000))
        }
    }

    @Test func oneLongLine() {
        expectProcessorTime(below: Self.most) {
            refuse(lines("x", count: 400_000))
            refuse(lines("é", count: 200_000))
            refuse(lines("@@", count: 200_000))
            refuse(lines(" ,", count: 200_000))
        }
    }

    @Test func manyNames() throws {
        var text = "staleline 1\n"
        for number in 0..<50_000 { text += "buffer b\(number) \(number) 1\n" }
        for number in 0..<50_000 { text += "ld b\(number) 1\n" }
        for _ in 0..<50_000 { text += "h = dma_map_single eth0 b1 1 NONE\n" }
        text = text.replacing(
            "staleline 1\n", with: "staleline 1\ndevice eth0\n", maxReplacements: 1)
        try expectProcessorTime(below: Self.most) {
            let program = try NativeParser.parse(Array(text.utf8), file: "h")
            #expect(program.statements.count == 150_001)
            let bytes = try BinaryWriter.write(program)
            #expect(try BinaryReader.read(bytes, file: "h") == program.canonicalized())
        }
    }
}
