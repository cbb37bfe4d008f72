import Events
import Operations
import Quantities
import Testing

@testable import MemoryModel

// The test machine's numbers stand above `LatencyTests`. 32 bytes take 10 cycles on memory's pins.

/// The second level's buffers, and a third level without a second.
@Suite("Levels")
struct LevelTests {
    private static let line: UInt64 = 0x1000

    private func bench(
        _ make: (inout TestMachine.Options) -> Void = { _ in },
        _ change: (inout MachineConfiguration) throws -> Void = { _ in }
    ) throws -> Bench {
        var machine = try TestMachine.make(make)
        try change(&machine)
        #expect(machine.allFaults().isEmpty)
        return Bench(machine, devices: machine.ports)
    }

    /// What a load spends that is waited for.
    private static func spent(_ bench: Bench, _ address: UInt64) -> [Cause: UInt64] {
        bench.spent {
            bench.load(address)
            bench.finish()
        }
    }

    // MARK: The second level's buffers

    /// The first is there at 7 + 50.
    ///
    /// The second is asked for at 1 and has the path at 2; with one buffer it is read
    /// from 57 on, otherwise it asks memory at 9 and finds its pins busy until 17.
    @Test(
        "Linefills of the second level wait for a buffer",
        arguments: [(nil, 67), (1, 114), (2, 67)])
    func linefillBuffers(_ buffers: Int?, _ cycles: UInt64) throws {
        let bench = try bench {
            $0.outstanding = 4
            $0.window = 1_000
            $0.level2?.linefillBuffers = buffers
        }
        bench.load(Self.line)
        bench.load(Self.line + 32)
        bench.finish()
        #expect(bench.cycles() == cycles)
    }

    @Test(
        "Without the critical word first a linefill from memory takes the line's time on the pins")
    func criticalWord() throws {
        let bench = try bench { $0.level2?.criticalWordFirst = false }
        #expect(Self.spent(bench, Self.line) == [.level1: 1, .memory: 56 + 10])
    }

    /// Two dirty lines leave for memory, 100 cycles each: with one buffer the path is held up for the second.
    @Test(
        "Evictions for which there is no buffer hold up the path",
        arguments: [(nil, 9), (1, 109), (2, 9)])
    func evictionBuffers(_ buffers: Int?, _ cycles: UInt64) throws {
        let bench = try bench {
            $0.bytesPerSecond = 320_000_000
            $0.level2?.evictionBuffers = buffers
        }
        bench.store(Self.line)
        bench.store(Self.line + 32)
        bench.environment(.evict, Self.line, bytes: 64, in: .core(0))
        bench.perform(.work(cycles: 1_000))
        bench.environment(.evict, Self.line, bytes: 64, in: .level2)
        #expect(bench.spent { bench.barrier(.dsb) } == [.barrier: cycles])
    }

    // MARK: A third level alone

    private func third(memorySide: Bool, line: Int = 64) throws -> Bench {
        try bench {
            $0.level2 = nil
        } _: {
            $0.level3 = Level3Configuration(
                cache: CacheConfiguration(size: 4_096, ways: 4, lineSize: line, hitCycles: 17),
                missCycles: 21, isMemorySide: memorySide)
        }
    }

    @Test("A third level serves L1 where there is no second", arguments: [false, true])
    func thirdAlone(_ memorySide: Bool) throws {
        let bench = try third(memorySide: memorySide)
        #expect(Self.spent(bench, Self.line) == [.level1: 1, .memory: 21 + 50 - 1])
        #expect(Self.spent(bench, Self.line + 32) == [.level1: 1, .level3: 16])
        #expect(bench.events(.memoryTraffic).map(\.size) == [64])
        // A line of L1D is half of one there: it goes into it.
        bench.store(Self.line)
        bench.environment(.evict, Self.line, bytes: 32, in: .core(0))
        #expect(bench.events(.writeback).map(\.otherPlace) == [.level3])
        #expect(bench.events(.memoryTraffic).count == 1)
        bench.environment(.evict, Self.line, bytes: 32)
        #expect(bench.events(.writeback).count == (memorySide ? 1 : 2))
    }

