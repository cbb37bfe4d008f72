import Events
import Operations
import Quantities
import Testing

@testable import MemoryModel

/// What the second model showed to be wrong in the first, each in the smallest program that tells.
struct PastDifferencesTests {
    private func bench(
        cores: Int = 1, level1: CacheConfiguration, level2: CacheConfiguration? = nil,
        drainCycles: Int? = nil, _ change: (inout MachineConfiguration) -> Void = { _ in }
    ) throws -> Bench {
        var configuration = try TestMachine.make {
            $0.cores = cores
            $0.level1 = level1
            $0.level2 = level2
            $0.drainCycles = drainCycles
        }
        change(&configuration)
        return Bench(configuration)
    }

    private func run(_ bench: Bench, _ kind: AccessKind, _ start: UInt64, bytes: UInt64, by: UInt32)
    {
        bench.perform(.run(AccessRun(kind, from: Operand(start), bytes: bytes, by: by)))
    }

    @Test(
        "A drain that was due before the core's time finds the linefills of its own time in flight")
    func linefillBuffers() throws {
        var cache = CacheConfiguration(
            size: 1_024, ways: 2, lineSize: 32, hitCycles: 3, streamingLines: 1)
        cache.linefillBuffers = 2
        let bench = try bench(level1: cache, drainCycles: 200)
        // Each leaves an entry: the fifth store is past the first line of its stream.
        run(bench, .store, 0x3000, bytes: 40, by: 8)
        run(bench, .store, 0x4000, bytes: 40, by: 8)
        bench.store(0x5000)
        bench.perform(.work(cycles: 180))
        bench.load(0x6000)
        bench.load(0x6000)
        // The entries drain at 205 and 210, while the load, there at 244, has the core wait.
        let starts = bench.events(.memoryTraffic).filter {
            $0.tick.rawValue >= 191_000 && $0.other == 0
        }
        #expect(starts.map(\.address) == [0x6000, 0x3020, 0x4020])
        #expect(starts.map(\.tick.rawValue) == [191_000, 205_000, 244_000])
    }

    @Test("A line that is prefetched again is there when its second linefill is")
    func prefetchedAgain() throws {
        let small = CacheConfiguration(size: 1_024, ways: 2, lineSize: 32, hitCycles: 3)
        let bench = try bench(
            level1: small,
            level2: CacheConfiguration(size: 8_192, ways: 4, lineSize: 32, hitCycles: 11))
        bench.access(.prefetch, 0x1000)
        bench.environment(.evict, 0x1000, in: .core(0))
        bench.access(.prefetch, 0x1000)
        bench.perform(.work(cycles: 20))
        bench.access(.prefetch, 0x2000)
        let spent = bench.spent {
            bench.load(0x1000)
            bench.load(0x1000, dependent: true)
        }
        #expect(spent[.memory] == nil)
    }

    @Test("A use under an alias does not hide the use of a line of the same set from the tree")
    func aliasAndTree() throws {
        var cache = CacheConfiguration(
            size: 128, ways: 2, lineSize: 32, replacement: .treePLRU, hitCycles: 3)
        cache.index = .vivt
        let bench = try bench(level1: cache)
        bench.declare(0x8000, 0x1000, .writeBack, physical: 0x1000)
        run(bench, .load, 0x1038, bytes: 16, by: 4)
        bench.load(0x8080)
        // The first goes to the other set; the second hits on the fast path.
        run(bench, .load, 0x103c, bytes: 8, by: 4)
        bench.load(0x10c0)
        #expect(bench.events(.invalidate).map(\.address) == [0x1080])
    }

    @Test("Virtual tags: an alias stays one when its mapping is no longer cacheable")
    func aliasOfUncached() throws {
        var cache = CacheConfiguration(size: 128, ways: 2, lineSize: 32, hitCycles: 3)
        cache.index = .vivt
        let bench = try bench(level1: cache)
        bench.declare(0x8000, 0x1000, .writeBack, physical: 0x1000)
        bench.load(0x8080)
        bench.perform(
            .setMemoryType(start: 0x8000, size: 0x1000, .nonCacheable, .innerShareable))
        bench.maintain(.dcIVAC, 0x8080)
        #expect(bench.events(.invalidate).map(\.place) == [.level1Data(0, alias: 1)])
    }

