import Experiments
import Testing

/// Buffers that share pages are one allocation of every strategy that allocates.
@Suite("Allocations of a comparison")
struct AllocationTests {
    /// A device that writes `count` ranges of 64 bytes without a name, `step` bytes apart, each read by the core.
    private func compare(_ count: Int, step: UInt64) throws -> ComparisonResult {
        let transfers = (0..<count).map { index in
            let address = "0x\(String(0x1000_0040 + UInt64(index) * step, radix: 16))"
            return "ring dma0\ndma0: wr \(address) 64\nwait dma0\nld \(address) 64 by 8\n"
        }
        let text = "staleline 1\nkernel 6.12\ndevice dma0 noncoherent\n" + transfers.joined()
        return try Compare.run(Sample.setup(text, machine: "am335x"))
    }

    private func result(_ strategy: Strategy, _ comparison: ComparisonResult) throws
        -> StrategyResult
    {
        try #require(comparison.results.first { $0.strategy == strategy })
    }

    @Test(
        "What is in one page is zeroed once; what is in two pages twice",
        arguments: [Strategy.coherent, .writeCombine, .bounce])
    func zeroing(_ strategy: Strategy) throws {
        func setup(_ count: Int, _ step: UInt64) throws -> Double {
            try result(strategy, compare(count, step: step)).setup.nanoseconds
        }
        let one = try setup(1, 256)
        #expect(one > 0)
        #expect(try setup(6, 256) < 1.5 * one)
        #expect(try setup(6, 4096) > 4 * one)
    }

    @Test("All strategies can be tried where ranges begin inside pages, and are as right as before")
    func available() throws {
        let comparison = try compare(6, step: 256)
        #expect(comparison.unavailable.isEmpty, "\(comparison.unavailable.map(\.reason))")
        for strategy in [Strategy.coherent, .writeCombine, .stronglyOrdered, .streaming, .bounce] {
            #expect(try result(strategy, comparison).isCorrect, "\(strategy)")
        }
        #expect(try !result(.asWritten, comparison).isCorrect)
    }

    @Test("More statements than can be compared are refused with their number")
    func limit() {
        let text =
            "staleline 1\n"
            + String(repeating: "work 1\n", count: Compare.statementLimit + 1)
        #expect {
            _ = try Compare.run(Sample.setup(text, machine: "am335x"))
        } throws: { error in
            "\(error)".contains("\(Compare.statementLimit + 1) statements")
        }
        // A long trace is refused for its accesses as well.
        let long = String(repeating: "ld 0x10000000 64K by 4\n", count: 5_001)
        #expect {
            _ = try Compare.run(Sample.setup("staleline 1\n" + long, machine: "am335x"))
        } throws: { error in
            "\(error)".contains("accesses and operations up to here")
        }
    }
}
