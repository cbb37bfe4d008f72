import Foundation
import Operations
import Quantities
import Statistics
import Testing
import Traces

@testable import Experiments

/// What each strategy lowers a workload to, counted against formulas.
@Suite("Strategies, lowered")
struct StrategyLoweringTests {
    private func compare(
        _ text: String, _ machine: String, _ strategies: [Strategy]
    ) throws -> ComparisonResult {
        try Compare.run(Sample.setup(text, machine: machine), strategies: strategies)
    }

    /// Lines of 32 bytes that `bytes` from the start of one have.
    private func lines(_ bytes: UInt64, of size: UInt64 = 32) -> UInt64 {
        (bytes + size - 1) / size
    }

    @Test("Streaming invalidates the whole room before and after each transfer, in both caches")
    func streaming() throws {
        let passes = 3
        let text = Workload.receive(bytes: 1_514, room: 2_048, touched: 64, passes: passes)
        let comparison = try compare(
            text, "zynq7000", [.streaming, .streamingPage, .streamingSG, .streamingSync])
        let each = 2 * lines(2_048)
        for strategy in [Strategy.streaming, .streamingPage, .streamingSG] {
            let result = try #require(comparison[strategy])
            #expect(result.isCorrect, "\(strategy)")
            #expect(result.count(.level1Maintenance) == UInt64(passes) * each, "\(strategy)")
            #expect(result.count(.level2Maintenance) >= UInt64(passes) * each, "\(strategy)")
        }
        // Mapped once and unmapped once is as much as one transfer more.
        let sync = try #require(comparison[.streamingSync])
        #expect(sync.isCorrect)
        #expect(sync.count(.level1Maintenance) == UInt64(passes + 1) * each)
    }

    @Test("A buffer that the device reads is cleaned once each time, as long as the packet is")
    func sending() throws {
        let comparison = try compare(
            Workload.send(bytes: 1_000, passes: 4), "zynq7000", [.streaming, .streamingSync])
        #expect(comparison[.streaming]?.count(.level1Maintenance) == 4 * lines(1_000))
        #expect(comparison[.streamingSync]?.count(.level1Maintenance) == 5 * lines(1_000))
        #expect(comparison[.streaming]?.isCorrect == true)
    }

    @Test("Pages and lists have as many entries as the buffer touches pages")
    func pages() throws {
        let text = Workload.receive(bytes: 9_560, room: 9_560, touched: 64, passes: 1)
        let comparison = try compare(text, "zynq7000", [.streaming, .streamingPage, .streamingSG])
        #expect(comparison[.streaming]?.calls(.mapSingle) == 1)
        #expect(comparison[.streamingPage]?.calls(.mapPage) == 3)
        #expect(comparison[.streamingPage]?.calls(.unmapPage) == 3)
        #expect(comparison[.streamingSG]?.calls(.mapSG) == 1)
        // Three calls cost three times the kernel's own instructions.
        let single = try #require(comparison[.streaming])
        let paged = try #require(comparison[.streamingPage])
        #expect(paged.elapsed > single.elapsed)
    }

    @Test("A partial sync touches the lines that the core touches, and no others")
    func partial() throws {
        let passes: UInt64 = 4
        let text = Workload.receive(bytes: 1_514, room: 2_048, touched: 100, passes: Int(passes))
        let comparison = try compare(text, "zynq7000", [.partialSync, .streamingSync])
        let result = try #require(comparison[.partialSync])
        #expect(result.isCorrect)
        let once = 2 * lines(2_048)
        // The last line is only partly synced: it is cleaned and invalidated, but it is one operation all the same.
        #expect(result.count(.level1Maintenance) == once + passes * 2 * lines(100))
        #expect(result.elapsed < comparison[.streamingSync]?.elapsed ?? .zero)
    }

    @Test("What the core never looks at needs no sync at all")
    func untouched() throws {
        let text = """
            staleline 1
            kernel 6.12
            device dma0 noncoherent
            buffer a 0x10000000 4K
            repeat 3
              ring dma0
              dma0: wr a 4K
              dma0: rd a 4K
              wait dma0
            end

            """
        let comparison = try compare(text, "zynq7000", [.partialSync])
        let result = try #require(comparison[.partialSync])
        #expect(result.isCorrect)
        #expect(result.calls(.syncSingleForCPU) == 0 && result.calls(.syncSingleForDevice) == 0)
    }