    @Test("A load-exclusive that fills no L1 keeps its reservation only until another core stores")
    func reservation() throws {
        let cache = CacheConfiguration(
            size: 1_024, ways: 2, lineSize: 32, hitCycles: 3, readAllocates: false)
        let bench = try bench(cores: 2, level1: cache) {
            $0.coherence = CoherenceConfiguration(
                protocol: .moesi, transfersDirectly: true, migratesDirty: true)
        }
        bench.store(0x1000, core: 1)
        bench.access(.loadExclusive, 0x1000, core: 0)
        bench.store(0x1000, core: 1)
        bench.access(.storeExclusive, 0x1000, core: 0)
        #expect(bench.events(.exclusiveFailed).count == 1)
    }

    @Test(
        "Of two dirty copies, as after a core joins again, one moves and the other is written back")
    func dirtyTwice() throws {
        var cache = CacheConfiguration(size: 1_024, ways: 2, lineSize: 32, hitCycles: 3)
        cache.dirtyGranule = 8
        let bench = try bench(cores: 3, level1: cache) {
            $0.coherence = CoherenceConfiguration(protocol: .moesi, transfersDirectly: true)
        }
        bench.store(0x1000, core: 0)
        bench.machine.setCoherent(false, core: 0)
        bench.store(0x1010, core: 1)
        bench.machine.setCoherent(true, core: 0)
        bench.store(0x1010, core: 2)
        #expect(
            bench.events(.invalidate).map { ($0.place, $0.detail) }.elementsEqual(
                [
                    (.level1Data(1), MoveReason.snoop.rawValue),
                    (.level1Data(0), MoveReason.exchange.rawValue),
                ], by: ==))
        // What moved and what was stored is the last holder's, and nobody else's.
        let written = bench.events(.writeback)
        #expect(written.map(\.address) == [0x1010])
        bench.maintain(.dcCVAC, 0x1000)
        let cleaned = bench.events(.writeback).dropFirst()
        #expect(cleaned.map(\.place) == [.level1Data(2)])
        #expect(cleaned.map(\.size) == [24])
    }

    @Test("Dirty quarters that move up into a cache of dirty halves are halves from then on")
    func dirtyHalves() throws {
        var first = CacheConfiguration(
            size: 1_024, ways: 2, lineSize: 32, hitCycles: 3, writeAllocates: false)
        first.dirtyGranule = 16
        var second = CacheConfiguration(size: 8_192, ways: 4, lineSize: 32, hitCycles: 11)
        second.dirtyGranule = 8
        let bench = try bench(level1: first, level2: second) {
            $0.level2?.inclusion = .exclusive
        }
        bench.store(0x1008, 8)
        bench.barrier(.dsb)
        bench.load(0x1000)
        bench.environment(.evict, 0x1000)
        let written = bench.events(.writeback).filter { $0.other == Place.memory.rawValue }
        #expect(written.map(\.address) == [0x1000])
        #expect(written.map(\.size) == [16])
    }

    @Test("A miss of the main TLB costs the micro TLB's miss only where there is one")
    func microMiss() throws {
        let cache = CacheConfiguration(size: 1_024, ways: 2, lineSize: 32, hitCycles: 3)
        for (entries, cost) in [(nil, 17), (2, 17 + 5)] as [(Int?, UInt64)] {
            let bench = try bench(level1: cache) {
                $0.core.tlb = TLBConfiguration(
                    entries: 4, walkCycles: 17, microEntries: entries, microMissCycles: 5)
            }
            #expect(bench.spent { bench.load(0x1000) }[.translation] == cost)
        }
    }

    @Test(
        "A clean and invalidate by way takes the time of all ways, whether lines are there or not")
    func flushway() throws {
        let bench = try Bench(TestMachine.make { $0.hasOuter = true })
        let spent = bench.spent { bench.maintain(.outerCleanAndInvalidateWays) }
        #expect(spent[.maintenance] == 8_192 / 32 * 2)
    }

    @Test("IC IALLU is for the core that asks, IC IALLUIS for all", arguments: [false, true])
    func allInstructions(_ isForAll: Bool) throws {
        let bench = try Bench(TestMachine.make { $0.cores = 2 })
        for core in 0..<2 { bench.access(.fetch, 0x1000, core: core) }
        bench.maintain(isForAll ? .icIALLUIS : .icIALLU, core: 1)
        let gone = bench.events(.invalidate).map(\.place)
        #expect(
            gone
                == (isForAll
                    ? [.level1Instruction(0), .level1Instruction(1)] : [.level1Instruction(1)]))
    }

    @Test("A DSB for the core itself completes stores and maintenance, a DMB does not")
    func barriersForItself() throws {
        for instruction in [Barrier.Instruction.dmb, .dsb] {
            let bench = try Bench(TestMachine.make { $0.bytesPerSecond = 100_000_000 })
            bench.declare(0x10_0000, 0x1000, .nonCacheable)
            bench.store(0x1000)
            bench.maintain(.dcCVAC, 0x1000)
            bench.store(0x10_0000)
            bench.perform(.barrier(Barrier(instruction, .nonShareable)))
            #expect(bench.events(.drain).count == (instruction == .dsb ? 1 : 0))
            let pins = bench.events(.memoryTraffic).filter { $0.other == 1 }
            // 32 bytes at 100 MB/s keep the pins for 320 ns.
            #expect((bench.cycles() >= 320) == (instruction == .dsb))
            #expect(pins.count == (instruction == .dsb ? 2 : 1))
        }
    }

    @Test("A DSB for the core itself leaves a held buffer, one for others does not")
    func heldBarriers() throws {
        let bench = try Bench(TestMachine.make())
        bench.environment(.hold, in: .core(0))
        bench.store(0x1000)
        bench.perform(.barrier(Barrier(.dsb, .nonShareable)))
        #expect(bench.events(.drain).isEmpty)
        bench.perform(.barrier(Barrier(.dsb, .innerShareable)))
        #expect(bench.events(.drain).count == 1)
    }

    @Test(
        "Without an L1D an entry of the store buffer is at most a line of the next level, or 64 bytes",
        arguments: [(32, 32, true), (32, 64, false), (64, 64, true), (128, 128, false)])
    func entryBytes(_ line: Int, _ entry: Int, _ isRight: Bool) throws {
        let base = try TestMachine.make()
        func make() throws(ConfigurationFaults) -> MachineConfiguration {
            try MachineConfiguration(
                name: "test", architecture: .arm32v7, core: base.core, level1Instruction: nil,
                level1Data: nil,
                storeBuffer: StoreBufferConfiguration(
                    entries: 4, entryBytes: entry, drainCycles: nil),
                level2: Level2Configuration(
                    cache: CacheConfiguration(size: 8_192, ways: 4, lineSize: line),
                    missCycles: 7, readCyclesPerLine: 2, writeDeciCyclesPerLine: 40),
                memory: base.memory, costs: base.costs, ports: base.ports,
                software: base.software)
        }
        do {
            _ = try make()
            #expect(isRight)
        } catch {
            #expect(!isRight)
            #expect(error.faults.map(\.path) == ["store_buffer.entry_bytes"])
        }
    }

    @Test("Another memory type leaves the bytes of every mapping where they are")
    func typeOverTwoMappings() throws {
        let small = CacheConfiguration(size: 1_024, ways: 2, lineSize: 32, hitCycles: 3)
        let bench = try bench(level1: small)
        bench.declare(0x1000, 0x1000, .writeBack, physical: 0x8000)
        bench.perform(
            .setMemoryType(start: 0x0, size: 0x4000, .nonCacheable, .outerShareable))
        for address in [0x10, 0x1010, 0x2010, 0x4010] as [UInt64] { bench.load(address) }
        #expect(bench.events(.load).map(\.address) == [0x10, 0x8010, 0x2010, 0x4010])
        #expect(bench.events(.load).map(\.place) == [.memory, .memory, .memory, .level1Data(0)])
    }

    @Test("A type is set up to the end of the address space, and nowhere where nothing is")
    func typeAtTheEnd() {
        let map = MemoryMap()
        func set(_ start: UInt64, _ size: UInt64) -> [MemoryMapping] {
            map.mappings(
                madeBy: .setMemoryType(start: start, size: size, .nonCacheable, .innerShareable))
        }
        #expect(set(.max - 0x1000, 0x1000).map(\.end) == [.max])
        #expect(set(0x1000, 0).isEmpty)
        #expect(map.mappings(madeBy: .work(cycles: 1)).isEmpty)
    }

    // Both models had this wrong; a law showed it.
    @Test("A core whose own second level was filled is asked, and asks before it stores")
    func filledPrivateLevel2() throws {
        let cache = CacheConfiguration(size: 1_024, ways: 2, lineSize: 32, hitCycles: 3)
        let bench = try bench(
            cores: 2, level1: cache,
            level2: CacheConfiguration(size: 8_192, ways: 4, lineSize: 32, hitCycles: 11)
        ) { $0.level2?.isPrivate = true }
        bench.environment(.fill, 0x1000, in: .level2)
        bench.load(0x1000, core: 1)
        bench.store(0x1008, core: 0)
        #expect(
            bench.events(.invalidate).map(\.place).contains(.level1Data(1)),
            "core 1 would go on with an old line")
    }
}
