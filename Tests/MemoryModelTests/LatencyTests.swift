import Events
import Operations
import Quantities
import Testing

@testable import MemoryModel

// Every number of the test machine is a different one. In cycles of 1 ns: issue 1, L1 hit 3, L2 hit 11, L2 miss known
// after 7, memory 50, write response 13, register read 29, DMB 5, DSB 9, ISB 6, maintenance 3, dirty 8, outer
// operation 19, sync 23; the path out takes 4 for a line of 32 bytes, so 1 for an entry of 8. Each test says the
// whole account: a cause that is not listed must not be charged.

/// What each operation costs, to the cycle.
@Suite("Latencies to the cycle")
struct LatencyTests {
    private static let line: UInt64 = 0x1000
    private static let uncached: UInt64 = 0x10_0000
    private static let ordered: UInt64 = 0x20_0000
    private static let register: UInt64 = 0x30_0000

    private func bench(
        devices: [PortConfiguration] = [],
        _ change: (inout TestMachine.Options) -> Void = { _ in }
    ) throws -> Bench {
        let bench = try Bench(TestMachine.make(change), devices: devices)
        bench.declare(Self.uncached, 0x1000, .nonCacheable)
        bench.declare(Self.ordered, 0x1000, .stronglyOrdered)
        bench.declare(Self.register, 0x1000, .device)
        return bench
    }

    // MARK: Loads

    @Test("A load that hits L1 takes its issue slot, no more")
    func level1Hit() throws {
        let bench = try bench()
        bench.load(Self.line)
        bench.finish()
        #expect(bench.spent { bench.load(Self.line + 4) } == [.level1: 1])
        #expect(bench.spent { bench.store(Self.line + 8) } == [.level1: 1])
    }

    @Test("A dependent load waits for the load before: 3 cycles for each link of a chain")
    func dependentHit() throws {
        let bench = try bench()
        bench.load(Self.line)
        bench.finish()
        // The first issues at t and has its value at t + 3; the second issues then, and so on.
        let spent = bench.spent {
            bench.load(Self.line)
            for _ in 0..<10 { bench.load(Self.line + 4, dependent: true) }
        }
        #expect(spent == [.level1: 1 + 10 * 3])
    }

    @Test("A load that is not dependent does not wait for a hit before it")
    func independentHit() throws {
        let bench = try bench()
        bench.load(Self.line)
        bench.finish()
        #expect(bench.spent { for _ in 0..<10 { bench.load(Self.line) } } == [.level1: 10])
    }

    @Test("A load that hits L2: 11 cycles, of which 1 is the issue slot")
    func level2Hit() throws {
        let bench = try bench()
        // L1 has 16 sets of 2 ways: three lines 512 bytes apart drive the first one out; L2 keeps all.
        for index in 0..<3 { bench.load(Self.line + 512 * UInt64(index)) }
        bench.finish()
        let spent = bench.spent {
            bench.load(Self.line)
            bench.finish()
        }
        #expect(spent == [.level1: 1, .level2: 10])
    }

    @Test("A load from memory: 7 until the miss is known, 50 of memory")
    func memoryMiss() throws {
        let bench = try bench()
        let spent = bench.spent {
            bench.load(Self.line)
            bench.finish()
        }
        #expect(spent == [.level1: 1, .memory: 56])
        // The next miss finds the pins free (32 bytes at 3.2 GB/s: 10 ns) and takes as long.
        let again = bench.spent {
            bench.load(Self.line + 64)
            bench.finish()
        }
        #expect(again == [.level1: 1, .memory: 56])
    }

    @Test("A load that straddles two lines that miss pays for both, one after the other")
    func straddle() throws {
        let bench = try bench()
        let spent = bench.spent {
            bench.load(Self.line + 30)
            bench.finish()
        }
        // The first piece's miss fills the only miss buffer: the second piece issues at 1 and asks at 1 + 7 = 8, when
        // the pins are busy until 7 + 10 = 17: 1 + 7 + 9 + 50 = 67.
        // The core waits for the first, until 57, before it holds the second: no more than 67 in all.
        #expect(spent == [.level1: 2, .memory: 65])
    }