    @Test("Uncached strategies maintain nothing after the allocation, and load without a cache")
    func uncached() throws {
        let text = Workload.receive(bytes: 1_024, room: 1_024, touched: 1_024, passes: 2)
        let comparison = try compare(
            text, "rpi4", [.coherent, .writeCombine, .stronglyOrdered])
        for strategy in [Strategy.coherent, .writeCombine, .stronglyOrdered] {
            let result = try #require(comparison[strategy])
            #expect(result.isCorrect, "\(strategy)")
            #expect(result.count(.uncachedLoads) == 2 * 256, "\(strategy)")
            #expect(result.causes.first { $0.cause == .maintenance }?.time == .zero, "\(strategy)")
        }
    }

    @Test(
        "A bounce copies each byte once; the kernel's own copies twice what may have been written")
    func bounces() throws {
        let text = Workload.receive(bytes: 512, room: 512, touched: 512, passes: 2)
        let comparison = try compare(text, "zynq7000", [.bounce, .bounceSwiotlb, .streaming])
        let bounce = try #require(comparison[.bounce])
        #expect(bounce.isCorrect)
        #expect(bounce.count(.uncachedLoads) == 2 * 128)
        let kernel = try #require(comparison[.bounceSwiotlb])
        #expect(kernel.isCorrect)
        // The slot is filled at the map, and copied back at the unmap.
        let own = try #require(comparison[.streaming])
        #expect(kernel.count(.level1DataWrites) >= own.count(.level1DataWrites) + 2 * 2 * 512 / 8)
    }

    @Test("Bounce buffers lie where nothing else does, wherever the trace has its memory")
    func bouncePlace() throws {
        let text = """
            staleline 1
            device dma0 noncoherent regs 0x10200000 4K
            buffer rx 0x10000000 2K
            ld 0x10100000 16 by 4
            st 0xe8100000 4

            """
        let occupied = OccupiedMemory(
            try NativeParser.parse(Array(text.utf8), file: "t.slt"), buffers: [])
        func free(_ size: UInt64, from start: UInt64) -> UInt64 {
            occupied.free(size, from: start, alignment: 0x1000)
        }
        // Before what is touched without a name, and behind it.
        #expect(free(0x1000, from: 0x100F_F000) == 0x100F_F000)
        #expect(free(0x2000, from: 0x100F_F000) == 0x1010_1000)
        #expect(free(0x1000, from: 0x1010_0000) == 0x1010_1000)
        // Registers, a name, and high memory.
        #expect(free(0x10_0000, from: 0x1010_1000) == 0x1020_1000)
        #expect(free(0x1000, from: 0x1000_0000) == 0x1000_1000)
        #expect(free(0x1000, from: 0xE810_0000) == 0xE810_1000)
    }

    @Test("A bounce buffer is not where the core copies to, though nothing names that place")
    func bounceBesideCopies() throws {
        let text = """
            staleline 1
            kernel 6.12
            device dma0 noncoherent
            buffer rx 0x10000000 2K
            ring dma0
            dma0: wr rx 1514
            wait dma0
            copy 0x10100000 rx 1514 by 4

            """
        let result = try #require(try compare(text, "rpi4", [.bounce])[.bounce])
        #expect(result.isCorrect)
        // One mebibyte above what has a name is where it would have gone.
        let named = result.check.setup.program.symbols.entries.filter { $0.kind == .buffer }
        #expect(named.allSatisfy { !($0.address..<$0.address + $0.size).contains(0x1010_0000) })
        let transfers = result.check.setup.program.statements.compactMap { statement in
            if case .operation(_, .device(let transfer)) = statement.body { return transfer }
            return nil
        }
        #expect(!transfers.isEmpty)
        for transfer in transfers {
            let start = transfer.start.address.rawValue
            #expect(start != 0x1000_0000, "the device writes into the bounce buffer")
            #expect(start + transfer.bytes <= 0x1010_0000 || start >= 0x1010_0000 + 1_514)
        }
    }

    @Test(
        "A coherent port is asked for by attributes that look into the caches; without one H26 is found"
    )
    func coherentPort() throws {
        let text = Workload.receive(bytes: 512, room: 512, touched: 512)
        let zynq = try compare(text, "zynq7000", [.coherentPort])
        #expect(zynq[.coherentPort]?.isCorrect == true)
        #expect(zynq[.coherentPort]?.count(.level1Maintenance) == 0)
        #expect(zynq[.coherentPort]?.check.setup.program.devices.first?.port == "ACP")
        let pi = try compare(text, "rpi4", [.coherentPort])
        #expect(pi[.coherentPort]?.findings.contains { $0.code == .h26 } == true)
        #expect(pi.recommended == nil)
    }

