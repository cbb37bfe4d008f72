import Events
import Operations
import Quantities
import Testing

@testable import MemoryModel

// The test machine's numbers stand above `LatencyTests`. 32 bytes take 10 cycles on memory's pins.

/// What the outer cache's controller does beside caching.
@Suite("Outer cache")
struct OuterTests {
    private static let line: UInt64 = 0x1000
    private static let alias: UInt64 = 0x10_0000

    private func bench(
        _ make: (inout TestMachine.Options) -> Void = { _ in },
        _ change: (inout OuterConfiguration) -> Void = { _ in }
    ) throws -> Bench {
        var machine = try TestMachine.make {
            $0.hasOuter = true
            make(&$0)
        }
        var outer = try #require(machine.level2?.outer)
        change(&outer)
        machine.level2?.outer = outer
        #expect(machine.allFaults().isEmpty)
        return Bench(machine, devices: [TestMachine.port(snoops: false)])
    }

    // MARK: Shared attribute override

    /// Loads of another mapping of a line that the outer cache holds; 11 cycles there, 7 + 50 to memory.
    @Test(
        "A non-cacheable load is served by a line only where it is shareable and that is not overridden",
        arguments: [
            (false, Shareability.innerShareable, Place.outer, 11),
            (false, .outerShareable, .outer, 11), (false, .nonShareable, .memory, 57),
            (true, .innerShareable, .memory, 57),
        ] as [(Bool, Shareability, Place, UInt64)])
    func sharedLoad(
        _ overrides: Bool, _ shareability: Shareability, _ place: Place, _ cycles: UInt64
    ) throws {
        let bench = try bench { _ in
        } _: {
            $0.overridesShared = overrides
        }
        bench.machine.declare(
            MemoryMapping(
                start: Self.alias, end: Self.alias + 0x1000, physical: Self.line,
                type: .nonCacheable, shareability: shareability))
        bench.environment(.fill, Self.line, bytes: 32, in: .level2)
        bench.perform(.work(cycles: 100))
        let first = bench.events.count
        #expect(bench.spent { bench.load(Self.alias) } == [.uncached: cycles])
        #expect(bench.events(.load).map(\.place) == [place])
        let looked = bench.events[first...].contains { $0.kind == .levelRead }
        #expect(looked == (!overrides && shareability != .nonShareable))
    }

    @Test("A shareable non-cacheable load that finds nothing leaves nothing behind")
    func sharedMiss() throws {
        let bench = try bench { _ in
        } _: {
            $0.overridesShared = false
        }
        bench.declare(Self.alias, 0x1000, .nonCacheable)
        for _ in 0..<2 {
            #expect(bench.spent { bench.load(Self.alias) } == [.uncached: 57])
        }
        #expect(bench.events(.levelRead).map(\.other) == [1, 1])
        #expect(bench.events(.linefill).isEmpty)
        #expect(bench.events(.memoryTraffic).map(\.size) == [4, 4])
    }

    @Test(
        "A device's write is hidden by a line that another mapping left", arguments: [false, true])
    func hidden(_ overrides: Bool) throws {
        let bench = try bench { _ in
        } _: {
            $0.overridesShared = overrides
        }
        bench.declare(Self.alias, 0x1000, .nonCacheable, physical: Self.line)
        bench.environment(.fill, Self.line, bytes: 32, in: .level2)
        bench.device(.write, Self.line, 32)
        bench.load(Self.alias)
        // Memory has the new bytes; the line does not.
        #expect(bench.events(.deviceWrite).map(\.place) == [.memory])
        #expect(bench.events(.load).map(\.place) == [overrides ? .memory : .outer])
    }