    @Test("Two misses in flight overlap; memory's pins give one line in 10 ns")
    func overlap() throws {
        let bench = try bench { options in
            options.outstanding = 4
            options.window = 1_000
        }
        // Asked at 7, 8, 9, 10; served at 7, 17, 27, 37; the last word is there at 37 + 50.
        let spent = bench.spent {
            for index in 0..<4 { bench.load(Self.line + 32 * UInt64(index)) }
            bench.finish()
        }
        #expect(spent == [.level1: 4, .memory: 83])
        #expect(bench.cycles() == 87)
    }

    @Test(
        "Two L2 hits in flight: the second line follows the first on the path by readCyclesPerLine")
    func level2Path() throws {
        let bench = try bench { options in
            options.outstanding = 4
            options.window = 1_000
            options.readCyclesPerLine = 20
        }
        let lines = (0..<4).map { Self.line + 32 * UInt64($0) }
        // The same lines 512 and 1 024 bytes on drive them out of L1; L2 keeps all twelve.
        for offset in [0, 512, 1_024] as [UInt64] {
            for line in lines { bench.load(line + offset) }
        }
        bench.finish()
        let begin = bench.cycles()
        for line in lines { bench.load(line) }
        bench.finish()
        // Issued at 0, 1, 2, 3; on the path at 0, 20, 40, 60; the last is there 11 cycles later.
        #expect(bench.cycles() - begin == 60 + 11)
    }

    @Test("A non-cacheable load waits for memory each time: 7 + 50")
    func uncachedLoad() throws {
        let bench = try bench()
        for _ in 0..<2 {
            #expect(bench.spent { bench.load(Self.uncached) } == [.uncached: 57])
        }
    }

    @Test("A Device load takes a register read, a Strongly-ordered one a trip to memory")
    func deviceLoads() throws {
        let bench = try bench()
        #expect(bench.spent { bench.load(Self.register) } == [.device: 29])
        #expect(bench.spent { bench.load(Self.ordered) } == [.device: 57])
    }

    // MARK: Stores

    @Test("A Strongly-ordered store waits for its response: 7 + 13, each time")
    func orderedStore() throws {
        let bench = try bench()
        for _ in 0..<2 {
            #expect(bench.spent { bench.store(Self.ordered) } == [.device: 20])
        }
    }

    @Test("Device and non-cacheable stores are posted")
    func postedStores() throws {
        let bench = try bench()
        #expect(bench.spent { bench.store(Self.register) } == [.device: 1])
        #expect(bench.spent { bench.store(Self.uncached) } == [.level1: 1])
    }