    @Test("The whole cache is cleaned and invalidated before and after, with one core alone")
    func wholeCache() throws {
        let text = Workload.receive(bytes: 4_096, room: 4_096, touched: 4_096)
        let single = try compare(text, "am335x", [.wholeCache])
        let result = try #require(single[.wholeCache])
        #expect(result.isCorrect)
        let sweeps = result.check.setup.program.statements.count {
            if case .operation(_, .maintenance(let one)) = $0.body {
                one.instruction == .dcCISW
            } else {
                false
            }
        }
        #expect(sweeps == 2)
        let several = try compare(text, "zynq7000", [.wholeCache])
        #expect(several[.wholeCache] == nil)
        #expect(several.reason(.wholeCache)?.contains("2 cores") == true)
        // Behind an outer cache the flush by way makes it right; without it nothing cleans the outer lines.
        let outer = try compare(text, "kirkwood", [.wholeCache])
        #expect(outer[.wholeCache]?.isCorrect == true)
        let program = Workload.send(bytes: 512).replacingOccurrences(
            of: "  ring eth0", with: "  dsb\n  dc csw\n  dsb\n  writel eth0")
        let bare = try compare(program, "kirkwood", [.asWritten])
        #expect(bare[.asWritten]?.findings.contains { $0.code == .h37 } == true)
        // Such a core loads nothing by itself: what is dropped before the transfer stays away.
        let old = try compare(text, "arm926", [.wholeCache])
        #expect(old[.wholeCache]?.isCorrect == true)
    }

    @Test("Write-through memory is invalidated after the transfer, where the core caches it at all")
    func writeThrough() throws {
        let text = Workload.receive(bytes: 1_024, room: 1_024, touched: 1_024, passes: 3)
        for machine in ["am335x", "rpi1", "stm32h743", "kirkwood", "arm926"] {
            let comparison = try compare(text, machine, [.writeThrough, .streaming])
            let result = try #require(comparison[.writeThrough])
            #expect(result.isCorrect, "\(machine)")
            #expect(
                result.count(.level1Maintenance) <= comparison[.streaming]?.count(
                    .level1Maintenance) ?? 0,
                "\(machine)")
        }
        let sent = try compare(Workload.send(bytes: 512), "am335x", [.writeThrough])
        #expect(sent[.writeThrough]?.isCorrect == true)
        #expect(sent[.writeThrough]?.count(.level1Maintenance) == 0)
        let zynq = try compare(text, "zynq7000", [.writeThrough])
        #expect(zynq.reason(.writeThrough) != nil)
    }

    @Test("Memory on the chip is used where the machine has it and the buffers fit")
    func onChip() throws {
        let text = Workload.receive(bytes: 4_096, room: 4_096, touched: 4_096)
        let comparison = try compare(text, "zynq7000", [.onChip, .coherent])
        let result = try #require(comparison[.onChip])
        #expect(result.isCorrect)
        #expect(result.memoryBytes == 0)
        #expect(result.elapsed < comparison[.coherent]?.elapsed ?? .zero)
        let large = Workload.receive(bytes: 300 << 10, room: 300 << 10, touched: 64, passes: 1)
        #expect(
            try compare(large, "zynq7000", [.onChip]).reason(.onChip)?.contains("262144") == true)
        #expect(try compare(text, "rpi4", [.onChip]).reason(.onChip) != nil)
        // Of the controllers only one reaches the tightly coupled memory.
        let small = try compare(text, "stm32h743", [.onChip])
        #expect(small[.onChip]?.check.setup.program.devices.first?.port == "AXI")
        #expect(small[.onChip]?.isCorrect == true)
    }

    @Test("Non-coherent allocations come with 5.10; before there are none")
    func noncoherent() throws {
        let new = Workload.receive(bytes: 512, room: 512, touched: 512)
        let comparison = try compare(new, "rpi4", [.noncoherent])
        #expect(comparison[.noncoherent]?.isCorrect == true)
        #expect(comparison[.noncoherent]?.calls(.allocNoncoherent) == 1)
        let old = Workload.receive(bytes: 512, room: 512, touched: 512, kernel: "4.19")
        #expect(try compare(old, "rpi4", [.noncoherent]).reason(.noncoherent) != nil)
    }
}