    @Test(
        "Maintenance reaches a third level of the cores where there is no second",
        arguments: [false, true])
    func maintained(_ memorySide: Bool) throws {
        let bench = try third(memorySide: memorySide)
        bench.store(Self.line)
        bench.maintain(.dcCIVAC, Self.line, bytes: 4)
        let places = bench.events(.writeback).map(\.otherPlace)
        #expect(places == (memorySide ? [.level3] : [.level3, .memory]))
        let reached = bench.events(.maintenance).map(\.place)
        #expect(reached == (memorySide ? [.level1Data(0)] : [.level1Data(0), .level3]))
        bench.maintain(.dcCVAU, Self.line, bytes: 4)
        #expect(bench.events(.maintenance).last?.place == .level1Data(0))
    }

    @Test("A device that snoops finds a third level of the cores where there is no second")
    func snooped() throws {
        let bench = try third(memorySide: false)
        bench.load(Self.line)
        bench.environment(.evict, Self.line, bytes: 32, in: .core(0))
        bench.device(.read, Self.line, 32, number: 1)
        bench.device(.read, Self.line, 32, number: 0)
        #expect(bench.events(.deviceRead).map(\.place) == [.level3, .memory])
        bench.device(.write, Self.line, 32, number: 1)
        bench.device(.write, Self.line + 0x1000, 32, number: 1)
        #expect(bench.events(.deviceWrite).map(\.place) == [.level3, .memory])
        bench.maintain(.dcCVAC, Self.line, bytes: 4)
        #expect(bench.events(.writeback).map(\.otherPlace) == [.memory])
    }

    @Test("A third level's lines are at least as long as those of L1")
    func shortLines() throws {
        var machine = try TestMachine.make { $0.level2 = nil }
        machine.level3 = Level3Configuration(
            cache: CacheConfiguration(size: 4_096, ways: 4, lineSize: 16), missCycles: 1,
            isMemorySide: true)
        #expect(machine.allFaults().map(\.path) == ["l3.line", "l3.line"])
        #expect(machine.allFaults().map(\.expected).first == "at least l1d.line (32 bytes)")
    }

    // MARK: Over-reads

    /// L1D's lines have 32 bytes: a load of 8 bytes at 0x3C is two, each with its own 64 bytes.
    @Test(
        "A non-cacheable load reads the whole pieces of memory that it touches",
        arguments: [
            (nil, 0x38, 4, [0x38], [4]), (64, 0x38, 4, [0], [64]), (16, 0x38, 8, [0x30], [16]),
            (64, 0x3C, 8, [0, 0x40], [64, 64]), (8, 0x24, 8, [0x20], [16]),
        ] as [(UInt64?, UInt64, UInt32, [UInt64], [UInt32])])
    func overRead(
        _ bytes: UInt64?, _ offset: UInt64, _ size: UInt32, _ starts: [UInt64], _ sizes: [UInt32]
    ) throws {
        let uncached: UInt64 = 0x10_0000
        let bench = try bench { _ in
        } _: {
            $0.core.uncachedReadBytes = bytes
        }
        bench.declare(uncached, 0x1000, .nonCacheable)
        bench.load(uncached + offset, size)
        #expect(bench.events(.memoryTraffic).map { $0.address - uncached } == starts)
        #expect(bench.events(.memoryTraffic).map(\.size) == sizes)
        #expect(bench.events(.load).map(\.size).reduce(0, +) == size)
    }

    // MARK: Bursts

    /// The bytes of a line are there at 7 + 50 + 7.5.
    ///
    /// The second line of a burst is asked for a cycle later, finds memory's pins busy until 17 and is there at 74.5, the fourth at 94.5.
    @Test(
        "The lines that a non-cacheable load has in one burst are waited for once",
        arguments: [
            (nil, 0, 128, 4 * 129 / 2), (32, 0, 128, 4 * 129 / 2), (64, 0, 128, 149),
            (64, 32, 64, 74), (64, 0, 32, 64), (128, 0, 128, 94),
        ] as [(UInt64?, UInt64, UInt32, UInt64)])
    func burst(_ bytes: UInt64?, _ offset: UInt64, _ size: UInt32, _ cycles: UInt64) throws {
        let uncached: UInt64 = 0x10_0000
        let bench = try bench { _ in
        } _: {
            $0.core.uncachedBurstBytes = bytes
        }
        bench.declare(uncached, 0x1000, .nonCacheable)
        #expect(bench.spent { bench.load(uncached + offset, size) } == [.uncached: cycles])
        // Each line is read and told of by itself.
        #expect(bench.events(.load).map(\.size) == Array(repeating: 32, count: Int(size) / 32))
        #expect(bench.events(.memoryTraffic).map(\.size).reduce(0, +) == size)
    }

