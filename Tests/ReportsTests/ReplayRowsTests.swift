import Experiments
import Reports
import Testing

/// A replay's report has a row for each cache that the machine has, and says what is not in a table of caches.
@Suite("Rows of a replay")
struct ReplayRowsTests {
    /// Two cores at one buffer; a store-exclusive that another core's store spoils.
    private static let two = """
        staleline 1
        buffer a 0x10000000 64K
        core0: st a 64K by 8
        core1: ld a 64K by 8
        core0: ldx a 4
        core1: st a 4
        core0: stx a 4
        core0: ld a 64K by 8

        """

    private func report(_ text: String, on machine: String) throws -> ReplayReport {
        ReplayReport(try Replay.run(Sample.setup(text, machine: machine)))
    }

    private func rows(_ text: String) -> [String] {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        return lines.dropFirst(4).prefix { !$0.isEmpty }.map {
            $0.components(separatedBy: "  ")[0]
        }
    }

    @Test(
        "Levels of the machine, and below them what is each core's own",
        arguments: [
            ("rpi5", ["L1D", "L1I", "L2", "L3"], ["L1D", "L2"]),
            ("altra", ["L1D", "L1I", "L2", "L3"], ["L1D", "L2"]),
            ("rpi4", ["L1D", "L1I", "L2"], ["L1D"]), ("zynq7000", ["L1D", "L1I", "L2"], ["L1D"]),
        ])
    func levels(_ machine: String, _ levels: [String], _ own: [String]) throws {
        let text = try report(Self.two, on: machine).text
        let perCore = ["core0", "core1"].flatMap { core in own.map { "\(core) \($0)" } }
        #expect(rows(text) == levels + perCore)
    }

    @Test("With one core at work its rows would say the same again, and are not there")
    func oneCore() throws {
        let text = try report("staleline 1\nld 0x10000000 64K by 8\n", on: "rpi5").text
        #expect(rows(text) == ["L1D", "L1I", "L2", "L3"])
    }

    @Test("In JSON: levels, each core's own caches, which sum to them, and events")
    func json() throws {
        let document = try Document(report(Self.two, on: "rpi5").json)
        #expect(document["caches"]?.members?.keys.sorted() == ["L1D", "L1I", "L2", "L3"])
        #expect(document["coreCaches.core1"]?.members?.keys.sorted() == ["L1D", "L1I", "L2"])
        for level in ["L1D", "L2"] {
            for count in ["reads", "writes", "readMisses", "writeMisses", "dirtyAtEnd"] {
                let parts = ["core0", "core1"].compactMap {
                    document["coreCaches.\($0).\(level).\(count)"]?.count
                }
                #expect(parts.reduce(0, +) == document["caches.\(level).\(count)"]?.count)
            }
        }
        #expect(document["events.exclusiveFailures"]?.count == 1)
        // The lines are somewhere: 64 KiB were stored and nothing went to memory.
        let dirty = ["L1D", "L2", "L3"].compactMap { document["caches.\($0).dirtyAtEnd"]?.count }
        #expect(document["memory.bytesWritten"]?.count == 0)
        #expect(dirty.reduce(0, +) >= 1_024)
    }

    @Test("What prefetchers, snoops and exclusives did is told where they did anything")
    func events() throws {
        let text = try report(Self.two, on: "rpi5").text
        #expect(text.contains("\nstore-exclusives that failed: 1\n"))
        let quiet = try report("staleline 1\nld 0x10000000 4\n", on: "rpi4").text
        #expect(!quiet.contains("store-exclusives") && !quiet.contains("prefetchers"))
        let prefetching = try report("staleline 1\nld 0x10000000 64K by 4\n", on: "zynqmp").text
        #expect(prefetching.contains("lines asked for by prefetchers: "))
    }
}
