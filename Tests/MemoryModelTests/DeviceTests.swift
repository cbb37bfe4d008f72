import Events
import Operations
import Quantities
import Testing

@testable import MemoryModel

/// Devices beside the cores.
@Suite("Devices")
struct DeviceTests {
    private static let buffer: UInt64 = 0x4000

    private func bench(
        snoops: Bool, _ change: (inout TestMachine.Options) -> Void = { _ in }
    ) throws -> Bench {
        try Bench(TestMachine.make(change), devices: [TestMachine.port(snoops: snoops)])
    }

    @Test("A port that does not snoop reads memory, whatever caches hold")
    func plainRead() throws {
        let bench = try bench(snoops: false)
        bench.store(Self.buffer)
        bench.device(.read, Self.buffer, 64)
        #expect(bench.events(.deviceRead).map(\.place) == [.memory, .memory])
        #expect(bench.events(.writeback).isEmpty)
    }

    @Test("A port that does not snoop leaves cached copies where they are")
    func plainWrite() throws {
        let bench = try bench(snoops: false)
        bench.load(Self.buffer)
        bench.device(.write, Self.buffer, 32)
        #expect(bench.events(.deviceWrite).map(\.place) == [.memory])
        #expect(bench.events(.invalidate).isEmpty)
    }

    @Test("A snooping port reads a line where it is: L1, L2, memory")
    func snoopingRead() throws {
        let bench = try bench(snoops: true)
        bench.store(Self.buffer)
        // 512 and 1 024 bytes on: the same L1 set, so that the first leaves L1 and stays in L2.
        for index in 1...3 as ClosedRange<UInt64> { bench.load(Self.buffer + 32 + 512 * index) }
        bench.finish()
        bench.device(.read, Self.buffer, 32)
        bench.device(.read, Self.buffer + 32 + 512, 32)
        bench.device(.read, Self.buffer + 4_096, 32)
        #expect(bench.events(.deviceRead).map(\.place) == [.level1Data(0), .level2, .memory])
    }

    @Test("A snooping port that reads a dirty line leaves it, dirty")
    func snoopingReadLeaves() throws {
        let bench = try bench(snoops: true)
        bench.store(Self.buffer)
        bench.device(.read, Self.buffer, 32)
        #expect(bench.machine.dirtyLines.level1Data == 1)
        #expect(bench.events(.invalidate).isEmpty)
    }

    @Test(
        "A snooping port that writes part of a dirty line: it is written down first, then given up")
    func snoopingPartialWrite() throws {
        let bench = try bench(snoops: true)
        bench.store(Self.buffer + 16)
        bench.finish()
        bench.device(.write, Self.buffer, 8)
        let moves = bench.events.filter {
            [.writeback, .invalidate, .deviceWrite].contains($0.kind)
        }
        #expect(moves.map(\.kind) == [.writeback, .invalidate, .deviceWrite])
        // The line is in L2, which takes the device's bytes too.
        #expect(moves.last?.place == .level2)
        #expect(bench.machine.dirtyLines.level1Data == 0)
    }

    @Test("A snooping port that writes a whole dirty line: its bytes need not be written down")
    func snoopingWholeWrite() throws {
        let bench = try bench(snoops: true)
        bench.store(Self.buffer)
        bench.finish()
        bench.device(.write, Self.buffer, 32)
        #expect(bench.events(.writeback).isEmpty)
        #expect(bench.events(.invalidate).map(\.place) == [.level1Data(0)])
    }

    @Test("Transfers of a device go in order, each cut at its port's bursts")
    func bursts() throws {
        let bench = try bench(snoops: false)
        bench.perform(.ring(.device(0)))
        bench.device(.read, Self.buffer + 24, 48)
        bench.device(.write, Self.buffer + 256, 32)
        bench.finish()
        let bursts = bench.events.filter { $0.kind == .deviceRead || $0.kind == .deviceWrite }
        // 32-byte bursts end at multiples of 32.
        #expect(bursts.map { $0.address - Self.buffer } == [24, 32, 64, 256])
        #expect(bursts.map(\.size) == [8, 32, 8, 32])
        #expect(bench.events(.deviceStart).map(\.other) == [1, 1])
        #expect(bench.events(.deviceDone).count == 2)
    }

    @Test("A rung device works while the core goes on; its bytes move in time, not in trace order")
    func asynchronous() throws {
        let bench = try bench(snoops: false)
        bench.declare(0x10_0000, 0x1000, .device)
        bench.perform(.ring(.device(0)))
        bench.device(.read, Self.buffer, 32)
        #expect(bench.events(.deviceRead).isEmpty)
        // The first burst is due at 13 + 40; the load of a register issues at 1 and ends at 30.
        bench.load(0x10_0000)
        #expect(bench.events(.deviceRead).isEmpty)
        bench.load(0x10_0000)
        bench.load(0x10_0000)
        #expect(bench.events(.deviceRead).count == 1)
    }

    @Test("A device that reads what a buffer still holds reads memory: buffers are not snooped")
    func buffered() throws {
        let bench = try bench(snoops: true)
        bench.declare(0x10_0000, 0x1000, .nonCacheable)
        bench.store(0x10_0000)
        bench.device(.read, 0x10_0000, 32)
        let kinds = bench.events.filter { $0.kind == .drain || $0.kind == .deviceRead }
        #expect(kinds.map(\.kind) == [.deviceRead])
        #expect(kinds.map(\.place) == [.memory])
    }

    @Test("At one tick a buffer drains before a device looks")
    func sameTick() throws {
        // The store enters at 1 and may leave 53 later; the doorbell at 1 reaches the device's first burst 53 later.
        let bench = try bench(snoops: false) { $0.drainCycles = 53 }
        bench.declare(0x10_0000, 0x1000, .nonCacheable)
        bench.store(0x10_0000)
        bench.perform(.ring(.device(0)))
        bench.device(.read, 0x10_0000, 32)
        bench.finish()
        let moves = bench.events.filter { $0.kind == .drain || $0.kind == .deviceRead }
        #expect(moves.map(\.kind) == [.drain, .deviceRead])
        #expect(moves.map { $0.tick.rawValue } == [54_000, 54_000])
    }

    @Test("An alias: a device reads the physical bytes")
    func alias() throws {
        let bench = try bench(snoops: false)
        bench.declare(0x9000_0000, 0x1000, .nonCacheable, physical: Self.buffer)
        bench.device(.read, 0x9000_0010, 16)
        #expect(bench.events(.deviceRead).map(\.address) == [Self.buffer + 0x10])
    }
}