    /// Two loads of two lines each, all asked for by 4: the last line has the pins from 37 on.
    @Test("A burst takes one of the places of loads in flight", arguments: [(nil, 129), (64, 94)])
    func burstInFlight(_ bytes: UInt64?, _ cycles: UInt64) throws {
        let uncached: UInt64 = 0x10_0000
        let bench = try bench {
            $0.window = 1_000
        } _: {
            $0.core.uncachedBurstBytes = bytes
            $0.core.outstandingUncached = 2
        }
        bench.declare(uncached, 0x1000, .nonCacheable)
        bench.load(uncached, 64)
        bench.load(uncached + 64, 64)
        bench.finish()
        #expect(bench.cycles() == cycles)
    }

    @Test("A load-acquire waits for its burst before its barrier")
    func burstAcquired() throws {
        let uncached: UInt64 = 0x10_0000
        let bench = try bench { _ in
        } _: {
            $0.core.uncachedBurstBytes = 64
        }
        bench.declare(uncached, 0x1000, .nonCacheable)
        #expect(
            bench.spent { bench.access(.loadAcquire, uncached, 64) } == [
                .uncached: 74, .barrier: 5,
            ])
    }

    @Test("A burst ends where the memory's type does")
    func burstAtTheEnd() throws {
        let uncached: UInt64 = 0x10_0000
        let bench = try bench { _ in
        } _: {
            $0.core.uncachedBurstBytes = 64
        }
        bench.declare(uncached, 0x20, .nonCacheable)
        // The other half is cacheable, and asked for while the first is under way: for a cycle of it.
        #expect(bench.spent { bench.load(uncached, 64) }[.uncached] == 64 - 1)
        #expect(bench.events(.load).map(\.place) == [.memory, .level1Data(0)])
    }

    @Test("A load in several pieces has its value with the latest of them, whichever that is")
    func valueOfPieces() throws {
        let uncached: UInt64 = 0x10_0000
        /// What a load waits for whose address depends on a load of two lines of which one is cached.
        func wait(_ bytes: UInt64, isFirstCached: Bool) throws -> UInt64 {
            let bench = try self.bench {
                $0.window = 1_000
            } _: {
                $0.core.outstandingUncached = 2
                $0.core.uncachedBurstBytes = bytes
            }
            bench.declare(uncached + (isFirstCached ? 0x20 : 0), 0x20, .nonCacheable)
            bench.load(uncached + (isFirstCached ? 0 : 0x20))
            bench.load(Self.line)
            bench.finish()
            bench.load(uncached, 64)
            return bench.spent { bench.load(Self.line, dependent: true) }[.uncached] ?? 0
        }
        for bytes in [1, 32, 64] as [UInt64] {
            #expect(try wait(bytes, isFirstCached: true) > 50)
            #expect(try wait(bytes, isFirstCached: false) > 50)
        }
        // The same of two cached lines, of which the first misses.
        let bench = try self.bench {
            $0.window = 1_000
        } _: { _ in
        }
        bench.load(Self.line + 0x20)
        bench.finish()
        bench.load(Self.line + 0x1C, 8)
        #expect(bench.spent { bench.load(Self.line + 0x20, dependent: true) }[.memory] ?? 0 > 50)
    }

    // MARK: A prefetcher that is off

    @Test("A prefetcher with nothing outstanding asks for nothing", arguments: [(0, 0), (1, 1)])
    func prefetcherOff(_ outstanding: Int, _ count: Int) throws {
        let bench = try bench {
            $0.level1?.prefetch = PrefetchConfiguration(kind: .nextLine, outstanding: outstanding)
        }
        bench.load(Self.line)
        #expect(bench.events(.prefetch).count == count)
    }
}
