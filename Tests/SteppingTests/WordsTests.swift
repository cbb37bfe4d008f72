import Testing

@testable import Stepping

/// What is drawn at a step, in words: for terminals, screen readers and the life of a byte.
@Suite("Views in words")
struct WordsTests {
    private func session(
        _ body: String, on machine: String = "zynq7000", kernel: String = "none"
    ) throws -> TraceSession {
        try StepSupport.session("staleline 1\n\(body)\n", on: machine, kernel: kernel)
    }

    /// The lines that are told at each step.
    private func told(_ session: TraceSession) -> [[String]] {
        var session = session
        return (0...session.count).map { position in
            session.move(to: position)
            return session.view.text().split(separator: "\n").map(String.init)
        }
    }

    @Test("Lines that hold what memory held are counted, and told if that is asked for")
    func quiet() throws {
        var session = try session("buffer a 0x10000000 64\nld a 4\nld a+32 4")
        session.move(to: session.count)
        // In a cache, too, they are worth telling; dropped from there they are not.
        #expect(!session.view.text().contains("only as they were"))
        var dropped = try self.session("region n 0x10000000 64 nc\nld n 4\nld n+32 4")
        dropped.move(to: dropped.count)
        let lines = dropped.view.lines.count
        if lines > 0 {
            #expect(
                dropped.view.text().contains("\(lines) line(s) are only as they were at the start.")
            )
            #expect(!dropped.view.text(allLines: true).contains("only as they were"))
        }
    }

    @Test("A call is told with what it is performed as, and with its place in the source")
    func performed() throws {
        let body = """
            device eth0 noncoherent
            buffer rx 0x10000000 64
            H = dma_map_single eth0 rx 64 FROM_DEVICE @src=net.c:12
            A = dma_alloc_coherent eth0 0x10001000 4096
            """
        let lines = Set(try told(session(body, kernel: "6.12")).flatMap { $0 })
        #expect(
            lines.contains {
                $0.hasPrefix("Last: line 4, core0: H = dma_map_single eth0 rx 64 FROM_DEVICE")
                    && $0.contains(", performed as dc ivac ") && $0.hasSuffix(" (net.c:12).")
            }, "\(lines)")
        #expect(
            lines.contains {
                $0.hasPrefix("Last: line 5, core0: A = dma_alloc_coherent")
                    && $0.contains("performed as 0x10001000 + 4096 becomes nc memory")
            }, "\(lines)")
    }

    @Test("A second mapping is told by both of its addresses")
    func mapped() throws {
        let body = """
            device eth0 noncoherent
            A = dma_alloc_coherent eth0 0x10001000 4096
            dma_mmap_coherent A 0x40000000
            """
        let lines = Set(try told(session(body, kernel: "6.12")).flatMap { $0 })
        #expect(
            lines.contains { $0.contains("performed as 0x10001000 is mapped at 0x40000000") },
            "\(lines)")
    }

    @Test("What devices do is told as it goes on, each by its own name and line")
    func devices() throws {
        let body = """
            device dma0 noncoherent
            device dma1 noncoherent
            buffer a 0x10000000 16K
            buffer b 0x10010000 16K
            ring dma0
            dma0: wr a 16K
            ring dma1
            dma1: rd b 16K
            dma1: rd b 64
            work 2000
            work 2000
            wait dma1
            wait dma0
            """
        let session = try session(body)
        let lines = told(session).flatMap { $0 }
        #expect(
            lines.contains {
                $0.hasPrefix("dma0 on ") && $0.contains("line 7 runs, ")
                    && $0.contains(" of 16384 bytes moved")
            }, "\(lines)")
        #expect(
            lines.contains {
                $0.hasPrefix("dma1 on ") && $0.contains("line 9 runs, ")
                    && $0.contains("line 10 waits")
            })
        let last = try #require(told(session).last)
        #expect(
            last.contains {
                $0.hasPrefix("dma1 on ") && $0.contains("idle, 2 finished, 16448 bytes read")
            })
        // What a device does is told in the words of its own statement.
        var other = session
        var works: [Set<String>] = [[], []]
        for position in 0...other.count {
            other.move(to: position)
            for (place, device) in other.view.devices.enumerated() {
                works[place].formUnion(device.work.map(\.text))
            }
        }
        #expect(works == [["wr a 16384"], ["rd b 16384", "rd b 64"]])
    }

    /// The sentences about a byte, without when they were.
    private func life(_ address: UInt64, of session: TraceSession) -> [String] {
        session.biography(of: address, to: session.count).entries.map(\.text)
    }

    @Test("A byte of memory that is not cached goes from buffer to buffer to memory")
    func slots() throws {
        let session = try session("region n 0x10000000 4K nc\nst n 4\nst n+64 4\ndsb sy\nld n 4")
        let text = life(0x1000_0000, of: session)
        #expect(text.first == "core0 wrote version 1 into store buffer 0")
        #expect(text.contains("it went on to outer store buffer"), "\(text)")
        #expect(text.contains("outer store buffer drained it to DRAM"), "\(text)")
        #expect(text.last == "core0 read it from DRAM")
    }

    @Test("A byte of code is cleaned, taken by the instruction cache, and fetched from there")
    func code() throws {
        let session = try session(
            """
            buffer code 0x10000000 64
            st code 64 by 4
            dc cvau code 64
            dsb
            ic ivau code 64
            dsb
            isb
            fetch code 4
            """)
        let text = life(0x1000_0000, of: session)
        #expect(text.contains { $0.hasPrefix("L1I0 took the line from ") }, "\(text)")
        #expect(text.last == "core0 fetched it from L1I0", "\(text)")
    }

    @Test("A byte that is written through is in the cache and below it")
    func through() throws {
        let session = try session(
            "region w 0x10000000 4K wt\nld w 4\nst w 4\ndsb sy\nld w 4", on: "arm926")
        let text = life(0x1000_0000, of: session)
        #expect(
            text.contains { $0.contains(" wrote it through to ") }
                || text.contains { $0.contains(" drained it to DRAM") }, "\(text)")
        let last = session.biography(of: 0x1000_0000, to: session.count).entries.last
        #expect(last?.copies.allSatisfy { $0.freshness == .fresh } == true)
    }
}