    @Test(
        "A shareable non-cacheable store is written into a line and on", arguments: [false, true])
    func sharedStore(_ overrides: Bool) throws {
        let bench = try bench { _ in
        } _: {
            $0.overridesShared = overrides
        }
        bench.declare(Self.alias, 0x1000, .nonCacheable, physical: Self.line)
        bench.environment(.fill, Self.line, bytes: 32, in: .level2)
        bench.store(Self.alias, 8)
        bench.store(Self.alias + 0x100, 8)
        bench.barrier(.dsb)
        bench.maintain(.outerSync)
        let copies = bench.events(.drainCopy)
        #expect(copies.map(\.otherPlace) == (overrides ? [] : [.outer]))
        #expect(copies.allSatisfy { $0.address == Self.line && $0.size == 8 })
        #expect(bench.events(.slotEntered).count == 2)
        let drained = bench.events(.drain).filter { $0.otherPlace == .memory }
        #expect(drained.map(\.address) == [Self.line, Self.line + 0x100])
        #expect(bench.machine.dirtyLines.level2 == 0)
    }

    // MARK: Buffers

    @Test("Hits wait for a line-read buffer", arguments: [(nil, 13), (1, 22), (2, 13)])
    func lineReads(_ buffers: Int?, _ cycles: UInt64) throws {
        let bench = try bench {
            $0.outstanding = 4
            $0.window = 1_000
        } _: {
            $0.lineReadBuffers = buffers
        }
        bench.environment(.fill, Self.line, bytes: 64, in: .level2)
        bench.perform(.work(cycles: 1_000))
        let start = bench.cycles()
        // The first is there at 11. The second is asked for at 1, has the path at 2, and with one buffer waits for 11.
        bench.load(Self.line)
        bench.load(Self.line + 32)
        bench.finish()
        #expect(bench.cycles() - start == cycles)
    }

    // MARK: Double linefills

    @Test(
        "A double linefill reads the aligned pair and keeps what is not there", arguments: [0, 32])
    func pairs(_ offset: UInt64) throws {
        let bench = try bench { _ in
        } _: {
            $0.doublesLinefills = true
        }
        let other = Self.line + (32 - offset)
        func spent(_ address: UInt64) -> [Cause: UInt64] {
            bench.spent {
                bench.load(address)
                bench.finish()
            }
        }
        #expect(spent(Self.line + offset) == [.level1: 1, .memory: 56])
        #expect(bench.events(.memoryTraffic).map(\.address) == [Self.line])
        #expect(bench.events(.memoryTraffic).map(\.size) == [64])
        let fills = bench.events(.linefill).filter { $0.place == .outer }
        #expect(fills.map(\.address) == [Self.line + offset, other])
        #expect(spent(other) == [.level1: 1, .level2: 10])
        // The line alone leaves; the other one of the pair is there when it comes again.
        bench.environment(.evict, Self.line + offset, bytes: 32)
        bench.load(Self.line + offset)
        #expect(bench.events(.memoryTraffic).map(\.size) == [64, 64])
        #expect(bench.events(.linefill).filter { $0.place == .outer }.count == 3)
    }

    @Test("Erratum 752271 loses what the second line replaces", arguments: [false, true])
    func lostVictim(_ hasErratum: Bool) throws {
        let bench = try bench {
            $0.level2 = CacheConfiguration(size: 2_048, ways: 1, lineSize: 32, hitCycles: 11)
        } _: {
            $0.doublesLinefills = true
            $0.erratum752271 = hasErratum
        }
        // 2 KiB beyond the second line of the pair, and so in its place.
        let victim = Self.line + 0x820
        bench.store(victim)
        bench.environment(.evict, victim, bytes: 32, in: .core(0))
        #expect(bench.machine.dirtyLines.level2 == 1)
        bench.load(Self.line)
        let gone = bench.events(.invalidate).filter { $0.place == .outer && $0.address == victim }
        #expect(gone.map(\.other) == [hasErratum ? 1 : 0])
        let written = bench.events(.writeback).filter { $0.otherPlace == .memory }
        #expect(written.map(\.address) == (hasErratum ? [] : [victim]))
    }

    @Test("Without double linefills erratum 752271 does nothing")
    func singleLinefills() throws {
        let bench = try bench { _ in
        } _: {
            $0.erratum752271 = true
        }
        bench.load(Self.line)
        #expect(bench.events(.memoryTraffic).map(\.size) == [32])
        #expect(bench.events(.linefill).filter { $0.place == .outer }.count == 1)
    }

