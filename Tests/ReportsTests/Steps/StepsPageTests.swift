import CZlib
import Experiments
import Foundation
import Reports
import Stepping
import Testing
import Traces

/// The page that steps through a trace: whole, small and asking nobody.
@Suite("Steps as a page")
struct StepsPageTests {
    /// A driver that receives packets one by one, with all its statements written out.
    private static func driver(packets: Int) -> String {
        var lines = ["staleline 1", "device eth0 noncoherent"]
        for index in 0..<8 { lines.append("buffer rx\(index) 0x1000\(index)000 256") }
        for packet in 0..<packets {
            let buffer = "rx\(packet % 8)"
            lines += [
                "H\(packet) = dma_map_single eth0 \(buffer) 256 FROM_DEVICE",
                "writel eth0+0x10 = 1", "eth0: wr \(buffer) 128", "wait eth0",
                "dma_unmap_single H\(packet)", "ld \(buffer) 4", "ld \(buffer)+64 4",
                "st \(buffer)+8 4 = \(packet)",
            ]
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func session(
        _ text: String, file: String = "driver.slt"
    ) throws -> TraceSession {
        let program = try NativeParser.parse(Array(text.utf8), file: file)
        let setup = try Setup(
            program, file: file, machine: Sample.machine("zynq7000").configuration,
            kernel: .init(parsing: "6.12"))
        return try TraceSession(setup, source: text)
    }

    /// The film that a page carries, unpacked.
    private static func film(in page: String) throws -> Data {
        let start = try #require(page.range(of: "id=\"film\">")?.upperBound)
        let end = try #require(
            page.range(of: "</script>", range: start..<page.endIndex)?.lowerBound)
        let packed = try #require(Data(base64Encoded: String(page[start..<end])))
        var size = UInt(packed.count * 200)
        var raw = [UInt8](repeating: 0, count: Int(size))
        let result = packed.withUnsafeBytes { bytes in
            uncompress(
                &raw, &size, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self),
                UInt(packed.count))
        }
        try #require(result == Z_OK)
        return Data(raw.prefix(Int(size)))
    }

    @Test("A trace of 2,000 statements gives less than 2 MiB, and its film tells every step")
    func size() throws {
        let session = try Self.session(Self.driver(packets: 250))
        let statements = session.steps.count { $0.startsStatement && $0.record > 0 }
        #expect(statements == 2_000)
        let page = StepsPage(session).html
        #expect(page.utf8.count < 2 << 20, "\(page.utf8.count) bytes")
        let film = try #require(
            try JSONSerialization.jsonObject(with: Self.film(in: page)) as? [String: Any])
        #expect(film["schema"] as? String == "staleline.steps/1")
        #expect((film["steps"] as? [Any])?.count == session.count)
        #expect((film["changes"] as? [Any])?.count == session.count)
        #expect((film["findings"] as? [Any])?.count == session.findings.count)
    }

    @Test("The page names nothing outside itself, and its policy forbids to ask")
    func selfContained() throws {
        let session = try Self.session(Self.driver(packets: 2))
        let page = StepsPage(session).html
        #expect(!page.contains(#/(?:src|href)\s*=|url\(|@import|https?:|fetch\(|XMLHttpRequest/#))
        #expect(page.contains("default-src 'none'"))
        #expect(page.hasPrefix("<!DOCTYPE html>"))
        for tag in ["html", "head", "body", "style", "main", "title"] {
            #expect(page.ranges(of: "</\(tag)>").count == 1, "\(tag)")
        }
        #expect(page.ranges(of: "</script>").count == page.ranges(of: "<script").count)
    }

    @Test("What a trace is called or says cannot leave its place in the page")
    func hostile() throws {
        let session = try Self.session(
            "staleline 1\n# </script><script>alert(1)</script><img>\nst 0x1000 4\n",
            file: "</title><script>alert(1)</script><img>.slt")
        let page = StepsPage(session).html
        #expect(!page.contains("alert(1)"))
        #expect(!page.contains("<img>"))
    }

    @Test("The same trace gives the same page")
    func deterministic() throws {
        let first = StepsPage(try Self.session(Self.driver(packets: 5))).html
        #expect(first == StepsPage(try Self.session(Self.driver(packets: 5))).html)
    }

    @Test("Replaying what the steps change gives the lines of the view at every position")
    func replayed() throws {
        var session = try Self.session(Self.driver(packets: 6))
        var lines: [UInt64: SessionView.Line] = [:]
        var buffers: [SessionView.Entry] = []
        var devices = session.view.devices
        var mappings: [SessionView.Mapping] = []
        var changes: [StepChange] = []
        session.forEachChange { _, change in changes.append(change) }
        for (step, change) in changes.enumerated() {
            for line in change.lines { lines[line.address] = line }
            buffers = change.buffers ?? buffers
            mappings = change.mappings ?? mappings
            for (number, device) in change.devices { devices[number] = device }
            session.move(to: step + 1)
            let view = session.view
            #expect(lines.values.sorted { $0.address < $1.address } == view.lines, "step \(step)")
            #expect(buffers == view.buffers)
            #expect(mappings == view.mappings)
            #expect(devices == view.devices)
        }
    }
}