    @Test("A store that misses L1 waits in the buffer, not in the core")
    func storeMiss() throws {
        let bench = try bench()
        #expect(
            bench.spent { for i in 0..<4 as Range<UInt64> { bench.store(Self.line + 32 * i) } } == [
                .level1: 4
            ])
        // The fifth finds four linefills under way; the first is there at 57, and it is cycle 4.
        #expect(
            bench.spent { bench.store(Self.line + 128) } == [.level1: 1, .storeBufferFull: 53])
    }

    @Test("A full store buffer: the next entry waits for the path out")
    func storeBufferFull() throws {
        let bench = try bench { $0.writeDeciCyclesPerLine = 400 }
        // An entry of 8 bytes takes 10 cycles on the path. Four fill the buffer; the fifth starts the path at once
        // and waits for nothing; the sixth issues in cycle 6 and waits for the path until 5 + 10.
        #expect(
            bench.spent { for i in 0..<5 as Range<UInt64> { bench.store(Self.uncached + 8 * i) } }
                == [.level1: 5])
        #expect(
            bench.spent { bench.store(Self.uncached + 40) } == [.level1: 1, .storeBufferFull: 9])
        // Merging into a held entry needs no room.
        #expect(bench.spent { bench.store(Self.uncached + 44) } == [.level1: 1])
    }

    // MARK: Barriers

    @Test("Barriers with nothing to wait for")
    func emptyBarriers() throws {
        let bench = try bench()
        #expect(bench.spent { bench.barrier(.dmb) } == [.barrier: 5])
        #expect(bench.spent { bench.barrier(.dsb) } == [.barrier: 9])
        #expect(bench.spent { bench.barrier(.isb) } == [.barrier: 6])
    }

    @Test("Barriers that order stores wait for the path to take the buffer; others do not")
    func fullBarriers() throws {
        for (instruction, cost) in [(.dmb, 5), (.dsb, 9)] as [(Barrier.Instruction, UInt64)] {
            for accesses in [Barrier.Accesses.all, .stores] {
                let bench = try bench()
                for index in 0..<3 { bench.store(Self.uncached + 8 * UInt64(index)) }
                // Three entries of 8 bytes: 3 cycles of the path.
                #expect(
                    bench.spent { bench.barrier(instruction, accesses) } == [.barrier: 3 + cost])
                #expect(bench.events(.drain).count == 3)
            }
            let bench = try bench()
            for index in 0..<3 { bench.store(Self.uncached + 8 * UInt64(index)) }
            #expect(bench.spent { bench.barrier(instruction, .loads) } == [.barrier: cost])
            #expect(bench.events(.drain).isEmpty)
        }
    }

    @Test("A barrier waits for loads in flight, one of stores does not")
    func barrierAfterLoad() throws {
        for accesses in [Barrier.Accesses.all, .loads, .stores] {
            let bench = try bench { $0.window = 1_000 }
            bench.load(Self.line)
            let expected: UInt64 = accesses == .stores ? 5 : 56 + 5
            #expect(bench.spent { bench.barrier(.dmb, accesses) } == [.barrier: expected])
        }
    }

    // MARK: Maintenance

    @Test("DC CVAC of an absent or clean line costs the lookup alone")
    func cleanOfClean() throws {
        let bench = try bench()
        #expect(bench.spent { bench.maintain(.dcCVAC, Self.line) } == [.maintenance: 3])
        bench.load(Self.line)
        bench.finish()
        #expect(bench.spent { bench.maintain(.dcCVAC, Self.line) } == [.maintenance: 3])
        #expect(bench.events(.writeback).isEmpty)
        #expect(bench.spent { bench.maintain(.dcCVAC, Self.line, bytes: 96) } == [.maintenance: 9])
    }

    @Test("DC CVAC of a dirty line: 8 for each level that writes it on")
    func cleanOfDirty() throws {
        // L1 and an integrated L2; L1 and an outer cache, which it does not reach; L1 alone.
        let cases: [(outer: Bool, hasLevel2: Bool, cost: UInt64)] = [
            (false, true, 3 + 8 + 8), (true, true, 3 + 8), (false, false, 3 + 8),
        ]
        for one in cases {
            let bench = try bench { options in
                options.hasOuter = one.outer
                if !one.hasLevel2 { options.level2 = nil }
            }
            bench.load(Self.line)
            bench.store(Self.line)
            bench.finish()
            #expect(bench.spent { bench.maintain(.dcCVAC, Self.line) } == [.maintenance: one.cost])
            #expect(bench.spent { bench.maintain(.dcCVAC, Self.line) } == [.maintenance: 3])
        }
    }

    @Test("A DSB waits for what a clean sent on; a DMB does not wait for memory's pins")
    func barrierAfterClean() throws {
        for (instruction, cost) in [(.dmb, 5), (.dsb, 9)] as [(Barrier.Instruction, UInt64)] {
            // 100 MB/s: a line takes 320 ns.
            let bench = try bench { $0.bytesPerSecond = 100_000_000 }
            bench.load(Self.line)
            bench.store(Self.line)
            bench.finish()
            bench.perform(.work(cycles: 10_000))
            let begin = bench.cycles()
            bench.maintain(.dcCVAC, Self.line)
            let after = bench.cycles()
            // The lookup (3) and L1's part (8) stand before L2's write-back, which takes the pins at 11; L1's line
            // took the path at 3 for 4 cycles.
            let expected = instruction == .dsb ? begin + 11 + 320 - after + cost : cost
            #expect(bench.spent { bench.barrier(instruction) } == [.barrier: expected])
        }
    }

    @Test("Outer operations: 19 each, 8 more for a dirty line; CACHE SYNC 23 and what is under way")
    func outerOperations() throws {
        let bench = try bench { $0.hasOuter = true }
        #expect(bench.spent { bench.maintain(.outerClean, Self.line) } == [.maintenance: 19])
        #expect(bench.spent { bench.maintain(.outerSync) } == [.barrier: 23])
        bench.load(Self.line)
        bench.store(Self.line)
        bench.finish()
        bench.maintain(.dcCVAC, Self.line)
        bench.perform(.work(cycles: 100))
        #expect(bench.spent { bench.maintain(.outerClean, Self.line) } == [.maintenance: 19 + 8])
        #expect(bench.spent { bench.maintain(.outerClean, Self.line) } == [.maintenance: 19])
    }

    @Test("CACHE SYNC drains the outer store buffer and waits for the pins; a DSB does neither")
    func outerSync() throws {
        let bench = try bench { $0.hasOuter = true }
        bench.store(Self.uncached, 4)
        // One entry of 8 bytes takes the path for a cycle, into a slot, where it stays.
        #expect(bench.spent { bench.barrier(.dsb) } == [.barrier: 1 + 9])
        #expect(bench.events(.slotEntered).count == 1)
        #expect(bench.events(.drain).isEmpty)
        // 4 bytes at 3.2 GB/s: 1.25 ns, which the 23 cycles follow.
        let begin = bench.machine.time(ofCore: 0).rawValue
        bench.maintain(.outerSync)
        #expect(bench.machine.time(ofCore: 0).rawValue - begin == 1_250 + 23_000)
        #expect(bench.events(.drain).count == 1)
    }

    // MARK: Several cores

    @Test("A core may start when the statement before it started, work in a run or not")
    func otherCoreAfterWork() throws {
        for isRun in [false, true] {
            let bench = try bench { $0.cores = 2 }
            bench.load(Self.line)
            bench.finish()
            let begin = bench.cycles()
            if isRun {
                bench.perform(
                    .run(
                        AccessRun(
                            .load, from: Operand(Self.line), bytes: 4, by: 4, work: 1_000)))
            } else {
                bench.load(Self.line)
                bench.perform(.work(cycles: 1_000))
            }
            bench.perform(.work(cycles: 1), by: .core(1))
            // Core 0 is at begin + 1 001; core 1 follows what was issued last, which is over a thousand earlier.
            #expect(bench.cycles(1) <= begin + 2, "in a run: \(isRun)")
        }
    }

    // MARK: Devices

    @Test("Doorbell to bursts: the store's way, the port's start, a burst each 40 ns, the answer")
    func doorbell() throws {
        let bench = try bench(devices: [TestMachine.port(snoops: false)])
        bench.perform(.work(cycles: 1_000))
        #expect(bench.spent { bench.perform(.ring(.device(0))) } == [.device: 1])
        bench.device(.read, 0x4000, 96)
        bench.perform(.wait(.device(0)))
        // Rung at 1 000; there 13 later; first address 40 later; bursts of 32 bytes 40 apart, as four beats take
        // longer than half of the 60 ns that two in flight share; the last word 60 after its interval.
        let reads = bench.events(.deviceRead)
        #expect(reads.map { $0.tick.rawValue / 1_000 } == [1_053, 1_093, 1_133])
        #expect(reads.map(\.size) == [32, 32, 32])
        #expect(bench.events(.deviceDone).map { $0.tick.rawValue / 1_000 } == [1_233])
        // The core waits until then and takes the interrupt: 31.
        #expect(bench.cycles() == 1_233 + 31)
    }

    @Test("A transfer that was never rung for happens in trace order")
    func traceOrder() throws {
        let bench = try bench(devices: [TestMachine.port(snoops: false)])
        bench.perform(.work(cycles: 1_000))
        bench.device(.write, 0x4000, 32)
        // Start 40, interval 40, answer 30; then the core may go on, without an interrupt.
        #expect(bench.events(.deviceWrite).map { $0.tick.rawValue / 1_000 } == [1_040])
        #expect(bench.spent { bench.load(Self.register) } == [.wait: 110, .device: 29])
    }

    @Test("A wait for a device that has long been ready costs nothing")
    func lateWait() throws {
        let bench = try bench(devices: [TestMachine.port(snoops: false)])
        bench.perform(.ring(.device(0)))
        bench.device(.read, 0x4000, 32)
        bench.perform(.work(cycles: 10_000))
        bench.load(Self.register)
        #expect(bench.spent { bench.perform(.wait(.device(0))) }.isEmpty)
    }
}