    @Test("Double linefills ask for two sets, and for a second line that L1D cannot hold alone")
    func refusedPairs() throws {
        var machine = try TestMachine.make { $0.hasOuter = true }
        machine.level2?.outer?.doublesLinefills = true
        machine.level2?.inclusion = .exclusive
        #expect(machine.allFaults().map(\.path) == ["l2.outer.double_linefill"])
        machine.level2?.inclusion = .none
        machine.level2?.cache.size = 128
        #expect(machine.allFaults().map(\.path) == ["l2.outer.double_linefill"])
    }

    // MARK: Clean and Invalidate by Way

    /// 64 lines at 2 cycles each: the operation ends at 128.
    ///
    /// Core 1's store reaches the cache at 1.
    @Test(
        "Erratum 727915 loses what is stored during an operation by way", arguments: [false, true])
    func byWay(_ hasErratum: Bool) throws {
        let bench = try bench {
            $0.cores = 2
            $0.level1?.writeAllocates = false
            $0.level2 = CacheConfiguration(size: 64 * 32, ways: 4, lineSize: 32, hitCycles: 11)
        } _: {
            $0.erratum727915 = hasErratum
        }
        bench.environment(.fill, Self.line, bytes: 64 * 32, in: .level2)
        bench.maintain(.outerCleanAndInvalidateWays)
        #expect(bench.cycles() == 128)
        bench.store(Self.line, 8, core: 1)
        #expect(bench.machine.dirtyLines.level2 == 0)
        bench.perform(.work(cycles: 100), by: .core(1))
        #expect(bench.machine.dirtyLines.level2 == 1)
        bench.perform(.work(cycles: 100), by: .core(1))
        #expect(bench.machine.dirtyLines.level2 == 1)
        bench.perform(.work(cycles: 1), by: .core(1))
        let gone = bench.events(.invalidate).filter { $0.place == .outer }
        #expect(gone.count == 64)
        #expect(gone.allSatisfy { $0.detail == MoveReason.maintenance.rawValue })
        #expect(gone.map(\.other).reduce(0, +) == (hasErratum ? 1 : 0))
        if hasErratum { #expect(gone.allSatisfy { $0.tick == Ticks(rawValue: 128_000) }) }
        #expect(bench.machine.dirtyLines.level2 == (hasErratum ? 0 : 1))
    }

    /// Nothing is written on, and the time is that of going through the ways.
    @Test("Invalidate by Way loses dirty lines at once", arguments: [false, true])
    func invalidateByWay(_ hasErratum: Bool) throws {
        let bench = try bench { _ in
        } _: {
            $0.erratum727915 = hasErratum
        }
        bench.store(Self.line)
        bench.environment(.evict, Self.line, bytes: 32, in: .core(0))
        #expect(bench.machine.dirtyLines.level2 == 1)
        bench.maintain(.outerInvalidateWays)
        #expect(bench.machine.dirtyLines.level2 == 0)
        #expect(bench.events(.writeback).filter { $0.otherPlace == .memory }.isEmpty)
        #expect(bench.events(.invalidate).filter { $0.place == .outer }.map(\.other) == [1])
        bench.load(Self.line)
        #expect(bench.events(.levelRead).map(\.other) == [1, 1])
    }

    @Test("The core that asks sees the operation by way complete, with erratum 727915 as without")
    func ownByWay() throws {
        let bench = try bench { _ in
        } _: {
            $0.erratum727915 = true
        }
        bench.store(Self.line)
        bench.environment(.evict, Self.line, bytes: 32, in: .core(0))
        bench.maintain(.outerCleanAndInvalidateWays)
        let written = bench.events(.writeback).filter { $0.otherPlace == .memory }
        #expect(written.map(\.address) == [Self.line])
        bench.load(Self.line)
        #expect(bench.events(.invalidate).filter { $0.place == .outer }.map(\.other) == [0])
        #expect(bench.events(.levelRead).map(\.other) == [1, 1])
    }
}
