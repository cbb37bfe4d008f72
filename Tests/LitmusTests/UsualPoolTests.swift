import Operations
import Testing
import Traces

@testable import Experiments

/// Where the kernel's bounce buffers lie in a trace that does not say.
struct UsualPoolTests {
    /// A device, what else the trace names, and where the pool is to be.
    struct Case: Sendable {
        var device: String
        var more = ""
        var start: UInt64
    }

    static let cases = [
        Case(device: "", start: 0xE000_0000),
        Case(device: "mask 32", start: 0xE000_0000),
        Case(device: "mask 31", start: 0x7FF0_0000),
        Case(device: "mask 30", start: 0x3FF0_0000),
        // The last MiB has a buffer at its end, the two below share one.
        Case(
            device: "mask 30", more: "buffer one 0x3ffff000 4K\nbuffer two 0x3fdff000 8K",
            start: 0x3FC0_0000),
        Case(device: "mask 24", start: 0xF0_0000),
        // What the driver sets counts, where it is narrower.
        Case(device: "mask 30", more: "dma_set_mask eth0 24", start: 0xF0_0000),
        Case(device: "mask 22", start: 0x30_0000),
        // The first MiB is left alone: there is no room.
        Case(device: "mask 22", more: "buffer all 0x100000 3M", start: 0xE000_0000),
        Case(device: "mask 22", more: "buffer all 0x200000 2M", start: 0x10_0000),
        Case(device: "mask 21", start: 0xE000_0000),
    ]

    @Test(arguments: cases)
    func place(_ one: Case) throws {
        let text = """
            staleline 1
            machine zynq7000
            kernel 6.12
            device eth0 \(one.device)
            \(one.more)

            """
        let setup = try Setup(
            NativeParser.parse(Array(text.utf8), file: "t.slt"), file: "t.slt",
            machine: LitmusFile.machine("zynq7000"))
        #expect(setup.bouncePool.start == one.start)
        #expect(setup.bouncePool.size == 1 << 20)
    }
}
